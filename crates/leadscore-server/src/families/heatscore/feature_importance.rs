use axum::Json;
use axum::extract::State;
use leadscore::pipeline::ImportanceBy;
use serde::Serialize;
use utoipa::ToSchema;

use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// Which features the heat model rests on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Importance {
    /// The most important first; they sum to 1.
    feature_importance: Vec<FeatureShare>,
    /// The same in a sentence.
    analysis: String,
}

/// A feature and its share of the gain of all splits.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeatureShare {
    feature: String,
    importance: f64,
}

/// Which features the heat model rests on, by the gain of its splits.
#[utoipa::path(get, path = "/api/v1/feature-importance", responses((status = 200, body = Importance)))]
pub(crate) async fn feature_importance(State(state): State<AppState>) -> Result<Json<Importance>, Fault> {
    let all = state.pipelines.heat.importance(ImportanceBy::TotalGain).map_err(|error| {
        tracing::error!(%error, "the heat model has no importance");
        Fault::new(FaultKind::Internal, "the heat model has no importance")
    })?;
    let strongest: Vec<&str> = all.iter().take(2).map(|own| own.label.as_str()).collect();
    let share: f64 = all.iter().take(2).map(|own| own.importance).sum();
    let stub = state.pipelines.heat.model_card().is_some_and(|card| card.is_stub);
    let note = if stub { " The included model was trained on synthetic leads." } else { "" };
    let analysis = format!(
        "The heat score rests most on {}: {:.0} % of the gain of all splits.{note}",
        strongest.join(" and "),
        100.0 * share
    );
    let feature_importance =
        all.into_iter().map(|own| FeatureShare { feature: own.code, importance: own.importance }).collect();
    Ok(Json(Importance { feature_importance, analysis }))
}
