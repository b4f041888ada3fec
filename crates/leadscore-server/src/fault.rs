//! What goes wrong, the same for all routes; each family of routes gives it its own shape.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::observe::metrics::StoreFailure;
use crate::store::StoreError;

/// Why a request is not answered as it was meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) message: Cow<'static, str>,
    /// What is wrong with which field, where the request itself is at fault.
    pub(crate) issues: Vec<Issue>,
    /// The largest that is taken, where the request is too large.
    pub(crate) most: Option<u64>,
    /// In how many seconds it may go better.
    pub(crate) retry_after: Option<u64>,
    /// What the store said, for the metrics.
    pub(crate) store: Option<StoreFailure>,
    /// Whether the store refused these very values, or found them damaged: it would say the same another time.
    pub(crate) is_refusal: bool,
}

/// The kinds of faults. The families have statuses and codes for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The request cannot be understood.
    Invalid,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    /// Another request has this name, or is being answered under this idempotency key.
    Conflict,
    TooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    /// The body did not come in time.
    SlowBody,
    /// The language model took too long, and no answer without it is wanted.
    ModelTimeout,
    /// The language model failed, and no answer without it is wanted.
    ModelFailed,
    EmailFailed,
    Store,
    /// Too much is being done already, or it took too long.
    Overloaded,
    /// What the request needs is not loaded or not set up.
    NotReady,
    Internal,
}

/// The message for a required field that is missing.
pub(crate) const REQUIRED: &str = "is required";

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Issue {
    /// The field's path, such as `activities[0].at`; empty for the whole body.
    pub(crate) field: String,
    pub(crate) message: String,
    /// What stood there.
    pub(crate) value: Option<Value>,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Fault {
        Fault {
            kind,
            message: message.into(),
            issues: Vec::new(),
            most: None,
            retry_after: None,
            store: None,
            is_refusal: false,
        }
    }

    /// A request with one field that cannot be used.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault::invalid_all(vec![Issue { field: field.into(), message: message.into(), value: None }])
    }

    /// A request with fields that cannot be used; the message is the first one's.
    pub(crate) fn invalid_all(issues: Vec<Issue>) -> Fault {
        let message = match issues.first() {
            Some(issue) if issue.field.is_empty() => issue.message.clone(),
            Some(issue) => format!("{}: {}", issue.field, issue.message),
            None => "the request is not valid".to_owned(),
        };
        Fault { issues, ..Fault::new(FaultKind::Invalid, message) }
    }

    pub(crate) fn not_found(what: impl Into<Cow<'static, str>>) -> Fault {
        Fault::new(FaultKind::NotFound, what)
    }

    /// A request with more of something than is taken.
    pub(crate) fn too_many(field: &str, message: String, most: u64) -> Fault {
        Fault { most: Some(most), ..Fault::invalid(field, message) }
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Fault {
        self.retry_after = Some(seconds.max(1));
        self
    }
}

/// The fault travels beside an empty response; [`gate`](crate::gate) writes it in the shape of the route's family.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        let (store, is_refusal) = (Some(error.failure()), error.is_refusal());
        let fault = match error {
            StoreError::Taken(name) => {
                Fault::new(FaultKind::Conflict, format!("another lead has this {name}"))
            }
            error if error.is_full() => {
                tracing::error!(%error, "the store has no room left");
                Fault::new(FaultKind::Store, "the store has no room left; try again later").retry_after(60)
            }
            // What the database says is for the log: it may hold values of the statement.
            error => {
                tracing::error!(%error, "the store failed");
                Fault::new(FaultKind::Store, "the database cannot be reached or refused; try again later")
                    .retry_after(1)
            }
        };
        Fault { store, is_refusal, ..fault }
    }
}

/// What the core refuses of a request's own values.
impl From<leadscore::Error> for Fault {
    fn from(error: leadscore::Error) -> Fault {
        if error.issues().is_empty() {
            return Fault::invalid(error.path().to_string(), error.message().to_owned());
        }
        let issue = |issue: &leadscore::error::Issue| Issue {
            field: issue.path().to_string(),
            message: issue.message().to_owned(),
            value: None,
        };
        Fault::invalid_all(error.issues().iter().map(issue).collect())
    }
}
