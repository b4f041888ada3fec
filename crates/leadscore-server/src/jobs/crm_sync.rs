//! Writes a lead to a CRM system: the contact or lead, and a deal where a pipeline is named.
//!
//! Everything is written under our id of the lead, and the CRM system is asked before it is written to. So a job that is done
//! again, because the server was killed between the CRM system's answer and ours, finds what is there and opens no second deal.

use leadscore_connect::crm::{
    CrmRecord, Failure, FailureKind, Outcome, RecordReport, Refusal, RefusalKind, SyncReport,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{again, again_with_store};
use crate::crm::CrmName;
use crate::family::Family;
use crate::state::AppState;
use crate::store::{
    CrmPlace, Job, JobConclusion, JobKind, LeadEvent, LeadReference, StoreError, StoredLead,
    StoredQualification,
};

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SyncTask {
    pub(crate) crm: CrmName,
    pub(crate) pipeline_id: Option<String>,
    pub(crate) owner_email: Option<String>,
}

/// How an attempt ended, for whoever waits for it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SyncResult {
    Synced(Box<CrmSynced>),
    /// A field of the request cannot be used.
    Invalid {
        field: String,
        message: String,
    },
    /// The lead cannot be written as it is.
    Refused {
        message: String,
    },
    /// The CRM system does not take it now, and in how many seconds it is tried again; never where none are given.
    Unavailable {
        message: String,
        retry_after: Option<u64>,
    },
}

/// A lead that is in a CRM system.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct CrmSynced {
    pub(crate) lead_id: String,
    pub(crate) crm: CrmName,
    /// `synced`.
    pub(crate) status: String,
    /// Whether the record was not there before.
    pub(crate) created: bool,
    pub(crate) record: SyncedRecord,
    /// Null where no pipeline was named.
    pub(crate) deal: Option<SyncedDeal>,
    /// Null where none was named.
    pub(crate) owner: Option<SyncedOwner>,
    /// What was passed over, one sentence each.
    pub(crate) warnings: Vec<String>,
    pub(crate) synced_at: String,
}

/// The record of the CRM system.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SyncedRecord {
    /// `contact` or `lead`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) id: String,
}

/// The deal of the CRM system.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SyncedDeal {
    pub(crate) id: String,
    /// Null where the CRM system does not say.
    pub(crate) pipeline_id: Option<String>,
    pub(crate) stage_id: Option<String>,
}

/// The user who owns the record.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SyncedOwner {
    pub(crate) id: String,
    pub(crate) email: String,
}

/// Does the job, and tells whoever waits for it.
pub(crate) async fn work(state: &AppState, job: &Job) -> JobConclusion {
    let conclusion = attempt(state, job).await.unwrap_or_else(|error| again_with_store(state, job, &error));
    state.crms.ended.notify_waiters();
    conclusion
}

async fn attempt(state: &AppState, job: &Job) -> Result<JobConclusion, StoreError> {
    let dead = |error: &str| JobConclusion::Dead { error: error.to_owned() };
    let task: SyncTask = match serde_json::from_str(&job.body) {
        Ok(task) => task,
        Err(error) => return Ok(dead(&format!("its body: {error}"))),
    };
    // It may have been done, and the server ended before that was noted.
    let known = state.store.job_result(&job.tenant, JobKind::CrmSync, &job.key).await?;
    let known = known.and_then(|known| serde_json::from_str(&known.result?).ok());
    if let Some(SyncResult::Synced(_)) = known {
        return Ok(JobConclusion::Done);
    }
    let lead = match job.lead {
        Some(number) => state.store.lead(&job.tenant, &LeadReference::Number(number)).await?,
        None => None,
    };
    let Some(lead) = lead else { return Ok(dead("the lead was erased")) };
    let Some(qualification) = state.store.qualification(lead.number).await? else {
        let message = "the lead has not been qualified".to_owned();
        return told(state, job, &SyncResult::Refused { message }).await;
    };
    let place = state.store.crm_place(lead.number, task.crm.as_str()).await?;
    let external_id = place.map_or_else(|| lead.id.clone(), |place| place.external_id);
    let record = record(&lead, &qualification, &task, external_id);
    let report = state.crms.sync(task.crm, &record).await;
    let Some(SyncReport { records }) = report else {
        let message = format!("{} is not set up on this server", task.crm.as_str());
        return told(state, job, &SyncResult::Unavailable { message, retry_after: Some(60) }).await;
    };
    let Some(report) = records.into_iter().next() else { return Ok(dead("the report has no record")) };
    match failed(&task, &report) {
        None => written(state, job, &task, &lead, &record, report).await,
        Some(result) => {
            // The contact may be there though its deal is not.
            if let Some(id) = report.outcome.id() {
                let place =
                    CrmPlace { external_id: record.external_id.clone(), record: id.to_owned(), deal: None };
                let kept = (None, text(&result));
                state
                    .store
                    .save_crm_place(job, task.crm.as_str(), &place, (kept.0, &kept.1), state.now())
                    .await?;
            }
            told(state, job, &result).await
        }
    }
}

/// A lead as it is to be in the CRM system.
fn record(
    lead: &StoredLead,
    qualification: &StoredQualification,
    task: &SyncTask,
    external_id: String,
) -> CrmRecord {
    let known = |name: &str| lead.text(name).map(str::to_owned);
    CrmRecord {
        external_id,
        email: lead.contact.email.clone(),
        name: known("name"),
        company: known("company"),
        phone: lead.contact.phone.clone(),
        score: Some(qualification.score),
        tier: Some(qualification.tier.clone()),
        reasoning: qualification.body["reasoning"].as_str().map(str::to_owned),
        owner: task.owner_email.clone(),
        pipeline: task.pipeline_id.clone(),
        ..CrmRecord::default()
    }
}

