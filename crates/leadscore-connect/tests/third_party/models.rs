//! Language models as two mock servers and three vendors' SDKs have them.

use std::time::Duration;

use leadscore::task::{
    Assisted, Author, Budget, FailureKind, FallbackReason, NextAction, NextActionTask, RejectionKind, Task,
    TimeToCloseTask,
};
use leadscore::{AsOf, Lead, Pipeline, Zone};
use leadscore_connect::llm::{Assistant, Model, Provider};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::program::{Server, free_port, node_command, python, python_program};

const GOOD: &str = r#"{"action": "Call the VP Sales", "rationale": "They decide.", "priority": "high", "timeframe": "Today"}"#;

fn task() -> NextActionTask {
    let lead = Lead::new("l-1").with("title", "VP Sales");
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let prediction = Pipeline::builtin("conversion").unwrap().score(&lead, &as_of).unwrap();
    NextActionTask::new(&lead, &prediction)
}

fn time_to_close() -> TimeToCloseTask {
    let lead = Lead::new("l-1").with("title", "VP Sales");
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let prediction = Pipeline::builtin("conversion").unwrap().score(&lead, &as_of).unwrap();
    TimeToCloseTask::new(&lead, &prediction).unwrap()
}

fn model(provider: Provider, name: &str, address: &str) -> Model {
    Model::new(provider, name, Some(SecretString::from("sk-test".to_owned())), address).unwrap()
}

async fn ask(model: Model, budget: &Budget) -> Assisted<NextAction> {
    let assistant =
        Assistant::new(model).first_wait(Duration::from_millis(100)).attempt_timeout(Duration::from_secs(3));
    assistant.assist(&task(), budget).await
}

fn failure(assisted: &Assisted<NextAction>) -> Option<FailureKind> {
    match &assisted.provenance.reason {
        Some(FallbackReason::Failed { failure }) => Some(failure.kind),
        _ => None,
    }
}

async fn get(url: &str) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

/// llmock, with what it is to do for the next requests.
struct Mock(Server);

impl Mock {
    fn start() -> Mock {
        let port = free_port();
        let mut command = python_program("llmock");
        command.args([
            "serve",
            "--response-style",
            "static",
            "--log-level",
            "error",
            "--port",
            &port.to_string(),
        ]);
        Mock(Server::start(command, port))
    }

    async fn does(&self, behaviors: Value) {
        let client = reqwest::Client::new();
        client.post(self.0.url("/_llmock/reset")).send().await.unwrap().error_for_status().unwrap();
        if behaviors == json!([]) {
            return;
        }
        let scenario = client.post(self.0.url("/_llmock/scenario")).json(&json!({"behaviors": behaviors}));
        scenario.send().await.unwrap().error_for_status().unwrap();
    }

    async fn call_count(&self) -> u64 {
        get(&self.0.url("/_llmock/requests")).await["count"].as_u64().unwrap()
    }

    /// The mock's own judgement of how its client behaved.
    async fn finds_nothing_wrong(&self) {
        let verdict = get(&self.0.url("/_llmock/verdict")).await;
        assert_eq!((&verdict["passed"], &verdict["findings"]), (&json!(true), &json!([])), "{verdict}");
    }

    fn models(&self) -> [Model; 3] {
        [
            model(Provider::OpenAi, "gpt-4o-mini", &self.0.url("/v1")),
            model(Provider::Gemini, "gemini-2.5-flash", &self.0.url("/gemini/v1beta")),
            model(Provider::Anthropic, "claude-haiku-4-5", &self.0.url("/anthropic")),
        ]
    }
}

