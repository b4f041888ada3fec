//! Missing feature values: the cause, and the default that was used.

use serde::{Deserialize, Serialize};

use super::schema::{Feature, FeatureSchema};
use crate::ErrorKind;
use crate::error::{Issue, Path};
use crate::expression::format_number;

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

/// A missing feature value, while a lead is being read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gap {
    /// The feature's position in the schema.
    pub(crate) feature: usize,
    pub(crate) cause: MissingCause,
    pub(crate) found: Option<String>,
}

impl Gap {
    pub(crate) fn describe(&self, schema: &FeatureSchema) -> MissingFeature {
        let feature = &schema.features()[self.feature];
        MissingFeature {
            name: feature.name.clone(),
            label: feature.label.clone(),
            cause: self.cause,
            found: self.found.clone(),
            default: feature.default,
        }
    }
}

/// The issue that strict mode reports for a missing value; `None` where the feature is optional.
pub(super) fn issue(feature: &Feature, cause: MissingCause, found: Option<&str>) -> Option<Issue> {
    let allowed = matches!(cause, MissingCause::Absent | MissingCause::Unseen | MissingCause::Undecided);
    if allowed && !feature.required {
        return None;
    }
    let label = &feature.label;
    let shown = found.unwrap_or_default();
    let (kind, message) = match cause {
        MissingCause::Absent | MissingCause::Undecided => {
            (ErrorKind::MissingFeature, format!("{label} is required"))
        }
        MissingCause::Unreadable => (ErrorKind::InvalidFeature, format!("{label}: cannot read `{shown}`")),
        MissingCause::OutOfRange => {
            (ErrorKind::InvalidFeature, format!("{label}: {shown} lies outside {}", range_in_words(feature)))
        }
        MissingCause::Future => {
            (ErrorKind::InvalidFeature, format!("{label}: {shown} lies after the as-of time"))
        }
        MissingCause::Unseen => {
            let levels = feature.levels.join(", ");
            (ErrorKind::InvalidFeature, format!("{label}: `{shown}` is none of: {levels}"))
        }
    };
    let path = match feature.source.attribute() {
        Some(name) => Path::from_field("attributes").field(name),
        None => Path::from_field("features").field(&*feature.name),
    };
    Some(Issue::new(kind, &*feature.name, path, message, found.map(str::to_owned)))
}

fn range_in_words(feature: &Feature) -> String {
    let whole = if feature.whole { "the whole numbers " } else { "" };
    match feature.range {
        Some(range) if range.high.is_infinite() => format!("{whole}from {} up", format_number(range.low)),
        Some(range) if range.low.is_infinite() => format!("{whole}up to {}", format_number(range.high)),
        Some(range) => format!("{whole}{} to {}", format_number(range.low), format_number(range.high)),
        None => "the whole numbers".to_owned(),
    }
}
