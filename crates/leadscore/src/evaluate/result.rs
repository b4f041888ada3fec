//! What is measured of one pipeline.

use serde::{Serialize, Serializer};

use super::calibration_error::Bin;
use super::curves::{ScoreBin, SharePoint};
use super::effects::{Dependence, FeatureEffect};
use super::{Interval, loss, squared_error};
use crate::Pipeline;
use crate::capacity::Top;
use crate::pipeline::ModelCard;
use crate::scale::Basis;

/// What one pipeline is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PipelineEvaluation {
    /// Which pipeline.
    pub pipeline: EvaluatedPipeline,
    /// How many leads its rules ruled out; they have the lowest score.
    pub ruled_out: usize,
    /// The measures.
    pub measures: Measures,
    /// Its measures less those of the first pipeline, with intervals of draws of the same leads; none of the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Differences>,
    /// Why there are no measures of probabilities, where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_probability: Option<String>,
    /// What the best leads are worth.
    pub top: Vec<TopLeads>,
    /// The tiers, the best first.
    pub tiers: Vec<TierOutcome>,
    /// Whether of leads with a probability p about p are won: leads of like probability, from the lowest up; none without
    /// probabilities.
    pub reliability: Vec<Bin>,
    /// How many won and lost leads have scores in each step of 5 points.
    pub histogram: Vec<ScoreBin>,
    /// The ROC curve: the share of lost and of won leads above each score.
    pub roc: Vec<SharePoint>,
    /// The gain: the share of all leads and of won leads above each score.
    pub gain: Vec<SharePoint>,
    /// Over how many leads `features` and `dependence` are.
    pub explained: usize,
    /// What moves the scores, the strongest first.
    pub features: Vec<FeatureEffect>,
    /// How points hang on the values of the six features that move scores most.
    pub dependence: Vec<Dependence>,
    /// The leads divided by columns.
    pub segments: Vec<SegmentOutcome>,
}

/// Which pipeline was evaluated.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EvaluatedPipeline {
    /// Its id.
    pub id: String,
    /// The name people read.
    pub name: String,
    /// Its version, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 of its JSON, in hex.
    pub content_hash: String,
    /// What its probabilities rest on, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Where its model comes from, if it has one that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelCard>,
    /// What its file says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The measures of somebody who gives every lead the share of won ones as its probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Chance {
    /// One half.
    pub auc: f64,
    /// The share of won leads.
    pub average_precision: f64,
    /// The log loss.
    pub log_loss: f64,
    /// The Brier score.
    pub brier: f64,
}

impl Chance {
    pub(super) fn of(base_rate: f64) -> Chance {
        let mean =
            |of: fn(f64, f64) -> f64| base_rate * of(base_rate, 1.0) + (1.0 - base_rate) * of(base_rate, 0.0);
        Chance { auc: 0.5, average_precision: base_rate, log_loss: mean(loss), brier: mean(squared_error) }
    }
}

/// A measure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Measured {
    /// The measure.
    pub value: f64,
    /// Where 95 of 100 values lie when the leads are drawn anew; none without draws.
    #[serde(flatten)]
    pub interval: Option<Interval>,
}

impl Measured {
    /// A measure without an interval.
    pub fn alone(value: f64) -> Measured {
        Measured { value, interval: None }
    }
}

/// The measures of one pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Measures {
    /// The area under the ROC curve: how likely a won lead has a higher score than a lost one.
    pub auc: Measured,
    /// The area under the curve of precision by recall.
    pub average_precision: Measured,
    /// The largest distance of won and lost leads (Kolmogorov–Smirnov).
    pub ks: Measured,
    /// The mean of −ln of the probability of what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<Measured>,
    /// The mean squared difference of the probability and what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brier: Option<Measured>,
    /// How far probabilities are from what happened, beside what chance makes of perfect ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<Calibration>,
}

/// The expected calibration error, without its bins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Calibration {
    /// The error.
    pub value: f64,
    /// What that of perfect probabilities is below in 95 of 100 cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perfect_95: Option<f64>,
    /// The same in 999 of 1,000 cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perfect_999: Option<f64>,
}

/// Measures less those of another pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Differences {
    /// Of the area under the ROC curve.
    pub auc: Measured,
    /// Of the average precision.
    pub average_precision: Measured,
    /// Of the Kolmogorov–Smirnov distance.
    pub ks: Measured,
    /// Of the log loss, where both have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<Measured>,
    /// Of the Brier score, where both have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brier: Option<Measured>,
}

/// So many of the best leads.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TopLeads {
    /// How many, as it was asked for: `10 %`.
    #[serde(serialize_with = "as_text")]
    pub top: Top,
    /// The number of leads.
    pub leads: usize,
    /// The share of them that were won; of equal scores at the end as large a part counts as fits.
    pub conversion: Measured,
    /// That share over the one of all leads.
    pub lift: Measured,
    /// The share of all won leads that are among them.
    pub capture: Measured,
}

/// The leads of one tier.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TierOutcome {
    /// The tier's name; none for leads without a tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// How many leads.
    pub leads: usize,
    /// How many of them were won.
    pub won: usize,
    /// The share that was won, with Wilson's interval; none without leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Measured>,
}

/// The leads divided by one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SegmentOutcome {
    /// The column's name.
    pub column: String,
    /// Its values, the most frequent first.
    pub groups: Vec<GroupOutcome>,
    /// How many more values there are.
    pub more: usize,
}

/// The leads of one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupOutcome {
    /// The value; none for leads without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How many leads.
    pub leads: usize,
    /// How many of them were won.
    pub won: usize,
    /// The share that was won, with Wilson's interval.
    pub conversion: Measured,
    /// The mean score.
    pub mean_score: f64,
    /// The area under the ROC curve within them; none where all have one outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auc: Option<Measured>,
}

impl EvaluatedPipeline {
    pub(super) fn of(pipeline: &Pipeline) -> EvaluatedPipeline {
        EvaluatedPipeline {
            id: pipeline.id().to_owned(),
            name: pipeline.name().to_owned(),
            version: pipeline.version().map(str::to_owned),
            content_hash: pipeline.content_hash().to_owned(),
            basis: pipeline.basis(),
            model: pipeline.model_card().cloned(),
            note: pipeline.note().map(str::to_owned),
        }
    }
}

fn as_text<S: Serializer>(top: &Top, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(top)
}
