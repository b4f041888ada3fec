//! pywa, a client of others for WhatsApp, checks our signatures, reads the same deliveries and sends the same reply.

use jiff::Timestamp;
use leadscore_connect::meta::{DeliveryError, GraphClient, Webhook};
use leadscore_connect::signature::body;
use leadscore_connect::whatsapp::{
    Content, Delivery, Event, MediaKind, Message, OrderItem, Sender, SystemKind, Template, User,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::program::python;

const SECRET: &str = "an app secret with ä";
const VERIFY_TOKEN: &str = "verify me";
const NUMBER: &str = "106540352242922";
const TEXT: &str = "49 € a month ✓";

/// The documented deliveries, each with one event.
fn deliveries() -> Vec<(&'static str, Value)> {
    let context = json!({"from": "15550783881", "id": "wamid.0"});
    let media = |kind: &str, part: Value| {
        let mut own = json!({"id": "9", "mime_type": "a/b", "sha256": "x"});
        own.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        json!({"type": kind, kind: own})
    };
    let button = json!({"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}});
    let row = json!({"type": "list_reply", "list_reply": {"id": "1", "title": "Pro", "description": "d"}});
    let form = json!({"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"seats\":50}"}});
    let error = json!([{"code": 131_051, "title": "t", "message": "m", "error_data": {"details": "d"}}]);
    let card = json!({"name": {"formatted_name": "Bo Li", "first_name": "Bo"}, "phones": [{"phone": "+1 650 555 0000", "type": "WORK"}], "emails": [{"email": "bo@example.org", "type": "WORK"}]});
    let item = json!({"product_retailer_id": "sku", "quantity": 2, "item_price": 9.5, "currency": "USD"});
    let referral = json!({"source_type": "ad", "source_id": "120", "source_url": "https://fb.me/x", "headline": "CRM", "body": "b", "media_type": "image", "image_url": "https://x", "ctwa_clid": "ARA"});
    let messages = [
        ("text", json!({"type": "text", "text": {"body": "price für 50 seats? 🙂"}})),
        ("answer", json!({"type": "text", "text": {"body": "yes"}, "context": context})),
        ("forwarded", json!({"type": "text", "text": {"body": "look"}, "context": {"forwarded": true}})),
        ("referral", json!({"type": "text", "text": {"body": "hi"}, "referral": referral})),
        ("button", json!({"type": "interactive", "interactive": button, "context": context})),
        ("list", json!({"type": "interactive", "interactive": row, "context": context})),
        ("form", json!({"type": "interactive", "interactive": form, "context": context})),
        ("template button", json!({"type": "button", "button": {"payload": "p", "text": "Call me"}})),
        ("image", media("image", json!({"caption": "our office"}))),
        ("video", media("video", json!({}))),
        ("document", media("document", json!({"filename": "rfp.pdf", "caption": "our request"}))),
        ("audio", media("audio", json!({"voice": true}))),
        ("sticker", media("sticker", json!({"animated": false}))),
        ("reaction", json!({"type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": "👍"}})),
        ("reaction removed", json!({"type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": ""}})),
        (
            "location",
            json!({"type": "location", "location": {"latitude": 52.5, "longitude": 13.25, "name": "HQ", "address": "Main St"}}),
        ),
        ("contacts", json!({"type": "contacts", "contacts": [card]})),
        (
            "order",
            json!({"type": "order", "order": {"catalog_id": "1", "text": "please", "product_items": [item]}}),
        ),
        ("unsupported", json!({"type": "unsupported", "errors": error})),
        (
            "edit",
            json!({"type": "edit", "edit": {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "60 seats"}}}}),
        ),
        ("revoke", json!({"type": "revoke", "revoke": {"original_message_id": "wamid.0"}})),
        (
            "number",
            json!({"type": "system", "system": {"body": "changed", "type": "user_changed_number", "wa_id": "16505550000"}}),
        ),
        ("welcome", json!({"type": "request_welcome"})),
    ];
    let messages = messages.into_iter().map(|(name, part)| {
        let mut message =
            json!({"from": "16505551234", "id": format!("wamid.{name}"), "timestamp": "1749416383"});
        message.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        (name, json!({"messages": [message]}))
    });
    let statuses = ["sent", "delivered", "read", "failed"].into_iter().map(|status| {
        let mut own = json!({"id": "wamid.S", "status": status, "timestamp": "1749416384", "recipient_id": "16505551234"});
        if status == "failed" {
            own["errors"] = json!([{"code": 131_047, "title": "t", "message": "m", "error_data": {"details": "d"}}]);
        }
        (status, json!({"statuses": [own]}))
    });
    messages.chain(statuses).map(|(name, mut value)| (name, { value["messaging_product"] = json!("whatsapp");
        value["metadata"] = json!({"display_phone_number": "15550783881", "phone_number_id": NUMBER});
        value["contacts"] = json!([{"profile": {"name": "Ana"}, "wa_id": "16505551234", "user_id": "US.1"}]);
        json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})
    })).collect()
}

