use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::{Fault, FaultKind};
use crate::qualify::{self, AssignedRep, Details, QualifyRequest};
use crate::state::AppState;
use crate::store::{JobKind, StoreError};

/// The qualification of a lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct Qualified {
    id: String,
    /// 0 to 100.
    score: i64,
    /// `HOT`, `WARM` or `COLD`.
    tier: String,
    #[serde(flatten)]
    details: Details,
    processing_time_ms: i64,
    created_at: String,
    /// Who the lead was routed to.
    assigned_rep: Option<AssignedRep>,
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
    let damaged =
        |error: serde_json::Error| StoreError::Damaged { what: "qualification", message: error.to_string() };
    let roster = state.knowledge.roster.as_ref();
    Ok(Json(Qualified {
        id: saved.lead.id,
        // The pipeline rounds down to whole points.
        score: own.score as i64,
        tier: own.tier,
        details: serde_json::from_value(own.body).map_err(damaged)?,
        processing_time_ms: own.processing_ms,
        created_at: Family::Qualify.time(now),
        assigned_rep: saved.rep.and_then(|id| roster?.rep(&id)),
    }))
}
