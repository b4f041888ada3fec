//! What all requests share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use leadscore::{AsOf, Timestamp};
use tokio::sync::Semaphore;

use crate::b2b::current::CurrentModel;
use crate::callers::Callers;
use crate::channels::Channels;
use crate::checks::Answers;
use crate::config::Config;
use crate::crm::Crms;
use crate::knowledge::Knowledge;
use crate::limits::Windows;
use crate::observe::metrics::{Metrics, RouteMetrics, UNMATCHED};
use crate::observe::resources::Sampler;
use crate::pipelines::Pipelines;
use crate::schemas::Schemas;
use crate::store::Store;
use crate::unsubscribe::Links;
use crate::vault::Vault;
use crate::wakes::Wakes;
use crate::webhooks::Webhooks;
use crate::words::Words;

/// What all requests share; a cheap handle.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Inner>);

/// The parts of [`AppState`].
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) callers: Callers,
    pub(crate) windows: Windows,
    pub(crate) permits: Semaphore,
    pub(crate) metrics: Metrics,
    pub(crate) sampler: Arc<Mutex<Sampler>>,
    pub(crate) traffic: Traffic,
    pub(crate) wakes: Wakes,
    pub(crate) pipelines: Pipelines,
    pub(crate) knowledge: Knowledge,
    pub(crate) words: Words,
    pub(crate) channels: Channels,
    pub(crate) links: Links,
    pub(crate) vault: Vault,
    pub(crate) webhooks: Webhooks,
    pub(crate) b2b: CurrentModel,
    pub(crate) crms: Crms,
    pub(crate) answers: Answers,
    pub(crate) started: Instant,
    schemas: OnceLock<Schemas>,
    documentation: OnceLock<Bytes>,
}

/// Requests to routes of heat scores since the process started, by tenant.
#[derive(Default)]
pub(crate) struct Traffic(Mutex<HashMap<String, Counts>>);

/// Requests, and how they went.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    /// Those that ended with a status of 500 and above.
    pub(crate) errors: u64,
    pub(crate) elapsed: Duration,
}

impl AppState {
    pub(crate) fn new(inner: Inner) -> AppState {
        AppState(Arc::new(inner))
    }

    /// The time: this is where the server reads the clock.
    #[expect(clippy::unused_self, reason = "where the clock would be set in a test")]
    pub(crate) fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(millis).expect("the clock is within ten thousand years")
    }

    /// The time as pipelines take it.
    pub(crate) fn as_of(&self) -> AsOf {
        AsOf::new(self.now()).in_zone(self.pipelines.utc.clone())
    }

    pub(crate) fn schemas(&self) -> &Schemas {
        self.schemas.get().expect("set with the router")
    }

    /// The documentation as JSON.
    pub(crate) fn documentation(&self) -> Bytes {
        self.documentation.get().expect("set with the router").clone()
    }

    /// Sets what the router says of itself, once.
    pub(crate) fn set_documentation(&self, schemas: Schemas, documentation: String) {
        // A second router of the same state says the same.
        let _ = self.schemas.set(schemas);
        let _ = self.documentation.set(documentation.into());
    }

    /// Counts a request without a route.
    pub(crate) fn unmatched(&self, method: &str) -> RouteMetrics {
        self.metrics.route(method, UNMATCHED)
    }
}

impl std::ops::Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    #[expect(clippy::too_many_arguments, reason = "each is another part, named at its only caller")]
    pub(crate) fn new(
        config: Config,
        store: Store,
        callers: Callers,
        metrics: Metrics,
        sampler: Arc<Mutex<Sampler>>,
        pipelines: Pipelines,
        knowledge: Knowledge,
        words: Words,
        channels: Channels,
        links: Links,
        vault: Vault,
        webhooks: Webhooks,
        b2b: CurrentModel,
        crms: Crms,
    ) -> Inner {
        Inner {
            permits: Semaphore::new(config.max_requests.clamp(1, Semaphore::MAX_PERMITS)),
            config,
            store,
            callers,
            windows: Windows::default(),
            metrics,
            sampler,
            traffic: Traffic::default(),
            wakes: Wakes::default(),
            pipelines,
            knowledge,
            words,
            channels,
            links,
            vault,
            webhooks,
            b2b,
            crms,
            answers: Answers::default(),
            started: Instant::now(),
            schemas: OnceLock::new(),
            documentation: OnceLock::new(),
        }
    }
}

impl Traffic {
    pub(crate) fn record(&self, tenant: &str, is_error: bool, elapsed: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The tenant's name is copied once, not for every request.
        if !all.contains_key(tenant) {
            all.insert(tenant.to_owned(), Counts::default());
        }
        let Some(counts) = all.get_mut(tenant) else { return };
        counts.requests += 1;
        counts.errors += u64::from(is_error);
        counts.elapsed += elapsed;
    }

    pub(crate) fn counts(&self, tenant: &str) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).copied().unwrap_or_default()
    }
}
