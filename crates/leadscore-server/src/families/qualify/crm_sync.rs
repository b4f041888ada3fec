use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Body;
use crate::callers::Caller;
use crate::crm::CrmName;
use crate::fault::{Fault, FaultKind};
use crate::jobs::crm_sync::{CrmSynced, SyncResult, SyncTask};
use crate::state::AppState;
use crate::store::{JobKind, JobState, LeadReference, NewJob};

/// How long the answer is waited for; the synchronisation goes on after that.
const WAIT: Duration = Duration::from_secs(25);
/// How often another server's work is looked for.
const POLL: Duration = Duration::from_millis(250);

/// A lead that is to be written to a CRM system.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CrmSync {
    /// Any of the lead's ids.
    #[schema(min_length = 1, max_length = 200)]
    lead_id: String,
    crm: CrmName,
    /// The pipeline in which the lead gets a deal; no deal where none is named.
    #[schema(min_length = 1, max_length = 200)]
    pipeline_id: Option<String>,
    /// The user of the CRM system who is to own the record.
    #[schema(format = "email", max_length = 254)]
    owner_email: Option<String>,
}

/// Writes a qualified lead to a CRM system. A second call writes the same record, and opens no second deal.
#[utoipa::path(post, path = "/api/crm/sync", operation_id = "sync_crm", request_body = CrmSync,
    responses((status = 200, body = CrmSynced), (status = 404, description = "No such lead"),
        (status = 409, description = "The lead has not been qualified, or the CRM system does not take it as it is"),
        (status = 503, description = "The CRM system is not set up, or does not answer; with `Retry-After` the synchronisation goes on by itself")))]
pub(crate) async fn crm_sync(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<CrmSync>,
) -> Result<Json<CrmSynced>, Fault> {
    let name = LeadReference::Any(body.lead_id);
    let lead = state.store.lead(&caller.tenant, &name).await?;
    let lead = lead.ok_or_else(|| Fault::not_found("there is no such lead"))?;
    let crm = body.crm.as_str();
    if !state.crms.has(body.crm) {
        let message = format!("{crm} is not set up: see the settings that begin with `{crm}.`");
        return Err(Fault::new(FaultKind::NotReady, message));
    }
    if state.store.qualification(lead.number).await?.is_none() {
        let message = "the lead has not been qualified: send it to POST /api/qualify first";
        return Err(Fault::new(FaultKind::Conflict, message));
    }
    let task = SyncTask { crm: body.crm, pipeline_id: body.pipeline_id, owner_email: body.owner_email };
    let job = NewJob {
        kind: JobKind::CrmSync,
        key: format!("sync_{}", Uuid::now_v7().simple()),
        // One after the other for each lead, so that two of them do not both open a deal.
        lane: format!("{crm}/{}/{}", caller.tenant, lead.number),
        lead: Some(lead.number),
        body: serde_json::to_string(&task).expect("texts serialize"),
        priority: 0,
    };
    state.store.add_job(&caller.tenant, &job, state.now()).await?;
    state.wakes.wake(JobKind::CrmSync);
    ended(&state, &caller.tenant, &job.key).await.map(Json)
}

/// Waits until an attempt has ended, on whichever server.
async fn ended(state: &AppState, tenant: &str, key: &str) -> Result<CrmSynced, Fault> {
    let began = Instant::now();
    loop {
        let ended = state.crms.ended.notified();
        tokio::pin!(ended);
        // Before it is looked, so that an end in between is not missed.
        ended.as_mut().enable();
        let job = state.store.job_result(tenant, JobKind::CrmSync, key).await?;
        let job = job.ok_or_else(|| Fault::not_found("the lead was erased in the meantime"))?;
        if let Some(text) = job.result {
            let result: SyncResult = serde_json::from_str(&text).map_err(|error| {
                Fault::new(FaultKind::Internal, format!("the result of the job: {error}"))
            })?;
            return answer(result);
        }
        if job.state == JobState::Dead {
            return Err(Fault::new(
                FaultKind::Internal,
                "the synchronisation was given up; see the server's log",
            ));
        }
        if began.elapsed() >= WAIT {
            let message =
                "the synchronisation takes longer and goes on; ask again later, which does nothing twice";
            return Err(Fault::new(FaultKind::NotReady, message).retry_after(30));
        }
        let _ = tokio::time::timeout(POLL, ended).await;
    }
}

fn answer(result: SyncResult) -> Result<CrmSynced, Fault> {
    match result {
        SyncResult::Synced(synced) => Ok(*synced),
        SyncResult::Invalid { field, message } => Err(Fault::invalid(field, message)),
        SyncResult::Refused { message } => Err(Fault::new(FaultKind::Conflict, message)),
        SyncResult::Unavailable { message, retry_after: None } => {
            Err(Fault::new(FaultKind::NotReady, message))
        }
        SyncResult::Unavailable { message, retry_after: Some(seconds) } => {
            let message = format!("{message}; it is tried again by itself");
            Err(Fault::new(FaultKind::NotReady, message).retry_after(seconds))
        }
    }
}
