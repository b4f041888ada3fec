use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::CaptureSource;
use crate::body::Body;
use crate::callers::Caller;
use crate::chat::{self, Answered, Begun, Inbound};
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{Chatter, NewReply};

/// How long a message waits for the answer to an earlier one of its conversation.
const PATIENCE: Duration = Duration::from_secs(30);

/// The next message of somebody who chats.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ChatRequest {
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S")]
    message: String,
    /// Your id of the person: messages of one id and source are one conversation.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    user_id: String,
    source: CaptureSource,
}

/// The reply.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChatResponse {
    response: String,
    /// What the message says about the wish to buy.
    #[schema(pattern = "^(HOT|WARM|COLD|NEUTRAL)$")]
    intent: &'static str,
    /// Whether the reply asks something.
    follow_up: bool,
}

/// Answers a message of a chat. What it tells of the lead is kept before it is answered.
#[utoipa::path(post, path = "/api/v1/chat/respond", operation_id = "chat_respond", request_body = ChatRequest,
    responses((status = 200, body = ChatResponse),
        (status = 503, description = "The language model failed, where that is to be an error; or too much is under way")))]
pub(crate) async fn respond(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<ChatRequest>,
) -> Result<Json<ChatResponse>, Fault> {
    // Whoever is not known may be anybody: the chats of a platform's people are not theirs to go on with.
    if state.config.public_chat && caller.actor.is_none() && body.source != CaptureSource::Website {
        let message = "without a key a chat has the source `website`";
        return Err(Fault::new(FaultKind::Forbidden, message));
    }
    // A caller that goes away leaves no half of an exchange behind.
    let answering = tokio::spawn(answer(state, caller.tenant.clone(), body));
    let answered = answering.await.map_err(|error| {
        tracing::error!(%error, "a chat ended in a panic");
        Fault::new(FaultKind::Internal, "Internal server error")
    })??;
    Ok(Json(ChatResponse {
        response: answered.text,
        intent: answered.intent.as_str(),
        follow_up: answered.asks,
    }))
}

async fn answer(state: AppState, tenant: String, body: ChatRequest) -> Result<Answered, Fault> {
    let began = Instant::now();
    let chatter = Chatter {
        source: body.source.as_str().to_owned(),
        user_id: body.user_id.trim().to_owned(),
        former_id: None,
    };
    // NUL is in no text of PostgreSQL.
    let content = body.message.replace('\0', "");
    let inbound = Inbound {
        id: format!("msg_{}", Uuid::now_v7().simple()),
        text: Some(content.clone()),
        content,
        at: state.now(),
        is_order: false,
        name: None,
        phone: None,
    };
    let busy = || {
        let message = "an earlier message of this conversation is still being answered; try again";
        Fault::new(FaultKind::Overloaded, message).retry_after(1)
    };
    let Begun::Open(mut exchange) = chat::begin(&state, &tenant, &chatter, inbound, PATIENCE).await? else {
        return Err(busy());
    };
    if let Err(fault) = exchange.think(&state).await {
        // What was said is remembered, though it is not answered.
        exchange.conclude(&state, Vec::new()).await?;
        return Err(fault);
    }
    let answered = exchange.answer();
    let reply = NewReply {
        id: format!("msg_{}", Uuid::now_v7().simple()),
        content: answered.text.clone(),
        reply_ms: Some(i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX)),
    };
    if !exchange.conclude(&state, vec![reply]).await? {
        return Err(busy());
    }
    Ok(answered)
}
