use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::b2b::model::ModelInfo;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// The features of the model in use.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeatureList {
    features: Vec<String>,
    count: usize,
}

/// How much each feature matters: the mean gain of its splits.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the documentation: the order of the keys is kept when it is written")]
pub(crate) struct FeatureImportance {
    /// By name, the most important first.
    importance: BTreeMap<String, f64>,
    /// Pairs of name and importance.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    top_10: Vec<(String, f64)>,
}

/// The model in use: version, features and where it comes from.
#[utoipa::path(get, path = "/api/v1/model/info", operation_id = "model_info", responses((status = 200, body = ModelInfo)))]
pub(crate) async fn info(State(state): State<AppState>) -> Result<Json<ModelInfo>, Fault> {
    Ok(Json(state.b2b.load().ok_or_else(not_loaded)?.info().clone()))
}

/// The features of the model in use, in its order.
#[utoipa::path(get, path = "/api/v1/model/features", operation_id = "model_features",
    responses((status = 200, body = FeatureList)))]
pub(crate) async fn features(State(state): State<AppState>) -> Result<Json<FeatureList>, Fault> {
    let model = state.b2b.load().ok_or_else(not_loaded)?;
    let info = model.info();
    Ok(Json(FeatureList { features: info.features.clone(), count: info.n_features }))
}

/// How much each feature of the model in use matters.
#[utoipa::path(get, path = "/api/v1/model/importance", operation_id = "model_importance",
    responses((status = 200, body = FeatureImportance)))]
pub(crate) async fn importance(State(state): State<AppState>) -> Result<Response, Fault> {
    let model = state.b2b.load().ok_or_else(not_loaded)?;
    match model.importance() {
        Ok(importance) => Ok(Json(importance).into_response()),
        Err(error) => {
            Err(Fault::new(FaultKind::NotReady, format!("this model tells no importance: {error}")))
        }
    }
}

fn not_loaded() -> Fault {
    Fault::new(FaultKind::NotReady, "Model not loaded").retry_after(5)
}
