//! Work that is done later: claimed by one server for a while, and by another one when that server is gone.

use leadscore::Timestamp;
use uuid::Uuid;

use super::db::{LOCK, read, write};
use super::{Store, StoreError};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Qualifies the leads of a batch.
    Batch,
    /// Tells a webhook of an event.
    Delivery,
    /// Writes a lead to a CRM system.
    CrmSync,
    /// Sends an e-mail.
    Email,
    /// Answers a message that came from a platform.
    Message,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits for its time or for a server.
    Waiting,
    /// A server works at it.
    Running,
    /// It was done.
    Done,
    /// It failed and is not tried again unless somebody asks for it.
    Dead,
}

/// A job to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// What it does.
    pub kind: JobKind,
    /// The same key is one job of the tenant and kind, also when it is done.
    pub key: String,
    /// What it must not crowd: so many jobs of a lane run at once.
    pub lane: String,
    /// The lead that it is about; it goes with the lead.
    pub lead: Option<i64>,
    /// What it needs to know, as JSON.
    pub body: String,
    /// A higher one comes first.
    pub priority: i64,
}

/// A job that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number; rises by age.
    pub number: i64,
    /// The id by which it is told to users.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// What it does.
    pub kind: JobKind,
    /// Its key.
    pub key: String,
    /// What it must not crowd.
    pub lane: String,
    /// The lead that it is about.
    pub lead: Option<i64>,
    /// What it needs to know, as JSON.
    pub body: String,
    /// How far it is.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: i64,
    /// When it is to be done.
    pub due_at: i64,
    /// What went wrong the last time.
    pub last_error: Option<String>,
    /// When it was kept.
    pub created_at: i64,
    /// When it was done or given up.
    pub finished_at: Option<i64>,
}

/// How an attempt at a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobConclusion {
    /// It is done.
    Done,
    /// It is to be tried again at a time.
    Again {
        /// When, in milliseconds since 1970.
        at: i64,
        /// Why.
        error: String,
    },
    /// It is not tried again.
    Dead {
        /// Why.
        error: String,
    },
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    number: i64,
    id: String,
    tenant: String,
    kind: String,
    key: String,
    lane: String,
    lead: Option<i64>,
    body: String,
    state: String,
    attempts: i64,
    due_at: i64,
    last_error: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
}

/// Keeps a job that is due at `$9`; the id is `$1`. One whose key is known is left as it is.
pub(super) const INSERT: &str = "INSERT INTO jobs (id, tenant, kind, key, lane, lead, body, priority, state, attempts, due_at, created_at)
     VALUES ($1, $2, $3, $4, $5, COALESCE((SELECT lead FROM merged_leads WHERE number = $6), $6), $7, $8, 'waiting', 0, $9, $9)
     ON CONFLICT (tenant, kind, key) DO NOTHING";

/// Jobs of the kind `$1` that can be begun at `$2`.
const IS_READY: &str = "SELECT 1 FROM jobs WHERE kind = $1 AND ((state = 'waiting' AND due_at <= $2)
     OR (state = 'running' AND leased_until <= $2)) LIMIT 1";

/// Begins at most `$3` jobs of the kind `$1` at the time `$2`, no more than `$4` of a lane at once, for the worker `$5` until
/// `$6`.
const CLAIM: &str =
    "UPDATE jobs SET state = 'running', worker = $5, leased_until = $6, attempts = attempts + 1
     WHERE number IN (
         SELECT number FROM (
             SELECT number, priority, due_at,
                 ROW_NUMBER() OVER (PARTITION BY lane ORDER BY priority DESC, due_at, number)
                 + (SELECT COUNT(*) FROM jobs busy WHERE busy.lane = jobs.lane AND busy.state = 'running'
                    AND busy.kind = $1 AND busy.leased_until > $2) AS place
             FROM jobs WHERE kind = $1 AND ((state = 'waiting' AND due_at <= $2)
                 OR (state = 'running' AND leased_until <= $2))
         ) AS ready WHERE place <= $4 ORDER BY priority DESC, due_at, number LIMIT $3)
     -- Asked again of the row as it is once its lock was waited for: its server may have ended the job by then.
     AND ((state = 'waiting' AND due_at <= $2) OR (state = 'running' AND leased_until <= $2))
     RETURNING *";

