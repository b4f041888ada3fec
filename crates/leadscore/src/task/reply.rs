//! Reads and checks what a language model answers.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::text::is_invisible;

/// Why a model's answer is not taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rejection {
    /// What kind of fault it is.
    pub kind: RejectionKind,
    /// Where in the answer, such as `risk_factors[2].text`; empty for the answer as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// What can be wrong with a model's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectionKind {
    /// It is no JSON.
    NotJson,
    /// It is not of the form that was asked for.
    WrongForm,
    /// A number lies outside its range, or a text is too long or empty.
    OutOfRange,
    /// Its parts contradict each other, or the pipeline's own answer by more than is allowed.
    Inconsistent,
    /// It states something that is neither in the input nor in the knowledge base.
    Ungrounded,
}

impl Rejection {
    pub(crate) fn new(kind: RejectionKind, path: impl Into<String>, message: impl Into<String>) -> Rejection {
        Rejection { kind, path: path.into(), message: message.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for Rejection {}

/// The longest answer that is looked at, in bytes.
const MAX_REPLY_BYTES: usize = 64 << 10;

/// Reads an answer of one JSON object, also between the fences of a Markdown code block.
pub(crate) fn read<T: DeserializeOwned>(reply: &str) -> Result<T, Rejection> {
    if reply.len() > MAX_REPLY_BYTES {
        let message = format!("the answer has more than {} KiB", MAX_REPLY_BYTES >> 10);
        return Err(Rejection::new(RejectionKind::OutOfRange, "", message));
    }
    let text = without_fences(reply.trim());
    if text.starts_with('[') {
        return Err(Rejection::new(RejectionKind::WrongForm, "", "the answer is a list; wants one object"));
    }
    serde_json::from_str(text).map_err(|error| {
        let kind = match error.classify() {
            serde_json::error::Category::Data => RejectionKind::WrongForm,
            _ => RejectionKind::NotJson,
        };
        Rejection::new(kind, "", error.to_string())
    })
}

/// A text without the fences of a Markdown code block around it.
pub(crate) fn without_fences(text: &str) -> &str {
    let inner = |text: &'_ str| -> Option<usize> {
        let body = text.strip_prefix("```")?;
        Some(text.len() - body.len() + body.find('\n')? + 1)
    };
    match (inner(text), text.strip_suffix("```")) {
        (Some(start), Some(body)) if start <= body.len() => body[start..].trim(),
        _ => text,
    }
}

/// A number within a range.
pub(crate) fn in_range(path: &str, value: f64, low: f64, high: f64) -> Result<f64, Rejection> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(Rejection::new(RejectionKind::OutOfRange, path, format!("{value} lies outside {low} to {high}")))
}

/// A text that is not blank, has at most so many characters, and none that steers a terminal or the direction of text.
pub(crate) fn plain_text(path: &str, text: &str, max_chars: usize) -> Result<String, Rejection> {
    let out_of_range = |message: String| Err(Rejection::new(RejectionKind::OutOfRange, path, message));
    let text = text.trim();
    if text.is_empty() {
        return out_of_range("the text is blank".to_owned());
    }
    if text.chars().count() > max_chars {
        return out_of_range(format!("the text has more than {max_chars} characters"));
    }
    if let Some(found) = text.chars().find(|c| is_unsafe(*c)) {
        return out_of_range(format!("the text has the character U+{:04X}", found as u32));
    }
    Ok(text.to_owned())
}

/// Whether a character cannot be seen, or ends a line without being a line feed.
fn is_unsafe(c: char) -> bool {
    is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') || c.is_control() && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Answer {
        n: i32,
    }

    #[test]
    fn one_object_is_read_with_or_without_fences() {
        for text in ["{\"n\": 1}", "  {\"n\":1}\n", "```json\n{\"n\": 1}\n```", "```\n{\"n\": 1}```"] {
            assert_eq!(read::<Answer>(text), Ok(Answer { n: 1 }), "{text}");
        }
        let kind = |text: &str| read::<Answer>(text).unwrap_err().kind;
        for text in ["", "Sure! {\"n\": 1}", "{\"n\": 1", "```", "```json```", "{\"n\": 1} and more"] {
            assert_eq!(kind(text), RejectionKind::NotJson, "{text}");
        }
        for text in ["{\"n\": \"1\"}", "{}", "[1]", "{\"n\": 1, \"m\": 2}", "{\"n\": 1, \"n\": 2}"] {
            assert_eq!(kind(text), RejectionKind::WrongForm, "{text}");
        }
        assert_eq!(kind(&" ".repeat(MAX_REPLY_BYTES + 1)), RejectionKind::OutOfRange);
    }

    #[test]
    fn texts_are_plain() {
        assert_eq!(plain_text("t", " Good\nday ", 8).as_deref(), Ok("Good\nday"));
        for text in ["", " \n", "123456789", "a\u{202E}b", "a\u{0}b", "a\u{1b}[31m"] {
            assert_eq!(plain_text("t", text, 8).unwrap_err().kind, RejectionKind::OutOfRange, "{text:?}");
        }
    }
}
