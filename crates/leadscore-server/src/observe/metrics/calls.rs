//! What is counted of the store and of language models.

use std::sync::Arc;

use prometheus::{Counter, CounterVec, Histogram, HistogramVec, IntCounter, IntCounterVec};

use super::MetricsError;
use super::families::Builder;

/// What a query does to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreOperation {
    /// It reads.
    Read,
    /// It writes, or reads and writes in one transaction.
    Write,
}

/// Why a query failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFailure {
    /// The store was busy for longer than a query may wait.
    Busy,
    /// The store could not be reached.
    Connection,
    /// The rows would have broken a rule of the store.
    Constraint,
    /// The disk has no room left.
    Full,
    /// Any other reason.
    Other,
}

/// How a call of a language model ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LlmOutcome {
    /// Its answer was used.
    Answered,
    /// It answered, and the answer did not pass the checks.
    Rejected,
    /// It took too long.
    TimedOut,
    /// The provider refused or could not be reached.
    Failed,
}

/// Counts the calls of one configured language model. Clones count together.
#[derive(Debug, Clone)]
pub struct LlmMetrics {
    counters: Arc<LlmCounters>,
}

#[derive(Debug)]
struct LlmCounters {
    calls: [IntCounter; 4],
    seconds: Histogram,
    input_tokens: IntCounter,
    output_tokens: IntCounter,
    cost: Counter,
    unpriced: IntCounter,
}

#[derive(Debug)]
pub(super) struct Store {
    pub(super) queries: [Histogram; 2],
    pub(super) errors: [IntCounter; 5],
}

#[derive(Debug)]
pub(super) struct LlmFamilies {
    calls: IntCounterVec,
    seconds: HistogramVec,
    tokens: IntCounterVec,
    cost: CounterVec,
    unpriced: IntCounterVec,
}

impl LlmMetrics {
    /// One call: its time, its tokens as the provider counted them, its cost in US dollars.
    ///
    /// A call whose cost is not known counts as unpriced, so that the sum of costs is not taken for complete.
    pub fn record(
        &self,
        outcome: LlmOutcome,
        seconds: f64,
        input_tokens: u64,
        output_tokens: u64,
        cost: Option<f64>,
    ) {
        let counters = &*self.counters;
        counters.calls[outcome as usize].inc();
        counters.seconds.observe(seconds);
        counters.input_tokens.inc_by(input_tokens);
        counters.output_tokens.inc_by(output_tokens);
        match cost.filter(|cost| cost.is_finite() && *cost >= 0.0) {
            Some(cost) => counters.cost.inc_by(cost),
            None => counters.unpriced.inc(),
        }
    }
}

impl StoreOperation {
    pub(super) const ALL: [StoreOperation; 2] = [StoreOperation::Read, StoreOperation::Write];

    /// The value of the label `operation`.
    pub fn label(self) -> &'static str {
        match self {
            StoreOperation::Read => "read",
            StoreOperation::Write => "write",
        }
    }
}

impl StoreFailure {
    pub(super) const ALL: [StoreFailure; 5] = [
        StoreFailure::Busy,
        StoreFailure::Connection,
        StoreFailure::Constraint,
        StoreFailure::Full,
        StoreFailure::Other,
    ];

    /// The value of the label `error_type`.
    pub fn label(self) -> &'static str {
        match self {
            StoreFailure::Busy => "busy",
            StoreFailure::Connection => "connection",
            StoreFailure::Constraint => "constraint",
            StoreFailure::Full => "full",
            StoreFailure::Other => "other",
        }
    }
}

impl LlmOutcome {
    pub(super) const ALL: [LlmOutcome; 4] =
        [LlmOutcome::Answered, LlmOutcome::Rejected, LlmOutcome::TimedOut, LlmOutcome::Failed];

    /// The value of the label `outcome`.
    pub fn label(self) -> &'static str {
        match self {
            LlmOutcome::Answered => "answered",
            LlmOutcome::Rejected => "rejected",
            LlmOutcome::TimedOut => "timed_out",
            LlmOutcome::Failed => "failed",
        }
    }
}

impl Store {
    pub(super) fn new(build: &Builder<'_>) -> Result<Store, MetricsError> {
        let queries = build.histograms(
            "leadscore_store_query_seconds",
            "Time of one query of the store, waiting included.",
            &["operation"],
            &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0],
        )?;
        let errors = build.counters(
            "leadscore_store_errors_total",
            "Queries of the store that failed, by reason.",
            &["error_type"],
        )?;
        Ok(Store {
            queries: StoreOperation::ALL.map(|operation| queries.with_label_values(&[operation.label()])),
            errors: StoreFailure::ALL.map(|failure| errors.with_label_values(&[failure.label()])),
        })
    }
}

impl LlmFamilies {
    pub(super) fn new(build: &Builder<'_>) -> Result<LlmFamilies, MetricsError> {
        let model = &["provider", "model"];
        Ok(LlmFamilies {
            calls: build.counters(
                "leadscore_llm_calls_total",
                "Calls of language models, by how they ended.",
                &["provider", "model", "outcome"],
            )?,
            seconds: build.histograms(
                "leadscore_llm_call_seconds",
                "Time of one call of a language model.",
                model,
                &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0],
            )?,
            tokens: build.counters(
                "leadscore_llm_tokens_total",
                "Tokens as the provider counted them.",
                &["provider", "model", "direction"],
            )?,
            cost: build.fractional_counters(
                "leadscore_llm_cost_usd_total",
                "Cost of the calls whose price is known, in US dollars.",
                model,
            )?,
            unpriced: build.counters(
                "leadscore_llm_unpriced_calls_total",
                "Calls that the cost does not contain, because their price is not known.",
                model,
            )?,
        })
    }

    pub(super) fn handle(&self, provider: &str, model: &str) -> LlmMetrics {
        let tokens = |direction| self.tokens.with_label_values(&[provider, model, direction]);
        let counters = LlmCounters {
            calls: LlmOutcome::ALL
                .map(|outcome| self.calls.with_label_values(&[provider, model, outcome.label()])),
            seconds: self.seconds.with_label_values(&[provider, model]),
            input_tokens: tokens("input"),
            output_tokens: tokens("output"),
            cost: self.cost.with_label_values(&[provider, model]),
            unpriced: self.unpriced.with_label_values(&[provider, model]),
        };
        LlmMetrics { counters: Arc::new(counters) }
    }
}
