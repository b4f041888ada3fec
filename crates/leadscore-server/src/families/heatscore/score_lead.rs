use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::ContributionKind;
use serde::Serialize;
use utoipa::ToSchema;

use super::lead_body::HeatLead;
use super::scored::{Heat, Probabilities, score};
use crate::body::Body;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// How warm a lead is, and what that rests on.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the document")]
pub(crate) struct HeatScore {
    lead_id: String,
    heat_score: Heat,
    /// The probability of that class.
    confidence: f64,
    probabilities: Probabilities,
    /// The features that count for this lead, the strongest first.
    features_used: Vec<String>,
}

/// Keeps a lead and says how warm it is.
#[utoipa::path(post, path = "/api/v1/score-lead", request_body = HeatLead, responses((status = 200, body = HeatScore)))]
pub(crate) async fn score_lead(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<HeatLead>,
) -> Result<Json<HeatScore>, Fault> {
    let scored = score(&state, &caller.tenant, &body).await?;
    let mut used: Vec<(&str, f64)> = scored
        .own
        .prediction
        .explanation
        .contributions
        .iter()
        .filter(|own| own.kind == ContributionKind::Feature && own.points != 0.0)
        .map(|own| (&*own.code, own.points.abs()))
        .collect();
    used.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    Ok(Json(HeatScore {
        lead_id: scored.stored.id,
        heat_score: scored.own.heat,
        confidence: scored.own.confidence,
        probabilities: scored.own.probabilities,
        features_used: used.into_iter().map(|(code, _)| code.to_owned()).collect(),
    }))
}
