//! Where tiers begin, from what is wanted of them.

use super::report::TierReport;
use crate::evaluate::Outcomes;
use crate::tier::{Tier, TierAxis, TierBound, TierScheme};
use crate::{Error, ErrorKind};

/// What is wanted of the tiers HOT, WARM, COLD and DEAD.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TierGoal {
    /// The shares of all won leads that the tiers down to each one hold, rising, the last left out: with `[0.5, 0.8]` HOT
    /// holds half of the won leads, HOT and WARM four of five, COLD the rest. One to three.
    Capture(Vec<f64>),
    /// The least shares of won leads in each tier but the last, falling: with `[0.7, 0.4]` seven of ten HOT leads are won.
    Precision(Vec<f64>),
    /// Tiers that are there already.
    Scheme(TierScheme),
}

const NAMES: [(&str, &str); 4] = [
    ("HOT", "Contact today"),
    ("WARM", "Get in touch this week"),
    ("COLD", "Nurture without sales time"),
    ("DEAD", "No sales time"),
];
/// Probabilities of bounds have so many parts of one.
const STEPS: f64 = 1000.0;

/// The tiers, and what is in each.
pub(super) fn tiers(goal: &TierGoal, outcomes: &Outcomes) -> Result<(TierScheme, Vec<TierReport>), Error> {
    let scheme = match goal {
        TierGoal::Scheme(scheme) => scheme.clone(),
        TierGoal::Capture(shares) => {
            check(shares, |a, b| a < b, "rise")?;
            bounded(shares.iter().map(|share| outcomes.bound_of_capture(*share)))?
        }
        TierGoal::Precision(shares) => {
            check(shares, |a, b| a > b, "fall")?;
            bounded(shares.iter().filter_map(|share| outcomes.bound_of_precision(*share)))?
        }
    };
    let reports = scheme.tiers().iter().map(|tier| {
        let is_own = |probability: f64| {
            scheme.tier(100.0 * probability, Some(probability)).is_some_and(|own| own.name() == tier.name())
        };
        let (count, won) = outcomes.count_where(is_own);
        TierReport { tier: tier.name().to_owned(), lead_count: count, won_count: won }
    });
    let reports = reports.collect();
    Ok((scheme, reports))
}

fn check(shares: &[f64], in_order: impl Fn(f64, f64) -> bool, which: &str) -> Result<(), Error> {
    let inside = shares.iter().all(|share| *share > 0.0 && *share < 1.0);
    if shares.is_empty()
        || shares.len() >= NAMES.len()
        || !inside
        || !shares.windows(2).all(|pair| in_order(pair[0], pair[1]))
    {
        let message = format!("wants one to three shares between 0 and 1 that {which}");
        return Err(Error::new(ErrorKind::InvalidContext, "tiers", message));
    }
    Ok(())
}

/// Tiers that begin at these probabilities; those that would hold nothing are left out.
fn bounded(bounds: impl Iterator<Item = f64>) -> Result<TierScheme, Error> {
    let mut kept: Vec<f64> = Vec::new();
    for bound in bounds {
        let shown = (bound * STEPS).floor() / STEPS;
        if shown > 0.0 && kept.last().is_none_or(|last| shown < *last) {
            kept.push(shown);
        }
    }
    let tiers = NAMES.iter().take(kept.len() + 1).enumerate().map(|(at, (name, action))| {
        let tier = Tier::new(*name).with_action(*action);
        match kept.get(at) {
            Some(bound) => tier.with_bound(TierBound::AtLeast(*bound)),
            None => tier,
        }
    });
    TierScheme::new(TierAxis::Probability, tiers)
}
