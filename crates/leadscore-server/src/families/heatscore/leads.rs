use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Map;
use utoipa::{IntoParams, ToSchema};

use super::recommendation::KeptRecommendation;
use super::scored::Heat;
use crate::body::Query;
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{Attributes, StoredLead};

/// A page of leads.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeadPage {
    leads: Vec<ListedLead>,
    pagination: Pagination,
}

/// A lead, with what the heat model last said of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedLead {
    lead_id: String,
    /// What is known of it, by the names of requests.
    #[schema(value_type = Object)]
    lead_data: Attributes,
    score: ListedScore,
    /// The last recommendation; null until one was asked for.
    recommendation: Option<KeptRecommendation>,
}

/// What the heat model last said.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedScore {
    heat_score: Heat,
    confidence: f64,
}

/// Where the page stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pagination {
    current_page: u32,
    total_pages: i64,
    total_leads: i64,
    has_next: bool,
    has_prev: bool,
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct PageQuery {
    /// The page, from 1.
    #[param(minimum = 1, maximum = 1_000_000, default = 1)]
    page: Option<u32>,
    /// Leads on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// Leads of this class alone.
    heat_score: Option<Heat>,
}

/// Leads that the heat model has scored, the latest first.
#[utoipa::path(get, path = "/api/v1/leads", params(PageQuery), responses((status = 200, body = LeadPage)))]
pub(crate) async fn leads(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    query: Query,
) -> Result<Json<LeadPage>, Fault> {
    let page = query.whole("page", 1, (1, 1_000_000))?;
    let limit = query.whole("limit", 20, (1, 100))?;
    let heat = match query.text("heat_score")? {
        None => None,
        Some(text) => {
            Some(Heat::parse(text).ok_or_else(|| Fault::invalid("heat_score", "must be hot, warm or cold"))?)
        }
    };
    let offset = i64::from(page - 1) * i64::from(limit);
    let (leads, total) =
        state.store.heat_leads(&caller.tenant, heat.map(Heat::as_str), limit, offset).await?;
    let total_pages = total.div_euclid(limit.into()) + i64::from(total % i64::from(limit) > 0);
    Ok(Json(LeadPage {
        leads: leads.into_iter().map(listed).collect::<Result<_, _>>()?,
        pagination: Pagination {
            current_page: page,
            total_pages,
            total_leads: total,
            has_next: i64::from(page) < total_pages,
            has_prev: page > 1 && total > 0,
        },
    }))
}

fn listed(lead: StoredLead) -> Result<ListedLead, Fault> {
    let damaged = || Fault::new(FaultKind::Internal, "a lead in the store is damaged");
    let (class, confidence) = lead.heat.clone().ok_or_else(damaged)?;
    let recommendation = lead.recommendation.as_deref().map(serde_json::from_str);
    Ok(ListedLead {
        score: ListedScore { heat_score: Heat::parse(&class).ok_or_else(damaged)?, confidence },
        recommendation: recommendation.transpose().map_err(|_| damaged())?,
        lead_data: lead_data(&lead),
        lead_id: lead.id,
    })
}

/// What is known of a lead, by the names that requests have for it.
fn lead_data(lead: &StoredLead) -> Attributes {
    let mut data = Map::new();
    data.insert("email".to_owned(), lead.contact.email.clone().into());
    for (name, value) in &lead.attributes {
        let name = if name == "title" { "role" } else { name };
        data.insert(name.to_owned(), value.clone());
    }
    data
}
