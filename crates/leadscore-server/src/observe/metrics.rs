//! Counters, histograms and gauges in the text format of Prometheus.
//!
//! All belong to one [`Metrics`] with a registry of its own. What is counted per request goes through handles whose
//! series were looked up before, so that counting is a few atomic additions. `docs/monitoring.md` lists every name.

mod calls;
mod families;
mod jobs;
mod route;
mod system;
mod webhooks;

use std::path::Path;
use std::sync::{Arc, Mutex};

use prometheus::{Histogram, IntCounter, IntCounterVec, Registry, TextEncoder};
use thiserror::Error;

use super::resources::Sampler;
use calls::{LlmFamilies, Store};
use families::Builder;
use jobs::Jobs;
use route::Http;
use webhooks::Webhooks;

pub use calls::{LlmMetrics, LlmOutcome, StoreFailure, StoreOperation};
pub use jobs::JobOutcome;
pub use route::{InFlight, RouteMetrics, UNMATCHED, method_label};
pub use webhooks::WebhookOutcome;

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The status under which a request counts whose client went away before the reply.
pub const CLIENT_CLOSED_REQUEST: u16 = 499;

const TIERS: [&str; 5] = ["A", "B", "C", "D", "E"];
const FAMILIES: [&str; 6] = ["heatscore", "lead-ml", "b2b", "qualify", "capture", "leadscore"];
const PLATFORMS: [&str; 2] = ["whatsapp", "instagram"];
const EVENTS: [&str; 9] =
    ["message", "echo", "status", "edit", "removal", "new_number", "reaction", "system", "account_problem"];
/// The label of what is in none of the lists above: no input may make series without end.
const OTHER: &str = "other";

/// All metrics of one server.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use leadscore_server::observe::{metrics::Metrics, resources::Sampler};
///
/// let metrics = Metrics::new("local", std::path::Path::new("."), Arc::new(Mutex::new(Sampler::default())))?;
/// let route = metrics.route("POST", "/api/v1/score");
/// let request = route.begin();
/// metrics.record_prediction(0.82, 4, "B", 0.000_2);
/// request.finish(200, Some(512), Some(300));
/// assert!(metrics.render()?.contains("model_predictions_total{endpoint_provider=\"local\",tier=\"B\"} 1\n"));
/// # Ok::<(), leadscore_server::observe::metrics::MetricsError>(())
/// ```
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    http: Arc<Http>,
    model: Model,
    store: Store,
    llm: LlmFamilies,
    webhooks: Webhooks,
    rate_limited: Named<6>,
    jobs: Jobs,
    platform_events: [Named<9>; 2],
}

/// A metric could not be set up or written.
#[derive(Debug, Error)]
#[error("metrics: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

/// Why a lead got no prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PredictionFailure {
    /// The caller's features were refused.
    InvalidInput,
    /// No model is loaded.
    NotLoaded,
    /// It took longer than a request may.
    TimedOut,
    /// The server is at fault.
    Internal,
}

#[derive(Debug)]
struct Model {
    predictions: Named<5>,
    seconds: Histogram,
    buckets: Histogram,
    raw_scores: Histogram,
    errors: [IntCounter; 4],
    batch_size: Histogram,
}

