//! Deliveries of WhatsApp as Meta documents them.

#![cfg(feature = "whatsapp")]

use std::time::Duration;

use leadscore_connect::meta::{DeliveryError, SeenIds};
use leadscore_connect::whatsapp::{Content, Delivery, DeliveryState, Event, MediaKind, Message, SystemKind};
use proptest::prelude::*;
use serde_json::{Value, json};

fn body(value: &Value) -> Vec<u8> {
    let entry = json!({"id": "1", "changes": [{"field": "messages", "value": value}]});
    serde_json::to_vec(&json!({"object": "whatsapp_business_account", "entry": [entry]})).unwrap()
}

/// A value with one message, whose type-specific part is given.
fn value(part: &Value) -> Value {
    let mut message = json!({"from": "16505551234", "id": "wamid.A", "timestamp": "1749416383"});
    for (key, part) in part.as_object().unwrap() {
        message[key] = part.clone();
    }
    json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "16505551234", "user_id": "US.1"}],
        "messages": [message],
    })
}

fn message(part: &Value) -> Message {
    let delivery = Delivery::read(&body(&value(part))).unwrap();
    assert_eq!((delivery.events.len(), delivery.unread.len()), (1, 0), "{part}");
    let Event::Message(message) = &delivery.events[0] else { panic!("{part}") };
    message.clone()
}

fn content(part: &Value) -> Content {
    message(part).content
}

#[test]
fn a_message_has_its_person_time_and_place() {
    let got = message(
        &json!({"type": "text", "text": {"body": "price for 50 seats?"}, "context": {"id": "wamid.0", "forwarded": true},
        "referral": {"source_type": "ad", "source_id": "120", "source_url": "https://fb.me/x", "headline": "CRM", "ctwa_clid": "ARA"}}),
    );
    assert_eq!((got.id.as_str(), got.phone_number_id.as_deref()), ("wamid.A", Some("106540352242922")));
    assert_eq!(got.sent_at.unwrap().to_string(), "2025-06-08T20:59:43Z");
    assert_eq!((got.user.key(), got.user.phone().as_deref()), (Some("US.1"), Some("+16505551234")));
    assert_eq!(
        (got.user.name.as_deref(), got.reply_to.as_deref(), got.is_forwarded),
        (Some("Ana"), Some("wamid.0"), true)
    );
    let referral = got.referral.unwrap();
    assert_eq!((referral.source_type.as_deref(), referral.ctwa_clid.as_deref()), (Some("ad"), Some("ARA")));
    assert_eq!(got.content.text().as_deref(), Some("price for 50 seats?"));
}

#[test]
fn every_type_has_its_words() {
    let long = "Please \u{1F600}";
    for (part, text, wants_answer) in [
        (json!({"type": "text", "text": {"body": long}}), Some(long), true),
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}}),
            Some("Yes"),
            true,
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Pro", "description": "d"}}}),
            Some("Pro"),
            true,
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"a\":1}"}}}),
            Some("Sent"),
            true,
        ),
        (json!({"type": "button", "button": {"payload": "p", "text": "Call me"}}), Some("Call me"), true),
        (
            json!({"type": "image", "image": {"id": "9", "mime_type": "image/jpeg", "sha256": "x", "caption": "our office"}}),
            Some("our office"),
            true,
        ),
        (json!({"type": "audio", "audio": {"id": "9", "mime_type": "audio/ogg", "voice": true}}), None, true),
        (json!({"type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": "👍"}}), None, false),
        (
            json!({"type": "location", "location": {"latitude": 52.5, "longitude": 13.4, "name": "HQ", "address": "Main St"}}),
            Some("HQ, Main St"),
            true,
        ),
        (
            json!({"type": "order", "order": {"catalog_id": "1", "text": "please", "product_items": []}}),
            Some("please"),
            true,
        ),
        (
            json!({"type": "edit", "edit": {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "60 seats"}}}}),
            Some("60 seats"),
            false,
        ),
        (json!({"type": "revoke", "revoke": {"original_message_id": "wamid.0"}}), None, false),
        (json!({"type": "request_welcome"}), None, true),
        (
            json!({"type": "system", "system": {"body": "changed", "type": "user_changed_number", "wa_id": "16505550000"}}),
            None,
            false,
        ),
        (
            json!({"type": "unsupported", "errors": [{"code": 131_051, "title": "t", "error_data": {"details": "d"}}]}),
            None,
            false,
        ),
        (json!({"type": "hologram", "hologram": {"id": "1"}}), None, false),
    ] {
        let content = content(&part);
        assert_eq!((content.text().as_deref(), content.wants_answer()), (text, wants_answer), "{part}");
    }
}

