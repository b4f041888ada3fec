//! Deliveries of Instagram as Meta documents them, replies through a Graph API on loopback, and the worked examples of both
//! platforms' signatures.

#![cfg(all(feature = "instagram", feature = "whatsapp"))]

mod shared;

use leadscore_connect::instagram::{Delivery, Event, EventKind, ReplyTo, Sender};
use leadscore_connect::meta::{
    DeliveryError, GraphClient, GraphFailure, ReplyError, TextError, Webhook, split_text,
};
use leadscore_connect::whatsapp;
use proptest::prelude::*;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ACCOUNT: &str = "17841400000000001";
const PERSON: &str = "1254459154682919";

fn read(value: &Value) -> Delivery {
    Delivery::read(&serde_json::to_vec(value).unwrap()).unwrap()
}

fn envelope(entry: &Value) -> Value {
    let mut whole = json!({"id": ACCOUNT, "time": 1_749_416_383_000_i64});
    for (key, part) in entry.as_object().unwrap() {
        whole[key] = part.clone();
    }
    json!({"object": "instagram", "entry": [whole]})
}

fn event(part: &Value) -> Event {
    let mut event =
        json!({"sender": {"id": PERSON}, "recipient": {"id": ACCOUNT}, "timestamp": 1_749_416_382_345_i64});
    for (key, part) in part.as_object().unwrap() {
        event[key] = part.clone();
    }
    let mut delivery = read(&envelope(&json!({"messaging": [event]})));
    assert_eq!((delivery.events.len(), delivery.unread.len()), (1, 0), "{part}");
    delivery.events.remove(0)
}

#[test]
fn a_message_has_everything_that_came_with_it() {
    let got = event(
        &json!({"message": {"mid": "m1", "text": "How much is it?", "quick_reply": {"payload": "PRICE"},
        "reply_to": {"story": {"id": "s1", "url": "https://x"}}, "referral": {"product": {"id": "p1"}},
        "attachments": [{"type": "image", "payload": {"url": "https://x/1"}}, {"type": "ephemeral"}, {"type": "hologram", "payload": {"url": 7}},
            {"type": "ig_reel", "payload": {"url": "https://x/2", "title": "t", "reel_video_id": 12}}]}}),
    );
    assert_eq!((got.account.as_deref(), got.person.as_deref()), (Some(ACCOUNT), Some(PERSON)));
    assert_eq!(
        (got.at.unwrap().to_string().as_str(), got.text()),
        ("2025-06-08T20:59:42.345Z", Some("How much is it?"))
    );
    assert!(got.wants_answer() && !got.is_standby);
    let EventKind::Message { attachments, quick_reply, reply_to, referral, .. } = got.kind else { panic!() };
    let kinds: Vec<_> = attachments.iter().map(|own| (own.kind.as_str(), own.url.as_deref())).collect();
    assert_eq!(
        kinds,
        [
            ("image", Some("https://x/1")),
            ("ephemeral", None),
            ("hologram", None),
            ("ig_reel", Some("https://x/2"))
        ]
    );
    assert_eq!((quick_reply.as_deref(), reply_to), (Some("PRICE"), Some(ReplyTo::Story { id: "s1".into() })));
    assert_eq!(referral.unwrap()["product"]["id"], "p1");
}

