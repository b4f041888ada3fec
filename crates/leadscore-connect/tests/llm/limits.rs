//! Budgets, deadlines and pauses where several things meet.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use leadscore::task::{Author, Budget, FailureKind, Task};
use leadscore_connect::llm::{Assistant, Model, Provider};
use secrecy::SecretString;
use serde_json::Value;

use super::{GOOD, assistant, calls, completion, error, every_task, failure, model, server, task};

#[tokio::test]
async fn a_budget_that_has_ended_is_nobody_elses() {
    let server = server(vec![completion(GOOD).set_delay(Duration::from_millis(50))]).await;
    let assistant = Arc::new(assistant(&server).concurrency(1));
    // While it has the only turn, whose budget has ended asks first, and the others wait for what comes of it.
    let other = assistant.clone();
    let other = tokio::spawn(async move {
        other.assist(&every_task()[0], &Budget::unlimited()).await;
    });
    let asked = (0..20).map(|at| {
        let assistant = assistant.clone();
        tokio::spawn(async move {
            let budget = Budget::unlimited().max_calls(at % 2);
            (at, assistant.assist(&task(), &budget).await)
        })
    });
    for asked in asked.collect::<Vec<_>>() {
        let (at, assisted) = asked.await.unwrap();
        // Who may not ask may have what another one has asked.
        assert!(at % 2 == 0 || assisted.provenance.author == Author::Model, "{:?}", assisted.provenance);
    }
    other.await.unwrap();
    assert_eq!(calls(&server).await, 2);
}

