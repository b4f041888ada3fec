//! What arrives at receivers.

use std::time::{Duration, Instant};

use leadscore_connect::signature::{body, standard, timestamped};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::receiver::{Receiver, Reply, Taken};
use crate::support::{Running, json as sent};
use crate::{OPEN, delivery_in, get, post, qualify, register};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Whether a delivery is signed with a secret, by both schemes.
pub(crate) fn is_signed(taken: &Taken, secret: &str) -> bool {
    let secrets = [SecretString::from(secret)];
    let time = taken.header("webhook-timestamp");
    let now: i64 = time.parse().unwrap();
    let signature = taken.header("x-qualifier-signature");
    let stripe = timestamped::verify(signature, &secrets, &taken.body, now, 300).is_ok();
    let standard = standard::verify(
        taken.header("webhook-id"),
        time,
        taken.header("webhook-signature"),
        &secrets,
        &taken.body,
        now,
        300,
    );
    assert_eq!(stripe, standard.is_ok(), "{taken:?}");
    stripe
}

#[tokio::test]
async fn an_event_arrives_as_the_document_has_it() {
    let server = Running::start(&OPEN).await;
    let receiver = Receiver::answering(204).await;
    let id = register(&server, &receiver.url, SECRET).await;
    let lead = qualify(&server, "ada@acme.example").await;
    let taken = receiver.wait_for(1).await.remove(0);

    let event = taken.json();
    let text = std::str::from_utf8(&taken.body).unwrap();
    assert!(text.starts_with(r#"{"event":"lead.qualified","timestamp":""#), "{text}");
    assert_eq!(event.as_object().unwrap().len(), 3, "{event}");
    assert_eq!(event["data"]["id"], json!(lead));
    assert_eq!(event["data"]["email"], "ada@acme.example");
    assert!(event["data"]["score"].is_number() && event["data"]["tier"].is_string(), "{event}");
    assert!(event["timestamp"].as_str().unwrap().ends_with('Z'), "{event}");

    assert_eq!(taken.header("content-type"), "application/json");
    assert!(taken.header("user-agent").starts_with("leadscore-webhooks/"));
    assert_eq!(taken.header("x-qualifier-event"), "lead.qualified");
    assert!(taken.header("webhook-id").starts_with("evt_"));
    assert_eq!(taken.header("x-qualifier-delivery").len(), 36);
    assert!(is_signed(&taken, SECRET));
    assert!(!is_signed(&taken, "whsec_another_secret"));
    let changed = Taken { body: text.replace("HOT", "COLD").replace("acme", "evil").into(), ..taken.clone() };
    assert!(!is_signed(&changed, SECRET));

    let delivery = delivery_in(&server, &id, "delivered").await;
    assert_eq!(delivery["event_id"], taken.header("webhook-id"));
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!(204), &json!(1)));
    let webhook = get(&server, &format!("/api/webhooks/{id}")).await;
    assert_eq!((&webhook["last_status"], &webhook["failure_count"]), (&json!(204), &json!(0)));
    assert!(webhook["last_delivery_at"].is_string(), "{webhook}");

    // The second time it is another event.
    qualify(&server, "ada@acme.example").await;
    let again = receiver.wait_for(2).await.remove(1);
    assert_eq!(again.header("x-qualifier-event"), "lead.scored");
    assert_ne!(again.header("webhook-id"), taken.header("webhook-id"));
    delivery_in(&server, &id, "delivered").await;
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for line in [
        "leadscore_webhook_deliveries_total{event=\"lead.qualified\",outcome=\"delivered\"} 1",
        "leadscore_webhook_deliveries_total{event=\"lead.scored\",outcome=\"delivered\"} 1",
        "leadscore_webhook_delivery_duration_seconds_count 2",
        "leadscore_webhook_queue_depth 0",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn a_webhook_is_told_what_it_asked_for_alone() {
    let server = Running::start(&OPEN).await;
    let (asked, other) = (Receiver::answering(200).await, Receiver::answering(200).await);
    register(&server, &asked.url, SECRET).await;
    let body = json!({"url": other.url, "events": ["lead.routed", "batch.completed"]});
    let (_, made) = sent(post(&server, "/api/webhooks", &body)).await;
    let path = format!("/api/webhooks/{}", made["id"].as_str().unwrap());
    qualify(&server, "ada@acme.example").await;
    asked.wait_for(1).await;
    // A ping goes to one webhook, whatever it asked for.
    let (status, pinged) = sent(post(&server, &format!("{path}/ping"), &json!({}))).await;
    assert_eq!(status, 202, "{pinged}");
    let taken = other.wait_for(1).await.remove(0);
    assert_eq!(taken.json()["event"], "ping");
    assert_eq!(taken.json()["data"], json!({"webhook_id": made["id"]}));
    assert_eq!(taken.header("webhook-id"), pinged["event_id"].as_str().unwrap());
    assert!(is_signed(&taken, made["secret"].as_str().unwrap()));
    assert_eq!((asked.taken().len(), other.taken().len()), (1, 1));
    delivery_in(&server, made["id"].as_str().unwrap(), "delivered").await;
    let list = get(&server, &format!("{path}/deliveries?limit=1")).await;
    assert_eq!(list["deliveries"].as_array().unwrap().len(), 1);
    for limit in ["0", "101", "x"] {
        let request = server.get(&format!("{path}/deliveries?limit={limit}"));
        let (status, answer) = sent(request.bearer_auth(crate::support::KEY)).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!("limit")), "{answer}");
    }
}

