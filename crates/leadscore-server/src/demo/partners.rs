//! The partners of the demonstration, on this machine: a CRM system that keeps contacts and deals as HubSpot answers, a
//! messaging platform that takes replies, and a receiver that checks the signatures of webhooks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use leadscore_connect::signature::{TOLERANCE_SECONDS, timestamped};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::WEBHOOK_SECRET;

/// The partners, until they are dropped.
pub(super) struct Partners {
    address: SocketAddr,
    seen: Seen,
    serving: JoinHandle<()>,
}

/// What the partners were told.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    /// Events whose signature is right, in the order of their arrival.
    events: Vec<Value>,
    refused: usize,
    /// Texts that were sent to people.
    replies: Vec<String>,
    /// Contacts and deals by the property that names them.
    objects: BTreeMap<(String, String), (u64, Map<String, Value>)>,
}

impl Partners {
    pub(super) fn start(listener: TcpListener) -> std::io::Result<Partners> {
        let address = listener.local_addr()?;
        let seen = Seen::default();
        let router = Router::new()
            .route("/webhook", post(receive))
            .route("/{version}/{number}/messages", post(send_message))
            .route("/crm/v3/owners/", get(owners))
            .route("/crm/v3/pipelines/deals", get(pipelines))
            .route("/crm/v3/objects/{object}/batch/{action}", post(objects))
            .with_state(seen.clone());
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the partners of the demonstration ended");
            }
        });
        Ok(Partners { address, seen, serving })
    }

    /// An address of them.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The events of a name whose signature is right.
    pub(super) fn events(&self, name: &str) -> Vec<Value> {
        self.seen.lock().events.iter().filter(|event| event["event"] == name).cloned().collect()
    }

    /// How many deliveries had a wrong signature.
    pub(super) fn refused(&self) -> usize {
        self.seen.lock().refused
    }

    /// What was sent to people.
    pub(super) fn replies(&self) -> Vec<String> {
        self.seen.lock().replies.clone()
    }
}

impl Drop for Partners {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a webhook if its signature is right, as a customer's program would.
async fn receive(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = headers.get("x-qualifier-signature").and_then(|value| value.to_str().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let secrets = [SecretString::from(WEBHOOK_SECRET)];
    let now = i64::try_from(now).unwrap_or_default();
    let checked = timestamped::verify(header.unwrap_or_default(), &secrets, &body, now, TOLERANCE_SECONDS);
    if let (Ok(()), Ok(event)) = (checked, serde_json::from_slice(&body)) {
        seen.lock().events.push(event);
        StatusCode::NO_CONTENT
    } else {
        seen.lock().refused += 1;
        StatusCode::BAD_REQUEST
    }
}

/// Takes a message to a person, as the Graph API of WhatsApp does.
async fn send_message(State(seen): State<Seen>, Json(body): Json<Value>) -> Json<Value> {
    let mut told = seen.lock();
    if let Some(text) = body["text"]["body"].as_str() {
        told.replies.push(text.to_owned());
    }
    let id = format!("wamid.demo{}", told.replies.len());
    Json(json!({"messaging_product": "whatsapp", "contacts": [], "messages": [{"id": id}]}))
}

async fn owners() -> Json<Value> {
    Json(json!({"results": [{"id": "4242", "email": "robin@example.com", "archived": false}]}))
}

async fn pipelines() -> Json<Value> {
    let stage = json!({"id": "appointmentscheduled", "displayOrder": 0, "archived": false});
    Json(json!({"results": [{"id": "default", "label": "Sales", "archived": false, "stages": [stage]}]}))
}

/// Reads, makes or changes contacts and deals.
async fn objects(
    State(seen): State<Seen>,
    Path((object, action)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Json<Value> {
    let mut told = seen.lock();
    let (mut results, mut missing) = (Vec::new(), Vec::new());
    let no_inputs = Vec::new();
    for input in body["inputs"].as_array().unwrap_or(&no_inputs) {
        let given = input["properties"].as_object().cloned().unwrap_or_default();
        let name = input["id"].as_str().or_else(|| given.get("leadscore_lead_id")?.as_str());
        let key = (object.clone(), name.unwrap_or_default().to_owned());
        let next = 500 + told.objects.len() as u64;
        let (id, properties, is_new) = match (told.objects.get_mut(&key), action.as_str()) {
            (Some((id, properties)), "read") => (*id, properties.clone(), false),
            (None, "read") => {
                missing.push(key.1);
                continue;
            }
            (Some((id, properties)), _) => {
                properties.extend(given);
                (*id, properties.clone(), false)
            }
            (None, _) => {
                let mut properties = given;
                if object == "contacts" {
                    properties.insert("email".to_owned(), key.1.clone().into());
                }
                told.objects.insert(key, (next, properties.clone()));
                (next, properties, true)
            }
        };
        results.push(json!({"id": id.to_string(), "properties": properties, "new": is_new,
            "objectWriteTraceId": input["objectWriteTraceId"]}));
    }
    let errors = if missing.is_empty() {
        json!([])
    } else {
        json!([{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "not found", "context": {"ids": missing}}])
    };
    Json(json!({"status": "COMPLETE", "results": results, "errors": errors}))
}
