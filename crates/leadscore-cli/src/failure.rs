//! What ends a command early.

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads our output any more.
    Closed,
    /// What was wrong, where, and what to do.
    Said(String),
}

impl Failure {
    pub(crate) fn said(message: impl Into<String>) -> Failure {
        Failure::Said(message.into())
    }

    /// An error of the library about a named input.
    pub(crate) fn about(name: &str, error: &leadscore::Error) -> Failure {
        Failure::Said(format!("{name}: {error}"))
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
        Failure::Said(error.to_string())
    }
}
