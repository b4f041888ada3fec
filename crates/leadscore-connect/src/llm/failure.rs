//! What went wrong, in the words of every vendor, as one kind of failure.

use std::time::Duration;

use leadscore::task::{FailureKind, ModelFailure};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{cause, retry_after, shortened};

const MAX_REQUEST_ID: usize = 100;

/// An error in the forms of all vendors: `{"error": {…}}`, `{"error": "…"}`, or a list of one of these.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ErrorBody {
    One { error: VendorError },
    List([ListedError; 1]),
}

#[derive(Deserialize)]
pub(super) struct ListedError {
    error: VendorError,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum VendorError {
    Text(String),
    Object {
        #[serde(default)]
        message: Option<String>,
        /// A word, or the HTTP status.
        #[serde(default)]
        code: Option<Value>,
        #[serde(default, rename = "type")]
        kind: Option<Value>,
        #[serde(default)]
        status: Option<Value>,
        #[serde(default)]
        details: Option<Vec<Value>>,
    },
}

/// The failure of an answer with a status other than 200.
pub(super) fn status_failure(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ModelFailure {
    let error = match serde_json::from_slice(body) {
        Ok(ErrorBody::One { error } | ErrorBody::List([ListedError { error }])) => Some(error),
        Err(_) => None,
    };
    let words = error.as_ref().map(VendorError::words).unwrap_or_default();
    let text = error.as_ref().and_then(VendorError::message).unwrap_or_default();
    let kind = kind(status.as_u16(), &words, text);
    let mut message = format!("status {}", status.as_u16());
    if let Some(id) = request_id(headers) {
        message += &format!(" of request {id}");
    }
    if !text.is_empty() {
        message += &format!(": {text}");
    }
    let mut failure = ModelFailure::new(kind, message);
    let told = wait(headers);
    failure.retry_after = told.or_else(|| error.as_ref().and_then(VendorError::retry_delay));
    // OpenRouter's credits may be filled up by then.
    failure.retry =
        should_retry(headers).or_else(|| (status.as_u16() == 402 && told.is_some()).then_some(true));
    failure
}

/// The failure that an answer with the status 200 tells of.
pub(super) fn told_failure(error: &VendorError) -> ModelFailure {
    let status = match error {
        VendorError::Object { code: Some(Value::Number(code)), .. } => {
            code.as_u64().and_then(|code| u16::try_from(code).ok())
        }
        _ => None,
    };
    let text = error.message().unwrap_or("an error without a message");
    let kind = status.map_or(FailureKind::Unavailable, |status| kind(status, &error.words(), text));
    ModelFailure::new(kind, text)
}

/// The failure of a request that has no answer.
pub(super) fn connection_failure(error: &reqwest::Error) -> ModelFailure {
    // The address is known to the caller, and the cause is what says what happened.
    let kind = if error.is_timeout() { FailureKind::Timeout } else { FailureKind::Connection };
    ModelFailure::new(kind, cause(error))
}

/// The failure of an answer that is not of the vendor's form.
pub(super) fn unreadable(error: &serde_json::Error) -> ModelFailure {
    ModelFailure::new(FailureKind::BadResponse, format!("the vendor's answer cannot be read: {error}"))
}

/// A message without the key, short and in one line. What is cut off is cut off last, so that no part of a key stays.
pub(super) fn presentable(message: &str, key: Option<&SecretString>) -> String {
    match key.map(ExposeSecret::expose_secret) {
        Some(key) if !key.is_empty() => shortened(&message.replace(key, "[key]")),
        _ => shortened(message),
    }
}

fn kind(status: u16, words: &[&str], message: &str) -> FailureKind {
    let says = |word: &str| words.iter().any(|own| own.eq_ignore_ascii_case(word));
    let no_credit =
        ["insufficient_quota", "credit_balance_exhausted", "billing_error", "billing_hard_limit_reached"];
    if status == 402 || no_credit.iter().any(|word| says(word)) {
        return FailureKind::NoCredit;
    }
    match status {
        401 | 403 => FailureKind::Unauthorized,
        // Gemini's status for a wrong key.
        400 if says("API_KEY_INVALID") => FailureKind::Unauthorized,
        404 => FailureKind::UnknownModel,
        400 if says("model_not_found") => FailureKind::UnknownModel,
        400 if says("content_filter") || message.contains("content management policy") => {
            FailureKind::Refused
        }
        408 | 504 => FailureKind::Timeout,
        429 => FailureKind::RateLimited,
        // A conflict is over by the next attempt.
        409 | 500..=599 => FailureKind::Unavailable,
        300..=399 => FailureKind::BadResponse,
        _ => FailureKind::BadRequest,
    }
}

/// How long to wait: OpenAI's header in milliseconds, else the usual one.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let millis =
        headers.get("retry-after-ms").and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok());
    let wait = millis.and_then(|millis| Duration::try_from_secs_f64(millis / 1_000.0).ok());
    wait.or_else(|| retry_after(headers))
}

