//! Features without a value of their own: why, and what stood in for them.

use serde::{Deserialize, Serialize};

/// Why a feature has no value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MissingCause {
    /// The record does not say, or a formula rests on something it does not say.
    Absent,
    /// The value cannot be read as the feature's type.
    Unreadable,
    /// The value lies outside the feature's range.
    OutOfRange,
    /// The date lies after the as-of time.
    Future,
    /// The category has no such level.
    Unseen,
    /// A rule that rests on something missing, and so did not fire.
    Undecided,
}

/// A feature without a value of its own, and what stood in for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MissingFeature {
    /// The feature's name.
    pub name: String,
    /// The name people read.
    pub label: String,
    /// Why.
    #[serde(rename = "reason")]
    pub cause: MissingCause,
    /// What the record said, where it said something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The default that was used, if the feature has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<f64>,
}
