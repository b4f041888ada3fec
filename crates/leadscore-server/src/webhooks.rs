//! Outbound webhooks: which addresses may be told, of what, and with which secrets.
//!
//! The webhook of a batch's own address is made of the same parts: [`check_url`], [`new_secret`], [`new_id`], and the secret
//! encrypted at its [`place`]. `emit!` tells it of its batch, and it goes when it has been told.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use leadscore_connect::ssrf::{Guard, Network, NotAllowed};
use leadscore_connect::webhook::{Deliverer, Schedule, SignatureScheme};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::callers::Caller;
use crate::config::Config;
use crate::fault::{Fault, FaultKind};
use crate::store::StoredWebhook;
use crate::vault::{Unreadable, Vault};

/// What deliveries and registrations share.
pub(crate) struct Webhooks {
    /// Checks every address that a user supplies, also those of others than webhooks.
    pub(crate) guard: Guard,
    pub(crate) deliverer: Deliverer,
    /// When a delivery that failed is tried again.
    pub(crate) schedule: Schedule,
}

/// Something that webhooks are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum EventName {
    /// A lead has been scored and assigned a tier.
    #[serde(rename = "lead.qualified")]
    LeadQualified,
    /// A lead that was qualified before has been scored again.
    #[serde(rename = "lead.scored")]
    LeadScored,
    /// What is known of the lead's company has been added.
    #[serde(rename = "lead.enriched")]
    LeadEnriched,
    /// The lead has been routed to a CRM system or a sales representative.
    #[serde(rename = "lead.routed")]
    LeadRouted,
    /// A batch has been processed.
    #[serde(rename = "batch.completed")]
    BatchCompleted,
    /// A batch has failed.
    #[serde(rename = "batch.failed")]
    BatchFailed,
}

/// The name of the event that a webhook is told when somebody tries it out.
pub(crate) const PING: &str = "ping";

/// What stands in `X-Qualifier-Signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SchemeName {
    /// `t=…,v1=…`: time and body are signed, as Stripe does it.
    #[default]
    Timestamped,
    /// `sha256=…`: the body alone is signed, as GitHub does it; what was recorded can be sent again.
    Body,
}

impl Webhooks {
    /// As the settings say.
    ///
    /// # Errors
    /// What the HTTP library says where it cannot be set up.
    pub(crate) fn new(config: &Config) -> Result<Webhooks, String> {
        let network = |own: &ipnet::IpNet| own.to_string().parse::<Network>();
        let networks: Result<Vec<Network>, String> = config.webhooks.allowlist.iter().map(network).collect();
        let mut guard =
            Guard::new().allow(networks?).allow_hosts(config.webhooks.allowed_hosts.iter().cloned());
        if config.webhooks.is_http_allowed {
            guard = guard.allow_http();
        }
        let deliverer = Deliverer::new(guard.clone()).map_err(|error| error.to_string())?;
        let waits = std::iter::once(std::time::Duration::ZERO).chain(config.webhooks.waits.iter().copied());
        let schedule = Schedule::new().waits(waits).attempts(config.webhooks.waits.len() + 1);
        Ok(Webhooks { guard, deliverer, schedule })
    }
}

/// Checks the address that stands in a field of a request, and its name where it can be resolved.
///
/// # Errors
/// A fault that does not say why: the reason, which is logged, would tell what the network looks like.
pub(crate) async fn check_url(guard: &Guard, field: &str, address: &str) -> Result<(), Fault> {
    match guard.check_resolved(address).await {
        Ok(_) => Ok(()),
        Err(reason) => {
            tracing::info!(%reason, field, "an address is not allowed");
            Err(Fault {
                message: NotAllowed::PUBLIC_MESSAGE.into(),
                ..Fault::invalid(field, "is not allowed")
            })
        }
    }
}

/// The secrets that a delivery is signed with now: the newest first.
///
/// # Errors
/// [`Unreadable`].
pub(crate) fn secrets(
    vault: &Vault,
    tenant: &str,
    webhook: &StoredWebhook,
    now: i64,
) -> Result<Vec<SecretString>, Unreadable> {
    let previous = webhook.previous_secret.as_ref().filter(|(_, until)| now < *until);
    std::iter::once(&webhook.secret)
        .chain(previous.map(|(secret, _)| secret))
        .map(|sealed| vault.open(&place(tenant, &webhook.id), sealed))
        .collect()
}

/// A new secret, which both schemes take: 32 random bytes.
///
/// # Errors
/// [`FaultKind::Internal`] where the system has no random numbers.
pub(crate) fn new_secret() -> Result<SecretString, Fault> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes)
        .map_err(|_| Fault::new(FaultKind::Internal, "the system gives no random numbers"))?;
    Ok(format!("whsec_{}", STANDARD.encode(*bytes)).into())
}

/// The id of a new webhook.
pub(crate) fn new_id() -> String {
    format!("wh_{}", Uuid::now_v7().simple())
}

/// Where the secret of a webhook stands in the [`Vault`].
pub(crate) fn place<'a>(tenant: &'a str, webhook: &'a str) -> [&'a str; 3] {
    ["webhook", tenant, webhook]
}

/// Who registers and removes webhooks, as the records call it.
pub(crate) fn actor(caller: &Caller) -> &str {
    caller.actor.as_deref().unwrap_or("unknown")
}

impl EventName {
    pub(crate) const ALL: [EventName; 6] = [
        EventName::LeadQualified,
        EventName::LeadScored,
        EventName::LeadEnriched,
        EventName::LeadRouted,
        EventName::BatchCompleted,
        EventName::BatchFailed,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            EventName::LeadQualified => "lead.qualified",
            EventName::LeadScored => "lead.scored",
            EventName::LeadEnriched => "lead.enriched",
            EventName::LeadRouted => "lead.routed",
            EventName::BatchCompleted => "batch.completed",
            EventName::BatchFailed => "batch.failed",
        }
    }
}

impl SchemeName {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SchemeName::Timestamped => "timestamped",
            SchemeName::Body => "body",
        }
    }

    /// The scheme of that name; the default one where the store has a name of a newer version.
    pub(crate) fn parse(name: &str) -> SchemeName {
        if name == SchemeName::Body.as_str() { SchemeName::Body } else { SchemeName::Timestamped }
    }

    pub(crate) fn scheme(self) -> SignatureScheme {
        match self {
            SchemeName::Timestamped => SignatureScheme::Timestamped,
            SchemeName::Body => SignatureScheme::Body,
        }
    }
}
