use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::activities::Moment;
use super::leads::{find, no_such_lead};
use crate::body::Body;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store;

/// How a lead ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomeBody {
    outcome: Outcome,
    /// When; now if it is not given.
    at: Option<Moment>,
}

/// How a lead may end.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Converted,
    Lost,
}

/// What was kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeptOutcome {
    lead_id: String,
    outcome: Outcome,
    at: String,
}

/// Keeps how a lead ended; a later word replaces an earlier one.
#[utoipa::path(post, path = "/api/v1/leads/{lead}/outcome", operation_id = "set_outcome",
    params(("lead" = String, Path)), request_body = OutcomeBody,
    responses((status = 200, body = KeptOutcome), (status = 404, description = "No such lead")))]
pub(crate) async fn set(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(lead): Path<String>,
    Body(body): Body<OutcomeBody>,
) -> Result<Json<KeptOutcome>, Fault> {
    let lead = find(&state, &caller, lead).await?;
    let at = match &body.at {
        Some(moment) => moment.time("at")?,
        None => state.now(),
    };
    let outcome = match body.outcome {
        Outcome::Converted => store::Outcome::Converted,
        Outcome::Lost => store::Outcome::Lost,
    };
    if !state.store.set_outcome(&caller.tenant, lead.number, outcome, at).await? {
        return Err(no_such_lead());
    }
    Ok(Json(KeptOutcome { lead_id: lead.id, outcome: body.outcome, at: Family::Core.time(at) }))
}
