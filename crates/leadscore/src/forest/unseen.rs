//! What becomes of a level that a model was not trained on.

use std::str::FromStr;

use crate::{Error, ErrorKind};

/// What becomes of a level that a model has not seen in training.
///
/// ```
/// use leadscore::forest::Unseen;
/// assert_eq!("missing".parse(), Ok(Unseen::Missing));
/// assert_eq!(Unseen::default(), Unseen::AsLibrary);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Unseen {
    /// Missing to a LightGBM model and an error to an XGBoost model, as in LightGBM and in XGBoost from 3.3 on.
    #[default]
    AsLibrary,
    /// Missing, whoever trained the model.
    Missing,
    /// An error, whoever trained the model.
    Refused,
}

impl Unseen {
    /// The names that can be parsed.
    pub const NAMES: [&str; 3] = ["library", "missing", "refuse"];

    /// The name, which [`str::parse`] reads back.
    pub fn name(self) -> &'static str {
        match self {
            Unseen::AsLibrary => "library",
            Unseen::Missing => "missing",
            Unseen::Refused => "refuse",
        }
    }
}

impl FromStr for Unseen {
    type Err = Error;

    /// Reads `library`, `missing` or `refuse`.
    ///
    /// # Errors
    /// `unknown_name` for anything else.
    fn from_str(name: &str) -> Result<Unseen, Error> {
        let all = [Unseen::AsLibrary, Unseen::Missing, Unseen::Refused];
        all.into_iter().find(|unseen| unseen.name() == name).ok_or_else(|| {
            let message = format!("unknown word `{name}`; known: {}", Unseen::NAMES.join(", "));
            Error::new(ErrorKind::UnknownName, "unseen", message)
        })
    }
}
