//! Losses: where learning begins, their gradients and hessians by the margin, and their value.

use super::examples::Examples;
use super::options::Objective;
use crate::error::Path;
use crate::forest::base_margin_of;
use crate::math;
use crate::{Error, ErrorKind};

/// Probabilities are kept this far from 0 and 1 in the value of a loss.
const LEAST_PROBABILITY: f64 = 1e-15;
/// The least hessian, so that rows that are predicted for sure still weigh something.
const LEAST_HESSIAN: f64 = 1e-16;

impl Objective {
    /// Refuses labels that the loss has no meaning for.
    pub(super) fn check_each_label(self, examples: &Examples) -> Result<(), Error> {
        let labels = examples.labels();
        let (fits, wants): (&dyn Fn(f64) -> bool, String) = match self {
            Objective::Logistic => (&|label| label == 0.0 || label == 1.0, "a label is 0 or 1".to_owned()),
            Objective::Softmax { classes } => (
                &move |label| label >= 0.0 && label.fract() == 0.0 && label < classes as f64,
                format!("a label is the number of a class, from 0 to {}", classes - 1),
            ),
            Objective::Poisson => (&|label| label >= 0.0, "a count is 0 or more".to_owned()),
            Objective::Squared | Objective::Quantile(_) => (&|_| true, String::new()),
        };
        if let Some(row) = labels.iter().position(|label| !fits(*label)) {
            let message = format!("{wants}, found {}", labels[row]);
            return Err(Error::new(ErrorKind::InvalidMatrix, Path::from_field("labels").index(row), message));
        }
        Ok(())
    }

    /// Refuses labels that the loss has no meaning for, and labels that are all of one class.
    pub(super) fn check_labels(self, examples: &Examples) -> Result<(), Error> {
        self.check_each_label(examples)?;
        let labels = examples.labels();
        let classed = matches!(self, Objective::Logistic | Objective::Softmax { .. });
        let mut weighed = (0..labels.len()).filter(|row| examples.weight(*row) > 0.0).map(|row| labels[row]);
        let first = weighed.next();
        if classed && weighed.all(|label| Some(label) == first) {
            let message = format!("every label is {}: there is nothing to tell apart", labels[0]);
            return Err(Error::new(ErrorKind::InvalidMatrix, "labels", message));
        }
        Ok(())
    }

    /// The margins that every row begins with: those of the best constant. Several classes begin alike, at 0, so that
    /// every version of XGBoost reads the model.
    pub(super) fn base_margins(self, examples: &Examples) -> Vec<f64> {
        let labels = examples.labels();
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, label) in labels.iter().enumerate() {
            sum += label * examples.weight(row);
            total += examples.weight(row);
        }
        let score = match self {
            Objective::Softmax { classes } => return vec![0.0; classes],
            Objective::Logistic => (sum / total).clamp(1e-6, 1.0 - 1e-6),
            Objective::Poisson => (sum / total).max(1e-6),
            Objective::Squared => sum / total,
            Objective::Quantile(level) => {
                let rows = labels.iter().enumerate().map(|(row, label)| (*label, examples.weight(row)));
                weighted_quantile(rows.collect(), level)
            }
        };
        vec![f64::from(base_margin_of(self.name(), score as f32))]
    }

    /// The name of the objective in XGBoost.
    pub(super) fn name(self) -> &'static str {
        match self {
            Objective::Logistic => "binary:logistic",
            Objective::Softmax { .. } => "multi:softprob",
            Objective::Squared => "reg:squarederror",
            Objective::Quantile(_) => "reg:quantileerror",
            Objective::Poisson => "count:poisson",
        }
    }

    /// Gradients and hessians of one output for all rows, times the weights.
    pub(super) fn gradients(self, examples: &Examples, margins: &[f64], output: usize) -> Vec<[f32; 2]> {
        let outputs = self.output_count();
        let labels = examples.labels();
        let own = |(row, label): (usize, &f64)| {
            let own = &margins[row * outputs..(row + 1) * outputs];
            let (gradient, hessian) = match self {
                Objective::Logistic => {
                    let p = math::sigmoid(own[0]);
                    (p - label, (p * (1.0 - p)).max(LEAST_HESSIAN))
                }
                Objective::Softmax { classes } => {
                    let p = softmax(own, output);
                    let is_it = if *label == output as f64 { 1.0 } else { 0.0 };
                    // The factor makes two classes learn as the logistic loss does.
                    let factor = classes as f64 / (classes as f64 - 1.0);
                    (p - is_it, (factor * p * (1.0 - p)).max(LEAST_HESSIAN))
                }
                Objective::Squared => (own[0] - label, 1.0),
                Objective::Poisson => {
                    let mean = math::exp(own[0]);
                    (mean - label, mean)
                }
                Objective::Quantile(level) => (if *label < own[0] { 1.0 - level } else { -level }, 1.0),
            };
            let weight = examples.weight(row);
            [(gradient * weight) as f32, (hessian * weight) as f32]
        };
        labels.iter().enumerate().map(own).collect()
    }

    /// The mean loss of rows with these margins.
    pub(super) fn loss(self, examples: &Examples, margins: &[f64]) -> f64 {
        let outputs = self.output_count();
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, label) in examples.labels().iter().enumerate() {
            let own = &margins[row * outputs..(row + 1) * outputs];
            let loss = match self {
                Objective::Logistic => {
                    let p = math::sigmoid(if *label == 1.0 { own[0] } else { -own[0] });
                    -math::ln(p.max(LEAST_PROBABILITY))
                }
                Objective::Softmax { .. } => -math::ln(softmax(own, *label as usize).max(LEAST_PROBABILITY)),
                Objective::Squared => (own[0] - label) * (own[0] - label),
                Objective::Poisson => math::exp(own[0]) - label * own[0],
                Objective::Quantile(level) => {
                    let off = label - own[0];
                    if off >= 0.0 { level * off } else { (level - 1.0) * off }
                }
            };
            let weight = examples.weight(row);
            sum += loss * weight;
            total += weight;
        }
        sum / total
    }

    /// The level where a leaf is the quantile of what is left, instead of one Newton step.
    pub(super) fn leaf_quantile(self) -> Option<f64> {
        match self {
            Objective::Quantile(level) => Some(level),
            _ => None,
        }
    }
}

fn softmax(margins: &[f64], output: usize) -> f64 {
    let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = margins.iter().map(|margin| math::exp(margin - largest)).sum();
    math::exp(margins[output] - largest) / sum
}

/// The smallest value at or below which the share `level` of the weight lies.
pub(super) fn weighted_quantile(mut values: Vec<(f64, f64)>, level: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = level * values.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut held = 0.0;
    for (value, weight) in &values {
        held += weight;
        if held >= wanted {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}
