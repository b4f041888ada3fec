use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PathNumber;
use crate::body::Body;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// Whether a prediction came true.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Validation {
    was_accurate: bool,
}

/// It is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Validated {
    success: bool,
}

/// Keeps whether a prediction came true; a later word replaces an earlier one.
#[utoipa::path(
    post,
    path = "/api/lead-scoring/predictions/{id}/validate",
    operation_id = "validate_prediction",
    params(("id" = i64, Path, description = "The prediction's number", minimum = 1)),
    request_body = Validation,
    responses((status = 200, body = Validated))
)]
pub(crate) async fn validate(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
    Body(body): Body<Validation>,
) -> Result<Json<Validated>, Fault> {
    let is_known =
        state.store.validate_prediction(&caller.tenant, id, body.was_accurate, state.now()).await?;
    if !is_known {
        return Err(Fault::not_found("Prediction not found"));
    }
    Ok(Json(Validated { success: true }))
}
