//! A language model of a test's own.

#![allow(dead_code, reason = "each test file uses a part of it")]

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

/// Answers as a model of `OpenAI` would: with what the question of a lead wants, or with nothing of use.
pub(crate) struct Answers;

impl Respond for Answers {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let question: String = messages.iter().filter_map(|own| own["content"].as_str()).collect();
        let content = if question.contains("whole days") {
            json!({"days": 1_000, "explanation": "No."})
        } else if question.contains("Name every number once") {
            // The order of the pipeline turned round.
            let count = question.matches("\"lead\":").count();
            let place = |lead| json!({"lead": lead, "reason": "The lead reacts."});
            json!({"ranking": (1..=count).rev().map(place).collect::<Vec<_>>()})
        } else {
            json!({"probability": own_probability(&question), "explanation": "The lead reacts.", "risk_factors": [],
                "recommendations": []})
        };
        let usage = json!({"prompt_tokens": 700, "completion_tokens": 150, "total_tokens": 850});
        ResponseTemplate::new(200).set_body_json(json!({"id": "c", "object": "chat.completion", "model": "gpt-4o-mini",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content.to_string()}}],
            "usage": usage}))
    }
}

/// A little above the pipeline's probability, as the question has it.
fn own_probability(question: &str) -> f64 {
    let after =
        question.split("\"probability\":").nth(1).unwrap_or_else(|| panic!("no probability: {question}"));
    let digits: String =
        after.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
    (digits.parse::<f64>().unwrap() + 0.05).min(0.99)
}

/// One that answers.
pub(crate) async fn model() -> MockServer {
    let model = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v1/chat/completions")).respond_with(Answers).mount(&model).await;
    model
}

/// What has a server ask it.
pub(crate) fn settings(base: &str) -> Vec<(&str, &str)> {
    vec![("OPENAI_API_KEY", "sk-test"), ("OPENAI_BASE_URL", base), ("AI_MODEL", "gpt-4o-mini")]
}
