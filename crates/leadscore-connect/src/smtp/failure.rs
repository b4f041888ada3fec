//! Why a message was not taken, and whether a retry makes sense.

use std::fmt;

use super::settings::{Login, redacted};
use crate::answer::{cause, shortened};

/// Where it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendFailure {
    /// There is no connection, or it was lost.
    Connection,
    /// A step took too long.
    Timeout,
    /// The TLS handshake failed: a certificate that is not trusted, a name that is not its own, or bytes that are no TLS.
    Tls,
    /// The server offers no `STARTTLS`, or has refused it.
    NoStartTls,
    /// The server offers no way to log in that this library has: `PLAIN` and `LOGIN`, or `XOAUTH2` for an access token.
    NoLogin,
    /// Name and password, or the access token, were refused.
    Login,
    /// The address has letters that the server cannot take, as it does not offer `SMTPUTF8`.
    Address,
    /// The server has refused the connection, the sender, the recipient or the message.
    Refused,
    /// The server's answer is no SMTP.
    Protocol,
}

/// A message was not taken over by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendError {
    /// Where it went wrong.
    pub failure: SendFailure,
    /// The server's reply code, if it replied: 4yz is temporary, 5yz permanent.
    pub code: Option<u16>,
    /// What was being done, and what the server or the system said, shortened and without the password.
    pub message: String,
    /// The message was sent whole, but the answer is missing: it may arrive all the same. Another attempt with the same
    /// [`Message`](super::Message) has the same Message-ID, by which most mail systems drop the second one.
    pub may_have_been_delivered: bool,
}

impl SendError {
    /// Whether the same message may be taken later. Otherwise settings, address or message must change.
    pub fn is_temporary(&self) -> bool {
        match self.code {
            Some(code) => (400..500).contains(&code),
            None => {
                matches!(self.failure, SendFailure::Connection | SendFailure::Timeout | SendFailure::Protocol)
            }
        }
    }

    pub(super) fn new(failure: SendFailure, step: &str, told: &str) -> SendError {
        SendError { failure, code: None, message: format!("{step}: {told}"), may_have_been_delivered: false }
    }

    pub(super) fn timeout(step: &str, seconds: f64) -> SendError {
        SendError::new(SendFailure::Timeout, step, &format!("no answer within {seconds} s"))
    }

    /// What an error of the SMTP library is. `refused` is what a reply code means at this step.
    pub(super) fn from_lettre(
        error: &lettre::transport::smtp::Error,
        step: &str,
        refused: SendFailure,
    ) -> SendError {
        let code = error.status().map(u16::from);
        let failure = if code.is_some() {
            refused
        } else if error.is_timeout() {
            SendFailure::Timeout
        } else if error.is_tls() || is_tls(error) {
            SendFailure::Tls
        } else if error.is_response() {
            SendFailure::Protocol
        } else {
            SendFailure::Connection
        };
        let failure = match cause(error) {
            // The connection was closed instead of an answer.
            text if failure == SendFailure::Protocol && text == "incomplete response" => {
                SendFailure::Connection
            }
            _ => failure,
        };
        let mut own = SendError::new(failure, step, &cause(error));
        own.code = code;
        own
    }

    /// Whether the dialogue can go on after it.
    pub(super) fn is_in_order(&self) -> bool {
        !matches!(
            self.failure,
            SendFailure::Connection | SendFailure::Timeout | SendFailure::Tls | SendFailure::Protocol
        )
    }

    /// Without the password, which must go first: half of it would not be found any more.
    pub(super) fn redacted(mut self, login: Option<&Login>) -> SendError {
        self.message = shortened(&redacted(&self.message, login));
        self
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = self.code {
            write!(f, " ({code})")?;
        }
        if self.may_have_been_delivered {
            f.write_str("; the message may have been delivered all the same")?;
        }
        Ok(())
    }
}

impl std::error::Error for SendError {}

/// TLS errors of a handshake come as errors of input and output.
fn is_tls(error: &lettre::transport::smtp::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && error.kind() == std::io::ErrorKind::InvalidData
        {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_failures_say_whether_to_try_again() {
        let with_code = |code| SendError { code, ..SendError::new(SendFailure::Refused, "RCPT", "no") };
        for (code, temporary) in
            [(421, true), (450, true), (454, true), (535, false), (550, false), (554, false)]
        {
            assert_eq!(with_code(Some(code)).is_temporary(), temporary, "{code}");
        }
        for (failure, temporary) in [
            (SendFailure::Connection, true),
            (SendFailure::Timeout, true),
            (SendFailure::Protocol, true),
            (SendFailure::Tls, false),
            (SendFailure::NoStartTls, false),
            (SendFailure::NoLogin, false),
            (SendFailure::Address, false),
        ] {
            assert_eq!(SendError::new(failure, "x", "y").is_temporary(), temporary, "{failure:?}");
        }
    }

    #[test]
    fn answers_are_short_and_on_one_line() {
        let login = Login {
            user: "u".to_owned(),
            password: "secret".to_owned().into(),
            kind: crate::smtp::settings::LoginKind::Password,
        };
        let told = format!("{}secret{}", "x".repeat(290), "no\r\n".repeat(1_000));
        let error = SendError::new(SendFailure::Refused, "DATA", &told).redacted(Some(&login));
        assert!(error.message.starts_with("DATA: xx") && error.message.chars().count() <= 301);
        assert!(!error.message.contains("sec"), "{}", error.message);
        assert!(!error.message.contains(['\r', '\n']) && error.message.ends_with('…'));
        let sent =
            SendError { code: Some(451), may_have_been_delivered: true, ..SendError::timeout("DATA", 2.0) };
        assert_eq!(
            sent.to_string(),
            "DATA: no answer within 2 s (451); the message may have been delivered all the same"
        );
    }
}
