use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{JobKind, JobState};

/// How long the store may take to count its jobs: the other metrics are told without them.
const COUNTING: Duration = Duration::from_secs(2);

/// All metrics in Prometheus's text format 0.0.4.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<Response, Fault> {
    count_jobs(&state).await;
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
        state.metrics.set_webhook_queue(None);
        return;
    };
    let count = |kind: &str, in_state: &str| {
        let found = counts.iter().find(|(of_kind, of_state, _)| of_kind == kind && of_state == in_state);
        found.map_or(0, |(_, _, count)| *count)
    };
    for kind in JobKind::ALL.map(JobKind::as_str) {
        for own in [JobState::Waiting, JobState::Running, JobState::Dead].map(JobState::as_str) {
            state.metrics.set_jobs(kind, own, count(kind, own));
        }
    }
    let [waiting, running] = [JobState::Waiting, JobState::Running].map(JobState::as_str);
    let delivery = JobKind::Delivery.as_str();
    state.metrics.set_webhook_queue(Some(count(delivery, waiting) + count(delivery, running)));
}
