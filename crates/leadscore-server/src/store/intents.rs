//! What leads want, as they said it: the latest word counts.

use leadscore::Timestamp;
use serde_json::Value;

use super::db::{read, write};
use super::jobs::INSERT;
use super::leads::Row;
use super::take::take;
use super::{NewJob, Store, StoreError, StoredLead};

/// A wish to buy that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// `HOT`, `WARM` or `COLD`.
    pub intent: &'static str,
    /// `chat`, `form` or `order`.
    pub origin: &'static str,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// The jobs that a lead wants that is hot now.
pub type OnHot<'a> = &'a (dyn Fn(&StoredLead) -> Vec<NewJob> + Sync);

/// What is known of a lead `$1` that comes by `$2` at `$3` for the first time: nothing, which is cold.
pub(super) const FIRST_INTENT: &str = "INSERT INTO intents (lead, intent, origin, at)
    SELECT $1, 'COLD', $2, $3 WHERE NOT EXISTS (SELECT 1 FROM intents WHERE lead = $1)";

/// The intent of the lead `$1` now.
pub(super) const LATEST: &str =
    "SELECT intent FROM intents WHERE lead = $1 ORDER BY at DESC, number DESC LIMIT 1";

/// Keeps an intent of a lead that is kept, and the jobs of one that is hot now and was not before.
macro_rules! record_intent {
    ($transaction:expr, $tenant:expr, $lead:expr, $intent:expr, $on_hot:expr, $now:expr) => {{
        let intent: &$crate::store::NewIntent = $intent;
        let before: Option<(String,)> = sqlx::query_as($crate::store::intents::LATEST)
            .bind($lead)
            .fetch_optional(&mut *$transaction)
            .await?;
        sqlx::query("INSERT INTO intents (lead, intent, origin, at) VALUES ($1, $2, $3, $4)")
            .bind($lead)
            .bind(intent.intent)
            .bind(intent.origin)
            .bind(intent.at)
            .execute(&mut *$transaction)
            .await?;
        let after: Option<(String,)> = sqlx::query_as($crate::store::intents::LATEST)
            .bind($lead)
            .fetch_optional(&mut *$transaction)
            .await?;
        let is_hot = |own: &Option<(String,)>| own.as_ref().is_some_and(|(intent,)| intent == "HOT");
        if is_hot(&after) && !is_hot(&before) {
            let row: Row = sqlx::query_as("SELECT * FROM leads WHERE number = $1")
                .bind($lead)
                .fetch_one(&mut *$transaction)
                .await?;
            let lead = StoredLead::try_from(row)?;
            for job in $on_hot(&lead) {
                sqlx::query(INSERT)
                    .bind($crate::store::jobs::new_id())
                    .bind($tenant)
                    .bind(job.kind.as_str())
                    .bind(&job.key)
                    .bind(&job.lane)
                    .bind(job.lead)
                    .bind(&job.body)
                    .bind(job.priority)
                    .bind($now)
                    .execute(&mut *$transaction)
                    .await?;
            }
        }
    }};
}

pub(super) use record_intent;

/// The numbers of chats and of the leads that came of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaptureStatistics {
    /// People who chatted, each once for each source.
    pub conversations: i64,
    /// Leads that came by a chat, a form or an order, and left an address, a number or a name.
    pub captured: i64,
    /// Those of them that are hot.
    pub hot: i64,
    /// Those of them that are warm.
    pub warm: i64,
    /// Those of them that bought.
    pub converted: i64,
    /// How long people waited for a reply, on average, in milliseconds; none where there was no reply.
    pub reply_ms: Option<f64>,
}

impl Store {
    /// Marks a lead as one that came by a form of a source, unless it is one already, and keeps the intent that it was given.
    /// None where there is no such lead.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn capture_lead(
        &self,
        tenant: &str,
        number: i64,
        source: &str,
        intent: Option<&NewIntent>,
        on_hot: OnHot<'_>,
        now: Timestamp,
    ) -> Result<Option<StoredLead>, StoreError> {
        let now = now.as_millis();
        Ok(write!(&self.db, transaction => {
            let row: Option<Row> = take!(transaction, tenant, number);
            let Some(row) = row else { return Ok(None) };
            let mut lead = StoredLead::try_from(row)?;
            let number = lead.number;
            if lead.text("source").is_none() {
                lead.attributes.insert("source".to_owned(), source.into());
                sqlx::query("UPDATE leads SET attributes = $2 WHERE number = $1")
                    .bind(number)
                    .bind(Value::Object(lead.attributes.clone()).to_string())
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query(FIRST_INTENT).bind(number).bind("form").bind(now).execute(&mut *transaction).await?;
            if let Some(intent) = intent {
                record_intent!(transaction, tenant, number, intent, on_hot, now);
            }
            Some(lead)
        }))
    }

    /// What a lead wants: `HOT`, `WARM` or `COLD`; none for one that never chatted nor filled in a form.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn intent(&self, lead: i64) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            read!(&self.db, pool => sqlx::query_as(LATEST).bind(lead).fetch_optional(pool).await?);
        Ok(row.map(|(intent,)| intent))
    }

    /// The numbers of a tenant's chats.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn capture_statistics(&self, tenant: &str) -> Result<CaptureStatistics, StoreError> {
        // Attributes are compact JSON, and quotes within a text are escaped: `"name":"` is nothing but the key.
        let leads: (i64, i64, i64, i64) = read!(&self.db, pool => sqlx::query_as(
            "SELECT COUNT(*), COUNT(CASE WHEN intent = 'HOT' THEN 1 END), COUNT(CASE WHEN intent = 'WARM' THEN 1 END),
                 COUNT(CASE WHEN outcome = 'converted' THEN 1 END)
             FROM (
                 SELECT outcome, (SELECT intent FROM intents WHERE lead = leads.number ORDER BY at DESC, number DESC LIMIT 1)
                     AS intent
                 FROM leads WHERE tenant = $1 AND (email IS NOT NULL OR phone IS NOT NULL
                     OR (attributes LIKE '%\"name\":\"%' AND attributes NOT LIKE '%\"name\":\"\"%'))
             ) AS known WHERE intent IS NOT NULL",
        ).bind(tenant).fetch_one(pool).await?);
        let (reply_ms,): (Option<f64>,) = read!(&self.db, pool => sqlx::query_as(
            "SELECT CAST(AVG(reply_ms) AS DOUBLE PRECISION) FROM messages JOIN leads ON leads.number = messages.lead
             WHERE tenant = $1 AND reply_ms IS NOT NULL",
        ).bind(tenant).fetch_one(pool).await?);
        let conversations = self.conversation_count(tenant).await?;
        let (captured, hot, warm, converted) = leads;
        Ok(CaptureStatistics { conversations, captured, hot, warm, converted, reply_ms })
    }
}