#[test]
fn every_type_has_its_fields() {
    assert_eq!(
        content(
            &json!({"type": "document", "document": {"id": "9", "mime_type": "application/pdf", "filename": "rfp.pdf"}})
        ),
        Content::Media {
            kind: MediaKind::Document,
            id: Some("9".into()),
            mime_type: Some("application/pdf".into()),
            caption: None,
            filename: Some("rfp.pdf".into())
        }
    );
    for emoji in [json!({"message_id": "wamid.0"}), json!({"message_id": "wamid.0", "emoji": ""})] {
        let removed = content(&json!({"type": "reaction", "reaction": emoji}));
        assert_eq!(removed, Content::Reaction { message_id: "wamid.0".into(), emoji: None });
    }
    let Content::Contacts(cards) = content(
        &json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Bo Li"},
        "phones": [{"phone": "+1 650 555 0000", "type": "WORK"}], "emails": [{"email": "bo@example.org"}]}]}),
    ) else {
        panic!()
    };
    assert_eq!(
        (cards[0].name.as_deref(), &cards[0].phones[0], &cards[0].emails[0]),
        (Some("Bo Li"), &"+1 650 555 0000".to_owned(), &"bo@example.org".to_owned())
    );
    let Content::Order { items, .. } = content(
        &json!({"type": "order", "order": {"catalog_id": "1", "product_items": [
        {"product_retailer_id": "sku", "quantity": "2", "item_price": 9.5, "currency": "USD"}, {"quantity": 1}]}}),
    ) else {
        panic!()
    };
    assert_eq!((items.len(), items[0].quantity, items[0].item_price), (1, Some(2.0), Some(9.5)));
    let system = content(&json!({"type": "system", "system": {"type": "customer_identity_changed"}}));
    assert_eq!(system, Content::System { kind: SystemKind::ChangedIdentity, body: None, wa_id: None });
    let Content::Unsupported { errors, .. } =
        content(&json!({"type": "unsupported", "errors": [{"code": 131_051, "title": "t", "message": "m"}]}))
    else {
        panic!()
    };
    assert_eq!((errors[0].code, errors[0].details.as_deref()), (131_051, Some("m")));
    let Content::Unknown { kind, raw } = content(&json!({"type": "hologram", "hologram": {"id": "1"}}))
    else {
        panic!()
    };
    assert_eq!((kind.as_str(), &raw["hologram"]["id"]), ("hologram", &json!("1")));
    // Seen in the wild: what belongs to the type is missing.
    for kind in ["interactive", "text", "image", "location", "button", "order", "edit"] {
        assert!(matches!(content(&json!({"type": kind})), Content::Unknown { .. }), "{kind}");
    }
}

#[test]
fn people_may_hide_their_number() {
    let value = json!({
        "metadata": {"phone_number_id": "1"},
        "contacts": [{"profile": {"name": "Bo", "username": "bo_li"}, "user_id": "US.13491208655302741918"}],
        "messages": [{"from_user_id": "US.13491208655302741918", "id": "wamid.B", "timestamp": "1749416383", "type": "text", "text": {"body": "hi"}}],
    });
    let delivery = Delivery::read(&body(&value)).unwrap();
    let Event::Message(message) = &delivery.events[0] else { panic!() };
    assert_eq!((message.user.key(), message.user.phone()), (Some("US.13491208655302741918"), None));
    assert_eq!((message.user.name.as_deref(), message.user.username.as_deref()), (Some("Bo"), Some("bo_li")));
    for (wa_id, phone) in [
        ("16505551234", Some("+16505551234")),
        ("+491701234567", Some("+491701234567")),
        ("", None),
        ("0301234567", None),
        ("12ab5678", None),
        ("1234567890123456", None),
    ] {
        let value = json!({"messages": [{"from": wa_id, "id": "m", "type": "text", "text": {"body": "hi"}}]});
        let delivery = Delivery::read(&body(&value)).unwrap();
        let Event::Message(message) = &delivery.events[0] else { panic!() };
        assert_eq!(message.user.phone().as_deref(), phone, "{wa_id}");
    }
}

#[test]
fn several_events_of_several_numbers_are_all_read() {
    let change = |number: &str, ids: &[&str]| {
        let messages: Vec<_> = ids
            .iter()
            .map(|id| json!({"from": "16505551234", "id": id, "type": "text", "text": {"body": id}}))
            .collect();
        json!({"field": "messages", "value": {"metadata": {"phone_number_id": number}, "messages": messages}})
    };
    let whole = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "changes": [change("10", &["a", "b"]), change("20", &["c"])]},
        {"id": "2", "changes": [change("30", &["d"]), {"field": "account_update", "value": {}}]},
    ]});
    let delivery = Delivery::read(&serde_json::to_vec(&whole).unwrap()).unwrap();
    let keys: Vec<_> = delivery.events.iter().map(|event| event.key().unwrap()).collect();
    assert_eq!(keys, ["whatsapp/10/a", "whatsapp/10/b", "whatsapp/20/c", "whatsapp/30/d"]);
    assert_eq!(delivery.unread.len(), 1);
    assert_eq!(delivery.unread[0].path, "entry[1].changes[1]");
    assert_eq!(delivery.unread[0].reason, "the field \"account_update\" is none of messages");
}

