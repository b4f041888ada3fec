//! What is told of a training.

use super::{CalibrationMethod, Leak, SizedTrees, TimeOrder};
use crate::evaluate::Outcomes;

/// How a pipeline was learned, and how good it is on leads that its trees had not seen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrainReport {
    /// How many leads.
    pub lead_count: usize,
    /// How many of them were won.
    pub won_count: usize,
    /// What each fold did.
    pub folds: Vec<FoldReport>,
    /// How large the trees are; none where what learns them has one size only.
    pub trees: Option<SizedTrees>,
    /// What every lead was given by trees and a calibration that had not seen it, beside what became of it.
    pub out_of_fold: Outcomes,
    /// How margins became probabilities.
    pub calibration: Calibrated,
    /// What is in each tier, from the best down, by the same probabilities.
    pub tiers: Vec<TierReport>,
    /// Features that look like the answer; they were learned from all the same.
    pub leaks: Vec<Leak>,
    /// How good trees of earlier leads alone are on later ones; none where all rows have one moment, or too few are late.
    pub time_order: Option<TimeOrder>,
}

/// What a fold did.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FoldReport {
    /// The leads held out.
    pub lead_count: usize,
    /// The boosting rounds up to the best.
    pub round_count: usize,
    /// The log loss of the held-out leads there.
    pub held_out_loss: f64,
}

/// Which calibration was taken, and what the others had.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Calibrated {
    /// The one that was taken.
    pub method: CalibrationMethod,
    /// The log loss of each that was tried, on leads that it was not fitted to.
    pub log_losses: Vec<(CalibrationMethod, f64)>,
}

/// What is in a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierReport {
    /// Its name.
    pub tier: String,
    /// How many leads.
    pub lead_count: usize,
    /// How many of them were won.
    pub won_count: usize,
}
