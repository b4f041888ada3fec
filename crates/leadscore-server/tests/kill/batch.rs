//! A batch whose servers are killed is done to its end, each lead once, and its end is told once.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use leadscore::Timestamp;
use leadscore_server::auth::{ApiKey, Plan, Scopes};
use leadscore_server::store::{NewKey, Store};
use reqwest::Client;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::postgres::Postgres;
use crate::support::json as answer;
use crate::{Killed, Random, kills};

const LEADS: u64 = 5_000;
/// What the servers keep, looked at from beside them.
enum Database {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(180);

/// A webhook that wants to know of the end of batches.
const WEBHOOK: &str =
    "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, active, created_at, failure_count)
     VALUES ('wh_1', 'acme', 'key', 'https://example.com', ',batch.completed,batch.failed,', '', '', 1, 0, 0)";

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_does_each_lead_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("leadscore.db").display());
    kill_in_batches(&[folder.path()], &url, None).await;
    assert_eq!(Database::open(&url).await.texts("PRAGMA integrity_check").await, ["ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_postgresql_do_each_lead_once() {
    let Some(postgres) = Postgres::start() else { return };
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let url = postgres.url();
    kill_in_batches(&[folders[0].path(), folders[1].path()], &url, Some(&url)).await;
}

/// One server for each folder; they are killed one after the other, each when so many leads are done.
async fn kill_in_batches(folders: &[&Path], url: &str, database: Option<&str>) {
    let store = match database {
        Some(url) => Store::open_postgres(url).await.unwrap(),
        None => Store::open_folder(folders[0]).await.unwrap(),
    };
    let (secret, hash) = ApiKey::generate().unwrap();
    let new = NewKey {
        name: "test",
        tenant: "acme",
        plan: Plan::Enterprise,
        scopes: Scopes::USUAL,
        families: None,
    };
    store.save_key(&new, &hash, Timestamp::from_millis(1).unwrap()).await.unwrap();
    store.close().await;
    let key = secret.expose_secret();
    let tables = Database::open(url).await;
    tables.run(WEBHOOK).await;

    let mut random = Random(11);
    let mut servers: Vec<Killed> = folders.iter().map(|folder| Killed::start(folder, database)).collect();
    let mut batches: Vec<String> = Vec::new();
    for kill in 0..kills() as usize {
        let turn = kill % servers.len();
        if tables.open_batches().await == 0 {
            batches.push(send(&servers[turn].base, key, batches.len()).await);
        }
        let done = tables.done().await;
        let wanted = done + 1 + random.below((LEADS - done).max(1));
        let began = Instant::now();
        while tables.done().await < wanted.min(LEADS) {
            assert!(began.elapsed() < PATIENCE, "the batch does not go on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        servers[turn].kill();
        servers[turn] = Killed::start(folders[turn], database);
    }
    let began = Instant::now();
    while tables.open_batches().await > 0 {
        assert!(began.elapsed() < PATIENCE, "the batch does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    for (number, batch) in batches.iter().enumerate() {
        let own = status(&servers[0].base, key, batch).await;
        assert_eq!(
            (&own["status"], &own["processed"], &own["failed"]),
            (&json!("completed"), &json!(LEADS), &json!(0))
        );
        let results = own["results"].as_array().unwrap();
        assert_eq!(results.len() as u64, LEADS);
        for (place, result) in results.iter().enumerate() {
            assert_eq!(result["email"], email(number, place as u64));
            assert!(result["score"].is_number() && result["tier"].is_string(), "{result}");
        }
    }
    let all = i64::try_from(LEADS).unwrap() * i64::try_from(batches.len()).unwrap();
    for sql in [
        "SELECT COUNT(*) FROM leads",
        "SELECT COUNT(*) FROM qualifications",
        "SELECT COUNT(DISTINCT lead) FROM qualifications",
        "SELECT COUNT(DISTINCT lead) FROM batch_leads WHERE state = 'done'",
    ] {
        assert_eq!(tables.count(sql).await, all, "{sql}");
    }
    let mut events = BTreeSet::new();
    let mut deliveries = 0;
    for body in tables.texts("SELECT body FROM jobs WHERE kind = 'delivery' ORDER BY number").await {
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["name"], "batch.completed");
        events.insert(body["event"].as_str().unwrap().to_owned());
        deliveries += 1;
    }
    assert_eq!((events.len(), deliveries), (batches.len(), batches.len()), "each end is told once");
    let attempts = tables.count("SELECT CAST(SUM(attempts) AS BIGINT) FROM jobs WHERE kind = 'batch'").await;
    println!("{} kills, {} batches of {LEADS} leads, attempts {attempts} times", kills(), batches.len());
    assert!(
        attempts > i64::try_from(batches.len()).unwrap(),
        "no batch was taken over, so nothing was shown"
    );
}

fn email(batch: usize, place: u64) -> String {
    format!("lead{place}@batch{batch}.example")
}

async fn send(base: &str, key: &str, number: usize) -> String {
    let lead = |place| json!({"email": email(number, place), "company": "Acme", "message": "We want a demo"});
    let leads: Vec<Value> = (0..LEADS).map(lead).collect();
    let request = Client::new()
        .post(format!("{base}/api/batch/qualify"))
        .header("content-type", "application/json")
        .bearer_auth(key)
        .body(json!({"leads": leads}).to_string());
    let (code, own) = answer(request).await;
    assert_eq!(code, 202, "{own}");
    own["batch_id"].as_str().unwrap().to_owned()
}

async fn status(base: &str, key: &str, batch: &str) -> Value {
    let url = format!("{base}/api/batch/{batch}/status");
    let (code, own) = answer(Client::new().get(url).bearer_auth(key)).await;
    assert_eq!(code, 200, "{own}");
    own
}

impl Database {
    async fn open(url: &str) -> Database {
        if url.starts_with("sqlite") {
            Database::Sqlite(sqlx::SqlitePool::connect(url).await.unwrap())
        } else {
            Database::Postgres(sqlx::PgPool::connect(url).await.unwrap())
        }
    }

    async fn run(&self, sql: &'static str) {
        match self {
            Database::Sqlite(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()).unwrap(),
            Database::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()).unwrap(),
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let (count,): (i64,) = match self {
            Database::Sqlite(pool) => sqlx::query_as(sql).fetch_one(pool).await.unwrap(),
            Database::Postgres(pool) => sqlx::query_as(sql).fetch_one(pool).await.unwrap(),
        };
        count
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        let rows: Vec<(String,)> = match self {
            Database::Sqlite(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
            Database::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        };
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// How many leads of the latest batch are done.
    async fn done(&self) -> u64 {
        let sql = "SELECT COUNT(*) FROM batch_leads WHERE state = 'done' AND batch = (SELECT MAX(number) FROM batches)";
        u64::try_from(self.count(sql).await).unwrap()
    }

    /// How many batches have not ended.
    async fn open_batches(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM batches WHERE completed_at IS NULL").await
    }
}