#[tokio::test]
#[ignore = "wants the packages of `make test-third-party`"]
async fn llmock_has_nothing_to_say_against_us() {
    let mock = Mock::start();
    for model in mock.models() {
        let name = model.to_string();
        mock.does(json!([{"type": "reply", "text": GOOD}])).await;
        let assisted = ask(model.clone(), &Budget::unlimited()).await;
        assert_eq!(assisted.provenance.author, Author::Model, "{name}: {:?}", assisted.provenance);
        assert_eq!(mock.call_count().await, 1);

        // Left to itself it fills in the schema, with words that are in no lead.
        mock.does(json!([])).await;
        let assisted = ask(model.clone(), &Budget::unlimited()).await;
        let Some(FallbackReason::Rejected { rejection }) = &assisted.provenance.reason else {
            assert_eq!(assisted.provenance.author, Author::Model, "{name}: {:?}", assisted.provenance);
            continue;
        };
        assert_ne!(rejection.kind, RejectionKind::WrongForm, "{name}: {rejection}");

        for (status, times, kind, call_count) in [
            (429, 1, None, 2),
            (500, 2, None, 3),
            (529, 1, None, 2),
            (503, 9, Some(FailureKind::Unavailable), 3),
            (401, 1, Some(FailureKind::Unauthorized), 1),
            (400, 1, Some(FailureKind::BadRequest), 1),
            (404, 1, Some(FailureKind::UnknownModel), 1),
        ] {
            mock.does(json!([
                {"type": "fail", "status": status, "times": times, "retry_after": if status == 429 { json!(1) } else { Value::Null }},
                {"type": "reply", "text": GOOD},
            ]))
            .await;
            let budget = Budget::unlimited();
            let assisted = ask(model.clone(), &budget).await;
            assert_eq!(failure(&assisted), kind, "{name} {status}: {:?}", assisted.provenance);
            assert_eq!(
                (mock.call_count().await, budget.spent().calls),
                (call_count, call_count),
                "{name} {status}"
            );
            assert_eq!(
                assisted.output,
                if kind.is_some() { task().fallback() } else { task().accept(GOOD).unwrap() }
            );
            mock.finds_nothing_wrong().await;
        }

        for (reply, reason) in [
            (json!({"type": "reply", "text": "{\"action\": \"Call"}), "rejected"),
            (json!({"type": "reply", "text": "I'm sorry, I can't help with that."}), "rejected"),
            (
                json!({"type": "reply", "text": GOOD.replace("Call the VP Sales", "Offer 40 % off")}),
                "rejected",
            ),
            (json!({"type": "delay", "seconds": 20}), "failed"),
        ] {
            mock.does(json!([reply])).await;
            let assistant =
                Assistant::new(model.clone()).attempts(1).attempt_timeout(Duration::from_millis(500));
            let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
            let shown = serde_json::to_value(&assisted.provenance.reason).unwrap();
            assert_eq!(shown["kind"], reason, "{name}: {shown}");
            assert_eq!(assisted.output, task().fallback());
        }
    }
    mock.does(json!([{"type": "reply", "text": "{\"a", "finish_reason": "length"}])).await;
    let assisted = ask(mock.models()[0].clone(), &Budget::unlimited()).await;
    assert_eq!(failure(&assisted), Some(FailureKind::Truncated), "{:?}", assisted.provenance);
    mock.does(json!([{"type": "reply", "text": "{}", "finish_reason": "content_filter"}])).await;
    let assisted = ask(mock.models()[0].clone(), &Budget::unlimited()).await;
    assert_eq!(failure(&assisted), Some(FailureKind::Refused), "{:?}", assisted.provenance);
}

#[tokio::test]
#[ignore = "wants the packages of `make test-third-party`"]
async fn no_call_reaches_llmock_that_could_exceed_the_budget() {
    let mock = Mock::start();
    let most =
        |prompt: &leadscore::task::Prompt| prompt.input_token_bound() + u64::from(prompt.max_output_tokens);
    let one = most(&task().prompt());
    for (budget, call_count) in [
        (Budget::unlimited().max_calls(0), 0),
        (Budget::unlimited().max_calls(2), 2),
        (Budget::unlimited().max_tokens(one - 1), 0),
        (Budget::unlimited().max_tokens(one), 3),
    ] {
        // Failed attempts count as well. What they took is nothing by their status, or not known.
        mock.does(json!([{"type": "fail", "status": 429, "times": 9, "retry_after": 0.1}])).await;
        let assisted = ask(mock.models()[0].clone(), &budget).await;
        assert_eq!((mock.call_count().await, assisted.provenance.author), (call_count, Author::Rules));
        assert!(budget.spent().tokens <= one);
    }
}

