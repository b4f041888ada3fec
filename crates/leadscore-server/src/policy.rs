//! What a route wants of its caller: data beside the route.

use std::time::Duration;

use crate::auth::Scope;
use crate::family::Family;

/// How a route is guarded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) family: Family,
    /// What the caller's key or token must allow; none for routes that are open to all.
    pub(crate) scope: Option<Scope>,
    /// Whether it is open on this machine as long as there is no key at all.
    pub(crate) is_open_without_keys: bool,
    /// How many requests of one caller it takes.
    pub(crate) limit: Option<Limit>,
    /// The longest body it reads, in bytes.
    pub(crate) body_limit: usize,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// Whether a request that is sent again under the same `Idempotency-Key` is answered as before.
    pub(crate) is_idempotent: bool,
}

/// So many requests in a window that begins with the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) requests: u32,
    pub(crate) window: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const KIB: usize = 1_024;

impl Policy {
    /// Open to all.
    pub(crate) const PUBLIC: Policy = Policy {
        family: Family::System,
        scope: None,
        is_open_without_keys: false,
        limit: None,
        body_limit: 16 * KIB,
        timeout: Duration::from_secs(30),
        is_idempotent: false,
    };

    /// A route of a family for callers with a scope.
    pub(crate) const fn new(family: Family, scope: Scope) -> Policy {
        let is_heat = matches!(family, Family::Heatscore);
        let limit = if is_heat { Some(Limit { requests: 200, window: MINUTE }) } else { None };
        Policy {
            family,
            scope: Some(scope),
            is_open_without_keys: is_heat,
            limit,
            body_limit: 1_024 * KIB,
            is_idempotent: !matches!(family, Family::B2b),
            ..Policy::PUBLIC
        }
    }

    pub(crate) const fn per_minute(self, requests: u32) -> Policy {
        Policy { limit: Some(Limit { requests, window: MINUTE }), ..self }
    }

    pub(crate) const fn per_hour(self, requests: u32) -> Policy {
        Policy { limit: Some(Limit { requests, window: HOUR }), ..self }
    }

    pub(crate) const fn body_limit(self, body_limit: usize) -> Policy {
        Policy { body_limit, ..self }
    }

    pub(crate) const fn timeout(self, timeout: Duration) -> Policy {
        Policy { timeout, ..self }
    }
}
