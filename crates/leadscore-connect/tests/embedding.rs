//! Embeddings over HTTP, against a server that answers what the test says.

#![cfg(feature = "llm")]

use std::sync::Arc;
use std::time::Duration;

use leadscore::email::{Document, Embedder, EmbeddingError, KnowledgeBase};
use leadscore::task::{Budget, Cost, FailureKind, OverBudget};
use leadscore_connect::llm::{EmbeddingModel, Provider};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

fn base() -> KnowledgeBase {
    let text =
        "## Prices\nThe plan costs 49 euros.\n\n## Dogs\nThey may come along.\n\n## Trial\nIt takes 14 days.";
    KnowledgeBase::new([Document::new("a.md", text)]).unwrap()
}

fn model(server: &MockServer, provider: Provider) -> EmbeddingModel {
    let key = Some(SecretString::from("sk-secret".to_owned()));
    let model = EmbeddingModel::new(provider, "text-embedding-3-small", key, &server.uri()).unwrap();
    model.first_wait(Duration::from_millis(1)).deadline(Duration::from_secs(10))
}

/// Puts animals on one axis and money on another one.
struct Meaning;

impl Respond for Meaning {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let vectors: Vec<[f32; 3]> = body["input"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| {
                let has = |word: &str| f32::from(u8::from(text.as_str().unwrap().contains(word)));
                [has("Dogs") + has("pet"), has("euros") + has("cheap"), 0.1]
            })
            .collect();
        if request.url.path() == "/api/embed" {
            return ResponseTemplate::new(200)
                .set_body_json(json!({"model": "m", "embeddings": vectors, "prompt_eval_count": 9}));
        }
        // Backwards: the number counts.
        let item = |(at, vector)| json!({"object": "embedding", "index": at, "embedding": vector});
        let data: Vec<Value> = vectors.iter().enumerate().map(item).rev().collect();
        let usage = json!({"prompt_tokens": 9, "total_tokens": 9});
        ResponseTemplate::new(200)
            .set_body_json(json!({"object": "list", "data": data, "model": "m", "usage": usage}))
    }
}

