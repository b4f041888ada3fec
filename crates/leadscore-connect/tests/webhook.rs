//! Webhooks as they arrive, and the worked examples of their signatures.

#![cfg(feature = "webhook")]

mod shared;

use std::time::Duration;

use leadscore_connect::signature::{body, hubspot, standard, timestamped};
use leadscore_connect::ssrf::Guard;
use leadscore_connect::webhook::{
    Deliverer, DeliveryOutcome, Endpoint, Event, SignatureScheme, WebhookError,
};
use secrecy::SecretString;
use serde_json::Value;
use shared::shared;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const BODY: &str =
    r#"{"event":"lead.qualified","timestamp":"2025-03-15T10:30:00Z","data":{"id":"lead_8f3k2j1"}}"#;

fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| SecretString::from((*text).to_owned())).collect()
}

fn deliverer() -> Deliverer {
    let guard = Guard::new().allow_http().allow(["127.0.0.1".parse().unwrap()]);
    Deliverer::with_timeouts(guard, Duration::from_millis(200), Duration::from_millis(500)).unwrap()
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url, secrets(&["whsec_new_secret", "whsec_old_secret"])).unwrap()
}

fn event() -> Event {
    Event::new("evt_01JPCQ7Z8X3S5K9M2N4P6R8T0V", "lead.qualified", BODY).unwrap()
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn what_arrives_is_what_was_signed() {
    let server = answering(ResponseTemplate::new(204)).await;
    let delivery = deliverer().deliver(&endpoint(&server.uri()), &event(), 1_742_034_600, "d-1").await;
    assert_eq!((delivery.outcome, delivery.status), (DeliveryOutcome::Delivered, Some(204)));
    let sent = &server.received_requests().await.unwrap()[0];
    let header = |name: &str| sent.headers[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("x-qualifier-event"), header("x-qualifier-delivery")),
        ("lead.qualified".into(), "d-1".into())
    );
    assert_eq!(sent.body, BODY.as_bytes());
    // Either secret alone verifies either scheme.
    for secret in ["whsec_new_secret", "whsec_old_secret"] {
        let secrets = secrets(&[secret]);
        let signature = header("x-qualifier-signature");
        assert_eq!(timestamped::verify(&signature, &secrets, &sent.body, 1_742_034_600, 300), Ok(()));
        assert!(timestamped::verify(&signature, &secrets, b"{}", 1_742_034_600, 300).is_err());
        let (id, time, signature) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        let verify = |id: &str, body: &[u8]| {
            standard::verify(id, &time, &signature, &secrets, body, 1_742_034_600, 300)
        };
        assert_eq!(verify(&id, &sent.body), Ok(()));
        assert!(verify("evt_2", &sent.body).is_err() && verify(&id, b"{}").is_err());
    }
    assert!(!format!("{:?}", endpoint(&server.uri())).contains("whsec_"));
}

