//! Against programs that others wrote: `make test-third-party` installs them and runs what is ignored here.

mod chroot;
#[path = "../shared/mod.rs"]
mod shared;
mod snippets;
#[path = "../support/mod.rs"]
mod support;

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use support::{KEY, Running, token};
use tokio::process::Command;

/// A browser or a generator that hangs ends the test.
const LONGEST: Duration = Duration::from_secs(3_600);

fn set(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test-third-party`"))
}

/// Runs a script beside the lock files against a server of its own.
async fn run(program: &str, script: &str) {
    let status = run_with(program, script, &[], &[]).await;
    assert!(status.success(), "{script}: {status}");
}

/// The same with settings of the server, and variables of the script.
async fn run_with(
    program: &str,
    script: &str,
    settings: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> ExitStatus {
    let server = Running::start(&[&[("API_KEY", KEY)], settings].concat()).await;
    let folder = PathBuf::from(set("THIRD_PARTY_DIR"));
    let work = tempfile::tempdir().unwrap();
    let status = Command::new(set(program))
        .arg(folder.join(script))
        .env("LEADSCORE_URL", &server.base)
        .env("LEADSCORE_KEY", KEY)
        .env("LEADSCORE_TOKEN", token("default", None))
        .env("LEADSCORE_WORK", work.path())
        .envs(variables.iter().copied())
        .current_dir(&folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status();
    let status = tokio::time::timeout(LONGEST, status).await.expect("ends in time").unwrap();
    server.stop().await;
    status
}

/// Says that a test is skipped, also in the log that `make test` counts.
fn skipped(wanted: &str) {
    eprintln!("skipped: {wanted} is not there");
    if let Some(log) = std::env::var_os("LEADSCORE_SKIP_LOG") {
        let line = format!("{} wants {wanted}\n", std::thread::current().name().unwrap_or("a test"));
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        log.write_all(line.as_bytes()).unwrap();
    }
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
    // With secrets of the platforms, without which their deliveries are refused for want of them.
    let settings =
        [("WHATSAPP_APP_SECRET", "secret of a test"), ("INSTAGRAM_APP_SECRET", "secret of a test")];
    let status = run_with("THIRD_PARTY_PYTHON", "fuzz.py", &settings, &[]).await;
    assert!(status.success(), "fuzz.py: {status}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Node, playwright-core and Chromium"]
async fn a_page_of_a_listed_origin_reads_and_others_do_not() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let origins = format!("https://crm.example, http://127.0.0.1:{port}");
    let settings = [("LEADSCORE_CORS_ORIGINS", origins.as_str())];
    let variables = [("LEADSCORE_PAGE_PORT", port.as_str())];
    let status = run_with("THIRD_PARTY_NODE", "cors.mjs", &settings, &variables).await;
    assert!(status.success(), "cors.mjs: {status}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python and prometheus_client"]
async fn all_numbers_are_those_of_the_traffic() {
    run("THIRD_PARTY_PYTHON", "recount.py").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python with requests"]
async fn analytics_are_those_of_the_leads() {
    run("THIRD_PARTY_PYTHON", "analytics.py").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python, nginx and openssl"]
async fn callers_are_told_apart_behind_nginx() {
    let settings = [("LEADSCORE_TRUSTED_PROXIES", "127.0.0.1")];
    let status = run_with("THIRD_PARTY_PYTHON", "proxy.py", &settings, &[]).await;
    if status.code() == Some(77) {
        return skipped("nginx");
    }
    assert!(status.success(), "proxy.py: {status}");
}

/// Lets webhooks go to a receiver on this machine.
const RECEIVER: [(&str, &str); 2] =
    [("LEADSCORE_WEBHOOK_ALLOWLIST", "127.0.0.1/32"), ("LEADSCORE_ALLOW_INSECURE_WEBHOOKS", "true")];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Python with stripe and standardwebhooks"]
async fn a_python_receiver_verifies_webhooks() {
    let status = run_with("THIRD_PARTY_PYTHON", "receive.py", &RECEIVER, &[]).await;
    assert!(status.success(), "receive.py: {status}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants Node with stripe and standardwebhooks"]
async fn a_node_receiver_verifies_webhooks() {
    let status = run_with("THIRD_PARTY_NODE", "receive.mjs", &RECEIVER, &[]).await;
    assert!(status.success(), "receive.mjs: {status}");
}
