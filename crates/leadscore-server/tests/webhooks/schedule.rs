//! What follows where a delivery fails: when it is tried again, and when not.

use std::time::Duration;

use serde_json::json;

use crate::deliveries::is_signed;
use crate::receiver::{Receiver, Reply};
use crate::support::{KEY, Running, json as sent};
use crate::{OPEN, delivery_in, get, post, qualify, register};

const SECRET: &str = "whsec_your_signing_secret";

fn once(waits: &'static str) -> [(&'static str, &'static str); 4] {
    let mut settings = OPEN;
    settings[3].1 = waits;
    settings
}

#[tokio::test]
async fn the_same_bytes_are_sent_until_they_are_taken() {
    let server = Running::start(&OPEN).await;
    let receiver = Receiver::start(|number| match number {
        1 => Reply { status: 500, ..Reply::default() },
        2 => Reply { status: 429, headers: vec![("retry-after", "3".to_owned())], ..Reply::default() },
        _ => Reply { status: 200, ..Reply::default() },
    })
    .await;
    let id = register(&server, &receiver.url, SECRET).await;
    qualify(&server, "zoe@acme.example").await;
    let taken = receiver.wait_for(3).await;
    let delivery = delivery_in(&server, &id, "delivered").await;
    assert_eq!((&delivery["attempts"], &delivery["status"]), (&json!(3), &json!(200)));

    let waits = [taken[1].at - taken[0].at, taken[2].at - taken[1].at];
    println!("waits after a 500 and a 429 that asks for 3 s: {waits:?}");
    let between = |wait: Duration, low: u64, high: u64| {
        (Duration::from_millis(low)..Duration::from_millis(high)).contains(&wait)
    };
    assert!(between(waits[0], 750, 2_500) && between(waits[1], 2_950, 4_500), "{waits:?}");
    for other in &taken[1..] {
        assert_eq!(other.body, taken[0].body);
        assert_eq!(other.header("webhook-id"), taken[0].header("webhook-id"));
        assert_ne!(other.header("x-qualifier-delivery"), taken[0].header("x-qualifier-delivery"));
        assert!(is_signed(other, SECRET));
    }
    let times: Vec<&str> = taken.iter().map(|own| own.header("webhook-timestamp")).collect();
    assert!(times[0] < times[1] && times[1] < times[2], "{times:?}");
    let webhook = get(&server, &format!("/api/webhooks/{id}")).await;
    assert_eq!((&webhook["failure_count"], &webhook["last_status"]), (&json!(0), &json!(200)));
}

#[tokio::test]
async fn it_is_given_up_after_the_last_wait() {
    let server = Running::start(&once("1s")).await;
    let receiver = Receiver::answering(404).await;
    let id = register(&server, &receiver.url, SECRET).await;
    qualify(&server, "ada@acme.example").await;
    let delivery = delivery_in(&server, &id, "failed").await;
    assert_eq!((&delivery["attempts"], &delivery["error"]), (&json!(2), &json!("the receiver answered 404")));
    assert_eq!(delivery["next_attempt_at"], json!(null));
    let webhook = get(&server, &format!("/api/webhooks/{id}")).await;
    assert_eq!((&webhook["failure_count"], &webhook["active"]), (&json!(2), &json!(true)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.taken().len(), 2);
}

#[tokio::test]
async fn whoever_is_gone_is_told_nothing_more() {
    let server = Running::start(&OPEN).await;
    let receiver = Receiver::answering(410).await;
    let id = register(&server, &receiver.url, SECRET).await;
    qualify(&server, "ada@acme.example").await;
    let delivery = delivery_in(&server, &id, "failed").await;
    assert_eq!((&delivery["attempts"], &delivery["status"]), (&json!(1), &json!(410)));
    let webhook = get(&server, &format!("/api/webhooks/{id}")).await;
    assert_eq!((&webhook["active"], &webhook["last_status"]), (&json!(false), &json!(410)));
    qualify(&server, "bob@acme.example").await;
    let (status, answer) = sent(post(&server, &format!("/api/webhooks/{id}/ping"), &json!({}))).await;
    assert_eq!((status, &answer["error"]["code"]), (409, &json!("CONFLICT")), "{answer}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.taken().len(), 1);
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("leadscore_webhooks_switched_off_total 1"), "{metrics}");
}

#[tokio::test]
async fn what_waits_for_a_webhook_goes_with_it() {
    let server = Running::start(&OPEN).await;
    let receiver = Receiver::answering(503).await;
    let id = register(&server, &receiver.url, SECRET).await;
    qualify(&server, "ada@acme.example").await;
    delivery_in(&server, &id, "waiting").await;
    let path = format!("{}/api/webhooks/{id}", server.base);
    assert_eq!(server.client.delete(path).bearer_auth(KEY).send().await.unwrap().status().as_u16(), 204);
    let before = receiver.taken().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.taken().len(), before);
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("leadscore_webhook_queue_depth 0\n"), "{metrics}");
}

#[tokio::test]
async fn an_erased_lead_is_told_of_no_more() {
    let server = Running::start(&OPEN).await;
    let receiver =
        Receiver::start(|_| Reply { status: 500, text: "ada@acme.example".to_owned(), ..Reply::default() })
            .await;
    let id = register(&server, &receiver.url, SECRET).await;
    let lead = qualify(&server, "ada@acme.example").await;
    delivery_in(&server, &id, "waiting").await;
    let path = format!("{}/api/v1/leads/{lead}", server.base);
    assert_eq!(server.client.delete(path).bearer_auth(KEY).send().await.unwrap().status().as_u16(), 204);
    let before = receiver.taken().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.taken().len(), before);
    // Nor is what the receiver said of it kept.
    let list = get(&server, &format!("/api/webhooks/{id}/deliveries")).await;
    assert_eq!(list["deliveries"], json!([]));
}

#[tokio::test]
async fn what_waits_is_sent_after_a_restart() {
    let server = Running::start(&once("2s,2s,2s,2s")).await;
    let receiver =
        Receiver::start(|number| Reply { status: if number < 2 { 500 } else { 200 }, ..Reply::default() })
            .await;
    let id = register(&server, &receiver.url, SECRET).await;
    qualify(&server, "ada@acme.example").await;
    delivery_in(&server, &id, "waiting").await;
    let folder = server.stop().await;
    assert_eq!(receiver.taken().len(), 1);
    let server = Running::start_in(folder, &once("2s,2s,2s,2s")).await;
    let taken = receiver.wait_for(2).await;
    assert_eq!(taken[0].body, taken[1].body);
    assert_eq!(taken[0].header("webhook-id"), taken[1].header("webhook-id"));
    let delivery = delivery_in(&server, &id, "delivered").await;
    assert_eq!(delivery["attempts"], 2);
}
