//! Events that are told to webhooks: put into the outbox in the same transaction as what they tell of.

use leadscore::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::StoredLead;

/// Something that webhooks are told.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its name, such as `lead.qualified`.
    pub name: &'static str,
    /// What is told of it, as the text of a JSON object.
    pub data: String,
}

/// Something that happened with a lead.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadEvent {
    /// Its name, such as `lead.enriched`.
    pub name: &'static str,
    /// What is told of it after the lead's `id` and `email`.
    pub details: Vec<(&'static str, Value)>,
}

/// An event as it is kept: every attempt sends the same bytes.
pub(super) struct Prepared {
    pub(super) id: String,
    pub(super) body: String,
}

impl LeadEvent {
    /// The event of a lead that is kept.
    pub(super) fn about(&self, lead: &StoredLead) -> NewEvent {
        let own = [("id", Value::from(lead.id.as_str())), ("email", Value::from(lead.contact.email.clone()))];
        let fields = own.iter().chain(&self.details);
        let fields: Vec<String> =
            fields.map(|(name, value)| format!("{}:{value}", Value::from(*name))).collect();
        NewEvent { name: self.name, data: format!("{{{}}}", fields.join(",")) }
    }
}

impl NewEvent {
    /// The event's id and bytes. The keys stand in the order of the document.
    pub(super) fn prepare(&self, now: Timestamp) -> Prepared {
        let body = format!(
            r#"{{"event":{},"timestamp":"{}","data":{}}}"#,
            Value::from(self.name),
            written(now),
            self.data
        );
        Prepared { id: format!("evt_{}", Uuid::now_v7().simple()), body }
    }
}

/// The end of a batch does not wait behind the events of its leads, and neither does a ping.
pub(super) fn priority(event: &str) -> i64 {
    i64::from(!event.starts_with("lead."))
}

/// A time as events say it.
pub(super) fn written(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or(jiff::Timestamp::MAX);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Puts an event into the outbox: one delivery for each webhook of the tenant that wants it. One that is named besides is
/// told whatever it wants, such as that of a batch, and which is told of nothing else.
macro_rules! emit {
    ($transaction:expr, $tenant:expr, $lead:expr, $event:expr, $now:expr) => {
        $crate::store::outbox::emit!($transaction, $tenant, $lead, $event, $now, None::<&str>)
    };
    ($transaction:expr, $tenant:expr, $lead:expr, $event:expr, $now:expr, $besides:expr) => {{
        let event: &$crate::store::NewEvent = $event;
        let besides: Option<&str> = $besides;
        let webhooks: Vec<(String,)> = sqlx::query_as(
            "SELECT id FROM webhooks WHERE tenant = $1 AND active = 1
                 AND ((batch IS NULL AND events LIKE $2) OR id = $3) ORDER BY number",
        )
        .bind($tenant)
        .bind(format!("%,{},%", event.name))
        .bind(besides)
        .fetch_all(&mut *$transaction)
        .await?;
        if !webhooks.is_empty() {
            let prepared = event.prepare($now);
            for (webhook,) in webhooks {
                $crate::store::outbox::tell!(
                    $transaction,
                    $tenant,
                    $lead,
                    event.name,
                    &prepared,
                    &webhook,
                    $now
                );
            }
        }
    }};
}

/// Puts the delivery of an event to one webhook into the outbox.
macro_rules! tell {
    ($transaction:expr, $tenant:expr, $lead:expr, $name:expr, $prepared:expr, $webhook:expr, $now:expr) => {{
        let prepared: &$crate::store::outbox::Prepared = $prepared;
        let webhook: &str = $webhook;
        let lead: Option<i64> = $lead;
        sqlx::query($crate::store::jobs::INSERT)
            .bind($crate::store::jobs::new_id())
            .bind($tenant)
            .bind($crate::store::JobKind::Delivery.as_str())
            .bind(format!("{}/{webhook}", prepared.id))
            .bind(webhook)
            .bind(lead)
            .bind(
                serde_json::json!({"event": prepared.id, "name": $name, "body": prepared.body}).to_string(),
            )
            .bind($crate::store::outbox::priority($name))
            .bind($now.as_millis())
            .execute(&mut *$transaction)
            .await?;
    }};
}

pub(super) use {emit, tell};
