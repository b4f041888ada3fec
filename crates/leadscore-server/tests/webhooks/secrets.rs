//! Secrets that are replaced, and what is kept of them.

use serde_json::json;

use crate::deliveries::is_signed;
use crate::receiver::Receiver;
use crate::support::{KEY, Running, json as sent};
use crate::{OPEN, delivery_in, get, post, qualify, register};

const OLD: &str = "whsec_your_signing_secret";

#[tokio::test]
async fn the_old_secret_signs_beside_the_new_one() {
    let server = Running::start(&OPEN).await;
    let receiver = Receiver::answering(200).await;
    let id = register(&server, &receiver.url, OLD).await;
    let path = format!("/api/webhooks/{id}/rotate");
    // Without a body one is made.
    let request = server.client.post(format!("{}{path}", server.base)).bearer_auth(KEY);
    let (status, rotated) = sent(request).await;
    assert_eq!(status, 200, "{rotated}");
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert!(new.starts_with("whsec_") && rotated["previous_secret_valid_until"].is_string(), "{rotated}");
    qualify(&server, "ada@acme.example").await;
    let taken = receiver.wait_for(1).await.remove(0);
    assert_eq!(taken.header("x-qualifier-signature").matches("v1=").count(), 2);
    assert_eq!(taken.header("webhook-signature").matches("v1,").count(), 2);
    assert!(is_signed(&taken, &new) && is_signed(&taken, OLD));

    // A second time the first one is over.
    let own = "whsec_a_third_one_of_mine";
    let (status, rotated) = sent(post(&server, &path, &json!({"secret": own}))).await;
    assert_eq!((status, rotated.get("secret")), (200, None), "{rotated}");
    qualify(&server, "bob@acme.example").await;
    let taken = receiver.wait_for(2).await.remove(1);
    assert!(is_signed(&taken, own) && is_signed(&taken, &new) && !is_signed(&taken, OLD));
    for secret in ["short", "with a blank in it"] {
        let (status, answer) = sent(post(&server, &path, &json!({"secret": secret}))).await;
        assert_eq!((status, &answer["error"]["details"]["field"]), (400, &json!("secret")), "{answer}");
    }
}

#[tokio::test]
async fn another_secret_key_reads_no_secret_and_sends_nothing() {
    let server = Running::start(&OPEN).await;
    let receiver = Receiver::answering(200).await;
    let id = register(&server, &receiver.url, OLD).await;
    let folder = server.stop().await;
    let other = ("SECRET_KEY", "another secret key of tests, long enough");
    let settings = [&OPEN[..], &[other]].concat();
    let server = Running::start_in(folder, &settings).await;
    qualify(&server, "ada@acme.example").await;
    let delivery = delivery_in(&server, &id, "waiting").await;
    assert!(delivery["error"].as_str().unwrap().contains("register it anew"), "{delivery}");
    assert!(receiver.taken().is_empty());
    // With the right one again what waits is sent.
    let server = Running::start_in(server.stop().await, &OPEN).await;
    assert!(is_signed(&receiver.wait_for(1).await[0], OLD));
    assert_eq!(delivery_in(&server, &id, "delivered").await["attempts"], 2);
    assert_eq!(get(&server, &format!("/api/webhooks/{id}")).await["failure_count"], 0);
}
