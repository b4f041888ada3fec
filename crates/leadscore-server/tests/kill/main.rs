//! A server that is killed under load keeps what it acknowledged, once. `LEADSCORE_KILLS` says how often it is killed.

#![cfg(unix)]

mod batch;
mod history;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use history::History;
use leadscore_server::store::Store;
use leadscore_server::{Layers, Server};
use postgres::Postgres;
use reqwest::Client;
use serde_json::{Value, json};
use support::{JWT_SECRET, KEY};
use tokio::task::JoinSet;

const UPLOADED: usize = 5;

/// What was sent: the addresses of one request, and whether it was acknowledged.
type Sent = Vec<(Vec<String>, bool)>;

/// No test of its own: the process that is killed. The others start it with a folder.
#[test]
fn serve_when_asked() {
    let Some(folder) = std::env::var_os("KILLED_SERVER_DATA") else { return };
    let folder = Path::new(&folder);
    let mut settings = vec![
        ("LEADSCORE_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LEADSCORE_DATA".to_owned(), folder.display().to_string()),
        ("LEADSCORE_AUTH_JWT_SECRET".to_owned(), JWT_SECRET.to_owned()),
        ("API_KEY".to_owned(), KEY.to_owned()),
        // The work of a server that was killed is taken over soon.
        ("LEADSCORE_JOB_LEASE".to_owned(), "2s".to_owned()),
    ];
    if let Ok(url) = std::env::var("KILLED_SERVER_DATABASE") {
        settings.push(("DATABASE_URL".to_owned(), url));
        settings.push(("SECRET_KEY".to_owned(), "a key of tests that is long enough for it".to_owned()));
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server =
            Server::start(Layers::new().environment(settings).unwrap().build().unwrap()).await.unwrap();
        let address = server.address().unwrap().to_string();
        std::fs::write(folder.join("address.new"), address).unwrap();
        std::fs::rename(folder.join("address.new"), folder.join("address")).unwrap();
        server.run(std::future::pending()).await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_what_was_acknowledged() {
    kill_under_load(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_what_was_acknowledged() {
    let Some(postgres) = Postgres::start() else { return };
    kill_under_load(Some(postgres.url())).await;
}

fn kills() -> u32 {
    std::env::var("LEADSCORE_KILLS").map_or(2, |text| text.parse().unwrap())
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

async fn kill_under_load(database: Option<String>) {
    let kills = kills();
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(7);
    let mut sent: Sent = Vec::new();
    let mut history = History::default();
    for kill in 0..kills {
        let mut server = Killed::start(folder.path(), database.as_deref());
        history.send_again(&server.base).await;
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for task in 0..4 {
            tasks.spawn(load(server.base.clone(), format!("k{kill}t{task}"), task % 2 == 1, stop.clone()));
        }
        let going = tokio::spawn(history.go_on(server.base.clone(), stop.clone()));
        tokio::time::sleep(Duration::from_millis(300 + random.below(700))).await;
        server.kill();
        stop.store(true, Ordering::Relaxed);
        while let Some(outcome) = tasks.join_next().await {
            sent.extend(outcome.unwrap());
        }
        history = going.await.unwrap();
        check(folder.path(), database.as_deref(), &sent).await;
        history.check(folder.path(), database.as_deref()).await;
    }
    let server = Killed::start(folder.path(), database.as_deref());
    history.send_again(&server.base).await;
    history.check(folder.path(), database.as_deref()).await;
    drop(server);
    let acknowledged = sent.iter().filter(|(_, acknowledged)| *acknowledged).count();
    println!("{kills} kills, {} requests, {acknowledged} acknowledged", sent.len());
    let (asked, answered) = history.counts();
    println!("{asked} requests with activities and for predictions, {answered} acknowledged");
    assert!(answered > 0, "nothing was acknowledged, so nothing was shown");
    assert!(acknowledged > 0, "nothing was acknowledged, so nothing was shown");
}

/// Sends requests one after the other until the server is gone.
async fn load(base: String, name: String, uploads: bool, stop: Arc<AtomicBool>) -> Sent {
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let mut sent = Vec::new();
    for number in 0..10_000 {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let count = if uploads { UPLOADED } else { 1 };
        let emails: Vec<String> =
            (0..count).map(|row| format!("{name}n{number}r{row}@acme.example")).collect();
        let request = if uploads {
            let rows: String =
                emails.iter().fold(String::new(), |rows, email| rows + "Ann," + email + ",CEO,30\n");
            client
                .post(format!("{base}/api/v1/upload-leads"))
                .header("content-type", "multipart/form-data; boundary=edge")
                .body(format!(
                    "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\n\
                     Content-Type: text/csv\r\n\r\nName,Email,Role,page_views\n{rows}\r\n--edge--\r\n"
                ))
        } else {
            let lead = json!({"name": "Ann", "email": emails[0], "role": "CEO", "page_views": 30});
            client
                .post(format!("{base}/api/v1/score-lead"))
                .header("content-type", "application/json")
                .body(lead.to_string())
        };
        let Ok(response) = request.header("x-api-key", KEY).send().await else {
            sent.push((emails, false));
            break;
        };
        match response.status().as_u16() {
            200 => {
                // The status is the acknowledgement only together with the whole answer.
                let whole =
                    response.text().await.is_ok_and(|text| serde_json::from_str::<Value>(&text).is_ok());
                sent.push((emails, whole));
            }
            429 => tokio::time::sleep(Duration::from_millis(50)).await,
            status => panic!("{status}: {}", response.text().await.unwrap_or_default()),
        }
    }
    sent
}

async fn check(folder: &Path, database: Option<&str>, sent: &Sent) {
    let store = match database {
        Some(url) => Store::open_postgres(url).await.unwrap(),
        None => Store::open_folder(folder).await.unwrap(),
    };
    let mut found: BTreeMap<String, (u32, bool)> = BTreeMap::new();
    let mut after = 0;
    loop {
        let leads = store.leads_after("default", after, 500).await.unwrap();
        let Some(last) = leads.last() else { break };
        after = last.number;
        // The one that activities are sent of has no address.
        for lead in leads.into_iter().filter(|lead| lead.contact.email.is_some()) {
            let entry = found.entry(lead.contact.email.unwrap()).or_default();
            entry.0 += 1;
            entry.1 |= lead.heat.is_some();
        }
    }
    assert!(found.values().all(|(count, _)| *count == 1), "a lead is there twice");
    assert!(found.values().all(|(_, scored)| *scored), "a lead is there without its score");
    for (emails, acknowledged) in sent {
        let there = emails.iter().filter(|email| found.contains_key(*email)).count();
        assert!(
            there == emails.len() || (there == 0 && !acknowledged),
            "{there} of {emails:?}, {acknowledged}"
        );
        let scored =
            emails.iter().filter(|email| found.get(*email).is_some_and(|(_, scored)| *scored)).count();
        assert!(scored == emails.len() || (scored == 0 && !acknowledged), "{scored} scored of {emails:?}");
    }
    let scores: i64 =
        store.heat_statistics("default").await.unwrap().by_class.iter().map(|(_, count)| count).sum();
    let with_heat = found.values().filter(|(_, scored)| *scored).count();
    assert_eq!(scores, i64::try_from(with_heat).unwrap(), "each address was scored once");
    store.close().await;
    if database.is_none() {
        let url = format!("sqlite://{}", folder.join("leadscore.db").display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let (verdict,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
        assert_eq!(verdict, "ok");
        pool.close().await;
    }
}

struct Killed {
    process: Child,
    base: String,
}

impl Killed {
    fn start(folder: &Path, database: Option<&str>) -> Killed {
        let _ = std::fs::remove_file(folder.join("address"));
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["serve_when_asked", "--exact"]).env("KILLED_SERVER_DATA", folder).stdout(Stdio::null());
        if let Some(url) = database {
            command.env("KILLED_SERVER_DATABASE", url);
        }
        let mut server = Killed { process: command.spawn().unwrap(), base: String::new() };
        let began = Instant::now();
        while server.base.is_empty() {
            if let Ok(address) = std::fs::read_to_string(folder.join("address")) {
                server.base = format!("http://{address}");
            }
            assert!(server.process.try_wait().unwrap().is_none(), "the server ended at its start");
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
