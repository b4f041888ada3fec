use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::BatchState;

/// Cancels a batch: leads that are done stay, the others are not done, and nobody is told of its end.
#[utoipa::path(
    delete,
    path = "/api/batch/{batch_id}",
    params(("batch_id" = String, Path, description = "The batch's id")),
    responses(
        (status = 204, description = "It is cancelled"),
        (status = 409, description = "It had ended before")
    )
)]
pub(crate) async fn batch_cancel(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    match state.store.cancel_batch(&caller.tenant, &id, state.now()).await? {
        None => Err(Fault::not_found("there is no such batch")),
        Some(BatchState::Cancelled) => Ok(StatusCode::NO_CONTENT),
        Some(_) => Err(Fault::new(FaultKind::Conflict, "the batch has ended; its results stay")),
    }
}
