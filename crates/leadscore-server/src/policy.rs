//! What a route wants of its caller: data beside the route.

use std::time::Duration;

use crate::auth::{Plan, Scope};
use crate::family::Family;

/// How a route is guarded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) family: Family,
    /// What the caller's key or token must allow; none for routes that are open to all.
    pub(crate) scope: Option<Scope>,
    /// Whether it is open on this machine as long as there is no key at all.
    pub(crate) is_open_without_keys: bool,
    /// How many requests of one address it takes without any credential; none where it wants one.
    pub(crate) public: Option<Limit>,
    /// How many requests of one caller it takes.
    pub(crate) limit: Option<RateLimit>,
    /// The longest body it reads, in bytes.
    pub(crate) body_limit: usize,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// Whether a request that is sent again under the same `Idempotency-Key` is answered as before.
    pub(crate) is_idempotent: bool,
    /// Whether its answer has a secret, which is kept only encrypted.
    pub(crate) has_secret_answer: bool,
}

/// How many requests of one caller a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimit {
    /// The same for all callers.
    Fixed(Limit),
    /// As many as the plan of the caller's key has.
    ByPlan,
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
        public: None,
        limit: None,
        body_limit: 16 * KIB,
        timeout: Duration::from_secs(30),
        is_idempotent: false,
        has_secret_answer: false,
    };

    /// A route of a family for callers with a scope.
    pub(crate) const fn new(family: Family, scope: Scope) -> Policy {
        let is_heat = matches!(family, Family::Heatscore);
        let limit = match family {
            Family::Heatscore => Some(RateLimit::Fixed(Limit { requests: 200, window: MINUTE })),
            Family::Qualify => Some(RateLimit::ByPlan),
            _ => None,
        };
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

    /// Open on this machine as long as there is no key at all.
    pub(crate) const fn open_without_keys(self) -> Policy {
        Policy { is_open_without_keys: true, ..self }
    }

    /// Open to all, with so many requests a minute of each address.
    pub(crate) const fn public_per_minute(self, requests: u32) -> Policy {
        Policy { public: Some(Limit { requests, window: MINUTE }), ..self }
    }

    pub(crate) const fn per_minute(self, requests: u32) -> Policy {
        Policy { limit: Some(RateLimit::Fixed(Limit { requests, window: MINUTE })), ..self }
    }

    pub(crate) const fn per_hour(self, requests: u32) -> Policy {
        Policy { limit: Some(RateLimit::Fixed(Limit { requests, window: HOUR })), ..self }
    }

    pub(crate) const fn body_limit(self, body_limit: usize) -> Policy {
        Policy { body_limit, ..self }
    }

    pub(crate) const fn secret_answer(self) -> Policy {
        Policy { has_secret_answer: true, ..self }
    }

    pub(crate) const fn timeout(self, timeout: Duration) -> Policy {
        Policy { timeout, ..self }
    }
}

impl RateLimit {
    /// The limit of a caller; whoever has no key has that of the smallest plan.
    pub(crate) fn limit(self, plan: Option<Plan>) -> Limit {
        let requests = match (self, plan) {
            (RateLimit::Fixed(limit), _) => return limit,
            (RateLimit::ByPlan, None | Some(Plan::Free)) => 10,
            (RateLimit::ByPlan, Some(Plan::Pro)) => 60,
            (RateLimit::ByPlan, Some(Plan::Enterprise)) => 300,
        };
        Limit { requests, window: MINUTE }
    }
}
