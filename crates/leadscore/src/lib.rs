//! Scores sales leads: which ones first, why, and what to do next.

#[cfg(feature = "csv")]
pub mod csv;
pub mod error;
mod json;
pub mod lead;
pub mod math;
pub mod time;

pub use error::Error;
pub use json::Range;
pub use lead::{Activity, Attribute, Lead};
pub use time::{Timestamp, Zone};
