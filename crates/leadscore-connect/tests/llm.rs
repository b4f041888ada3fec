//! Asking models over HTTP, against a server that answers what the test says.

#![cfg(feature = "llm")]

#[path = "llm/limits.rs"]
mod limits;

use std::sync::Arc;
use std::time::Duration;

use leadscore::task::{
    AnyTask, Assisted, Author, Budget, Cost, FailureKind, FallbackReason, ModelFailure, NextActionTask,
    NotAsked, RejectionKind, Task, Usage,
};
use leadscore::{AsOf, Lead, Pipeline, Zone};
use leadscore_connect::llm::{Assistant, Model, Provider};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const GOOD: &str = r#"{"action": "Call the VP Sales", "rationale": "They decide.", "priority": "high", "timeframe": "Today"}"#;
const LIE: &str =
    r#"{"action": "Offer 40 % off", "rationale": "They decide.", "priority": "high", "timeframe": "Today"}"#;

fn task() -> NextActionTask {
    let lead = Lead::new("l-1").with("title", "VP Sales");
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let prediction = Pipeline::builtin("conversion").unwrap().score(&lead, &as_of).unwrap();
    NextActionTask::new(&lead, &prediction)
}

fn email() -> AnyTask {
    let request = r#"{"task": "email", "lead": {"title": "VP Sales"}, "as_of": "2026-11-22",
        "knowledge": [{"name": "a.md", "text": "Oriole finds duplicates in lists of contacts."}],
        "sender": {"name": "Mara Quill", "company": "Oriole", "address": "1 Sample Street", "unsubscribe": "https://oriole.example/u"}}"#;
    AnyTask::from_json(request, Some(&Pipeline::builtin("conversion").unwrap())).unwrap()
}

fn completion(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "c-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, "refusal": null}}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 50, "total_tokens": 450},
    }))
}

fn error(status: u16, code: &str) -> ResponseTemplate {
    let body =
        json!({"error": {"message": "no luck with sk-secret", "type": code, "param": null, "code": code}});
    ResponseTemplate::new(status).set_body_json(body)
}

async fn server(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let count = answers.len();
    for (at, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(method("POST")).respond_with(answer);
        // The last one stays.
        if at + 1 < count { mock.up_to_n_times(1).mount(&server).await } else { mock.mount(&server).await }
    }
    server
}

fn model(server: &MockServer) -> Model {
    let key = Some(SecretString::from("sk-secret".to_owned()));
    Model::new(Provider::OpenAi, "gpt-4o-mini", key, &format!("{}/v1", server.uri())).unwrap()
}

fn assistant(server: &MockServer) -> Assistant {
    Assistant::new(model(server)).first_wait(Duration::from_millis(1)).deadline(Duration::from_secs(10))
}

fn failure<T: std::fmt::Debug>(assisted: &Assisted<T>) -> &ModelFailure {
    match &assisted.provenance.reason {
        Some(FallbackReason::Failed { failure }) => failure,
        other => panic!("{other:?}"),
    }
}

