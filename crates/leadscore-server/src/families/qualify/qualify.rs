use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::{Fault, FaultKind};
use crate::qualify::{self, QualifyRequest};
use crate::state::AppState;
use crate::store::JobKind;

/// What is said of a lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct Qualified {
    id: String,
    score: f64,
    tier: String,
    reasoning: String,
    processing_time_ms: i64,
    created_at: String,
}

/// Qualifies a lead, and keeps it.
#[utoipa::path(post, path = "/api/qualify", request_body = QualifyRequest, responses((status = 200, body = Qualified)))]
pub(crate) async fn qualify(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<QualifyRequest>,
) -> Result<Json<Qualified>, Fault> {
    let lead = qualify::qualify(&state, &caller.tenant, &body).await?;
    let now = state.now();
    let saved = state.store.save_leads(&caller.tenant, std::slice::from_ref(&lead), now).await?;
    state.wakes.wake(JobKind::Delivery);
    let (Some(saved), Some(own)) = (saved.into_iter().next(), lead.qualification) else {
        return Err(Fault::new(FaultKind::Internal, "the lead was not kept"));
    };
    let created = Timestamp::from_millis(saved.lead.created_at).unwrap_or(now);
    Ok(Json(Qualified {
        id: saved.lead.id,
        score: own.score,
        tier: own.tier,
        reasoning: own.body["reasoning"].as_str().unwrap_or_default().to_owned(),
        processing_time_ms: own.processing_ms,
        created_at: Family::Qualify.time(created),
    }))
}