/// Counters by a fixed list of names, and one for all other names.
#[derive(Debug)]
struct Named<const N: usize> {
    names: [&'static str; N],
    counters: [IntCounter; N],
    other: IntCounter,
}

impl Metrics {
    /// Sets up all metrics. `provider` names where the model runs (`local`); the gauges of the disk speak of `data`'s file
    /// system; `sampler` may be shared with `/resources`.
    ///
    /// # Errors
    /// No input leads to one: two metrics of one name would.
    pub fn new(provider: &str, data: &Path, sampler: Arc<Mutex<Sampler>>) -> Result<Metrics, MetricsError> {
        let registry = Registry::new();
        let build = Builder { registry: &registry };
        let model = Model::new(&build, provider)?;
        let http = Arc::new(Http::new(&build)?);
        let store = Store::new(&build)?;
        let llm = LlmFamilies::new(&build)?;
        let webhooks = Webhooks::new(&build)?;
        let rate_limited = build.counters(
            "leadscore_rate_limited_requests_total",
            "Requests refused with 429, by the family of the API.",
            &["family"],
        )?;
        let rate_limited = Named::new(FAMILIES, &rate_limited, |family| vec![family]);
        let events = build.counters(
            "leadscore_platform_events_total",
            "Events that a messaging platform delivered, also again, by what they are.",
            &["platform", "event"],
        )?;
        let platform_events = PLATFORMS.map(|name| Named::new(EVENTS, &events, |event| vec![name, event]));
        let jobs = Jobs::new(&build)?;
        registry.register(Box::new(system::SystemCollector::new(data, sampler)?))?;
        Ok(Metrics { registry, http, model, store, llm, webhooks, rate_limited, jobs, platform_events })
    }

    /// The handle of one route, made once at start.
    ///
    /// `endpoint` is the route's template (`/api/v1/leads/{lead}`) or [`UNMATCHED`], never a path as it came.
    pub fn route(&self, method: &str, endpoint: &str) -> RouteMetrics {
        RouteMetrics::new(&self.http, method, endpoint)
    }

    /// One lead scored by the model, in `seconds`. A tier that is not A–E counts as `other`.
    pub fn record_prediction(&self, raw: f64, bucket: u8, tier: &str, seconds: f64) {
        self.model.predictions.counter(tier).inc();
        self.model.seconds.observe(seconds);
        self.model.buckets.observe(f64::from(bucket));
        // One NaN would stay in the sum for ever.
        if raw.is_finite() {
            self.model.raw_scores.observe(raw);
        }
    }

    /// One lead that got no prediction.
    pub fn record_prediction_error(&self, failure: PredictionFailure) {
        self.model.errors[failure as usize].inc();
    }

    /// One request with a batch of so many leads.
    pub fn record_batch(&self, leads: usize) {
        self.model.batch_size.observe(leads as f64);
    }

    /// What counts the queries of the store, each with its time in seconds.
    pub fn store_queries(&self) -> impl Fn(StoreOperation, f64) + Send + Sync + use<> {
        let queries = self.store.queries.clone();
        move |operation, seconds| queries[operation as usize].observe(seconds)
    }

    /// One query of the store that failed.
    pub fn record_store_error(&self, failure: StoreFailure) {
        self.store.errors[failure as usize].inc();
    }

    /// One request refused with 429; a family that is not known counts as `other`.
    pub fn record_rate_limited(&self, family: &str) {
        self.rate_limited.counter(family).inc();
    }

    /// Has the attempts at jobs of a kind counted from zero.
    pub fn declare_jobs(&self, kind: &str) {
        for outcome in JobOutcome::ALL {
            self.jobs.ended.with_label_values(&[kind, outcome.label()]);
        }
    }

    /// One attempt at a job that ended.
    pub fn record_job(&self, kind: &str, outcome: JobOutcome) {
        self.jobs.ended.with_label_values(&[kind, outcome.label()]).inc();
    }

    /// So many jobs of a kind are in a state.
    pub fn set_jobs(&self, kind: &str, state: &str, count: i64) {
        self.jobs.kept.with_label_values(&[kind, state]).set(count);
    }

    /// How many jobs there are is not known: nothing is told until it is.
    pub fn forget_jobs(&self) {
        self.jobs.kept.reset();
    }

    /// One attempt to deliver an event to a webhook; an event that is not known counts as `other`.
    pub fn record_delivery(&self, event: &str, outcome: WebhookOutcome, seconds: f64) {
        self.webhooks.record(event, outcome, seconds);
    }

