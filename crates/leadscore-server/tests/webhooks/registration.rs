//! What may be registered, what is refused, and what is told of it.

use serde_json::{Value, json};

use crate::support::{KEY, Running, json as sent, token};
use crate::{OPEN, get, post, register};

const PUBLIC: &str = "https://hooks.example.com/leads";

#[tokio::test]
async fn a_webhook_is_registered_listed_and_removed() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let body = json!({"url": PUBLIC, "events": ["lead.qualified", "lead.scored", "lead.qualified"],
        "secret": "whsec_your_signing_secret"});
    let response = post(&server, "/api/webhooks", &body).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let made: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("wh_"), "{made}");
    assert_eq!(location, format!("/api/webhooks/{id}"));
    assert_eq!(made["events"], json!(["lead.qualified", "lead.scored"]));
    assert_eq!((&made["url"], &made["active"]), (&json!(PUBLIC), &json!(true)));
    assert!(made.get("secret").is_none(), "the caller's secret is not sent back: {made}");
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'), "{made}");

    let list = get(&server, "/api/webhooks").await;
    assert_eq!(list["total"], 1);
    assert_eq!(list["webhooks"][0], get(&server, &location).await);
    assert_eq!(list["webhooks"][0]["failure_count"], 0);
    assert!(!list.to_string().contains("secret"), "{list}");

    let remove = || server.client.delete(format!("{}{location}", server.base)).bearer_auth(KEY);
    assert_eq!(remove().send().await.unwrap().status().as_u16(), 204);
    let (status, body) = sent(remove()).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("NOT_FOUND")));
    assert_eq!(get(&server, "/api/webhooks").await, json!({"webhooks": [], "total": 0}));
}

#[tokio::test]
async fn a_secret_is_made_where_none_is_given_and_told_once() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let body = json!({"url": PUBLIC, "events": ["batch.failed"]});
    let request = || post(&server, "/api/webhooks", &body).header("idempotency-key", "once");
    let (status, made) = sent(request()).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    // Whoever did not get the answer gets the same one again.
    assert_eq!(sent(request()).await, (201, made.clone()));
    let (_, other) = sent(post(&server, "/api/webhooks", &body)).await;
    assert_ne!(other["secret"].as_str().unwrap(), secret);
    let list = get(&server, "/api/webhooks").await;
    assert!(!list.to_string().contains("whsec_"), "{list}");
    // Nothing in the folder has it in plain text.
    let folder = server.stop().await;
    let mut looked_at = 0;
    for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
        let Ok(bytes) = std::fs::read(file.path()) else { continue };
        looked_at += bytes.len();
        let is_in = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!is_in, "{:?} has the secret", file.path());
    }
    assert!(looked_at > 10_000, "{looked_at}");
}

#[tokio::test]
async fn what_is_refused() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let of = |url: &str| json!({"url": url, "events": ["lead.qualified"]});
    let with = |field: &str, value: Value| {
        let mut body = of(PUBLIC);
        body[field] = value;
        body
    };
    let table = [
        (json!({"events": ["lead.qualified"]}), "url"),
        (with("url", json!("")), "url"),
        (with("url", json!(7)), "url"),
        (with("url", json!(format!("https://hooks.example.com/{}", "a".repeat(2_048)))), "url"),
        (json!({"url": PUBLIC}), "events"),
        (with("events", json!([])), "events"),
        (with("events", json!("lead.qualified")), "events"),
        (with("events", json!(["lead.qualified", "lead.lost"])), "events"),
        (with("events", json!(["ping"])), "events"),
        (with("events", json!([null])), "events"),
        (with("secret", json!("short")), "secret"),
        (with("secret", json!("a".repeat(257))), "secret"),
        (with("secret", json!("with a blank")), "secret"),
        (with("secret", json!("whsec_é_and_more")), "secret"),
        (with("secret", json!("tab\tinside_it")), "secret"),
        (with("signature_scheme", json!("sha1")), "signature_scheme"),
    ];
    for (body, field) in table {
        let (status, answer) = sent(post(&server, "/api/webhooks", &body)).await;
        assert_eq!(status, 400, "{body}: {answer}");
        let error = &answer["error"];
        assert_eq!(error["code"], "VALIDATION_ERROR", "{body}: {answer}");
        assert_eq!(error["details"]["field"], field, "{body}: {answer}");
        assert!(!answer.to_string().contains("whsec"), "{answer}");
    }
    assert_eq!(get(&server, "/api/webhooks").await["total"], 0);
    for (secret, scheme) in [("a".repeat(8), "body"), ("~".repeat(256), "timestamped")] {
        let body =
            json!({"url": PUBLIC, "events": ["lead.routed"], "secret": secret, "signature_scheme": scheme});
        let (status, answer) = sent(post(&server, "/api/webhooks", &body)).await;
        assert_eq!((status, &answer["signature_scheme"]), (201, &json!(scheme)), "{answer}");
    }
}