#[tokio::test]
async fn every_answer_has_its_outcome() {
    let failed =
        |seconds: Option<u64>| DeliveryOutcome::Failed { retry_after: seconds.map(Duration::from_secs) };
    for (answer, outcome) in [
        (ResponseTemplate::new(200), DeliveryOutcome::Delivered),
        (ResponseTemplate::new(410), DeliveryOutcome::Gone),
        (ResponseTemplate::new(404), failed(None)),
        (ResponseTemplate::new(500).insert_header("retry-after", "9"), failed(None)),
        (ResponseTemplate::new(503).insert_header("retry-after", "9"), failed(Some(9))),
        (
            ResponseTemplate::new(429).insert_header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
            failed(Some(0)),
        ),
        (ResponseTemplate::new(429).insert_header("retry-after", "soon"), failed(None)),
        (ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1/"), failed(None)),
        (ResponseTemplate::new(200).set_delay(Duration::from_secs(5)), failed(None)),
    ] {
        let server = answering(answer).await;
        let delivery = deliverer().deliver(&endpoint(&server.uri()), &event(), 1, "d").await;
        assert_eq!(delivery.outcome, outcome, "{delivery:?}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
    let large = "x".repeat(1 << 20);
    let server = answering(ResponseTemplate::new(500).set_body_string(large)).await;
    let delivery = deliverer().deliver(&endpoint(&server.uri()), &event(), 1, "d").await;
    assert_eq!(delivery.reply.len(), 1_024);
}

#[tokio::test]
async fn what_may_not_be_reached_is_not() {
    let server = answering(ResponseTemplate::new(200)).await;
    let strict = Deliverer::new(Guard::new().allow_http()).unwrap();
    let port = server.address().port();
    for url in
        [server.uri(), format!("http://localhost:{port}/"), format!("http://[::ffff:127.0.0.1]:{port}/")]
    {
        let delivery = strict.deliver(&endpoint(&url), &event(), 1, "d").await;
        assert_eq!((delivery.outcome, delivery.status), (DeliveryOutcome::NotAllowed, None), "{url}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    // A port that was just given back has nobody behind it.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let delivery = deliverer().deliver(&endpoint(&format!("http://{closed}/")), &event(), 1, "d").await;
    assert_eq!(delivery.outcome, DeliveryOutcome::Failed { retry_after: None });
    assert!(delivery.error.unwrap().contains("refused"));
}

#[test]
fn what_could_not_be_signed_is_refused() {
    for id in ["", "evt.1", "evt 1", "evt\n1", &"x".repeat(129)] {
        assert_eq!(Event::new(id, "lead.scored", "").unwrap_err(), WebhookError::EventId, "{id}");
    }
    for name in ["", "Lead", "lead\r\nx: y", &"x".repeat(65)] {
        assert_eq!(Event::new("e", name, "").unwrap_err(), WebhookError::EventName, "{name}");
    }
    for secret in ["short", "with space in it", "with\nbreak", &"x".repeat(257), "schlüssel1"] {
        assert_eq!(
            Endpoint::new("https://x/", secrets(&[secret])).unwrap_err(),
            WebhookError::Secret,
            "{secret}"
        );
    }
    for count in [0, 5] {
        let many = secrets(&vec!["whsec_secret"; count]);
        assert_eq!(Endpoint::new("https://x/", many).unwrap_err(), WebhookError::SecretCount);
    }
}

/// The worked examples, or nothing where they are absent.
fn vectors() -> Option<Value> {
    let path = shared("protocols/vectors.json")?;
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

#[test]
fn the_worked_examples_hold() {
    let Some(vectors) = vectors() else { return };
    let text =
        |name: &str, field: &str| vectors[name][field].as_str().unwrap_or_else(|| panic!("{name}.{field}"));
    for name in ["qualifier_v1", "qualifier_rotation", "qualifier_utf8"] {
        let own = &vectors[name];
        let listed =
            own["secrets"].as_array().map(|list| list.iter().map(|own| own.as_str().unwrap()).collect());
        let secrets = secrets(&listed.unwrap_or_else(|| vec![text(name, "secret")]));
        let (time, body) = (own["timestamp"].as_i64().unwrap(), text(name, "body").as_bytes());
        assert_eq!(timestamped::sign(&secrets, time, body), text(name, "header"), "{name}");
        assert_eq!(timestamped::verify(text(name, "header"), &secrets, body, time, 300), Ok(()));
    }
    for name in [
        "qualifier_body_only_compat",
        "github_published",
        "meta_basic",
        "meta_escaped_unicode",
        "meta_instagram",
    ] {
        let secret = SecretString::from(text(name, "secret").to_owned());
        let content = text(name, "body").as_bytes();
        assert_eq!(body::sign(&secret, content), text(name, "header"), "{name}");
        assert_eq!(body::verify(text(name, "header"), &secret, content), Ok(()));
        assert!(body::verify(text(name, "header"), &secret, &content[1..]).is_err());
    }
    for name in ["standard_webhooks", "standard_webhooks_raw_secret", "svix_published"] {
        let secrets = secrets(&[text(name, "secret")]);
        let (id, time, content) =
            (text(name, "webhook_id"), text(name, "webhook_timestamp"), text(name, "body").as_bytes());
        let at: i64 = time.parse().unwrap();
        assert_eq!(standard::sign(&secrets, id, at, content), text(name, "webhook_signature"), "{name}");
        let header = format!("v1a,x {}", text(name, "webhook_signature"));
        assert_eq!(standard::verify(id, time, &header, &secrets, content, at, 300), Ok(()));
    }
    let name = "hubspot_v3";
    let secret = SecretString::from(text(name, "client_secret").to_owned());
    let verify = |method: &str, now: i64| {
        let request = (method, text(name, "uri"), text(name, "body").as_bytes());
        hubspot::verify(text(name, "header"), text(name, "timestamp_ms"), &secret, request, now, 300)
    };
    assert_eq!(verify("POST", 1_742_034_600), Ok(()));
    assert!(verify("GET", 1_742_034_600).is_err() && verify("POST", 1_742_035_000).is_err());
}

#[test]
fn the_body_scheme_stands_beside_the_others() {
    let endpoint = endpoint("https://x/").scheme(SignatureScheme::Body);
    let headers = endpoint.headers(&event(), 1, "d");
    let (_, signature) = headers.iter().find(|(name, _)| *name == "x-qualifier-signature").unwrap();
    assert_eq!(body::verify(signature, &secrets(&["whsec_new_secret"])[0], BODY.as_bytes()), Ok(()));
}
