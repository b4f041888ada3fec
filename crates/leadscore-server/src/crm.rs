//! The CRM systems that leads are written to: made once, from the settings.

use std::time::Duration;

use leadscore_connect::crm::{CrmRecord, Failure, HttpLimits, SetupError, SyncReport};
use leadscore_connect::hubspot::{HUBSPOT_URL, HubSpot, HubSpotPaths};
use leadscore_connect::salesforce::{Salesforce, SalesforceApi, SalesforceLogin};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use utoipa::ToSchema;

use crate::config::{Config, ConfigError, HubSpotSettings, SalesforceSettings};

/// A CRM system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CrmName {
    Hubspot,
    Salesforce,
}

/// The CRM systems that are set up.
#[derive(Debug, Default)]
pub(crate) struct Crms {
    hubspot: Option<HubSpot>,
    salesforce: Option<Salesforce>,
    /// Wakes those who wait for a synchronisation, when one has ended.
    pub(crate) ended: Notify,
}

/// A request waits for the answer: what takes longer is tried again later, by the job.
fn limits() -> HttpLimits {
    HttpLimits {
        total: Duration::from_secs(8),
        tries: 2,
        max_wait: Duration::from_secs(2),
        ..HttpLimits::default()
    }
}

impl CrmName {
    /// All of them.
    pub(crate) const ALL: [CrmName; 2] = [CrmName::Hubspot, CrmName::Salesforce];

    /// Its name in requests and in the store.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            CrmName::Hubspot => "hubspot",
            CrmName::Salesforce => "salesforce",
        }
    }

    /// What a lead is there.
    pub(crate) fn record_type(self) -> &'static str {
        match self {
            CrmName::Hubspot => "contact",
            CrmName::Salesforce => "lead",
        }
    }
}

impl Crms {
    /// Those that the settings name.
    pub(crate) fn new(config: &Config) -> Result<Crms, ConfigError> {
        let hubspot = hubspot(&config.hubspot)?;
        let salesforce = salesforce(&config.salesforce)?;
        Ok(Crms { hubspot, salesforce, ended: Notify::new() })
    }

    /// Whether one is set up.
    pub(crate) fn has(&self, crm: CrmName) -> bool {
        match crm {
            CrmName::Hubspot => self.hubspot.is_some(),
            CrmName::Salesforce => self.salesforce.is_some(),
        }
    }

    /// Writes a record; none where the CRM system is not set up.
    pub(crate) async fn sync(&self, crm: CrmName, record: &CrmRecord) -> Option<SyncReport> {
        let records = std::slice::from_ref(record);
        match (crm, &self.hubspot, &self.salesforce) {
            (CrmName::Hubspot, Some(hubspot), _) => Some(hubspot.sync(records).await),
            (CrmName::Salesforce, _, Some(salesforce)) => Some(salesforce.sync(records).await),
            _ => None,
        }
    }

    /// Whether a CRM system takes our credentials; none where it is not set up.
    pub(crate) async fn check(&self, crm: CrmName) -> Option<Result<(), Failure>> {
        match (crm, &self.hubspot, &self.salesforce) {
            (CrmName::Hubspot, Some(hubspot), _) => Some(hubspot.check().await),
            (CrmName::Salesforce, _, Some(salesforce)) => Some(salesforce.check().await),
            _ => None,
        }
    }
}

/// HubSpot, where its token is set.
///
/// # Errors
/// What is wrong with which setting.
fn hubspot(settings: &HubSpotSettings) -> Result<Option<HubSpot>, ConfigError> {
    let Some(token) = settings.access_token.clone() else {
        if settings.base_url.is_some() {
            return Err(ConfigError::new("hubspot: base_url is set without access_token".to_owned()));
        }
        return Ok(None);
    };
    let url = settings.base_url.as_deref().unwrap_or(HUBSPOT_URL);
    let made = HubSpot::new(token, url, HubSpotPaths::default(), limits());
    made.map(Some).map_err(|error: SetupError| ConfigError::new(format!("hubspot: {error}")))
}

/// Salesforce, where its login is set: client credentials, or the JWT bearer flow.
fn salesforce(settings: &SalesforceSettings) -> Result<Option<Salesforce>, ConfigError> {
    let told = |message: String| ConfigError::new(format!("salesforce: {message}"));
    let SalesforceSettings { login_url, client_id, client_secret, username, private_key } = settings;
    let is_any_set = login_url.is_some() || client_id.is_some() || client_secret.is_some();
    if !is_any_set && username.is_none() && private_key.is_none() {
        return Ok(None);
    }
    let (Some(url), Some(client_id)) = (login_url, client_id.clone()) else {
        return Err(told(
            "login_url and client_id belong together, with client_secret or with username and private_key"
                .to_owned(),
        ));
    };
    let login = match (client_secret, username, private_key) {
        (Some(secret), None, None) => {
            SalesforceLogin::ClientCredentials { client_id, client_secret: secret.clone() }
        }
        (None, Some(username), Some(key)) => {
            let private_key = if key.expose_secret().contains("-----BEGIN") {
                key.clone()
            } else {
                let path = key.expose_secret();
                std::fs::read_to_string(path)
                    .map_err(|error| told(format!("private_key: neither PEM nor a file of it: {error}")))?
                    .into()
            };
            SalesforceLogin::JwtBearer { client_id, username: username.clone(), private_key }
        }
        _ => {
            return Err(told(
                "set client_secret (client credentials), or username and private_key (JWT bearer flow), and not both"
                    .to_owned(),
            ));
        }
    };
    let made = Salesforce::new(login, url, SalesforceApi::default(), limits());
    made.map(Some).map_err(|error: SetupError| told(error.to_string()))
}
