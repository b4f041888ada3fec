//! What goes wrong, on its way to the other side.

use std::path::Path;

/// Anything that is refused, with a stable code and the place of it in the input.
#[derive(Debug, Clone, PartialEq, thiserror::Error, uniffi::Error)]
pub enum LeadscoreError {
    /// The only kind; the code tells them apart.
    #[error("{path}: {text}")]
    Refused {
        /// The stable name of what is wrong.
        code: String,
        /// Where in the input; empty for the whole of it.
        path: String,
        /// What was wrong, in plain words.
        text: String,
    },
}

impl LeadscoreError {
    pub(crate) fn new(code: &str, path: impl Into<String>, text: impl Into<String>) -> LeadscoreError {
        LeadscoreError::Refused { code: code.to_owned(), path: path.into(), text: text.into() }
    }

    /// A file that cannot be read.
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> LeadscoreError {
        LeadscoreError::new("io", path.display().to_string(), error.to_string())
    }
}

impl From<leadscore::Error> for LeadscoreError {
    fn from(error: leadscore::Error) -> LeadscoreError {
        LeadscoreError::new(error.code(), error.path().to_string(), error.message())
    }
}
