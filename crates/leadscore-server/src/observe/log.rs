//! The server's log: JSON lines on stderr, or text on a terminal.
//!
//! Only the server's own events go below `warn`: the debug lines of HTTP clients and databases may contain addresses and
//! values of leads. A request's line is a [`RequestLine`], which has no room for a query string, a header or a body.

mod buffer;
mod json;

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::time::Duration;

use thiserror::Error;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use buffer::Buffered;
pub use buffer::LogGuard;
use json::JsonLines;

/// The log cannot be set up.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogError {
    /// A setting has a value that is none of its words.
    #[error("{setting} is `{value}`, expected {expected}")]
    Setting {
        /// The variable's name.
        setting: &'static str,
        /// What it was set to, without control characters and cut to 40 characters.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// This process has a log already.
    #[error("the log of this process is already set up")]
    AlreadySet,
    /// The system gives no thread that writes it.
    #[error("the log cannot be written: {0}")]
    NoThread(String),
    /// The settings of what sends traces cannot be used.
    #[cfg(feature = "otel")]
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT and what belongs to it: {0}")]
    Traces(String),
}

/// What is logged of one request.
#[derive(Debug, Clone, Copy)]
pub struct RequestLine<'a> {
    /// The id that the reply has in `X-Request-Id`; see [`acceptable_request_id`].
    pub request_id: &'a str,
    /// `GET`, `POST`, … as [`crate::observe::metrics::method_label`] gives it.
    pub method: &'a str,
    /// The route's template, never the path: paths contain ids of leads.
    pub route: &'a str,
    /// The reply's status.
    pub status: u16,
    /// From the request's head to the reply.
    pub elapsed: Duration,
    /// Whose data it was about, where the caller is known.
    pub tenant: Option<&'a str>,
}

impl From<io::Error> for LogError {
    fn from(error: io::Error) -> LogError {
        LogError::NoThread(error.to_string())
    }
}

impl RequestLine<'_> {
    /// Writes the line: a warning for 5xx, information for all others.
    pub fn emit(&self) {
        let RequestLine { request_id, method, route, status, tenant, .. } = *self;
        let milliseconds = (self.elapsed.as_secs_f64() * 1e6).round() / 1e3;
        if status >= 500 {
            tracing::warn!(request_id, method, route, status, milliseconds, tenant, "request");
        } else {
            tracing::info!(request_id, method, route, status, milliseconds, tenant, "request");
        }
    }
}

/// Whether a caller's request id may be taken over: 1–128 letters, digits, `-`, `_`, `.`.
///
/// Anything else could be an address, or break a line in two; the request then gets an id of its own.
pub fn acceptable_request_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=128).contains(&id.len()) && id.bytes().all(allowed)
}

/// The level that `LOG_LEVEL` and `DEBUG` ask for: `info` without them; `DEBUG=true` gives at least `debug`.
///
/// # Errors
/// [`LogError::Setting`] where one of them is no level or no truth value.
///
/// ```
/// use leadscore_server::observe::log::level;
///
/// assert_eq!(level(None, None)?, tracing::Level::INFO);
/// assert_eq!(level(Some("WARNING"), None)?, tracing::Level::WARN);
/// assert_eq!(level(None, Some("true"))?, tracing::Level::DEBUG);
/// assert!(level(Some("loud"), None).is_err());
/// # Ok::<(), leadscore_server::observe::log::LogError>(())
/// ```
pub fn level(log_level: Option<&str>, debug: Option<&str>) -> Result<LevelFilter, LogError> {
    let level = log_level.map_or(Ok(LevelFilter::INFO), parse_level)?;
    let debug = debug.map_or(Ok(false), parse_debug)?;
    Ok(if debug { level.max(LevelFilter::DEBUG) } else { level })
}

/// Whether stderr wants JSON lines: always, but on a terminal.
pub fn json_wanted() -> bool {
    !std::io::stderr().is_terminal()
}

/// Sets up the log of this process on stderr. Lines of JSON below a warning are written together, after at most 100 ms
/// and when the guard is dropped.
///
/// # Errors
/// [`LogError::AlreadySet`] on a second call, or where another log was set up; [`LogError::NoThread`].
pub fn init(level: LevelFilter, json: bool) -> Result<LogGuard, LogError> {
    if json {
        let (buffered, guard) = Buffered::new(io::stderr())?;
        set(subscriber(level, json, buffered), guard)
    } else {
        // Somebody looks at it, so nothing waits.
        set(subscriber(level, json, io::stderr), LogGuard::default())
    }
}

#[cfg(not(feature = "otel"))]
fn set(log: impl Log, guard: LogGuard) -> Result<LogGuard, LogError> {
    tracing::subscriber::set_global_default(log).map(|()| guard).map_err(|_| LogError::AlreadySet)
}

/// The log, and beside it the traces where a collector is named.
#[cfg(feature = "otel")]
fn set(log: impl Log, mut guard: LogGuard) -> Result<LogGuard, LogError> {
    let set = match super::trace::layer().map_err(LogError::Traces)? {
        None => tracing::subscriber::set_global_default(log),
        Some((layer, provider)) => {
            guard.first(move || {
                if let Err(error) = provider.shutdown() {
                    tracing::warn!(%error, "the last traces were not sent");
                }
            });
            tracing::subscriber::set_global_default(log.with(layer))
        }
    };
    set.map(|()| guard).map_err(|_| LogError::AlreadySet)
}

/// What a log is to the process, and to layers upon it.
pub trait Log: Subscriber + for<'a> LookupSpan<'a> + Send + Sync + 'static {}

impl<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync + 'static> Log for S {}

/// The same log on another writer, for tests and for servers that have a log of their own.
pub fn subscriber<W>(level: LevelFilter, json: bool, writer: W) -> impl Log
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // No colours: their escape sequences would end up in what is copied from a terminal.
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    let lines = if json { lines.event_format(JsonLines).boxed() } else { lines.boxed() };
    tracing_subscriber::registry().with(lines.with_filter(targets(level)))
}

fn targets(level: LevelFilter) -> Targets {
    // `leadscore` is the beginning of the names of all our crates.
    Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("leadscore", level)
}

fn parse_level(text: &str) -> Result<LevelFilter, LogError> {
    // The words of Rust, and those of Python's logging.
    match text.trim().to_ascii_lowercase().as_str() {
        "trace" => Ok(LevelFilter::TRACE),
        "debug" => Ok(LevelFilter::DEBUG),
        "" | "info" => Ok(LevelFilter::INFO),
        "warn" | "warning" => Ok(LevelFilter::WARN),
        "error" | "critical" => Ok(LevelFilter::ERROR),
        "off" => Ok(LevelFilter::OFF),
        _ => Err(setting("LOG_LEVEL", text, "trace, debug, info, warn, error or off")),
    }
}

fn parse_debug(text: &str) -> Result<bool, LogError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "" | "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(setting("DEBUG", text, "true or false")),
    }
}

fn setting(setting: &'static str, value: &str, expected: &'static str) -> LogError {
    let mut shown = String::new();
    for character in value.chars().take(40) {
        // Writing to a String cannot fail.
        let _ = if character.is_control() { shown.write_char('?') } else { shown.write_char(character) };
    }
    LogError::Setting { setting, value: shown, expected }
}

#[cfg(test)]
mod tests;