/// Why a record, or its deal, is not in the CRM system as it was given; none where it is.
fn failed(task: &SyncTask, report: &RecordReport) -> Option<SyncResult> {
    let outcomes = std::iter::once(&report.outcome).chain(&report.deal);
    let crm = task.crm.as_str();
    outcomes.into_iter().find_map(|outcome| match outcome {
        Outcome::Refused(refusal) => Some(refused(crm, refusal)),
        Outcome::Retry { after, failure } => Some(unavailable(crm, *after, failure)),
        _ => None,
    })
}

fn refused(crm: &str, Refusal { kind, message }: &Refusal) -> SyncResult {
    let (field, message) = (String::from, message.clone());
    match kind {
        RefusalKind::Owner => SyncResult::Invalid { field: field("owner_email"), message },
        RefusalKind::Pipeline => SyncResult::Invalid { field: field("pipeline_id"), message },
        RefusalKind::Credentials => {
            tracing::error!(crm, message, "a CRM system does not take the credentials of this server");
            let message =
                format!("{crm} does not take the credentials of this server, or they lack a permission");
            SyncResult::Unavailable { message, retry_after: None }
        }
        _ => SyncResult::Refused { message },
    }
}

fn unavailable(crm: &str, after: Option<std::time::Duration>, failure: &Failure) -> SyncResult {
    let usual = match failure.kind {
        // The day of the account's own zone is not known here.
        FailureKind::DailyLimit => 3_600,
        FailureKind::RateLimited => 10,
        _ => 5,
    };
    let seconds = after.map_or(usual, |after| after.as_secs_f64().ceil() as u64).max(1);
    let message = format!("{crm} does not take the lead now: {}", failure.message);
    SyncResult::Unavailable { message, retry_after: Some(seconds) }
}

/// Keeps that a lead is in the CRM system, with what webhooks are told of it.
async fn written(
    state: &AppState,
    job: &Job,
    task: &SyncTask,
    lead: &StoredLead,
    record: &CrmRecord,
    report: RecordReport,
) -> Result<JobConclusion, StoreError> {
    let now = state.now();
    let RecordReport { outcome, deal, deal_place, owner_id, warnings, .. } = report;
    let id = outcome.id().unwrap_or_default().to_owned();
    let deal = deal.as_ref().and_then(Outcome::id).map(str::to_owned);
    let place = CrmPlace { external_id: record.external_id.clone(), record: id.clone(), deal: deal.clone() };
    let synced = CrmSynced {
        lead_id: lead.id.clone(),
        crm: task.crm,
        status: "synced".to_owned(),
        created: matches!(outcome, Outcome::Created { .. }),
        record: SyncedRecord { kind: task.crm.record_type().to_owned(), id },
        deal: deal.map(|id| SyncedDeal {
            id,
            pipeline_id: deal_place.as_ref().map(|place| place.pipeline.clone()),
            stage_id: deal_place.map(|place| place.stage),
        }),
        owner: owner_id.zip(task.owner_email.clone()).map(|(id, email)| SyncedOwner { id, email }),
        warnings,
        synced_at: Family::Qualify.time(now),
    };
    let json = |part: serde_json::Result<serde_json::Value>| part.unwrap_or_default();
    let details = vec![
        ("crm", task.crm.as_str().into()),
        ("record", json(serde_json::to_value(&synced.record))),
        ("deal", json(serde_json::to_value(&synced.deal))),
        ("owner", json(serde_json::to_value(&synced.owner))),
    ];
    let event = LeadEvent { name: "lead.routed", details };
    let result = text(&SyncResult::Synced(Box::new(synced)));
    let is_kept =
        state.store.save_crm_place(job, task.crm.as_str(), &place, (Some(&event), &result), now).await?;
    state.wakes.wake(JobKind::Delivery);
    if is_kept {
        Ok(JobConclusion::Done)
    } else {
        Ok(JobConclusion::Dead { error: "the lead was erased, or another server has the job".to_owned() })
    }
}

/// Keeps what whoever waits is told of an attempt that failed.
async fn told(state: &AppState, job: &Job, result: &SyncResult) -> Result<JobConclusion, StoreError> {
    state.store.save_job_result(job, &text(result)).await?;
    Ok(match result {
        SyncResult::Unavailable { message, retry_after: Some(seconds) } => {
            later(state, job, message, *seconds)
        }
        SyncResult::Invalid { message, .. }
        | SyncResult::Refused { message }
        | SyncResult::Unavailable { message, .. } => JobConclusion::Dead { error: message.clone() },
        SyncResult::Synced(_) => JobConclusion::Done,
    })
}

/// Another attempt, not before the CRM system takes one.
fn later(state: &AppState, job: &Job, error: &str, seconds: u64) -> JobConclusion {
    let asked = i64::try_from(seconds).unwrap_or(i64::MAX / 2_000) * 1_000;
    match again(state, job, error) {
        JobConclusion::Again { at, error } => {
            JobConclusion::Again { at: at.max(state.now().as_millis().saturating_add(asked)), error }
        }
        other => other,
    }
}

fn text(result: &SyncResult) -> String {
    serde_json::to_string(result).expect("texts serialize")
}