#[test]
fn every_event_has_its_kind() {
    let mid = || "m1".to_owned();
    for (part, kind, wants_answer) in [
        (json!({"message": {"mid": "m1", "is_deleted": true}}), EventKind::Deleted { mid: mid() }, false),
        (
            json!({"message": {"mid": "m1", "is_unsupported": true}}),
            EventKind::Unsupported { mid: mid() },
            false,
        ),
        (
            json!({"message": {"mid": "m1", "is_self": true, "text": "note"}}),
            EventKind::Echo { mid: mid(), text: Some("note".into()), attachments: vec![] },
            false,
        ),
        (
            json!({"message_edit": {"mid": "m1", "text": "new", "num_edit": 2}}),
            EventKind::Edit { mid: mid(), text: Some("new".into()), num_edit: Some(2) },
            false,
        ),
        (
            json!({"reaction": {"mid": "m1", "action": "react", "reaction": "love", "emoji": "❤"}}),
            EventKind::Reaction { mid: mid(), reaction: Some("❤".into()) },
            false,
        ),
        (
            json!({"reaction": {"mid": "m1", "action": "unreact", "reaction": "love"}}),
            EventKind::Reaction { mid: mid(), reaction: None },
            false,
        ),
        (
            json!({"postback": {"mid": "m1", "title": "Prices", "payload": "P"}}),
            EventKind::Postback { mid: Some(mid()), title: "Prices".into(), payload: Some("P".into()) },
            true,
        ),
        (
            json!({"referral": {"ref": "ad1", "source": "SHORTLINK", "type": "OPEN_THREAD"}}),
            EventKind::Referral { reference: Some("ad1".into()), source: Some("SHORTLINK".into()) },
            false,
        ),
        (json!({"read": {"mid": "m1"}}), EventKind::Read { mid: Some(mid()) }, false),
        (json!({"read": {"watermark": 1, "seq": 2}}), EventKind::Read { mid: None }, false),
    ] {
        let event = event(&part);
        assert_eq!((&event.kind, event.wants_answer()), (&kind, wants_answer), "{part}");
        assert!(event.key().is_some(), "{part}");
    }
    for word in
        ["delivery", "optin", "policy_enforcement", "response_feedback", "pass_thread_control", "app_roles"]
    {
        let event = event(&json!({word: {"x": 1}}));
        assert!(
            matches!(&event.kind, EventKind::Other { kind, raw } if kind == word && raw[word]["x"] == 1),
            "{word}"
        );
    }
}

#[test]
fn what_our_account_wrote_is_never_answered() {
    for message in [json!({"mid": "m1", "text": "hi", "is_echo": true}), json!({"mid": "m1", "text": "hi"})] {
        let own = json!({"sender": {"id": ACCOUNT}, "recipient": {"id": PERSON}, "timestamp": 1, "message": message});
        let delivery = read(&envelope(&json!({"messaging": [own]})));
        let event = &delivery.events[0];
        assert!(
            matches!(event.kind, EventKind::Echo { .. }) && !event.wants_answer() && event.text().is_none()
        );
        assert_eq!((event.account.as_deref(), event.person.as_deref()), (Some(ACCOUNT), Some(PERSON)));
    }
    let event = json!({"sender": {"id": PERSON}, "recipient": {"id": ACCOUNT}, "message": {"mid": "m1", "text": "hi"}});
    let standby = read(&envelope(&json!({"standby": [event]})));
    assert!(standby.events[0].is_standby && !standby.events[0].wants_answer());
}

#[test]
fn other_forms_of_the_same_are_read_too() {
    let test_button = envelope(
        &json!({"id": "0", "changes": [{"field": "messages", "value": {"sender": {"id": 12_334}, "recipient": {"id": "23245"},
        "timestamp": "1527459824", "message": {"mid": "random_mid", "text": "random_text"}}}]}),
    );
    let wrapped = Value::from(vec![test_button.clone(), test_button.clone()]);
    for (body, count) in [(test_button, 1), (wrapped, 2)] {
        let delivery = read(&body);
        assert_eq!((delivery.events.len(), delivery.unread.len()), (count, 0));
        let event = &delivery.events[0];
        assert_eq!((event.person.as_deref(), event.text()), (Some("12334"), Some("random_text")));
        assert_eq!(event.at.unwrap().to_string(), "2018-05-27T22:23:44Z");
    }
    let comment = read(&envelope(
        &json!({"changes": [{"field": "comments", "value": {"id": "c1", "from": {"id": "77", "username": "u"}, "text": "price?"}}, {"value": 1}]}),
    ));
    assert!(
        matches!(&comment.events[0].kind, EventKind::Other { kind, raw } if kind == "comments" && raw["text"] == "price?")
    );
    assert_eq!(
        (comment.events[0].person.as_deref(), comment.unread[0].path.as_str()),
        (Some("77"), "entry[0].changes[1]")
    );
    let unknown = read(&envelope(
        &json!({"messaging": [{"sender": {"id": PERSON}, "hologram": {}}, {"message": {"text": "no mid"}}]}),
    ));
    let paths: Vec<_> = unknown.unread.iter().map(|own| own.path.as_str()).collect();
    assert_eq!((unknown.events.len(), paths), (0, vec!["entry[0].messaging[0]", "entry[0].messaging[1]"]));
    assert_eq!(read(&json!({"object": "page", "entry": []})).unread.len(), 1);
    assert_eq!(Delivery::read(b"{"), Err(DeliveryError::NotJson));
}

