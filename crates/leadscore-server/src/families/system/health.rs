use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::family::Family;
use crate::state::AppState;

/// The process answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
    timestamp: String,
}

/// The process can do its work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    status: &'static str,
    model_version: String,
    timestamp: String,
}

/// The process is alive.
#[derive(Serialize, ToSchema)]
pub(crate) struct Live {
    status: &'static str,
    uptime_seconds: f64,
    timestamp: String,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health", responses((status = 200, body = Health)))]
pub(crate) async fn health(State(state): State<AppState>) -> Json<Health> {
    Json(Health { status: "healthy", timestamp: Family::System.time(state.now()) })
}

/// Whether the model is loaded and the store answers.
#[utoipa::path(
    get,
    path = "/health/ready",
    responses((status = 200, body = Ready), (status = 503, description = "Not ready", body = String, content_type = "text/plain"))
)]
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let Some(model) = state.b2b.load() else { return not_ready("Model not loaded") };
    if let Err(error) = state.store.ping().await {
        tracing::error!(%error, "the store does not answer");
        return not_ready(if error.is_full() { "Store has no room left" } else { "Store not available" });
    }
    Json(Ready {
        status: "ready",
        model_version: model.version().to_owned(),
        timestamp: Family::System.time(state.now()),
    })
    .into_response()
}

fn not_ready(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

/// Whether the process is alive.
#[utoipa::path(get, path = "/health/live", responses((status = 200, body = Live)))]
pub(crate) async fn live(State(state): State<AppState>) -> Json<Live> {
    Json(Live {
        status: "alive",
        uptime_seconds: state.started.elapsed().as_secs_f64(),
        timestamp: Family::System.time(state.now()),
    })
}
