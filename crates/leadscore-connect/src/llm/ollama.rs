//! Ollama's own chat, which can be told how long a prompt is; its form of `OpenAI`'s cannot.
//!
//! Source: Ollama's API documentation.

use leadscore::task::{Completion, FailureKind, ModelFailure, Prompt, Usage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::failure::{VendorError, told_failure, unreadable};
use super::openai::{json, schema};
use super::request::Request;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: [Message<'a>; 2],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a RawValue>,
    options: Options,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct Options {
    num_predict: u32,
    num_ctx: u64,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    message: Option<Said>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    eval_count: Option<u64>,
    #[serde(default)]
    error: Option<VendorError>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    content: String,
}

/// The window grows in steps, for every other size makes the server load the model again.
const WINDOW_STEP: u64 = 4_096;
/// A byte is at most a token, and in texts of people at most half of one.
const BYTES_PER_TOKEN: u64 = 2;

pub(super) fn request(name: &str, prompt: &Prompt) -> Result<Request, ModelFailure> {
    // A longer prompt than the window is cut without a word.
    let tokens = prompt.input_token_bound() / BYTES_PER_TOKEN + u64::from(prompt.max_output_tokens);
    let body = Body {
        model: name,
        messages: [
            Message { role: "system", content: &prompt.system },
            Message { role: "user", content: &prompt.user },
        ],
        stream: false,
        format: schema(prompt)?,
        options: Options {
            num_predict: prompt.max_output_tokens,
            num_ctx: tokens.div_ceil(WINDOW_STEP) * WINDOW_STEP,
        },
    };
    Ok(Request { path: "/api/chat".to_owned(), headers: Vec::new(), body: json(&body) })
}

pub(super) fn answer(name: &str, body: &[u8]) -> Result<Completion, ModelFailure> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let usage = match (answer.prompt_eval_count, answer.eval_count) {
        (None, None) => None,
        (input, output) => Some(Usage::new(input.unwrap_or(0), output.unwrap_or(0))),
    };
    let wrong = |kind, message: &str| {
        let failure = ModelFailure::new(kind, message);
        match usage {
            Some(usage) => failure.usage(usage),
            None => failure,
        }
    };
    if let Some(error) = &answer.error {
        return Err(told_failure(error));
    }
    match answer.done_reason.as_deref() {
        Some("length") => {
            return Err(wrong(FailureKind::Truncated, "the answer was cut off at the token limit"));
        }
        _ if !answer.done => {
            return Err(wrong(FailureKind::BadResponse, "the server's answer is a part of one"));
        }
        _ => {}
    }
    let text = answer.message.map(|message| message.content).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(wrong(FailureKind::BadResponse, "the server's answer has no text"));
    }
    let mut completion = Completion::new(answer.model.unwrap_or_else(|| name.to_owned()), text);
    completion.usage = usage;
    Ok(completion.cost(leadscore::task::Cost::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_free_and_a_part_of_one_is_a_failure() {
        let body = r#"{"model":"llama3.2","created_at":"2026-11-26T00:00:00Z","message":{"role":"assistant","content":"{}"},
            "done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":9}"#;
        let completion = answer("llama", body.as_bytes()).unwrap();
        assert_eq!(
            (completion.usage, completion.known_cost().unwrap().usd()),
            (Some(Usage::new(26, 9)), 0.0)
        );
        for (body, kind) in [
            (r#"{"message":{"content":"{"},"done":true,"done_reason":"length"}"#, FailureKind::Truncated),
            (r#"{"message":{"content":"{"},"done":false}"#, FailureKind::BadResponse),
            (r#"{"message":{"content":""},"done":true}"#, FailureKind::BadResponse),
            (r#"{"error":"out of memory"}"#, FailureKind::Unavailable),
        ] {
            assert_eq!(answer("m", body.as_bytes()).unwrap_err().kind, kind, "{body}");
        }
    }
}