#[tokio::test]
async fn a_date_to_come_back_at_is_kept_unless_the_deadline_comes_first() {
    let in_seconds = |seconds| {
        let date = SystemTime::now() + Duration::from_secs(seconds);
        let date = httpdate::fmt_http_date(date);
        error(429, "rate_limit_exceeded").insert_header("retry-after", date.as_str())
    };
    let server = server(vec![in_seconds(3), completion(GOOD)]).await;
    let began = Instant::now();
    let assisted = assistant(&server).assist(&task(), &Budget::unlimited()).await;
    assert_eq!((assisted.provenance.author, calls(&server).await), (Author::Model, 2));
    // A date has no fraction of a second.
    assert!(began.elapsed() >= Duration::from_millis(1_500));

    let server = super::server(vec![in_seconds(30), completion(GOOD)]).await;
    let began = Instant::now();
    let assisted = assistant(&server).assist(&task(), &Budget::unlimited()).await;
    assert_eq!((failure(&assisted).kind, calls(&server).await), (FailureKind::RateLimited, 1));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn the_vendors_word_on_another_attempt_counts_more_than_the_status() {
    let told = |status, header: (&'static str, &str)| error(status, "any").insert_header(header.0, header.1);
    for (answers, author, call_count) in [
        (vec![told(500, ("x-should-retry", "false")), completion(GOOD)], Author::Rules, 1),
        (vec![told(429, ("x-should-retry", "false")), completion(GOOD)], Author::Rules, 1),
        (vec![told(400, ("x-should-retry", "true")), completion(GOOD)], Author::Model, 2),
        (vec![told(402, ("retry-after", "0.01")), completion(GOOD)], Author::Model, 2),
        (vec![told(503, ("retry-after", "0.01")), completion(GOOD)], Author::Model, 2),
        (vec![told(408, ("x-request-id", "r")), completion(GOOD)], Author::Model, 2),
        (vec![told(409, ("x-request-id", "r")), completion(GOOD)], Author::Model, 2),
        (vec![told(422, ("x-request-id", "r")), completion(GOOD)], Author::Rules, 1),
        // Never more often than there are attempts, and never later than anybody waits.
        (vec![told(400, ("x-should-retry", "true"))], Author::Rules, 3),
        (
            vec![
                told(429, ("x-should-retry", "true")).insert_header("retry-after-ms", "120001"),
                completion(GOOD),
            ],
            Author::Rules,
            1,
        ),
        (
            vec![told(500, ("x-should-retry", "true")).insert_header("retry-after", "60"), completion(GOOD)],
            Author::Rules,
            1,
        ),
    ] {
        let server = server(answers).await;
        let assisted = assistant(&server).assist(&task(), &Budget::unlimited()).await;
        assert_eq!((assisted.provenance.author, calls(&server).await), (author, call_count));
    }
    // Nor beyond the budget.
    let server = server(vec![told(400, ("x-should-retry", "true"))]).await;
    let assisted = assistant(&server).assist(&task(), &Budget::unlimited().max_calls(1)).await;
    assert_eq!((failure(&assisted).kind, calls(&server).await), (FailureKind::BadRequest, 1));
}

#[tokio::test]
async fn no_request_goes_out_that_the_vendors_limit_has_no_room_for() {
    let used_up = |reset: &str| {
        completion(GOOD)
            .insert_header("x-ratelimit-limit-requests", "1")
            .insert_header("x-ratelimit-remaining-requests", "0")
            .insert_header("x-ratelimit-reset-requests", reset)
    };
    let server = server(vec![used_up("300ms"), completion(GOOD)]).await;
    let assistant = assistant(&server).cache(0, Duration::ZERO);
    let began = Instant::now();
    for call_count in 1..=2 {
        let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
        assert_eq!((assisted.provenance.author, calls(&server).await), (Author::Model, call_count));
    }
    assert!(began.elapsed() >= Duration::from_millis(300));

    // Where it takes longer than anybody waits, nothing is sent and nothing is paid.
    let server = super::server(vec![used_up("6m0s")]).await;
    let assistant = super::assistant(&server).cache(0, Duration::ZERO);
    let budget = Budget::unlimited();
    assert_eq!(assistant.assist(&task(), &budget).await.provenance.author, Author::Model);
    let spent = budget.spent();
    let assisted = assistant.assist(&task(), &budget).await;
    let failure = failure(&assisted);
    assert_eq!((failure.kind, calls(&server).await), (FailureKind::RateLimited, 1), "{failure}");
    assert!(failure.retry_after.unwrap() > Duration::from_secs(350), "{failure:?}");
    assert_eq!((budget.spent().tokens, budget.spent().cost), (spent.tokens, spent.cost));
}

#[tokio::test]
async fn requests_have_the_headers_that_vendors_want() {
    let server =
        server(vec![error(401, "authentication_error").insert_header("x-request-id", "req-7")]).await;
    let key = || Some(SecretString::from("k-1".to_owned()));
    for (at, (provider, name, value)) in [
        (Provider::OpenAi, "authorization", "Bearer k-1"),
        (Provider::OpenRouter, "authorization", "Bearer k-1"),
        (Provider::Anthropic, "anthropic-version", "2023-06-01"),
        (Provider::Gemini, "x-goog-api-key", "k-1"),
    ]
    .into_iter()
    .enumerate()
    {
        let model = Model::new(provider, "m", key(), &server.uri()).unwrap();
        let assisted = Assistant::new(model).assist(&task(), &Budget::unlimited()).await;
        assert!(failure(&assisted).message.starts_with("status 401 of request req-7"), "{assisted:?}");
        let sent = &server.received_requests().await.unwrap()[at];
        assert_eq!(sent.headers[name], value, "{provider}");
        assert_eq!(sent.headers["content-type"], "application/json");
        // A key in an address would be in every log.
        assert!(sent.url.query().is_none() && !sent.url.as_str().contains("k-1"), "{}", sent.url);
    }
}

#[tokio::test]
async fn a_pause_that_begins_between_attempts_hides_no_cause() {
    let server = server(vec![error(500, "server_error")]).await;
    let assistant = assistant(&server).circuit_breaker(2, Duration::from_secs(60));
    let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
    let message = &failure(&assisted).message;
    assert!(
        message.starts_with("status 500") && message.contains("(attempt 2; the model has failed"),
        "{message}"
    );
    let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
    assert!(failure(&assisted).message.starts_with("the model has failed"), "{assisted:?}");
    assert_eq!(calls(&server).await, 2);
}

#[tokio::test]
async fn the_longest_durations_are_as_good_as_for_ever() {
    let server = server(vec![error(500, "server_error"), completion(GOOD)]).await;
    let assistant = Assistant::new(model(&server))
        .first_wait(Duration::from_millis(1))
        .deadline(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .circuit_breaker(1, Duration::MAX)
        .cache(1, Duration::MAX)
        .concurrency(usize::MAX)
        .attempts(u32::MAX);
    let assisted = assistant.assist(&task(), &Budget::unlimited()).await;
    assert_eq!(failure(&assisted).kind, FailureKind::Unavailable);
    let assistant = assistant.circuit_breaker(9, Duration::MAX);
    assert_eq!(assistant.assist(&task(), &Budget::unlimited()).await.provenance.author, Author::Model);
}

#[tokio::test]
async fn the_schema_of_every_task_is_one_that_anthropic_takes() {
    let server = server(vec![error(401, "authentication_error")]).await;
    let anthropic = Assistant::new(Model::new(Provider::Anthropic, "m", None, &server.uri()).unwrap());
    let mut range_count = 0;
    for (at, task) in every_task().into_iter().enumerate() {
        let assisted = anthropic.assist(&task, &Budget::unlimited()).await;
        assert_eq!(failure(&assisted).kind, FailureKind::Unauthorized);
        let sent: Value = server.received_requests().await.unwrap()[at].body_json().unwrap();
        let schema = sent["output_config"]["format"]["schema"].to_string();
        assert!(!schema.contains("\"minimum\"") && schema.contains("additionalProperties"), "{schema}");
        let asks_for_a_range = task.prompt().schema.contains("minimum");
        assert_eq!(schema.contains("{minimum: "), asks_for_a_range, "{schema}");
        range_count += usize::from(asks_for_a_range);
    }
    assert!(range_count >= 3);
}