    /// One webhook that is told nothing more, because its receiver is gone or took nothing for days.
    pub fn record_webhook_switched_off(&self) {
        self.webhooks.switched_off.inc();
    }

    /// How many deliveries wait or are under way; none where that is not known now.
    pub fn set_webhook_queue(&self, depth: Option<i64>) {
        self.webhooks.set_queue(depth);
    }

    /// One event that `whatsapp` or `instagram` delivered; an event that is not known counts as `other`.
    pub fn record_platform_event(&self, platform: &str, event: &str) {
        if let Some(place) = PLATFORMS.iter().position(|name| *name == platform) {
            self.platform_events[place].counter(event).inc();
        }
    }

    /// The handle of one configured language model, made once at start.
    pub fn llm(&self, provider: &str, model: &str) -> LlmMetrics {
        self.llm.handle(provider, model)
    }

    /// All metrics in Prometheus's text format 0.0.4; the gauges of system and process are read now.
    ///
    /// It blocks for as long as the file system of the data directory takes to answer.
    ///
    /// # Errors
    /// No input leads to one: a metric without a name would.
    pub fn render(&self) -> Result<String, MetricsError> {
        Ok(TextEncoder::new().encode_to_string(&self.registry.gather())?)
    }
}

impl PredictionFailure {
    const ALL: [PredictionFailure; 4] = [
        PredictionFailure::InvalidInput,
        PredictionFailure::NotLoaded,
        PredictionFailure::TimedOut,
        PredictionFailure::Internal,
    ];

    /// The value of the label `error_type`.
    pub fn label(self) -> &'static str {
        match self {
            PredictionFailure::InvalidInput => "invalid_input",
            PredictionFailure::NotLoaded => "not_loaded",
            PredictionFailure::TimedOut => "timed_out",
            PredictionFailure::Internal => "internal",
        }
    }
}

impl Model {
    fn new(build: &Builder<'_>, provider: &str) -> Result<Model, MetricsError> {
        let predictions = build.counters(
            "model_predictions_total",
            "Leads scored by the model, by tier.",
            &["endpoint_provider", "tier"],
        )?;
        let errors = build.counters(
            "model_prediction_errors_total",
            "Leads that got no prediction, by reason.",
            &["endpoint_provider", "error_type"],
        )?;
        let histogram = |name, help, buckets: &[f64]| {
            let family = build.histograms(name, help, &["endpoint_provider"], buckets)?;
            Ok::<_, MetricsError>(family.with_label_values(&[provider]))
        };
        Ok(Model {
            predictions: Named::new(TIERS, &predictions, |tier| vec![provider, tier]),
            seconds: histogram(
                "model_prediction_latency_seconds",
                "Time of one lead in the model.",
                &[0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0],
            )?,
            buckets: histogram(
                "model_prediction_buckets",
                "Buckets of scored leads, 1 (worst) to 5.",
                &[1.0, 2.0, 3.0, 4.0, 5.0],
            )?,
            raw_scores: histogram(
                "model_prediction_raw_scores",
                "The model's scores, 0 to 1.",
                &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
            )?,
            errors: PredictionFailure::ALL
                .map(|failure| errors.with_label_values(&[provider, failure.label()])),
            batch_size: build.histogram(
                "model_batch_size",
                "Leads of one batch request.",
                &[1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0],
            )?,
        })
    }
}

impl<const N: usize> Named<N> {
    /// `labels` gives the label values of a name.
    fn new<'a>(
        names: [&'static str; N],
        family: &IntCounterVec,
        labels: impl Fn(&'static str) -> Vec<&'a str>,
    ) -> Named<N> {
        let counter = |name| family.with_label_values(&labels(name));
        Named { names, counters: names.map(counter), other: counter(OTHER) }
    }

    fn counter(&self, name: &str) -> &IntCounter {
        self.names.iter().position(|known| *known == name).map_or(&self.other, |at| &self.counters[at])
    }
}

#[cfg(test)]
mod tests;
