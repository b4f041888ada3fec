//! `OpenAI`'s chat completions, which `OpenRouter` and many servers speak too.
//!
//! Source: `OpenAI`'s API specification 2.3.0, and `OpenRouter`'s API reference.

#![allow(clippy::struct_field_names, reason = "they are named as on the wire")]

use leadscore::task::{Completion, Cost, FailureKind, ModelFailure, Prompt, Usage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::failure::{VendorError, told_failure, unreadable};
use super::provider::Provider;
use super::request::Request;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: [Message<'a>; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    /// Without it reasoning models of `OpenAI` refuse the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    /// What everybody else calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Routing>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    strict: bool,
    /// As it is written: the order of its properties is the order in which a model answers.
    schema: &'a RawValue,
}

#[derive(Serialize)]
struct Routing {
    /// Else a provider may be chosen that ignores the schema.
    require_parameters: bool,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Tokens>,
    /// `OpenRouter` answers so, with the status 200, once a model has begun.
    #[serde(default)]
    error: Option<VendorError>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    message: Option<Said>,
    #[serde(default)]
    error: Option<VendorError>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptTokens>,
    /// `OpenRouter`'s, in dollars.
    #[serde(default)]
    cost: Option<f64>,
}

#[derive(Deserialize)]
struct PromptTokens {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

pub(super) fn request(provider: Provider, name: &str, prompt: &Prompt) -> Result<Request, ModelFailure> {
    let is_openai = provider == Provider::OpenAi;
    let limit = prompt.max_output_tokens;
    let body = Body {
        model: name,
        messages: [
            Message { role: "system", content: &prompt.system },
            Message { role: "user", content: &prompt.user },
        ],
        response_format: schema(prompt)?.map(|schema| ResponseFormat {
            r#type: "json_schema",
            json_schema: JsonSchema { name: prompt.task, strict: true, schema },
        }),
        max_completion_tokens: is_openai.then_some(limit),
        max_tokens: (!is_openai).then_some(limit),
        store: is_openai.then_some(false),
        provider: (provider == Provider::OpenRouter).then_some(Routing { require_parameters: true }),
    };
    Ok(Request { path: "/chat/completions".to_owned(), headers: Vec::new(), body: json(&body) })
}

pub(super) fn answer(name: &str, body: &[u8]) -> Result<Completion, ModelFailure> {
    let Answer { model, choices, usage, error } =
        serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let cost = usage.as_ref().and_then(|usage| Cost::from_usd(usage.cost?).ok());
    let usage = usage.map(Usage::from);
    let fail = |failure: ModelFailure| match usage {
        Some(usage) => failure.usage(usage),
        None => failure,
    };
    let wrong = |kind, message: &str| fail(ModelFailure::new(kind, message));
    if let Some(error) = error {
        return Err(fail(told_failure(&error)));
    }
    let Some(choice) = choices.unwrap_or_default().into_iter().next() else {
        return Err(wrong(FailureKind::BadResponse, "the vendor's answer has no choice"));
    };
    if let Some(error) = choice.error {
        return Err(fail(told_failure(&error)));
    }
    match choice.finish_reason.as_deref() {
        Some("length") => {
            return Err(wrong(FailureKind::Truncated, "the answer was cut off at the token limit"));
        }
        Some("content_filter") => return Err(wrong(FailureKind::Refused, "the vendor filtered the answer")),
        Some("error") => return Err(wrong(FailureKind::Unavailable, "the model broke off")),
        // Some servers leave it out.
        _ => {}
    }
    let said = choice.message.unwrap_or(Said { content: None, refusal: None });
    if let Some(refusal) = said.refusal.filter(|refusal| !refusal.is_empty()) {
        return Err(wrong(FailureKind::Refused, &format!("the model declined: {refusal}")));
    }
    let Some(text) = said.content.filter(|text| !text.trim().is_empty()) else {
        return Err(wrong(FailureKind::BadResponse, "the vendor's answer has no text"));
    };
    let mut completion = Completion::new(model.unwrap_or_else(|| name.to_owned()), text);
    completion.usage = usage;
    completion.cost = cost;
    Ok(completion)
}

/// The schema of a prompt as it is written; none where the answer is plain text.
pub(super) fn schema(prompt: &Prompt) -> Result<Option<&RawValue>, ModelFailure> {
    if prompt.wants_plain_text() {
        return Ok(None);
    }
    serde_json::from_str(&prompt.schema).map(Some).map_err(|error| no_json(&error))
}

pub(super) fn no_json(error: &serde_json::Error) -> ModelFailure {
    ModelFailure::new(FailureKind::BadRequest, format!("the schema is no JSON: {error}"))
}

pub(super) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("a request of texts and numbers serializes")
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Usage {
        let details = tokens.prompt_tokens_details;
        let detail = |of: fn(&PromptTokens) -> Option<u64>| details.as_ref().and_then(of).unwrap_or(0);
        Usage::new(tokens.prompt_tokens, tokens.completion_tokens)
            .cached_input_tokens(detail(|own| own.cached_tokens))
            .cache_write_tokens(detail(|own| own.cache_write_tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(body: &str) -> (FailureKind, Option<u64>) {
        let failure = answer("m", body.as_bytes()).unwrap_err();
        (failure.kind, failure.usage.map(|usage| usage.output_tokens))
    }

    #[test]
    fn an_answer_has_text_model_tokens_and_cost() {
        let body = r#"{"id":"gen-1","model":"openai/gpt-4o-mini","choices":[{"index":0,"finish_reason":"stop",
            "message":{"role":"assistant","content":"{}","refusal":null}}],"usage":{"prompt_tokens":73,
            "completion_tokens":95,"total_tokens":168,"cost":0.00014,"prompt_tokens_details":{"cached_tokens":40}}}"#;
        let expected = Completion::new("openai/gpt-4o-mini", "{}")
            .usage(Usage::new(73, 95).cached_input_tokens(40))
            .cost(Cost::from_usd(0.00014).unwrap());
        assert_eq!(answer("gpt-4o-mini", body.as_bytes()), Ok(expected));
        let bare = r#"{"choices":[{"finish_reason":null,"message":{"content":"{}"}}]}"#;
        assert_eq!(answer("llama", bare.as_bytes()), Ok(Completion::new("llama", "{}")));
    }

    #[test]
    fn what_is_no_answer_is_a_failure() {
        for (body, kind) in [
            (
                r#"{"choices":[{"finish_reason":"stop","message":{"content":null,"refusal":"I can't."}}]}"#,
                FailureKind::Refused,
            ),
            (
                r#"{"choices":[{"finish_reason":"length","message":{"content":"{\"a"}}]}"#,
                FailureKind::Truncated,
            ),
            (
                r#"{"choices":[{"finish_reason":"content_filter","message":{"content":""}}]}"#,
                FailureKind::Refused,
            ),
            (r#"{"choices":[{"finish_reason":"error","message":{"content":""}}]}"#, FailureKind::Unavailable),
            (r#"{"choices":[]}"#, FailureKind::BadResponse),
            (r#"{"choices":[{"message":{"content":" "}}]}"#, FailureKind::BadResponse),
            (r#"{"error":{"code":502,"message":"upstream"}}"#, FailureKind::Unavailable),
            (
                r#"{"error":{"code":429,"message":"slow down","details":null},"choices":null}"#,
                FailureKind::RateLimited,
            ),
            ("{", FailureKind::BadResponse),
            ("", FailureKind::BadResponse),
            ("[]", FailureKind::BadResponse),
        ] {
            assert_eq!(failed(body), (kind, None), "{body}");
        }
        let cut = r#"{"choices":[{"finish_reason":"length","message":{"content":""}}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#;
        assert_eq!(failed(cut), (FailureKind::Truncated, Some(7)));
    }
}