#[tokio::test]
async fn a_key_has_fifty_webhooks_and_no_more() {
    let server = Running::start(&[("API_KEYS", "first-key-of-tests,second-key-of-tests")]).await;
    let body = json!({"url": PUBLIC, "events": ["lead.qualified"]});
    let add = |key: &'static str| sent(server.post("/api/webhooks", &body).bearer_auth(key));
    let mut first = String::new();
    for number in 0..50 {
        let (status, answer) = add("first-key-of-tests").await;
        assert_eq!(status, 201, "{number}: {answer}");
        first = answer["id"].as_str().unwrap().to_owned();
    }
    let (status, answer) = add("first-key-of-tests").await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("50 webhooks"), "{answer}");
    assert_eq!(add("second-key-of-tests").await.0, 201, "another key of the tenant has its own");
    let path = format!("{}/api/webhooks/{first}", server.base);
    let removed = server.client.delete(path).bearer_auth("second-key-of-tests").send().await.unwrap();
    assert_eq!(removed.status().as_u16(), 204, "webhooks are the tenant's");
    assert_eq!(add("first-key-of-tests").await.0, 201);
}

#[tokio::test]
async fn webhooks_of_another_tenant_are_not_there() {
    let server = Running::start(&OPEN).await;
    let id = register(&server, PUBLIC, "whsec_your_signing_secret").await;
    // A key of another tenant, made in the same store.
    let folder = server.stop().await;
    let store = leadscore_server::store::Store::open_folder(folder.path()).await.unwrap();
    let hash = leadscore_server::auth::KeyHash::compute("ls_other_key_of_tests");
    let key = leadscore_server::store::NewKey {
        name: "other",
        tenant: "other",
        plan: leadscore_server::auth::Plan::Pro,
        scopes: leadscore_server::auth::Scopes::USUAL,
        families: None,
    };
    store.save_key(&key, &hash, leadscore::Timestamp::from_millis(1).unwrap()).await.unwrap();
    store.close().await;
    let server = Running::start_in(folder, &OPEN).await;
    let other = "ls_other_key_of_tests";
    let (status, list) = sent(server.get("/api/webhooks").bearer_auth(other)).await;
    assert_eq!((status, &list["total"]), (200, &json!(0)), "{list}");
    let path = format!("/api/webhooks/{id}");
    let nothing = json!({});
    let requests = [
        server.get(&path),
        server.client.delete(format!("{}{path}", server.base)),
        server.post(&format!("{path}/rotate"), &nothing),
        server.post(&format!("{path}/ping"), &nothing),
        server.get(&format!("{path}/deliveries")),
    ];
    for request in requests {
        let (status, answer) = sent(request.bearer_auth(other)).await;
        assert_eq!((status, &answer["error"]["code"]), (404, &json!("NOT_FOUND")), "{answer}");
    }
    assert_eq!(get(&server, &path).await["id"], json!(id));
    // Credentials of other APIs open nothing here.
    assert_eq!(sent(server.get("/api/webhooks")).await.0, 401);
    assert_eq!(sent(server.get("/api/webhooks").header("x-api-key", KEY)).await.0, 401);
    assert_eq!(sent(server.get("/api/webhooks").bearer_auth(token("default", None))).await.0, 401);
}