#[tokio::test]
#[ignore = "wants the packages of `make test-third-party`"]
async fn aimock_answers_every_provider() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = folder.path().join("fixtures.json");
    let answers =
        json!({"fixtures": [{"match": {"userMessage": "VP Sales"}, "response": {"content": GOOD}}]});
    std::fs::write(&fixtures, answers.to_string()).unwrap();
    let port = free_port();
    let mut command = node_command();
    command
        .args(["node_modules/@copilotkit/aimock/dist/cli.js", "--strict", "-p", &port.to_string(), "-f"])
        .arg(&fixtures);
    let server = Server::start(command, port);
    for (provider, path) in [
        (Provider::OpenAi, "/v1"),
        (Provider::OpenAiCompatible, "/v1"),
        (Provider::OpenRouter, "/api/v1"),
        (Provider::Gemini, "/v1beta"),
        (Provider::Anthropic, ""),
        (Provider::Ollama, ""),
    ] {
        let assisted = ask(model(provider, "some-model", &server.url(path)), &Budget::unlimited()).await;
        assert_eq!(assisted.provenance.author, Author::Model, "{provider}: {:?}", assisted.provenance);
    }
    let journal = get(&server.url("/__aimock/journal")).await;
    let paths: Vec<&str> =
        journal.as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "/v1/chat/completions",
            "/v1/chat/completions",
            "/api/v1/chat/completions",
            "/v1beta/models/some-model:generateContent",
            "/v1/messages",
            "/api/chat",
        ]
    );
}

/// Records what comes, and answers nothing that anybody could read.
async fn recorder() -> wiremock::MockServer {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(
            wiremock::ResponseTemplate::new(400).set_body_json(json!({"error": {"message": "recorded"}})),
        )
        .mount(&server)
        .await;
    server
}

#[tokio::test]
#[ignore = "wants the packages of `make test-third-party`"]
async fn the_vendors_sdks_send_what_we_send() {
    for (provider, name, path, secret_header) in [
        (Provider::OpenAi, "gpt-4o-mini", "/v1", "authorization"),
        (Provider::Gemini, "gemini-2.5-flash", "/v1beta", "x-goog-api-key"),
        (Provider::Anthropic, "claude-haiku-4-5", "", "x-api-key"),
    ] {
        let server = recorder().await;
        // It has a range of numbers, which not every vendor takes as such.
        let task = time_to_close();
        let model = model(provider, name, &format!("{}{path}", server.uri()));
        Assistant::new(model).assist(&task, &Budget::unlimited()).await;
        let prompt = task.prompt();
        let asked = json!({"task": prompt.task, "system": prompt.system, "user": prompt.user, "schema": prompt.schema,
            "tokens": prompt.max_output_tokens});
        let (uri, spoken) = (server.uri(), asked.to_string());
        tokio::task::spawn_blocking(move || python("ask.py", &[provider.as_str(), &uri, name, &spoken]))
            .await
            .unwrap();
        let requests = server.received_requests().await.unwrap();
        let [ours, theirs] = &requests[..] else { panic!("{provider}: {} requests", requests.len()) };
        let path_of = |request: &wiremock::Request| request.url.path().replace("%3A", ":");
        assert_eq!(path_of(ours), path_of(theirs), "{provider}");
        // Anthropic's SDK has begun to send the key as a bearer's, which its API takes as well.
        let (key, bearer) = (ours.headers.get(secret_header), theirs.headers.get("authorization"));
        let is_bearer = bearer.is_some_and(|bearer| bearer == "Bearer sk-test");
        assert!(
            key == theirs.headers.get(secret_header) || provider == Provider::Anthropic && is_bearer,
            "{provider}"
        );
        // Ours is the oldest that has what we ask for: who has no newer one, such as a proxy, takes it too.
        let version = |request: &wiremock::Request| request.headers.contains_key("anthropic-version");
        assert_eq!(version(ours), version(theirs), "{provider}");
        let body = |request: &wiremock::Request| -> Value {
            // google-genai names the role of the instruction, which the API passes over, and one field as protocol buffers do.
            let text =
                String::from_utf8(request.body.clone()).unwrap().replace("thinking_budget", "thinkingBudget");
            let mut body: Value = serde_json::from_str(&text).unwrap();
            if let Some(instruction) = body.get_mut("systemInstruction").and_then(Value::as_object_mut) {
                instruction.remove("role");
            }
            body
        };
        assert_eq!(body(ours), body(theirs), "{provider}");
    }
}
