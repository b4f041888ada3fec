use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::PathNumber;
use super::candidates::{Order, best};
use super::configuration::Configuration;
use super::ranked_lead::{RankedLeads, by_rules};
use crate::body::Query;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// More leads of a tier are not listed.
const MOST: usize = 100;
const TIERS: [&str; 4] = ["top", "high", "medium", "low"];

/// How soon a lead is worked on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PriorityTier {
    Top,
    High,
    Medium,
    Low,
}

/// Which tier.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct TierQuery {
    /// In any case.
    #[param(inline)]
    tier: PriorityTier,
}

/// The leads of one tier of priority, the first ones first, at most 100.
#[utoipa::path(
    get,
    path = "/api/lead-scoring/{configId}/ml/leads-by-tier",
    params(("configId" = i64, Path, description = "The configuration's number", minimum = 1), TierQuery),
    responses((status = 200, body = RankedLeads))
)]
pub(crate) async fn leads_by_tier(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(number): PathNumber,
    query: Query,
) -> Result<Json<RankedLeads>, Fault> {
    let wanted = query.text("tier")?.unwrap_or_default();
    let tier = TIERS.into_iter().find(|tier| tier.eq_ignore_ascii_case(wanted));
    let tier =
        tier.ok_or_else(|| Fault::invalid("tier", "Invalid tier value: must be top, high, medium or low"))?;
    let own = Configuration::load(&state, &caller.tenant, number).await?;
    let is_wanted = |lead: &super::candidates::Candidate| lead.tier == tier;
    let found = best(&state, &caller.tenant, &own, (Order::Priority, MOST), is_wanted).await?;
    Ok(Json(RankedLeads { leads: by_rules(&state, &own, &found)? }))
}
