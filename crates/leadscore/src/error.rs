//! What can go wrong, each with a stable code and a path into the input.

mod issue;
mod meant;
mod path;

use std::fmt;
use std::sync::Arc;

pub use issue::Issue;
pub use meant::did_you_mean;
pub use path::{Path, PathStep};

/// One enum and its list of all kinds from one table, so that neither can forget a kind.
macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $code:literal,)+) => {
        /// What kind of thing went wrong; callers branch on it, or on its [`code`](ErrorKind::code).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl ErrorKind {
            /// Every kind there is.
            pub const ALL: &[ErrorKind] = &[$(ErrorKind::$kind),+];

            /// The stable name of the kind, in snake case: `invalid_json`.
            pub fn code(self) -> &'static str {
                match self {
                    $(ErrorKind::$kind => $code,)+
                }
            }
        }
    };
}

error_kinds! {
    /// The text is not JSON.
    InvalidJson = "invalid_json",
    /// A pipeline file that cannot be used.
    InvalidPipeline = "invalid_pipeline",
    /// A pipeline file of a format this version does not know.
    UnsupportedFormat = "unsupported_format",
    /// No built-in pipeline, schema or tier scheme has that name.
    UnknownName = "unknown_name",
    /// A lead record that cannot be read.
    InvalidLead = "invalid_lead",
    /// Options of a scoring, or a stored conversation, that cannot be read.
    InvalidContext = "invalid_context",
    /// A question to a language model, its price or its budget that cannot be used.
    InvalidTask = "invalid_task",
    /// Documents that cannot be used as a knowledge base.
    InvalidKnowledge = "invalid_knowledge",
    /// A sender that a message cannot be sent from.
    InvalidSender = "invalid_sender",
    /// Strict mode: a required feature has no value.
    MissingFeature = "missing_feature",
    /// Strict mode: a value lies outside the feature's range, or cannot be read as its type.
    InvalidFeature = "invalid_feature",
    /// A time or time zone that cannot be read.
    InvalidTime = "invalid_time",
    /// A feature matrix whose columns do not fit the schema or the model.
    InvalidMatrix = "invalid_matrix",
    /// A table that cannot be read as CSV: empty, binary, a web page.
    UnreadableTable = "unreadable_table",
    /// A model file that is malformed, or not one at all.
    InvalidModel = "invalid_model",
    /// A model of a kind or objective that cannot be represented exactly.
    UnsupportedModel = "unsupported_model",
    /// The model keeps no cover, without which there are no contributions.
    CoverMissing = "cover_missing",
    /// Contributions are not defined for this model.
    ContributionsUnsupported = "contributions_unsupported",
    /// The model's objective does not define how its margins become scores.
    ScaleRequired = "scale_required",
    /// Something that was asked for by name or path does not exist.
    NotFound = "not_found",
    /// The caller asked for the work to be stopped.
    Cancelled = "cancelled",
    /// Reading or writing failed in the operating system; [`Error::source`](std::error::Error::source) is its error.
    Io = "io",
    /// A defect of leadscore itself; retrying does not help, reporting it does.
    Internal = "internal",
}

/// Anything leadscore refuses, with a stable [`code`](Error::code) and a [`path`](Error::path) into the input.
///
/// The path reads like the input: `leads[3].activities[0].at` or `scorer.groups[1].rules[0].points`.
/// It is empty where the whole input is meant.
///
/// The type is opaque so that details can be added without breaking callers. Two errors are equal when their kind, path
/// and message are.
///
/// ```
/// use leadscore::ErrorKind;
/// let error = leadscore::Pipeline::from_json("{}").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidPipeline);
/// assert_eq!(error.code(), "invalid_pipeline");
/// ```
#[derive(Debug, Clone)]
pub struct Error(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    kind: ErrorKind,
    path: Path,
    message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    issues: Vec<Issue>,
}

impl Error {
    /// An error of some kind about a value in the input; an empty path means the whole input.
    ///
    /// ```
    /// use leadscore::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::InvalidLead, "leads[3].email", "wants a text");
    /// assert_eq!(error.to_string(), "leads[3].email: wants a text");
    /// ```
    pub fn new(kind: ErrorKind, path: impl Into<Path>, message: impl Into<String>) -> Error {
        Error(Box::new(Details {
            kind,
            path: path.into(),
            message: message.into(),
            source: None,
            issues: Vec::new(),
        }))
    }

