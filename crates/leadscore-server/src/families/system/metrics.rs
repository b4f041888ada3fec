use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// All metrics in Prometheus's text format 0.0.4.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<Response, Fault> {
    let rendered = tokio::task::spawn_blocking(move || state.metrics.render()).await;
    match rendered {
        Ok(Ok(text)) => {
            Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
        }
        _ => Err(Fault::new(FaultKind::Internal, "the metrics cannot be written")),
    }
}
