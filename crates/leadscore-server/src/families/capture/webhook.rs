use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leadscore_connect::meta::{DeliveryError, HandshakeError, MAX_BODY_BYTES};
use leadscore_connect::{instagram as instagram_api, whatsapp as whatsapp_api};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::bytes;
use crate::callers::DEFAULT_TENANT;
use crate::channels::{Deliveries, Place, Platform, instagram_events, whatsapp_events};
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{JobKind, NewJob};

/// As long as a delivery of the platforms may be.
pub(crate) const MOST_BYTES: usize = MAX_BODY_BYTES;

/// A delivery was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

/// Shows WhatsApp that this address is the one that was set.
#[utoipa::path(get, path = "/api/v1/webhook/whatsapp", operation_id = "whatsapp_handshake",
    params(("hub.mode" = String, Query), ("hub.verify_token" = String, Query), ("hub.challenge" = String, Query)),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 400, description = "A parameter is missing"), (status = 403, description = "Another verify token")))]
pub(crate) async fn whatsapp_handshake(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    handshake(&state.channels.whatsapp, query.as_deref())
}

/// Takes what WhatsApp delivers; messages are answered after that.
#[utoipa::path(post, path = "/api/v1/webhook/whatsapp", operation_id = "whatsapp_delivery",
    request_body(content = Object, content_type = "application/json"),
    params(("X-Hub-Signature-256" = String, Header, description = "The signature of the body, as `sha256=` and hex digits")),
    responses((status = 200, body = Taken), (status = 400, description = "Not JSON"),
        (status = 401, description = "The signature is missing or wrong"),
        (status = 503, description = "There is no app secret")))]
pub(crate) async fn whatsapp(State(state): State<AppState>, request: Request) -> Result<Json<Taken>, Fault> {
    let body = signed(&state, &state.channels.whatsapp, request).await?;
    let delivery = whatsapp_api::Delivery::read(&body).map_err(refused)?;
    take(&state, Place::Whatsapp, whatsapp_events(delivery)).await
}

/// Shows Instagram that this address is the one that was set.
#[utoipa::path(get, path = "/api/v1/webhook/instagram", operation_id = "instagram_handshake",
    params(("hub.mode" = String, Query), ("hub.verify_token" = String, Query), ("hub.challenge" = String, Query)),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 400, description = "A parameter is missing"), (status = 403, description = "Another verify token")))]
pub(crate) async fn instagram_handshake(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    handshake(&state.channels.instagram, query.as_deref())
}

/// Takes what Instagram delivers; messages are answered after that.
#[utoipa::path(post, path = "/api/v1/webhook/instagram", operation_id = "instagram_delivery",
    request_body(content = Object, content_type = "application/json"),
    params(("X-Hub-Signature-256" = String, Header, description = "The signature of the body, as `sha256=` and hex digits")),
    responses((status = 200, body = Taken), (status = 400, description = "Not JSON"),
        (status = 401, description = "The signature is missing or wrong"),
        (status = 503, description = "There is no app secret")))]
pub(crate) async fn instagram(State(state): State<AppState>, request: Request) -> Result<Json<Taken>, Fault> {
    let body = signed(&state, &state.channels.instagram, request).await?;
    let delivery = instagram_api::Delivery::read(&body).map_err(refused)?;
    take(&state, Place::Instagram, instagram_events(delivery)).await
}

fn handshake(platform: &Platform, query: Option<&str>) -> Result<Response, Fault> {
    let refused = || Fault::new(FaultKind::Forbidden, "Verification failed");
    let webhook = platform.handshake.as_ref().ok_or_else(refused)?;
    match webhook.challenge(query.unwrap_or_default()) {
        Ok(challenge) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
                (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
            ];
            Ok((StatusCode::OK, headers, challenge).into_response())
        }
        Err(HandshakeError::Malformed) => Err(Fault::invalid("", HandshakeError::Malformed.to_string())),
        Err(_) => Err(refused()),
    }
}

/// The bytes of a delivery whose signature is right.
async fn signed(state: &AppState, platform: &Platform, request: Request) -> Result<bytes::Bytes, Fault> {
    let Some(webhook) = &platform.deliveries else {
        return Err(Fault::new(FaultKind::NotReady, "Webhook is not configured"));
    };
    let header = request.headers().get("x-hub-signature-256").cloned();
    let body = bytes(request, state).await?;
    webhook.verify(header.as_ref().and_then(|value| value.to_str().ok()), &body).map_err(refused)?;
    Ok(body)
}

fn refused(error: DeliveryError) -> Fault {
    match error {
        DeliveryError::TooLarge => Fault::new(FaultKind::TooLarge, error.to_string()),
        DeliveryError::NotJson => Fault::invalid("", "Invalid JSON"),
        _ => Fault::new(FaultKind::Unauthorized, "Invalid webhook signature"),
    }
}

/// Keeps the events of a delivery as jobs, all or none; those that were delivered before are known.
async fn take(state: &AppState, place: Place, deliveries: Deliveries) -> Result<Json<Taken>, Fault> {
    let word = place.as_str();
    for ignored in deliveries.ignored {
        state.metrics.record_platform_event(word, ignored);
    }
    let jobs: Vec<NewJob> = deliveries
        .events
        .iter()
        .map(|own| {
            state.metrics.record_platform_event(word, own.event.what.word());
            let person = own.event.person.ids(place).into_iter().next();
            NewJob {
                kind: JobKind::Message,
                key: own.key.clone(),
                lane: person.unwrap_or_else(|| own.key.clone()),
                lead: None,
                body: serde_json::to_string(&own.event).expect("an event serializes"),
                priority: 0,
            }
        })
        .collect();
    if !jobs.is_empty() {
        state.store.add_jobs(DEFAULT_TENANT, &jobs, state.now()).await?;
        state.wakes.wake(JobKind::Message);
    }
    Ok(Json(Taken { status: "ok" }))
}
