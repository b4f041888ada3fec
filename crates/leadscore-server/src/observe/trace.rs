//! Spans of requests for OpenTelemetry collectors, sent by OTLP over HTTP.
//!
//! Set up by the variables that OpenTelemetry names: `OTEL_EXPORTER_OTLP_ENDPOINT` switches it on, and
//! `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER` and the others hold too. A span has the route's template and never the path.

use axum::http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

/// The target of the spans.
const TARGET: &str = "leadscore_server::trace";

/// What sends spans, and what it belongs to; none where no collector is named.
///
/// # Errors
/// The exporter's own words where its settings cannot be used.
pub(super) fn layer<S>() -> Result<Option<(impl Layer<S> + Send + Sync, SdkTracerProvider)>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let is_set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
    if !is_set("OTEL_EXPORTER_OTLP_ENDPOINT") && !is_set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
        return Ok(None);
    }
    let exporter = SpanExporter::builder().with_http().build().map_err(|error| error.to_string())?;
    let mut resource = Resource::builder();
    if !is_set("OTEL_SERVICE_NAME") {
        resource = resource.with_service_name("leadscore");
    }
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("leadscore"));
    let filter = Targets::new().with_target(TARGET, LevelFilter::DEBUG);
    Ok(Some((layer.with_filter(filter), provider)))
}

/// The span of a request, a part of the caller's trace where its headers name one.
pub(crate) fn request_span(method: &str, route: &str, request_id: &str, headers: &HeaderMap) -> Span {
    let span = tracing::debug_span!(
        target: TARGET,
        "request",
        otel.name = field::Empty,
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
        request_id,
    );
    if !span.is_disabled() {
        span.record("otel.name", format!("{method} {route}"));
        // A parent can be set as long as nobody has entered the span.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&Headers(headers)));
    }
    span
}

/// Notes how a request ended.
pub(crate) fn record_status(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Headers as the propagator reads them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
