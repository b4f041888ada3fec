use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::Mode;
use serde::Serialize;
use utoipa::ToSchema;

use super::PathNumber;
use super::configuration::{Configuration, DEFAULT_NUMBER};
use super::feature_groups::FeatureGroups;
use super::subject::Subject;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// The features of a lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeadFeatures {
    features: FeatureGroups,
}

/// The features of a lead, as of now.
#[utoipa::path(
    get,
    path = "/api/lead-scoring/leads/{id}/ml/features",
    operation_id = "lead_features",
    params(("id" = i64, Path, description = "The lead's number", minimum = 1)),
    responses((status = 200, body = LeadFeatures))
)]
pub(crate) async fn features(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(id): PathNumber,
) -> Result<Json<LeadFeatures>, Fault> {
    let subject = Subject::load(&state, &caller.tenant, id).await?;
    let own = Configuration::load(&state, &caller.tenant, DEFAULT_NUMBER).await?;
    let values = own.conversion.features(&subject.lead, &state.as_of(), Mode::Lenient)?;
    Ok(Json(LeadFeatures { features: FeatureGroups::new(&values) }))
}