#[test]
fn statuses_echoes_and_problems_are_no_messages() {
    let value = json!({"metadata": {"phone_number_id": "1"}, "statuses": [
        {"id": "wamid.S", "status": "sent", "timestamp": "1749416383", "recipient_id": "16505551234", "conversation": {"id": "c", "origin": {"type": "service"}}},
        {"id": "wamid.S", "status": "failed", "timestamp": "1749416384", "recipient_user_id": "US.1", "errors": [{"code": 131_047, "title": "t", "error_data": {"details": "window"}}]},
        {"id": "wamid.S", "status": "warned", "timestamp": "1749416384"},
        {"status": "sent"},
    ], "errors": [{"code": 131_000, "title": "Something went wrong"}]});
    let delivery = Delivery::read(&body(&value)).unwrap();
    let states: Vec<_> = delivery
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Status(status) => {
                Some((status.state.clone(), status.user.key().map(str::to_owned), status.errors.len()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        states,
        [
            (DeliveryState::Sent, Some("16505551234".to_owned()), 0),
            (DeliveryState::Failed, Some("US.1".to_owned()), 1),
            (DeliveryState::Other("warned".to_owned()), None, 0),
        ]
    );
    assert!(matches!(&delivery.events[3], Event::AccountProblem { problem, .. } if problem.code == 131_000));
    assert_eq!(delivery.unread[0].path, "entry[0].changes[0].value.statuses[3]");
    let keys: std::collections::HashSet<_> = delivery.events.iter().filter_map(Event::key).collect();
    assert_eq!(keys.len(), 3);
    let order = ["warned", "sent", "delivered", "read", "played", "failed"];
    let state = |word: &str| {
        let value = json!({"statuses": [{"id": "1", "status": word}]});
        let Event::Status(read) = Delivery::read(&body(&value)).unwrap().events.remove(0) else { panic!() };
        read.state
    };
    for pair in order.windows(2) {
        assert!(
            state(pair[1]).replaces(&state(pair[0])) && !state(pair[0]).replaces(&state(pair[1])),
            "{pair:?}"
        );
    }
    let echo = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "smb_message_echoes", "value": {"metadata": {"phone_number_id": "1"},
        "message_echoes": [{"from": "15550783881", "to": "16505551234", "id": "wamid.E", "timestamp": "1749416383", "type": "text", "text": {"body": "hi"}}]}}]}]});
    let delivery = Delivery::read(&serde_json::to_vec(&echo).unwrap()).unwrap();
    let Event::Echo(message) = &delivery.events[0] else { panic!() };
    assert_eq!(message.user.phone().as_deref(), Some("+16505551234"));
}

#[test]
fn what_is_nothing_of_whatsapp_is_said_and_not_refused() {
    for (body, unread) in [
        ("{}", 1),
        ("[]", 0),
        ("null", 1),
        ("7", 1),
        (r#"{"object":"page","entry":[]}"#, 1),
        (r#"{"object":"whatsapp_business_account"}"#, 1),
    ] {
        let delivery = Delivery::read(body.as_bytes()).unwrap();
        assert_eq!((delivery.events.len(), delivery.unread.len()), (0, unread), "{body}");
    }
    for body in [&b""[..], b"{", b"\xff", "[".repeat(100_000).as_bytes()] {
        assert_eq!(Delivery::read(body), Err(DeliveryError::NotJson));
    }
}

#[test]
fn a_delivery_that_comes_again_has_the_same_keys() {
    let (seen, body) = (
        SeenIds::new(10, Duration::from_secs(60)),
        body(&value(&json!({"type": "text", "text": {"body": "hi"}}))),
    );
    let firsts = || {
        Delivery::read(&body)
            .unwrap()
            .events
            .iter()
            .filter(|event| seen.is_first(&event.key().unwrap()))
            .count()
    };
    assert_eq!((firsts(), firsts()), (1, 0));
}

/// JSON with the keys and words of the platform, and of any form.
fn odd_json() -> impl Strategy<Value = Value> {
    let keys = [
        "messages",
        "statuses",
        "message_echoes",
        "errors",
        "contacts",
        "metadata",
        "type",
        "text",
        "body",
        "id",
        "from",
        "status",
        "timestamp",
        "interactive",
        "edit",
        "message",
        "profile",
        "wa_id",
        "user_id",
        "order",
        "product_items",
        "context",
        "code",
        "image",
        "location",
        "latitude",
        "value",
        "changes",
        "entry",
        "field",
    ];
    let words = prop::sample::select(vec![
        "text",
        "interactive",
        "edit",
        "messages",
        "sent",
        "contacts",
        "order",
        "",
        "1749416383",
        "99999999999999999999",
        "whatsapp_business_account",
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
    fn no_json_is_refused_and_none_breaks_the_reader(odd in odd_json(), message in odd_json()) {
        for body in [serde_json::to_vec(&odd).unwrap(), body(&odd), body(&json!({"messages": [message, odd.clone()], "contacts": odd, "statuses": [message]}))] {
            let delivery = Delivery::read(&body).unwrap();
            for event in &delivery.events {
                let _ = event.key();
                if let Event::Message(message) = event {
                    let _ = (message.content.text(), message.content.wants_answer(), message.user.phone());
                }
            }
        }
    }

    #[test]
    fn no_bytes_break_the_reader(body in any::<Vec<u8>>()) {
        let _ = Delivery::read(&body);
    }
}
