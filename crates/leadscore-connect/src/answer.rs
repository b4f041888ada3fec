//! What the answers and errors of all connectors have in common.

#[cfg(feature = "http")]
use std::time::{Duration, SystemTime};

/// The longest part of a server's words that is handed on, in characters.
pub(crate) const MAX_MESSAGE: usize = 300;

/// A server's words on one line, cut. Secrets are to be taken out before, for a part of one would not be found any more.
pub(crate) fn shortened(text: &str) -> String {
    let text = text.trim();
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = clean.take(MAX_MESSAGE).collect();
    if text.chars().nth(MAX_MESSAGE).is_some() {
        short.push('…');
    }
    short
}

/// How long the header `retry-after` asks to wait: seconds, or until a date.
#[cfg(feature = "http")]
pub(crate) fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// What is behind an error of a library, which itself often says no more than that there was one.
pub(crate) fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
