//! What ends a command early.

use std::error::Error as _;

use leadscore::{Error, ErrorKind};

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Standard output was closed.
    Closed,
    /// What was wrong, where, and what to do.
    Message(String),
    /// The same, from the library: its error, and the name of the input it is about, if its path does not name it.
    Library(Option<String>, Error),
}

impl Failure {
    pub(crate) fn message(message: impl Into<String>) -> Failure {
        Failure::Message(message.into())
    }

    /// Whether all was done, and the result says nothing of the leads.
    pub(crate) fn is_worthless(&self) -> bool {
        matches!(self, Failure::Library(_, error) if error.kind() == ErrorKind::WorthlessResult)
    }

    /// An error of the library about a named input.
    pub(crate) fn about(name: &str, error: Error) -> Failure {
        match Failure::from(error) {
            Failure::Library(_, error) => Failure::Library(Some(name.to_owned()), error),
            closed => closed,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Closed => f.write_str("nobody reads the output"),
            Failure::Message(message) => f.write_str(message),
            Failure::Library(None, error) => error.fmt(f),
            Failure::Library(Some(name), error) => write!(f, "{name}: {error}"),
        }
    }
}

/// The options of the library that are options here too.
const OPTIONS: &[&str] = &[
    "top",
    "columns",
    "capacity",
    "target",
    "positive",
    "segment",
    "drop",
    "time",
    "folds",
    "rounds",
    "monotone",
    "activities",
    "horizon",
    "every",
    "start",
    "ended",
    "won_by",
    "lost_by",
    "missing",
    "weight",
    "map",
];

/// An error about an option of the library that is an option here too, under its name on the command line.
pub(crate) fn of_option(error: Error) -> Failure {
    let option = error.path().to_string();
    match error.kind() {
        ErrorKind::InvalidContext if OPTIONS.contains(&option.as_str()) => {
            Failure::message(format!("--{}: {}", option.replace('_', "-"), error.message()))
        }
        _ => Failure::from(error),
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::from(Error::from(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let system = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
        if system.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return Failure::Closed;
        }
        Failure::Library(None, error)
    }
}
