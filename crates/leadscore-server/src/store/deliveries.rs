//! What came of deliveries to webhooks: the last ones of each, and whether a webhook is to be told on.

use leadscore::Timestamp;

use super::db::{read, write};
use super::webhooks::DROP_DELIVERIES;
use super::{Store, StoreError, StoredWebhook};

/// How far the delivery of an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// An attempt failed, and there will be another one.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was given up.
    Failed,
}

/// An attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt<'a> {
    /// The event's id.
    pub event: &'a str,
    /// The event's name.
    pub name: &'a str,
    /// The lead that it is about.
    pub lead: Option<i64>,
    /// The so-manieth, from 1.
    pub attempt: i64,
    /// How far the delivery is after it.
    pub state: DeliveryState,
    /// What the receiver answered.
    pub status: Option<u16>,
    /// The beginning of its answer.
    pub reply: &'a str,
    /// What went wrong, as the webhook's owner may know it.
    pub error: Option<&'a str>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// When there will be another attempt.
    pub next_at: Option<i64>,
    /// Whether nothing more is to be sent to the webhook.
    pub is_last: bool,
}

/// The delivery of an event as it is kept, with its last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// The event's id.
    pub event: String,
    /// The event's name.
    pub name: String,
    /// How far it is.
    pub state: DeliveryState,
    /// How many attempts were made.
    pub attempts: i64,
    /// What the receiver answered.
    pub status: Option<i64>,
    /// The beginning of its answer.
    pub reply: String,
    /// What went wrong.
    pub error: Option<String>,
    /// How long the last attempt took, in milliseconds.
    pub duration_ms: i64,
    /// When that was.
    pub attempted_at: i64,
    /// When there will be another one.
    pub next_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    event: String,
    name: String,
    state: String,
    attempts: i64,
    status: Option<i64>,
    reply: String,
    error: Option<String>,
    duration_ms: i64,
    attempted_at: i64,
    next_at: Option<i64>,
}

/// How many deliveries of a webhook are kept.
const MOST_KEPT: i64 = 100;

impl Store {
    /// Keeps an attempt, and what it says of its webhook. One at which attempts have failed for `failing_for` milliseconds,
    /// with none that went well, is told nothing more; then it gives true.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_attempt(
        &self,
        tenant: &str,
        webhook: &StoredWebhook,
        attempt: &NewAttempt<'_>,
        failing_for: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let now = now.as_millis();
        let is_delivered = attempt.state == DeliveryState::Delivered;
        Ok(write!(&self.db, transaction => {
            // One that was removed meanwhile has nothing to keep.
            let after: Option<(i64,)> = sqlx::query_as(
                "UPDATE webhooks SET last_delivery_at = $2, last_status = $3,
                     failure_count = CASE WHEN $4 = 1 THEN 0 ELSE failure_count + 1 END,
                     failing_since = CASE WHEN $4 = 1 THEN NULL ELSE COALESCE(failing_since, $2) END,
                     active = CASE WHEN $5 = 1 OR ($4 = 0 AND failing_since <= $6) THEN 0 ELSE active END
                 WHERE number = $1 RETURNING active",
            )
            .bind(webhook.number)
            .bind(now)
            .bind(attempt.status.map(i64::from))
            .bind(i64::from(is_delivered))
            .bind(i64::from(attempt.is_last))
            .bind(now - failing_for)
            .fetch_optional(&mut *transaction)
            .await?;
            let Some((active,)) = after else { return Ok(false) };
            // Where the lead was erased, nothing is kept of what was said of it; where it was merged, the other one has it.
            sqlx::query(
                "INSERT INTO webhook_deliveries (webhook, event, name, lead, state, attempts, status, reply, error,
                     duration_ms, attempted_at, next_at)
                 SELECT $1, $2, $3, own.lead, $5, $6, $7, $8, $9, $10, $11, $12
                 FROM (SELECT COALESCE((SELECT lead FROM merged_leads WHERE number = $4), $4) AS lead) AS own
                 WHERE own.lead IS NULL OR EXISTS (SELECT 1 FROM leads WHERE number = own.lead)
                 ON CONFLICT (webhook, event) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
                     status = excluded.status, reply = excluded.reply, error = excluded.error,
                     duration_ms = excluded.duration_ms, attempted_at = excluded.attempted_at, next_at = excluded.next_at",
            )
            .bind(webhook.number)
            .bind(attempt.event)
            .bind(attempt.name)
            .bind(attempt.lead)
            .bind(attempt.state.as_str())
            .bind(attempt.attempt)
            .bind(attempt.status.map(i64::from))
            // What PostgreSQL cannot keep in a text.
            .bind(attempt.reply.replace('\0', "\u{fffd}"))
            .bind(attempt.error)
            .bind(attempt.duration_ms)
            .bind(now)
            .bind(attempt.next_at)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "DELETE FROM webhook_deliveries WHERE webhook = $1 AND number < (SELECT MIN(number) FROM
                     (SELECT number FROM webhook_deliveries WHERE webhook = $1 ORDER BY number DESC LIMIT $2) AS latest)",
            )
            .bind(webhook.number)
            .bind(MOST_KEPT)
            .execute(&mut *transaction)
            .await?;
            let is_switched_off = active == 0;
            if is_switched_off {
                sqlx::query(DROP_DELIVERIES)
                    .bind(tenant)
                    .bind(&webhook.id)
                    .execute(&mut *transaction)
                    .await?;
            }
            is_switched_off && webhook.is_active
        }))
    }

    /// The last deliveries to a webhook, the latest event first.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn deliveries(
        &self,
        webhook: &StoredWebhook,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let rows: Vec<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT * FROM webhook_deliveries WHERE webhook = $1 ORDER BY number DESC LIMIT $2",
        ).bind(webhook.number).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(StoredDelivery::try_from).collect()
    }
}

