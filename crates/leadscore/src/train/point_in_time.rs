//! The moments of a lead's life as of which it is judged.

use crate::math::fnv_1a;
use crate::math::random::{hash, unit};
use crate::time::MILLIS_PER_DAY;
use crate::{Error, ErrorKind, Timestamp};

/// Moments spread over the lives of leads, each labelled with whether the lead was won within some days after it.
///
/// A lead is judged as of moments at which it was open and of which it is known what the days after them brought. What
/// happened later than a moment has no part in its row: features are taken as of the moment.
///
/// ```
/// use leadscore::train::{Life, PointInTime};
/// use leadscore::{Timestamp, Zone};
/// let day = |text: &str| Timestamp::parse(text, &Zone::utc());
/// let rows = PointInTime::new(30.0, day("2026-06-30")?)?.every(10.0)?;
/// let life = Life { start: day("2026-01-01")?, won_at: Some(day("2026-02-15")?), lost_at: None };
/// let moments = rows.moments("lead-7", &life);
/// assert!(moments.len() == 4 || moments.len() == 5);
/// // Thirty days before it was won it was not yet seen to be won.
/// assert_eq!((moments[0].is_won, moments.last().map(|last| last.is_won)), (false, Some(true)));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointInTime {
    horizon_ms: i64,
    step_ms: i64,
    end: Timestamp,
    seed: u64,
}

/// When a lead came, and when it was won or lost, if it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// The first moment at which it could have been scored.
    pub start: Timestamp,
    /// When it was won.
    pub won_at: Option<Timestamp>,
    /// When it was given up.
    pub lost_at: Option<Timestamp>,
}

/// A lead as of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub at: Timestamp,
    /// Whether the lead was won after it, within the horizon.
    pub is_won: bool,
}

impl PointInTime {
    /// Rows that ask who is won within so many days, of leads that are known up to a moment. A lead is judged three times
    /// within the horizon.
    ///
    /// # Errors
    /// `invalid_context` with `horizon` for days that are not above 0, or are more than 100 years.
    pub fn new(horizon_days: f64, end: Timestamp) -> Result<PointInTime, Error> {
        let horizon_ms = millis("horizon", horizon_days)?;
        Ok(PointInTime { horizon_ms, step_ms: (horizon_ms / 3).max(1), end, seed: 0 })
    }

    /// The same with other days between the moments of a lead.
    ///
    /// # Errors
    /// `invalid_context` with `every` for days that are not above 0, or are more than 100 years.
    pub fn every(self, days: f64) -> Result<PointInTime, Error> {
        Ok(PointInTime { step_ms: millis("every", days)?, ..self })
    }

    /// The same with other draws.
    #[must_use]
    pub fn seed(self, seed: u64) -> PointInTime {
        PointInTime { seed, ..self }
    }

    /// The days within which a lead is won or not.
    pub fn horizon_days(&self) -> f64 {
        self.horizon_ms as f64 / MILLIS_PER_DAY as f64
    }

    /// The days between the moments of a lead.
    pub fn step_days(&self) -> f64 {
        self.step_ms as f64 / MILLIS_PER_DAY as f64
    }

    /// The moments of a lead's life, the earliest first: one drawn from its first step, by the seed and the lead's key, and
    /// one every step after that, for as long as it is open and what the horizon brought is known.
    pub fn moments(&self, key: &str, life: &Life) -> Vec<Moment> {
        let start = life.start.as_millis();
        let won_at = life.won_at.map(Timestamp::as_millis).filter(|at| *at <= self.end.as_millis());
        let lost_at = life.lost_at.map(Timestamp::as_millis).filter(|at| *at <= self.end.as_millis());
        // The whole horizon must have been seen, of leads with an outcome too: of the last days only those would be left,
        // and more of them won than there are.
        let seen_until = self.end.as_millis().saturating_sub(self.horizon_ms);
        let open_until =
            won_at.into_iter().chain(lost_at).min().map_or(seen_until, |ended| ended.min(seen_until));
        // Drawn without a look at the outcome: leads that are won at once have their due share of moments, not more.
        let drawn = unit(hash(self.seed, [fnv_1a(key.bytes()), 0]));
        let first = start.saturating_add((drawn * self.step_ms as f64) as i64);
        let moment = |at: i64| {
            let is_won = won_at.is_some_and(|won| won <= at.saturating_add(self.horizon_ms));
            Some(Moment { at: Timestamp::from_millis(at).ok()?, is_won })
        };
        (0..)
            .map(|step| first.saturating_add(self.step_ms.saturating_mul(step)))
            .take_while(|at| *at < open_until)
            .map_while(moment)
            .collect()
    }
}

