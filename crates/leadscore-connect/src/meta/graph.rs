//! Requests to the Graph API, and what its errors mean.

use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use thiserror::Error;
use url::{Host, Url};

use super::Object;

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// The longest part of a message of Meta's that is handed on, in characters.
const MAX_MESSAGE: usize = 300;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(20);

/// The Graph API with a token. The token is kept as a secret: it is neither in `Debug` nor in any message. Cheap to clone.
#[derive(Clone)]
pub struct GraphClient {
    client: reqwest::Client,
    base: Url,
    version: String,
    authorization: HeaderValue,
    token: SecretString,
}

/// Why a client cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphSettingsError {
    /// The address is none, or would send the token in clear.
    #[error("the address of the Graph API {reason}")]
    BadAddress {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The version is not of the form `v26.0`.
    #[error("the version of the Graph API is not of the form v26.0")]
    BadVersion,
    /// The token is empty or has characters that no header takes.
    #[error("the access token is empty or has characters that it cannot have")]
    BadToken,
    /// An account or phone number is no id.
    #[error("{field} is no id: digits only, or `me` for the account of the token")]
    BadId {
        /// Which one.
        field: &'static str,
    },
    /// There is no HTTP client.
    #[error("no HTTP client: {reason}")]
    NoClient {
        /// What the system says.
        reason: String,
    },
}

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

impl GraphClient {
    /// WhatsApp, and Instagram by Facebook Login.
    pub const FACEBOOK: &'static str = "https://graph.facebook.com";
    /// Instagram by Instagram Login.
    pub const INSTAGRAM: &'static str = "https://graph.instagram.com";

    /// A client for an address, a version of the API such as `v26.0`, and a token.
    ///
    /// # Errors
    /// What is wrong with which of them. The address must be `https`, except on this machine: else the token is sent in clear.
    pub fn new(address: &str, version: &str, token: SecretString) -> Result<GraphClient, GraphSettingsError> {
        let base = base(address)?;
        let digits = |text: &str| !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let numbers = version.strip_prefix('v').and_then(|version| version.split_once('.'));
        if !numbers.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
            return Err(GraphSettingsError::BadVersion);
        }
        let secret = token.expose_secret();
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(GraphSettingsError::BadToken);
        }
        let authorization = HeaderValue::from_str(&format!("Bearer {secret}"));
        let mut authorization = authorization.map_err(|_| GraphSettingsError::BadToken)?;
        authorization.set_sensitive(true);
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("leadscore/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| GraphSettingsError::NoClient { reason: error.to_string() })?;
        Ok(GraphClient { client, base, version: version.to_owned(), authorization, token })
    }

    /// Posts to a node's edge: `{base}/{version}/{node}/messages`.
    pub(crate) async fn post_message(&self, node: &str, body: &Value) -> Result<Value, GraphError> {
        self.attempt(node, body).await.map_err(|mut error| {
            // Before it is shortened: half a token would not be found any more.
            let safe = |text: &str| shortened(&text.replace(self.token.expose_secret(), "[token]"));
            error.message = safe(&error.message);
            error.trace = error.trace.as_deref().map(safe);
            error
        })
    }

    async fn attempt(&self, node: &str, body: &Value) -> Result<Value, GraphError> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = format!("{base}/{}/{node}/messages", self.version);
        let request = self.client.post(url).header(AUTHORIZATION, self.authorization.clone()).json(body);
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                let message = format!("the answer has more than {} KiB", MAX_ANSWER_BYTES >> 10);
                return Err(GraphError { status: Some(status.as_u16()), ..GraphError::bad_response(&message) });
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(told(status.as_u16(), &headers, &body));
        }
        match serde_json::from_slice(&body) {
            Ok(answer) if Object(&answer).has("error") => Err(told(status.as_u16(), &headers, &body)),
            Ok(answer) => Ok(answer),
            Err(error) => Err(GraphError::bad_response(&format!("the answer cannot be read: {error}"))),
        }
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClient")
            .field("base", &self.base.as_str())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// An id that becomes a part of a path.
pub(crate) fn checked_id(id: &str, field: &'static str) -> Result<String, GraphSettingsError> {
    let is_id = !id.is_empty() && id.len() <= 40 && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_id || id == "me" { Ok(id.to_owned()) } else { Err(GraphSettingsError::BadId { field }) }
}

fn base(address: &str) -> Result<Url, GraphSettingsError> {
    let wrong = |reason| GraphSettingsError::BadAddress { reason };
    let url = Url::parse(address.trim()).map_err(|_| wrong("is no URL"))?;
    let is_local = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        _ => return Err(wrong("is not https")),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a name, password, query or fragment in it"));
    }
    Ok(url)
}

fn no_answer(error: &reqwest::Error) -> GraphError {
    let failure = if error.is_timeout() { GraphFailure::Timeout } else { GraphFailure::Connection };
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    GraphError { may_have_been_delivered: !error.is_connect(), ..GraphError::new(failure, &cause.to_string()) }
}

/// What an answer with an error says.
fn told(status: u16, headers: &HeaderMap, body: &[u8]) -> GraphError {
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
    let wait = headers.get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    GraphError {
        status: Some(status),
        code,
        subcode,
        trace: error.owned("fbtrace_id"),
        retry_after: wait.map(Duration::from_secs),
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

fn shortened(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = clean.take(MAX_MESSAGE).collect();
    if text.chars().nth(MAX_MESSAGE).is_some() {
        short.push('…');
    }
    short
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
            assert_eq!((read(body).failure, read(body).message.as_str()), (GraphFailure::Other, "status 400"), "{body}");
        }
        assert!(told(502, &headers, b"<html>").may_have_been_delivered && !error.may_have_been_delivered);
    }

    #[test]
    fn a_client_sends_its_token_to_nobody_in_clear() {
        let new = |address: &str, version: &str, token: &str| GraphClient::new(address, version, token.into()).map(|_| ());
        assert!(new(GraphClient::FACEBOOK, "v26.0", "EAAG").is_ok() && new("http://127.0.0.1:1/x/", "v17.0", "t").is_ok());
        for address in ["http://graph.facebook.com", "ftp://x", "graph.facebook.com", "https://a:b@x", "https://x/?a=b", "http://127.0.0.1.example.com"] {
            assert!(matches!(new(address, "v26.0", "t"), Err(GraphSettingsError::BadAddress { .. })), "{address}");
        }
        for version in ["", "26.0", "v26", "v26.", "v26.0/../me", "v1234.0"] {
            assert_eq!(new(GraphClient::FACEBOOK, version, "t"), Err(GraphSettingsError::BadVersion), "{version}");
        }
        for token in ["", "a b", "a\r\nHost: x", "ä"] {
            assert_eq!(new(GraphClient::FACEBOOK, "v26.0", token), Err(GraphSettingsError::BadToken), "{token}");
        }
        let client = GraphClient::new(GraphClient::FACEBOOK, "v26.0", "EAAGsecret".into()).unwrap();
        assert!(!format!("{client:?}").contains("secret"));
        for id in ["", "1/2", "a", "..", &"1".repeat(41)] {
            assert!(checked_id(id, "phone_number_id").is_err(), "{id}");
        }
    }
}
