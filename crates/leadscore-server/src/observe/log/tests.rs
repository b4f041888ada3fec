use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;

/// What was written to the log.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log's text after `events` at a level.
fn logged(level: LevelFilter, json: bool, events: impl FnOnce()) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing::subscriber::with_default(subscriber(level, json, move || writer.clone()), events);
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

/// A request as it comes in: lead's address in the path and query, key in a header and in the query.
fn request() -> axum::http::Request<String> {
    axum::http::Request::builder()
        .method("PATCH")
        .uri("/api/v1/leads/jane@example.com?email=jane@example.com&api_key=ls_secretkey")
        .header("x-api-key", "ls_secretkey")
        .header("authorization", "Bearer ls_secretkey")
        .header("x-request-id", "req-7.a_B")
        .body("{\"email\":\"jane@example.com\"}".to_owned())
        .unwrap()
}

fn line_of(request: &axum::http::Request<String>, status: u16) {
    let id = request.headers()["x-request-id"].to_str().unwrap();
    let line = RequestLine {
        request_id: if acceptable_request_id(id) { id } else { "made-here" },
        method: request.method().as_str(),
        route: "/api/v1/leads/{lead}",
        status,
        elapsed: Duration::from_micros(12_345),
        tenant: Some("acme"),
    };
    line.emit();
}

#[test]
fn a_request_line_has_these_fields_and_no_others() {
    let text = logged(LevelFilter::INFO, true, || line_of(&request(), 200));
    assert_eq!(text.lines().count(), 1);
    assert!(text.ends_with('\n'));
    let mut line: Value = serde_json::from_str(&text).unwrap();
    let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert!(timestamp.as_str().unwrap().ends_with('Z'), "{timestamp}");
    let expected = json!({
        "level": "INFO", "target": "leadscore_server::observe::log", "message": "request",
        "request_id": "req-7.a_B", "method": "PATCH", "route": "/api/v1/leads/{lead}",
        "status": 200, "milliseconds": 12.345, "tenant": "acme",
    });
    assert_eq!(line, expected);
}

#[test]
fn no_query_address_or_key_is_in_either_form() {
    for json in [true, false] {
        let text = logged(LevelFilter::TRACE, json, || line_of(&request(), 503));
        assert!(text.contains("WARN") && text.contains("/api/v1/leads/{lead}") && text.contains("acme"));
        for secret in ["jane", "example.com", "secretkey", "?", "email", "Bearer"] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[test]
fn a_caller_who_is_not_known_has_no_tenant() {
    let line = RequestLine {
        request_id: "a",
        method: "GET",
        route: "/health",
        status: 200,
        elapsed: Duration::ZERO,
        tenant: None,
    };
    let text = logged(LevelFilter::INFO, true, || line.emit());
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line.get("tenant"), None);
    assert_eq!(line["milliseconds"], 0.0);
}

#[test]
fn other_crates_say_nothing_below_a_warning() {
    let events = || {
        tracing::debug!(target: "sqlx::query", "select jane@example.com");
        tracing::info!(target: "hyper_util::client", "GET /?key=secret");
        tracing::warn!(target: "sqlx::pool", "slow");
        tracing::trace!(target: "leadscore_connect::llm", "ours");
    };
    let text = logged(LevelFilter::TRACE, true, events);
    assert!(text.contains("slow") && text.contains("ours"), "{text}");
    assert!(!text.contains("jane") && !text.contains("secret"), "{text}");
    // A quieter level holds for others too.
    let text = logged(LevelFilter::ERROR, true, events);
    assert_eq!(text, "");
}

#[test]
fn a_value_cannot_break_a_line_in_two() {
    for json in [true, false] {
        let line = RequestLine {
            request_id: "a",
            method: "GET",
            route: "/health",
            status: 200,
            elapsed: Duration::ZERO,
            tenant: Some("acme\n{\"level\":\"ERROR\"}\u{1b}[31m"),
        };
        let text = logged(LevelFilter::INFO, json, || line.emit());
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn request_ids_are_taken_over_only_where_harmless() {
    for id in ["a", "0190d3f6-aaaa-7bbb-8ccc-1234567890ab", "x_1.2", &"a".repeat(128)] {
        assert!(acceptable_request_id(id), "{id}");
    }
    for id in ["", "a b", "a\nb", "jane@example.com", "ä", "a?b=c", &"a".repeat(129)] {
        assert!(!acceptable_request_id(id), "{id}");
    }
}

#[test]
fn levels_have_the_words_of_rust_and_of_python() {
    let cases = [
        (None, None, LevelFilter::INFO),
        (Some("INFO"), Some("false"), LevelFilter::INFO),
        (Some(""), Some(""), LevelFilter::INFO),
        (Some("warning"), None, LevelFilter::WARN),
        (Some("CRITICAL"), None, LevelFilter::ERROR),
        (Some("off"), None, LevelFilter::OFF),
        (None, Some("True"), LevelFilter::DEBUG),
        (Some("error"), Some("1"), LevelFilter::DEBUG),
        (Some("trace"), Some("true"), LevelFilter::TRACE),
    ];
    for (log_level, debug, expected) in cases {
        assert_eq!(level(log_level, debug), Ok(expected), "{log_level:?} {debug:?}");
    }
    let refused = level(Some("loud\n"), None).unwrap_err();
    assert_eq!(refused.to_string(), "LOG_LEVEL is `loud?`, expected trace, debug, info, warn, error or off");
    let refused = level(None, Some("maybe")).unwrap_err();
    assert_eq!(refused.to_string(), "DEBUG is `maybe`, expected true or false");
}
