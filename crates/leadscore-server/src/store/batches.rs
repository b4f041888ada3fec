//! Batches of leads that are qualified later: what is asked for, and what became of it.

use leadscore::Timestamp;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use uuid::Uuid;

use super::db::{LOCK, read, write};
use super::{JobKind, Store, StoreError, jobs};

/// How urgent a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchPriority {
    /// After all others.
    Low,
    /// In the order in which they came.
    Normal,
    /// Before all others.
    High,
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    /// Nobody has begun it.
    Queued,
    /// It is being done.
    Processing,
    /// All of its leads were qualified or failed, and some were qualified.
    Completed,
    /// All of its leads failed.
    Failed,
    /// It was cancelled; what was done stays.
    Cancelled,
}

/// A batch to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBatch<'a> {
    /// Who sends it.
    pub actor: &'a str,
    /// How urgent it is.
    pub priority: BatchPriority,
    /// Its leads in their order.
    pub leads: &'a [NewBatchLead],
    /// Who is told of its end besides the webhooks that want to know of every batch.
    pub webhook: Option<BatchWebhook>,
    /// How many batches of the tenant may be under way, this one included.
    pub most_at_once: u32,
}

/// A lead of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBatchLead {
    /// What the request says of it, as JSON.
    pub body: String,
    /// Its e-mail address as the request has it.
    pub email: Option<String>,
}

/// An address that is told of the end of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchWebhook {
    /// The id of the webhook, where one is made.
    pub id: String,
    /// The address. Where the tenant has a webhook for it, that one is told.
    pub url: String,
    /// The encrypted secret for an address without a webhook.
    pub secret: String,
    /// How the secret signs.
    pub scheme: String,
}

/// A batch as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBatch {
    /// The id by which it is told to users.
    pub id: String,
    /// Its number.
    pub number: i64,
    /// How far it is.
    pub state: BatchState,
    /// How many leads it has.
    pub total: i64,
    /// How many were qualified.
    pub done: i64,
    /// How many failed.
    pub failed: i64,
    /// When it was kept.
    pub created_at: i64,
    /// When it was begun.
    pub started_at: Option<i64>,
    /// When it ended.
    pub completed_at: Option<i64>,
    /// Why the webhook that was named for it was not told of its end.
    pub webhook_error: Option<String>,
}

/// What became of a lead of a batch.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct BatchResult {
    /// Its address as the request had it; none where it had none, or was erased.
    pub email: Option<String>,
    /// 0 to 100; none where it failed.
    pub score: Option<f64>,
    /// Its tier; none where it failed.
    pub tier: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    id: String,
    state: String,
    total: i64,
    done: i64,
    failed: i64,
    created_at: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
    webhook_error: Option<String>,
}

