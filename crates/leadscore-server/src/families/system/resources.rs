use std::sync::PoisonError;
use std::time::Duration;

use axum::Json;
use axum::extract::State;

use crate::family::Family;
use crate::observe::resources::{Resources, sample};
use crate::state::AppState;

/// Between the two looks at the first call.
const FIRST_LOOK: Duration = Duration::from_millis(100);

/// The machine's resources, and how much of them is used.
#[utoipa::path(get, path = "/resources", responses((status = 200, body = Resources)))]
pub(crate) async fn resources(State(state): State<AppState>) -> Json<Resources> {
    let look = || state.sampler.lock().unwrap_or_else(PoisonError::into_inner).usage(sample());
    let usage = if let Some(usage) = look() {
        usage
    } else {
        tokio::time::sleep(FIRST_LOOK).await;
        look().unwrap_or_default()
    };
    let (data, timestamp) = (state.config.data.clone(), Family::System.time(state.now()));
    let read = tokio::task::spawn_blocking(move || Resources::read(&usage, &data, timestamp)).await;
    Json(read.expect("reading resources does not panic"))
}
