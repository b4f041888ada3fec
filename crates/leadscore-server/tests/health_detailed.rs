//! `/health/detailed` asks what the server depends on, and says what it found.

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::time::Duration;

use postgres::Postgres;
use serde_json::{Value, json};
use support::{KEY, Running, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn health(server: &Running) -> (u16, Value) {
    json(server.get("/health/detailed").bearer_auth(KEY)).await
}

/// A mail server that greets and does nothing else; gives its port.
async fn mail_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                stream.get_mut().write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
                let mut line = String::new();
                while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
                    let word = line.trim().split(' ').next().unwrap_or_default().to_uppercase();
                    let answer: &[u8] = match word.as_str() {
                        "EHLO" => b"250-mail.example\r\n250 8BITMIME\r\n",
                        "QUIT" => b"221 bye\r\n",
                        // Nobody may send or log in to find out whether it answers.
                        _ => panic!("{line}"),
                    };
                    stream.get_mut().write_all(answer).await.unwrap();
                    line.clear();
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_set_up_is_healthy() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    assert_eq!(json(server.get("/health/detailed")).await.0, 401);
    let (status, body) = health(&server).await;
    assert_eq!((status, &body["status"]), (200, &json!("healthy")), "{body}");
    let time = body["timestamp"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    let own = &body["dependencies"];
    assert_eq!((&own["database"]["status"], &own["database"]["kind"]), (&json!("healthy"), &json!("SQLite")));
    assert!(own["database"]["latency_ms"].as_f64().unwrap() > 0.0);
    for name in ["redis", "openai", "smtp", "hubspot", "salesforce"] {
        assert_eq!(own[name], json!({"status": "not_configured"}), "{name}");
    }
    assert_eq!(own["jobs"]["jobs"], json!({"waiting": 0, "running": 0, "dead": 0, "overdue": 0}));
    // Health without a key is the short one.
    assert_eq!(json(server.get("/health")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn systems_are_asked_and_not_too_often() {
    let systems = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/models"))
        .and(header("authorization", "Bearer sk-right"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"object": "list", "data": []})))
        .expect(1)
        .mount(&systems)
        .await;
    Mock::given(method("GET"))
        .and(path("/crm/v3/objects/contacts"))
        .and(header("authorization", "Bearer pat-right"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": []})))
        .expect(1)
        .mount(&systems)
        .await;
    let model = format!("{}/v1", systems.uri());
    let mail = format!("smtp://127.0.0.1:{}?tls=none", mail_server().await);
    let settings = [
        ("API_KEY", KEY),
        ("OPENAI_API_KEY", "sk-right"),
        ("OPENAI_BASE_URL", &model),
        ("HUBSPOT_ACCESS_TOKEN", "pat-right"),
        ("HUBSPOT_BASE_URL", &systems.uri()),
        ("SMTP_SERVER", &mail),
        ("LEADSCORE_SMTP_FROM", "me@oriole.example"),
    ];
    let server = Running::start(&settings).await;
    // At once and one after the other, each is asked once.
    let (one, two) = tokio::join!(health(&server), health(&server));
    let (status, body) = health(&server).await;
    assert_eq!((one.0, two.0, status), (200, 200, 200));
    assert_eq!(body["status"], "healthy", "{body}");
    for name in ["openai", "hubspot", "smtp"] {
        let own = &body["dependencies"][name];
        assert_eq!(own["status"], "healthy", "{name}: {body}");
        assert!(
            own["latency_ms"].as_f64().unwrap() > 0.0 && own["checked_at"].as_str().unwrap().ends_with('Z')
        );
        assert_eq!(own["checked_at"], one.1["dependencies"][name]["checked_at"]);
    }
    assert_eq!(body["dependencies"]["openai"]["kind"], "gpt-4o-mini");
    systems.verify().await;
    // Nothing was asked that costs something.
    assert_eq!(systems.received_requests().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_answer_degrades() {
    let systems = MockServer::start().await;
    let denied =
        json!({"error": {"message": "Incorrect API key provided: sk-wrong", "code": "invalid_api_key"}});
    Mock::given(path("/v1/models"))
        .respond_with(ResponseTemplate::new(401).set_body_json(denied))
        .mount(&systems)
        .await;
    Mock::given(path("/crm/v3/objects/contacts"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(30)))
        .mount(&systems)
        .await;
    let model = format!("{}/v1", systems.uri());
    let settings = [
        ("API_KEY", KEY),
        ("OPENAI_API_KEY", "sk-wrong"),
        ("OPENAI_BASE_URL", &model),
        ("HUBSPOT_ACCESS_TOKEN", "pat"),
        ("HUBSPOT_BASE_URL", &systems.uri()),
        ("SMTP_SERVER", "smtp://127.0.0.1:1?tls=none"),
        ("LEADSCORE_SMTP_FROM", "me@oriole.example"),
    ];
    let server = Running::start(&settings).await;
    let began = std::time::Instant::now();
    let (status, body) = health(&server).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!((status, &body["status"]), (200, &json!("degraded")), "{body}");
    let own = &body["dependencies"];
    assert_eq!(own["database"]["status"], "healthy");
    for name in ["openai", "hubspot", "smtp"] {
        assert_eq!(own[name]["status"], "unhealthy", "{name}: {body}");
        assert!(!own[name]["error"].as_str().unwrap().is_empty());
    }
    assert!(own["hubspot"]["error"].as_str().unwrap().contains("3 seconds"), "{body}");
    assert!(!body.to_string().contains("sk-wrong"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_it_is_unhealthy() {
    let Some(mut postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let settings = [
        ("API_KEY", KEY),
        ("DATABASE_URL", url.as_str()),
        ("SECRET_KEY", "a key of tests that is long enough for it"),
    ];
    let server = Running::start(&settings).await;
    assert_eq!(health(&server).await.1["dependencies"]["database"]["kind"], "PostgreSQL");
    postgres.stop();
    let (status, body) = health(&server).await;
    assert_eq!((status, &body["status"]), (503, &json!("unhealthy")), "{body}");
    assert_eq!(body["dependencies"]["database"]["status"], "unhealthy");
    assert_eq!(body["dependencies"]["jobs"]["status"], "unhealthy");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_nobody_does_degrade() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let url = format!("sqlite://{}", server.folder().join("leadscore.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    // A kind that no server of this version does.
    sqlx::query(
        "INSERT INTO jobs (id, tenant, kind, key, lane, body, priority, state, attempts, due_at, created_at)
         VALUES ('j', 't', 'later', 'k', 'l', '{}', 0, 'waiting', 0, 1, 1)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let (status, body) = health(&server).await;
    assert_eq!((status, &body["status"]), (200, &json!("degraded")), "{body}");
    assert_eq!(body["dependencies"]["jobs"]["jobs"]["overdue"], 1);
}