/// How many leads one statement keeps.
const ROWS: usize = 200;
impl Store {
    /// Keeps a batch with its leads and the job that does it; none where the tenant has too many under way. The webhook is the
    /// flag beside it: whether one was made for this batch alone.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_batch(
        &self,
        tenant: &str,
        batch: &NewBatch<'_>,
        now: Timestamp,
    ) -> Result<Option<(String, bool)>, StoreError> {
        let (id, now) = (format!("batch_{}", Uuid::now_v7().simple()), now.as_millis());
        let total = i64::try_from(batch.leads.len()).unwrap_or(i64::MAX);
        Ok(write!(&self.db, transaction => {
            // Two servers that count at once would both keep one too many.
            sqlx::query(LOCK).bind(format!("batches/{tenant}")).bind(now).execute(&mut *transaction).await?;
            let (open,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM batches WHERE tenant = $1 AND state IN ('queued', 'processing')",
            )
            .bind(tenant)
            .fetch_one(&mut *transaction)
            .await?;
            if open >= i64::from(batch.most_at_once) {
                return Ok(None);
            }
            let mut is_webhook_new = false;
            let webhook = match &batch.webhook {
                None => None,
                Some(own) => {
                    let known: Option<(String,)> = sqlx::query_as(
                        "SELECT id FROM webhooks WHERE tenant = $1 AND url = $2 AND active = 1 AND batch IS NULL
                         ORDER BY number LIMIT 1",
                    )
                    .bind(tenant)
                    .bind(&own.url)
                    .fetch_optional(&mut *transaction)
                    .await?;
                    is_webhook_new = known.is_none();
                    let webhook = known.map_or_else(|| own.id.clone(), |(id,)| id);
                    if is_webhook_new {
                        sqlx::query(
                            "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, batch, active,
                                 created_at, failure_count)
                             VALUES ($1, $2, $3, $4, ',batch.completed,batch.failed,', $5, $6, $7, 1, $8, 0)",
                        )
                        .bind(&webhook)
                        .bind(tenant)
                        .bind(batch.actor)
                        .bind(&own.url)
                        .bind(&own.secret)
                        .bind(&own.scheme)
                        .bind(&id)
                        .bind(now)
                        .execute(&mut *transaction)
                        .await?;
                    }
                    Some(webhook)
                }
            };
            let (number,): (i64,) = sqlx::query_as(
                "INSERT INTO batches (id, tenant, actor, priority, total, state, webhook, created_at)
                 VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7) RETURNING number",
            )
            .bind(&id)
            .bind(tenant)
            .bind(batch.actor)
            .bind(batch.priority.as_str())
            .bind(total)
            .bind(&webhook)
            .bind(now)
            .fetch_one(&mut *transaction)
            .await?;
            let mut place = 0_i64;
            for leads in batch.leads.chunks(ROWS) {
                let mut statement = sqlx::query(AssertSqlSafe(insertion(leads.len())).into_sql_str());
                for lead in leads {
                    statement = statement.bind(number).bind(place).bind(&lead.body).bind(&lead.email);
                    place += 1;
                }
                statement.execute(&mut *transaction).await?;
            }
            sqlx::query(jobs::INSERT)
                .bind(jobs::new_id())
                .bind(tenant)
                .bind(JobKind::Batch.as_str())
                .bind(&id)
                .bind(tenant)
                .bind(None::<i64>)
                .bind(number.to_string())
                .bind(batch.priority.rank())
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            Some((id.clone(), is_webhook_new))
        }))
    }

    /// A batch of a tenant.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn batch(&self, tenant: &str, id: &str) -> Result<Option<StoredBatch>, StoreError> {
        let row: Option<Row> = read!(&self.db, pool => sqlx::query_as(
            "SELECT number, id, state, total, created_at, started_at, completed_at, webhook_error,
                 (SELECT COUNT(*) FROM batch_leads WHERE batch = number AND batch_leads.state = 'done') AS done,
                 (SELECT COUNT(*) FROM batch_leads WHERE batch = number AND batch_leads.state = 'failed') AS failed
             FROM batches WHERE tenant = $1 AND id = $2",
        ).bind(tenant).bind(id).fetch_optional(pool).await?);
        row.map(StoredBatch::try_from).transpose()
    }

    /// What became of the leads of a batch from a place on, of so many places; those that wait are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn batch_results(
        &self,
        batch: i64,
        from: u32,
        places: u32,
    ) -> Result<Vec<BatchResult>, StoreError> {
        Ok(read!(&self.db, pool => sqlx::query_as(
            "SELECT CASE WHEN state = 'done' AND lead IS NULL THEN NULL ELSE email END AS email, score, tier, error
             FROM batch_leads WHERE batch = $1 AND place >= $2 AND place < $3 AND state IN ('done', 'failed')
             ORDER BY place",
        ).bind(batch).bind(i64::from(from)).bind(i64::from(from) + i64::from(places)).fetch_all(pool).await?))
    }

    /// Cancels a batch: what is done stays, and what waits is not done. None where the tenant has no such batch; else how
    /// far it is.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn cancel_batch(
        &self,
        tenant: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<BatchState>, StoreError> {
        write!(&self.db, transaction => {
            let cancelled: Option<(i64,)> = sqlx::query_as(
                "UPDATE batches SET state = 'cancelled', completed_at = $3
                 WHERE tenant = $1 AND id = $2 AND state IN ('queued', 'processing') RETURNING number",
            )
            .bind(tenant)
            .bind(id)
            .bind(now.as_millis())
            .fetch_optional(&mut *transaction)
            .await?;
            if let Some((number,)) = cancelled {
                sqlx::query(
                    "UPDATE batch_leads SET state = 'cancelled', body = '', email = NULL
                     WHERE batch = $1 AND state = 'waiting'",
                )
                .bind(number)
                .execute(&mut *transaction)
                .await?;
            }
        });
        Ok(self.batch(tenant, id).await?.map(|batch| batch.state))
    }
}

/// Where it is told how far a batch is.
pub(crate) fn status_url(id: &str) -> String {
    format!("/api/batch/{id}/status")
}

/// The statement that keeps so many leads.
fn insertion(leads: usize) -> String {
    let row = |at: usize| {
        let first = at * 4;
        format!("(${}, ${}, 'waiting', ${}, ${})", first + 1, first + 2, first + 3, first + 4)
    };
    let rows: Vec<String> = (0..leads).map(row).collect();
    format!("INSERT INTO batch_leads (batch, place, state, body, email) VALUES {}", rows.join(", "))
}

impl BatchPriority {
    fn as_str(self) -> &'static str {
        match self {
            BatchPriority::Low => "low",
            BatchPriority::Normal => "normal",
            BatchPriority::High => "high",
        }
    }

    fn rank(self) -> i64 {
        match self {
            BatchPriority::Low => -1,
            BatchPriority::Normal => 0,
            BatchPriority::High => 1,
        }
    }
}

impl BatchState {
    const ALL: [BatchState; 5] = [
        BatchState::Queued,
        BatchState::Processing,
        BatchState::Completed,
        BatchState::Failed,
        BatchState::Cancelled,
    ];

    /// Its name in the store and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            BatchState::Queued => "queued",
            BatchState::Processing => "processing",
            BatchState::Completed => "completed",
            BatchState::Failed => "failed",
            BatchState::Cancelled => "cancelled",
        }
    }
}

impl TryFrom<Row> for StoredBatch {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<StoredBatch, StoreError> {
        let state = BatchState::ALL.into_iter().find(|state| state.as_str() == row.state);
        Ok(StoredBatch {
            state: state.ok_or_else(|| StoreError::Damaged {
                what: "batch",
                message: format!("there is no state `{}`", row.state),
            })?,
            id: row.id,
            number: row.number,
            total: row.total,
            done: row.done,
            failed: row.failed,
            created_at: row.created_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
            webhook_error: row.webhook_error,
        })
    }
}
