//! The same on PostgreSQL, with two servers.

use futures_util::future::join_all;
use serde_json::json;

use crate::graph::{Graph, change, deliver, text, whatsapp};
use crate::postgres::Postgres;
use crate::support::{KEY, Running, json};
use crate::{eventually, said, say, summary};

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_answer_each_message_once() {
    let Some(postgres) = Postgres::start() else { return };
    let graph = Graph::start().await;
    let mut settings = graph.settings();
    settings.push(("DATABASE_URL", postgres.url()));
    settings.push(("NOTIFICATION_EMAILS", "sales@example.com".to_owned()));
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (one, two) = tokio::join!(Running::start(&settings), Running::start(&settings));
    // One conversation, at both servers at once.
    let texts: Vec<String> = (0..10).map(|number| format!("Question {number} about the desk")).collect();
    join_all(texts.iter().enumerate().map(|(place, text)| say([&one, &two][place % 2], "busy", text))).await;
    say(&one, "busy", "I want to buy it, busy@example.com").await;
    let body = json!({"email": "busy@example.com", "source": "website"});
    let (_, found) = json(two.post("/api/v1/lead", &body).header("x-api-key", KEY)).await;
    assert_eq!((said(&found).len(), &found["intent"]), (22, &json!("HOT")), "{found}");
    // A delivery at both servers, several times.
    let messages = json!([
        text("4915112345691", "wamid.1", "How much is it?"),
        text("4915112345691", "wamid.2", "I am Ann, ann@example.com")
    ]);
    let body = whatsapp(&[change(&json!({"messages": messages}))]);
    let all = join_all((0..6).map(|place| deliver([&one, &two][place % 2], "whatsapp", &body))).await;
    assert!(all.iter().all(|(status, _)| *status == 200), "{all:?}");
    eventually("both replies", || async { (graph.replies().await.len() >= 2).then_some(()) }).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(graph.replies().await.len(), 2);
    let (_, found) = json(
        one.post("/api/v1/lead", &json!({"email": "ann@example.com", "source": "website"}))
            .header("x-api-key", KEY),
    )
    .await;
    assert_eq!(
        (said(&found).len(), &found["phone"], &found["source"]),
        (4, &json!("+4915112345691"), &json!("whatsapp")),
        "{found}"
    );
    let summary = summary(&two).await;
    let counts =
        ["total_conversations", "leads_captured", "hot_leads"].map(|name| summary[name].as_i64().unwrap());
    assert_eq!(counts, [2, 2, 2], "{summary}");
}