/// What the vendor says of another attempt, whatever the status.
fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match headers.get("x-should-retry")?.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// By which the vendor finds the request in its own log.
fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get("x-request-id").or_else(|| headers.get("request-id"))?.to_str().ok()?;
    let is_id = |c: char| c.is_ascii_alphanumeric() || "-_.:/=+".contains(c);
    (!id.is_empty() && id.len() <= MAX_REQUEST_ID && id.chars().all(is_id)).then_some(id)
}

impl VendorError {
    fn message(&self) -> Option<&str> {
        match self {
            VendorError::Text(text) => Some(text),
            VendorError::Object { message, .. } => message.as_deref(),
        }
    }

    /// The words by which vendors tell their errors apart.
    fn words(&self) -> Vec<&str> {
        let VendorError::Object { code, kind, status, details, .. } = self else { return Vec::new() };
        let named = [code, kind, status].into_iter().flatten().filter_map(Value::as_str);
        let reasons = details.iter().flatten().filter_map(|detail| detail.get("reason")?.as_str());
        named.chain(reasons).collect()
    }

    /// Google's `RetryInfo`: `{"retryDelay": "34s"}`.
    fn retry_delay(&self) -> Option<Duration> {
        let VendorError::Object { details, .. } = self else { return None };
        let text = details.iter().flatten().find_map(|detail| detail.get("retryDelay")?.as_str())?;
        let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::MAX_MESSAGE;

    fn failure(status: u16, headers: &[(&'static str, &str)], body: &str) -> ModelFailure {
        let headers = headers
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()));
        status_failure(StatusCode::from_u16(status).unwrap(), &headers.collect(), body.as_bytes())
    }

    #[test]
    fn errors_of_every_vendor_have_a_kind() {
        for (status, body, kind) in [
            (
                400,
                r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#,
                FailureKind::BadRequest,
            ),
            (
                401,
                r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
                FailureKind::Unauthorized,
            ),
            (
                404,
                r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
                FailureKind::UnknownModel,
            ),
            (
                429,
                r#"{"error":{"message":"m","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
                FailureKind::RateLimited,
            ),
            (
                429,
                r#"{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"credit_balance_exhausted"}}"#,
                FailureKind::NoCredit,
            ),
            (402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, FailureKind::NoCredit),
            (
                403,
                r#"{"error":{"code":403,"message":"m","metadata":{"reasons":["x"]}}}"#,
                FailureKind::Unauthorized,
            ),
            (
                400,
                r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"@type":"x","reason":"API_KEY_INVALID"}]}}]"#,
                FailureKind::Unauthorized,
            ),
            (
                529,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                FailureKind::Unavailable,
            ),
            (404, r#"{"error":"model 'x' not found"}"#, FailureKind::UnknownModel),
            (
                429,
                r#"{"error":{"message":"m","type":"insufficient_quota","status":429,"details":null}}"#,
                FailureKind::NoCredit,
            ),
            (502, "<html>Bad gateway</html>", FailureKind::Unavailable),
            (504, "", FailureKind::Timeout),
            (307, "", FailureKind::BadResponse),
        ] {
            assert_eq!(failure(status, &[], body).kind, kind, "{status} {body}");
        }
        assert_eq!(
            failure(404, &[], r#"{"error":"model 'x' not found"}"#).message,
            "status 404: model 'x' not found"
        );
    }

    #[test]
    fn the_wait_comes_from_headers_or_details() {
        let wait = |headers: &[(&'static str, &str)], body: &str| failure(429, headers, body).retry_after;
        assert_eq!(wait(&[("retry-after", "2")], ""), Some(Duration::from_secs(2)));
        assert_eq!(
            wait(&[("retry-after", "0.5"), ("retry-after-ms", "250")], ""),
            Some(Duration::from_millis(250))
        );
        assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")], ""), Some(Duration::ZERO));
        for nonsense in ["-1", "soon", "NaN", "1e300", ""] {
            assert_eq!(wait(&[("retry-after", nonsense)], ""), None, "{nonsense}");
        }
        let body =
            r#"{"error":{"code":429,"message":"m","details":[{"@type":"RetryInfo","retryDelay":"34s"}]}}"#;
        assert_eq!(wait(&[], body), Some(Duration::from_secs(34)));
    }

    #[test]
    fn a_wait_that_cannot_be_read_leaves_the_other_one() {
        let wait = |headers: &[(&'static str, &str)]| failure(503, headers, "").retry_after;
        for nonsense in ["-1", "soon", "NaN", "1e300", ""] {
            assert_eq!(wait(&[("retry-after-ms", nonsense)]), None, "{nonsense}");
            let both = [("retry-after-ms", nonsense), ("retry-after", "1.5")];
            assert_eq!(wait(&both), Some(Duration::from_millis(1_500)), "{nonsense}");
        }
        // What the header says counts more than the details of the body.
        let body = r#"{"error":{"code":429,"message":"m","details":[{"retryDelay":"34s"}]}}"#;
        assert_eq!(failure(429, &[("retry-after", "3")], body).retry_after, Some(Duration::from_secs(3)));
    }

    #[test]
    fn the_vendor_may_say_that_another_attempt_helps_or_not() {
        for (status, headers, transient) in [
            (500, &[][..], true),
            (500, &[("x-should-retry", "false")], false),
            (429, &[("x-should-retry", "false"), ("retry-after", "1")], false),
            (400, &[], false),
            (400, &[("x-should-retry", "true")], true),
            // A word that nobody knows says nothing.
            (500, &[("x-should-retry", "no")], true),
            (400, &[("x-should-retry", "1")], false),
            (402, &[], false),
            (402, &[("retry-after", "1")], true),
            (402, &[("retry-after", "1"), ("x-should-retry", "false")], false),
            (409, &[], true),
            (422, &[], false),
        ] {
            assert_eq!(failure(status, headers, "").is_transient(), transient, "{status} {headers:?}");
        }
    }

    #[test]
    fn a_failure_names_the_vendors_request() {
        for (name, id, message) in [
            ("x-request-id", "req_011CS-a.b", "status 500 of request req_011CS-a.b: no luck"),
            ("request-id", "req_1", "status 500 of request req_1: no luck"),
            ("x-request-id", "two words", "status 500: no luck"),
            ("x-request-id", &"x".repeat(101), "status 500: no luck"),
            ("x-request-id", "", "status 500: no luck"),
        ] {
            let body = r#"{"error":{"message":"no luck"}}"#;
            assert_eq!(failure(500, &[(name, id)], body).message, message);
        }
    }

    #[test]
    fn messages_are_short_and_have_no_key() {
        let message = |text: &str, key: &str| presentable(text, Some(&SecretString::from(key.to_owned())));
        let long = message(&"ä\n".repeat(1_000), "sk-1234");
        assert!(long.chars().count() == MAX_MESSAGE + 1 && long.ends_with('…') && !long.contains('\n'));
        assert_eq!(message("Incorrect API key: sk-1234.", "sk-1234"), "Incorrect API key: [key].");
        // The key is where the message is cut.
        let cut = message(&format!("{}sk-very-secret", "x".repeat(MAX_MESSAGE - 7)), "sk-very-secret");
        assert!(!cut.contains("sk-"), "{cut}");
    }
}