fn person(user: &User) -> Value {
    json!({"wa_id": user.wa_id, "user_id": user.user_id, "name": user.name})
}

/// What we have read, in the words of the script.
fn ours(event: &Event) -> Value {
    match event {
        Event::Message(message) => read_message(message),
        Event::Status(status) => json!({
            "kind": "status", "id": status.id, "number": status.phone_number_id, "person": person(&status.user),
            "seconds": status.at.map(Timestamp::as_second), "reply_to": null, "status": status.state.as_str(),
            "error": status.errors.first().map(|error| error.code),
        }),
        other => panic!("{other:?}"),
    }
}

fn read_message(message: &Message) -> Value {
    let person = match &message.content {
        // pywa has only the number of a person whose number has changed.
        Content::System { .. } => json!({"wa_id": message.user.wa_id, "user_id": null, "name": null}),
        _ => person(&message.user),
    };
    let mut all = json!({
        "id": message.id, "number": message.phone_number_id, "person": person,
        "seconds": message.sent_at.map(Timestamp::as_second), "reply_to": message.reply_to,
    });
    let fields = all.as_object_mut().unwrap();
    // What has another name than "message" for pywa has these fields alone.
    let own = match &message.content {
        Content::ButtonReply { id, title } => json!({"kind": "button", "data": id, "title": title}),
        Content::TemplateButton { payload, text } => {
            json!({"kind": "button", "data": payload, "title": text})
        }
        Content::ListReply { id, title, description } => {
            json!({"kind": "selection", "data": id, "title": title, "description": description})
        }
        Content::FlowReply { body, response } => {
            json!({"kind": "flow", "body": body, "response": serde_json::from_str::<Value>(response).unwrap()})
        }
        Content::Edit { message_id, content } => {
            json!({"kind": "edit", "original": message_id, "text": content.text()})
        }
        Content::Revoke { message_id } => json!({"kind": "revoke", "original": message_id}),
        Content::System { kind: SystemKind::ChangedNumber, wa_id, .. } => {
            json!({"kind": "number", "new": wa_id})
        }
        content => {
            for key in ["text", "caption", "media", "location", "reaction", "contacts", "order", "error"] {
                fields.insert(key.to_owned(), Value::Null);
            }
            let referral = message.referral.as_ref().map(|own| {
                [&own.source_type, &own.source_id, &own.source_url, &own.headline, &own.ctwa_clid]
            });
            fields.insert("kind".to_owned(), json!("message"));
            fields.insert("forwarded".to_owned(), json!(message.is_forwarded));
            fields.insert("referral".to_owned(), json!(referral));
            read_content(content)
        }
    };
    fields.extend(own.as_object().unwrap().clone());
    all
}

