//! The routes of qualification, as the document has them.

mod analytics;
mod answers;
mod enrichment;
mod limits;
mod model;
mod refusals;
mod reps;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../support/mod.rs"]
mod support;

use leadscore::Timestamp;
use leadscore_server::auth::{ApiKey, Plan, Scope};
use leadscore_server::store::{NewKey, Store};
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use support::{KEY, Running};

/// A server with a key.
async fn start(settings: &[(&str, &str)]) -> Running {
    Running::start(&[&[("API_KEY", KEY)], settings].concat()).await
}

/// A key of a plan, with all scopes.
async fn key(store: &Store, plan: Plan) -> String {
    let (secret, hash) = ApiKey::generate().unwrap();
    let new = NewKey {
        tenant: "default",
        name: "test",
        plan,
        scopes: Scope::ALL.into_iter().collect(),
        families: None,
    };
    store.save_key(&new, &hash, Timestamp::from_millis(0).unwrap()).await.unwrap();
    secret.expose_secret().to_owned()
}

/// A request to qualify a lead.
fn post(server: &Running, body: &Value) -> RequestBuilder {
    server.post("/api/qualify", body).bearer_auth(KEY)
}

/// The answer to it.
async fn qualify(server: &Running, body: &Value) -> Value {
    let (status, own) = support::json(post(server, body)).await;
    assert_eq!(status, 200, "{own}");
    own
}

/// A lead that is hot by the rules alone: 90 points.
fn hot(email: &str) -> Value {
    json!({"email": email, "company": "Acme", "name": "Ann Example", "source": "website_form",
        "message": "Our 50-person sales team is frustrated with manual work. We need pricing and a demo today, in the place \
            of a competitor's tool; the budget is approved, and we decide this quarter.",
        "metadata": {"industry": "SaaS", "revenue_usd": 5_000_000, "title": "CEO", "country": "US"}})
}

/// Has a webhook told of all events of leads, by a row of its own: who registers one is not what is tested here.
async fn listen(pool: &sqlx::SqlitePool) {
    sqlx::query(
        "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, active, created_at, failure_count)
         VALUES ('w', 'default', 'test', 'https://hooks.example.com/', ',lead.qualified,lead.scored,lead.enriched,lead.routed,',
             '', '', 1, 0, 0)",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// The store of a server, beside it.
async fn database(folder: &std::path::Path) -> sqlx::SqlitePool {
    let file = folder.join("leadscore.db");
    sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap()
}

/// The events in the order in which they happened, each with its name and data.
async fn events(pool: &sqlx::SqlitePool) -> Vec<(String, Value)> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT body FROM jobs WHERE kind = 'delivery' ORDER BY number")
            .fetch_all(pool)
            .await
            .unwrap();
    let event = |body: &str| {
        let job: Value = serde_json::from_str(body).unwrap();
        let own: Value = serde_json::from_str(job["body"].as_str().unwrap()).unwrap();
        (own["event"].as_str().unwrap().to_owned(), own["data"].clone())
    };
    rows.iter().map(|(body,)| event(body)).collect()
}