#[test]
fn keys_tell_what_happened_to_the_same_message() {
    let parts = [
        json!({"message": {"mid": "m1", "text": "a"}}),
        json!({"message": {"mid": "m1", "is_deleted": true}}),
        json!({"message_edit": {"mid": "m1", "text": "b", "num_edit": 1}}),
        json!({"message_edit": {"mid": "m1", "text": "c", "num_edit": 2}}),
        json!({"reaction": {"mid": "m1", "action": "react", "reaction": "love"}}),
        json!({"reaction": {"mid": "m1", "action": "unreact"}}),
        json!({"read": {"mid": "m1"}}),
        json!({"referral": {"ref": "x"}}),
    ];
    let keys: std::collections::HashSet<_> = parts.iter().map(|part| event(part).key().unwrap()).collect();
    assert_eq!(keys.len(), parts.len());
    assert_eq!(event(&parts[0]).key(), event(&parts[0]).key());
}

fn sender(server: &MockServer) -> Sender {
    Sender::new(GraphClient::new(&server.uri(), "v26.0", "IGAAtoken".into()).unwrap(), "me").unwrap()
}

#[tokio::test]
async fn a_reply_is_what_the_platform_documents() {
    let (server, now) = (MockServer::start().await, jiff::Timestamp::now());
    Mock::given(method("POST"))
        .and(path("/v26.0/me/messages"))
        .and(header("authorization", "Bearer IGAAtoken"))
        .and(body_json(json!({"recipient": {"id": PERSON}, "message": {"text": "49 €"}})))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"recipient_id": PERSON, "message_id": "m9"})),
        )
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(sender(&server).reply(PERSON, "49 €", now, now).await.unwrap().id, "m9");
    Mock::given(body_json(json!({"recipient": {"id": PERSON}, "sender_action": "typing_on"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"recipient_id": PERSON})))
        .expect(1)
        .mount(&server)
        .await;
    sender(&server).show_typing(PERSON).await.unwrap();
    // 1000 bytes and no more, whatever the letters.
    for (text, fits) in [
        ("a".repeat(1_000), true),
        ("a".repeat(1_001), false),
        ("ä".repeat(500), true),
        ("ä".repeat(501), false),
    ] {
        let error = sender(&server).reply(PERSON, &text, now, now).await.unwrap_err();
        assert_eq!(matches!(error, ReplyError::Graph(_)), fits, "{error}");
        assert_eq!(
            matches!(error, ReplyError::Text(TextError::TooLong { limit: 1_000, .. })),
            !fits,
            "{error}"
        );
    }
    let long = "Our price is 49 € a month. ".repeat(90);
    let parts = split_text(&long, 1_000);
    assert!(
        parts.len() == 3 && parts.iter().all(|part| part.len() <= 1_000) && parts.join(" ") == long.trim()
    );
    let late = sender(&server)
        .reply(PERSON, "hi", now - jiff::SignedDuration::from_hours(25), now)
        .await
        .unwrap_err();
    assert!(matches!(late, ReplyError::WindowClosed { .. }), "{late}");
    assert_eq!(sender(&server).reply("", "hi", now, now).await, Err(ReplyError::NoRecipient));
}

