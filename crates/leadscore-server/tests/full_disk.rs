//! The disk is full: writes are refused, everything else goes on, and nothing that was acknowledged is lost.

#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::{KEY, Running, json, token};
use tempfile::TempDir;

/// A file system of a few megabytes; it goes with the test.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Only root may mount one, and not in every container: elsewhere the test is skipped, and counted.
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m,mode=700", "leadscore-test"]).arg(folder.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(folder));
        }
        eprintln!("skipped: no file system can be mounted");
        if let Some(log) = std::env::var_os("LEADSCORE_SKIP_LOG") {
            let line = format!("{} wants to mount\n", std::thread::current().name().unwrap_or("a test"));
            let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
            log.write_all(line.as_bytes()).unwrap();
        }
        None
    }

    /// Takes all the room that is left.
    fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        let block = [0; 512];
        while file.write_all(&block).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: it goes when the last file in it is closed.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn keyed(request: RequestBuilder) -> RequestBuilder {
    request.header("x-api-key", KEY)
}

/// A request that makes a lead of some kilobytes, and the id that it has when it is acknowledged.
fn lead(server: &Running, number: usize) -> (String, RequestBuilder) {
    let id = format!("crm-{number}");
    let body = json!({"id": id, "attributes": {"company": "Acme", "notes": "n".repeat(3_000)}});
    (id, keyed(server.post("/api/v1/leads", &body)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_writes_and_nothing_else() {
    let Some(disk) = SmallDisk::mount() else { return };
    let data = disk.0.path().join("data");
    let server = Running::start(&[("API_KEY", KEY), ("LEADSCORE_DATA", &data.display().to_string())]).await;
    let mut kept = BTreeSet::new();
    let mut number = 0;
    for _ in 0..20 {
        let (id, request) = lead(&server, number);
        number += 1;
        assert_eq!(json(request).await.0, 201);
        kept.insert(id);
    }
    let ready = async || server.get("/health/ready").send().await.unwrap();
    assert_eq!(ready().await.status(), 200);

    let filler = disk.fill();
    // What the files of the database have room for is still kept.
    let mut refused = 0;
    while refused < 5 {
        let (id, request) = lead(&server, number);
        number += 1;
        assert!(number < 2_000, "the disk does not become full");
        let response = request.send().await.unwrap();
        if response.status() == 201 {
            kept.insert(id);
            refused = 0;
            continue;
        }
        refused += 1;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &"60".parse().unwrap())
        );
        let fault: Value = response.json().await.unwrap();
        assert_eq!(fault["error"]["code"], "DATABASE_ERROR", "{fault}");
        assert_eq!(fault["error"]["message"], "the store has no room left; try again later");
    }
    // Each family says it in its shape.
    let heat =
        json!({"name": "Ann", "email": "ann@acme.example", "page_views": 3, "campaign": "c".repeat(200)});
    let (status, fault) = json(keyed(server.post("/api/v1/score-lead", &heat))).await;
    assert_eq!((status, &fault["error"]["code"]), (503, &json!("DATABASE_ERROR")), "{fault}");
    let predict = server.post("/api/lead-scoring/leads/1/ml/predict", &json!({"forceRefresh": true}));
    let (status, fault) = json(predict.bearer_auth(token("default", None))).await;
    assert_eq!((status, &fault["code"]), (503, &json!("SERVICE_UNAVAILABLE")), "{fault}");
    assert_eq!(fault["error"], "the store has no room left; try again later");
    // What needs no store goes on, and so does reading.
    let sample = include_str!("../../../docs/examples/sample_request_1.json");
    let sample: Value = serde_json::from_str(sample).unwrap();
    let (status, score) = json(keyed(server.post("/api/v1/score", &sample))).await;
    assert_eq!(status, 200, "{score}");
    let (status, page) = json(keyed(server.get("/api/v1/leads/crm-0"))).await;
    assert_eq!((status, &page["attributes"]["company"]), (200, &json!("Acme")));
    // Whoever sends requests here is told to send them elsewhere; the process is alive.
    assert_eq!(json(server.get("/health")).await.0, 200);
    let answer = ready().await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.text().await.unwrap(), "Store has no room left");
    let (_, status) = json(server.get("/status")).await;
    assert_eq!(
        (&status["status"], &status["store"]["available"]),
        (&json!("degraded"), &json!(false)),
        "{status}"
    );
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let full = metrics
        .lines()
        .find(|line| line.starts_with("leadscore_store_errors_total") && line.contains("\"full\""));
    let full: f64 = full.unwrap_or_else(|| panic!("{metrics}")).rsplit(' ').next().unwrap().parse().unwrap();
    assert!(full >= 7.0, "{full}");

    std::fs::remove_file(filler).unwrap();
    // Nobody has written since: it finds out by itself.
    assert_eq!(ready().await.status(), 200);
    for _ in 0..5 {
        let (id, request) = lead(&server, number);
        number += 1;
        assert_eq!(json(request).await.0, 201);
        kept.insert(id);
    }
    assert_eq!(json(keyed(server.post("/api/v1/score-lead", &heat))).await.0, 200);
    for id in &kept {
        assert_eq!(json(keyed(server.get(&format!("/api/v1/leads/{id}")))).await.0, 200, "{id} is lost");
    }
    server.stop().await;
    assert_whole(&data, kept.len() + 1).await;
}

/// The database is in order and has so many leads.
async fn assert_whole(data: &Path, leads: usize) {
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", data.join("leadscore.db").display()))
        .await
        .unwrap();
    let (verdict,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM leads").fetch_one(&pool).await.unwrap();
    assert_eq!((verdict.as_str(), count), ("ok", i64::try_from(leads).unwrap()));
    pool.close().await;
}
