//! A Graph API of a test's own, and what platforms deliver.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use leadscore_connect::signature::body;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{KEY, Running, json};

pub(crate) const SECRET: &str = "app secret of a test";
pub(crate) const TOKEN: &str = "verify token of a test";
pub(crate) const NUMBER: &str = "106540352242922";
pub(crate) const ACCOUNT: &str = "17841400000000001";

/// Takes replies as the platforms do, each with an id of its own.
pub(crate) struct Graph {
    pub(crate) server: MockServer,
}

impl Graph {
    pub(crate) async fn start() -> Graph {
        Graph::failing(0).await
    }

    /// One that first fails so many times, as the platform does when it has too much to do.
    pub(crate) async fn failing(times: usize) -> Graph {
        let server = MockServer::start().await;
        let count = Arc::new(AtomicUsize::new(0));
        let respond = move |request: &wiremock::Request| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            if number < times {
                let error = json!({"error": {"message": "busy", "code": 131_016, "type": "OAuthException"}});
                return ResponseTemplate::new(500).set_body_json(error);
            }
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let answer = if body["messaging_product"] == "whatsapp" {
                json!({"messaging_product": "whatsapp", "messages": [{"id": format!("wamid.reply{number}")}]})
            } else {
                json!({"recipient_id": body["recipient"]["id"], "message_id": format!("mid.reply{number}")})
            };
            ResponseTemplate::new(200).set_body_json(answer)
        };
        Mock::given(method("POST")).respond_with(respond).mount(&server).await;
        Graph { server }
    }

    /// What has a server answer through it.
    pub(crate) fn settings(&self) -> Vec<(&str, String)> {
        let base = self.server.uri();
        let mut all = unanswered();
        all.extend([
            ("WHATSAPP_ACCESS_TOKEN", "token".to_owned()),
            ("WHATSAPP_PHONE_NUMBER_ID", NUMBER.to_owned()),
            ("LEADSCORE_WHATSAPP_BASE_URL", base.clone()),
            ("INSTAGRAM_ACCESS_TOKEN", "token".to_owned()),
            ("LEADSCORE_INSTAGRAM_BASE_URL", base),
        ]);
        all
    }

    /// The replies: to whom, and what.
    pub(crate) async fn replies(&self) -> Vec<(String, String)> {
        let requests = self.server.received_requests().await.unwrap();
        let read = |request: &wiremock::Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let to = [&body["to"], &body["recipient"], &body["recipient"]["id"]];
            let to = to.into_iter().find_map(Value::as_str).unwrap().to_owned();
            let text = [&body["text"]["body"], &body["message"]["text"]].into_iter().find_map(Value::as_str);
            (to, text.unwrap().to_owned())
        };
        requests.iter().map(read).collect()
    }
}

/// What has a server take deliveries, and not answer them.
pub(crate) fn unanswered() -> Vec<(&'static str, String)> {
    vec![
        ("API_KEY", KEY.to_owned()),
        ("WHATSAPP_APP_SECRET", SECRET.to_owned()),
        ("WHATSAPP_WEBHOOK_VERIFY_TOKEN", TOKEN.to_owned()),
        ("INSTAGRAM_APP_SECRET", format!("an older secret, {SECRET}")),
        ("INSTAGRAM_WEBHOOK_VERIFY_TOKEN", TOKEN.to_owned()),
    ]
}

pub(crate) async fn start(settings: &[(&str, String)]) -> Running {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Running::start(&settings).await
}

/// Delivers a body, signed.
pub(crate) async fn deliver(server: &Running, platform: &str, body: &Value) -> (u16, Value) {
    deliver_bytes(server, platform, body.to_string().into_bytes()).await
}

pub(crate) async fn deliver_bytes(server: &Running, platform: &str, body: Vec<u8>) -> (u16, Value) {
    let signature = body::sign(&SecretString::from(SECRET), &body);
    let request = server.client.post(format!("{}/api/v1/webhook/{platform}", server.base));
    json(
        request
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature)
            .body(body),
    )
    .await
}

pub(crate) fn seconds() -> i64 {
    millis() / 1_000
}

pub(crate) fn millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A text of a person at WhatsApp.
pub(crate) fn text(from: &str, id: &str, text: &str) -> Value {
    json!({"from": from, "id": id, "timestamp": seconds().to_string(), "type": "text", "text": {"body": text}})
}

/// A change with messages of people at WhatsApp.
pub(crate) fn change(value: &Value) -> Value {
    let mut value = value.clone();
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"display_phone_number": "15550783881", "phone_number_id": NUMBER});
    json!({"field": "messages", "value": value})
}

pub(crate) fn whatsapp(changes: &[Value]) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]})
}

pub(crate) fn instagram(events: &[Value]) -> Value {
    json!({"object": "instagram", "entry": [{"id": ACCOUNT, "time": millis(), "messaging": events}]})
}

/// An event of a person at Instagram.
pub(crate) fn event(person: &str, key: &str, what: &Value) -> Value {
    let mut event = json!({"sender": {"id": person}, "recipient": {"id": ACCOUNT}, "timestamp": millis()});
    event[key] = what.clone();
    event
}