#[tokio::test]
async fn a_closed_window_and_a_missing_person_are_told_by_their_subcodes() {
    for (answer, failure) in [
        (
            json!({"error": {"message": "outside of allowed window", "code": 10, "error_subcode": 2_534_022}}),
            GraphFailure::WindowClosed,
        ),
        (
            json!({"error": {"message": "no user", "code": 100, "error_subcode": 2_534_014}}),
            GraphFailure::Undeliverable,
        ),
        (json!({"error": {"message": "IGAAtoken expired", "code": 190}}), GraphFailure::Token),
        (json!({"error": {"message": "too many", "code": 613}}), GraphFailure::RateLimited),
    ] {
        let (server, now) = (MockServer::start().await, jiff::Timestamp::now());
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(400).set_body_json(&answer))
            .mount(&server)
            .await;
        let error = sender(&server).reply(PERSON, "hi", now, now).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("IGAA"), "{error}");
        assert!(matches!(&error, ReplyError::Graph(error) if error.failure == failure), "{error:?}");
    }
}

#[test]
fn the_worked_examples_hold() {
    let Some(path) = shared::shared("protocols/vectors.json") else { return };
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = |name: &str, field: &str| {
        vectors[name][field].as_str().unwrap_or_else(|| panic!("{name}.{field}")).to_owned()
    };
    for name in ["meta_basic", "meta_escaped_unicode", "meta_instagram", "github_published"] {
        let webhook = Webhook::new("token".into(), [text(name, "secret").into()]).unwrap();
        let (body, header) = (text(name, "body"), text(name, "header"));
        assert_eq!(webhook.verify(Some(&header), body.as_bytes()), Ok(()), "{name}");
        assert_eq!(
            webhook.verify(Some(&header), format!("{body} ").as_bytes()),
            Err(DeliveryError::Invalid),
            "{name}"
        );
    }
    let webhook = Webhook::new("token".into(), [text("meta_escaped_unicode", "secret").into()]).unwrap();
    let body = text("meta_escaped_unicode", "body");
    let other = text("meta_escaped_unicode", "reserialised_utf8_header");
    assert_eq!(webhook.verify(Some(&other), body.as_bytes()), Err(DeliveryError::Invalid));
    let delivery = whatsapp::Delivery::read(body.as_bytes()).unwrap();
    let whatsapp::Event::Message(message) = &delivery.events[0] else { panic!() };
    assert_eq!(message.content.text().as_deref(), Some("I want to buy äöå today"));
    let delivery = Delivery::read(text("meta_instagram", "body").as_bytes()).unwrap();
    assert_eq!(
        (delivery.events[0].text(), delivery.events[0].person.as_deref()),
        (Some("How much is it?"), Some(PERSON))
    );
}

/// JSON with the keys and words of the platform, and of any form.
fn odd_json() -> impl Strategy<Value = Value> {
    let keys = [
        "sender",
        "recipient",
        "id",
        "message",
        "mid",
        "text",
        "attachments",
        "payload",
        "type",
        "reaction",
        "postback",
        "referral",
        "read",
        "message_edit",
        "is_echo",
        "timestamp",
        "changes",
        "field",
        "value",
        "messaging",
        "entry",
        "object",
        "delivery",
        "title",
    ];
    let words = prop::sample::select(vec![
        "",
        "instagram",
        "messages",
        "comments",
        "1749416383",
        "2025-06-08T20:59:43+0000",
        ACCOUNT,
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let key = prop::sample::select(keys.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_is_refused_and_none_breaks_the_reader(odd in odd_json(), event in odd_json()) {
        for body in [odd.clone(), envelope(&json!({"messaging": [event, odd.clone()], "changes": [odd.clone(), {"field": "messages", "value": event}], "id": odd}))] {
            for event in &read(&body).events {
                let _ = (event.key(), event.text(), event.wants_answer());
            }
        }
    }
}
