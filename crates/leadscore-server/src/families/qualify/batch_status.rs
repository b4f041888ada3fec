use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use leadscore::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Query;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::BatchResult;

/// How far a batch is.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchStatus {
    batch_id: String,
    /// `queued`, `processing`, `completed`, `failed` or `cancelled`.
    status: &'static str,
    total_leads: i64,
    /// How many were qualified.
    processed: i64,
    failed: i64,
    /// In the order of the request; leads that wait are left out.
    results: Vec<BatchEntry>,
    /// Since it was begun, until its end.
    processing_time_ms: i64,
    completed_at: Option<String>,
    /// Why the end is not delivered to `webhook_url`: its webhook was removed or switched off before the batch ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_error: Option<String>,
}

/// What became of a lead: a score and a tier, or an error.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchEntry {
    /// As the request has it; null where it has none, or where the lead was erased.
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// As many as a batch has at most.
const MOST: u32 = 5_000;

/// How far a batch is, with the results that are there. They are kept for 30 days.
#[utoipa::path(
    get,
    path = "/api/batch/{batch_id}/status",
    params(
        ("batch_id" = String, Path, description = "The batch's id"),
        ("offset" = Option<u32>, Query, maximum = 5000, description = "From which lead on results are shown, counted from 0; 0 where it is not given"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 5000, description = "For how many leads results are shown: 1 to 5000, all where it is not given")
    ),
    responses((status = 200, body = BatchStatus))
)]
pub(crate) async fn batch_status(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<BatchStatus>, Fault> {
    let offset = query.whole("offset", 0, (0, MOST))?;
    let limit = query.whole("limit", MOST, (1, MOST))?;
    let batch = state.store.batch(&caller.tenant, &id).await?;
    let Some(batch) = batch else { return Err(Fault::not_found("there is no such batch")) };
    let results = state.store.batch_results(batch.number, offset, limit).await?;
    let until = batch.completed_at.unwrap_or_else(|| state.now().as_millis());
    Ok(Json(BatchStatus {
        batch_id: batch.id,
        status: batch.state.as_str(),
        total_leads: batch.total,
        processed: batch.done,
        failed: batch.failed,
        results: results.into_iter().map(BatchEntry::from).collect(),
        processing_time_ms: batch.started_at.map_or(0, |started| (until - started).max(0)),
        completed_at: batch
            .completed_at
            .and_then(|at| Timestamp::from_millis(at).ok())
            .map(|at| Family::Qualify.time(at)),
        webhook_error: batch.webhook_error,
    }))
}

impl From<BatchResult> for BatchEntry {
    fn from(result: BatchResult) -> BatchEntry {
        BatchEntry {
            email: result.email,
            score: result.score.map(|score| score as i64),
            tier: result.tier,
            error: result.error,
        }
    }
}
