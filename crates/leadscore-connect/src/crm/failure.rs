//! Why a call to a CRM system failed.

use std::time::Duration;

use super::{Outcome, Refusal, RefusalKind};

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What it means for what is to be done.
    pub kind: FailureKind,
    /// The CRM system's own code, such as `UNABLE_TO_LOCK_ROW` or `TEN_SECONDLY_ROLLING`.
    pub code: Option<String>,
    /// A sentence, without tokens.
    pub message: String,
    /// How long to wait before the next call, where that is known.
    pub retry_after: Option<Duration>,
}

/// What a failure means for what is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The request is not accepted; it will not be next time.
    Invalid,
    /// The credentials are not accepted, or lack a permission.
    Credentials,
    /// There is no such thing.
    NotFound,
    /// It is there already.
    Conflict,
    /// Too many calls in a short time.
    RateLimited,
    /// The calls of the day are used up.
    DailyLimit,
    /// Another process holds the record.
    Locked,
    /// The CRM system cannot answer now.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// No connection.
    Connection,
    /// An answer that is not of the documented form, so what was done is not known.
    BadAnswer,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Failure {
        Failure { kind, code: None, message: message.into(), retry_after: None }
    }

    #[must_use]
    pub(crate) fn code(mut self, code: &str) -> Failure {
        self.code = Some(code.to_owned());
        self
    }

    #[must_use]
    pub(crate) fn after(mut self, wait: Option<Duration>) -> Failure {
        self.retry_after = wait;
        self
    }

    /// Whether the same call may be made again within one synchronisation.
    pub(crate) fn is_brief(&self) -> bool {
        use FailureKind::{Connection, Locked, RateLimited, Timeout, Unavailable};
        matches!(self.kind, RateLimited | Locked | Unavailable | Timeout | Connection)
    }

    /// Whether what failed certainly changed nothing.
    pub(crate) fn changed_nothing(&self) -> bool {
        matches!(self.kind, FailureKind::RateLimited | FailureKind::Locked)
    }

    /// Whether the next call would fail as well, so that none is made.
    pub(crate) fn stops_all(&self) -> bool {
        use FailureKind::{Connection, Credentials, DailyLimit, RateLimited, Timeout, Unavailable};
        matches!(self.kind, Credentials | DailyLimit | RateLimited | Unavailable | Timeout | Connection)
    }

    pub(crate) fn outcome(&self) -> Outcome {
        use FailureKind::{Conflict, Credentials, Invalid, NotFound};
        match self.kind {
            Credentials => Outcome::Refused(Refusal::new(RefusalKind::Credentials, &self.message)),
            Invalid | Conflict | NotFound => Outcome::Refused(Refusal::new(RefusalKind::Crm, &self.message)),
            _ => Outcome::Retry { after: self.retry_after, failure: self.clone() },
        }
    }
}
