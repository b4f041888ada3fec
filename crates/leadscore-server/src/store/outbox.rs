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
        let time = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or(jiff::Timestamp::MAX);
        let body = format!(
            r#"{{"event":{},"timestamp":"{}","data":{}}}"#,
            Value::from(self.name),
            time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            self.data
        );
        Prepared { id: format!("evt_{}", Uuid::now_v7().simple()), body }
    }
}

/// Puts an event into the outbox: one delivery for each webhook of the tenant that wants it.
macro_rules! emit {
    ($transaction:expr, $tenant:expr, $lead:expr, $event:expr, $now:expr) => {{
        let event: &$crate::store::NewEvent = $event;
        let webhooks: Vec<(String,)> = sqlx::query_as(
            "SELECT id FROM webhooks WHERE tenant = $1 AND active = 1 AND events LIKE $2 ORDER BY number",
        )
        .bind($tenant)
        .bind(format!("%,{},%", event.name))
        .fetch_all(&mut *$transaction)
        .await?;
        if !webhooks.is_empty() {
            let prepared = event.prepare($now);
            for (webhook,) in webhooks {
                let lead: Option<i64> = $lead;
                sqlx::query($crate::store::jobs::INSERT)
                    .bind(format!("job_{}", uuid::Uuid::now_v7().simple()))
                    .bind($tenant)
                    .bind($crate::store::JobKind::Delivery.as_str())
                    .bind(format!("{}/{webhook}", prepared.id))
                    .bind(&webhook)
                    .bind(lead)
                    .bind(
                        serde_json::json!({"event": prepared.id, "name": event.name, "body": prepared.body})
                            .to_string(),
                    )
                    .bind(0_i64)
                    .bind($now.as_millis())
                    .execute(&mut *$transaction)
                    .await?;
            }
        }
    }};
}

pub(super) use emit;