#[tokio::test]
async fn a_signature_may_be_of_the_body_alone() {
    let server = Running::start(&OPEN).await;
    let receiver = Receiver::answering(200).await;
    let registration = json!({"url": receiver.url, "events": ["lead.qualified"], "secret": SECRET,
        "signature_scheme": "body"});
    assert_eq!(sent(post(&server, "/api/webhooks", &registration)).await.0, 201);
    qualify(&server, "ada@acme.example").await;
    let taken = receiver.wait_for(1).await.remove(0);
    let signature = taken.header("x-qualifier-signature");
    assert!(signature.starts_with("sha256="), "{signature}");
    assert_eq!(body::verify(signature, &SECRET.into(), &taken.body), Ok(()));
    assert!(body::verify(signature, &SECRET.into(), b"{}").is_err());
    // The headers of Standard Webhooks are there all the same.
    assert!(taken.header("webhook-signature").starts_with("v1,"));
}

#[tokio::test]
async fn of_an_answer_a_kib_is_kept() {
    let server = Running::start(&OPEN).await;
    let text = format!("not\0today: {}", "é".repeat(40_000));
    let receiver =
        Receiver::start(move |_| Reply { status: 418, text: text.clone(), ..Reply::default() }).await;
    let id = register(&server, &receiver.url, SECRET).await;
    qualify(&server, "ada@acme.example").await;
    let delivery = delivery_in(&server, &id, "waiting").await;
    let reply = delivery["reply"].as_str().unwrap();
    assert!(reply.starts_with("not\u{fffd}today: éé") && reply.len() < 1_030, "{}: {reply}", reply.len());
    assert_eq!(delivery["error"], "the receiver answered 418");
    assert!(delivery["next_attempt_at"].is_string(), "{delivery}");
}

/// A receiver that does not answer has two places for as long as a delivery may take; others are told meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_keeps_nobody_waiting() {
    const LEADS: usize = 6;
    let server = Running::start(&OPEN).await;
    let late = Duration::from_secs(20);
    let hanging = Receiver::start(move |_| Reply { status: 200, after: late, ..Reply::default() }).await;
    let quick = Receiver::answering(200).await;
    let hung = register(&server, &hanging.url, SECRET).await;
    register(&server, &quick.url, SECRET).await;
    let mut sent_at = Instant::now();
    for number in 0..LEADS {
        qualify(&server, &format!("lead{number}@acme.example")).await;
        sent_at = Instant::now();
    }
    let taken = quick.wait_for(LEADS).await;
    let last = taken.iter().map(|own| own.at).max().unwrap().saturating_duration_since(sent_at);
    println!("the last of {LEADS} events arrived {last:?} after the last lead, beside a receiver that hangs");
    assert!(last < Duration::from_secs(3), "{last:?}");
    let delivery = delivery_in(&server, &hung, "waiting").await;
    let duration = delivery["duration_ms"].as_i64().unwrap();
    println!("an attempt at the receiver that hangs ended after {duration} ms");
    assert!((14_900..17_000).contains(&duration), "{delivery}");
    assert_eq!(
        (&delivery["status"], &delivery["error"]),
        (&Value::Null, &json!("the receiver cannot be reached, or did not answer in time"))
    );
    // Four more wait for one of the two places.
    assert!(hanging.most_at_once() <= 2, "{}", hanging.most_at_once());
    assert!(hanging.taken().len() <= 4, "{}", hanging.taken().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_told_two_events_at_once() {
    let server = Running::start(&OPEN).await;
    let after = Duration::from_millis(600);
    let receiver = Receiver::start(move |_| Reply { status: 200, after, ..Reply::default() }).await;
    register(&server, &receiver.url, SECRET).await;
    for number in 0..6 {
        qualify(&server, &format!("lead{number}@acme.example")).await;
    }
    let taken = receiver.wait_for(6).await;
    let whole = taken[5].at - taken[0].at;
    println!("six events of 600 ms each began within {whole:?}");
    assert_eq!(receiver.most_at_once(), 2);
    assert!(whole >= 2 * after, "{whole:?}");
    // Each of them once.
    let ids: std::collections::BTreeSet<&str> = taken.iter().map(|own| own.header("webhook-id")).collect();
    assert_eq!(ids.len(), 6);
}
