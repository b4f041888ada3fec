//! Anthropic's messages.
//!
//! Source: Anthropic's API reference, and the requests of its SDK 2.12.

#![allow(clippy::struct_field_names, reason = "they are named as on the wire")]

use leadscore::task::{Completion, FailureKind, ModelFailure, Prompt, Usage};
use serde::{Deserialize, Serialize};

use super::failure::unreadable;
use super::openai::{json, no_json};
use super::request::Request;
use super::schema::{Json, with_limits_as_words};

/// Under it and the later one a request without sampling parameters is the same.
const VERSION: &str = "2023-06-01";

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    system: &'a str,
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct OutputConfig {
    format: Format,
}

#[derive(Serialize)]
struct Format {
    r#type: &'static str,
    /// Ranges of numbers in a schema are refused here.
    schema: Json,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    content: Vec<Block>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
}

pub(super) fn request(name: &str, prompt: &Prompt) -> Result<Request, ModelFailure> {
    let config = |schema| OutputConfig { format: Format { r#type: "json_schema", schema } };
    let output_config = if prompt.wants_plain_text() {
        None
    } else {
        Some(config(with_limits_as_words(&prompt.schema).map_err(|error| no_json(&error))?))
    };
    let body = Body {
        model: name,
        max_tokens: prompt.max_output_tokens,
        system: &prompt.system,
        messages: [Message { role: "user", content: &prompt.user }],
        output_config,
    };
    Ok(Request { path: "/v1/messages".to_owned(), headers: version(), body: json(&body) })
}

/// The header by which a request says which version of the API it means.
pub(super) fn version() -> Vec<(&'static str, String)> {
    vec![("anthropic-version", VERSION.to_owned())]
}

pub(super) fn answer(name: &str, body: &[u8]) -> Result<Completion, ModelFailure> {
    let Answer { model, content, stop_reason, usage } =
        serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let usage = usage.map(Usage::from);
    let wrong = |kind, message: String| {
        let failure = ModelFailure::new(kind, message);
        match usage {
            Some(usage) => failure.usage(usage),
            None => failure,
        }
    };
    match stop_reason.as_deref() {
        Some("end_turn" | "stop_sequence") | None => {}
        Some("max_tokens" | "model_context_window_exceeded") => {
            return Err(wrong(
                FailureKind::Truncated,
                "the answer was cut off at the token limit".to_owned(),
            ));
        }
        Some("refusal") => return Err(wrong(FailureKind::Refused, "the model declined".to_owned())),
        Some(reason) => {
            return Err(wrong(FailureKind::BadResponse, format!("the model ended with {reason}")));
        }
    }
    let texts = content.into_iter().filter(|block| block.r#type == "text");
    let text: String = texts.filter_map(|block| block.text).collect();
    if text.trim().is_empty() {
        return Err(wrong(FailureKind::BadResponse, "the vendor's answer has no text".to_owned()));
    }
    let mut completion = Completion::new(model.unwrap_or_else(|| name.to_owned()), text);
    completion.usage = usage;
    Ok(completion)
}

impl From<Tokens> for Usage {
    /// Unlike elsewhere, what was read from and written to the cache is not part of the input's count.
    fn from(tokens: Tokens) -> Usage {
        let (read, written) =
            (tokens.cache_read_input_tokens.unwrap_or(0), tokens.cache_creation_input_tokens.unwrap_or(0));
        let input = tokens.input_tokens.saturating_add(read).saturating_add(written);
        Usage::new(input, tokens.output_tokens).cached_input_tokens(read).cache_write_tokens(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_input_counts_and_the_cache_has_its_price() {
        let body = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5-20251001","content":
            [{"type":"thinking","thinking":"Hm."},{"type":"text","text":"{}"}],"stop_reason":"end_turn","stop_sequence":null,
            "usage":{"input_tokens":100,"cache_creation_input_tokens":0,"cache_read_input_tokens":1000,"output_tokens":50}}"#;
        let completion = answer("claude", body.as_bytes()).unwrap();
        assert_eq!(completion.usage, Some(Usage::new(1_100, 50).cached_input_tokens(1_000)));
        assert_eq!(
            (completion.text.as_str(), completion.known_cost().unwrap().to_string()),
            ("{}", "$0.00045".to_owned())
        );
    }

    #[test]
    fn what_is_no_answer_is_a_failure() {
        for (body, kind) in [
            (r#"{"content":[],"stop_reason":"refusal"}"#, FailureKind::Refused),
            (
                r#"{"content":[{"type":"text","text":"{"}],"stop_reason":"max_tokens"}"#,
                FailureKind::Truncated,
            ),
            (r#"{"content":[{"type":"tool_use"}],"stop_reason":"tool_use"}"#, FailureKind::BadResponse),
            (r#"{"content":[],"stop_reason":"end_turn"}"#, FailureKind::BadResponse),
            ("{}", FailureKind::BadResponse),
        ] {
            assert_eq!(answer("m", body.as_bytes()).unwrap_err().kind, kind, "{body}");
        }
    }
}
