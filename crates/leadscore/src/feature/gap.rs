//! Features found without a value while a record is read, and what strict mode says of them.

use super::missing::{MissingCause, MissingFeature};
use super::schema::{Feature, FeatureSchema};
use crate::ErrorKind;
use crate::error::{Issue, Path};
use crate::expression::format_number;

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

/// The issue that strict mode reports for a missing value; `None` where the feature is optional and nothing stands there.
pub(super) fn issue(feature: &Feature, cause: MissingCause, found: Option<&str>) -> Option<Issue> {
    let is_absent = matches!(cause, MissingCause::Absent | MissingCause::Undecided);
    if cause == MissingCause::Outweighed || (is_absent && !feature.required) {
        return None;
    }
    let label = &feature.label;
    let shown = found.unwrap_or_default();
    let (kind, message) = match cause {
        MissingCause::Absent | MissingCause::Undecided | MissingCause::Outweighed => {
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
