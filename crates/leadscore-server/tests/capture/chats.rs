//! Chats of a website.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{KEY, Running, json};
use crate::{lead, said, say, summary};

#[tokio::test]
async fn a_chat_remembers_and_asks_one_thing_after_the_other() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let hello = say(&server, "u1", "Hello").await;
    assert_eq!((&hello["intent"], &hello["follow_up"]), (&json!("NEUTRAL"), &json!(true)), "{hello}");
    // A lead that said nothing of it is cold, and nobody is captured yet.
    assert_eq!(summary(&server).await["leads_captured"], 0);
    let named = say(&server, "u1", "Ann Smith").await;
    assert_eq!(named["follow_up"], true);
    let wanted = say(&server, "u1", "I am looking for a desk for my office").await;
    assert_eq!(wanted["follow_up"], true);
    let all = say(&server, "u1", "Ann.Smith@Example.com, or +49 171 2345678").await;
    assert_eq!(all["follow_up"], false, "nothing is left to ask: {all}");
    let hot = say(&server, "u1", "How much does it cost?").await;
    assert_eq!(hot["intent"], "HOT");
    let thanks = say(&server, "u1", "Thank you").await;
    assert_eq!(thanks["intent"], "NEUTRAL");

    let body = json!({"email": "ann.smith@example.com", "source": "website"});
    let (_, found) = json(server.post("/api/v1/lead/", &body).header("x-api-key", KEY)).await;
    assert_eq!(
        ["name", "email", "phone", "source", "intent"].map(|name| found[name].as_str().unwrap()),
        ["Ann Smith", "ann.smith@example.com", "+491712345678", "website", "HOT"],
        "a neutral message leaves the intent: {found}"
    );
    let said = said(&found);
    assert_eq!(said.len(), 12);
    assert!(
        said.iter().enumerate().all(|(place, (role, _))| *role == ["user", "assistant"][place % 2]),
        "{said:?}"
    );
    assert_eq!(said[7].1, all["response"].as_str().unwrap());
    // The activities of the lead are those messages.
    let core = json(
        server.get(&format!("/api/v1/leads/{}", found["id"].as_str().unwrap())).header("x-api-key", KEY),
    )
    .await
    .1;
    assert!(core["attributes"]["interest"].as_str().unwrap().starts_with("a desk"), "{core}");
    assert!(core["last_activity_at"].is_string(), "{core}");
}

#[tokio::test]
async fn people_and_sources_are_conversations_of_their_own() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    for (user, source) in
        [("a", "website"), ("b", "website"), ("a", "whatsapp"), ("a", "instagram"), ("a", "website")]
    {
        let body = json!({"message": "My name is Ann", "user_id": user, "source": source});
        let (status, answer) = json(server.post("/api/v1/chat/respond", &body).bearer_auth(KEY)).await;
        assert_eq!(status, 200, "{answer}");
    }
    let summary = summary(&server).await;
    assert_eq!(
        (&summary["total_conversations"], &summary["leads_captured"]),
        (&json!(4), &json!(4)),
        "{summary}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_at_once_are_answered_one_after_the_other() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let texts: Vec<String> =
        (0..12).map(|number| format!("Question number {number} about the oak desk")).collect();
    let answers = join_all(texts.iter().map(|text| say(&server, "busy", text))).await;
    assert_eq!(answers.len(), 12);
    say(&server, "busy", "my address is busy@example.com").await;
    let body = json!({"email": "busy@example.com", "source": "website"});
    let (_, found) = json(server.post("/api/v1/lead", &body).header("x-api-key", KEY)).await;
    let said = said(&found);
    assert_eq!(said.len(), 26, "{said:?}");
    for text in &texts {
        assert_eq!(said.iter().filter(|(role, own)| *role == "user" && own == text).count(), 1, "{text}");
    }
    assert_eq!(summary(&server).await["total_conversations"], 1);
}

#[tokio::test]
async fn an_address_that_is_known_makes_the_two_leads_one() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let body = json!({"name": "Ann Smith", "email": "ann@example.com", "phone": "+491712345678", "source": "instagram"});
    let (_, known) = json(server.post("/api/v1/lead/", &body).header("x-api-key", KEY)).await;
    say(&server, "stranger", "Hi, I want to buy a desk").await;
    let answer = say(&server, "stranger", "You can call me Bob, ANN@example.com").await;
    // Whoever names an address learns nothing of whose it is.
    assert!(!answer.to_string().contains("Ann") && !answer.to_string().contains("Smith"), "{answer}");
    let now = lead(&server, known["id"].as_str().unwrap()).await;
    assert_eq!(
        ["name", "email", "phone", "source", "intent"].map(|name| now[name].as_str().unwrap()),
        ["Ann Smith", "ann@example.com", "+491712345678", "instagram", "HOT"],
        "what a chat says fills gaps alone: {now}"
    );
    assert_eq!(said(&now).len(), 4, "{now}");
    assert_eq!(summary(&server).await["leads_captured"], 1);
}

