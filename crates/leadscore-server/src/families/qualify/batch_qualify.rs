use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::batch_webhook::batch_webhook;
use crate::auth::Plan;
use crate::body::Body;
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{BatchPriority, JobKind, NewBatch, NewBatchLead, status_url};

/// Leads to be qualified later.
#[derive(Deserialize, ToSchema)]
pub(crate) struct BatchRequest {
    /// Each as the body of `/api/qualify`; one that cannot be used fails alone. A batch has at most 25 leads on the plan
    /// free, 500 on pro and 5,000 on enterprise.
    #[schema(value_type = Vec<Object>, min_items = 1)]
    leads: Vec<Map<String, Value>>,
    /// Is told of the end: `batch.completed` or `batch.failed`.
    #[schema(max_length = 2_048)]
    webhook_url: Option<String>,
    priority: Option<Priority>,
}

/// Which batches come first; `normal` where nothing is said.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Priority {
    Low,
    #[default]
    Normal,
    High,
}

/// A batch that was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchAccepted {
    batch_id: String,
    total_leads: usize,
    /// Always `processing`.
    status: &'static str,
    /// From the number of leads that wait and the speed of the last batches.
    estimated_completion_seconds: u64,
    status_url: String,
    /// What signs the deliveries to `webhook_url` where it is not the address of a registered webhook; it is told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
}

/// Leads a second before a batch was done: of the rules, and with a language model.
const FIRST_SPEED: (f64, f64) = (200.0, 5.0);

/// Takes a batch of leads, which are qualified one after the other.
#[utoipa::path(
    post,
    path = "/api/batch/qualify",
    request_body = BatchRequest,
    responses((status = 202, body = BatchAccepted))
)]
pub(crate) async fn batch_qualify(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Body(body): Body<BatchRequest>,
) -> Result<(StatusCode, Json<BatchAccepted>), Fault> {
    let (most_leads, most_at_once) = limits(caller.plan);
    let total = body.leads.len();
    if total > most_leads {
        let message = format!("has {total} leads; the plan {} takes {most_leads} in a batch", caller.plan);
        return Err(Fault::too_many("leads", message, most_leads as u64));
    }
    let (webhook, secret) = match &body.webhook_url {
        Some(url) => {
            let (webhook, secret) = batch_webhook(&state, &caller.tenant, url).await?;
            (Some(webhook), Some(secret))
        }
        None => (None, None),
    };
    let leads: Vec<NewBatchLead> = body.leads.into_iter().map(new_lead).collect();
    let batch = NewBatch {
        actor: caller.actor.as_deref().unwrap_or("unknown"),
        priority: body.priority.unwrap_or_default().into(),
        leads: &leads,
        webhook,
        most_at_once,
    };
    let kept = state.store.add_batch(&caller.tenant, &batch, state.now()).await?;
    let (waiting, speed) = state.store.batch_outlook().await?;
    let first_speed = if state.words.has_model() { FIRST_SPEED.1 } else { FIRST_SPEED.0 };
    let seconds = (waiting as f64 / speed.unwrap_or(first_speed)).ceil().max(1.0) as u64;
    let Some((id, is_webhook_new)) = kept else {
        let message = format!(
            "{most_at_once} batches are under way, as many as the plan {} takes; wait until one is done",
            caller.plan
        );
        return Err(Fault::new(FaultKind::TooManyRequests, message).retry_after(seconds));
    };
    state.wakes.wake(JobKind::Batch);
    let accepted = BatchAccepted {
        total_leads: total,
        status: "processing",
        estimated_completion_seconds: seconds,
        status_url: status_url(&id),
        webhook_secret: secret.filter(|_| is_webhook_new).map(|secret| secret.expose_secret().to_owned()),
        batch_id: id,
    };
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// How many leads a batch of a plan has at most, and how many batches are under way at most.
fn limits(plan: Plan) -> (usize, u32) {
    match plan {
        Plan::Free => (25, 1),
        Plan::Pro => (500, 5),
        Plan::Enterprise => (5_000, 20),
    }
}

fn new_lead(lead: Map<String, Value>) -> NewBatchLead {
    // No address is longer.
    let email = lead.get("email").and_then(Value::as_str).map(|email| email.chars().take(254).collect());
    NewBatchLead { email, body: Value::Object(lead).to_string() }
}

impl From<Priority> for BatchPriority {
    fn from(priority: Priority) -> BatchPriority {
        match priority {
            Priority::Low => BatchPriority::Low,
            Priority::Normal => BatchPriority::Normal,
            Priority::High => BatchPriority::High,
        }
    }
}
