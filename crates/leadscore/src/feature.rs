//! From a record and its activity log to features, by a schema that is data.

mod activity_kinds;
mod activity_log;
mod activity_types;
mod cells;
mod columns;
mod dataset;
mod email_address;
mod extract;
mod feature_type;
mod filter;
mod flag_word;
mod gap;
mod levels;
mod match_cache;
mod matching;
mod matrix;
#[cfg(feature = "parallel")]
mod matrix_rows;
mod missing;
mod number;
mod schema;
mod sources;
mod unusable;

pub use activity_kinds::ActivityKinds;
pub use columns::{AttributeColumn, ColumnReader};
pub use dataset::{Dataset, DatasetBuilder};
pub use extract::Mode;
pub use feature_type::FeatureType;
pub use matrix::FeatureMatrix;
#[cfg(feature = "parallel")]
pub use matrix_rows::MatrixRows;
pub use missing::{MissingCause, MissingFeature};
pub use schema::{Feature, FeatureSchema};
pub use unusable::UnusableValues;

pub(crate) use cells::{CellKind, CellReader};
pub(crate) use extract::{Extraction, ExtractionBuffers, RecordRow};
pub(crate) use gap::Gap;
pub(crate) use levels::{Level, Levels, Spelling};
pub(crate) use unusable::UnusableTally;
