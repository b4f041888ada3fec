//! Whether and when a question is asked again, and what a failed attempt has cost.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use leadscore::task::{Cost, FailureKind, ModelFailure, Permit, Usage};
use tokio::time::Instant;

pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// Who asks for a longer wait does not want to be asked again.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// The waits between attempts: each twice as long as the one before and up to as much again at random.
pub(super) struct Waits(ExponentialBackoff);

impl Waits {
    pub(super) fn new(first: Duration) -> Waits {
        let waits = ExponentialBuilder::new().with_min_delay(first).with_max_delay(LONGEST_WAIT);
        Waits(waits.with_jitter().without_max_times().build())
    }

    /// How long to wait after a failure; none where another attempt helps nothing or comes too late.
    pub(super) fn before_next(&mut self, failure: &ModelFailure, deadline: Instant) -> Option<Duration> {
        let own_wait = self.0.next().unwrap_or(LONGEST_WAIT);
        // Whom nobody asks to wait does not hurry all the same.
        let wait = failure.retry_after.filter(|wait| !wait.is_zero()).unwrap_or(own_wait);
        let helps = failure.is_transient() && wait <= LONGEST_RETRY_AFTER && Instant::now() + wait < deadline;
        helps.then_some(wait)
    }
}

/// Settles an attempt that failed: by its tokens where they are known, for nothing where no model has seen the request, else in
/// full.
pub(super) fn settle_failure(permit: Permit<'_>, failure: &ModelFailure) {
    let is_unpaid = matches!(
        failure.kind,
        FailureKind::RateLimited
            | FailureKind::NoCredit
            | FailureKind::Unauthorized
            | FailureKind::UnknownModel
            | FailureKind::BadRequest
    );
    match (failure.usage, is_unpaid) {
        (Some(usage), _) => permit.settle(&usage, None),
        (None, true) => permit.settle(&Usage::default(), Some(Cost::default())),
        (None, false) => drop(permit),
    }
}
