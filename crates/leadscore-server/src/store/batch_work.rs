//! How a batch is done: its leads one after the other, each once, and at the end an event, once.

use leadscore::Timestamp;
use serde::Serialize;

use super::batches::status_url;
use super::db::{read, write};
use super::outbox::{emit, written};
use super::{BatchState, NewEvent, Store, StoreError};

/// A batch that is being done.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct OpenBatch {
    /// Its number.
    pub number: i64,
    /// Whose it is.
    pub tenant: String,
}

/// A lead of a batch that waits.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct WaitingLead {
    /// From 0.
    pub place: i64,
    /// What the request said of it, as JSON.
    pub body: String,
}

/// Whether a batch is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchEnd {
    /// It ended now.
    Now,
    /// It had ended before.
    Before,
    /// Some of its leads wait.
    NotYet,
}

/// What is told of the end of a batch.
#[derive(Serialize)]
struct Ended<'a> {
    batch_id: &'a str,
    status: &'a str,
    total_leads: i64,
    processed: i64,
    failed: i64,
    status_url: String,
    completed_at: String,
}

/// Why whoever was named for the end of a batch is not told of it.
const UNTOLD: &str = "the webhook with this address was removed or switched off before the batch ended, so its end is not \
    delivered there";
/// From how many batches it is told how long another one takes.
const RECENT: i64 = 5;

impl Store {
    /// Begins a batch, or goes on with it; none where it has ended.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn begin_batch(&self, number: i64, now: Timestamp) -> Result<Option<OpenBatch>, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query_as(
                "UPDATE batches SET state = 'processing', started_at = COALESCE(started_at, $2)
                 WHERE number = $1 AND state IN ('queued', 'processing') RETURNING number, tenant",
            )
            .bind(number)
            .bind(now.as_millis())
            .fetch_optional(&mut *transaction)
            .await?
        }))
    }

    /// Whether a batch has not ended.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_batch_open(&self, number: i64) -> Result<bool, StoreError> {
        let found: Option<(i64,)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT number FROM batches WHERE number = $1 AND state IN ('queued', 'processing')",
        ).bind(number).fetch_optional(pool).await?);
        Ok(found.is_some())
    }

    /// Leads of a batch that wait, after a place, in their order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn waiting_leads(
        &self,
        batch: i64,
        after: i64,
        limit: u32,
    ) -> Result<Vec<WaitingLead>, StoreError> {
        Ok(read!(&self.db, pool => sqlx::query_as(
            "SELECT place, body FROM batch_leads WHERE batch = $1 AND place > $2 AND state = 'waiting'
             ORDER BY place LIMIT $3",
        ).bind(batch).bind(after).bind(i64::from(limit)).fetch_all(pool).await?))
    }

    /// Keeps that leads of a batch failed, and why; those that do not wait any more are left as they are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn fail_batch_leads(&self, batch: i64, failed: &[(i64, String)]) -> Result<u64, StoreError> {
        if failed.is_empty() {
            return Ok(0);
        }
        Ok(write!(&self.db, transaction => {
            let mut count = 0;
            for (place, error) in failed {
                count += sqlx::query(
                    "UPDATE batch_leads SET state = 'failed', error = $3, body = ''
                     WHERE batch = $1 AND place = $2 AND state = 'waiting'",
                )
                .bind(batch)
                .bind(place)
                .bind(error)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            }
            count
        }))
    }

    /// Ends a batch of which no lead waits, or one that is given up, whose waiting leads fail with that reason. The event of
    /// its end is put into the outbox in the same transaction, so that it is told once.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    ///
    /// # Panics
    /// Never: numbers and texts serialize.
    pub async fn end_batch(
        &self,
        number: i64,
        given_up: Option<&str>,
        now: Timestamp,
    ) -> Result<BatchEnd, StoreError> {
        Ok(write!(&self.db, transaction => {
            let open: Option<(String, String, i64, Option<String>)> = sqlx::query_as(
                "UPDATE batches SET completed_at = $2 WHERE number = $1 AND state IN ('queued', 'processing')
                 RETURNING id, tenant, total, webhook",
            )
            .bind(number)
            .bind(now.as_millis())
            .fetch_optional(&mut *transaction)
            .await?;
            let Some((id, tenant, total, webhook)) = open else { return Ok(BatchEnd::Before) };
            if let Some(reason) = given_up {
                sqlx::query(
                    "UPDATE batch_leads SET state = 'failed', error = $2, body = ''
                     WHERE batch = $1 AND state = 'waiting'",
                )
                .bind(number)
                .bind(reason)
                .execute(&mut *transaction)
                .await?;
            }
            let counts: Vec<(String, i64)> =
                sqlx::query_as("SELECT state, COUNT(*) FROM batch_leads WHERE batch = $1 GROUP BY state")
                    .bind(number)
                    .fetch_all(&mut *transaction)
                    .await?;
            let count = |state: &str| counts.iter().find(|(own, _)| own == state).map_or(0, |(_, count)| *count);
            if count("waiting") > 0 {
                return Ok(BatchEnd::NotYet);
            }
            let (processed, failed) = (count("done"), count("failed"));
            let (state, name) = if processed == 0 {
                (BatchState::Failed, "batch.failed")
            } else {
                (BatchState::Completed, "batch.completed")
            };
            let told: Option<(String,)> = sqlx::query_as("SELECT id FROM webhooks WHERE id = $1 AND active = 1")
                .bind(&webhook)
                .fetch_optional(&mut *transaction)
                .await?;
            let webhook_error = (webhook.is_some() && told.is_none()).then_some(UNTOLD);
            if let Some(error) = webhook_error {
                tracing::warn!(batch = id, error, "the end of a batch is not told at its address");
            }
            sqlx::query("UPDATE batches SET state = $2, webhook_error = $3 WHERE number = $1")
                .bind(number)
                .bind(state.as_str())
                .bind(webhook_error)
                .execute(&mut *transaction)
                .await?;
            let ended = Ended {
                batch_id: &id,
                status: state.as_str(),
                total_leads: total,
                processed,
                failed,
                status_url: status_url(&id),
                completed_at: written(now),
            };
            let data = serde_json::to_string(&ended).expect("numbers and texts serialize");
            emit!(transaction, tenant.as_str(), None, &NewEvent { name, data }, now, webhook.as_deref());
            BatchEnd::Now
        }))
    }

    /// How many leads of all batches wait, and how many leads a second the last batches took; none before the first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn batch_outlook(&self) -> Result<(i64, Option<f64>), StoreError> {
        Ok(read!(&self.db, pool => {
            let (waiting,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM batches JOIN batch_leads ON batch_leads.batch = batches.number
                 WHERE batches.state IN ('queued', 'processing') AND batch_leads.state = 'waiting'",
            )
            .fetch_one(pool)
            .await?;
            let recent: Vec<(i64, i64)> = sqlx::query_as(
                "SELECT total, completed_at - started_at FROM batches WHERE state = 'completed'
                 ORDER BY number DESC LIMIT $1",
            )
            .bind(RECENT)
            .fetch_all(pool)
            .await?;
            let (leads, millis) = recent.iter().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1.max(1)));
            (waiting, (leads > 0).then(|| leads as f64 * 1_000.0 / millis as f64))
        }))
    }

    /// Forgets batches that ended before a time, with their results and the webhooks of their own.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forget_batches(&self, ended_before: i64) -> Result<u64, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query("DELETE FROM webhooks WHERE batch IN (SELECT id FROM batches WHERE completed_at < $1)")
                .bind(ended_before)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM batches WHERE completed_at < $1")
                .bind(ended_before)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
        }))
    }
}
