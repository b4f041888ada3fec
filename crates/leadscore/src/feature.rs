//! From a record and its activity log to features, by a schema that is data.

mod activity_log;
mod columns;
mod dataset;
mod extract;
mod match_cache;
mod matching;
mod matrix;
mod missing;
mod number;
mod schema;
mod sources;
mod steps;

pub use activity_log::ActivityKinds;
pub use columns::{AttributeColumn, ColumnReader};
pub use dataset::{Dataset, DatasetBuilder};
pub use extract::Mode;
pub use matrix::FeatureMatrix;
pub use missing::{MissingCause, MissingFeature};
pub use schema::{Feature, FeatureSchema, FeatureType};

pub(crate) use extract::Extraction;
pub(crate) use match_cache::MatchCaches;
