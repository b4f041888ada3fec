//! The documentation of all routes: what each says of itself, and what their policies add.

mod events;

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr,
    Response, ResponseBuilder, SecurityRequirement,
};

use crate::family::{Credential, Family};
use crate::fault::FaultKind;
use crate::gate::Route;

/// What stands before any route.
pub(crate) fn frame() -> OpenApi {
    let credentials = ComponentsBuilder::new()
        .security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))))
        .security_scheme(
            "bearer",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        )
        .security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("token"))));
    OpenApiBuilder::new().info(info()).components(Some(credentials.build())).build()
}

fn info() -> Info {
    InfoBuilder::new()
        .title("leadscore")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Scores leads: which ones first, why, and what to say. Several documented APIs on one store.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0 OR MIT").build()))
        .build()
}

/// Adds what the policies of the routes say: tags, credentials, and the answers to what goes wrong.
pub(crate) fn complete(documentation: &mut OpenApi, routes: &[Arc<Route>]) {
    for route in routes {
        let Some(operation) = operation(documentation, route) else { continue };
        operation.tags = Some(vec![route.policy.family.as_str().to_owned()]);
        if route.policy.scope.is_some() {
            operation.security = Some(security(route));
        }
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response {
                describe(status, response);
            }
        }
        for kind in faults(route) {
            let status = route.policy.family.status(kind).as_u16().to_string();
            let known = operation.responses.responses.entry(status);
            known.or_insert_with(|| RefOr::T(failure(route.policy.family, kind)));
        }
    }
}

/// Adds what webhooks are told.
pub(crate) fn add_events(documentation: &mut OpenApi) {
    documentation.webhooks = Some(events::webhooks());
}

/// OpenAPI 3.1 wants a description of every answer.
fn describe(status: &str, response: &mut Response) {
    if response.description.is_empty() {
        let status = status.parse::<StatusCode>().ok();
        let reason = status.and_then(|status| status.canonical_reason()).unwrap_or("Answer");
        reason.clone_into(&mut response.description);
    }
}

fn operation<'a>(documentation: &'a mut OpenApi, route: &Route) -> Option<&'a mut Operation> {
    let item = documentation.paths.paths.get_mut(&route.template)?;
    match http_method(&route.method)? {
        HttpMethod::Get => item.get.as_mut(),
        HttpMethod::Post => item.post.as_mut(),
        HttpMethod::Put => item.put.as_mut(),
        HttpMethod::Patch => item.patch.as_mut(),
        HttpMethod::Delete => item.delete.as_mut(),
        _ => None,
    }
}

fn http_method(method: &Method) -> Option<HttpMethod> {
    Some(match *method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => return None,
    })
}

/// Any one of the credentials that the family takes; none where the route may be open.
fn security(route: &Route) -> Vec<SecurityRequirement> {
    let names: &[&str] = match route.policy.family.credential() {
        Credential::KeyAnywhere => &["key", "bearer"],
        Credential::KeyHeader => &["key"],
        Credential::KeyBearer => &["bearer"],
        Credential::Token => &["bearer", "cookie"],
    };
    let any = names.iter().map(|name| SecurityRequirement::new(*name, Vec::<String>::new()));
    let open = route.policy.is_open_without_keys.then(SecurityRequirement::default);
    any.chain(open).collect()
}

fn faults(route: &Route) -> Vec<FaultKind> {
    let mut kinds = Vec::new();
    let has_body = route.method != Method::GET && route.method != Method::DELETE;
    if has_body {
        kinds.extend([FaultKind::TooLarge, FaultKind::SlowBody, FaultKind::Store]);
    }
    if route.policy.limit.is_some() || route.policy.public.is_some() {
        kinds.push(FaultKind::TooManyRequests);
    }
    if route.template.contains('{') {
        kinds.push(FaultKind::NotFound);
    }
    if route.policy.scope.is_some() {
        kinds.extend([
            FaultKind::Invalid,
            FaultKind::Unauthorized,
            FaultKind::Forbidden,
            FaultKind::Store,
            FaultKind::Internal,
        ]);
        if has_body {
            kinds.push(FaultKind::UnsupportedMediaType);
        }
        if route.policy.is_idempotent && route.method == Method::POST {
            kinds.push(FaultKind::Conflict);
        }
    }
    kinds
}

fn failure(family: Family, kind: FaultKind) -> Response {
    let status = family.status(kind);
    let description = status.canonical_reason().unwrap_or("Error");
    ResponseBuilder::new()
        .description(description)
        .content("application/json", ContentBuilder::new().schema(Some(family.failure_schema(kind))).build())
        .build()
}
