use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::lead_body::HeatLead;
use super::scored::score;
use super::written;
use crate::body::Body;
use crate::callers::Caller;
use crate::fault::Fault;
use crate::state::AppState;

/// An e-mail to a lead.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonalizedEmail {
    subject: String,
    content: String,
    /// `rag` where a language model wrote it and its text was checked, `template` where not.
    #[serde(rename = "type")]
    kind: &'static str,
    personalization_data: PersonalizationData,
    token_usage: TokenUsage,
    /// For the header `List-Unsubscribe`, with `List-Unsubscribe-Post: List-Unsubscribe=One-Click`; absent where
    /// `public_url` is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsubscribe_url: Option<String>,
}

/// What the e-mail may speak of.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonalizationData {
    name: Option<String>,
    role: Option<String>,
    page_views: Option<f64>,
    campaign: Option<String>,
}

/// What writing it took.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenUsage {
    input_tokens: u64,
    output_tokens: u64,
    /// In US dollars; null where the price of the model is not known.
    total_cost: Option<f64>,
}

/// Writes a personal e-mail to a lead; nothing is sent.
#[utoipa::path(
    post,
    path = "/api/v1/get-personalized-email",
    request_body = HeatLead,
    responses((status = 200, body = PersonalizedEmail))
)]
pub(crate) async fn personalized_email(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<HeatLead>,
) -> Result<Json<PersonalizedEmail>, Fault> {
    let scored = score(&state, &caller.tenant, &body).await?;
    written::refuse_unsubscribed(&state, &caller.tenant, &body.email).await?;
    let unsubscribe_url = state.links.link(&scored.stored.id);
    let written =
        written::write(&state, &scored.own.lead, &scored.own.prediction, unsubscribe_url.clone()).await?;
    written.save(&state, &caller.tenant, Some(scored.stored.number), written.kind(), None).await?;
    Ok(Json(PersonalizedEmail {
        kind: written.kind(),
        personalization_data: PersonalizationData {
            name: Some(body.name),
            role: body.known.role,
            page_views: body.known.page_views,
            campaign: body.known.campaign,
        },
        token_usage: TokenUsage {
            input_tokens: written.input_tokens,
            output_tokens: written.output_tokens,
            total_cost: written.cost,
        },
        subject: written.subject,
        content: written.content,
        unsubscribe_url,
    }))
}
