//! Stops asking a server that fails again and again, for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counts failures in a row. After so many it is open: nothing is asked until the pause is over, and then one attempt
/// finds out whether the server is back.
#[derive(Debug)]
pub(super) struct CircuitBreaker {
    limit: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failure_count: u32,
    open_until: Option<Instant>,
    is_probing: bool,
}

/// Leave to make one attempt, whose end is to be told. Dropped without a word, as when the caller stops waiting, it says
/// nothing about the server.
pub(super) struct Attempt<'a> {
    breaker: &'a CircuitBreaker,
    is_probe: bool,
}

impl CircuitBreaker {
    pub(super) fn new(limit: u32, pause: Duration) -> CircuitBreaker {
        CircuitBreaker { limit, pause, state: Mutex::default() }
    }

    /// None while it is open.
    pub(super) fn attempt(&self) -> Option<Attempt<'_>> {
        let mut state = self.lock();
        match state.open_until {
            None => Some(Attempt { breaker: self, is_probe: false }),
            Some(until) if Instant::now() < until || state.is_probing => None,
            Some(_) => {
                state.is_probing = true;
                Some(Attempt { breaker: self, is_probe: true })
            }
        }
    }

    /// The numbers are whole after every change, so a thread that panicked elsewhere does no harm.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The server answered, if only with a word on what is wrong with the request.
    pub(super) fn succeeded(self) {
        let mut state = self.breaker.lock();
        state.failure_count = 0;
        state.open_until = None;
    }

    /// The server failed.
    pub(super) fn failed(self) {
        let mut state = self.breaker.lock();
        state.failure_count = state.failure_count.saturating_add(1);
        if state.failure_count >= self.breaker.limit {
            state.open_until = Some(Instant::now() + self.breaker.pause);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.lock().is_probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_probes_and_closes() {
        let breaker = CircuitBreaker::new(2, Duration::from_secs(30));
        breaker.attempt().unwrap().failed();
        breaker.attempt().unwrap().succeeded();
        breaker.attempt().unwrap().failed();
        breaker.attempt().unwrap().failed();
        assert!(breaker.attempt().is_none());
        tokio::time::advance(Duration::from_secs(31)).await;
        let probe = breaker.attempt().unwrap();
        assert!(breaker.attempt().is_none());
        probe.failed();
        assert!(breaker.attempt().is_none());
        tokio::time::advance(Duration::from_secs(31)).await;
        // Who stops waiting does not keep the others from trying.
        drop(breaker.attempt().unwrap());
        breaker.attempt().unwrap().succeeded();
        assert!(breaker.attempt().is_some() && breaker.attempt().is_some());
    }
}
