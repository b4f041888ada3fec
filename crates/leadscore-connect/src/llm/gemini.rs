//! Gemini's `generateContent`.
//!
//! Source: Google's API reference for the Gemini API, and the requests of google-genai 3.4.

#![allow(clippy::struct_field_names, reason = "they are named as on the wire")]

use leadscore::task::{Completion, FailureKind, ModelFailure, Prompt, Usage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::failure::unreadable;
use super::openai::{json, schema};
use super::request::Request;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    contents: [Content<'a>; 1],
    system_instruction: Instruction<'a>,
    generation_config: Config<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    role: &'static str,
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
struct Instruction<'a> {
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
struct Part<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    candidate_count: u8,
    max_output_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thinking {
    thinking_budget: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    candidates: Vec<Candidate>,
    #[serde(default)]
    prompt_feedback: Option<Feedback>,
    #[serde(default)]
    usage_metadata: Option<Tokens>,
    #[serde(default)]
    model_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    content: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    parts: Vec<SaidPart>,
}

#[derive(Deserialize)]
struct SaidPart {
    #[serde(default)]
    text: Option<String>,
    /// Whether it is the model's own thinking.
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    #[serde(default)]
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Tokens {
    prompt_token_count: u64,
    cached_content_token_count: u64,
    candidates_token_count: u64,
    thoughts_token_count: u64,
}

pub(super) fn request(name: &str, prompt: &Prompt) -> Result<Request, ModelFailure> {
    let schema = schema(prompt)?;
    let body = Body {
        contents: [Content { role: "user", parts: [Part { text: &prompt.user }] }],
        system_instruction: Instruction { parts: [Part { text: &prompt.system }] },
        generation_config: Config {
            candidate_count: 1,
            max_output_tokens: prompt.max_output_tokens,
            response_mime_type: schema.map(|_| "application/json"),
            response_json_schema: schema,
            // These think unless they are told not to, and thoughts count as output.
            thinking_config: name.starts_with("gemini-2.5-flash").then_some(Thinking { thinking_budget: 0 }),
        },
    };
    Ok(Request { path: format!("/models/{name}:generateContent"), headers: Vec::new(), body: json(&body) })
}

pub(super) fn answer(name: &str, body: &[u8]) -> Result<Completion, ModelFailure> {
    let Answer { candidates, prompt_feedback, usage_metadata, model_version } =
        serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let usage = usage_metadata.map(|tokens| {
        let output = tokens.candidates_token_count.saturating_add(tokens.thoughts_token_count);
        Usage::new(tokens.prompt_token_count, output).cached_input_tokens(tokens.cached_content_token_count)
    });
    let wrong = |kind, message: String| {
        let failure = ModelFailure::new(kind, message);
        match usage {
            Some(usage) => failure.usage(usage),
            None => failure,
        }
    };
    let Some(candidate) = candidates.into_iter().next() else {
        return Err(match prompt_feedback.and_then(|feedback| feedback.block_reason) {
            Some(reason) => wrong(FailureKind::Refused, format!("the vendor blocked the question: {reason}")),
            None => wrong(FailureKind::BadResponse, "the vendor's answer has no candidate".to_owned()),
        });
    };
    match candidate.finish_reason.as_deref() {
        Some("STOP") | None => {}
        Some("MAX_TOKENS") => {
            return Err(wrong(
                FailureKind::Truncated,
                "the answer was cut off at the token limit".to_owned(),
            ));
        }
        Some(
            reason @ ("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "LANGUAGE"),
        ) => {
            return Err(wrong(FailureKind::Refused, format!("the vendor filtered the answer: {reason}")));
        }
        Some(reason) => {
            return Err(wrong(FailureKind::BadResponse, format!("the model ended with {reason}")));
        }
    }
    let parts = candidate.content.map(|content| content.parts).unwrap_or_default();
    let text: String = parts.into_iter().filter(|part| !part.thought).filter_map(|part| part.text).collect();
    if text.trim().is_empty() {
        return Err(wrong(FailureKind::BadResponse, "the vendor's answer has no text".to_owned()));
    }
    let mut completion = Completion::new(model_version.unwrap_or_else(|| name.to_owned()), text);
    completion.usage = usage;
    Ok(completion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_paid_for_and_not_part_of_the_answer() {
        let body = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm.","thought":true},{"text":"{\"a\":"},
            {"text":"1}"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":500,
            "candidatesTokenCount":100,"thoughtsTokenCount":300,"totalTokenCount":900},"modelVersion":"gemini-2.5-flash"}"#;
        let completion = answer("gemini", body.as_bytes()).unwrap();
        assert_eq!((completion.text.as_str(), completion.usage), (r#"{"a":1}"#, Some(Usage::new(500, 400))));
        assert_eq!(completion.known_cost().unwrap().to_string(), "$0.00115");
    }

    #[test]
    fn what_is_no_answer_is_a_failure() {
        for (body, kind) in [
            (r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#, FailureKind::Refused),
            ("{}", FailureKind::BadResponse),
            (
                r#"{"candidates":[{"finishReason":"MAX_TOKENS","content":{"role":"model"}}]}"#,
                FailureKind::Truncated,
            ),
            (r#"{"candidates":[{"finishReason":"SAFETY"}]}"#, FailureKind::Refused),
            (
                r#"{"candidates":[{"finishReason":"SOMETHING_NEW","content":{"parts":[{"text":"{}"}]}}]}"#,
                FailureKind::BadResponse,
            ),
            (
                r#"{"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"x","thought":true}]}}]}"#,
                FailureKind::BadResponse,
            ),
            ("nonsense", FailureKind::BadResponse),
        ] {
            assert_eq!(answer("m", body.as_bytes()).unwrap_err().kind, kind, "{body}");
        }
    }
}
