//! Replies of WhatsApp through a Graph API on loopback.

#![cfg(feature = "whatsapp")]

use leadscore_connect::meta::{GraphClient, GraphFailure, ReplyError, TextError};
use leadscore_connect::whatsapp::{Sender, Template, TemplateError, User};
use serde_json::json;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn sender(server: &MockServer) -> Sender {
    let graph = GraphClient::new(&server.uri(), "v26.0", "EAAGtoken".into()).unwrap();
    Sender::new(graph, "106540352242922").unwrap()
}

fn person() -> User {
    let mut user = User::default();
    (user.wa_id, user.user_id) = (Some("16505551234".to_owned()), Some("US.1".to_owned()));
    user
}

async fn reply(server: &MockServer, user: &User, text: &str) -> Result<String, ReplyError> {
    let now = jiff::Timestamp::now();
    sender(server).reply(user, text, Some("wamid.A"), now, now).await.map(|sent| sent.id)
}

#[tokio::test]
async fn a_reply_is_what_the_platform_documents() {
    let server = MockServer::start().await;
    let answer = json!({"messaging_product": "whatsapp", "contacts": [{"input": "16505551234", "wa_id": "16505551234"}], "messages": [{"id": "wamid.R", "message_status": "accepted"}]});
    let expected = |key: &str, recipient: &str| {
        json!({"messaging_product": "whatsapp", "recipient_type": "individual", key: recipient, "type": "text",
        "text": {"body": "Hello ✓", "preview_url": false}, "context": {"message_id": "wamid.A"}})
    };
    for (key, recipient) in [("to", "16505551234"), ("recipient", "US.9")] {
        Mock::given(method("POST"))
            .and(path("/v26.0/106540352242922/messages"))
            .and(header("authorization", "Bearer EAAGtoken"))
            .and(body_json(expected(key, recipient)))
            .respond_with(ResponseTemplate::new(200).set_body_json(&answer))
            .expect(1)
            .mount(&server)
            .await;
    }
    assert_eq!(reply(&server, &person(), "Hello ✓").await.unwrap(), "wamid.R");
    let mut hidden = person();
    (hidden.wa_id, hidden.user_id) = (None, Some("US.9".to_owned()));
    assert_eq!(reply(&server, &hidden, "Hello ✓").await.unwrap(), "wamid.R");
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A", "typing_indicator": {"type": "text"}});
    Mock::given(body_json(&read))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"success": true})))
        .expect(1)
        .mount(&server)
        .await;
    sender(&server).mark_read("wamid.A", true).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let server = MockServer::start().await;
    let error = reply(&server, &person(), &"ä".repeat(4_097)).await.unwrap_err();
    assert!(
        matches!(error, ReplyError::Text(TextError::TooLong { limit: 4_096, actual: 4_097, .. })),
        "{error}"
    );
    assert!(matches!(reply(&server, &person(), " ").await, Err(ReplyError::Text(TextError::Empty { .. }))));
    let mut nobody = person();
    (nobody.wa_id, nobody.user_id) = (Some("0".to_owned()), None);
    assert_eq!(reply(&server, &nobody, "hi").await, Err(ReplyError::NoRecipient));
    let now = jiff::Timestamp::now();
    let yesterday = now - jiff::SignedDuration::from_hours(24);
    let late = sender(&server).reply(&person(), "hi", None, yesterday, now).await.unwrap_err();
    assert_eq!(late, ReplyError::WindowClosed { last_inbound: yesterday });
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn errors_have_a_meaning_and_no_token() {
    for (status, answer, failure, temporary, uncertain) in [
        (
            401,
            r#"{"error":{"message":"Error validating access token EAAGtoken","type":"OAuthException","code":190,"error_subcode":463}}"#,
            GraphFailure::Token,
            false,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"(#131047) Re-engagement message","code":131047,"error_data":{"details":"EAAGtoken"}}}"#,
            GraphFailure::WindowClosed,
            false,
            false,
        ),
        (
            429,
            r#"{"error":{"message":"(#130429) Rate limit hit","code":130429}}"#,
            GraphFailure::RateLimited,
            true,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"(#131056) pair","code":131056}}"#,
            GraphFailure::RecipientRateLimited,
            true,
            false,
        ),
        (500, r#"{"error":{"message":"m","code":131000}}"#, GraphFailure::Unavailable, true, false),
        (502, "<html>EAAGtoken</html>", GraphFailure::Unavailable, true, true),
        (200, "{}", GraphFailure::BadResponse, false, true),
        (200, "EAAGtoken", GraphFailure::BadResponse, false, true),
        (200, r#"{"error":{"message":"m","code":131026}}"#, GraphFailure::Undeliverable, false, false),
        (307, "", GraphFailure::BadResponse, false, false),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status).set_body_string(answer))
            .mount(&server)
            .await;
        let error = reply(&server, &person(), "hi").await.unwrap_err();
        assert!(!error.to_string().contains("EAAG") && !format!("{error:?}").contains("EAAG"), "{error}");
        let ReplyError::Graph(error) = error else { panic!("{error}") };
        assert_eq!(
            (error.failure, error.is_temporary(), error.may_have_been_delivered),
            (failure, temporary, uncertain),
            "{status} {answer}"
        );
    }
    let server = MockServer::start().await;
    let large = ResponseTemplate::new(200).set_body_string("x".repeat((1 << 20) + 1));
    Mock::given(method("POST")).respond_with(large).mount(&server).await;
    let error = reply(&server, &person(), "hi").await.unwrap_err();
    assert!(error.to_string().starts_with("the answer has more than 1024 KiB"), "{error}");
    // Nobody listens on the port of a server that is gone.
    let gone = sender(&server);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let graph = GraphClient::new(&format!("http://127.0.0.1:{port}"), "v26.0", "EAAGtoken".into()).unwrap();
    let now = jiff::Timestamp::now();
    let error = Sender::new(graph, "1").unwrap().reply(&person(), "hi", None, now, now).await.unwrap_err();
    assert!(
        matches!(&error, ReplyError::Graph(error) if error.failure == GraphFailure::Connection && !error.may_have_been_delivered),
        "{error:?}"
    );
    assert!(!format!("{gone:?}").contains("EAAG"));
}

