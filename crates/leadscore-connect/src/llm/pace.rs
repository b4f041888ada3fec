//! Keeps to what a vendor says is left of its rate limits, so that no request goes out which would be refused.
//!
//! Sources: `OpenAI`'s page on rate limits (`x-ratelimit-*`, with durations such as `6m0s`), and Anthropic's
//! (`anthropic-ratelimit-*`, with times). Both refill without a break, and say when all is there again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// What is left for all who ask one model. Nothing is known before the first answer, and nothing is then held back.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Left>);

#[derive(Debug, Default, Clone)]
struct Left {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

/// It has room for `limit`, had `level` at a moment, and gains `per_second`.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: f64,
    level: f64,
    per_second: f64,
    at: Instant,
}

/// Longer resets are no rate limits, but quotas, of which a refusal says more.
const LONGEST_RESET: Duration = Duration::from_secs(86_400);

impl Pace {
    /// Takes one request of so many tokens out, and says how long to wait until there is as much; whoever is told to wait has
    /// taken nothing.
    pub(super) fn take(&self, tokens: u64, now: Instant) -> Result<(), Duration> {
        let mut left = self.lock();
        let mut after = left.clone();
        let taken = [(&mut after.requests, 1.0), (&mut after.tokens, tokens as f64)];
        let waits = taken.into_iter().filter_map(|(bucket, need)| bucket.as_mut()?.take(need, now));
        match waits.max() {
            None => {
                *left = after;
                Ok(())
            }
            Some(wait) => Err(wait),
        }
    }

    /// What an answer says is left. What it does not say stays as it was.
    pub(super) fn learn(&self, headers: &HeaderMap, now: Instant) {
        let mut left = self.lock();
        let requests = openai(headers, "requests", now).or_else(|| anthropic(headers, "requests", now));
        let tokens = openai(headers, "tokens", now)
            .or_else(|| anthropic(headers, "input-tokens", now))
            .or_else(|| anthropic(headers, "tokens", now));
        left.requests = requests.or(left.requests);
        left.tokens = tokens.or(left.tokens);
    }

