use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{JobKind, JobState};

/// How long the store may take to count its jobs: the other metrics are told without it.
const COUNTING: Duration = Duration::from_secs(2);

/// How long the store may take to count.
const PATIENCE: Duration = Duration::from_secs(1);

/// All metrics in Prometheus's text format 0.0.4.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<Response, Fault> {
    count_jobs(&state).await;
    // A store that does not answer must not keep the other metrics from being read.
    let depth = tokio::time::timeout(PATIENCE, state.store.waiting_deliveries()).await;
    state.metrics.set_webhook_queue(depth.ok().and_then(Result::ok));
    let rendered = tokio::task::spawn_blocking(move || state.metrics.render()).await;
    match rendered {
        Ok(Ok(text)) => {
            Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
        }
        _ => Err(Fault::new(FaultKind::Internal, "the metrics cannot be written")),
    }
}

async fn count_jobs(state: &AppState) {
    let Ok(Ok(counts)) = tokio::time::timeout(COUNTING, state.store.job_counts()).await else {
        state.metrics.forget_jobs();
        return;
    };
    for kind in JobKind::ALL.map(JobKind::as_str) {
        for own in [JobState::Waiting, JobState::Running, JobState::Dead].map(JobState::as_str) {
            let found = counts.iter().find(|(of_kind, in_state, _)| of_kind == kind && in_state == own);
            state.metrics.set_jobs(kind, own, found.map_or(0, |(_, _, count)| *count));
        }
    }
}
