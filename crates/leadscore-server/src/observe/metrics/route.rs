//! What is counted of HTTP requests, per route.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge};

use super::families::Builder;
use super::{CLIENT_CLOSED_REQUEST, MetricsError};

/// The endpoint of requests that no route takes.
pub const UNMATCHED: &str = "unmatched";

/// Statuses whose counters are kept; any other is looked up by its text.
const STATUSES: [u16; 22] = [
    200,
    201,
    202,
    204,
    304,
    400,
    401,
    403,
    404,
    405,
    408,
    409,
    413,
    415,
    422,
    429,
    CLIENT_CLOSED_REQUEST,
    500,
    501,
    502,
    503,
    504,
];
/// The last two are the server's limits of a JSON body and of an upload.
const SIZES: [f64; 8] = [256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 10_485_760.0];

/// The families of HTTP requests.
#[derive(Debug)]
pub(super) struct Http {
    requests: IntCounterVec,
    errors: IntCounterVec,
    seconds: HistogramVec,
    request_bytes: HistogramVec,
    response_bytes: HistogramVec,
    active: IntGauge,
}

/// Counts the requests of one route: a method and a route template.
///
/// A series appears with the route's first request. Clones count together.
#[derive(Debug, Clone)]
pub struct RouteMetrics {
    route: Arc<Route>,
}

/// A request that runs; it is active until it is finished or dropped.
///
/// Dropped without [`InFlight::finish`], as a server does when the client goes away, it counts with status 499.
#[derive(Debug)]
#[must_use = "the request counts as over when this is dropped"]
pub struct InFlight {
    route: Arc<Route>,
    began: Instant,
    finished: bool,
}

#[derive(Debug)]
struct Route {
    http: Arc<Http>,
    method: &'static str,
    endpoint: String,
    statuses: [OnceLock<IntCounter>; STATUSES.len()],
    client_errors: OnceLock<IntCounter>,
    server_errors: OnceLock<IntCounter>,
    seconds: OnceLock<Histogram>,
    request_bytes: OnceLock<Histogram>,
    response_bytes: OnceLock<Histogram>,
}

impl RouteMetrics {
    pub(super) fn new(http: &Arc<Http>, method: &str, endpoint: &str) -> RouteMetrics {
        let route = Route {
            http: Arc::clone(http),
            method: method_label(method),
            endpoint: endpoint.to_owned(),
            statuses: [const { OnceLock::new() }; STATUSES.len()],
            client_errors: OnceLock::new(),
            server_errors: OnceLock::new(),
            seconds: OnceLock::new(),
            request_bytes: OnceLock::new(),
            response_bytes: OnceLock::new(),
        };
        RouteMetrics { route: Arc::new(route) }
    }

    /// A request begins now.
    pub fn begin(&self) -> InFlight {
        self.route.http.active.inc();
        InFlight { route: Arc::clone(&self.route), began: Instant::now(), finished: false }
    }

    /// Counts a request that is over. Sizes are those of the bodies, where known.
    pub fn record(&self, status: u16, seconds: f64, request_bytes: Option<u64>, response_bytes: Option<u64>) {
        self.route.record(status, seconds, request_bytes, response_bytes);
    }
}

impl InFlight {
    /// The reply is there. Sizes are those of the bodies, where known.
    pub fn finish(mut self, status: u16, request_bytes: Option<u64>, response_bytes: Option<u64>) {
        self.finished = true;
        self.route.record(status, self.began.elapsed().as_secs_f64(), request_bytes, response_bytes);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.route.http.active.dec();
        if !self.finished {
            self.route.record(CLIENT_CLOSED_REQUEST, self.began.elapsed().as_secs_f64(), None, None);
        }
    }
}

/// The label of a method: a client may send any word, so all but the usual ones are `OTHER`.
pub fn method_label(method: &str) -> &'static str {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    METHODS.into_iter().find(|known| *known == method).unwrap_or("OTHER")
}

impl Http {
    pub(super) fn new(build: &Builder<'_>) -> Result<Http, MetricsError> {
        let route = &["method", "endpoint"];
        Ok(Http {
            requests: build.counters(
                "http_requests_total",
                "HTTP requests, by route template and status; 499: the client went away.",
                &["method", "endpoint", "status"],
            )?,
            errors: build.counters(
                "http_errors_total",
                "HTTP requests with a 4xx (client_error) or 5xx (server_error) status.",
                &["method", "endpoint", "error_type"],
            )?,
            seconds: build.histograms(
                "http_request_duration_seconds",
                "Time from a request's head to its reply.",
                route,
                &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0],
            )?,
            request_bytes: build.histograms(
                "http_request_size_bytes",
                "Size of request bodies, where known.",
                route,
                &SIZES,
            )?,
            response_bytes: build.histograms(
                "http_response_size_bytes",
                "Size of response bodies, where known.",
                route,
                &SIZES,
            )?,
            active: build.gauge("http_requests_active", "HTTP requests that run now.")?,
        })
    }
}

impl Route {
    fn record(&self, status: u16, seconds: f64, request_bytes: Option<u64>, response_bytes: Option<u64>) {
        match STATUSES.iter().position(|known| *known == status) {
            Some(at) => self.statuses[at].get_or_init(|| self.requests(status)).inc(),
            None => self.requests(status).inc(),
        }
        match status {
            400..500 => self.client_errors.get_or_init(|| self.errors("client_error")).inc(),
            500.. => self.server_errors.get_or_init(|| self.errors("server_error")).inc(),
            _ => {}
        }
        let observe = |histogram: &OnceLock<Histogram>, family: &HistogramVec, value: f64| {
            histogram
                .get_or_init(|| family.with_label_values(&[self.method, self.endpoint.as_str()]))
                .observe(value);
        };
        observe(&self.seconds, &self.http.seconds, seconds);
        if let Some(bytes) = request_bytes {
            observe(&self.request_bytes, &self.http.request_bytes, bytes as f64);
        }
        if let Some(bytes) = response_bytes {
            observe(&self.response_bytes, &self.http.response_bytes, bytes as f64);
        }
    }

    fn requests(&self, status: u16) -> IntCounter {
        self.http.requests.with_label_values(&[self.method, self.endpoint.as_str(), &status.to_string()])
    }

    fn errors(&self, error_type: &str) -> IntCounter {
        self.http.errors.with_label_values(&[self.method, self.endpoint.as_str(), error_type])
    }
}