#[tokio::test]
async fn whoever_names_an_address_cannot_change_the_lead_that_has_it() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let form = async |email: &str| {
        let body = json!({"email": email, "name": "A Customer", "source": "website"});
        json(server.post("/api/v1/lead/", &body).header("x-api-key", KEY)).await.1["id"].clone()
    };
    let ann = form("ann@example.com").await;
    let bob = form("bob@example.com").await;
    for other in ["bob@example.com", "nobody@example.com"] {
        say(&server, other, "My email is ann@example.com").await;
        say(&server, other, &format!("Sorry, my email is {other}")).await;
        say(&server, other, "My name is Mallory").await;
        say(&server, other, "Sorry, my name is Trudy").await;
        for (id, email) in [(&ann, "ann@example.com"), (&bob, "bob@example.com")] {
            let own = lead(&server, id.as_str().unwrap()).await;
            assert_eq!((&own["id"], &own["email"], &own["name"]), (id, &json!(email), &json!("A Customer")));
        }
        let core = server.get(&format!("/api/v1/leads/{}", ann.as_str().unwrap())).header("x-api-key", KEY);
        let (_, core) = json(core).await;
        assert_eq!(core["attributes"]["other_email"], other, "what was said is kept: {core}");
    }
    assert_eq!(summary(&server).await["leads_captured"], 2);
}

#[tokio::test]
async fn a_chat_corrects_its_own_words_until_others_know_the_lead_by_them() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    say(&server, "u", "My email is first@example.com").await;
    say(&server, "u", "Sorry, my email is second@example.com").await;
    let body = json!({"email": "second@example.com", "source": "website"});
    let (_, own) = json(server.post("/api/v1/lead/", &body).header("x-api-key", KEY)).await;
    assert_eq!(said(&own).len(), 4, "the address is the corrected one: {own}");
    // Now somebody has registered with it.
    let other = json!({"email": "third@example.com", "source": "website"});
    json(server.post("/api/v1/lead/", &other).header("x-api-key", KEY)).await;
    for email in ["third@example.com", "fourth@example.com"] {
        say(&server, "u", &format!("Sorry, my email is {email}")).await;
        let now = lead(&server, own["id"].as_str().unwrap()).await;
        assert_eq!(now["email"], "second@example.com", "{now}");
    }
    // The lead of a chat joins the one of the address that it corrects its own to.
    say(&server, "v", "My email is fifth@example.com").await;
    say(&server, "v", "Sorry, my email is third@example.com").await;
    let (_, third) = json(server.post("/api/v1/lead/", &other).header("x-api-key", KEY)).await;
    assert_eq!(said(&third).len(), 4, "{third}");
}

#[tokio::test]
async fn keys_open_a_chat_in_either_header() {
    let server = Running::start(&[("API_KEY", "one-key-of-tests,another-key-of-tests")]).await;
    let body = json!({"message": "Hello", "user_id": "u", "source": "website"});
    let post = || server.post("/api/v1/chat/respond", &body);
    for (request, status) in [
        (post(), 401),
        (post().header("x-api-key", "wrong"), 401),
        (post().header("x-api-key", "one-key-of-tests"), 200),
        (post().bearer_auth("one-key-of-tests"), 200),
        (post().header("x-api-key", "one-key-of-tests").bearer_auth("one-key-of-tests"), 200),
        (post().header("x-api-key", "one-key-of-tests").bearer_auth("another-key-of-tests"), 401),
    ] {
        let (found, answer) = json(request).await;
        assert_eq!(found, status, "{answer}");
        assert!(status == 200 || answer["detail"].is_string(), "{answer}");
    }
    // Without keys it is open to this machine, and to no page of another origin and no proxy.
    let server = Running::start(&[]).await;
    let post = || server.post("/api/v1/chat/respond", &body);
    assert_eq!(json(post()).await.0, 200);
    assert_eq!(json(post().header("origin", "https://evil.example")).await.0, 403);
    assert_eq!(json(post().header("x-forwarded-for", "203.0.113.7")).await.0, 403);
}

