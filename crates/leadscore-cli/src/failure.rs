//! What ends a command early.

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads our output any more.
    Closed,
    /// What was wrong, where, and what to do.
    Said(String),
    /// The same, from the library: its error, and the name of the input it is about, if one is known.
    Core(Option<String>, leadscore::Error),
}

impl Failure {
    pub(crate) fn said(message: impl Into<String>) -> Failure {
        Failure::Said(message.into())
    }

    /// An error of the library about a named input.
    pub(crate) fn about(name: &str, error: &leadscore::Error) -> Failure {
        Failure::Core(Some(name.to_owned()), error.clone())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Closed => f.write_str("nobody reads the output"),
            Failure::Said(message) => f.write_str(message),
            Failure::Core(None, error) => error.fmt(f),
            Failure::Core(Some(name), error) => write!(f, "{name}: {error}"),
        }
    }
}

impl From<Failure> for leadscore::Error {
    fn from(failure: Failure) -> leadscore::Error {
        match failure {
            Failure::Core(_, error) => error,
            other => leadscore::Error::new(leadscore::ErrorKind::Io, "", other.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure::Closed;
        }
        Failure::Said(error.to_string())
    }
}

impl From<leadscore::Error> for Failure {
    fn from(error: leadscore::Error) -> Failure {
        Failure::Core(None, error)
    }
}
