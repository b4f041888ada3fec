//! The 24 hours in which a business may answer freely, and what comes of an answer.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::{GraphError, TextError};

/// How long after a person's last message a business may write freely.
pub const REPLY_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// How far a platform's clock may be ahead of this one.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A message that the platform has accepted. Whether it arrives comes as a status later.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The platform's id of it.
    pub id: String,
}

/// Why a reply was not sent.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The text is empty or too long.
    #[error("{0}")]
    Text(#[from] TextError),
    /// The template cannot be sent as it is.
    #[cfg(feature = "whatsapp")]
    #[error("{0}")]
    Template(#[from] super::template::TemplateError),
    /// The message came from nobody that could be answered.
    #[error("the sender has neither a number nor an id to answer to")]
    NoRecipient,
    /// The person's last message is more than 24 hours ago, or its time is of the future. Nothing was sent.
    #[error(
        "a free reply may be sent within 24 hours of the person's last message, which was at {last_inbound}"
    )]
    WindowClosed {
        /// When the person wrote last.
        last_inbound: Timestamp,
    },
    /// The platform has not accepted it.
    #[error("{0}")]
    Graph(#[from] GraphError),
}

impl ReplyError {
    /// Whether the same reply may be accepted later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, ReplyError::Graph(error) if error.is_temporary())
    }
}

/// Whether a free reply may be sent to a person whose last message is of a certain time.
///
/// ```
/// use leadscore_connect::meta::is_window_open;
/// let last = "2026-03-15T10:30:00Z".parse().unwrap();
/// assert!(is_window_open(last, "2026-03-16T10:29:59Z".parse().unwrap()));
/// assert!(!is_window_open(last, "2026-03-16T10:30:00Z".parse().unwrap()));
/// ```
pub fn is_window_open(last_inbound: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(last_inbound);
    age < REPLY_WINDOW && age >= -SKEW
}

pub(crate) fn check_window(last_inbound: Timestamp, now: Timestamp) -> Result<(), ReplyError> {
    if is_window_open(last_inbound, now) { Ok(()) } else { Err(ReplyError::WindowClosed { last_inbound }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_a_day_with_room_for_another_clock() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-03-15T10:30:00Z");
        for (last, open) in [
            ("2026-03-15T10:30:00Z", true),
            ("2026-03-15T10:35:00Z", true),
            ("2026-03-15T10:35:01Z", false),
            ("2026-03-14T10:30:00.001Z", true),
            ("2026-03-14T10:30:00Z", false),
            ("1970-01-01T00:00:00Z", false),
        ] {
            assert_eq!(is_window_open(at(last), now), open, "{last}");
            assert_eq!(check_window(at(last), now).is_ok(), open, "{last}");
        }
        assert!(
            !is_window_open(Timestamp::MAX, Timestamp::MIN)
                && !is_window_open(Timestamp::MIN, Timestamp::MAX)
        );
    }
}
