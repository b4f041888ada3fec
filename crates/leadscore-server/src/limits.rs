//! Fixed windows of requests, counted exactly: for each caller and route, in this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::policy::Limit;

/// The windows that are open.
#[derive(Default)]
pub(crate) struct Windows(Mutex<HashMap<(usize, String), Window>>);

struct Window {
    count: u32,
    began: Instant,
    /// Its end, in seconds since 1970.
    reset: u64,
    length: Duration,
}

/// What a caller may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When the window ends, in seconds since 1970.
    pub(crate) reset: u64,
    /// For a request too many: in how many seconds the window ends, rounded up.
    pub(crate) refused: Option<u64>,
}

/// Ended windows are removed when there are so many.
const SWEEP_AT: usize = 10_000;

impl Windows {
    /// Counts a request; one too many uses nothing up.
    pub(crate) fn take(&self, route: usize, caller: &str, limit: Limit) -> Allowance {
        self.take_at(route, caller, limit, Instant::now(), SystemTime::now())
    }

    fn take_at(
        &self,
        route: usize,
        caller: &str,
        limit: Limit,
        now: Instant,
        clock: SystemTime,
    ) -> Allowance {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= SWEEP_AT {
            windows.retain(|_, window| now.duration_since(window.began) < window.length);
        }
        let window = windows.entry((route, caller.to_owned())).or_insert_with(|| Window {
            count: 0,
            began: now,
            reset: 0,
            length: limit.window,
        });
        if window.count == 0 || now.duration_since(window.began) >= limit.window {
            let end = clock + limit.window;
            let end = end.duration_since(UNIX_EPOCH).unwrap_or_default();
            *window =
                Window { count: 0, began: now, reset: end.as_secs_f64().ceil() as u64, length: limit.window };
        }
        let left = (window.began + limit.window).duration_since(now);
        let refused = (window.count >= limit.requests).then(|| (left.as_secs_f64().ceil() as u64).max(1));
        if refused.is_none() {
            window.count += 1;
        }
        Allowance {
            limit: limit.requests,
            remaining: limit.requests - window.count,
            reset: window.reset,
            refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_the_limit_is_refused_until_the_window_ends() {
        let windows = Windows::default();
        let limit = Limit { requests: 3, window: Duration::from_secs(60) };
        let (start, clock) = (Instant::now(), UNIX_EPOCH + Duration::from_millis(1_000_400));
        let take = |caller: &str, after: u64| {
            let after = Duration::from_millis(after);
            windows.take_at(0, caller, limit, start + after, clock + after)
        };
        let remaining: Vec<u32> = (0..3).map(|index| take("a", index).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = take("a", 10_500);
        assert_eq!((refused.remaining, refused.refused, refused.reset), (0, Some(50), 1_061));
        assert_eq!(take("b", 10_500).remaining, 2);
        assert_eq!(take("a", 59_999).refused, Some(1));
        assert_eq!((take("a", 60_000).remaining, take("a", 60_000).reset), (2, 1_121));
    }
}
