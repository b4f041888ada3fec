//! What happens around every route, as its policy says: caller, limit, idempotency, time, errors in the family's shape, and
//! what is measured and logged.

mod client;
mod idempotency;
mod slow_body;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use futures_util::FutureExt;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::callers::Caller;
use crate::family::{Family, wants_problem};
use crate::fault::{Fault, FaultKind};
use crate::limits::Allowance;
use crate::observe::log::{RequestLine, acceptable_request_id};
use crate::observe::metrics::RouteMetrics;
#[cfg(feature = "otel")]
use crate::observe::trace;
use crate::policy::{Policy, RateLimit};
use crate::state::AppState;

use client::{client_address, counted_as};
use slow_body::Progress;

/// The id of a request: the caller's own, or a new one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// A route with all that is made for it once.
pub(crate) struct Route {
    pub(crate) number: usize,
    pub(crate) policy: Policy,
    pub(crate) method: Method,
    pub(crate) template: String,
    metrics: RouteMetrics,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the routes of a path behind their policy, and notes them.
pub(crate) fn guard(
    state: &AppState,
    policy: Policy,
    (schemas, paths, methods): UtoipaMethodRouter<AppState>,
    routes: &mut Vec<Arc<Route>>,
) -> UtoipaMethodRouter<AppState> {
    let mut own = Vec::new();
    for (template, item) in &paths.paths {
        let operations = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, _) in operations.into_iter().filter(|(_, operation)| operation.is_some()) {
            let metrics = state.metrics.route(method.as_str(), template);
            let route = Route { number: routes.len(), policy, method, template: template.clone(), metrics };
            let route = Arc::new(route);
            routes.push(Arc::clone(&route));
            own.push(route);
        }
    }
    let [route] = own.as_slice() else { panic!("one operation for each entry of the router") };
    let layered: MethodRouter<AppState> =
        methods.route_layer(from_fn_with_state((state.clone(), Arc::clone(route)), enter));
    (schemas, paths, layered)
}

