//! Where leads are in CRM systems, and what whoever waits for a synchronisation is told.

use leadscore::Timestamp;

use super::db::{read, write};
use super::leads::Row;
use super::outbox::emit;
use super::take::take;
use super::{Job, JobKind, JobState, LeadEvent, Store, StoreError, StoredLead};

/// Where a lead is in a CRM system.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CrmPlace {
    /// Our id of the lead as the CRM system knows it.
    pub external_id: String,
    /// The CRM system's id of the record.
    pub record: String,
    /// Its id of the deal, where one was opened.
    pub deal: Option<String>,
}

/// What became of a job, for whoever waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobResult {
    /// How far it is.
    pub state: JobState,
    /// What is told of its latest attempt that ended, as JSON.
    pub result: Option<String>,
}

impl Store {
    /// Where a lead is in a CRM system, if it is there.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn crm_place(&self, lead: i64, crm: &str) -> Result<Option<CrmPlace>, StoreError> {
        Ok(read!(&self.db, pool => sqlx::query_as(
            "SELECT external_id, record, deal FROM crm_records WHERE lead = $1 AND crm = $2",
        ).bind(lead).bind(crm).fetch_optional(pool).await?))
    }

    /// Keeps where a lead is in a CRM system, what is told of the job that wrote it, and, where an event is given, what
    /// webhooks are told, in one transaction. False where the lead is no longer there.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn save_crm_place(
        &self,
        job: &Job,
        crm: &str,
        place: &CrmPlace,
        (event, result): (Option<&LeadEvent>, &str),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(lead) = job.lead else { return Ok(false) };
        let tenant = job.tenant.as_str();
        Ok(write!(&self.db, transaction => {
            let row: Option<Row> = take!(transaction, tenant, lead);
            let Some(row) = row else { return Ok(false) };
            let lead = StoredLead::try_from(row)?;
            // A lead that was merged while it was written may have a record with a deal, which stays: the parts of two
            // records are not mixed.
            sqlx::query(
                "INSERT INTO crm_records (tenant, lead, crm, external_id, record, deal, synced_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (lead, crm) DO UPDATE SET external_id = excluded.external_id, record = excluded.record,
                     deal = COALESCE(excluded.deal, crm_records.deal), synced_at = excluded.synced_at
                 WHERE crm_records.deal IS NULL OR crm_records.external_id = excluded.external_id",
            )
            .bind(tenant)
            .bind(lead.number)
            .bind(crm)
            .bind(&place.external_id)
            .bind(&place.record)
            .bind(&place.deal)
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?;
            // Whoever lost the job to another server tells nothing.
            let is_ours = sqlx::query(
                "UPDATE jobs SET result = $2 WHERE number = $1 AND attempts = $3 AND state = 'running'",
            )
            .bind(job.number)
            .bind(result)
            .bind(job.attempts)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0;
            if !is_ours {
                return Ok(false);
            }
            if let Some(event) = event {
                emit!(transaction, tenant, Some(lead.number), &event.about(&lead), now);
            }
            true
        }))
    }

    /// Keeps what is told of an attempt at a job to whoever waits for it, as JSON.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_job_result(&self, job: &Job, result: &str) -> Result<(), StoreError> {
        write!(&self.db, transaction => {
            sqlx::query("UPDATE jobs SET result = $2 WHERE number = $1 AND attempts = $3 AND state = 'running'")
                .bind(job.number)
                .bind(result)
                .bind(job.attempts)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// How many jobs should have been begun before a time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn overdue_jobs(&self, before: i64) -> Result<i64, StoreError> {
        let (count,): (i64,) = read!(&self.db, pool => sqlx::query_as(
            "SELECT COUNT(*) FROM jobs WHERE state = 'waiting' AND due_at < $1",
        ).bind(before).fetch_one(pool).await?);
        Ok(count)
    }

    /// What became of a job, by its key; none where there is no such job, which also is so when its lead was erased.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Damaged`].
    pub async fn job_result(
        &self,
        tenant: &str,
        kind: JobKind,
        key: &str,
    ) -> Result<Option<JobResult>, StoreError> {
        let row: Option<(String, Option<String>)> = read!(&self.db, pool => sqlx::query_as(
            "SELECT state, result FROM jobs WHERE tenant = $1 AND kind = $2 AND key = $3",
        ).bind(tenant).bind(kind.as_str()).bind(key).fetch_optional(pool).await?);
        let Some((state, result)) = row else { return Ok(None) };
        let message = || format!("there is no state `{state}`");
        let state =
            JobState::parse(&state).ok_or_else(|| StoreError::Damaged { what: "job", message: message() })?;
        Ok(Some(JobResult { state, result }))
    }
}
