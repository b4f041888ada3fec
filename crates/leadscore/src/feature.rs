//! From a lead record and its activity log to features, by a schema that is data.

mod columns;
mod extract;
mod matching;
mod matrix;
mod schema;
mod source;

pub use columns::{Column, ColumnReader};
pub use extract::{Missing, Mode, Reason};
pub use matrix::FeatureMatrix;
pub use schema::{Feature, FeatureSchema, FeatureType};

pub(crate) use extract::Extraction;