impl DeliveryState {
    /// Its name in the store and for users.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "failed",
        }
    }
}

impl TryFrom<Row> for StoredDelivery {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<StoredDelivery, StoreError> {
        let all = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed];
        let state = all.into_iter().find(|state| state.as_str() == row.state);
        let damaged = || StoreError::Damaged {
            what: "delivery",
            message: format!("there is no state `{}`", row.state),
        };
        Ok(StoredDelivery {
            state: state.ok_or_else(damaged)?,
            event: row.event,
            name: row.name,
            attempts: row.attempts,
            status: row.status,
            reply: row.reply,
            error: row.error,
            duration_ms: row.duration_ms,
            attempted_at: row.attempted_at,
            next_at: row.next_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{JobKind, NewEvent, NewWebhook};

    const DAY: i64 = 86_400_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn attempt(event: &str, state: DeliveryState) -> NewAttempt<'_> {
        let status = Some(if state == DeliveryState::Delivered { 200 } else { 500 });
        NewAttempt {
            event,
            name: "ping",
            lead: None,
            attempt: 1,
            state,
            status,
            reply: "",
            error: None,
            duration_ms: 1,
            next_at: None,
            is_last: false,
        }
    }

    async fn webhook(store: &Store, id: &str) -> StoredWebhook {
        let own = NewWebhook {
            id: id.to_owned(),
            actor: "key_1".to_owned(),
            url: "https://hooks.example.com/".to_owned(),
            events: vec!["lead.qualified".to_owned()],
            secret: String::new(),
            scheme: "timestamped".to_owned(),
            batch: None,
        };
        assert!(store.save_webhook("t", &own, 50, at(1)).await.unwrap());
        store.webhook("t", id).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_webhook_is_told_nothing_more_after_days_of_failures_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let own = webhook(&store, "wh_1").await;
        let event = NewEvent { name: "ping", data: "{}".to_owned() };
        store.tell_webhook("t", "wh_1", &event, at(1)).await.unwrap();
        let mut days = Vec::new();
        // A success on the second day; five days count from the failure after it.
        for (day, state) in [
            (0, DeliveryState::Waiting),
            (2, DeliveryState::Delivered),
            (3, DeliveryState::Waiting),
            (6, DeliveryState::Failed),
            (7, DeliveryState::Failed),
            (8, DeliveryState::Failed),
        ] {
            let is_off = store
                .save_attempt("t", &own, &attempt("evt_1", state), 5 * DAY, at(day * DAY))
                .await
                .unwrap();
            let now = store.webhook("t", "wh_1").await.unwrap().unwrap();
            assert_eq!(is_off, !now.is_active);
            days.push((day, now.failure_count, now.is_active));
        }
        assert_eq!(
            days,
            [(0, 1, true), (2, 0, true), (3, 1, true), (6, 2, true), (7, 3, true), (8, 4, false)]
        );
        // What waited is dropped.
        let jobs = store.job_counts().await.unwrap();
        assert!(jobs.iter().all(|(_, state, _)| state == "dead"), "{jobs:?}");
        assert_eq!(store.deliveries(&own, 9).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn the_last_hundred_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let (own, other) = (webhook(&store, "wh_1").await, webhook(&store, "wh_2").await);
        let keep = async |webhook: &StoredWebhook, event: &str| {
            let attempt = attempt(event, DeliveryState::Delivered);
            store.save_attempt("t", webhook, &attempt, 5 * DAY, at(2)).await.unwrap();
        };
        keep(&other, "evt_0").await;
        for number in 0..103 {
            keep(&own, &format!("evt_{number}")).await;
        }
        let kept = store.deliveries(&own, 1_000).await.unwrap();
        assert_eq!((kept.len(), kept[0].event.as_str(), kept[99].event.as_str()), (100, "evt_102", "evt_3"));
        assert_eq!(store.deliveries(&other, 9).await.unwrap().len(), 1);
        assert!(store.delete_webhook("t", "wh_1").await.unwrap());
        assert_eq!(store.deliveries(&own, 9).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_webhook_of_a_batch_is_told_where_it_is_named_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(folder.path()).await.unwrap();
        let of_batch = NewWebhook {
            id: "wh_batch".to_owned(),
            actor: "key_1".to_owned(),
            url: "https://hooks.example.com/done".to_owned(),
            events: vec!["batch.completed".to_owned()],
            secret: String::new(),
            scheme: "timestamped".to_owned(),
            batch: Some("batch_1".to_owned()),
        };
        assert!(store.save_webhook("t", &of_batch, 50, at(1)).await.unwrap());
        assert_eq!(store.webhooks("t").await.unwrap(), []);
        let told = async |named: Option<&str>| {
            let event = NewEvent { name: "batch.completed", data: "{}".to_owned() };
            let emit = async || {
                super::super::db::write!(&store.db, transaction => {
                    super::super::outbox::emit!(transaction, "t", None, &event, at(1), named);
                });
                Ok::<(), StoreError>(())
            };
            emit().await.unwrap();
            store.claim_jobs(JobKind::Delivery, "w", (9, 9), at(2), 9).await.unwrap().len()
        };
        assert_eq!((told(None).await, told(Some("wh_batch")).await), (0, 1));
    }
}
