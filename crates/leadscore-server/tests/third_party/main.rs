//! Against programs that others wrote: `make test-third-party` installs them and runs what is ignored here.

#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use leadscore_server::auth::{Algorithm, JwtConfig, Verifier};
use support::{JWT_SECRET, KEY, Running};
use tokio::process::Command;

/// A browser or a generator that hangs ends the test.
const LONGEST: Duration = Duration::from_secs(3_600);

fn set(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test-third-party`"))
}

fn token() -> String {
    let config = JwtConfig {
        algorithm: Algorithm::Hs256 { secret: JWT_SECRET.to_owned().into() },
        issuer: "leadscore".to_owned(),
        audience: "leadscore".to_owned(),
        tenant_claim: JwtConfig::TENANT_CLAIM.to_owned(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let verifier = Verifier::new(config).unwrap();
    verifier.issue("default", None, None, i64::try_from(now).unwrap(), 2 * LONGEST).unwrap()
}

/// Runs a script beside the lock files against a server of its own.
async fn run(program: &str, script: &str) {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let folder = PathBuf::from(set("THIRD_PARTY_DIR"));
    let work = tempfile::tempdir().unwrap();
    let status = Command::new(set(program))
        .arg(folder.join(script))
        .env("LEADSCORE_URL", &server.base)
        .env("LEADSCORE_KEY", KEY)
        .env("LEADSCORE_TOKEN", token())
        .env("LEADSCORE_WORK", work.path())
        .current_dir(&folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status();
    let status = tokio::time::timeout(LONGEST, status).await.expect("ends in time").unwrap();
    server.stop().await;
    assert!(status.success(), "{script}: {status}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Node, playwright-core and Chromium"]
async fn a_browser_shows_both_pages() {
    run("THIRD_PARTY_NODE", "pages.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Node and openapi-typescript"]
async fn a_typescript_client_calls_each_family() {
    run("THIRD_PARTY_NODE", "client.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python and openapi-python-client"]
async fn a_python_client_calls_each_family() {
    run("THIRD_PARTY_PYTHON", "client.py").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python, openapi-spec-validator and prometheus_client"]
async fn the_document_is_valid_and_the_metrics_can_be_read() {
    run("THIRD_PARTY_PYTHON", "read.py").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python and schemathesis"]
async fn the_routes_keep_to_the_document() {
    run("THIRD_PARTY_PYTHON", "fuzz.py").await;
}
