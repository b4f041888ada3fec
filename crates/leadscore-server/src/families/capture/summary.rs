use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// The numbers of chats and of the leads that came of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Summary {
    /// People who chatted, each once for each source.
    total_conversations: i64,
    /// Leads that left an e-mail address, a telephone number or a name.
    leads_captured: i64,
    hot_leads: i64,
    warm_leads: i64,
    cold_leads: i64,
    /// How long people waited for a reply, in seconds; null where there was none.
    avg_response_time: Option<f64>,
    /// Of a hundred captured leads, how many bought.
    conversion_rate: f64,
}

/// How many people chatted, what became of them, and how long they waited.
#[utoipa::path(get, path = "/api/v1/analytics/summary", operation_id = "capture_summary", responses((status = 200, body = Summary)))]
pub(crate) async fn summary(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Summary>, Fault> {
    let found = state.store.capture_statistics(&caller.tenant).await?;
    let share = if found.captured == 0 { 0.0 } else { found.converted as f64 / found.captured as f64 };
    Ok(Json(Summary {
        total_conversations: found.conversations,
        leads_captured: found.captured,
        hot_leads: found.hot,
        warm_leads: found.warm,
        cold_leads: found.captured - found.hot - found.warm,
        // Milliseconds are what was measured.
        avg_response_time: found.reply_ms.map(|millis| millis.round() / 1_000.0),
        conversion_rate: (share * 1_000.0).round() / 10.0,
    }))
}