    /// An error of the operating system about a file: [`ErrorKind::NotFound`] or [`ErrorKind::Io`].
    ///
    /// ```
    /// use leadscore::{Error, ErrorKind};
    /// let missing = std::fs::read("no such file").unwrap_err();
    /// assert_eq!(Error::io("no such file", missing).kind(), ErrorKind::NotFound);
    /// ```
    pub fn io(path: impl AsRef<std::path::Path>, error: std::io::Error) -> Error {
        let name = path.as_ref().display().to_string();
        Error::from(error).within(Path::from_field(name))
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable name of the kind, for callers that branch on it.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// Where in the input, empty for the whole of it.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What was wrong, in plain words and without the path.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Everything that strict mode found wrong with a lead, in the order of the schema; the error itself is about the
    /// first. Empty for errors of other kinds.
    ///
    /// ```
    /// use leadscore::{Lead, Mode, Pipeline, Timestamp, Zone};
    /// let pipeline = Pipeline::builtin("b2b")?;
    /// let as_of = Timestamp::parse("2026-11-22", &Zone::utc())?;
    /// let lead = Lead::new("l-1").with("company_employee_count", -5);
    /// let issues = pipeline.schema().check(&lead, as_of, &Zone::utc());
    /// assert!(issues.len() > 20 && issues[1].path() == "attributes.company_employee_count");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn issues(&self) -> &[Issue] {
        &self.0.issues
    }

    /// The error of some issues, with kind, path and message of the first; `None` where there is none.
    pub(crate) fn from_issues(issues: Vec<Issue>) -> Option<Error> {
        let first = issues.first()?;
        let mut error = Error::new(first.kind(), first.path().clone(), first.message());
        error.0.issues = issues;
        Some(error)
    }

    /// The same error of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Error {
        self.0.kind = kind;
        self
    }

    /// The same error at another path.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<Path>) -> Error {
        self.0.path = path.into();
        self
    }

    /// The same error of a part of a larger input: the steps are put before its path.
    ///
    /// ```
    /// use leadscore::{Error, ErrorKind, error::Path};
    /// let error = Error::new(ErrorKind::InvalidLead, "email", "wants a text");
    /// assert_eq!(*error.within(Path::from("leads").index(3)).path(), "leads[3].email");
    /// ```
    #[must_use]
    pub fn within(mut self, outer: impl Into<Path>) -> Error {
        let inner = std::mem::take(&mut self.0.path);
        let outer = outer.into();
        for issue in &mut self.0.issues {
            issue.put_before_path(&outer);
        }
        self.0.path = outer.join(inner);
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        self.0.source = Some(Arc::new(source));
        self
    }
}

/// Does work whose panic is an error: a defect of the library must not take the caller's process with it.
///
/// # Errors
/// Those of the work; [`ErrorKind::Internal`] with the panic's message.
///
/// ```
/// use leadscore::{ErrorKind, error::catch_panic};
/// let error = catch_panic(|| -> Result<(), _> { panic!("index out of bounds") }).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Internal);
/// ```
pub fn catch_panic<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let message = "a defect of leadscore ended this; please report it with the input";
        let message = text.map_or_else(|| message.to_owned(), |text| format!("{message}: {text}"));
        Err(Error::new(ErrorKind::Internal, "", message))
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.is_empty() {
            write!(f, "{}: ", self.0.path)?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.source.as_deref()?)
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Error) -> bool {
        let (left, right) = (&self.0, &other.0);
        left.kind == right.kind && left.path == right.path && left.message == right.message
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Io,
        };
        Error::new(kind, "", error.to_string()).with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_snake_case() {
        let codes: std::collections::BTreeSet<&str> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }

    #[test]
    fn an_error_of_the_system_stays_the_source() {
        let error = Error::io("x.csv", std::io::Error::other("the disk is on fire"));
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::Io, "x.csv: the disk is on fire".to_owned())
        );
        assert!(error.source().and_then(|source| source.downcast_ref::<std::io::Error>()).is_some());
    }
}
