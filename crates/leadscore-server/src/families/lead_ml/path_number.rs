//! Numbers in paths: of leads, configurations and predictions.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::fault::Fault;

/// The number in a path of which there is one: digits alone, and not 0.
pub(crate) struct PathNumber(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for PathNumber {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathNumber, Fault> {
        let text: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let number = text.ok().and_then(|Path(text)| positive(&text));
        number.map(PathNumber).ok_or_else(|| Fault::invalid("id", "must be a positive whole number"))
    }
}

fn positive(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_alone_are_a_number() {
        for (text, number) in [("1", Some(1)), ("007", Some(7)), ("9223372036854775807", Some(i64::MAX))] {
            assert_eq!(positive(text), number);
        }
        for text in ["", "0", "-1", "+1", "1.0", "1e3", " 1", "9223372036854775808", "abc", "١"] {
            assert_eq!(positive(text), None, "{text}");
        }
    }
}
