//! What a server does whose PostgreSQL goes away and comes back.

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::time::{Duration, Instant};

use postgres::Postgres;
use serde_json::json;
use support::{Running, json};

const SECRET_KEY: &str = "a key of tests that is long enough for it";

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_said_and_found_again() {
    let Some(mut postgres) = Postgres::start() else { return };
    let server = Running::start(&[("DATABASE_URL", &postgres.url()), ("SECRET_KEY", SECRET_KEY)]).await;
    let lead = json!({"name": "Ann", "email": "ann@acme.example", "role": "CEO", "page_views": 30});
    let (status, answer) = json(server.post("/api/v1/score-lead", &lead)).await;
    assert_eq!(status, 200, "{answer}");

    postgres.stop();
    assert_eq!(json(server.get("/health")).await.0, 200);
    assert_eq!(json(server.get("/health/ready")).await.0, 503);
    for request in [server.post("/api/v1/score-lead", &lead), server.get("/api/v1/leads")] {
        let began = Instant::now();
        let (status, fault) = json(request).await;
        assert_eq!((status, &fault["error"]["code"]), (503, &json!("DATABASE_ERROR")), "{fault}");
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    }

    postgres.resume();
    assert_eq!(json(server.get("/health/ready")).await.0, 200);
    assert_eq!(json(server.post("/api/v1/score-lead", &lead)).await.0, 200);
    let (_, page) = json(server.get("/api/v1/leads")).await;
    assert_eq!(page["pagination"]["total_leads"], 1, "{page}");
}