#[tokio::test]
async fn a_public_chat_is_open_to_browsers_within_a_limit() {
    let settings = [
        ("API_KEY", KEY),
        ("LEADSCORE_PUBLIC_CHAT", "true"),
        ("LEADSCORE_CORS_ORIGINS", "https://shop.example"),
    ];
    let server = Running::start(&settings).await;
    let body = json!({"message": "Hello", "user_id": "browser", "source": "website"});
    let post = || server.post("/api/v1/chat/respond", &body).header("origin", "https://shop.example");
    let response = post().send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], "https://shop.example");
    let other = json!({"message": "Hello", "user_id": "whatsapp:1", "source": "whatsapp"});
    assert_eq!(json(server.post("/api/v1/chat/respond", &other)).await.0, 403);
    assert_eq!(json(post().header("x-api-key", "wrong")).await.0, 401);
    for _ in 0..28 {
        assert_eq!(json(post()).await.0, 200);
    }
    let (status, refused) = json(post()).await;
    assert_eq!(status, 429, "{refused}");
    assert!(refused["detail"].is_string());
    // A key has no such limit, and nothing else is open.
    for _ in 0..3 {
        assert_eq!(json(post().header("x-api-key", KEY)).await.0, 200);
    }
    assert_eq!(json(server.get("/api/v1/analytics/summary")).await.0, 401);
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_told() {
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let fine = json!({"message": "Hello", "user_id": "u", "source": "website"});
    let long = "x".repeat(4_001);
    for (field, value) in [
        ("message", json!("")),
        ("message", json!(" ")),
        ("message", Value::Null),
        ("message", json!(long)),
        ("user_id", json!("")),
        ("user_id", json!(7)),
        ("source", json!("fax")),
        ("source", json!("WEBSITE")),
    ] {
        let mut body = fine.clone();
        body[field] = value;
        let (status, fault) = json(server.post("/api/v1/chat/respond", &body).header("x-api-key", KEY)).await;
        assert_eq!(status, 400, "{field}: {fault}");
        assert!(fault["detail"].as_str().is_some_and(|text| text.starts_with(field)), "{field}: {fault}");
    }
    assert_eq!(summary(&server).await["total_conversations"], 0);
}

/// A model that answers what a chat asks it.
async fn model(status: u16) -> MockServer {
    let model = MockServer::start().await;
    let answer = |request: &wiremock::Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let question: String =
            body["messages"].as_array().unwrap().iter().filter_map(|own| own["content"].as_str()).collect();
        let content = if question.contains("wish to buy. HOT:") {
            json!({"intent": "HOT", "words": "Was kostet"})
        } else {
            json!({"reply": "Gern. Wie darf ich Sie nennen?"})
        };
        json!({"id": "c", "object": "chat.completion", "model": "gpt-4o-mini",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content.to_string()}}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}})
    };
    let respond = move |request: &wiremock::Request| match status {
        200 => ResponseTemplate::new(200).set_body_json(answer(request)).set_delay(Duration::from_millis(50)),
        other => ResponseTemplate::new(other)
            .set_body_json(json!({"error": {"message": "no", "type": "invalid_request_error"}})),
    };
    Mock::given(method("POST")).respond_with(respond).mount(&model).await;
    model
}

#[tokio::test]
async fn a_language_model_finds_the_intent_and_the_words() {
    let model = model(200).await;
    let base = format!("{}/v1", model.uri());
    let server =
        Running::start(&[("API_KEY", KEY), ("OPENAI_API_KEY", "sk-test"), ("OPENAI_BASE_URL", &base)]).await;
    let answer = say(&server, "u", "Was kostet der Schreibtisch?").await;
    assert_eq!(
        answer,
        json!({"response": "Gern. Wie darf ich Sie nennen?", "intent": "HOT", "follow_up": true})
    );
    assert_eq!(model.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_model_that_fails_is_an_error_only_where_that_is_wanted() {
    let model = model(400).await;
    let base = format!("{}/v1", model.uri());
    let settings = [("API_KEY", KEY), ("OPENAI_API_KEY", "sk-test"), ("OPENAI_BASE_URL", base.as_str())];
    let server = Running::start(&settings).await;
    let answer = say(&server, "u", "How much is the desk? ann@example.com").await;
    assert_eq!(answer["intent"], "HOT", "the rules answer: {answer}");
    server.stop().await;

    let strict = [&settings[..], &[("LEADSCORE_LLM_FAILURE", "error")]].concat();
    let server = Running::start(&strict).await;
    let body =
        json!({"message": "How much is the desk? ann@example.com", "user_id": "u", "source": "website"});
    let (status, fault) = json(server.post("/api/v1/chat/respond", &body).header("x-api-key", KEY)).await;
    assert_eq!((status, &fault["detail"]), (503, &json!("the language model failed")), "{fault}");
    // What was said is kept all the same, with what it tells of the lead.
    let body = json!({"email": "ann@example.com", "source": "website"});
    let (_, found) = json(server.post("/api/v1/lead", &body).header("x-api-key", KEY)).await;
    assert_eq!(said(&found), [("user", "How much is the desk? ann@example.com")]);
    assert_eq!(found["intent"], "HOT");
}
