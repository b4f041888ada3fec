//! When a delivery that failed is tried again.

use std::time::Duration;

use super::{Delivery, DeliveryOutcome};

/// The waits between attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    waits: Vec<Duration>,
    attempts: usize,
}

/// 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: the example of Standard Webhooks.
const WAITS: [u64; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
const ATTEMPTS: usize = 8;
/// The longest wait that a receiver can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3_600);
/// The longest wait of all: a month.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 86_400);
/// Waits are this much longer or shorter, at random, so that receivers do not get all of them at once.
const JITTER: f64 = 0.2;

impl Default for Schedule {
    fn default() -> Self {
        Schedule { waits: WAITS.map(Duration::from_secs).to_vec(), attempts: ATTEMPTS }
    }
}

impl Schedule {
    /// Eight attempts over some thirty hours.
    pub fn new() -> Schedule {
        Schedule::default()
    }

    /// Waits of your own: the first before the first attempt, then one after each failure. The last one stays.
    #[must_use]
    pub fn waits(mut self, waits: impl IntoIterator<Item = Duration>) -> Schedule {
        self.waits = waits.into_iter().collect();
        self
    }

    /// The same with so many attempts in all.
    #[must_use]
    pub fn attempts(mut self, attempts: usize) -> Schedule {
        self.attempts = attempts;
        self
    }

    /// How long to wait after an attempt that was the so-manieth, from 1; none where there is no next one.
    ///
    /// `random` is a number from 0 to 1, drawn by the caller. A receiver that is busy may ask for a longer wait, up to an hour.
    pub fn wait_after(&self, attempt: usize, delivery: &Delivery, random: f64) -> Option<Duration> {
        let retry_after = match &delivery.outcome {
            DeliveryOutcome::Failed { retry_after } if attempt < self.attempts => *retry_after,
            _ => return None,
        };
        let wait =
            self.waits.get(attempt).or(self.waits.last()).copied().unwrap_or_default().min(LONGEST_WAIT);
        // No number at all is as good as none drawn.
        let random = if random.is_nan() { 0.5 } else { random.clamp(0.0, 1.0) };
        let wait = wait.mul_f64(1.0 + JITTER * (2.0 * random - 1.0));
        Some(retry_after.map_or(wait, |asked| wait.max(asked.min(LONGEST_RETRY_AFTER))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(retry_after: Option<u64>) -> Delivery {
        Delivery {
            outcome: DeliveryOutcome::Failed { retry_after: retry_after.map(Duration::from_secs) },
            status: Some(503),
            reply: String::new(),
            error: None,
        }
    }

    #[test]
    fn waits_grow_vary_and_end() {
        let schedule = Schedule::new();
        let waits: Vec<u64> = (1..8)
            .map(|attempt| schedule.wait_after(attempt, &failed(None), 0.5).unwrap().as_secs())
            .collect();
        assert_eq!(waits, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400]);
        assert_eq!(schedule.wait_after(8, &failed(None), 0.5), None);
        let of = |random: f64| schedule.wait_after(2, &failed(None), random).unwrap().as_secs();
        assert_eq!((of(0.0), of(1.0), of(f64::INFINITY)), (240, 360, 360));
        assert_eq!(of(f64::NAN), 300);
        let endless = Schedule::new().waits([Duration::MAX]).wait_after(1, &failed(None), 1.0);
        assert_eq!(endless.map(|wait| wait.as_secs()), Some(36 * 86_400));
        let asked = |seconds: u64| schedule.wait_after(1, &failed(Some(seconds)), 0.5).unwrap().as_secs();
        assert_eq!((asked(0), asked(60), asked(1_000_000)), (5, 60, 3_600));
        for outcome in [DeliveryOutcome::Delivered, DeliveryOutcome::Gone, DeliveryOutcome::NotAllowed] {
            assert_eq!(schedule.wait_after(1, &Delivery { outcome, ..failed(None) }, 0.5), None);
        }
        assert_eq!(Schedule::new().waits([]).wait_after(1, &failed(None), 0.5), Some(Duration::ZERO));
        assert!(
            Schedule::new()
                .waits([Duration::from_secs(9)])
                .attempts(99)
                .wait_after(98, &failed(None), 0.5)
                .is_some()
        );
    }
}
