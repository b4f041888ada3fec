//! Scores sales leads: which ones first, why, and what to do next.

#[cfg(feature = "csv")]
pub mod csv;
pub mod error;
pub mod explain;
mod expression;
pub mod feature;
pub mod forest;
mod json;
pub mod lead;
pub mod math;
pub mod pipeline;
pub mod scale;
mod scorecard;
mod scorer;
pub mod tier;
pub mod time;

pub use error::{Error, ErrorKind};
pub use explain::{Contribution, Explanation, FeatureValue, TopReason};
pub use feature::{Column, ColumnReader, Feature, FeatureMatrix, FeatureSchema, FeatureType, Missing, Mode};
pub use forest::Forest;
pub use json::Range;
pub use lead::{Activity, Attribute, Lead};
pub use pipeline::{
    ClassProbability, Context, Detail, EstimateValue, GroupScore, ModelCard, Pipeline, Prediction,
    Provenance, Recommendation, RiskFactor, Score, Scorer,
};
pub use scale::Basis;
pub use scorecard::Scorecard;
pub use scorer::ContributionKind;
pub use tier::{Tier, TierScheme};
pub use time::{DateTime, Timestamp, Zone};
