//! What the owner of a webhook does with it: a new secret, a try, a look at what was delivered.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhooks::{find, no_such_webhook, note, time, told};
use crate::body::{OptionalBody, Query};
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{JobKind, NewEvent, StoredDelivery};
use crate::webhooks::{PING, new_secret, place};

/// How long the secret before still signs.
const OVERLAP_MILLIS: i64 = 24 * 3_600 * 1_000;
const MOST_DELIVERIES: u32 = 100;
const USUAL_DELIVERIES: u32 = 20;

/// The new secret, if it is to be one of yours.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct RotationBody {
    /// 8 to 256 printable ASCII characters. One is made, and told once, where none is given.
    #[schema(value_type = Option<String>, min_length = 8, max_length = 256, pattern = "^[!-~]+$")]
    secret: Option<SecretString>,
}

/// A webhook with a new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rotated {
    id: String,
    /// The secret, where it was made here. It is told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Until when the secret before signs too.
    previous_secret_valid_until: String,
}

/// A test event that was put into the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pinged {
    /// The event's id, by which it is found among the deliveries.
    event_id: String,
}

/// The last deliveries to a webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryList {
    deliveries: Vec<DeliveryView>,
}

/// The delivery of an event, with its last attempt.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// What the receiver sees as `webhook-id`.
    event_id: String,
    event: String,
    /// `delivered`, `waiting` for another attempt, or `failed`.
    state: &'static str,
    attempts: i64,
    /// What the receiver answered; null where it did not.
    status: Option<i64>,
    /// The first KiB of the answer.
    reply: String,
    /// What went wrong; null where it is delivered.
    error: Option<String>,
    duration_ms: i64,
    attempted_at: String,
    /// When there will be another attempt.
    next_attempt_at: Option<String>,
}

/// Gives a webhook a new secret. For 24 hours events are signed by the one before too; a second rotation within that time
/// ends that of the first.
#[utoipa::path(post, path = "/api/webhooks/{webhook_id}/rotate", operation_id = "rotate_webhook_secret",
    params(("webhook_id" = String, Path)), request_body = Option<RotationBody>, responses((status = 200, body = Rotated)))]
pub(crate) async fn rotate(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    body: Result<OptionalBody<RotationBody>, Fault>,
) -> Result<Json<Rotated>, Fault> {
    let OptionalBody(body) = body.map_err(told)?;
    find(&state, &caller, &id).await?;
    let (secret, is_new) = match body.secret {
        Some(secret) => (secret, false),
        None => (new_secret()?, true),
    };
    let sealed = state.vault.seal(&place(&caller.tenant, &id), &secret);
    let until = state.now().as_millis() + OVERLAP_MILLIS;
    if !state.store.rotate_webhook(&caller.tenant, &id, &sealed, until).await? {
        return Err(no_such_webhook());
    }
    note(&state, &caller, "webhook.rotate", &id).await?;
    let secret = is_new.then(|| secret.expose_secret().to_owned());
    Ok(Json(Rotated { id, secret, previous_secret_valid_until: time(until) }))
}

/// Sends the event `ping` to a webhook, as any other event is sent.
#[utoipa::path(post, path = "/api/webhooks/{webhook_id}/ping", operation_id = "ping_webhook",
    params(("webhook_id" = String, Path)), responses((status = 202, body = Pinged),
        (status = 409, description = "The webhook is not active")))]
pub(crate) async fn ping(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Pinged>), Fault> {
    if !find(&state, &caller, &id).await?.is_active {
        return Err(Fault::new(FaultKind::Conflict, "the webhook is not active: register it anew"));
    }
    let event = NewEvent { name: PING, data: serde_json::json!({"webhook_id": id}).to_string() };
    let event_id = state.store.tell_webhook(&caller.tenant, &id, &event, state.now()).await?;
    state.wakes.wake(JobKind::Delivery);
    Ok((StatusCode::ACCEPTED, Json(Pinged { event_id })))
}

/// The last deliveries to a webhook of which an attempt was made, the latest event first. A hundred are kept.
#[utoipa::path(get, path = "/api/webhooks/{webhook_id}/deliveries", operation_id = "list_webhook_deliveries",
    params(("webhook_id" = String, Path),
        ("limit" = Option<u32>, Query, description = "How many", minimum = 1, maximum = 100)),
    responses((status = 200, body = DeliveryList)))]
pub(crate) async fn deliveries(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<DeliveryList>, Fault> {
    let limit = query.whole("limit", USUAL_DELIVERIES, (1, MOST_DELIVERIES))?;
    let webhook = find(&state, &caller, &id).await?;
    let kept = state.store.deliveries(&webhook, limit).await?;
    Ok(Json(DeliveryList { deliveries: kept.into_iter().map(DeliveryView::from).collect() }))
}

impl From<StoredDelivery> for DeliveryView {
    fn from(delivery: StoredDelivery) -> DeliveryView {
        DeliveryView {
            event_id: delivery.event,
            event: delivery.name,
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            status: delivery.status,
            reply: delivery.reply,
            error: delivery.error,
            duration_ms: delivery.duration_ms,
            attempted_at: time(delivery.attempted_at),
            next_attempt_at: delivery.next_at.map(time),
        }
    }
}