impl Store {
    /// Keeps a job that is due now; false where the same is known.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_job(&self, tenant: &str, job: &NewJob, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.add_jobs(tenant, std::slice::from_ref(job), now).await? > 0)
    }

    /// Keeps jobs that are due now, all or none; gives how many were not known.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_jobs(&self, tenant: &str, jobs: &[NewJob], now: Timestamp) -> Result<u64, StoreError> {
        Ok(write!(&self.db, transaction => {
            let mut added = 0;
            for job in jobs {
                added += sqlx::query(INSERT)
                    .bind(new_id())
                    .bind(tenant)
                    .bind(job.kind.as_str())
                    .bind(&job.key)
                    .bind(&job.lane)
                    .bind(job.lead)
                    .bind(&job.body)
                    .bind(job.priority)
                    .bind(now.as_millis())
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected();
            }
            added
        }))
    }

    /// Begins jobs of a kind that are due, no more than `per_lane` of a lane at once over all servers. They belong to the
    /// worker until `leased_until`, and are begun by another one after that.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn claim_jobs(
        &self,
        kind: JobKind,
        worker: &str,
        (most, per_lane): (usize, usize),
        now: Timestamp,
        leased_until: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let now = now.as_millis();
        // Reading costs little; a claim writes, and most of the time there is nothing to do.
        let ready: Option<(i64,)> = read!(&self.db, pool => {
            let found: Option<(i32,)> =
                sqlx::query_as(IS_READY).bind(kind.as_str()).bind(now).fetch_optional(pool).await?;
            found.map(|(one,)| (i64::from(one),))
        });
        if ready.is_none() || most == 0 {
            return Ok(Vec::new());
        }
        let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let rows: Vec<Row> = write!(&self.db, transaction => {
            // Two servers that count the running jobs of a lane at once would both begin one too many.
            sqlx::query(LOCK).bind(format!("jobs/{}", kind.as_str())).bind(now).execute(&mut *transaction).await?;
            sqlx::query_as(CLAIM)
                .bind(kind.as_str())
                .bind(now)
                .bind(whole(most))
                .bind(whole(per_lane))
                .bind(worker)
                .bind(leased_until)
                .fetch_all(&mut *transaction)
                .await?
        });
        rows.into_iter().map(Job::try_from).collect()
    }

    /// Keeps a job for longer; false where it belongs to somebody else by now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn extend_job(&self, job: &Job, worker: &str, leased_until: i64) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query(
                "UPDATE jobs SET leased_until = $4
                 WHERE number = $1 AND worker = $2 AND attempts = $3 AND state = 'running'",
            )
            .bind(job.number)
            .bind(worker)
            .bind(job.attempts)
            .bind(leased_until)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0
        }))
    }

    /// Keeps how an attempt ended; false where the job belongs to somebody else by now, whose word counts. A job that is done
    /// forgets its body.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn conclude_job(
        &self,
        job: &Job,
        worker: &str,
        conclusion: &JobConclusion,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (state, due_at, error, finished_at) = match conclusion {
            JobConclusion::Done => (JobState::Done, None, None, Some(now.as_millis())),
            JobConclusion::Again { at, error } => (JobState::Waiting, Some(*at), Some(error), None),
            JobConclusion::Dead { error } => (JobState::Dead, None, Some(error), Some(now.as_millis())),
        };
        Ok(write!(&self.db, transaction => {
            sqlx::query(
                "UPDATE jobs SET state = $4, due_at = COALESCE($5, due_at), last_error = $6, finished_at = $7,
                     worker = NULL, leased_until = NULL, body = CASE WHEN $4 = 'done' THEN '' ELSE body END
                 WHERE number = $1 AND worker = $2 AND attempts = $3 AND state = 'running'",
            )
            .bind(job.number)
            .bind(worker)
            .bind(job.attempts)
            .bind(state.as_str())
            .bind(due_at)
            .bind(error)
            .bind(finished_at)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0
        }))
    }

    /// Gives back all jobs of a worker that ends: others may begin them at once, and the attempt does not count.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_jobs(&self, worker: &str) -> Result<u64, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query(
                "UPDATE jobs SET state = 'waiting', worker = NULL, leased_until = NULL, attempts = attempts - 1
                 WHERE worker = $1 AND state = 'running'",
            )
            .bind(worker)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
        }))
    }
}

/// The id by which a new job is told to users.
pub(super) fn new_id() -> String {
    format!("job_{}", Uuid::now_v7().simple())
}

impl JobKind {
    /// All kinds.
    pub const ALL: [JobKind; 5] =
        [JobKind::Batch, JobKind::Delivery, JobKind::CrmSync, JobKind::Email, JobKind::Message];

    /// Its name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            JobKind::Batch => "batch",
            JobKind::Delivery => "delivery",
            JobKind::CrmSync => "crm_sync",
            JobKind::Email => "email",
            JobKind::Message => "message",
        }
    }
}

impl JobState {
    /// Its name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Dead => "dead",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<JobState> {
        [JobState::Waiting, JobState::Running, JobState::Done, JobState::Dead]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

impl TryFrom<Row> for Job {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Job, StoreError> {
        let kind = JobKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
        let damaged = |message: String| StoreError::Damaged { what: "job", message };
        Ok(Job {
            kind: kind.ok_or_else(|| damaged(format!("there is no kind `{}`", row.kind)))?,
            state: JobState::parse(&row.state)
                .ok_or_else(|| damaged(format!("there is no state `{}`", row.state)))?,
            number: row.number,
            id: row.id,
            tenant: row.tenant,
            key: row.key,
            lane: row.lane,
            lead: row.lead,
            body: row.body,
            attempts: row.attempts,
            due_at: row.due_at,
            last_error: row.last_error,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}
