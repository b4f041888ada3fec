//! The types of features.

use crate::json::word_for;

/// What kind of value a feature has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureType {
    /// Any number.
    Number,
    /// 0 or 1.
    Flag,
    /// One of the feature's levels; in a matrix, the level's position.
    Category,
    /// Text to show; never a column of a matrix.
    Text,
}

impl FeatureType {
    /// Its word in a schema.
    pub(crate) fn word(self) -> &'static str {
        word_for(&TYPES, &self)
    }
}

pub(super) const TYPES: [(&str, FeatureType); 4] = [
    ("number", FeatureType::Number),
    ("flag", FeatureType::Flag),
    ("category", FeatureType::Category),
    ("text", FeatureType::Text),
];
