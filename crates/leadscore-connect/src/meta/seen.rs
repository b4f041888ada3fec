//! Each event once, though Meta delivers it several times, for days and in parallel.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Remembers the keys of events for a time, up to a number of them. Share one in an `Arc`; it may be asked in parallel.
///
/// It forgets when the process ends. Whoever runs several processes, or must not answer twice after a restart, also needs a store
/// that inserts a key only where it is absent.
///
/// ```
/// use leadscore_connect::meta::SeenIds;
/// let seen = SeenIds::default();
/// assert!(seen.is_first("whatsapp/106540352242922/wamid.A"));
/// assert!(!seen.is_first("whatsapp/106540352242922/wamid.A"));
/// ```
pub struct SeenIds {
    window: Duration,
    capacity: usize,
    hashers: [RandomState; 2],
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    keys: HashSet<u128>,
    /// The oldest first.
    order: VecDeque<(Instant, u128)>,
}

impl Default for SeenIds {
    /// Eight days, as WhatsApp delivers again for up to seven, and 200 000 events, which are less than 20 MB.
    fn default() -> SeenIds {
        SeenIds::new(200_000, Duration::from_secs(8 * 24 * 3_600))
    }
}

impl SeenIds {
    /// A memory for a number of keys, at least one, and a time. When it is full, the oldest key is forgotten.
    pub fn new(capacity: usize, window: Duration) -> SeenIds {
        let hashers = [RandomState::new(), RandomState::new()];
        SeenIds { window, capacity: capacity.max(1), hashers, memory: Mutex::default() }
    }

    /// Whether a key comes for the first time. Of several that ask at once, one is told so.
    pub fn is_first(&self, key: &str) -> bool {
        self.is_first_at(key, Instant::now())
    }

    /// Forgets a key, so that the next delivery is the first again: for events whose handling failed.
    pub fn forget(&self, key: &str) {
        let hash = self.hash(key);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.keys.remove(&hash) {
            memory.order.retain(|(_, own)| *own != hash);
        }
    }

    fn is_first_at(&self, key: &str, now: Instant) -> bool {
        let hash = self.hash(key);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Memory { keys, order } = &mut *memory;
        while let Some(&(since, oldest)) = order.front()
            && now.saturating_duration_since(since) > self.window
        {
            keys.remove(&oldest);
            order.pop_front();
        }
        if keys.contains(&hash) {
            return false;
        }
        if order.len() >= self.capacity
            && let Some((_, oldest)) = order.pop_front()
        {
            keys.remove(&oldest);
        }
        keys.insert(hash);
        order.push_back((now, hash));
        true
    }

    /// 128 bits with random keys: nobody can choose ids that are taken for others, and long ids take no memory.
    fn hash(&self, key: &str) -> u128 {
        let [high, low] = [0, 1].map(|at| u128::from(self.hashers[at].hash_one(key)));
        high << 64 | low
    }
}

impl fmt::Debug for SeenIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenIds")
            .field("window", &self.window)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn keys_are_forgotten_after_the_window_and_when_there_are_too_many() {
        let (seen, start) = (SeenIds::new(3, Duration::from_secs(10)), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert!(
            seen.is_first_at("a", at(0)) && !seen.is_first_at("a", at(10)) && seen.is_first_at("a", at(11))
        );
        for key in ["b", "c", "d"] {
            assert!(seen.is_first_at(key, at(12)));
        }
        assert!(!seen.is_first_at("b", at(13)) && seen.is_first_at("a", at(13)), "a was the oldest of four");
        assert!(seen.memory.lock().unwrap().keys.len() == 3 && seen.memory.lock().unwrap().order.len() == 3);
        assert!(SeenIds::new(0, Duration::MAX).is_first("a"));
    }

    #[test]
    fn what_failed_may_come_again() {
        let seen = SeenIds::default();
        assert!(seen.is_first("a"));
        seen.forget("a");
        seen.forget("never there");
        assert!(seen.is_first("a") && !seen.is_first("a"));
        assert_eq!(seen.memory.lock().unwrap().order.len(), 1);
    }

    #[test]
    fn of_parallel_deliveries_one_is_the_first() {
        let seen = Arc::new(SeenIds::default());
        let firsts: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| (0..2_000).filter(|id| seen.is_first(&format!("wamid.{id}"))).count())
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert_eq!(firsts, 2_000);
    }
}
