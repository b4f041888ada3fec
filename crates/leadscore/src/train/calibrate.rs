//! Which curve turns margins into probabilities.

use super::curve::{Curve, Known, Terms};
use crate::math::random::hash;
use crate::scale::Calibration;
use crate::{Error, math};

/// How the margins of trees become probabilities, learned from leads that the trees have not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CalibrationMethod {
    /// The one of the least log loss on leads that its curve was not fitted to.
    Best,
    /// The margin as it is: the logistic function alone.
    None,
    /// The logistic function of a straight line (Platt, 1999).
    Platt,
    /// The logistic function of two logarithms (beta calibration; Kull, Silva Filho and Flach, 2017).
    Beta,
    /// The logistic function of a line that bends at seven quantiles of the margins.
    Bends,
    /// Isotonic regression.
    Isotonic,
}

/// A calibration with what it says of the leads it was learned from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) method: CalibrationMethod,
    /// None where margins stay as they are.
    pub(super) calibration: Option<Calibration>,
    /// Of each method that was tried, on leads that its curve was not fitted to.
    pub(super) log_losses: Vec<(CalibrationMethod, f64)>,
    /// Each from a curve that was not fitted to the lead.
    pub(super) probabilities: Vec<f64>,
}

/// In how many parts leads are cut to try a curve.
const PART_COUNT: usize = 5;
/// With fewer leads of an outcome there is nothing to learn a curve from.
const LEAST_OF_AN_OUTCOME: usize = 50;
/// A curve is used where its log loss is better by this share: the plain margin else.
const LEAST_BETTER: f64 = 1e-4;

impl CalibrationMethod {
    /// All methods but [`CalibrationMethod::Best`], the simplest first.
    pub const ALL: [CalibrationMethod; 5] = [
        CalibrationMethod::None,
        CalibrationMethod::Platt,
        CalibrationMethod::Beta,
        CalibrationMethod::Bends,
        CalibrationMethod::Isotonic,
    ];

    /// Its name in options and reports.
    pub fn name(self) -> &'static str {
        match self {
            CalibrationMethod::Best => "best",
            CalibrationMethod::None => "none",
            CalibrationMethod::Platt => "platt",
            CalibrationMethod::Beta => "beta",
            CalibrationMethod::Bends => "bends",
            CalibrationMethod::Isotonic => "isotonic",
        }
    }

    fn curve(self, known: &Known<'_>) -> Option<Curve> {
        match self {
            CalibrationMethod::Best | CalibrationMethod::None => None,
            CalibrationMethod::Platt => Some(Terms::Line.fit(known)),
            CalibrationMethod::Beta => Some(Terms::Beta.fit(known)),
            CalibrationMethod::Bends => Some(Terms::bends(known.margins).fit(known)),
            CalibrationMethod::Isotonic => Some(Curve::isotonic(known)),
        }
    }
}

/// Fits a method, or the best one, and says what each lead gets from a curve that was not fitted to it.
///
/// The calibration is for margins that keep only `kept_variance` of the variance of the known ones and tell as much of the
/// outcome. By the rule of attenuation (Spearman, 1904) their slope is steeper by that: the curve is fitted to margins that are
/// drawn to their mean by the same share.
pub(super) fn fit(
    method: CalibrationMethod,
    known: &Known<'_>,
    kept_variance: f64,
    seed: u64,
) -> Result<Fitted, Error> {
    let won = known.labels.iter().filter(|label| **label == 1.0).count();
    let is_small = won.min(known.labels.len() - won) < LEAST_OF_AN_OUTCOME;
    let tried: &[CalibrationMethod] = match &method {
        CalibrationMethod::Best if is_small => &[CalibrationMethod::None],
        CalibrationMethod::Best => &CalibrationMethod::ALL,
        one => std::slice::from_ref(one),
    };
    let mut best: Option<(f64, CalibrationMethod, Vec<f64>)> = None;
    let mut log_losses = Vec::new();
    for method in tried {
        let probabilities = cross_fitted(*method, known, seed)?;
        let loss = log_loss(&probabilities, known);
        log_losses.push((*method, loss));
        // The margin as it is would be too timid.
        let is_left_out = *method == CalibrationMethod::None && kept_variance < 1.0 && tried.len() > 1;
        if is_left_out {
            continue;
        }
        if best.as_ref().is_none_or(|(least, ..)| loss < least * (1.0 - LEAST_BETTER)) {
            best = Some((loss, *method, probabilities));
        }
    }
    let (_, method, probabilities) = best.expect("a method was tried");
    let drawn = drawn_to_mean(known, kept_variance);
    let curve = method.curve(&Known { margins: &drawn, ..*known });
    let calibration = curve.map(|curve| curve.calibration(&drawn)).transpose()?;
    Ok(Fitted { method, calibration, log_losses, probabilities })
}

/// Margins that are so many times as far from their mean.
fn drawn_to_mean(known: &Known<'_>, share: f64) -> Vec<f64> {
    let weighed = known.margins.iter().zip(known.weights);
    let (sum, weight) =
        weighed.fold((0.0, 0.0), |(sum, total), (margin, weight)| (sum + weight * margin, total + weight));
    let mean = sum / weight;
    known
        .margins
        .iter()
        .map(|margin| if share < 1.0 { mean + share * (margin - mean) } else { *margin })
        .collect()
}

/// The probability of each lead by a curve that was fitted to the other parts.
fn cross_fitted(method: CalibrationMethod, known: &Known<'_>, seed: u64) -> Result<Vec<f64>, Error> {
    let count = known.margins.len();
    let part = |row: usize| (hash(seed, [u64::MAX - 1, row as u64]) % PART_COUNT as u64) as usize;
    let mut probabilities = vec![0.0; count];
    for own in 0..PART_COUNT {
        let others: Vec<usize> = (0..count).filter(|row| part(*row) != own).collect();
        let pick = |values: &[f64]| -> Vec<f64> { others.iter().map(|row| values[*row]).collect() };
        let (margins, labels, weights) = (pick(known.margins), pick(known.labels), pick(known.weights));
        let others = Known { margins: &margins, labels: &labels, weights: &weights };
        // Tried in the form in which it would be used.
        let curve = method.curve(&others).map(|curve| curve.calibration(known.margins)).transpose()?;
        for row in (0..count).filter(|row| part(*row) == own) {
            let margin = known.margins[row];
            probabilities[row] =
                curve.as_ref().map_or_else(|| math::sigmoid(margin), |curve| curve.probability(margin));
        }
    }
    Ok(probabilities)
}

fn log_loss(probabilities: &[f64], known: &Known<'_>) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for ((p, label), weight) in probabilities.iter().zip(known.labels).zip(known.weights) {
        let given = if *label == 1.0 { *p } else { 1.0 - p };
        sum -= weight * math::ln(given.max(1e-15));
        total += weight;
    }
    sum / total
}
