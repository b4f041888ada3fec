//! Scores sales leads: which ones first, why, and what to do next.

pub mod error;
pub mod explain;
mod expression;
pub mod feature;
pub mod forest;
mod json;
pub mod math;
pub mod pipeline;
pub mod record;
pub mod scale;
pub mod scorecard;
mod scorer;
pub mod tier;
pub mod time;

pub use error::{Error, ErrorKind};
pub use explain::{
    Contribution, Disqualification, Explanation, FeatureValue, FeatureValues, NamedValue, Reason,
};
pub use expression::Expression;
pub use feature::{
    AttributeColumn, ColumnReader, Dataset, Feature, FeatureMatrix, FeatureSchema, FeatureType,
    MissingFeature, Mode,
};
pub use forest::Forest;
pub use json::Range;
pub use pipeline::{
    ClassProbability, Context, Estimate, EstimateValue, GroupScore, ImportOptions, Interval, ModelCard,
    Pipeline, PipelineBuilder, Prediction, Provenance, Recommendation, RiskFactor, Score, ScoreColumns,
    ScoreOptions, Scorer, Warning, When,
};
pub use record::{Activity, Attribute, Lead, Record};
pub use scale::{Basis, Scale};
pub use scorecard::Scorecard;
pub use scorer::ContributionKind;
pub use tier::{Tier, TierScheme};
pub use time::{AsOf, DateTime, Timestamp, Zone};

/// The version of `ndarray` whose arrays go into a [`FeatureMatrix`] and whose views come out of it.
pub use ndarray;
