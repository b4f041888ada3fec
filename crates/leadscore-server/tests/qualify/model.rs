//! A language model adjusts the score, or fails to.

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::json as call;
use crate::{hot, post, qualify, start};

async fn answering(content: &Value) -> MockServer {
    let model = MockServer::start().await;
    let body = json!({"id": "c", "object": "chat.completion", "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": content.to_string()}}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 50, "total_tokens": 750}});
    let answer = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(method("POST")).respond_with(answer).mount(&model).await;
    model
}

fn settings(base: &str) -> Vec<(&str, &str)> {
    vec![("OPENAI_API_KEY", "sk-test"), ("OPENAI_BASE_URL", base), ("AI_MODEL", "gpt-4o-mini")]
}

#[tokio::test]
async fn its_adjustment_and_reasoning_are_taken() {
    let reasoning = "The lead wants a demo today and has a budget.";
    for (adjustment, score) in [(4, 94), (-7, 83), (0, 90)] {
        let model = answering(&json!({"reasoning": reasoning, "adjustment": adjustment})).await;
        let base = format!("{}/v1", model.uri());
        let server = start(&settings(&base)).await;
        let own = qualify(&server, &hot("ann@acme.example")).await;
        assert_eq!(
            (&own["score"], &own["model_adjustment"]),
            (&json!(score), &json!(f64::from(adjustment))),
            "{own}"
        );
        assert_eq!(own["reasoning"], reasoning);
        assert_eq!(
            (&own["provenance"]["author"], &own["provenance"]["reason"]),
            (&json!("model"), &Value::Null)
        );
        // It is an answer of this one time, not something that the lead has.
        let again = qualify(&server, &hot("ann@acme.example")).await;
        assert_eq!(again["score"], score);
        // What it is asked has no address.
        let asked = model.received_requests().await.unwrap();
        let text = String::from_utf8(asked[0].body.clone()).unwrap();
        assert!(text.contains("frustrated") && !text.contains("ann@acme.example"), "{text}");
    }
}

#[tokio::test]
async fn without_its_answer_the_rules_answer_unless_that_is_an_error() {
    let failing = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(401)).mount(&failing).await;
    let wild = answering(&json!({"reasoning": "The lead wants a demo.", "adjustment": 50})).await;
    for (model, reason) in [(&failing, "failed"), (&wild, "rejected")] {
        let base = format!("{}/v1", model.uri());
        let server = start(&settings(&base)).await;
        let own = qualify(&server, &hot("ann@acme.example")).await;
        assert_eq!((&own["score"], &own["model_adjustment"]), (&json!(90), &json!(0.0)), "{own}");
        assert_eq!(
            (&own["provenance"]["author"], &own["provenance"]["reason"]),
            (&json!("rules"), &json!(reason)),
            "{own}"
        );
        let strict = [&settings(&base)[..], &[("LEADSCORE_LLM_FAILURE", "error")]].concat();
        let server = start(&strict).await;
        let (status, own) = call(post(&server, &hot("ann@acme.example"))).await;
        assert_eq!((status, &own["error"]["code"]), (503, &json!("SERVICE_UNAVAILABLE")), "{own}");
    }
}