fn millis(option: &'static str, days: f64) -> Result<i64, Error> {
    const MOST_DAYS: f64 = 36_525.0;
    let millis = (days * MILLIS_PER_DAY as f64).round();
    if !(millis >= 1.0 && days <= MOST_DAYS) {
        let message = format!("wants days above 0 and up to {MOST_DAYS}, found {days}");
        return Err(Error::new(ErrorKind::InvalidContext, option, message));
    }
    Ok(millis as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = MILLIS_PER_DAY;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_millis(day * DAY).unwrap()
    }

    proptest! {
        #[test]
        fn each_moment_is_open_and_its_label_is_known(
            start in 0..1000_i64, won in proptest::option::of(0..1200_i64), lost in proptest::option::of(0..1200_i64),
            horizon in 1..200_i64, step in 1..100_i64, seed: u64, key: String,
        ) {
            let end = 1000;
            let rows = PointInTime::new(horizon as f64, at(end)).unwrap().every(step as f64).unwrap().seed(seed);
            let life = Life { start: at(start), won_at: won.map(at), lost_at: lost.map(at) };
            let moments = rows.moments(&key, &life);
            let ended = won.into_iter().chain(lost).filter(|day| *day <= end).min();
            for moment in &moments {
                prop_assert!(moment.at >= at(start));
                prop_assert!(ended.is_none_or(|day| moment.at < at(day)));
                prop_assert!(moment.at < at(end - horizon));
                let is_won = won.is_some_and(|day| day <= end && at(day).as_millis() - moment.at.as_millis() <= horizon * DAY);
                prop_assert_eq!(moment.is_won, is_won);
            }
            prop_assert!(moments.windows(2).all(|pair| pair[1].at.as_millis() - pair[0].at.as_millis() == step * DAY));
            // No step of an open life is without a moment.
            let open_until = ended.map_or(end - horizon, |day| day.min(end - horizon));
            let steps = (open_until - start).max(0) / step;
            prop_assert!((steps..=steps + 1).contains(&(moments.len() as i64)), "{steps} {}", moments.len());
            // What comes later changes no moment and no draw.
            let later = Life { won_at: won.map(|day| at(day + 500)), ..life };
            let others = rows.moments(&key, &later);
            prop_assert!(moments.iter().zip(&others).all(|(own, other)| own.at == other.at));
        }
    }

    #[test]
    fn draws_depend_on_the_lead_and_the_seed() {
        let rows = PointInTime::new(30.0, at(400)).unwrap();
        let life = Life { start: at(0), won_at: None, lost_at: None };
        let first = |rows: &PointInTime, key: &str| rows.moments(key, &life)[0].at.as_millis();
        assert_eq!(first(&rows, "a"), first(&rows, "a"));
        assert_ne!(first(&rows, "a"), first(&rows, "b"));
        assert_ne!(first(&rows, "a"), first(&rows.seed(1), "a"));
        // Spread over the first step.
        let mut firsts: Vec<i64> = (0..1000).map(|lead| first(&rows, &format!("lead {lead}"))).collect();
        firsts.sort_unstable();
        assert!(firsts[999] < 10 * DAY && (4 * DAY..6 * DAY).contains(&firsts[500]), "{}", firsts[500]);
    }

    #[test]
    fn days_that_mean_nothing_are_refused() {
        for days in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert_eq!(PointInTime::new(days, at(9)).unwrap_err().path().to_string(), "horizon");
            let rows = PointInTime::new(1.0, at(9)).unwrap();
            assert_eq!(rows.every(days).unwrap_err().path().to_string(), "every");
        }
    }
}
