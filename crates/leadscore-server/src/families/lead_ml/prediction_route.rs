use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::PathNumber;
use super::prediction::MlPrediction;
use super::subject::erased;
use crate::body::Query;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::{LeadReference, PredictionKind};

/// A kept prediction.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptPrediction {
    /// Its number.
    id: i64,
    /// Whether it counts no more.
    is_expired: bool,
    prediction: MlPrediction,
}

/// Which prediction.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct KindQuery {
    /// Which prediction; its case does not matter.
    #[param(value_type = String, required = false, pattern = "^(CONVERSION|TIME_TO_CLOSE|SCORE|PRIORITY)$", default = "CONVERSION")]
    r#type: Option<String>,
}

/// The newest prediction of a lead that still counts, or else the newest of all.
#[utoipa::path(
    get,
    path = "/api/lead-scoring/leads/{id}/ml/prediction",
    operation_id = "lead_prediction",
    params(("id" = i64, Path, description = "The lead's number", minimum = 1), KindQuery),
    responses((status = 200, body = KeptPrediction))
)]
pub(crate) async fn prediction(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
    query: Query,
) -> Result<Json<KeptPrediction>, Fault> {
    let kind = match query.text("type")? {
        None => PredictionKind::Conversion,
        Some(text) => PredictionKind::parse(text)
            .ok_or_else(|| Fault::invalid("type", "must be CONVERSION, TIME_TO_CLOSE, SCORE or PRIORITY"))?,
    };
    let tenant = &caller.tenant;
    if state.store.lead(tenant, &LeadReference::Number(id)).await?.is_none() {
        return Err(erased());
    }
    let now = state.now();
    let stored = state.store.latest_prediction(tenant, id, kind, now).await?;
    let stored = stored.ok_or_else(|| Fault::not_found("No prediction found"))?;
    Ok(Json(KeptPrediction {
        id: stored.number,
        is_expired: stored.expires_at <= now.as_millis(),
        prediction: MlPrediction::parse(&stored)?,
    }))
}
