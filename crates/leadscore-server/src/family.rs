//! The families of routes. What is the same for all routes of a family is data here: who may call, how errors look, how
//! times are written.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use leadscore::Timestamp;
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};

use crate::fault::{Fault, FaultKind, REQUIRED};

/// A documented API, or what stands beside the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Health, metrics and documentation.
    System,
    /// Heat scores and e-mails.
    Heatscore,
    /// Predictions and rankings.
    LeadMl,
    /// Scores of a boosted-tree model.
    B2b,
    /// Qualification.
    Qualify,
    /// Chats.
    Capture,
    /// Leads, activities, outcomes, configurations and pipelines, which the documents leave out.
    Core,
}

/// Which credential a family takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// An API key, in `X-API-Key` or as a bearer.
    KeyAnywhere,
    /// An API key in `X-API-Key`.
    KeyHeader,
    /// An API key as a bearer.
    KeyBearer,
    /// A JWT, as a bearer or in the cookie `token`.
    Token,
}

impl Family {
    /// Its name in configurations and restrictions of keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::System => "system",
            Family::Heatscore => "heatscore",
            Family::LeadMl => "lead-ml",
            Family::B2b => "b2b",
            Family::Qualify => "qualify",
            Family::Capture => "capture",
            Family::Core => "core",
        }
    }

    /// The family that a path without a route belongs to, for its 404.
    pub(crate) fn of_path(path: &str) -> Family {
        let within = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if within("/api/lead-scoring") {
            Family::LeadMl
        } else if within("/api/v1/score") || within("/api/v1/model") {
            Family::B2b
        } else if ["chat", "lead", "webhook", "analytics"].iter().any(|own| within(&format!("/api/v1/{own}")))
        {
            Family::Capture
        } else if within("/api/v1") {
            Family::Heatscore
        } else if within("/api") {
            Family::Qualify
        } else {
            Family::System
        }
    }

    pub(crate) fn credential(self) -> Credential {
        match self {
            Family::System | Family::Heatscore | Family::Capture | Family::Core => Credential::KeyAnywhere,
            Family::B2b => Credential::KeyHeader,
            Family::Qualify => Credential::KeyBearer,
            Family::LeadMl => Credential::Token,
        }
    }

    /// A time as the family writes it, in UTC.
    pub(crate) fn time(self, time: Timestamp) -> String {
        let format = match self {
            Family::Capture => "%Y-%m-%dT%H:%M:%S.%3fZ",
            Family::System | Family::B2b => "%Y-%m-%dT%H:%M:%S.%6f",
            Family::Heatscore | Family::LeadMl | Family::Qualify | Family::Core => "%Y-%m-%dT%H:%M:%SZ",
        };
        let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or(jiff::Timestamp::MAX);
        time.strftime(format).to_string()
    }

    pub(crate) fn status(self, kind: FaultKind) -> StatusCode {
        match kind {
            FaultKind::Invalid if self == Family::B2b => StatusCode::UNPROCESSABLE_ENTITY,
            FaultKind::Invalid => StatusCode::BAD_REQUEST,
            FaultKind::Unauthorized => StatusCode::UNAUTHORIZED,
            FaultKind::Forbidden => StatusCode::FORBIDDEN,
            FaultKind::NotFound => StatusCode::NOT_FOUND,
            FaultKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            FaultKind::Conflict => StatusCode::CONFLICT,
            FaultKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            FaultKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            FaultKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            FaultKind::SlowBody => StatusCode::REQUEST_TIMEOUT,
            // As the document has it; a gateway would say 504.
            FaultKind::ModelTimeout if self == Family::Heatscore => StatusCode::REQUEST_TIMEOUT,
            FaultKind::ModelFailed | FaultKind::EmailFailed if self == Family::Heatscore => {
                StatusCode::BAD_GATEWAY
            }
            FaultKind::ModelTimeout
            | FaultKind::ModelFailed
            | FaultKind::EmailFailed
            | FaultKind::Store
            | FaultKind::Overloaded
            | FaultKind::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code of a fault, in the families that have codes.
    fn code(self, kind: FaultKind) -> &'static str {
        let is_heat = matches!(self, Family::Heatscore | Family::Core);
        match kind {
            FaultKind::Invalid if self == Family::LeadMl => "BAD_REQUEST",
            FaultKind::Invalid => "VALIDATION_ERROR",
            FaultKind::Unauthorized => "UNAUTHORIZED",
            FaultKind::Forbidden => "FORBIDDEN",
            FaultKind::NotFound => "NOT_FOUND",
            FaultKind::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            FaultKind::Conflict => "CONFLICT",
            FaultKind::TooLarge => "PAYLOAD_TOO_LARGE",
            FaultKind::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            FaultKind::TooManyRequests if is_heat => "RATE_LIMIT_EXCEEDED",
            FaultKind::TooManyRequests => "RATE_LIMITED",
            FaultKind::SlowBody => "REQUEST_TIMEOUT",
            FaultKind::ModelTimeout if is_heat => "RAG_TIMEOUT",
            FaultKind::ModelFailed if is_heat => "OPENAI_ERROR",
            FaultKind::EmailFailed if is_heat => "EMAIL_ERROR",
            FaultKind::Store if is_heat => "DATABASE_ERROR",
            FaultKind::ModelTimeout
            | FaultKind::ModelFailed
            | FaultKind::EmailFailed
            | FaultKind::Store
            | FaultKind::Overloaded
            | FaultKind::NotReady => "SERVICE_UNAVAILABLE",
            FaultKind::Internal => "INTERNAL_ERROR",
        }
    }

    /// The response to a fault, in the family's shape, or as a problem of RFC 9457 where the caller wants only that.
    pub(crate) fn answer(
        self,
        fault: &Fault,
        request_id: &str,
        now: Timestamp,
        wants_problem: bool,
    ) -> Response {
        let status = self.status(fault.kind);
        let (media_type, body) = if wants_problem {
            ("application/problem+json", self.problem(fault, status))
        } else {
            ("application/json", self.body(fault, request_id, now))
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Some(seconds) = fault.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if fault.kind == FaultKind::Unauthorized {
            let scheme = if self == Family::B2b { "ApiKey" } else { "Bearer" };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        if fault.kind == FaultKind::SlowBody {
            // What is still to come of the body is not waited for.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn body(self, fault: &Fault, request_id: &str, now: Timestamp) -> Value {
        let message = fault.message.as_ref();
        match self {
            Family::Heatscore | Family::Core => {
                let detail = |issue: &crate::fault::Issue| json!({"field": issue.field, "message": issue.message, "value": issue.value});
                let details: Vec<Value> = fault.issues.iter().map(detail).collect();
                json!({"error": {"code": self.code(fault.kind), "message": message, "details": details,
                    "timestamp": self.time(now), "trace_id": format!("trace_{request_id}")}})
            }
            Family::LeadMl => {
                let fields =
                    fault.issues.iter().map(|issue| (issue.field.clone(), issue.message.clone().into()));
                json!({"error": message, "code": self.code(fault.kind), "details": fields.collect::<Map<_, _>>()})
            }
            Family::Qualify => {
                let named = |issue: &crate::fault::Issue| match issue.field.as_str() {
                    "" => "body".to_owned(),
                    field => field.to_owned(),
                };
                // What is missing is told first.
                let (missing, others): (Vec<_>, Vec<_>) =
                    fault.issues.iter().partition(|issue| issue.message == REQUIRED);
                let issues: Vec<&crate::fault::Issue> = missing.into_iter().chain(others).collect();
                let mut details = Map::new();
                let mut message = message.to_owned();
                if let Some(first) = issues.first() {
                    details.insert("field".to_owned(), named(first).into());
                    let fields: Vec<String> = issues.iter().map(|issue| named(issue)).collect();
                    details.insert("fields".to_owned(), fields.into());
                    if first.message == REQUIRED && !first.field.is_empty() {
                        message = format!("{} {REQUIRED}", first.field);
                    }
                }
                if let Some(most) = fault.most {
                    details.insert("max".to_owned(), most.into());
                }
                json!({"error": {"code": self.code(fault.kind), "message": message, "details": details}})
            }
            Family::B2b if fault.kind == FaultKind::Internal => {
                json!({"detail": "Internal server error", "type": "InternalError"})
            }
            Family::B2b if fault.kind == FaultKind::Invalid => {
                let detail = |issue: &crate::fault::Issue| {
                    let location: Vec<&str> = issue.field.split('.').collect();
                    json!({"loc": location, "msg": issue.message, "type": "value_error"})
                };
                json!({"detail": fault.issues.iter().map(detail).collect::<Vec<Value>>()})
            }
            Family::B2b | Family::Capture | Family::System => json!({"detail": message}),
        }
    }

    /// The shape of [`body`](Family::body), for the documentation.
    pub(crate) fn failure_schema(self, kind: FaultKind) -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let object = |fields: Vec<(&str, RefOr<Schema>)>| {
            fields.into_iter().fold(ObjectBuilder::new(), |object, (name, schema)| {
                object.property(name, schema).required(name)
            })
        };
        let text_field = |name: &'static str| (name, text().into());
        let free = || ObjectBuilder::new().schema_type(Type::Object);
        match self {
            Family::Heatscore | Family::Core => {
                let detail = object(vec![text_field("field"), text_field("message")])
                    .property("value", ObjectBuilder::new().schema_type(SchemaType::AnyValue));
                let error = object(vec![
                    text_field("code"),
                    text_field("message"),
                    ("details", ArrayBuilder::new().items(detail).into()),
                    text_field("timestamp"),
                    text_field("trace_id"),
                ]);
                object(vec![("error", error.into())]).into()
            }
            Family::LeadMl => {
                object(vec![text_field("error"), text_field("code"), ("details", free().into())]).into()
            }
            Family::Qualify => {
                let error =
                    object(vec![text_field("code"), text_field("message"), ("details", free().into())]);
                object(vec![("error", error.into())]).into()
            }
            Family::B2b if kind == FaultKind::Invalid => {
                let place =
                    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Integer]));
                let location = ArrayBuilder::new().items(place);
                let detail = object(vec![("loc", location.into()), text_field("msg"), text_field("type")]);
                object(vec![("detail", ArrayBuilder::new().items(detail).into())]).into()
            }
            Family::B2b | Family::Capture | Family::System => object(vec![text_field("detail")]).into(),
        }
    }

    fn problem(self, fault: &Fault, status: StatusCode) -> Value {
        let issue = |issue: &crate::fault::Issue| json!({"field": issue.field, "message": issue.message});
        let issues: Vec<Value> = fault.issues.iter().map(issue).collect();
        json!({"type": "about:blank", "title": status.canonical_reason().unwrap_or("Error"), "status": status.as_u16(),
            "detail": fault.message, "code": self.code(fault.kind), "errors": issues})
    }
}