/// Answers a request to a route.
async fn enter(
    State((state, route)): State<(AppState, Arc<Route>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let in_flight = route.metrics.begin();
    let request_id = RequestId::new(request.headers().get(REQUEST_ID));
    request.extensions_mut().insert(request_id.clone());
    DefaultBodyLimit::max(route.policy.body_limit).apply(&mut request);
    let is_problem = wants_problem(request.headers());
    let length = content_length(request.headers());
    let mut seen = Seen::default();
    #[cfg(feature = "otel")]
    let span = trace::request_span(route.method.as_str(), &route.template, &request_id.0, request.headers());
    let answering = caught(answer(&state, &route, request, next, &mut seen));
    #[cfg(feature = "otel")]
    let answering = tracing::Instrument::instrument(answering, span.clone());
    let outcome = answering.await;
    let family = route.policy.family;
    let count = |fault: &Fault| {
        if let Some(failure) = fault.store {
            state.metrics.record_store_error(failure);
        }
    };
    let mut response = match outcome {
        Ok(mut response) => match response.extensions_mut().remove::<Fault>() {
            Some(fault) => {
                count(&fault);
                family.answer(&fault, &request_id.0, state.now(), is_problem)
            }
            None => response,
        },
        Err(fault) => {
            count(&fault);
            if fault.kind == FaultKind::TooManyRequests {
                state.metrics.record_rate_limited(family.as_str());
            }
            family.answer(&fault, &request_id.0, state.now(), is_problem)
        }
    };
    let headers = response.headers_mut();
    if let Some(allowance) = seen.allowance {
        let own = [
            ("x-ratelimit-limit", u64::from(allowance.limit)),
            ("x-ratelimit-remaining", u64::from(allowance.remaining)),
            ("x-ratelimit-reset", allowance.reset),
        ];
        for (name, value) in own {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
    if route.policy.scope.is_some() {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&request_id.0) {
        headers.insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    let tenant = seen.caller.as_ref().map(|caller| caller.tenant.as_str());
    if let (Family::Heatscore, Some(tenant)) = (family, tenant) {
        state.traffic.record(tenant, status >= 500, began.elapsed());
    }
    in_flight.finish(status, length, content_length(response.headers()));
    #[cfg(feature = "otel")]
    trace::record_status(&span, status);
    RequestLine {
        request_id: &request_id.0,
        method: route.method.as_str(),
        route: &route.template,
        status,
        elapsed: began.elapsed(),
        tenant,
    }
    .emit();
    response
}

/// What was found out on the way to an answer.
#[derive(Default)]
struct Seen {
    caller: Option<Arc<Caller>>,
    allowance: Option<Allowance>,
}

async fn answer(
    state: &AppState,
    route: &Route,
    mut request: Request,
    next: Next,
    seen: &mut Seen,
) -> Result<Response, Fault> {
    let policy = &route.policy;
    let overloaded = |message| Fault::new(FaultKind::Overloaded, message).retry_after(1);
    // Turned away at once: a queue without end would make all of them late.
    let _permit = match policy.scope {
        Some(_) => Some(
            state
                .permits
                .try_acquire()
                .map_err(|_| overloaded("too many requests are being answered; try again"))?,
        ),
        None => None,
    };
    if policy.scope.is_some() {
        let caller = state.callers.caller(policy, request.method(), request.headers(), state.now()).await?;
        request.extensions_mut().insert(Arc::clone(&caller));
        seen.caller = Some(caller);
    }
    // No name has it, and PostgreSQL would refuse the statement that looks for one.
    if request.uri().path().contains("%00") {
        return Err(Fault::invalid("", "the path must not have the character U+0000"));
    }
    let is_known = seen.caller.as_ref().is_some_and(|caller| caller.actor.is_some());
    let limit = if is_known { policy.limit } else { policy.public.map(RateLimit::Fixed).or(policy.limit) };
    if let Some(limit) = limit {
        let caller = seen.caller.as_ref();
        let who = match caller.and_then(|caller| Some((&caller.tenant, caller.actor.as_ref()?))) {
            Some((tenant, actor)) if actor != "token" => format!("{tenant}/{actor}"),
            Some((tenant, _)) => tenant.clone(),
            None => counted_as(client_address(state, &request)).to_string(),
        };
        let limit = limit.limit(caller.map(|caller| caller.plan));
        let allowance = state.windows.take(route.number, &who, limit);
        seen.allowance = Some(allowance);
        if let Some(seconds) = allowance.refused {
            let message = format!("too many requests; try again in {seconds} s");
            return Err(Fault::new(FaultKind::TooManyRequests, message).retry_after(seconds));
        }
    }
    let progress = slow_body::limit(request.body_mut(), state.config.body_timeout);
    let key = request.headers().get("idempotency-key").cloned();
    let answering = async {
        match (key, &seen.caller) {
            (Some(key), Some(caller)) if policy.is_idempotent && route.method == Method::POST => {
                // Boxed: what few requests need would make the state of all of them large.
                Box::pin(idempotency::answer_once(state, route, caller, &key, request, next)).await
            }
            _ => Ok(next.run(request).await),
        }
    };
    let slow = || Fault::new(FaultKind::SlowBody, "the body of the request took too long");
    match tokio::time::timeout(policy.timeout, answering).await {
        Ok(_) if progress.as_ref().is_some_and(Progress::is_late) => Err(slow()),
        Ok(outcome) => outcome,
        Err(_) if progress.as_ref().is_some_and(Progress::is_under_way) => Err(slow()),
        Err(_) => Err(overloaded("this took too long; try again")),
    }
}

/// The answer, or a fault where the handler panicked: its caller gets an error in the family's shape, and the others go on.
async fn caught(answering: impl Future<Output = Result<Response, Fault>>) -> Result<Response, Fault> {
    AssertUnwindSafe(answering).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a request ended in a panic");
        Err(Fault::new(FaultKind::Internal, "Internal server error"))
    })
}

/// The answer where there is no route.
pub(crate) async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    without_route(&state, &request, FaultKind::NotFound, "Not Found")
}

/// The answer where there are routes of the path, for other methods alone; the router says which.
pub(crate) async fn method_not_allowed(State(state): State<AppState>, request: Request) -> Response {
    without_route(&state, &request, FaultKind::MethodNotAllowed, "Method Not Allowed")
}

fn without_route(state: &AppState, request: &Request, kind: FaultKind, message: &'static str) -> Response {
    let in_flight = state.unmatched(request.method().as_str()).begin();
    let request_id = RequestId::new(request.headers().get(REQUEST_ID));
    let family = Family::of_path(request.uri().path());
    let is_problem = wants_problem(request.headers());
    let mut response = family.answer(&Fault::new(kind, message), &request_id.0, state.now(), is_problem);
    if let Ok(value) = HeaderValue::from_str(&request_id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    in_flight.finish(response.status().as_u16(), None, None);
    response
}

impl RequestId {
    /// What the caller says, if it can be taken, or a new one.
    fn new(said: Option<&HeaderValue>) -> RequestId {
        let said = said.and_then(|value| value.to_str().ok());
        match said.filter(|id| acceptable_request_id(id)) {
            Some(id) => RequestId(id.into()),
            None => RequestId(uuid::Uuid::new_v4().to_string().into()),
        }
    }
}

fn content_length(headers: &axum::http::HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let fault = caught(async { panic!("a defect") }).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Internal);
    }
}
