//! Missing feature values: the cause, and the default that was used.

use serde::{Deserialize, Serialize};

/// Why a feature value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MissingCause {
    /// The record has no value, or a formula depends on something that is missing.
    Absent,
    /// The value cannot be read as the feature's type.
    Unreadable,
    /// The value lies outside the feature's range.
    OutOfRange,
    /// The date lies after the as-of time.
    Future,
    /// The category has no such level.
    Unseen,
    /// A rule that depends on something missing, and so did not fire.
    Undecided,
    /// A count that the record states is larger than that of the activity log, which is used instead.
    Outweighed,
}

/// A feature whose value is missing, and the default that was used.
///
/// ```
/// use leadscore::{AsOf, Lead, Pipeline, Zone, feature::MissingCause};
/// let lead = Lead::new("l-1").with("recency_days", 3).with("page_views", -2).with("prior_course_interest", "high");
/// let prediction = Pipeline::builtin("heat")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let missing = prediction.missing.iter().find(|missing| missing.name == "page_views").unwrap();
/// assert_eq!((missing.cause, missing.found.as_deref()), (MissingCause::OutOfRange, Some("-2")));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MissingFeature {
    /// The feature's name.
    pub name: String,
    /// The name people read.
    pub label: String,
    /// The cause.
    #[serde(rename = "reason")]
    pub cause: MissingCause,
    /// The value in the record, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The default that was used, if the feature has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<f64>,
}
