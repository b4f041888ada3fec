//! Work that is done later: what waits, what was given up and why, and another try.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use leadscore::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::body::Query;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{JobEntry, JobKind, JobState};

/// A job of the tenant. What it works with is not shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobView {
    id: String,
    /// `batch`, `delivery`, `crm_sync`, `email` or `message`.
    kind: &'static str,
    /// What it is about: the same key is one job of its kind.
    key: String,
    /// `waiting`, `running`, `done` or `dead`, which was given up.
    state: &'static str,
    /// How often it was begun.
    attempts: i64,
    /// What went wrong the last time.
    last_error: Option<String>,
    /// When it is tried next, or was.
    due_at: Option<String>,
    created_at: Option<String>,
    finished_at: Option<String>,
    /// The lead that it is about.
    lead_id: Option<String>,
}

/// Jobs of the tenant, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobList {
    jobs: Vec<JobView>,
    /// What `before` is set to for those that follow; null at the end.
    next_before: Option<String>,
}

/// Which jobs.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct JobsQuery {
    /// Only those in this state; `dead` ones were given up.
    #[param(inline)]
    state: Option<JobStateName>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// Those that are older than the job of this id.
    before: Option<String>,
}

/// How far a job is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "for the documentation")]
pub(crate) enum JobStateName {
    Waiting,
    Running,
    Done,
    Dead,
}

/// Jobs of the tenant, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/jobs", operation_id = "list_jobs",
    params(
        JobsQuery
    ),
    responses((status = 200, body = JobList), (status = 404, description = "No job has the id `before`"))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    query: Query,
) -> Result<Json<JobList>, Fault> {
    let wanted = match query.text("state")? {
        None => None,
        Some(text) => Some(
            JobState::parse(text)
                .ok_or_else(|| Fault::invalid("state", "must be waiting, running, done or dead"))?,
        ),
    };
    let limit = query.whole("limit", 20, (1, 100))?;
    let below = match query.text("before")? {
        None => None,
        Some(id) => {
            let found = state.store.job(&caller.tenant, id).await?;
            Some(found.ok_or_else(|| Fault::not_found("there is no job with the id `before`"))?.job.number)
        }
    };
    let jobs = state.store.jobs(&caller.tenant, wanted, below, limit).await?;
    let is_full = jobs.len() == limit as usize;
    Ok(Json(JobList {
        next_before: jobs.last().filter(|_| is_full).map(|last| last.job.id.clone()),
        jobs: jobs.into_iter().map(JobView::from).collect(),
    }))
}

/// A job.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{id}", operation_id = "get_job",
    params(("id" = String, Path, description = "The job's id")),
    responses((status = 200, body = JobView))
)]
pub(crate) async fn job(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Fault> {
    Ok(Json(found(&state, &caller, &id).await?.into()))
}

/// Has a job that was given up done again, from its first attempt on.
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{id}/retry", operation_id = "retry_job",
    params(("id" = String, Path, description = "The job's id")),
    responses(
        (status = 202, body = JobView),
        (status = 409, description = "It was not given up, or is a batch, whose end was told")
    )
)]
pub(crate) async fn retry(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<JobView>), Fault> {
    let entry = found(&state, &caller, &id).await?;
    if entry.job.kind == JobKind::Batch {
        let message = "a batch that was given up has ended; send the leads that failed again";
        return Err(Fault::new(FaultKind::Conflict, message));
    }
    if !state.store.retry_job(&caller.tenant, &id, state.now()).await? {
        return Err(Fault::new(FaultKind::Conflict, "the job was not given up"));
    }
    state.wakes.wake(entry.job.kind);
    Ok((StatusCode::ACCEPTED, Json(found(&state, &caller, &id).await?.into())))
}

async fn found(state: &AppState, caller: &Caller, id: &str) -> Result<JobEntry, Fault> {
    let entry = state.store.job(&caller.tenant, id).await?;
    entry.ok_or_else(|| Fault::not_found("there is no such job"))
}

impl From<JobEntry> for JobView {
    fn from(entry: JobEntry) -> JobView {
        let JobEntry { job, lead_id } = entry;
        let time = |at: i64| Timestamp::from_millis(at).ok().map(|at| Family::Core.time(at));
        JobView {
            id: job.id,
            kind: job.kind.as_str(),
            key: job.key,
            state: job.state.as_str(),
            attempts: job.attempts,
            last_error: job.last_error,
            due_at: time(job.due_at),
            created_at: time(job.created_at),
            finished_at: job.finished_at.and_then(time),
            lead_id,
        }
    }
}
