//! A lead leaves by the link in its e-mail: one click, no credential, and no way to learn who is a lead.

mod support;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use support::{KEY, Running, json};

const SETTINGS: [(&str, &str); 5] = [
    ("API_KEY", KEY),
    ("LEADSCORE_PUBLIC_URL", "https://leads.example.com/"),
    ("LEADSCORE_SENDER_NAME", "Mara Quill"),
    ("LEADSCORE_SENDER_COMPANY", "Oriole"),
    ("LEADSCORE_SENDER_ADDRESS", "1 Sample Street"),
];
const FORM: &str = "application/x-www-form-urlencoded";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

fn ann() -> Value {
    json!({"name": "Ann", "email": "ann@acme.example", "role": "CEO", "page_views": 30, "phone": "+49 30 1"})
}

fn keyed(request: RequestBuilder) -> RequestBuilder {
    request.header("x-api-key", KEY)
}

async fn page(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.unwrap();
    let status = response.status();
    if response.headers()["content-type"].to_str().unwrap().starts_with("text/html") {
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
            assert_eq!(response.headers()[name], value);
        }
    }
    (status, response.text().await.unwrap())
}

fn post(server: &Running, path: &str, media_type: &str, body: &str) -> RequestBuilder {
    let request = server.client.post(format!("{}{path}", server.base)).body(body.to_owned());
    if media_type.is_empty() { request } else { request.header("content-type", media_type) }
}

/// Writes an e-mail to a lead; gives the path of the link in it.
async fn link(server: &Running, lead: &Value) -> String {
    let (status, email) = json(keyed(server.post("/api/v1/get-personalized-email", lead))).await;
    assert_eq!(status, 200, "{email}");
    let url = email["unsubscribe_url"].as_str().unwrap();
    let content = email["content"].as_str().unwrap();
    assert!(content.ends_with(&format!("Unsubscribe: {url}")), "{content}");
    url.strip_prefix("https://leads.example.com").unwrap().to_owned()
}

async fn since(server: &Running) -> Value {
    let (_, page) = json(keyed(server.get("/api/v1/leads"))).await;
    let id = page["leads"][0]["lead_id"].as_str().unwrap();
    let (_, lead) = json(keyed(server.get(&format!("/api/v1/leads/{id}")))).await;
    lead["attributes"]["unsubscribed_at"].clone()
}

#[tokio::test]
async fn one_click_and_no_more_e_mails() {
    let server = Running::start(&SETTINGS).await;
    let path = link(&server, &ann()).await;
    // Programs that check links follow them: that must not count.
    let (status, shown) = page(server.get(&path)).await;
    assert_eq!(status, 200);
    assert!(shown.contains("<form method=\"post\">") && shown.contains("value=\"One-Click\""), "{shown}");
    assert!(!shown.contains("ann@acme.example"));
    assert_eq!(since(&server).await, Value::Null);
    for (media_type, body) in [
        (FORM, ""),
        (FORM, "List-Unsubscribe=no"),
        (FORM, "x=One-Click"),
        ("", ""),
        ("multipart/form-data", ONE_CLICK),
    ] {
        assert_eq!(page(post(&server, &path, media_type, body)).await.0, 400, "{media_type} {body}");
    }
    assert_eq!(since(&server).await, Value::Null);

    let (status, shown) = page(post(&server, &path, FORM, ONE_CLICK)).await;
    assert!(status == 200 && shown.contains("Unsubscribed"), "{status} {shown}");
    let first = since(&server).await;
    assert!(first.is_string(), "{first}");
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n{}\r\n--b--\r\n",
        "One-Click"
    );
    let (status, again) = page(post(&server, &path, "multipart/form-data; boundary=b", &multipart)).await;
    assert_eq!((status, &again), (StatusCode::OK, &shown));
    assert_eq!(since(&server).await, first, "the first time stays");

    // No e-mail is written or sent to it any more, and no other channel is kept from it.
    let (status, fault) = json(keyed(server.post("/api/v1/get-personalized-email", &ann()))).await;
    assert_eq!((status, &fault["error"]["code"]), (409, &json!("CONFLICT")), "{fault}");
    let test = json!({"to_email": "Ann@acme.example", "lead_data": {"name": "Ann"}});
    assert_eq!(json(keyed(server.post("/api/v1/send-test-email", &test))).await.0, 409);
    let (_, advice) = json(keyed(server.post("/api/v1/recommendation", &ann()))).await;
    assert_eq!(advice["recommended_channel"], "phone", "{advice}");
    assert_eq!(json(keyed(server.post("/api/v1/score-lead", &ann()))).await.0, 200);
    assert_eq!(since(&server).await, first, "being scored again does not bring it back");
    // Who asks to come back is let in by whoever may change leads.
    let back = json!({"attributes": {"unsubscribed_at": null}});
    let change = server.client.patch(format!("{}/api/v1/leads/1", server.base));
    let change = change.header("content-type", "application/json").body(back.to_string());
    assert_eq!(json(keyed(change)).await.0, 200);
    assert_eq!(link(&server, &ann()).await, path, "a link stays the same");
}