/// Whether a caller wants errors as problems: it names that media type, and not plain JSON.
pub(crate) fn wants_problem(headers: &HeaderMap) -> bool {
    let accepted = |name: &str| {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|part| part.split(';').next().is_some_and(|own| own.trim() == name))
    };
    accepted("application/problem+json") && !accepted("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_families() {
        let time = Timestamp::from_millis(1_704_110_400_123).unwrap();
        assert_eq!(Family::B2b.time(time), "2024-01-01T12:00:00.123000");
        assert_eq!(Family::Capture.time(time), "2024-01-01T12:00:00.123Z");
        assert_eq!(Family::Heatscore.time(time), "2024-01-01T12:00:00Z");
    }

    #[test]
    fn paths_without_a_route_have_a_family() {
        let table = [
            ("/api/lead-scoring/leads/1", Family::LeadMl),
            ("/api/v1/score", Family::B2b),
            ("/api/v1/score-lead", Family::Heatscore),
            ("/api/v1/model/x", Family::B2b),
            ("/api/v1/lead/7", Family::Capture),
            ("/api/v1/leads", Family::Heatscore),
            ("/api/qualify/x", Family::Qualify),
            ("/apix", Family::System),
        ];
        for (path, family) in table {
            assert_eq!(Family::of_path(path), family, "{path}");
        }
    }
}