async fn calls(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_checked_answer_is_the_models() {
    let server = server(vec![completion(GOOD)]).await;
    let budget = Budget::unlimited();
    let assisted = assistant(&server).assist(&task(), &budget).await;
    assert_eq!(
        (assisted.output.action.as_str(), assisted.provenance.author),
        ("Call the VP Sales", Author::Model)
    );
    assert_eq!(assisted.usage, Some(Usage::new(400, 50)));
    assert_eq!(assisted.cost.unwrap().to_string(), "$0.00009");
    assert_eq!(
        (budget.spent().calls, budget.spent().tokens, budget.spent().cost),
        (1, 450, assisted.cost.unwrap())
    );

    let sent = &server.received_requests().await.unwrap()[0];
    assert_eq!(
        (sent.url.path(), &sent.headers["authorization"]),
        ("/v1/chat/completions", &"Bearer sk-secret".parse().unwrap())
    );
    let body: Value = sent.body_json().unwrap();
    assert_eq!((&body["model"], &body["store"]), (&json!("gpt-4o-mini"), &json!(false)));
    let format = &body["response_format"]["json_schema"];
    assert_eq!((&format["strict"], &format["name"]), (&json!(true), &json!("next_action")));
    assert_eq!(body["messages"][1]["content"].as_str().unwrap(), task().prompt().user);
    // Models answer in the order of the schema.
    let text = String::from_utf8(sent.body.clone()).unwrap();
    assert!(text.find("\"rationale\"").unwrap() < text.find("\"timeframe\"").unwrap());
}

#[tokio::test]
async fn every_provider_has_its_own_form() {
    let key = || Some(SecretString::from("k-1".to_owned()));
    for (provider, where_to, key_header, answer) in [
        (
            Provider::OpenRouter,
            "/chat/completions",
            ("authorization", "Bearer k-1"),
            json!({
            "model": "m", "choices": [{"finish_reason": "stop", "message": {"content": GOOD}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.0003}}),
        ),
        (
            Provider::OpenAiCompatible,
            "/chat/completions",
            ("authorization", "Bearer k-1"),
            json!({
            "model": "m", "choices": [{"finish_reason": null, "message": {"content": GOOD}}]}),
        ),
        (
            Provider::Gemini,
            "/models/m:generateContent",
            ("x-goog-api-key", "k-1"),
            json!({
            "candidates": [{"content": {"role": "model", "parts": [{"text": GOOD}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5}, "modelVersion": "m"}),
        ),
        (
            Provider::Anthropic,
            "/v1/messages",
            ("x-api-key", "k-1"),
            json!({
            "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": GOOD}], "usage": {"input_tokens": 10, "output_tokens": 5}}),
        ),
        (
            Provider::Ollama,
            "/api/chat",
            ("authorization", "Bearer k-1"),
            json!({
            "model": "m", "message": {"role": "assistant", "content": GOOD}, "done": true, "done_reason": "stop",
            "prompt_eval_count": 10, "eval_count": 5}),
        ),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path(where_to))
            .and(header(key_header.0, key_header.1))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
        let model = Model::new(provider, "m", key(), &server.uri()).unwrap();
        let assistant = Assistant::new(model);
        let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
        assert_eq!(assisted.provenance.author, Author::Model, "{provider}: {:?}", assisted.provenance);
        let body = String::from_utf8(server.received_requests().await.unwrap()[0].body.clone()).unwrap();
        assert!(
            body.contains("additionalProperties") && body.contains("You tell a sales representative"),
            "{body}"
        );
        // An e-mail is plain text, for which no vendor is told a form.
        let assisted = assistant.assist(&email(), &Budget::unlimited()).await;
        assert!(matches!(assisted.provenance.reason, Some(FallbackReason::Rejected { .. })), "{provider}");
        let body: Value = server.received_requests().await.unwrap()[1].body_json().unwrap();
        let text = body.to_string();
        assert!(text.contains("no greeting or signature") && !text.contains("application/json"), "{text}");
        for form in ["response_format", "output_config", "format"] {
            assert_eq!(body.get(form), None, "{provider}");
        }
        assert!(!text.contains("JsonSchema") && !text.contains("responseMimeType"), "{text}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_cannot_is_not() {
    for (answers, kind, call_count) in [
        (vec![error(429, "rate_limit_exceeded"), error(500, "server_error"), completion(GOOD)], None, 3),
        (vec![error(529, "overloaded_error"), completion(GOOD)], None, 2),
        (vec![error(500, "server_error")], Some(FailureKind::Unavailable), 3),
        (vec![error(429, "insufficient_quota")], Some(FailureKind::NoCredit), 1),
        (vec![error(401, "invalid_api_key")], Some(FailureKind::Unauthorized), 1),
        (vec![error(404, "model_not_found")], Some(FailureKind::UnknownModel), 1),
        (vec![error(400, "invalid_request_error")], Some(FailureKind::BadRequest), 1),
        (vec![ResponseTemplate::new(200).set_body_string("<html>")], Some(FailureKind::BadResponse), 1),
        (
            vec![ResponseTemplate::new(302).insert_header("location", "/elsewhere")],
            Some(FailureKind::BadResponse),
            1,
        ),
        (
            vec![ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2 << 20])],
            Some(FailureKind::BadResponse),
            1,
        ),
        // Longer than anybody waits.
        (
            vec![error(429, "rate_limit_exceeded").insert_header("retry-after", "600")],
            Some(FailureKind::RateLimited),
            1,
        ),
    ] {
        let server = server(answers).await;
        let budget = Budget::unlimited();
        let assisted = assistant(&server).assist(&task(), &budget).await;
        let found = match &assisted.provenance.reason {
            Some(FallbackReason::Failed { failure }) => Some(failure.kind),
            None => None,
            other => panic!("{other:?}"),
        };
        assert_eq!((found, calls(&server).await), (kind, call_count));
        assert_eq!(budget.spent().calls, call_count as u64);
        assert_eq!(
            assisted.output,
            if kind.is_some() { task().fallback() } else { task().accept(GOOD).unwrap() }
        );
        assert!(!format!("{assisted:?}").contains("sk-secret"));
    }
}

#[tokio::test]
async fn the_vendors_wait_is_kept() {
    let server = server(vec![
        error(429, "rate_limit_exceeded").insert_header("retry-after-ms", "300"),
        completion(GOOD),
    ])
    .await;
    let began = std::time::Instant::now();
    let assisted = assistant(&server).assist(&task(), &Budget::unlimited()).await;
    assert_eq!(assisted.provenance.author, Author::Model);
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn nothing_takes_longer_than_the_deadline() {
    let server = server(vec![completion(GOOD).set_delay(Duration::from_secs(30))]).await;
    let began = std::time::Instant::now();
    let assistant =
        assistant(&server).attempt_timeout(Duration::from_millis(200)).deadline(Duration::from_millis(500));
    let budget = Budget::unlimited();
    let assisted = assistant.assist(&task(), &budget).await;
    let Some(FallbackReason::Failed { failure }) = &assisted.provenance.reason else {
        panic!("{assisted:?}")
    };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(began.elapsed() < Duration::from_secs(5));
    // Nobody knows what the vendor takes for an answer that nobody waited for.
    assert!(budget.spent().tokens >= task().prompt().input_token_bound());
}

#[tokio::test]
async fn no_call_goes_out_that_could_exceed_the_budget() {
    let server = server(vec![error(500, "server_error")]).await;
    let budget = Budget::unlimited().max_calls(2);
    let assisted = assistant(&server).attempts(5).assist(&task(), &budget).await;
    // It was asked, so that is why there is no answer.
    let message = &failure(&assisted).message;
    let end = "(attempt 2; all calls of the budget are used up)";
    assert!(message.starts_with("status 500") && message.ends_with(end), "{message}");
    assert_eq!((calls(&server).await, budget.spent().calls), (2, 2));

    let server = self::server(vec![completion(GOOD)]).await;
    let most = leadscore::task::PriceList::builtin()
        .price("gpt-4o-mini")
        .unwrap()
        .highest_cost(&task().prompt())
        .unwrap();
    let below = Cost::from_picodollars(most.picodollars() - 1);
    for (limit, call_count) in [(below, 0), (most, 1)] {
        let budget = Budget::unlimited().max_cost(limit);
        assistant(&server).assist(&task(), &budget).await;
        assert_eq!(calls(&server).await, call_count);
        assert!(budget.spent().cost <= limit);
    }

    // A model of unknown price is not asked where there is a limit on the cost.
    let model = Model::new(Provider::OpenAiCompatible, "own", None, &server.uri()).unwrap();
    let assisted = Assistant::new(model).assist(&task(), &Budget::unlimited().max_cost(most)).await;
    assert_eq!(assisted.provenance.reason, Some(FallbackReason::NotAsked { why: NotAsked::OverBudget }));
    assert_eq!(calls(&server).await, 1);
}

#[tokio::test]
async fn fifty_at_once_are_one_call_and_one_pays() {
    let server = server(vec![completion(GOOD).set_delay(Duration::from_millis(100))]).await;
    let (assistant, budget) = (Arc::new(assistant(&server)), Arc::new(Budget::unlimited()));
    let asked = (0..50).map(|_| {
        let (assistant, budget) = (assistant.clone(), budget.clone());
        tokio::spawn(async move { assistant.assist(&task(), &budget).await })
    });
    let mut paid = 0;
    for asked in asked.collect::<Vec<_>>() {
        let assisted = asked.await.unwrap();
        assert_eq!(assisted.provenance.author, Author::Model);
        paid += usize::from(assisted.cost != Some(Cost::default()));
    }
    assert_eq!((calls(&server).await, paid, budget.spent().calls), (1, 1, 1));
    assistant.assist(&task(), &budget).await;
    assert_eq!(calls(&server).await, 1);
}

#[tokio::test]
async fn answers_that_are_not_taken_are_not_kept() {
    let server = server(vec![completion(LIE), completion("Sure! Here you go."), completion(GOOD)]).await;
    let assistant = assistant(&server);
    for kind in [Some(RejectionKind::Ungrounded), Some(RejectionKind::NotJson), None] {
        let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
        let found = match assisted.provenance.reason {
            Some(FallbackReason::Rejected { rejection }) => Some(rejection.kind),
            _ => None,
        };
        assert_eq!(found, kind);
        // It was asked, and that costs.
        assert_eq!(assisted.usage, Some(Usage::new(400, 50)));
    }
    assert_eq!(calls(&server).await, 3);
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone_for_a_while() {
    let server = server(vec![error(500, "server_error"), error(500, "server_error"), completion(GOOD)]).await;
    let assistant = assistant(&server).attempts(1).circuit_breaker(2, Duration::from_millis(300));
    for expected in [1, 2, 2, 2] {
        let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
        assert_eq!(assisted.provenance.author, Author::Rules);
        assert_eq!(calls(&server).await, expected);
    }
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(assistant.assist(&task(), &Budget::unlimited()).await.provenance.author, Author::Model);
}

#[tokio::test]
async fn so_many_calls_at_once_and_no_more() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    struct Counting {
        running: AtomicUsize,
        most: AtomicUsize,
    }
    impl leadscore::task::LanguageModel for Counting {
        fn complete<'a>(
            &'a self,
            _: &'a leadscore::task::Prompt,
        ) -> std::pin::Pin<
            Box<
                dyn Future<Output = Result<leadscore::task::Completion, leadscore::task::ModelFailure>>
                    + Send
                    + 'a,
            >,
        > {
            Box::pin(async {
                let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(running, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                self.running.fetch_sub(1, Ordering::SeqCst);
                Ok(leadscore::task::Completion::new("m", "no answer"))
            })
        }
    }
    let model = Arc::new(Counting { running: AtomicUsize::new(0), most: AtomicUsize::new(0) });
    let assistant = Arc::new(Assistant::with_model(model.clone(), "counting", None).concurrency(3));
    let asked = (0..20).map(|at| {
        let assistant = assistant.clone();
        tokio::spawn(async move {
            let lead = Lead::new(format!("l-{at}")).with("title", format!("VP {at}"));
            let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
            let prediction = Pipeline::builtin("conversion").unwrap().score(&lead, &as_of).unwrap();
            assistant.assist(&NextActionTask::new(&lead, &prediction), &Budget::unlimited()).await
        })
    });
    for asked in asked.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
    assert_eq!(model.most.load(Ordering::SeqCst), 3);
}

/// One question of every kind.
fn every_task() -> Vec<AnyTask> {
    let lead = r#"{"id": "l-1", "title": "VP Sales", "company": "Acme Ltd", "message": "We want a demo this quarter."}"#;
    let about = |task: &str, pipeline: &str| {
        let request = format!(r#"{{"task": "{task}", "lead": {lead}, "as_of": "2026-11-22"}}"#);
        AnyTask::from_json(&request, Some(&Pipeline::builtin(pipeline).unwrap())).unwrap()
    };
    let ranking =
        format!(r#"{{"task": "ranking", "leads": [{lead}, {{"id": "l-2"}}], "as_of": "2026-11-22"}}"#);
    let chat = |task: &str| {
        AnyTask::from_json(&format!(r#"{{"task": "{task}", "message": "How much is it?"}}"#), None)
    };
    vec![
        about("conversion", "conversion"),
        about("time_to_close", "conversion"),
        about("next_action", "conversion"),
        about("qualification", "qualify"),
        AnyTask::from_json(&ranking, Some(&Pipeline::builtin("priority").unwrap())).unwrap(),
        chat("chat_intent").unwrap(),
        chat("chat_reply").unwrap(),
    ]
}

#[tokio::test]
async fn every_task_has_its_fallback_without_a_network_and_from_a_model_that_talks_nonsense() {
    let closed = Model::new(Provider::OpenAi, "gpt-4o-mini", None, "http://127.0.0.1:1").unwrap();
    let closed = Assistant::new(closed).attempts(1).circuit_breaker(1_000, Duration::from_secs(1));
    let unknown = Model::new(Provider::OpenAi, "gpt-4o-mini", None, "http://no-such-host.invalid").unwrap();
    let unknown = Assistant::new(unknown).attempts(1).circuit_breaker(1_000, Duration::from_secs(1));
    for task in every_task() {
        let own = task.fallback().json().to_owned();
        for assistant in [&closed, &unknown] {
            let assisted = assistant.assist(&task, &Budget::unlimited()).await;
            let kind = match &assisted.provenance.reason {
                Some(FallbackReason::Failed { failure }) => failure.kind,
                other => panic!("{}: {other:?}", task.name()),
            };
            assert_eq!(
                (kind, assisted.output.json()),
                (FailureKind::Connection, own.as_str()),
                "{}",
                task.name()
            );
        }
        for nonsense in ["", "Sure!", "{}", "[1, 2]", r#"{"score": 1e999}"#, "null", "{\"a\": {\"a\": {}}}"] {
            let server = server(vec![completion(nonsense)]).await;
            let assisted = assistant(&server).assist(&task, &Budget::unlimited()).await;
            assert_eq!(
                (assisted.provenance.author, assisted.output.json()),
                (Author::Rules, own.as_str()),
                "{nonsense}"
            );
        }
    }
}

#[tokio::test]
async fn without_a_server_there_is_the_fallback() {
    let model = Model::new(Provider::Ollama, "llama3.2", None, "http://127.0.0.1:1").unwrap();
    let assistant = Assistant::new(model).first_wait(Duration::from_millis(1));
    let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
    let Some(FallbackReason::Failed { failure }) = &assisted.provenance.reason else {
        panic!("{assisted:?}")
    };
    assert_eq!((failure.kind, assisted.output), (FailureKind::Connection, task().fallback()));
    assert!(failure.message.contains("refused") && failure.message.ends_with("(attempt 3)"), "{failure}");
}
