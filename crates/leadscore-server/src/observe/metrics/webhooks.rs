//! What is counted of outbound webhooks.

use prometheus::{Histogram, IntCounter, IntGaugeVec};

use super::families::Builder;
use super::{MetricsError, Named};

/// How an attempt to deliver an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookOutcome {
    /// The receiver has it.
    Delivered,
    /// There was no answer, or one that says no.
    Failed,
    /// The receiver says that there is nobody any more.
    Gone,
    /// The address may not be reached.
    NotAllowed,
}

#[derive(Debug)]
pub(super) struct Webhooks {
    deliveries: [Named<7>; 4],
    seconds: Histogram,
    queue: IntGaugeVec,
    pub(super) switched_off: IntCounter,
}

const EVENTS: [&str; 7] = [
    "lead.qualified",
    "lead.scored",
    "lead.enriched",
    "lead.routed",
    "batch.completed",
    "batch.failed",
    "ping",
];

impl WebhookOutcome {
    const ALL: [WebhookOutcome; 4] =
        [WebhookOutcome::Delivered, WebhookOutcome::Failed, WebhookOutcome::Gone, WebhookOutcome::NotAllowed];

    /// The value of the label `outcome`.
    pub fn label(self) -> &'static str {
        match self {
            WebhookOutcome::Delivered => "delivered",
            WebhookOutcome::Failed => "failed",
            WebhookOutcome::Gone => "gone",
            WebhookOutcome::NotAllowed => "not_allowed",
        }
    }
}

impl Webhooks {
    pub(super) fn new(build: &Builder<'_>) -> Result<Webhooks, MetricsError> {
        let deliveries = build.counters(
            "leadscore_webhook_deliveries_total",
            "Attempts to deliver events to webhooks, by how they ended.",
            &["event", "outcome"],
        )?;
        let switched_off = build.counters(
            "leadscore_webhooks_switched_off_total",
            "Webhooks that are told nothing more: answered 410, or failed for five days.",
            &[],
        )?;
        let queue = build.absent_gauge(
            "leadscore_webhook_queue_depth",
            "Deliveries to webhooks that wait or are under way, of all servers; absent while the store does not answer.",
        )?;
        Ok(Webhooks {
            deliveries: WebhookOutcome::ALL
                .map(|outcome| Named::new(EVENTS, &deliveries, |event| vec![event, outcome.label()])),
            seconds: build.histogram(
                "leadscore_webhook_delivery_duration_seconds",
                "Time of one attempt to deliver an event to a webhook.",
                &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0],
            )?,
            queue,
            switched_off: switched_off.with_label_values::<&str>(&[]),
        })
    }

    pub(super) fn record(&self, event: &str, outcome: WebhookOutcome, seconds: f64) {
        self.deliveries[outcome as usize].counter(event).inc();
        self.seconds.observe(seconds);
    }

    pub(super) fn set_queue(&self, depth: Option<i64>) {
        match depth {
            Some(depth) => self.queue.with_label_values::<&str>(&[]).set(depth),
            None => self.queue.reset(),
        }
    }
}
