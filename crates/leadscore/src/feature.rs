//! From a record and its activity log to features, by a schema that is data.

mod activity_log;
mod columns;
mod dataset;
mod extract;
mod matching;
mod matrix;
#[cfg(feature = "parallel")]
mod matrix_rows;
mod missing;
mod number;
mod schema;
mod sources;

pub use activity_log::ActivityKinds;
pub use columns::{AttributeColumn, ColumnReader};
pub use dataset::{Dataset, DatasetBuilder};
pub use extract::Mode;
pub use matrix::FeatureMatrix;
#[cfg(feature = "parallel")]
pub use matrix_rows::MatrixRows;
pub use missing::{MissingCause, MissingFeature};
pub use schema::{Feature, FeatureSchema, FeatureType};

pub(crate) use extract::Extraction;
