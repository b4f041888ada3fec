//! Outbound webhooks: registered, told of events, and kept from reaching what is not public.

mod addresses;
mod deliveries;
mod receiver;
mod registration;
mod schedule;
mod secrets;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use support::{KEY, Running};

/// Lets webhooks go to receivers on this machine, and tries again soon.
const OPEN: [(&str, &str); 4] = [
    ("API_KEY", KEY),
    ("LEADSCORE_WEBHOOK_ALLOWLIST", "127.0.0.1/32"),
    ("LEADSCORE_ALLOW_INSECURE_WEBHOOKS", "true"),
    ("LEADSCORE_WEBHOOK_WAITS", "1s,1s,1s"),
];

fn post(server: &Running, path: &str, body: &Value) -> RequestBuilder {
    server.post(path, body).bearer_auth(KEY)
}

async fn get(server: &Running, path: &str) -> Value {
    let (status, body) = support::json(server.get(path).bearer_auth(KEY)).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Registers a webhook for an event, and gives its id.
async fn register(server: &Running, url: &str, secret: &str) -> String {
    let body = json!({"url": url, "events": ["lead.qualified", "lead.scored"], "secret": secret});
    let (status, body) = support::json(post(server, "/api/webhooks", &body)).await;
    assert_eq!(status, 201, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

/// Has a lead qualified, which is an event; gives the lead's id.
async fn qualify(server: &Running, email: &str) -> String {
    let body = json!({"email": email, "company": "Acme Corp"});
    let (status, body) = support::json(post(server, "/api/qualify", &body)).await;
    assert_eq!(status, 200, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

/// Waits until the last delivery of a webhook is in a state.
async fn delivery_in(server: &Running, webhook: &str, state: &str) -> Value {
    let began = Instant::now();
    loop {
        let list = get(server, &format!("/api/webhooks/{webhook}/deliveries")).await;
        if list["deliveries"][0]["state"] == state {
            return list["deliveries"][0].clone();
        }
        assert!(began.elapsed() < Duration::from_secs(30), "no delivery is {state}: {list}");
        // A plan has sixty requests a minute.
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}
