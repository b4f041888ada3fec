//! A server that is killed between the CRM system's answer and its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use leadscore_server::store::Store;
use leadscore_server::{Layers, Server};
use reqwest::Client;
use serde_json::{Value, json};

use super::hubspot::{HubSpot, TOKEN};
use super::support::KEY;

/// No test of its own: the process that is killed. The other one starts it with a folder.
#[test]
fn serve_when_asked() {
    let Some(folder) = std::env::var_os("KILLED_SERVER_DATA") else { return };
    let folder = Path::new(&folder);
    let settings = [
        ("LEADSCORE_LISTEN", "127.0.0.1:0".to_owned()),
        ("LEADSCORE_DATA", folder.display().to_string()),
        ("API_KEY", KEY.to_owned()),
        ("HUBSPOT_ACCESS_TOKEN", TOKEN.to_owned()),
        ("HUBSPOT_BASE_URL", std::env::var("KILLED_SERVER_HUBSPOT").unwrap()),
        ("LEADSCORE_JOB_LEASE", "1s".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let config = Layers::new().environment(settings).unwrap().build().unwrap();
        let server = Server::start(config).await.unwrap();
        let address = server.address().unwrap().to_string();
        std::fs::write(folder.join("address.new"), address).unwrap();
        std::fs::rename(folder.join("address.new"), folder.join("address")).unwrap();
        server.run(std::future::pending()).await.unwrap();
    });
}

struct Process(Child);

impl Process {
    fn start(folder: &Path, hubspot: &str) -> (Process, String) {
        let _ = std::fs::remove_file(folder.join("address"));
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["killed::serve_when_asked", "--exact"]).stdout(Stdio::null());
        command.env("KILLED_SERVER_DATA", folder).env("KILLED_SERVER_HUBSPOT", hubspot);
        let mut process = Process(command.spawn().unwrap());
        let began = Instant::now();
        loop {
            if let Ok(address) = std::fs::read_to_string(folder.join("address")) {
                return (process, format!("http://{address}"));
            }
            assert!(process.0.try_wait().unwrap().is_none(), "the server ended at its start");
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn post(base: &str, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let request = Client::new().post(format!("{base}{path}")).bearer_auth(KEY);
    request.header("content-type", "application/json").body(body.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_deal_after_a_kill() {
    let (crm, account) = HubSpot::start().await;
    // The deal is there at once, and the answer is never read.
    account.0.lock().unwrap().slow_deal = Some(Duration::from_secs(30));
    let folder = tempfile::tempdir().unwrap();
    let (mut process, base) = Process::start(folder.path(), &crm.uri());
    let lead = json!({"email": "john@acme.example", "company": "Acme"});
    let lead: Value = post(&base, "/api/qualify", &lead).send().await.unwrap().json().await.unwrap();
    let body = json!({"lead_id": lead["id"], "crm": "hubspot", "pipeline_id": "default"});
    let waiting = tokio::spawn(post(&base, "/api/crm/sync", &body).send());
    let began = Instant::now();
    while account.0.lock().unwrap().deals.is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "no deal is opened");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.kill();
    assert!(waiting.await.unwrap().is_err(), "nobody was told that it is done");
    let store = Store::open_folder(folder.path()).await.unwrap();
    let number = store.lead_number("default", lead["id"].as_str().unwrap()).await.unwrap().unwrap();
    assert_eq!(store.crm_place(number, "hubspot").await.unwrap(), None, "it was killed before it was kept");

    // After its restart it goes on by itself, and finds what is there.
    let (_process, base) = Process::start(folder.path(), &crm.uri());
    let began = Instant::now();
    let place = loop {
        if let Some(place) = store.crm_place(number, "hubspot").await.unwrap() {
            break place;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "it is not taken up again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let deal = format!("deal-{}", lead["id"].as_str().unwrap());
    assert_eq!(place.deal.as_deref(), Some(deal.as_str()));
    let answer: Value = post(&base, "/api/crm/sync", &body).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["deal"]["id"], json!(deal), "{answer}");
    store.close().await;
    let account = account.0.lock().unwrap();
    assert_eq!((account.contacts.len(), account.deals.len(), account.deals_made), (1, 1, 1));
}
