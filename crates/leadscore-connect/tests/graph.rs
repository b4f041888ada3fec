//! What is sent to a Graph API on loopback and what its errors give away.

#![cfg(feature = "whatsapp")]

use jiff::Timestamp;
use leadscore_connect::meta::{GraphClient, GraphError, GraphFailure, ReplyError, Sent, TextError};
use leadscore_connect::whatsapp::{Button, Sender, User};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "EAAGtokenEAAGtokenEAAGtoken";

async fn server(status: u16, answer: &Value) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(answer);
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

fn sender(server: &MockServer) -> Sender {
    let graph = GraphClient::new(&server.uri(), "v26.0", TOKEN.into()).unwrap();
    Sender::new(graph, "106540352242922").unwrap()
}

fn person() -> User {
    let mut user = User::default();
    user.wa_id = Some("16505551234".to_owned());
    user
}

fn button(id: &str, title: &str) -> Button {
    Button { id: id.to_owned(), title: title.to_owned() }
}

async fn with_buttons(server: &MockServer, text: &str, buttons: &[Button]) -> Result<Sent, ReplyError> {
    let now = Timestamp::now();
    sender(server).reply_with_buttons(&person(), text, buttons, now, now).await
}

async fn refused(answer: &Value) -> GraphError {
    let server = server(400, answer).await;
    let now = Timestamp::now();
    match sender(&server).reply(&person(), "Hello", None, now, now).await {
        Err(ReplyError::Graph(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn buttons_are_sent_as_documented() {
    let server = server(200, &json!({"messages": [{"id": "wamid.R"}]})).await;
    let buttons = [button("yes-1", "Yes, please"), button("no-1", "No")];
    assert_eq!(with_buttons(&server, "Shall we call?", &buttons).await.unwrap().id, "wamid.R");
    // As pywa 4.5.0 sends the same.
    let reply = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let expected = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "16505551234",
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "Shall we call?"},
            "action": {"buttons": [reply("yes-1", "Yes, please"), reply("no-1", "No")]},
        },
    });
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].url.path(), "/v26.0/106540352242922/messages");
    assert_eq!(requests[0].body_json::<Value>().unwrap(), expected);
}

#[tokio::test]
async fn buttons_that_the_platform_does_not_take_are_not_sent() {
    let server = server(200, &json!({"messages": [{"id": "wamid.R"}]})).await;
    let (yes, no) = (button("1", "Yes"), button("2", "No"));
    let four: Vec<Button> = (1..=4).map(|at| button(&format!("{at}"), &format!("title {at}"))).collect();
    let long = "ä".repeat(1_025);
    for (text, buttons, message) in [
        ("Hello", vec![], "there are 0 buttons, and 1 to 3 are taken"),
        ("Hello", four.clone(), "there are 4 buttons, and 1 to 3 are taken"),
        (" ", vec![yes.clone()], "text is empty"),
        (long.as_str(), vec![yes.clone()], "text has 1025 characters, and at most 1024 are taken"),
        ("Hello", vec![yes.clone(), button("2", "")], "buttons.title is empty"),
        (
            "Hello",
            vec![button("1", &"x".repeat(21))],
            "buttons.title has 21 characters, and at most 20 are taken",
        ),
        (
            "Hello",
            vec![button(&"x".repeat(257), "Yes")],
            "buttons.id has 257 characters, and at most 256 are taken",
        ),
        ("Hello", vec![yes.clone(), button("1", "No")], "buttons.id is there twice"),
        ("Hello", vec![no.clone(), button("3", "No")], "buttons.title is there twice"),
    ] {
        let error = with_buttons(&server, text, &buttons).await.unwrap_err();
        assert!(matches!(error, ReplyError::Text(_)) && !error.is_temporary(), "{error:?}");
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
    let three = [button(&"ä".repeat(256), &"ä".repeat(20)), yes, no];
    with_buttons(&server, &long[2..], &three).await.unwrap();
    let wrong = TextError::WrongNumber { path: "buttons", limit: 3, actual: 4 };
    assert_eq!(with_buttons(&server, "Hello", &four).await, Err(ReplyError::Text(wrong)));
}

#[tokio::test]
async fn no_part_of_the_token_is_in_an_error() {
    // Whatever stands before it, the token must not be cut in two by the length of the message.
    for before in (0..270).step_by(30).chain(270..=305) {
        let message = format!("{}{TOKEN} has expired", "x".repeat(before));
        let error = refused(&json!({"error": {"message": message, "code": 190, "fbtrace_id": TOKEN}})).await;
        assert_eq!((error.failure, error.trace.as_deref()), (GraphFailure::Token, Some("[token]")));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("EAAG") && error.message.chars().count() <= 301, "{before}: {shown}");
    }
}

#[tokio::test]
async fn a_limit_by_reports_of_people_is_not_tried_again() {
    let error = refused(&json!({"error": {"message": "Spam rate limit hit", "code": 131_048}})).await;
    assert_eq!((error.failure, error.is_temporary()), (GraphFailure::SpamLimited, false));
    assert!(refused(&json!({"error": {"message": "Rate limit hit", "code": 130_429}})).await.is_temporary());
}