fn read_content(content: &Content) -> Value {
    match content {
        Content::Text { body } => json!({"type": "text", "text": body}),
        Content::Media { kind, id, mime_type, caption, filename } => {
            let kind = match kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Document => "document",
                MediaKind::Audio => "audio",
                _ => "sticker",
            };
            json!({"type": kind, "caption": caption, "media": [id, mime_type, filename]})
        }
        Content::Reaction { message_id, emoji } => {
            json!({"type": "reaction", "reaction": [message_id, emoji]})
        }
        Content::Location { latitude, longitude, name, address } => {
            json!({"type": "location", "location": [latitude, longitude, name, address]})
        }
        Content::Contacts(cards) => {
            let cards: Vec<_> =
                cards.iter().map(|card| json!([card.name, card.phones, card.emails])).collect();
            json!({"type": "contacts", "contacts": cards})
        }
        Content::Order { catalog_id, text, items } => {
            let item = |item: &OrderItem| {
                json!([item.product_retailer_id, item.quantity, item.item_price, item.currency])
            };
            let items: Vec<_> = items.iter().map(item).collect();
            json!({"type": "order", "order": [catalog_id, text, items]})
        }
        Content::Unsupported { errors, .. } => {
            json!({"type": "unsupported", "error": errors.first().map(|error| error.code)})
        }
        Content::WelcomeRequest => json!({"type": "request_welcome"}),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
#[ignore = "wants third-party programs"]
async fn signatures_deliveries_handshakes_and_replies_are_those_of_pywa() {
    let deliveries: Vec<(&str, String)> =
        deliveries().into_iter().map(|(name, value)| (name, value.to_string())).collect();
    let webhook = Webhook::new(VERIFY_TOKEN.into(), [SECRET.into()]).unwrap();
    let mut cases: Vec<Value> = deliveries
        .iter()
        .map(|(name, text)| json!({"name": name, "body": text, "header": body::sign(&SECRET.into(), text.as_bytes())}))
        .collect();
    let (first, signed) = (deliveries[0].1.clone(), body::sign(&SECRET.into(), deliveries[0].1.as_bytes()));
    // Tampered with: the body, the secret, the signature itself, and none.
    let forged = [
        (first.replace("50 seats", "51 seats"), Some(signed.clone())),
        (first.clone(), Some(body::sign(&"another".into(), first.as_bytes()))),
        (
            first.clone(),
            Some(format!("{}0", &signed[..signed.len() - 1]))
                .filter(|own| *own != signed)
                .or(Some("sha256=00".to_owned())),
        ),
        (first.clone(), Some("sha256=".to_owned())),
        (first, None),
    ];
    cases.extend(
        forged.iter().map(|(text, header)| json!({"name": "forged", "body": text, "header": header})),
    );
    let given = json!({"phone_number_id": NUMBER, "token": "EAAGtoken", "secret": SECRET, "verify_token": VERIFY_TOKEN, "text": TEXT, "cases": cases});
    let told: Value = serde_json::from_str(&python("whatsapp.py", &[&given.to_string()])).unwrap();
    for ((name, text), theirs) in deliveries.iter().zip(told["cases"].as_array().unwrap()) {
        assert_eq!(theirs["refused"], Value::Null, "{name}");
        assert_eq!(
            webhook.verify(Some(&body::sign(&SECRET.into(), text.as_bytes())), text.as_bytes()),
            Ok(())
        );
        let delivery = Delivery::read(text.as_bytes()).unwrap();
        assert!(delivery.unread.is_empty(), "{name}");
        let ours: Vec<Value> = delivery.events.iter().map(ours).collect();
        // Numbers are compared as numbers: 2 and 2.0 are the same.
        assert_eq!(as_floats(&theirs["read"]), as_floats(&json!(ours)), "{name}");
    }
    for ((text, header), theirs) in forged.iter().zip(&told["cases"].as_array().unwrap()[deliveries.len()..])
    {
        let ours = webhook.verify(header.as_deref(), text.as_bytes()).unwrap_err();
        assert_eq!(theirs["refused"], json!(if header.is_some() { 403 } else { 401 }));
        assert_eq!(ours, if header.is_some() { DeliveryError::Invalid } else { DeliveryError::Missing });
    }
    let query = |token: &str| format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
    assert_eq!(told["handshakes"][0], json!([webhook.challenge(&query("verify%20me")).unwrap(), 200]));
    assert!(told["handshakes"][1][1] == 403 && webhook.challenge(&query("another")).is_err());
    assert_eq!(documented(&told["sent"]), sent().await);
}

/// pywa writes the kinds of a template's parts in capitals and numbers as numbers, Meta's page in small letters and as texts; the
/// platform takes both.
fn documented(value: &Value) -> Value {
    let mut value = value.clone();
    for sent in value.as_array_mut().unwrap() {
        let parts = sent.pointer_mut("/body/template/components").and_then(Value::as_array_mut);
        for part in parts.into_iter().flatten() {
            for key in ["type", "sub_type"] {
                if let Some(kind) = part.get(key).and_then(Value::as_str).map(str::to_lowercase) {
                    part[key] = json!(kind);
                }
            }
            if let Some(at) = part.get("index").and_then(Value::as_u64) {
                part["index"] = json!(at.to_string());
            }
        }
    }
    value
}

/// Our reply and our templates as they arrive.
async fn sent() -> Value {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"messages": [{"id": "wamid.R"}]}));
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let graph = GraphClient::new(&server.uri(), "v26.0", "EAAGtoken".into()).unwrap();
    let mut user = User::default();
    user.wa_id = Some("16505551234".to_owned());
    let now = Timestamp::now();
    let sender = Sender::new(graph, NUMBER).unwrap();
    sender.reply(&user, TEXT, Some("wamid.A"), now, now).await.unwrap();
    let template = Template::new("demo_reminder", "en_US").header("Your demo").body(["Ana", TEXT]);
    let template = template.quick_reply(0, "confirm:17").url_ending(1, "demo/17");
    sender.send_template(&user, &template).await.unwrap();
    let named = Template::new("hello", "de").named("first_name", "Ana").named("day", "Tuesday");
    sender.send_template(&user, &named).await.unwrap();
    let arrived = |request: &wiremock::Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let authorization = request.headers["authorization"].to_str().unwrap();
        json!({"path": request.url.path(), "authorization": authorization, "body": body})
    };
    server.received_requests().await.unwrap().iter().map(arrived).collect()
}

fn as_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(values) => values.iter().map(as_floats).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), as_floats(value))).collect(),
        other => other.clone(),
    }
}
