//! Addresses that are not public: refused when they are registered, and again when something is sent.

use serde_json::json;

use crate::receiver::Receiver;
use crate::support::{KEY, Running, json as sent};
use crate::{OPEN, delivery_in, get, post, qualify, register};

#[tokio::test]
async fn what_is_not_public_is_refused_and_nobody_is_told_why() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let refused = [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://１２７.0.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://metadata.google.internal/",
        "https://localhost/",
        "https://app.localhost:8443/",
        "https://printer.local/",
        "https://db.internal/",
        "https://intranet/",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "https://user:word@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com:25/",
        "hooks.example.com",
        "https://",
        "//hooks.example.com/",
    ];
    for url in refused {
        let body = json!({"url": url, "events": ["lead.qualified"]});
        let (status, answer) = sent(post(&server, "/api/webhooks", &body)).await;
        let wanted = json!({"code": "VALIDATION_ERROR", "message": "url is not allowed"});
        assert_eq!(status, 400, "{url}: {answer}");
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["message"]), (&wanted["code"], &wanted["message"]), "{url}");
        assert_eq!(error["details"]["field"], "url", "{url}");
    }
    // A name that cannot be resolved may be set up later.
    let body = json!({"url": "https://hooks.not-there.example:8443/x?y=1", "events": ["lead.qualified"]});
    assert_eq!(sent(post(&server, "/api/webhooks", &body)).await.0, 201);
    assert_eq!(get(&server, "/api/webhooks").await["total"], 1);
}

/// With any network allowed, names of one's own network are resolved, and `localhost` is one of loopback.
#[tokio::test]
async fn a_name_is_refused_by_its_addresses() {
    let elsewhere = [
        ("API_KEY", KEY),
        ("LEADSCORE_WEBHOOK_ALLOWLIST", "10.9.8.7/32"),
        ("LEADSCORE_ALLOW_INSECURE_WEBHOOKS", "true"),
        ("LEADSCORE_WEBHOOK_WAITS", "1s"),
    ];
    let receiver = Receiver::answering(200).await;
    let url = receiver.url.replace("127.0.0.1", "localhost");
    let body = json!({"url": url, "events": ["lead.qualified"]});
    let server = Running::start(&elsewhere).await;
    let (status, answer) = sent(post(&server, "/api/webhooks", &body)).await;
    assert_eq!((status, &answer["error"]["message"]), (400, &json!("url is not allowed")), "{answer}");
    let folder = server.stop().await;

    // As a host it is allowed, whatever its addresses are.
    let mut open = elsewhere;
    open[1].1 = "localhost";
    let server = Running::start_in(folder, &open).await;
    let id = register(&server, &url, "whsec_your_signing_secret").await;
    qualify(&server, "ada@acme.example").await;
    receiver.wait_for(1).await;
    delivery_in(&server, &id, "delivered").await;

    // What was allowed when it was registered is checked again when something is sent: nothing more comes.
    let server = Running::start_in(server.stop().await, &elsewhere).await;
    qualify(&server, "bob@acme.example").await;
    let delivery = delivery_in(&server, &id, "failed").await;
    assert_eq!(delivery["error"], "url is not allowed");
    assert_eq!((&delivery["status"], &delivery["reply"]), (&json!(null), &json!("")));
    assert_eq!(receiver.taken().len(), 1);
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let line = "leadscore_webhook_deliveries_total{event=\"lead.qualified\",outcome=\"not_allowed\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    assert_eq!(get(&server, &format!("/api/webhooks/{id}")).await["failure_count"], 1);
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let inside = Receiver::answering(200).await;
    let target = inside.url.clone();
    for status in [301, 302, 303, 307, 308] {
        let to = target.clone();
        let receiver = Receiver::start(move |_| crate::receiver::Reply {
            status,
            headers: vec![("location", to.clone())],
            ..Default::default()
        })
        .await;
        let mut once = OPEN;
        once[3].1 = "300d";
        let server = Running::start(&once).await;
        let id = register(&server, &receiver.url, "whsec_your_signing_secret").await;
        qualify(&server, "ada@acme.example").await;
        let delivery = delivery_in(&server, &id, "waiting").await;
        assert_eq!(delivery["status"], status);
        assert!(delivery["error"].as_str().unwrap().contains("redirects are not followed"), "{delivery}");
    }
    assert!(inside.taken().is_empty());
}
