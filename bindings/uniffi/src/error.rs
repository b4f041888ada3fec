//! Errors of the library on their way to the other side.

use leadscore::Error;

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
        /// All that strict mode found wrong with a lead.
        issues: Vec<Issue>,
    },
}

/// One thing that strict mode refuses in a lead.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Issue {
    /// The stable name of what is wrong.
    pub code: String,
    /// The name of the feature.
    pub feature: String,
    /// Where in the input.
    pub path: String,
    /// What is wrong, in plain words.
    pub message: String,
    /// What the record said, where it said something.
    pub found: Option<String>,
}

impl From<Error> for LeadscoreError {
    fn from(error: Error) -> LeadscoreError {
        LeadscoreError::Refused {
            code: error.code().to_owned(),
            path: error.path().to_string(),
            text: error.message().to_owned(),
            issues: error.issues().iter().map(Issue::from).collect(),
        }
    }
}

impl From<&leadscore::error::Issue> for Issue {
    fn from(issue: &leadscore::error::Issue) -> Issue {
        Issue {
            code: issue.kind().code().to_owned(),
            feature: issue.feature().to_owned(),
            path: issue.path().to_string(),
            message: issue.message().to_owned(),
            found: issue.found().map(str::to_owned),
        }
    }
}
