use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use leadscore::Timestamp;
use leadscore::chat::{Chat, Conversation, e164};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CaptureSource;
use crate::body::Body;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::Fault;
use crate::notification;
use crate::state::AppState;
use crate::store::{Attributes, Contact, JobKind, LeadReference, NewIntent, StoredLead, StoredMessage};

/// What a lead wants where nothing was said.
const COLD: &str = "COLD";

/// A lead of a form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CapturedLead {
    #[schema(max_length = 200)]
    name: Option<String>,
    /// This or the telephone number is required.
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    #[schema(max_length = 100)]
    phone: Option<String>,
    source: CaptureSource,
    /// `HOT`, `WARM` or `COLD`.
    #[schema(pattern = "^(HOT|WARM|COLD|hot|warm|cold)$")]
    intent: Option<String>,
}

/// A lead with what was said.
#[derive(Serialize, ToSchema)]
pub(crate) struct CapturedLeadView {
    id: String,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    /// Where it came from first: of this API's leads `website`, `whatsapp` or `instagram`.
    source: Option<String>,
    intent: String,
    /// The oldest first.
    messages: Vec<MessageView>,
    created_at: String,
    updated_at: String,
}

/// A message of a chat.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageView {
    /// `user` or `assistant`.
    role: String,
    content: String,
    timestamp: String,
}

/// Keeps a lead. One that is known is completed and keeps its first source.
#[utoipa::path(post, path = "/api/v1/lead", operation_id = "capture_lead", request_body = CapturedLead,
    responses((status = 200, body = CapturedLeadView)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<CapturedLead>,
) -> Result<Json<CapturedLeadView>, Fault> {
    let filled = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let contact = Contact {
        email: filled(&body.email).map(|email| email.to_lowercase()),
        phone: filled(&body.phone).map(|phone| normalised(&state.channels.rules, &phone)),
        external_id: None,
    };
    if contact.email.is_none() && contact.phone.is_none() {
        return Err(Fault::invalid("email", "an e-mail address or a telephone number is required"));
    }
    let mut attributes = Attributes::new();
    if let Some(name) = filled(&body.name) {
        attributes.insert("name".to_owned(), name.into());
    }
    let (store, now) = (&state.store, state.now());
    let saved = store.save_lead(&caller.tenant, &contact, &attributes, now).await?;
    let intent = body.intent.as_deref().map(|intent| NewIntent {
        intent: match intent.to_uppercase().as_str() {
            "HOT" => "HOT",
            "WARM" => "WARM",
            _ => COLD,
        },
        origin: "form",
        at: now.as_millis(),
    });
    let source = body.source.as_str();
    let on_hot = |lead: &StoredLead| {
        notification::hot_lead(&state.config, lead, source, "(a form, without a message)", now)
    };
    let number = saved.lead.number;
    let lead = store.capture_lead(&caller.tenant, number, source, intent.as_ref(), &on_hot, now).await?;
    state.wakes.wake(JobKind::Email);
    view(&state, lead.ok_or_else(no_such_lead)?).await
}

/// A lead with its messages, by any of its ids.
#[utoipa::path(get, path = "/api/v1/lead/{lead_id}", operation_id = "captured_lead", params(("lead_id" = String, Path)),
    responses((status = 200, body = CapturedLeadView), (status = 404, description = "No such lead")))]
pub(crate) async fn get(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(lead): Path<String>,
) -> Result<Json<CapturedLeadView>, Fault> {
    let found = state.store.lead(&caller.tenant, &LeadReference::Any(lead)).await?;
    view(&state, found.ok_or_else(no_such_lead)?).await
}

fn no_such_lead() -> Fault {
    Fault::not_found("Lead not found")
}

async fn view(state: &AppState, lead: StoredLead) -> Result<Json<CapturedLeadView>, Fault> {
    let intent = state.store.intent(lead.number).await?;
    let messages = state.store.messages(lead.number).await?;
    let text = |name: &str| lead.text(name).map(str::to_owned);
    Ok(Json(CapturedLeadView {
        name: text("name"),
        source: text("source"),
        intent: intent.unwrap_or_else(|| COLD.to_owned()),
        messages: messages.into_iter().map(MessageView::from).collect(),
        created_at: time(lead.created_at),
        updated_at: time(lead.updated_at),
        id: lead.id,
        email: lead.contact.email,
        phone: lead.contact.phone,
    }))
}

impl From<StoredMessage> for MessageView {
    fn from(message: StoredMessage) -> MessageView {
        MessageView { role: message.role, content: message.content, timestamp: time(message.at) }
    }
}

fn time(millis: i64) -> String {
    Timestamp::from_millis(millis).map_or(String::new(), |at| Family::Capture.time(at))
}

/// A telephone number in the form in which chats find it; as it was written where its country is not certain.
fn normalised(rules: &Chat, phone: &str) -> String {
    if phone.starts_with('+') {
        return e164(phone).unwrap_or_else(|| phone.to_owned());
    }
    let found = rules.advance(&Conversation::new(), &format!("my phone number is {phone}"));
    found.captured.phone.filter(|own| own.starts_with('+')).unwrap_or_else(|| phone.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_one_way() {
        let (nowhere, germany) = (Chat::new(), Chat::new().country("DE").unwrap());
        assert_eq!(normalised(&nowhere, "+1234567890"), "+1234567890");
        assert_eq!(normalised(&nowhere, "+49 (171) 234-5678"), "+491712345678");
        assert_eq!(normalised(&nowhere, "0171 2345678"), "0171 2345678");
        assert_eq!(normalised(&germany, "0171 2345678"), "+491712345678");
        assert_eq!(normalised(&germany, "+49 30 ask for Ann"), "+49 30 ask for Ann");
    }
}
