//! Chats, captured leads, webhooks of platforms, notifications and their numbers.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/postgres.rs"]
mod postgres;

#[path = "../shared/mod.rs"]
mod shared;

mod chats;
mod databases;
mod documents;
mod graph;
mod leads;
mod notifications;
mod platforms;
mod signatures;

use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{KEY, Running, json};

/// How long something may take that is done after the answer.
const LONGEST: Duration = Duration::from_secs(20);

/// Says something in a chat of the website.
async fn say(server: &Running, user: &str, message: &str) -> Value {
    let body = json!({"message": message, "user_id": user, "source": "website"});
    let (status, answer) = json(server.post("/api/v1/chat/respond", &body).header("x-api-key", KEY)).await;
    assert_eq!(status, 200, "{message}: {answer}");
    answer
}

async fn lead(server: &Running, name: &str) -> Value {
    let (status, lead) = json(server.get(&format!("/api/v1/lead/{name}")).header("x-api-key", KEY)).await;
    assert_eq!(status, 200, "{name}: {lead}");
    lead
}

async fn summary(server: &Running) -> Value {
    let (status, summary) = json(server.get("/api/v1/analytics/summary").header("x-api-key", KEY)).await;
    assert_eq!(status, 200, "{summary}");
    summary
}

/// What was said, as pairs of role and content.
fn said(lead: &Value) -> Vec<(&str, &str)> {
    let messages = lead["messages"].as_array().unwrap();
    messages.iter().map(|own| (own["role"].as_str().unwrap(), own["content"].as_str().unwrap())).collect()
}

/// Asks until there is an answer.
async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let until = Instant::now() + LONGEST;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < until, "not within {LONGEST:?}: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
