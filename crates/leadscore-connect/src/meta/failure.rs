//! What the errors of the Graph API mean.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::Object;
use crate::answer::{cause, retry_after};

/// What an error of the Graph API means for whoever sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GraphFailure {
    /// There is no connection.
    Connection,
    /// There was no answer in time.
    Timeout,
    /// The token has expired or is none: somebody must act.
    Token,
    /// The app or the token may not do this.
    Permission,
    /// Too many requests of the app, the account or the number.
    RateLimited,
    /// Too many messages to this one person: the next one after some seconds.
    RecipientRateLimited,
    /// Too many messages that people have reported: for hours.
    SpamLimited,
    /// Meta's side does not work at the moment.
    Unavailable,
    /// A field is missing or wrong.
    InvalidRequest,
    /// The person cannot be reached on this platform, or not in this way.
    Undeliverable,
    /// The number is not on the list of a test account.
    NotAllowListed,
    /// The person's last message is more than 24 hours ago.
    WindowClosed,
    /// The person wants no such messages any more: send none.
    OptedOut,
    /// The account is blocked or locked, or the country is: somebody must act.
    Blocked,
    /// The answer is not of the API's form.
    BadResponse,
    /// An error whose code is not known here.
    Other,
}

/// An error of the Graph API, or of the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphError {
    /// What it means.
    pub failure: GraphFailure,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Meta's code.
    pub code: Option<i64>,
    /// Meta's code below that.
    pub subcode: Option<i64>,
    /// What Meta or the system said, shortened and without the token.
    pub message: String,
    /// Meta's name of this request, for its support.
    pub trace: Option<String>,
    /// How long Meta asks to wait.
    pub retry_after: Option<Duration>,
    /// The request was sent and the answer is missing: the message may arrive all the same, and the API has no key by which a
    /// second one would be dropped.
    pub may_have_been_delivered: bool,
}

