//! When the issuer is asked for its keys, and what it may answer.

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::super::tests::{FIRST, SECOND};
use super::*;

const NOW: i64 = 1_750_000_000;

async fn answer_with(server: &MockServer, template: ResponseTemplate) {
    server.reset().await;
    Mock::given(method("GET")).and(path("/jwks")).respond_with(template).mount(server).await;
}

async fn publish(server: &MockServer, keys: Value) {
    answer_with(server, ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))).await;
}

/// How often the issuer was asked since it last changed its answer.
async fn asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn keys_of(server: &MockServer) -> RemoteKeys {
    RemoteKeys::new(&format!("{}/jwks", server.uri())).unwrap()
}

async fn found(keys: &RemoteKeys, id: &str, now: i64) -> Result<(), KeyMissing> {
    keys.key(id, now).await.map(drop)
}

#[tokio::test]
async fn a_set_is_kept_and_asked_for_again_when_it_is_old() {
    let server = MockServer::start().await;
    publish(&server, json!([FIRST.jwk("first")])).await;
    let keys = keys_of(&server);
    assert_eq!(asked(&server).await, 0);
    for second in 0..600 {
        assert_eq!(found(&keys, "first", NOW + second).await, Ok(()));
    }
    assert_eq!(asked(&server).await, 1);
    assert_eq!(found(&keys, "first", NOW + 600).await, Ok(()));
    assert_eq!(asked(&server).await, 2);
    // A clock that was put back makes the set old too.
    assert_eq!(found(&keys, "first", NOW - 5).await, Ok(()));
    assert_eq!(asked(&server).await, 3);
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once_a_minute() {
    let server = MockServer::start().await;
    publish(&server, json!([FIRST.jwk("first")])).await;
    let keys = keys_of(&server);
    assert_eq!(found(&keys, "first", NOW).await, Ok(()));
    for second in 0..60 {
        assert_eq!(found(&keys, "second", NOW + second).await, Err(KeyMissing::Unknown));
    }
    assert_eq!(asked(&server).await, 1);
    // The issuer changes its key; the old one is known until the set is fetched anew.
    publish(&server, json!([SECOND.jwk("second")])).await;
    assert_eq!(found(&keys, "first", NOW + 60).await, Ok(()));
    assert_eq!(asked(&server).await, 0);
    assert_eq!(found(&keys, "second", NOW + 60).await, Ok(()));
    assert_eq!(found(&keys, "first", NOW + 61).await, Err(KeyMissing::Unknown));
    assert_eq!(asked(&server).await, 1);
}

#[tokio::test]
async fn callers_at_one_time_share_a_fetch() {
    let server = MockServer::start().await;
    publish(&server, json!([FIRST.jwk("first")])).await;
    let keys = Arc::new(keys_of(&server));
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { found(&keys, "first", NOW).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Ok(()));
    }
    assert_eq!(asked(&server).await, 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_stop_the_fetch() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200)
        .set_body_json(json!({"keys": [FIRST.jwk("first")]}))
        .set_delay(Duration::from_millis(300));
    answer_with(&server, late).await;
    let keys = keys_of(&server);
    let given_up = tokio::time::timeout(Duration::from_millis(50), keys.key("first", NOW)).await;
    assert!(given_up.is_err());
    assert_eq!(found(&keys, "first", NOW).await, Ok(()));
    assert_eq!(asked(&server).await, 1);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_not_asked_each_time_and_its_keys_end_after_an_hour() {
    let server = MockServer::start().await;
    answer_with(&server, ResponseTemplate::new(503)).await;
    let keys = keys_of(&server);
    for second in 0..60 {
        assert_eq!(found(&keys, "first", NOW + second).await, Err(KeyMissing::Unavailable));
    }
    assert_eq!(asked(&server).await, 1);
    publish(&server, json!([FIRST.jwk("first")])).await;
    assert_eq!(found(&keys, "first", NOW + 60).await, Ok(()));
    answer_with(&server, ResponseTemplate::new(503)).await;
    assert_eq!(found(&keys, "first", NOW + 60 + 3599).await, Ok(()));
    assert_eq!(found(&keys, "first", NOW + 60 + 3600).await, Err(KeyMissing::Unavailable));
    assert_eq!(asked(&server).await, 1);
}

#[tokio::test]
async fn other_answers_are_no_key_set() {
    let server = MockServer::start().await;
    let set = json!({"keys": [FIRST.jwk("first")]}).to_string();
    let padded = |length: usize| format!("{set}{}", " ".repeat(length - set.len()));
    let elsewhere = format!("{}/elsewhere", server.uri());
    let table = [
        (ResponseTemplate::new(200).set_body_string(padded(MAX_SET_BYTES)), Ok(())),
        (ResponseTemplate::new(200).set_body_string(padded(MAX_SET_BYTES + 1)), Err(KeyMissing::Unavailable)),
        (ResponseTemplate::new(200).set_body_string("<html>"), Err(KeyMissing::Unavailable)),
        (ResponseTemplate::new(200), Err(KeyMissing::Unavailable)),
        (ResponseTemplate::new(203).set_body_string(set.clone()), Err(KeyMissing::Unavailable)),
        (ResponseTemplate::new(404).set_body_string(set.clone()), Err(KeyMissing::Unavailable)),
        (ResponseTemplate::new(302).insert_header("location", elsewhere), Err(KeyMissing::Unavailable)),
    ];
    for (template, expected) in table {
        answer_with(&server, template).await;
        let there = ResponseTemplate::new(200).set_body_string(set.clone());
        Mock::given(path("/elsewhere")).respond_with(there).mount(&server).await;
        let found = found(&keys_of(&server), "first", NOW).await;
        assert_eq!(found, expected);
        assert_eq!(asked(&server).await, 1);
    }
}

#[test]
fn the_address_is_https_or_loopback() {
    let https = "must begin with https (http is for loopback alone)";
    let table = [
        ("https://issuer.example/jwks", None),
        ("https://issuer.example:8443/jwks?v=1", None),
        ("http://localhost:8088/jwks", None),
        ("http://127.0.0.1/jwks", None),
        ("http://127.1.2.3/jwks", None),
        ("http://[::1]:8088/jwks", None),
        ("http://issuer.example/jwks", Some(https)),
        ("http://localhost.issuer.example/jwks", Some(https)),
        ("http://127.0.0.1.issuer.example/jwks", Some(https)),
        ("http://10.0.0.1/jwks", Some(https)),
        ("http://[::ffff:10.0.0.1]/jwks", Some(https)),
        ("file:///etc/jwks", Some(https)),
        ("ftp://localhost/jwks", Some(https)),
        ("data:application/json,{}", Some(https)),
        ("/jwks", Some("is no URL")),
        ("", Some("is no URL")),
        ("https://", Some("is no URL")),
        ("https://user:password@issuer.example/", Some("must not have a user or password")),
        ("http://localhost@issuer.example/", Some(https)),
    ];
    for (url, expected) in table {
        let error = RemoteKeys::new(url).err();
        assert_eq!(error, expected.map(|reason| ConfigError::Url { reason }), "{url}");
    }
}
