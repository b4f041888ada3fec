//! The names of the measures of importance.

use std::fmt;
use std::str::FromStr;

use super::ImportanceBy;
use crate::feature::FeatureMatrix;
use crate::{Error, ErrorKind};

/// What importance is measured by, as a word; [`ImportanceBy`] is the same with the leads it is measured over.
///
/// ```
/// use leadscore::pipeline::{ImportanceBy, ImportanceMeasure};
/// let measure: ImportanceMeasure = "total_gain".parse()?;
/// assert_eq!(measure.over(None)?, ImportanceBy::TotalGain);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportanceMeasure {
    /// `gain`: [`ImportanceBy::Gain`].
    Gain,
    /// `total_gain`: [`ImportanceBy::TotalGain`].
    TotalGain,
    /// `cover`: [`ImportanceBy::Cover`].
    Cover,
    /// `total_cover`: [`ImportanceBy::TotalCover`].
    TotalCover,
    /// `largest`: [`ImportanceBy::Largest`].
    Largest,
    /// `leads`: [`ImportanceBy::Leads`], the only one that wants a matrix.
    Leads,
}

const WORDS: [(&str, ImportanceMeasure); 6] = [
    ("gain", ImportanceMeasure::Gain),
    ("total_gain", ImportanceMeasure::TotalGain),
    ("cover", ImportanceMeasure::Cover),
    ("total_cover", ImportanceMeasure::TotalCover),
    ("largest", ImportanceMeasure::Largest),
    ("leads", ImportanceMeasure::Leads),
];

impl ImportanceMeasure {
    /// The measure with the matrix it is taken over, which `leads` alone wants.
    ///
    /// # Errors
    /// `unknown_name` where a matrix is missing, or there is one that would not be looked at.
    pub fn over(self, leads: Option<&FeatureMatrix>) -> Result<ImportanceBy<'_>, Error> {
        Ok(match (self, leads) {
            (ImportanceMeasure::Gain, None) => ImportanceBy::Gain,
            (ImportanceMeasure::TotalGain, None) => ImportanceBy::TotalGain,
            (ImportanceMeasure::Cover, None) => ImportanceBy::Cover,
            (ImportanceMeasure::TotalCover, None) => ImportanceBy::TotalCover,
            (ImportanceMeasure::Largest, None) => ImportanceBy::Largest,
            (ImportanceMeasure::Leads, Some(matrix)) => ImportanceBy::Leads(matrix),
            _ => return Err(unknown(&self.to_string())),
        })
    }
}

impl fmt::Display for ImportanceMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::json::word_for(&WORDS, self))
    }
}

impl FromStr for ImportanceMeasure {
    type Err = Error;

    fn from_str(text: &str) -> Result<ImportanceMeasure, Error> {
        let found = WORDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, measure)| *measure).ok_or_else(|| unknown(text))
    }
}

fn unknown(by: &str) -> Error {
    let message = format!(
        "unknown measure `{by}`; known: gain, total_gain, cover, total_cover, largest, and leads with a matrix"
    );
    Error::new(ErrorKind::UnknownName, "by", message)
}
