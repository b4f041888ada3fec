//! Batches of the qualification API, and the list of jobs.

mod support;

use std::time::{Duration, Instant};

use leadscore::Timestamp;
use leadscore_server::auth::{ApiKey, Plan, Scopes};
use leadscore_server::store::{NewKey, Store};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use support::{Running, json};
use tempfile::TempDir;

const T: &str = "acme";

struct Server {
    running: Running,
    pool: SqlitePool,
    key: String,
    other: String,
}

impl Server {
    async fn start(plan: Plan) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let (key, other) = (key(&folder, T, plan).await, key(&folder, "bolt", plan).await);
        Server::start_in(folder, (key, other), &[]).await
    }

    async fn start_in(folder: TempDir, (key, other): (String, String), settings: &[(&str, &str)]) -> Server {
        let url = format!("sqlite://{}", folder.path().join("leadscore.db").display());
        let running = Running::start_in(folder, settings).await;
        Server { running, pool: SqlitePool::connect(&url).await.unwrap(), key, other }
    }

    async fn send(&self, body: &Value) -> (u16, Value) {
        json(self.running.post("/api/batch/qualify", body).bearer_auth(&self.key)).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        json(self.running.get(path).bearer_auth(&self.key)).await
    }

    async fn delete(&self, key: &str, path: &str) -> u16 {
        let url = format!("{}{path}", self.running.base);
        let request = self.running.client.request(Method::DELETE, url).bearer_auth(key);
        request.send().await.unwrap().status().as_u16()
    }

    /// The status of a batch at its end. It is not asked for all the time: a plan has so many requests a minute.
    async fn ended(&self, batch: &Value) -> Value {
        let id = batch["batch_id"].as_str().unwrap_or_else(|| panic!("no batch: {batch}"));
        let began = Instant::now();
        loop {
            let (completed_at,): (Option<i64>,) =
                sqlx::query_as("SELECT completed_at FROM batches WHERE id = $1")
                    .bind(id)
                    .fetch_one(&self.pool)
                    .await
                    .unwrap();
            if completed_at.is_some() {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (status, own) = self.get(batch["status_url"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{own}");
        own
    }

    async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.unwrap();
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_as::<_, (i64,)>(sql).fetch_one(&self.pool).await.unwrap().0
    }
}

async fn key(folder: &TempDir, tenant: &str, plan: Plan) -> String {
    let store = Store::open_folder(folder.path()).await.unwrap();
    let (secret, hash) = ApiKey::generate().unwrap();
    let new = NewKey { name: "test", tenant, plan, scopes: Scopes::USUAL, families: None };
    store.save_key(&new, &hash, Timestamp::from_millis(1).unwrap()).await.unwrap();
    store.close().await;
    secret.expose_secret().to_owned()
}

fn lead(number: usize) -> Value {
    json!({"email": format!("lead{number}@acme.example"), "company": "Acme", "message": "We want a demo"})
}

/// A webhook that wants to know of the end of batches.
const WEBHOOK: &str =
    "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, active, created_at, failure_count)
     VALUES ('wh_1', 'acme', 'key', 'https://example.com', ',batch.completed,batch.failed,', '', '', 1, 0, 0)";

#[tokio::test(flavor = "multi_thread")]
async fn leads_are_qualified_and_a_bad_one_fails_alone() {
    let server = Server::start(Plan::Pro).await;
    server.run(WEBHOOK).await;
    let mut leads: Vec<Value> = (0..250).map(lead).collect();
    leads[3] = json!({"email": "nobody", "company": "Acme"});
    leads[4] = json!({"email": "Dora@Acme.example"});
    leads[5] = json!({"company": 7});
    let (status, batch) = server.send(&json!({"leads": leads, "priority": "high"})).await;
    assert_eq!(status, 202, "{batch}");
    let id = batch["batch_id"].as_str().unwrap();
    assert!(id.starts_with("batch_"), "{batch}");
    assert_eq!((&batch["total_leads"], &batch["status"]), (&json!(250), &json!("processing")));
    assert_eq!(batch["status_url"], format!("/api/batch/{id}/status"));
    assert!(batch["estimated_completion_seconds"].as_u64().unwrap() >= 1, "{batch}");
    assert!(batch.get("webhook_secret").is_none());
    let own = server.ended(&batch).await;
    assert_eq!((&own["batch_id"], &own["status"]), (&json!(id), &json!("completed")));
    assert_eq!(
        (&own["total_leads"], &own["processed"], &own["failed"]),
        (&json!(250), &json!(247), &json!(3))
    );
    assert!(own["processing_time_ms"].as_i64().unwrap() > 0, "{own}");
    let results = own["results"].as_array().unwrap();
    assert_eq!(results.len(), 250);
    for (place, result) in results.iter().enumerate().filter(|(place, _)| !(3..=5).contains(place)) {
        assert_eq!(result["email"], format!("lead{place}@acme.example"));
        assert!((0.0..=100.0).contains(&result["score"].as_f64().unwrap()), "{result}");
        assert!(["HOT", "WARM", "COLD"].contains(&result["tier"].as_str().unwrap()), "{result}");
        assert!(result.get("error").is_none());
    }
    assert_eq!(results[3], json!({"email": "nobody", "error": "email: Invalid email format"}));
    assert_eq!(results[4]["email"], "Dora@Acme.example");
    assert!(results[4]["error"].as_str().unwrap().contains("company"), "{}", results[4]);
    assert!(results[5]["email"].is_null() && results[5]["error"].is_string(), "{}", results[5]);
    // The same lead by itself is scored the same.
    let (_, alone) = json(server.running.post("/api/qualify", &lead(0)).bearer_auth(&server.key)).await;
    assert_eq!((&alone["score"], &alone["tier"]), (&results[0]["score"], &results[0]["tier"]));
    // A part of them.
    let path = batch["status_url"].as_str().unwrap();
    let (_, part) = server.get(&format!("{path}?offset=2&limit=3")).await;
    assert_eq!(part["results"].as_array().unwrap()[..], results[2..5]);
    assert_eq!(server.get(&format!("{path}?limit=0")).await.0, 400);
    assert_eq!(server.get(&format!("{path}?offset=5001")).await.0, 400);
    // One event, with the data in the order of the document.
    let (body,): (String,) = sqlx::query_as("SELECT body FROM jobs WHERE kind = 'delivery'")
        .fetch_one(&server.pool)
        .await
        .unwrap();
    let delivery: Value = serde_json::from_str(&body).unwrap();
    let event = delivery["body"].as_str().unwrap();
    let parsed: Value = serde_json::from_str(event).unwrap();
    assert_eq!(parsed["event"], "batch.completed");
    let data = format!(
        r#""data":{{"batch_id":"{id}","status":"completed","total_leads":250,"processed":247,"failed":3,"status_url":"{path}","completed_at":{}}}}}"#,
        own["completed_at"]
    );
    assert!(event.ends_with(&data), "{event}");
    // What it takes is known for the next one.
    let (_, next) = server.send(&json!({"leads": [lead(0)]})).await;
    assert_eq!(next["estimated_completion_seconds"], 1);
    server.ended(&next).await;
    // A lead that is erased is no longer named.
    assert_eq!(
        server.delete(&server.key, &format!("/api/v1/leads/{}", alone["id"].as_str().unwrap())).await,
        204
    );
    let (_, part) = server.get(&format!("{path}?limit=1")).await;
    assert_eq!(part["results"][0]["email"], Value::Null);
    assert_eq!(server.count("SELECT COUNT(*) FROM batch_leads WHERE email = 'lead0@acme.example'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_leads_all_fail_has_failed() {
    let server = Server::start(Plan::Free).await;
    server.run(WEBHOOK).await;
    let (_, batch) = server.send(&json!({"leads": [{"email": "x"}, {}]})).await;
    let own = server.ended(&batch).await;
    assert_eq!((&own["status"], &own["processed"], &own["failed"]), (&json!("failed"), &json!(0), &json!(2)));
    let failed = "SELECT COUNT(*) FROM jobs WHERE kind = 'delivery' AND body LIKE '%batch.failed%'";
    assert_eq!(server.count(failed).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_cannot_be_read_fails_alone() {
    let server = Server::start(Plan::Pro).await;
    json(server.running.post("/api/qualify", &lead(1)).bearer_auth(&server.key)).await;
    server.run("UPDATE leads SET attributes = 'damaged'").await;
    let (_, batch) = server.send(&json!({"leads": [lead(0), lead(1), lead(2)]})).await;
    let own = server.ended(&batch).await;
    assert_eq!(
        (&own["status"], &own["processed"], &own["failed"]),
        (&json!("completed"), &json!(2), &json!(1)),
        "{own}"
    );
    assert_eq!(own["results"][1]["error"], "what is kept of the lead cannot be read");
    assert_eq!(server.count("SELECT attempts FROM jobs WHERE kind = 'batch'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_batch_is_refused() {
    let server = Server::start(Plan::Free).await;
    for (body, field) in [
        (json!({}), "leads"),
        (json!({"leads": []}), "leads"),
        (json!({"leads": {}}), "leads"),
        (json!({"leads": null}), "leads"),
        (json!({"leads": [1]}), "leads[0]"),
        (json!({"leads": [lead(0)], "priority": "soon"}), "priority"),
        (json!({"leads": [lead(0)], "webhook_url": 7}), "webhook_url"),
    ] {
        let (status, own) = server.send(&body).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(own["error"]["code"], "VALIDATION_ERROR", "{own}");
        assert_eq!(own["error"]["details"]["field"], field, "{own}");
    }
    let (status, own) = server.send(&json!({"leads": vec![lead(0); 26]})).await;
    assert_eq!((status, &own["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{own}");
    assert_eq!(
        (&own["error"]["details"]["field"], &own["error"]["details"]["max"]),
        (&json!("leads"), &json!(25))
    );
    assert_eq!(server.count("SELECT COUNT(*) FROM batches").await, 0);
    let (status, own) = server.get("/api/batch/batch_1/status").await;
    assert_eq!((status, &own["error"]["code"]), (404, &json!("NOT_FOUND")));
    for path in ["/api/batch/%00/status", "/api/batch/batch_1/status?more=%00"] {
        let (status, own) = server.get(path).await;
        assert_eq!((status, &own["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{path}: {own}");
    }
}

/// A batch that nobody does.
const STUCK: &str = "INSERT INTO batches (id, tenant, actor, priority, total, state, created_at)
     VALUES ('batch_stuck', 'acme', 'key', 'normal', 2, 'queued', 0);
     INSERT INTO batch_leads (batch, place, state, body, email) SELECT number, 0, 'waiting', '{}', 'a@acme.example'
     FROM batches WHERE id = 'batch_stuck';
     INSERT INTO batch_leads (batch, place, state, body, email, error) SELECT number, 1, 'failed', '', 'b', 'bad'
     FROM batches WHERE id = 'batch_stuck'";

/// Jobs that wait: of a batch, of a CRM system, and an e-mail that cannot be read.
const JOBS: &str = "INSERT INTO jobs (id, tenant, kind, key, lane, body, priority, state, attempts, due_at, created_at)
     SELECT 'job_batch', 'acme', 'batch', id, 'acme', number, 0, 'waiting', 0, 0, 0 FROM batches;
     INSERT INTO jobs (id, tenant, kind, key, lane, body, priority, state, attempts, due_at, created_at) VALUES
     ('job_crm', 'acme', 'crm_sync', 'one', 'one', '{}', 0, 'waiting', 0, 0, 0),
     ('job_email', 'acme', 'email', 'one', 'one', '{}', 0, 'waiting', 0, 0, 0)";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_leaves_alone_what_it_is_not_set_up_for() {
    let server = Server::start(Plan::Pro).await;
    let keys = (server.key.clone(), server.other.clone());
    let folder = server.running.stop().await;
    let server = Server::start_in(folder, keys.clone(), &[("LEADSCORE_FAMILIES", "b2b")]).await;
    server.run(STUCK).await;
    server.run(JOBS).await;
    // The loops run: one of them has done its job.
    let began = Instant::now();
    while server.count("SELECT attempts FROM jobs WHERE id = 'job_email'").await == 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let untouched = "SELECT COUNT(*) FROM jobs WHERE attempts = 0 AND state = 'waiting'";
    assert_eq!(server.count(untouched).await, 2);
    // One that qualifies leads does the batch; the CRM system is still nobody's.
    let folder = server.running.stop().await;
    let server = Server::start_in(folder, keys, &[]).await;
    let stuck = json!({"batch_id": "batch_stuck", "status_url": "/api/batch/batch_stuck/status"});
    let own = server.ended(&stuck).await;
    assert_eq!(own["failed"], 2);
    assert_eq!(server.count(untouched).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_has_so_many_batches_under_way() {
    let server = Server::start(Plan::Free).await;
    server.run(STUCK).await;
    let request =
        server.running.post("/api/batch/qualify", &json!({"leads": [lead(0)]})).bearer_auth(&server.key);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait >= 1);
    let own: Value = response.json().await.unwrap();
    assert_eq!(own["error"]["code"], "RATE_LIMITED", "{own}");
    // Another tenant is not held up; a batch that is cancelled makes room.
    let other =
        server.running.post("/api/batch/qualify", &json!({"leads": [lead(0)]})).bearer_auth(&server.other);
    assert_eq!(json(other).await.0, 202);
    assert_eq!(server.delete(&server.key, "/api/batch/batch_stuck").await, 204);
    assert_eq!(server.send(&json!({"leads": [lead(0)]})).await.0, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_cancelled_by_its_tenant_until_it_ends() {
    let server = Server::start(Plan::Pro).await;
    server.run(WEBHOOK).await;
    server.run(STUCK).await;
    let path = "/api/batch/batch_stuck";
    let (status, own) = server.get(&format!("{path}/status")).await;
    assert_eq!(
        (status, &own["status"], &own["completed_at"]),
        (200, &json!("queued"), &Value::Null),
        "{own}"
    );
    assert_eq!(
        (&own["processing_time_ms"], &own["results"]),
        (&json!(0), &json!([{"email": "b", "error": "bad"}]))
    );
    assert_eq!(server.delete(&server.other, path).await, 404);
    assert_eq!(json(server.running.get(&format!("{path}/status")).bearer_auth(&server.other)).await.0, 404);
    for _ in 0..2 {
        assert_eq!(server.delete(&server.key, path).await, 204);
    }
    let (_, own) = server.get(&format!("{path}/status")).await;
    assert_eq!((&own["status"], &own["failed"]), (&json!("cancelled"), &json!(1)), "{own}");
    assert!(own["completed_at"].is_string());
    // Nobody does it any more, and nobody is told.
    server
        .run("INSERT INTO jobs (id, tenant, kind, key, lane, body, priority, state, attempts, due_at, created_at)
              SELECT 'job_1', 'acme', 'batch', id, 'acme', number, 0, 'waiting', 0, 0, 0 FROM batches")
        .await;
    let began = Instant::now();
    while server.get("/api/v1/jobs/job_1").await.1["state"] != "done" {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.count("SELECT COUNT(*) FROM leads").await, 0);
    assert_eq!(server.count("SELECT COUNT(*) FROM jobs WHERE kind = 'delivery'").await, 0);
    let (_, batch) = server.send(&json!({"leads": [lead(0)]})).await;
    server.ended(&batch).await;
    let path = format!("/api/batch/{}", batch["batch_id"].as_str().unwrap());
    assert_eq!(server.delete(&server.key, &path).await, 409);
    assert_eq!(server.delete(&server.key, "/api/batch/unknown").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_sent_again_under_its_key_is_one() {
    let server = Server::start(Plan::Pro).await;
    let send = async || {
        let request = server.running.post("/api/batch/qualify", &json!({"leads": [lead(0)]}));
        json(request.bearer_auth(&server.key).header("idempotency-key", "one")).await
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(first.0, 202);
    assert_eq!(first, second);
    server.ended(&first.1).await;
    assert_eq!(server.count("SELECT COUNT(*) FROM batches").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_and_one_that_was_given_up_is_tried_again() {
    let server = Server::start(Plan::Pro).await;
    let (_, alone) = json(server.running.post("/api/qualify", &lead(0)).bearer_auth(&server.key)).await;
    for _ in 0..3 {
        let (_, batch) = server.send(&json!({"leads": [lead(0)]})).await;
        server.ended(&batch).await;
    }
    server
        .run("INSERT INTO jobs (id, tenant, kind, key, lane, lead, body, priority, state, attempts, due_at, last_error,
                  created_at, finished_at)
              SELECT 'job_dead', 'acme', 'crm_sync', 'hubspot/1', 'hubspot', number, 'a secret', 0, 'dead', 12, 0,
                  'HubSpot said 403', 0, 1 FROM leads WHERE tenant = 'acme'")
        .await;
    let (status, own) = server.get("/api/v1/jobs?limit=2").await;
    assert_eq!(status, 200, "{own}");
    assert_eq!(own["jobs"].as_array().unwrap().len(), 2);
    assert_eq!(
        own["jobs"][0],
        json!({"id": "job_dead", "kind": "crm_sync", "key": "hubspot/1", "state": "dead", "attempts": 12,
            "last_error": "HubSpot said 403", "due_at": "1970-01-01T00:00:00Z", "created_at": "1970-01-01T00:00:00Z",
            "finished_at": "1970-01-01T00:00:00Z", "lead_id": alone["id"]})
    );
    let before = own["next_before"].as_str().unwrap();
    let (_, rest) = server.get(&format!("/api/v1/jobs?limit=50&before={before}&state=done")).await;
    assert_eq!(rest["jobs"].as_array().unwrap().len(), 2, "{rest}");
    assert_eq!(rest["next_before"], Value::Null);
    assert_eq!(server.get("/api/v1/jobs?state=dead").await.1["jobs"].as_array().unwrap().len(), 1);
    assert_eq!(server.get("/api/v1/jobs?state=lost").await.0, 400);
    assert_eq!(server.get("/api/v1/jobs?before=job_x").await.0, 404);
    let (_, text) = json(server.running.get("/metrics")).await;
    let text = text.as_str().unwrap();
    for line in [
        r#"leadscore_jobs{kind="crm_sync",state="dead"} 1"#,
        r#"leadscore_jobs{kind="batch",state="running"} 0"#,
        r#"leadscore_jobs_total{kind="batch",outcome="done"} 3"#,
        r#"leadscore_jobs_total{kind="email",outcome="lost"} 0"#,
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
    // Another tenant knows nothing of it.
    for request in [
        server.running.get("/api/v1/jobs/job_dead"),
        server.running.post("/api/v1/jobs/job_dead/retry", &json!({})),
    ] {
        assert_eq!(json(request.bearer_auth(&server.other)).await.0, 404);
    }
    let retry = async |id: &str| {
        json(server.running.post(&format!("/api/v1/jobs/{id}/retry"), &json!({})).bearer_auth(&server.key))
            .await
    };
    let done = rest["jobs"][0]["id"].as_str().unwrap();
    assert_eq!(retry(done).await.0, 409);
    let (status, own) = retry("job_dead").await;
    assert_eq!((status, &own["id"]), (202, &json!("job_dead")), "{own}");
    assert_ne!(own["state"], "dead");
    assert_eq!(retry("job_dead").await.0, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_batch_is_told_of_its_end_alone() {
    let server = Server::start(Plan::Pro).await;
    let with_url = |url: &str| json!({"leads": [lead(0), lead(1)], "webhook_url": url});
    for url in ["http://hooks.example/done", "https://127.0.0.1/done", "https://10.0.0.1/", "no address"] {
        let (status, own) = server.send(&with_url(url)).await;
        assert_eq!((status, &own["error"]["details"]["field"]), (400, &json!("webhook_url")), "{url}: {own}");
    }
    let (status, first) = server.send(&with_url("https://hooks.example/done")).await;
    assert_eq!(status, 202, "{first}");
    let secret = first["webhook_secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"), "{first}");
    server.ended(&first).await;
    let (kept,): (String,) =
        sqlx::query_as("SELECT secret FROM webhooks").fetch_one(&server.pool).await.unwrap();
    assert!(!kept.contains(secret) && !kept.is_empty(), "it is kept encrypted");
    let (_, list) = server.get("/api/webhooks").await;
    assert_eq!(list["total"], 0, "{list}");
    // The end of another batch is not told there.
    let (_, second) = server.send(&json!({"leads": [lead(0)]})).await;
    server.ended(&second).await;
    assert_eq!(server.count("SELECT COUNT(*) FROM jobs WHERE kind = 'delivery'").await, 1);
    // An address that is registered keeps its secret, whatever else it wants to know.
    let body = json!({"url": "https://app.example/hook", "events": ["lead.enriched"]});
    let (status, own) = json(server.running.post("/api/webhooks", &body).bearer_auth(&server.key)).await;
    assert_eq!(status, 201, "{own}");
    let (_, third) = server.send(&with_url("https://app.example/hook")).await;
    assert!(third.get("webhook_secret").is_none(), "{third}");
    server.ended(&third).await;
    let (lane,): (String,) = sqlx::query_as(
        "SELECT lane FROM jobs WHERE kind = 'delivery' AND body LIKE '%batch.completed%' ORDER BY number DESC LIMIT 1",
    )
    .fetch_one(&server.pool)
    .await
    .unwrap();
    assert_eq!(lane, own["id"]);
    assert_eq!(server.count("SELECT COUNT(*) FROM webhooks").await, 2);
    assert_eq!(server.count("SELECT COUNT(*) FROM jobs WHERE kind = 'delivery'").await, 2);
}

/// A batch that the webhook `wh_1` is to be told of, and the job that does it.
const WITH_WEBHOOK: &str = "UPDATE batches SET webhook = 'wh_1';
     INSERT INTO jobs (id, tenant, kind, key, lane, body, priority, state, attempts, due_at, created_at)
     SELECT 'job_batch', 'acme', 'batch', id, 'acme', number, 0, 'waiting', 0, 0, 0 FROM batches";

#[tokio::test(flavor = "multi_thread")]
async fn an_address_whose_webhook_has_gone_is_said_not_to_be_told() {
    for (change, is_told) in
        [("SELECT 1", true), ("DELETE FROM webhooks", false), ("UPDATE webhooks SET active = 0", false)]
    {
        let server = Server::start(Plan::Pro).await;
        server.run(WEBHOOK).await;
        server.run(STUCK).await;
        server.run(change).await;
        server.run(WITH_WEBHOOK).await;
        let stuck = json!({"batch_id": "batch_stuck", "status_url": "/api/batch/batch_stuck/status"});
        let own = server.ended(&stuck).await;
        let error = own.get("webhook_error").map(|error| error.as_str().unwrap());
        assert_eq!(error.is_some(), !is_told, "{change}: {own}");
        assert!(error.is_none_or(|error| error.contains("removed or switched off")), "{own}");
        let deliveries = server.count("SELECT COUNT(*) FROM jobs WHERE kind = 'delivery'").await;
        assert_eq!(deliveries, i64::from(is_told), "{change}");
    }
}