    /// The numbers are whole after every change, so a thread that panicked elsewhere does no harm.
    fn lock(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn new(limit: u64, remaining: u64, reset: Duration, at: Instant) -> Option<Bucket> {
        if limit == 0 || remaining > limit || reset > LONGEST_RESET {
            return None;
        }
        let (limit, level) = (limit as f64, remaining as f64);
        let per_second = if reset.is_zero() { f64::INFINITY } else { (limit - level) / reset.as_secs_f64() };
        // Where nothing is said to come back, a refusal is waited for.
        (per_second > 0.0).then_some(Bucket { limit, level, per_second, at })
    }

    /// The wait until there is as much; more than there is room for is never waited for.
    fn take(&mut self, need: f64, now: Instant) -> Option<Duration> {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        // Nothing gained of nothing for ever is no number.
        let gained = if gained.is_nan() { 0.0 } else { gained };
        self.level = (self.level + gained).min(self.limit);
        self.at = now;
        let need = need.min(self.limit);
        if self.level >= need || self.per_second.is_infinite() {
            self.level = (self.level - need).max(0.0);
            return None;
        }
        Duration::try_from_secs_f64((need - self.level) / self.per_second).ok()
    }
}

fn openai(headers: &HeaderMap, what: &str, now: Instant) -> Option<Bucket> {
    let text = |part: &str| text(headers, &format!("x-ratelimit-{part}-{what}"));
    Bucket::new(
        text("limit")?.parse().ok()?,
        text("remaining")?.parse().ok()?,
        duration(text("reset")?)?,
        now,
    )
}

fn anthropic(headers: &HeaderMap, what: &str, now: Instant) -> Option<Bucket> {
    let text = |part: &str| text(headers, &format!("anthropic-ratelimit-{what}-{part}"));
    let reset: Timestamp = text("reset")?.parse().ok()?;
    let reset = Duration::try_from(reset.duration_since(Timestamp::now())).unwrap_or_default();
    Bucket::new(text("limit")?.parse().ok()?, text("remaining")?.parse().ok()?, reset, now)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A duration as Go writes it: `1s`, `6m0s`, `17ms`, `1h2m3.5s`.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..unit].parse().ok()?;
        let end =
            rest[unit..].find(|c: char| c.is_ascii_digit() || c == '.').map_or(rest.len(), |at| unit + at);
        seconds += number
            * match &rest[unit..end] {
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[end..];
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn told(headers: &[(&str, &str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn openai_told(limit: &str, remaining: &str, reset: &str) -> HeaderMap {
        told(&[
            ("x-ratelimit-limit-requests", limit),
            ("x-ratelimit-remaining-requests", remaining),
            ("x-ratelimit-reset-requests", reset),
        ])
    }

    #[test]
    fn durations_are_those_of_go() {
        for (text, millis) in [
            ("1s", 1_000),
            ("6m0s", 360_000),
            ("17ms", 17),
            ("1h2m3.5s", 3_723_500),
            ("0s", 0),
            ("1m26.4s", 86_400),
        ] {
            assert_eq!(duration(text).unwrap().as_millis(), millis, "{text}");
        }
        for text in ["", "5", "s", "1x", "-1s", "1s2", "1.2.3s", "1e9s", "1 s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_left_comes_back_bit_by_bit() {
        let (pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.take(u64::MAX, now), Ok(()));
        // All ten are there again in ten seconds.
        pace.learn(&openai_told("10", "0", "10s"), now);
        assert_eq!(pace.take(1, now), Err(Duration::from_secs(1)));
        assert_eq!(pace.take(1, now + Duration::from_secs(2)), Ok(()));
        assert_eq!(pace.take(1, now + Duration::from_secs(2)), Ok(()));
        assert_eq!(pace.take(1, now + Duration::from_secs(2)), Err(Duration::from_secs(1)));
        // Never more than there is room for.
        let later = now + Duration::from_secs(3_600);
        for _ in 0..10 {
            assert_eq!(pace.take(1, later), Ok(()));
        }
        assert_eq!(pace.take(1, later), Err(Duration::from_secs(1)));
        // A newer word counts.
        pace.learn(&openai_told("10", "10", "0s"), later);
        assert_eq!(pace.take(1, later), Ok(()));
    }

    #[test]
    fn tokens_are_waited_for_as_many_as_are_wanted() {
        let (pace, now) = (Pace::default(), Instant::now());
        let left = |limit, remaining, reset| {
            told(&[
                ("x-ratelimit-limit-tokens", limit),
                ("x-ratelimit-remaining-tokens", remaining),
                ("x-ratelimit-reset-tokens", reset),
            ])
        };
        pace.learn(&left("1000", "400", "6s"), now);
        assert_eq!(pace.take(300, now), Ok(()));
        assert_eq!(pace.take(300, now), Err(Duration::from_secs(2)));
        // What is more than there is room for goes out when all is there; who is told to wait has taken nothing.
        assert_eq!(pace.take(9_000, now), Err(Duration::from_secs(9)));
        assert_eq!(pace.take(100, now), Ok(()));
        // Requests and tokens both count.
        pace.learn(&openai_told("1", "0", "30s"), now);
        assert_eq!(pace.take(1, now), Err(Duration::from_secs(30)));
    }

    #[test]
    fn anthropic_says_when_all_is_there() {
        let (pace, now) = (Pace::default(), Instant::now());
        let reset = (Timestamp::now() + jiff::SignedDuration::from_secs(60)).to_string();
        pace.learn(
            &told(&[
                ("anthropic-ratelimit-requests-limit", "60"),
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", &reset),
                ("anthropic-ratelimit-input-tokens-limit", "1000"),
                ("anthropic-ratelimit-input-tokens-remaining", "1000"),
                ("anthropic-ratelimit-input-tokens-reset", "2020-01-01T00:00:00Z"),
            ]),
            now,
        );
        let wait = pace.take(10, now).unwrap_err().as_secs_f64();
        assert!((0.9..=1.0).contains(&wait), "{wait}");
    }

    #[test]
    fn nonsense_holds_nobody_back() {
        let (pace, now) = (Pace::default(), Instant::now());
        for (limit, remaining, reset) in [
            ("0", "0", "1s"),
            ("10", "11", "1s"),
            ("10", "0", "48h"),
            ("10", "0", "soon"),
            ("10", "-1", "1s"),
            ("x", "0", "1s"),
            ("10", "0", "0s"),
            ("10", "10", "10s"),
            ("99999999999999999999999", "0", "1s"),
        ] {
            pace.learn(&openai_told(limit, remaining, reset), now);
            assert_eq!(pace.take(1, now), Ok(()), "{limit} {remaining} {reset}");
        }
    }
}