#[tokio::test]
async fn passages_are_found_by_meaning_at_every_provider() {
    for (provider, where_to) in [
        (Provider::OpenAi, "/embeddings"),
        (Provider::OpenAiCompatible, "/embeddings"),
        (Provider::OpenRouter, "/embeddings"),
        (Provider::Ollama, "/api/embed"),
    ] {
        let server = MockServer::start().await;
        Mock::given(path(where_to))
            .and(header("authorization", "Bearer sk-secret"))
            .respond_with(Meaning)
            .mount(&server)
            .await;
        let budget = Arc::new(Budget::unlimited());
        let model = model(&server, provider).budget(budget.clone());
        let base = base().embedded(&model).await.unwrap();
        for (query, heading) in [("a pet", "Dogs"), ("is it cheap", "Prices")] {
            assert!(base.search(query, 1).is_empty());
            let asked = base.embedded_for(&model, query).await.unwrap();
            assert_eq!(asked.search(query, 1)[0].heading, heading, "{provider}");
        }
        let sent = server.received_requests().await.unwrap();
        // The passages once, and each query.
        assert_eq!((sent.len(), budget.spent().calls, budget.spent().tokens), (3, 3, 27));
        let body: Value = sent[0].body_json().unwrap();
        assert_eq!(
            (&body["model"], body["input"].as_array().unwrap().len()),
            (&json!("text-embedding-3-small"), 3)
        );
        assert_eq!(body["input"][0], "Prices\nThe plan costs 49 euros.");
        let is_ollama = provider == Provider::Ollama;
        assert_eq!(body["truncate"], if is_ollama { json!(false) } else { Value::Null });
        assert_eq!(body["encoding_format"], if is_ollama { Value::Null } else { json!("float") });
        let cost = match provider {
            Provider::OpenAi | Provider::OpenRouter => Cost::from_usd(27.0 * 0.02 / 1e6).unwrap(),
            _ => Cost::default(),
        };
        assert_eq!(budget.spent().cost, cost, "{provider}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_vectors_that_cannot_be_used_are_a_failure() {
    let vectors = |vectors: Value| {
        let data: Vec<Value> =
            vectors.as_array().unwrap().iter().map(|own| json!({"embedding": own})).collect();
        ResponseTemplate::new(200).set_body_json(json!({"data": data}))
    };
    let error = |status| {
        ResponseTemplate::new(status).set_body_json(json!({"error": {"message": "no luck with sk-secret"}}))
    };
    for (answers, says, call_count) in [
        (vec![error(500), error(429), vectors(json!([[1], [2], [3]]))], "", 3),
        (vec![error(500)], "status 500: no luck with [key]", 3),
        (vec![error(500).insert_header("x-should-retry", "false")], "status 500", 1),
        (vec![error(429).insert_header("retry-after", "600")], "status 429", 1),
        (vec![error(401)], "status 401", 1),
        (vec![error(404)], "status 404", 1),
        (vec![vectors(json!([[1], [2]]))], "has 2 vectors for 3 texts", 1),
        (vec![vectors(json!([[1], [2], [3, 4]]))], "vectors[2]: has 2 numbers, and others have 1", 1),
        (vec![vectors(json!([[1], [0], [3]]))], "vectors[1]: is zero", 1),
        (vec![vectors(json!([[1], [1e39], [3]]))], "number out of range", 1),
        (vec![vectors(json!([[1], [null], [3]]))], "cannot be read", 1),
        (vec![ResponseTemplate::new(200).set_body_bytes(vec![b' '; 17 << 20])], "more than 16384 KiB", 1),
    ] {
        let server = MockServer::start().await;
        let count = answers.len();
        for (at, answer) in answers.into_iter().enumerate() {
            let mock = Mock::given(path("/embeddings")).respond_with(answer);
            if at + 1 < count {
                mock.up_to_n_times(1).mount(&server).await;
            } else {
                mock.mount(&server).await;
            }
        }
        let found = base().embedded(&model(&server, Provider::OpenAi)).await;
        let told = found.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.contains(says) && told.is_empty() == says.is_empty(), "{says}: {told}");
        assert!(!told.contains("sk-secret"), "{told}");
        assert_eq!(server.received_requests().await.unwrap().len(), call_count, "{says}");
    }
}

#[tokio::test]
async fn nothing_goes_out_beyond_the_budget_and_nothing_takes_longer_than_the_deadline() {
    let server = MockServer::start().await;
    Mock::given(path("/embeddings"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(30)))
        .mount(&server)
        .await;
    let limit = |budget: Budget| model(&server, Provider::OpenAi).budget(Arc::new(budget));
    for (budget, why) in [
        (Budget::unlimited().max_calls(0), OverBudget::Calls),
        (Budget::unlimited().max_tokens(50), OverBudget::Tokens),
        (Budget::unlimited().max_cost(Cost::from_picodollars(1)), OverBudget::Cost),
    ] {
        assert_eq!(base().embedded(&limit(budget)).await.unwrap_err(), EmbeddingError::OverBudget(why));
    }
    let unknown = EmbeddingModel::new(Provider::OpenAiCompatible, "m", None, &server.uri()).unwrap();
    let unknown = unknown.budget(Arc::new(Budget::unlimited().max_cost(Cost::from_usd(1.0).unwrap())));
    let error = base().embedded(&unknown).await.unwrap_err();
    assert_eq!(error, EmbeddingError::OverBudget(OverBudget::UnknownPrice));
    assert!(server.received_requests().await.unwrap().is_empty());

    let began = std::time::Instant::now();
    let budget = Arc::new(Budget::unlimited());
    let hasty = model(&server, Provider::OpenAi).budget(budget.clone());
    let hasty = hasty.attempt_timeout(Duration::from_millis(100)).deadline(Duration::from_millis(400));
    let Err(EmbeddingError::Failed(failure)) = base().embedded(&hasty).await else {
        panic!("it took too long")
    };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(began.elapsed() < Duration::from_secs(5));
    // Nobody knows what the vendor takes for it.
    assert!(budget.spent().tokens > 0);
}

#[test]
fn models_are_named_as_language_models_are() {
    let named = |spec: &str| {
        EmbeddingModel::from_spec_with(spec, |name| {
            (name == "OPENAI_API_KEY").then(|| "sk-secret".to_owned())
        })
    };
    let model = named("openai:text-embedding-3-small").unwrap();
    assert_eq!(model.name(), "openai:text-embedding-3-small");
    assert!(!format!("{model:?}").contains("secret") && model.price().is_some());
    assert!(named("openai-compatible:http://127.0.0.1:1/v1#m").unwrap().price().is_none());
    assert_eq!(named("ollama:nomic-embed-text").unwrap().to_string(), "ollama:nomic-embed-text");
    for (spec, says) in [
        ("anthropic:m", "anthropic wants a key"),
        ("gemini:m", "gemini wants a key"),
        ("text-embedding-3-small", "is no PROVIDER:NAME"),
        ("ollama:", "is no name of a model"),
    ] {
        let error = named(spec).unwrap_err().to_string();
        assert!(error.contains(says), "{spec}: {error}");
    }
    let error = EmbeddingModel::new(Provider::Gemini, "m", None, "http://127.0.0.1:1").unwrap_err();
    assert!(error.to_string().contains("gemini is asked for no embeddings"), "{error}");
}