#[tokio::test]
async fn a_template_needs_no_window_and_is_what_the_platform_documents() {
    let server = MockServer::start().await;
    let expected = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "16505551234", "type": "template",
        "template": {"name": "demo_reminder", "language": {"code": "en_US"}, "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "Your demo"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "Tuesday ✓"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "confirm:17"}]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "demo/17"}]}]}});
    let named = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "recipient": "US.9", "type": "template",
        "template": {"name": "hello", "language": {"code": "de"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ana"}]}]}});
    let bare = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "recipient": "US.9", "type": "template",
        "template": {"name": "hello", "language": {"code": "de"}, "components": []}});
    for body in [&expected, &named, &bare] {
        Mock::given(body_json(body))
            .and(path("/v26.0/106540352242922/messages"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"messages": [{"id": "wamid.T"}]})))
            .expect(1)
            .mount(&server)
            .await;
    }
    let mut hidden = User::default();
    hidden.user_id = Some("US.9".to_owned());
    let template = Template::new("demo_reminder", "en_US").header("Your demo").body(["Ana", "Tuesday ✓"]);
    let template = template.quick_reply(0, "confirm:17").url_ending(1, "demo/17");
    for (user, template) in [
        (&person(), template),
        (&hidden, Template::new("hello", "de").named("first_name", "Ana")),
        (&hidden, Template::new("hello", "de")),
    ] {
        assert_eq!(sender(&server).send_template(user, &template).await.unwrap().id, "wamid.T");
    }
    assert_eq!(
        sender(&server).send_template(&User::default(), &Template::new("hello", "de")).await,
        Err(ReplyError::NoRecipient)
    );
}

#[tokio::test]
async fn templates_that_the_platform_would_refuse_are_not_sent() {
    let server = MockServer::start().await;
    let new = || Template::new("hello", "en");
    let repeated = |path| ReplyError::Text(TextError::Repeated { path });
    let bad_value = |path| ReplyError::Template(TemplateError::BadValue { path });
    for (template, error) in [
        (Template::new("Hello", "en"), TemplateError::BadName.into()),
        (Template::new("", "en"), TemplateError::BadName.into()),
        (Template::new("a".repeat(513), "en"), TemplateError::BadName.into()),
        (Template::new("hello", "english"), TemplateError::BadLanguage.into()),
        (Template::new("hello", "EN"), TemplateError::BadLanguage.into()),
        (Template::new("hello", "en_us"), TemplateError::BadLanguage.into()),
        (new().body(["two\nlines"]), bad_value("template.body")),
        (new().body(["a     b"]), bad_value("template.body")),
        (new().header("a\tb"), bad_value("template.header")),
        (new().body([""]), ReplyError::Text(TextError::Empty { path: "template.body" })),
        (new().body(["a"]).named("b", "c"), TemplateError::MixedValues.into()),
        (new().named("b", "c").body(["a"]), TemplateError::MixedValues.into()),
        (new().named("1", "c"), TemplateError::BadValueName.into()),
        (new().named("a", "c").named("a", "d"), repeated("template.body")),
        (new().quick_reply(10, "x"), TemplateError::BadButton { at: 10 }.into()),
        (new().quick_reply(0, "x").url_ending(0, "y"), repeated("template.buttons")),
    ] {
        assert_eq!(sender(&server).send_template(&person(), &template).await, Err(error));
    }
    let long = new().quick_reply(0, "x".repeat(129));
    let error = sender(&server).send_template(&person(), &long).await.unwrap_err();
    assert!(matches!(error, ReplyError::Text(TextError::TooLong { limit: 128, .. })), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}
