use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use leadscore::email::{Channel, EmailTask};
use leadscore::task::NextActionTask;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lead_body::HeatLead;
use super::scored::score;
use super::written::wants_no_email;
use crate::body::Body;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::StoredLead;
use crate::words::refuse_failure;

/// What to do next with a lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recommendation {
    lead_id: String,
    /// How to reach the lead.
    recommended_channel: &'static str,
    /// What to write.
    message_content: String,
    /// Why.
    rationale: String,
    /// The probability of the lead's class.
    confidence: f64,
    /// What to do, in this order.
    next_steps: Vec<String>,
}

/// A recommendation as it is kept with the lead.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct KeptRecommendation {
    pub(crate) recommended_channel: String,
    pub(crate) message_content: String,
}

/// A lead without an e-mail address is refused, so e-mail reaches every one that wants it.
fn channel(wants_no_email: bool, lead: &StoredLead) -> &'static str {
    match (wants_no_email, &lead.contact.phone) {
        (false, _) => "email",
        (true, Some(_)) => "phone",
        (true, None) => "none",
    }
}

/// Keeps a lead and says what to do next with it.
#[utoipa::path(
    post,
    path = "/api/v1/recommendation",
    request_body = HeatLead,
    responses((status = 200, body = Recommendation))
)]
pub(crate) async fn recommendation(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<HeatLead>,
) -> Result<Json<Recommendation>, Fault> {
    let scored = score(&state, &caller.tenant, &body).await?;
    let words = &state.words;
    let next = words.assist(&NextActionTask::new(&scored.own.lead, &scored.own.prediction)).await;
    refuse_failure(&state.config, &next)?;
    // The message of a chat: it has no subject, and is short.
    let sender = words.sender(state.links.link(&scored.stored.id));
    let message = EmailTask::new(&scored.own.lead, &scored.own.prediction, &words.knowledge, &sender)?;
    let message = words.assist(&message.channel(Channel::Whatsapp)).await;
    refuse_failure(&state.config, &message)?;
    let wants_no_email = wants_no_email(&state, &caller.tenant, &body.email).await?;
    let channel = channel(wants_no_email, &scored.stored);
    let kept = KeptRecommendation {
        recommended_channel: channel.to_owned(),
        message_content: message.output.body.clone(),
    };
    let text = serde_json::to_string(&kept).expect("texts serialize");
    state.store.save_recommendation(&caller.tenant, scored.stored.number, &text).await?;
    let mut next_steps = vec![format!("{} ({})", next.output.action, next.output.timeframe)];
    next_steps.extend(scored.own.prediction.recommendations.iter().skip(1).map(|own| own.action.clone()));
    Ok(Json(Recommendation {
        lead_id: scored.stored.id,
        recommended_channel: channel,
        message_content: message.output.body,
        rationale: format!("{} lead: {}", capital(scored.own.heat.as_str()), next.output.rationale),
        confidence: scored.own.confidence,
        next_steps,
    }))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