impl GraphError {
    /// Whether the same request may succeed when it is tried again soon. A limit by reports of people holds for hours, and each
    /// further attempt counts against it.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self.failure,
            GraphFailure::Connection
                | GraphFailure::Timeout
                | GraphFailure::RateLimited
                | GraphFailure::RecipientRateLimited
                | GraphFailure::Unavailable
        )
    }

    fn new(failure: GraphFailure, message: &str) -> GraphError {
        GraphError {
            failure,
            status: None,
            code: None,
            subcode: None,
            message: message.to_owned(),
            trace: None,
            retry_after: None,
            may_have_been_delivered: false,
        }
    }

    pub(crate) fn bad_response(message: &str) -> GraphError {
        // Meta has taken the request: nothing says that the message was not sent.
        GraphError { may_have_been_delivered: true, ..GraphError::new(GraphFailure::BadResponse, message) }
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = self.code {
            write!(f, " (code {code}")?;
            self.subcode.map_or(Ok(()), |subcode| write!(f, ", {subcode}"))?;
            f.write_str(")")?;
        }
        if self.may_have_been_delivered {
            f.write_str("; the message may have been delivered all the same")?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphError {}

pub(super) fn no_answer(error: &reqwest::Error) -> GraphError {
    let failure = if error.is_timeout() { GraphFailure::Timeout } else { GraphFailure::Connection };
    GraphError { may_have_been_delivered: !error.is_connect(), ..GraphError::new(failure, &cause(error)) }
}

/// What an answer with an error says.
pub(super) fn told(status: u16, headers: &HeaderMap, body: &[u8]) -> GraphError {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = Object(&answer).object("error");
    let (code, subcode) = (error.integer("code"), error.integer("error_subcode"));
    let failure = failure(status, code, subcode, error.flag("is_transient"));
    let details = error.object("error_data").text("details").or(error.text("error_data"));
    let message = match (error.text("message"), details) {
        (Some(message), Some(details)) => format!("{message}: {details}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => format!("status {status}"),
    };
    GraphError {
        status: Some(status),
        code,
        subcode,
        trace: error.owned("fbtrace_id"),
        retry_after: retry_after(headers),
        // A gateway that gave up says nothing of what is behind it.
        may_have_been_delivered: code.is_none() && status >= 500,
        ..GraphError::new(failure, &message)
    }
}

fn failure(status: u16, code: Option<i64>, subcode: Option<i64>, is_transient: bool) -> GraphFailure {
    // Instagram's for a closed window and for a person who is not there.
    match subcode {
        Some(2_534_022 | 2_018_278) => return GraphFailure::WindowClosed,
        Some(2_534_014) => return GraphFailure::Undeliverable,
        _ => {}
    }
    match code {
        Some(0 | 190) => GraphFailure::Token,
        Some(3 | 10 | 200..=299) => GraphFailure::Permission,
        Some(4 | 17 | 32 | 613 | 80_006 | 80_007 | 130_429) => GraphFailure::RateLimited,
        Some(131_056) => GraphFailure::RecipientRateLimited,
        Some(131_048) => GraphFailure::SpamLimited,
        Some(1 | 2 | 131_000 | 131_016 | 133_004) => GraphFailure::Unavailable,
        Some(100 | 131_008 | 131_009 | 131_051) => GraphFailure::InvalidRequest,
        Some(551 | 131_026 | 131_062) => GraphFailure::Undeliverable,
        Some(131_030) => GraphFailure::NotAllowListed,
        Some(470 | 131_047) => GraphFailure::WindowClosed,
        Some(131_050) => GraphFailure::OptedOut,
        Some(368 | 130_497 | 131_031) => GraphFailure::Blocked,
        _ if is_transient => GraphFailure::Unavailable,
        _ => match status {
            401 => GraphFailure::Token,
            403 => GraphFailure::Permission,
            429 => GraphFailure::RateLimited,
            500..=599 => GraphFailure::Unavailable,
            200..=399 => GraphFailure::BadResponse,
            _ => GraphFailure::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_do() {
        for (status, code, subcode, expected, temporary) in [
            (401, 190, None, GraphFailure::Token, false),
            (401, 0, None, GraphFailure::Token, false),
            (403, 10, None, GraphFailure::Permission, false),
            (403, 10, Some(2_534_022), GraphFailure::WindowClosed, false),
            (403, 230, None, GraphFailure::Permission, false),
            (400, 4, None, GraphFailure::RateLimited, true),
            (400, 613, None, GraphFailure::RateLimited, true),
            (429, 130_429, None, GraphFailure::RateLimited, true),
            (400, 80_007, None, GraphFailure::RateLimited, true),
            (400, 131_056, None, GraphFailure::RecipientRateLimited, true),
            (400, 131_048, None, GraphFailure::SpamLimited, false),
            (500, 131_000, None, GraphFailure::Unavailable, true),
            (400, 131_009, None, GraphFailure::InvalidRequest, false),
            (400, 100, Some(2_534_014), GraphFailure::Undeliverable, false),
            (400, 131_026, None, GraphFailure::Undeliverable, false),
            (400, 131_030, None, GraphFailure::NotAllowListed, false),
            (400, 131_047, None, GraphFailure::WindowClosed, false),
            (400, 131_050, None, GraphFailure::OptedOut, false),
            (403, 368, None, GraphFailure::Blocked, false),
            (400, 999_999, None, GraphFailure::Other, false),
        ] {
            let failure = failure(status, Some(code), subcode, false);
            assert_eq!(failure, expected, "{code}");
            assert_eq!(GraphError::new(failure, "").is_temporary(), temporary, "{code}");
        }
        assert_eq!(failure(400, Some(999), None, true), GraphFailure::Unavailable);
    }

    #[test]
    fn errors_are_read_in_every_form() {
        let headers = HeaderMap::from_iter([("retry-after".parse().unwrap(), "7".parse().unwrap())]);
        let read = |body: &str| told(400, &headers, body.as_bytes());
        let body = r#"{"error":{"message":"(#131047) Re-engagement message","type":"OAuthException","code":131047,"error_data":{"messaging_product":"whatsapp","details":"More than 24 hours"},"fbtrace_id":"Az8"}}"#;
        let error = read(body);
        assert_eq!(error.to_string(), "(#131047) Re-engagement message: More than 24 hours (code 131047)");
        assert_eq!((error.trace.as_deref(), error.retry_after), (Some("Az8"), Some(Duration::from_secs(7))));
        let plain = read(r#"{"error":{"message":"m","code":100,"error_subcode":33,"error_data":"why"}}"#);
        assert_eq!(plain.to_string(), "m: why (code 100, 33)");
        for body in ["", "[]", "{}", "<html>", r#"{"error":"text"}"#, r#"{"error":{"code":"190"}}"#] {
            assert_eq!(
                (read(body).failure, read(body).message.as_str()),
                (GraphFailure::Other, "status 400"),
                "{body}"
            );
        }
        assert!(told(502, &headers, b"<html>").may_have_been_delivered && !error.may_have_been_delivered);
    }
}
