//! What a model says of itself, as `/api/v1/model/*` tells it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// `GET /api/v1/model/info`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelInfo {
    /// The model's version.
    pub version: String,
    /// How many features it reads.
    pub n_features: usize,
    /// Their names, in the order of its rows.
    pub features: Vec<String>,
    /// The same and where it comes from.
    pub metadata: ModelMetadata,
}

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelMetadata {
    /// The model's version.
    pub version: String,
    /// The names of its features.
    pub features: Vec<String>,
    /// How many features it reads.
    pub n_features: usize,
    /// `xgboost`, `lightgbm` or `scorecard`.
    pub model_type: String,
    /// The day it was trained, null where unknown.
    pub training_date: Option<String>,
    /// Whether it was trained on made-up leads.
    pub is_stub: bool,
}

/// How much each feature matters: `{"importance": {name: number}, "top_10": [[name, number]]}`, the most important
/// first.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance(Vec<(String, f64)>);

impl Importance {
    /// Sorts by importance; features of the same importance stay in the order they are given in.
    pub(super) fn new(mut features: Vec<(String, f64)>) -> Importance {
        features.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Importance(features)
    }

    /// Every feature, the most important first.
    pub fn features(&self) -> &[(String, f64)] {
        &self.0
    }

    /// The first ten, or all where there are fewer.
    pub fn top_10(&self) -> &[(String, f64)] {
        &self.0[..self.0.len().min(10)]
    }
}

impl Serialize for Importance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(2))?;
        object.serialize_entry("importance", &InOrder(&self.0))?;
        object.serialize_entry("top_10", self.top_10())?;
        object.end()
    }
}

/// An object whose keys keep their order.
struct InOrder<'a>(&'a [(String, f64)]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
