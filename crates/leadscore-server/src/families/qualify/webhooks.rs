use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use leadscore::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::callers::Caller;
use crate::family::Family;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{NewWebhook, StoredWebhook};
use crate::webhooks::{EventName, SchemeName, actor, check_url, new_id, new_secret, place};

/// How many webhooks a key may register.
const MOST_PER_KEY: u32 = 50;

/// A webhook to be registered.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WebhookBody {
    /// Where events are sent by POST: an https address of the public internet, on port 443, 8443 or above 1023.
    #[schema(min_length = 1, max_length = 2_048)]
    url: String,
    /// The events that are sent there.
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<EventName>,
    /// What signs the events: 8 to 256 printable ASCII characters. One is made, and told once, where none is given.
    #[schema(value_type = Option<String>, min_length = 8, max_length = 256, pattern = "^[!-~]+$")]
    secret: Option<SecretString>,
    signature_scheme: Option<SchemeName>,
}

/// A webhook that was registered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Registered {
    #[serde(flatten)]
    webhook: WebhookView,
    /// The secret, where it was made here. It is told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookView {
    id: String,
    url: String,
    events: Vec<String>,
    signature_scheme: SchemeName,
    /// Whether it is told of events. One whose receiver answers 410, or takes nothing for five days, is not; register it anew.
    active: bool,
    created_at: String,
    /// When something was sent there for the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_delivery_at: Option<String>,
    /// The status that was answered then; null where there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<i64>,
    /// How many attempts have failed since one went well.
    failure_count: i64,
}

/// All webhooks of the tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookList {
    webhooks: Vec<WebhookView>,
    total: usize,
}

/// Registers a webhook.
#[utoipa::path(post, path = "/api/webhooks", operation_id = "register_webhook", request_body = WebhookBody,
    responses((status = 201, body = Registered, headers(("Location" = String, description = "Where the webhook is")))))]
pub(crate) async fn register(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    body: Result<Body<WebhookBody>, Fault>,
) -> Result<impl IntoResponse, Fault> {
    let Body(body) = body.map_err(told)?;
    check_url(&state.webhooks.guard, "url", &body.url).await?;
    let mut events: Vec<EventName> = Vec::new();
    for event in body.events {
        if !events.contains(&event) {
            events.push(event);
        }
    }
    let (secret, is_new) = match body.secret {
        Some(secret) => (secret, false),
        None => (new_secret()?, true),
    };
    let (id, now) = (new_id(), state.now());
    let webhook = NewWebhook {
        secret: state.vault.seal(&place(&caller.tenant, &id), &secret),
        id,
        actor: actor(&caller).to_owned(),
        url: body.url,
        events: events.iter().map(|event| event.as_str().to_owned()).collect(),
        scheme: body.signature_scheme.unwrap_or_default().as_str().to_owned(),
        batch: None,
    };
    if !state.store.save_webhook(&caller.tenant, &webhook, MOST_PER_KEY, now).await? {
        let message = format!("this key has {MOST_PER_KEY} webhooks already: remove one first");
        return Err(Fault::new(FaultKind::Invalid, message));
    }
    note(&state, &caller, "webhook.register", &webhook.id).await?;
    let location = [(header::LOCATION, format!("/api/webhooks/{}", webhook.id))];
    let view = WebhookView {
        id: webhook.id,
        url: webhook.url,
        events: webhook.events,
        signature_scheme: SchemeName::parse(&webhook.scheme),
        active: true,
        created_at: Family::Qualify.time(now),
        last_delivery_at: None,
        last_status: None,
        failure_count: 0,
    };
    let secret = is_new.then(|| secret.expose_secret().to_owned());
    Ok((StatusCode::CREATED, location, Json(Registered { webhook: view, secret })))
}

/// All webhooks of the tenant, the oldest first.
#[utoipa::path(get, path = "/api/webhooks", operation_id = "list_webhooks", responses((status = 200, body = WebhookList)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<WebhookList>, Fault> {
    let webhooks: Vec<WebhookView> =
        state.store.webhooks(&caller.tenant).await?.into_iter().map(WebhookView::from).collect();
    Ok(Json(WebhookList { total: webhooks.len(), webhooks }))
}

/// A webhook.
#[utoipa::path(get, path = "/api/webhooks/{webhook_id}", operation_id = "get_webhook", params(("webhook_id" = String, Path)),
    responses((status = 200, body = WebhookView)))]
pub(crate) async fn webhook(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<Json<WebhookView>, Fault> {
    Ok(Json(find(&state, &caller, &id).await?.into()))
}

/// Removes a webhook; what it has not been told yet is dropped.
#[utoipa::path(delete, path = "/api/webhooks/{webhook_id}", operation_id = "delete_webhook",
    params(("webhook_id" = String, Path)), responses((status = 204, description = "It is removed")))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    find(&state, &caller, &id).await?;
    if !state.store.delete_webhook(&caller.tenant, &id).await? {
        return Err(no_such_webhook());
    }
    note(&state, &caller, "webhook.remove", &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A webhook of the caller's tenant; those of batches are nobody's to change.
pub(super) async fn find(state: &AppState, caller: &Caller, id: &str) -> Result<StoredWebhook, Fault> {
    let found = state.store.webhook(&caller.tenant, id).await?;
    found.filter(|webhook| webhook.batch.is_none()).ok_or_else(no_such_webhook)
}

pub(super) fn no_such_webhook() -> Fault {
    Fault::not_found("there is no such webhook")
}

/// Keeps in the records who did what to a webhook.
pub(super) async fn note(state: &AppState, caller: &Caller, action: &str, id: &str) -> Result<(), Fault> {
    Ok(state.store.save_audit(&caller.tenant, (actor(caller), action, id), state.now()).await?)
}

/// The problems of a body as they may be told: one of the events is one of the list, and a secret is not sent back.
pub(super) fn told(fault: Fault) -> Fault {
    let mut issues = fault.issues.clone();
    for issue in &mut issues {
        if issue.field.starts_with("events[") {
            issue.field.truncate("events".len());
        }
        if issue.field == "secret" {
            "must have 8 to 256 printable ASCII characters and no blanks".clone_into(&mut issue.message);
            issue.value = None;
        }
    }
    issues.dedup_by(|next, last| next.field == last.field);
    if issues == fault.issues { fault } else { Fault::invalid_all(issues) }
}

impl From<StoredWebhook> for WebhookView {
    fn from(webhook: StoredWebhook) -> WebhookView {
        WebhookView {
            id: webhook.id,
            url: webhook.url,
            events: webhook.events,
            signature_scheme: SchemeName::parse(&webhook.scheme),
            active: webhook.is_active,
            created_at: time(webhook.created_at),
            last_delivery_at: webhook.last_delivery_at.map(time),
            last_status: webhook.last_status,
            failure_count: webhook.failure_count,
        }
    }
}

pub(super) fn time(millis: i64) -> String {
    Timestamp::from_millis(millis).map_or(String::new(), |at| Family::Qualify.time(at))
}
