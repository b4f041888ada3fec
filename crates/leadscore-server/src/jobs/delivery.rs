//! Tells a webhook of an event: one attempt, and when the next one is.

use std::time::{Duration, Instant};

use leadscore_connect::ssrf::NotAllowed;
use leadscore_connect::webhook::{Delivery, DeliveryOutcome, Endpoint, Event};
use serde::Deserialize;
use uuid::Uuid;

use super::{again, again_with_store};
use crate::observe::metrics::WebhookOutcome;
use crate::state::AppState;
use crate::store::{DeliveryState, Job, JobConclusion, NewAttempt, StoredWebhook};
use crate::webhooks::{SchemeName, secrets};

/// What the outbox keeps of an event; the body is sent as it stands.
#[derive(Deserialize)]
struct Told {
    event: String,
    name: String,
    body: String,
}

/// A webhook that takes nothing for so long is told nothing more.
const FAILING_FOR: Duration = Duration::from_secs(5 * 86_400);
/// What the owner of a webhook is told where there was no answer; what the network said is for the log.
const NO_ANSWER: &str = "the receiver cannot be reached, or did not answer in time";
const NO_SECRET: &str = "the webhook's secret cannot be read: remove the webhook and register it anew";

/// Makes an attempt.
pub(super) async fn deliver(state: &AppState, job: &Job) -> JobConclusion {
    let told: Told = match serde_json::from_str(&job.body) {
        Ok(told) => told,
        Err(error) => return JobConclusion::Dead { error: format!("its body cannot be read: {error}") },
    };
    let webhook = match state.store.webhook(&job.tenant, &job.lane).await {
        Ok(Some(webhook)) if webhook.is_active => webhook,
        // It was removed, or is told nothing more.
        Ok(_) => return JobConclusion::Done,
        Err(error) => return again_with_store(state, job, &error),
    };
    let began = Instant::now();
    let sent = send(state, job, &webhook, &told).await;
    let duration = began.elapsed();
    let outcome = sent.as_ref().map_or(WebhookOutcome::Failed, |own| match own.outcome {
        DeliveryOutcome::Delivered => WebhookOutcome::Delivered,
        DeliveryOutcome::Gone => WebhookOutcome::Gone,
        DeliveryOutcome::NotAllowed => WebhookOutcome::NotAllowed,
        _ => WebhookOutcome::Failed,
    });
    state.metrics.record_delivery(&told.name, outcome, duration.as_secs_f64());
    let conclusion = conclude(state, job, sent.as_ref());
    let (next_at, error) = match &conclusion {
        JobConclusion::Again { at, error } => (Some(*at), Some(error.as_str())),
        JobConclusion::Dead { error } => (None, Some(error.as_str())),
        JobConclusion::Done => (None, None),
    };
    let kept = NewAttempt {
        event: &told.event,
        name: &told.name,
        lead: job.lead,
        attempt: job.attempts,
        state: match (outcome, next_at) {
            (WebhookOutcome::Delivered, _) => DeliveryState::Delivered,
            (_, Some(_)) => DeliveryState::Waiting,
            (_, None) => DeliveryState::Failed,
        },
        status: sent.as_ref().ok().and_then(|own| own.status),
        reply: sent.as_ref().map_or("", |own| own.reply.as_str()),
        error,
        duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
        next_at,
        is_last: outcome == WebhookOutcome::Gone,
    };
    log(job, &kept, sent.as_ref().ok());
    let now = state.now();
    let failing_for = i64::try_from(FAILING_FOR.as_millis()).unwrap_or(i64::MAX);
    let is_switched_off = match state.store.save_attempt(&job.tenant, &webhook, &kept, failing_for, now).await
    {
        Ok(is_switched_off) => is_switched_off,
        Err(error) => {
            // The receiver's answer counts all the same: to send it again would not mend the store.
            tracing::error!(%error, webhook = webhook.id, "what came of a delivery could not be kept");
            kept.is_last
        }
    };
    if is_switched_off {
        state.metrics.record_webhook_switched_off();
        let reason = if kept.is_last { "the receiver answered 410" } else { "all failed for five days" };
        tracing::warn!(webhook = webhook.id, tenant = job.tenant, reason, "a webhook is told nothing more");
    }
    if is_switched_off || conclusion == JobConclusion::Done {
        return ended(state, job, &webhook).await;
    }
    conclusion
}