#[tokio::test]
async fn who_unsubscribed_gets_nothing_after_coming_again() {
    let server = Running::start(&SETTINGS).await;
    let path = link(&server, &ann()).await;
    assert_eq!(page(post(&server, &path, FORM, ONE_CLICK)).await.0, 200);
    let erase = server.client.delete(format!("{}/api/v1/leads/1", server.base));
    assert!(keyed(erase).send().await.unwrap().status().is_success());
    // The lead is new, and its address is not.
    let mut again = ann();
    again["email"] = json!("ANN@Acme.example");
    assert_eq!(json(keyed(server.post("/api/v1/score-lead", &again))).await.0, 200);
    assert_eq!(since(&server).await, Value::Null);
    for (route, body) in [
        ("/api/v1/get-personalized-email", again.clone()),
        ("/api/v1/send-test-email", json!({"to_email": "ann@acme.example", "lead_data": {"name": "Ann"}})),
    ] {
        let (status, fault) = json(keyed(server.post(route, &body))).await;
        assert_eq!(status, 409, "{route}: {fault}");
    }
    let (_, advice) = json(keyed(server.post("/api/v1/recommendation", &again))).await;
    assert_eq!(advice["recommended_channel"], "phone", "{advice}");
}

#[tokio::test]
async fn a_link_tells_nothing_of_leads() {
    let server = Running::start(&SETTINGS).await;
    let path = link(&server, &ann()).await;
    let asked = page(server.get(&path)).await;
    let done = page(post(&server, &path, FORM, ONE_CLICK)).await;
    let erase = server.client.delete(format!("{}/api/v1/leads/1", server.base));
    let status = keyed(erase).send().await.unwrap().status();
    assert!(status.is_success(), "{status}");
    // A lead that is gone and one that is there are answered alike.
    assert_eq!(page(server.get(&path)).await, asked);
    assert_eq!(page(post(&server, &path, FORM, ONE_CLICK)).await, done);
    // So are all links that are not ours: changed, cut off, another server's, none at all.
    let other = [("SECRET_KEY", "another secret key of tests, long enough")];
    let other = Running::start(&[&SETTINGS[..], &other].concat()).await;
    let foreign = link(&other, &ann()).await;
    let mut changed = path.clone();
    changed.replace_range(4..5, if &path[4..5] == "A" { "B" } else { "A" });
    let unknown = page(server.get("/u/x")).await;
    assert_eq!(unknown.0, 404);
    for wrong in
        [changed.as_str(), &path[..path.len() - 1], &foreign, "/u/%ff", "/u/1", "/u/ann@acme.example"]
    {
        assert_eq!(page(server.get(wrong)).await, unknown, "{wrong}");
        assert_eq!(page(post(&server, wrong, FORM, ONE_CLICK)).await, unknown, "{wrong}");
    }
    // A longer body than any form of this is not read.
    let bob = json!({"name": "Bob", "email": "bob@acme.example"});
    let (status, _) = json(post(&server, &link(&server, &bob).await, FORM, &"x".repeat(20_000))).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn without_an_address_of_its_own_the_sender_s_link_stays() {
    let settings = [
        ("API_KEY", KEY),
        ("LEADSCORE_SENDER_NAME", "Mara Quill"),
        ("LEADSCORE_SENDER_COMPANY", "Oriole"),
        ("LEADSCORE_SENDER_ADDRESS", "1 Sample Street"),
        ("LEADSCORE_SENDER_UNSUBSCRIBE", "https://oriole.example/leave"),
    ];
    let server = Running::start(&settings).await;
    let (_, email) = json(keyed(server.post("/api/v1/get-personalized-email", &ann()))).await;
    assert!(
        email["content"].as_str().unwrap().ends_with("Unsubscribe: https://oriole.example/leave"),
        "{email}"
    );
    assert!(email.get("unsubscribe_url").is_none(), "{email}");
}

#[test]
fn an_address_that_no_link_can_begin_with_is_refused() {
    for wrong in [
        "leads.example.com",
        "http://leads.example.com",
        "https://a.example/?x=1",
        "https://me@a.example",
        "https://",
    ] {
        let layers = leadscore_server::Layers::new();
        let layers = layers.environment([("LEADSCORE_PUBLIC_URL".to_owned(), wrong.to_owned())]).unwrap();
        let error = layers.build().unwrap_err().to_string();
        assert!(error.contains("public_url") && error.contains("https"), "{error}");
    }
}
