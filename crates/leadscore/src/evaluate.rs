//! Is it any good: measures of scores and probabilities against what became of the leads (feature `learn`).
//!
//! [`Outcomes`] holds what was predicted beside what happened. Its measures are those of the field: the area under the
//! ROC curve (Hanley and `McNeil`, 1982), average precision, log loss, the Brier score (1950), the expected
//! calibration error over bins of equal counts, the Kolmogorov–Smirnov distance, lift and capture of the best share.
//!
//! [`Evaluation`] is all of it for one or more pipelines: measures with their intervals and differences, tiers, curves,
//! segments, and what moves the scores.

mod calibration_error;
mod curves;
mod draws;
mod effects;
mod evaluation;
mod ranking;
mod resample;
mod result;
mod scored;

pub use calibration_error::{Bin, CalibrationError};
pub use curves::{ScoreBin, SharePoint};
pub use effects::{Dependence, FeatureEffect, LevelPoints, MissingPoints, ValuePoints};
pub use evaluation::{Evaluation, EvaluationOptions, SegmentColumn};
pub use resample::Interval;
pub use result::{
    Calibration, Chance, Differences, EvaluatedPipeline, GroupOutcome, Measured, Measures,
    PipelineEvaluation, SegmentOutcome, TierOutcome, TopLeads,
};
pub use scored::{LeadSample, PipelineScores, ScoredLead};

use crate::error::Path;
use crate::{Error, ErrorKind, math};

/// Probabilities are kept this far from 0 and 1 in the log loss.
const LEAST_PROBABILITY: f64 = 1e-15;

/// Predictions beside what happened: 1 for won, 0 for lost.
///
/// ```
/// use leadscore::evaluate::Outcomes;
/// let outcomes = Outcomes::new(vec![0.9, 0.6, 0.4, 0.1], vec![1.0, 1.0, 0.0, 0.0])?;
/// assert_eq!(outcomes.auc(), 1.0);
/// assert!((outcomes.brier() - 0.085).abs() < 1e-12);
/// assert_eq!(outcomes.lift(0.5), 2.0);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    predictions: Vec<f64>,
    labels: Vec<f64>,
    /// None where every lead counts once.
    weights: Option<Vec<f64>>,
}

impl Outcomes {
    /// Predictions and labels, one of each for a lead.
    ///
    /// # Errors
    /// `invalid_matrix` where the counts differ, a prediction is not finite, a label is neither 0 nor 1, or one of the two
    /// labels does not occur.
    pub fn new(predictions: Vec<f64>, labels: Vec<f64>) -> Result<Outcomes, Error> {
        let invalid = |path: Path, message: String| Error::new(ErrorKind::InvalidMatrix, path, message);
        if predictions.len() != labels.len() {
            let message = format!("{} labels for {} predictions", labels.len(), predictions.len());
            return Err(invalid("labels".into(), message));
        }
        if let Some(row) = predictions.iter().position(|prediction| !prediction.is_finite()) {
            let message = format!("{} is not finite", predictions[row]);
            return Err(invalid(Path::from_field("predictions").index(row), message));
        }
        if let Some(row) = labels.iter().position(|label| *label != 0.0 && *label != 1.0) {
            let message = format!("a label is 0 or 1, found {}", labels[row]);
            return Err(invalid(Path::from_field("labels").index(row), message));
        }
        if labels.iter().all(|label| *label == 1.0) || labels.iter().all(|label| *label == 0.0) {
            let message = "there are leads of one outcome only: nothing can be told apart".to_owned();
            return Err(invalid("labels".into(), message));
        }
        Ok(Outcomes { predictions, labels, weights: None })
    }

    /// The same where each lead counts as much as its weight, in every measure.
    ///
    /// # Errors
    /// `invalid_matrix` with `weights` where the counts differ, a weight is negative or not finite, or all leads of an
    /// outcome weigh nothing.
    ///
    /// ```
    /// use leadscore::evaluate::Outcomes;
    /// let outcomes = Outcomes::new(vec![0.9, 0.6, 0.4], vec![1.0, 0.0, 0.0])?.with_weights(vec![1.0, 1.0, 8.0])?;
    /// assert_eq!(outcomes.base_rate(), 0.1);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn with_weights(self, weights: Vec<f64>) -> Result<Outcomes, Error> {
        let invalid = |path: Path, message: String| Error::new(ErrorKind::InvalidMatrix, path, message);
        if weights.len() != self.labels.len() {
            let message = format!("{} weights for {} leads", weights.len(), self.labels.len());
            return Err(invalid("weights".into(), message));
        }
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            let message = format!("a weight is a finite number from 0 up, found {}", weights[row]);
            return Err(invalid(Path::from_field("weights").index(row), message));
        }
        let has =
            |label: f64| self.labels.iter().zip(&weights).any(|(own, weight)| *own == label && *weight > 0.0);
        if !has(0.0) || !has(1.0) {
            let message =
                "every won lead or every lost lead has weight 0, so there is nothing to compare".to_owned();
            return Err(invalid("weights".into(), message));
        }
        Ok(Outcomes { weights: Some(weights), ..self })
    }

    /// How many leads.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// The share of leads that were won.
    pub fn base_rate(&self) -> f64 {
        self.mean(|_, label| label)
    }

    /// How much all leads weigh: their count where none has a weight.
    pub fn total_weight(&self) -> f64 {
        self.weights.as_ref().map_or(self.count() as f64, |weights| weights.iter().sum())
    }

    /// Whether leads have weights.
    pub fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// The mean of −ln of the probability that was given to what happened.
    pub fn log_loss(&self) -> f64 {
        self.mean(loss)
    }

    /// The mean squared difference of the probability and what happened.
    pub fn brier(&self) -> f64 {
        self.mean(squared_error)
    }

    fn mean(&self, value: impl Fn(f64, f64) -> f64) -> f64 {
        let pairs = self.predictions.iter().zip(&self.labels).enumerate();
        let sum: f64 =
            pairs.map(|(row, (prediction, label))| self.weight(row) * value(*prediction, *label)).sum();
        sum / self.total_weight()
    }
}

/// −ln of the probability that was given to what happened.
fn loss(prediction: f64, label: f64) -> f64 {
    let given = if label == 1.0 { prediction } else { 1.0 - prediction };
    -math::ln(given.clamp(LEAST_PROBABILITY, 1.0))
}

fn squared_error(prediction: f64, label: f64) -> f64 {
    (prediction - label) * (prediction - label)
}