/// How the job goes on after an attempt.
fn conclude(state: &AppState, job: &Job, sent: Result<&Delivery, &String>) -> JobConclusion {
    let delivery = match sent {
        Ok(delivery) => delivery,
        // An operator may put the right secret key back.
        Err(error) => return again(state, job, error),
    };
    let Some(error) = problem(delivery) else { return JobConclusion::Done };
    let attempt = usize::try_from(job.attempts).unwrap_or(usize::MAX);
    match state.webhooks.schedule.wait_after(attempt, delivery, random()) {
        Some(wait) => {
            let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            JobConclusion::Again { at: state.now().as_millis().saturating_add(wait), error }
        }
        None => JobConclusion::Dead { error },
    }
}

async fn send(state: &AppState, job: &Job, webhook: &StoredWebhook, told: &Told) -> Result<Delivery, String> {
    let now = state.now().as_millis();
    let secrets = secrets(&state.vault, &job.tenant, webhook, now).map_err(|error| {
        tracing::error!(%error, webhook = webhook.id, "the secret of a webhook cannot be read");
        NO_SECRET.to_owned()
    })?;
    let endpoint = Endpoint::new(&webhook.url, secrets).map_err(|error| error.to_string())?;
    let endpoint = endpoint.scheme(SchemeName::parse(&webhook.scheme).scheme());
    let event =
        Event::new(&told.event, &told.name, told.body.as_bytes()).map_err(|error| error.to_string())?;
    let id = Uuid::new_v4().to_string();
    Ok(state.webhooks.deliverer.deliver(&endpoint, &event, now.div_euclid(1_000), &id).await)
}

/// What the owner of the webhook is told of an attempt that failed.
fn problem(delivery: &Delivery) -> Option<String> {
    match (&delivery.outcome, delivery.status) {
        (DeliveryOutcome::Delivered, _) => None,
        (DeliveryOutcome::NotAllowed, _) => Some(NotAllowed::PUBLIC_MESSAGE.to_owned()),
        (_, Some(status @ 300..=399)) => {
            Some(format!("the receiver answered {status}; redirects are not followed"))
        }
        (_, Some(status)) => Some(format!("the receiver answered {status}")),
        (_, None) => Some(NO_ANSWER.to_owned()),
    }
}

fn log(job: &Job, kept: &NewAttempt<'_>, delivery: Option<&Delivery>) {
    let state = kept.state.as_str();
    let cause = delivery.and_then(|own| own.error.as_deref());
    tracing::info!(
        webhook = job.lane,
        event = kept.event,
        name = kept.name,
        attempt = kept.attempt,
        status = kept.status,
        milliseconds = kept.duration_ms,
        state,
        cause,
        "a delivery was tried"
    );
}

/// Ends a delivery; the webhook of a batch has nothing more to be told.
async fn ended(state: &AppState, job: &Job, webhook: &StoredWebhook) -> JobConclusion {
    if webhook.batch.is_some()
        && let Err(error) = state.store.delete_webhook(&job.tenant, &webhook.id).await
    {
        tracing::warn!(%error, webhook = webhook.id, "the webhook of a batch could not be removed yet");
    }
    JobConclusion::Done
}

/// A number from 0 to 1.
fn random() -> f64 {
    f64::from(u32::try_from(Uuid::new_v4().as_u128() & 0xffff_ffff).unwrap_or(0)) / f64::from(u32::MAX)
}
