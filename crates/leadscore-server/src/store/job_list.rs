//! Jobs as people look at them: lists, one by its id, another try of one that was given up, and how long old ones are kept.

use leadscore::Timestamp;

use super::db::{read, write};
use super::jobs::Row;
use super::{Job, JobState, Store, StoreError};

/// A job with the name of its lead.
#[derive(Debug, Clone, PartialEq)]
pub struct JobEntry {
    /// The job.
    pub job: Job,
    /// The id by which its lead is told to users.
    pub lead_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    #[sqlx(flatten)]
    job: Row,
    lead_id: Option<String>,
}

impl Store {
    /// Jobs of a tenant, of one state where it is named, the latest first, below a number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn jobs(
        &self,
        tenant: &str,
        state: Option<JobState>,
        below: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JobEntry>, StoreError> {
        let rows: Vec<EntryRow> = read!(&self.db, pool => sqlx::query_as(
            "SELECT jobs.*, leads.id AS lead_id FROM jobs LEFT JOIN leads ON leads.number = jobs.lead
             WHERE jobs.tenant = $1 AND (CAST($2 AS TEXT) IS NULL OR jobs.state = $2) AND jobs.number < $3
             ORDER BY jobs.number DESC LIMIT $4",
        )
        .bind(tenant)
        .bind(state.map(JobState::as_str))
        .bind(below.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?);
        rows.into_iter().map(JobEntry::try_from).collect()
    }

    /// A job of a tenant by its id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn job(&self, tenant: &str, id: &str) -> Result<Option<JobEntry>, StoreError> {
        let row: Option<EntryRow> = read!(&self.db, pool => sqlx::query_as(
            "SELECT jobs.*, leads.id AS lead_id FROM jobs LEFT JOIN leads ON leads.number = jobs.lead
             WHERE jobs.tenant = $1 AND jobs.id = $2",
        ).bind(tenant).bind(id).fetch_optional(pool).await?);
        row.map(JobEntry::try_from).transpose()
    }

    /// Has a job that was given up done again, from its first attempt on; false where none of that id was given up.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn retry_job(&self, tenant: &str, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(write!(&self.db, transaction => {
            sqlx::query(
                "UPDATE jobs SET state = 'waiting', attempts = 0, due_at = $3, finished_at = NULL
                 WHERE tenant = $1 AND id = $2 AND state = 'dead'",
            )
            .bind(tenant)
            .bind(id)
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0
        }))
    }

    /// Forgets jobs that were done before one time, or given up before another one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forget_jobs(&self, done_before: i64, dead_before: i64) -> Result<u64, StoreError> {
        Ok(write!(&self.db, transaction => {
            let mut gone = 0;
            for (state, before) in [(JobState::Done, done_before), (JobState::Dead, dead_before)] {
                gone += sqlx::query("DELETE FROM jobs WHERE state = $1 AND finished_at < $2")
                    .bind(state.as_str())
                    .bind(before)
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected();
            }
            gone
        }))
    }

    /// How many jobs of each kind are in each state but done: for the metrics.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn job_counts(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        Ok(read!(&self.db, pool => sqlx::query_as(
            "SELECT kind, state, COUNT(*) FROM jobs WHERE state IN ('waiting', 'running', 'dead') GROUP BY kind, state
             ORDER BY kind, state",
        ).fetch_all(pool).await?))
    }
}

impl TryFrom<EntryRow> for JobEntry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<JobEntry, StoreError> {
        Ok(JobEntry { job: Job::try_from(row.job)?, lead_id: row.lead_id })
    }
}
