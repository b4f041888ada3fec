//! Which boosting rounds of a model are used.

use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind};

/// Which boosting rounds to use: by default the best, as the scikit-learn classes of both libraries do.
///
/// ```
/// use leadscore::forest::Iterations;
/// assert_eq!("best".parse(), Ok(Iterations::Best));
/// assert_eq!(Iterations::NAMES, [Iterations::All.name(), Iterations::Best.name()]);
/// assert_eq!(Iterations::default(), Iterations::Best);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Iterations {
    /// All of the file, as XGBoost's own `Booster` does.
    All,
    /// Up to the best round where the file names one, else all, as the libraries' scikit-learn classes do.
    #[default]
    Best,
}

impl Iterations {
    /// The names that can be parsed.
    pub const NAMES: [&str; 2] = ["all", "best"];

    /// The name, which [`str::parse`] reads back.
    pub fn name(self) -> &'static str {
        match self {
            Iterations::All => "all",
            Iterations::Best => "best",
        }
    }
}

impl FromStr for Iterations {
    type Err = Error;

    /// Reads `all` or `best`.
    ///
    /// # Errors
    /// `unknown_name` for anything else.
    fn from_str(name: &str) -> Result<Iterations, Error> {
        [Iterations::All, Iterations::Best]
            .into_iter()
            .find(|iterations| iterations.name() == name)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::UnknownName,
                    "iterations",
                    format!("unknown iterations `{name}`; known: {}", Iterations::NAMES.join(", ")),
                )
            })
    }
}

impl fmt::Display for Iterations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
