use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use utoipa::IntoParams;

use super::PathNumber;
use super::candidates::{Order, best};
use super::configuration::Configuration;
use super::ranked_lead::{RankedLeads, by_rules};
use crate::body::Query;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// How many leads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct CountQuery {
    /// How many leads at most.
    #[param(minimum = 1, maximum = 100, default = 10)]
    n: Option<u32>,
}

/// The leads of the highest priority, by rules.
#[utoipa::path(
    get,
    path = "/api/lead-scoring/{configId}/ml/top-leads",
    params(("configId" = i64, Path, description = "The configuration's number", minimum = 1), CountQuery),
    responses((status = 200, body = RankedLeads))
)]
pub(crate) async fn top_leads(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    PathNumber(number): PathNumber,
    query: Query,
) -> Result<Json<RankedLeads>, Fault> {
    let count = query.whole("n", 10, (1, 100))?;
    let own = Configuration::load(&state, &caller.tenant, number).await?;
    let found = best(&state, &caller.tenant, &own, (Order::Priority, count as usize), |_| true).await?;
    Ok(Json(RankedLeads { leads: by_rules(&state, &own, &found)? }))
}
