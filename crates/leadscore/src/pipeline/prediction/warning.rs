//! What a reader of a score should know: what a record said that could not be used, and what a tier by rank rests on.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::feature::{MissingCause, MissingFeature};
use crate::time::NO_END;

/// Something a record said that could not be used, and so was taken as missing, or what is to know of a tier by rank; as
/// JSON, and on display, a sentence.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// A feature whose value could not be used: which, why, and what was found.
    UnusableValue(MissingFeature),
    /// There is no tier, because tiers are by rank in a list and the lead was scored alone.
    NoRank,
    /// Leads of the list with the same score are in another tier, which is by rank.
    EqualScores,
    /// A warning read back from JSON, of which the sentence alone is known.
    Sentence(String),
}

const NO_RANK: &str = "there is no tier: it is the rank among other leads, and this lead was scored alone; score the whole list";
const EQUAL_SCORES: &str = "leads of the list with the same score are in another tier: of equal scores the earlier lead ranks higher";

impl Warning {
    /// The feature whose value could not be used, where it is known.
    pub fn feature(&self) -> Option<&MissingFeature> {
        match self {
            Warning::UnusableValue(missing) => Some(missing),
            Warning::NoRank | Warning::EqualScores | Warning::Sentence(_) => None,
        }
    }

    /// What was wrong with the value, without the feature's label.
    pub fn problem(&self) -> String {
        let missing = match self {
            Warning::UnusableValue(missing) => missing,
            Warning::NoRank => return NO_RANK.to_owned(),
            Warning::EqualScores => return EQUAL_SCORES.to_owned(),
            Warning::Sentence(sentence) => return sentence.clone(),
        };
        let found = missing.found.as_deref().unwrap_or_default();
        match missing.cause {
            MissingCause::Unreadable => format!("cannot read `{found}`; taken as missing"),
            MissingCause::OutOfRange => format!("{found} lies outside the range; taken as missing"),
            MissingCause::Future if found.starts_with(NO_END) => {
                format!("{found} means no end; taken as missing")
            }
            MissingCause::Future => format!("{found} lies after the as-of time; taken as missing"),
            MissingCause::Unseen => format!("`{found}` is not a known level; taken as missing"),
            MissingCause::Outweighed => {
                format!("the record states {found}, more than is counted in the activity log, which is used")
            }
            MissingCause::Absent => "not known".to_owned(),
        }
    }

    /// The warning of a sentence: of one of these features, where it is theirs.
    pub(super) fn from_sentence(sentence: String, missing: &[MissingFeature]) -> Warning {
        let warnings = missing.iter().map(|missing| Warning::UnusableValue(missing.clone()));
        let warnings = warnings.chain([Warning::NoRank, Warning::EqualScores]);
        let mut same = warnings.filter(|warning| warning.to_string() == sentence);
        same.next().unwrap_or(Warning::Sentence(sentence))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::UnusableValue(missing) => write!(f, "{}: {}", missing.label, self.problem()),
            Warning::NoRank => f.write_str(NO_RANK),
            Warning::EqualScores => f.write_str(EQUAL_SCORES),
            Warning::Sentence(sentence) => f.write_str(sentence),
        }
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
