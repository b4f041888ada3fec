//! Leads in CRM systems: each once, with one deal, however often it is asked for and whatever happens in between.

mod hubspot;
#[cfg(unix)]
mod killed;
mod salesforce;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use hubspot::{HubSpot, TOKEN};
use leadscore_server::Layers;
use salesforce::Org;
use serde_json::{Value, json};
use support::{KEY, Running, json};
use wiremock::ResponseTemplate;

/// A server that writes to a HubSpot account.
async fn with_hubspot(uri: &str, token: &str) -> Running {
    Running::start(&[("API_KEY", KEY), ("HUBSPOT_ACCESS_TOKEN", token), ("HUBSPOT_BASE_URL", uri)]).await
}

async fn qualified(server: &Running, email: &str) -> String {
    let lead = json!({"email": email, "company": "Acme", "name": "John Smith", "message": "We need 50 seats this week"});
    let (status, body) = json(server.post("/api/qualify", &lead).bearer_auth(KEY)).await;
    assert_eq!(status, 200, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

async fn sync(server: &Running, body: Value) -> (u16, Value) {
    json(server.post("/api/crm/sync", &body).bearer_auth(KEY)).await
}

/// The rows of the store's jobs of a kind: state and body.
async fn jobs(server: &Running, kind: &str) -> Vec<(String, String)> {
    let url = format!("sqlite://{}", server.folder().join("leadscore.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let rows = sqlx::query_as("SELECT state, body FROM jobs WHERE kind = $1 ORDER BY number").bind(kind);
    let rows = rows.fetch_all(&pool).await.unwrap();
    pool.close().await;
    rows
}

/// Registers a webhook for an event, which nobody delivers to.
async fn listen(server: &Running, event: &str) {
    let url = format!("sqlite://{}", server.folder().join("leadscore.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query(
        "INSERT INTO webhooks (id, tenant, actor, url, events, secret, scheme, active, created_at, failure_count)
         VALUES ('w', 'default', 'test', 'https://127.0.0.1:1/', $1, 'none', 'qualifier', 1, 1, 0)",
    )
    .bind(format!(",{event},"))
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_created_and_then_updated_with_one_deal() {
    let (crm, account) = HubSpot::start().await;
    let server = with_hubspot(&crm.uri(), TOKEN).await;
    listen(&server, "lead.routed").await;
    let lead = qualified(&server, "john@acme.example").await;
    let body = json!({"lead_id": lead, "crm": "hubspot", "pipeline_id": "default", "owner_email": "rep@oriole.example"});
    let (status, first) = sync(&server, body.clone()).await;
    assert_eq!(status, 200, "{first}");
    let wanted = json!({"lead_id": lead, "crm": "hubspot", "status": "synced", "created": true,
        "record": {"type": "contact", "id": "contact-john@acme.example"},
        "deal": {"id": format!("deal-{lead}"), "pipeline_id": "default", "stage_id": "appointmentscheduled"},
        "owner": {"id": "4242", "email": "rep@oriole.example"}, "warnings": [], "synced_at": first["synced_at"]});
    assert_eq!(first, wanted);
    let time = first["synced_at"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    {
        let account = account.0.lock().unwrap();
        let contact = &account.contacts["john@acme.example"];
        let tier = contact["leadscore_tier"].as_str().unwrap();
        assert!(["HOT", "WARM", "COLD"].contains(&tier), "{tier}");
        assert!(contact["leadscore_score"].as_str().unwrap().parse::<f64>().is_ok());
        assert!(!contact["leadscore_reasoning"].as_str().unwrap().is_empty());
        assert_eq!((&contact["lastname"], &contact["company"]), (&json!("Smith"), &json!("Acme")));
    }

    // Again, and with something new.
    let (status, second) = sync(&server, body.clone()).await;
    assert_eq!(
        (status, &second["created"], &second["record"]),
        (200, &json!(false), &first["record"]),
        "{second}"
    );
    assert_eq!(second["deal"], first["deal"]);
    let new = json!({"email": "John@ACME.example", "company": "Acme Works"});
    assert_eq!(json(server.post("/api/qualify", &new).bearer_auth(KEY)).await.0, 200);
    let (status, third) = sync(&server, body).await;
    assert_eq!((status, &third["deal"]), (200, &first["deal"]), "{third}");
    {
        let account = account.0.lock().unwrap();
        assert_eq!((account.contacts.len(), account.deals.len(), account.deals_made), (1, 1, 1));
        assert_eq!(account.contacts_written, 2, "what is the same is not written again");
        assert_eq!(account.contacts["john@acme.example"]["company"], "Acme Works");
    }
    // Webhooks are told each time, after the document's fields.
    let told = jobs(&server, "delivery").await;
    assert_eq!(told.len(), 3, "{told:?}");
    let event: Value = serde_json::from_str(&told[0].1).unwrap();
    let event: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    assert_eq!(event["event"], "lead.routed");
    assert_eq!((&event["data"]["id"], &event["data"]["crm"]), (&json!(lead), &json!("hubspot")));
    assert_eq!(event["data"]["record"], first["record"]);
    assert!(jobs(&server, "crm_sync").await.iter().all(|(state, _)| state == "done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_open_one_deal() {
    let (crm, account) = HubSpot::start().await;
    account.0.lock().unwrap().slow_deal = Some(Duration::from_millis(700));
    let server = with_hubspot(&crm.uri(), TOKEN).await;
    let lead = qualified(&server, "john@acme.example").await;
    let body = json!({"lead_id": lead, "crm": "hubspot", "pipeline_id": "default"});
    let (one, two, three) =
        tokio::join!(sync(&server, body.clone()), sync(&server, body.clone()), sync(&server, body.clone()));
    for (status, answer) in [&one, &two, &three] {
        assert_eq!((*status, &answer["deal"]["id"]), (200, &json!(format!("deal-{lead}"))), "{answer}");
    }
    let account = account.0.lock().unwrap();
    assert_eq!((account.deals.len(), account.deals_made), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said() {
    let (crm, account) = HubSpot::start().await;
    let server = with_hubspot(&crm.uri(), TOKEN).await;
    let lead = qualified(&server, "john@acme.example").await;
    let (_, unscored) =
        json(server.post("/api/v1/leads", &json!({"email": "new@acme.example"})).bearer_auth(KEY)).await;
    let unscored = unscored["lead_id"].as_str().or(unscored["id"].as_str()).unwrap().to_owned();
    let field = |name: &str| Some(name.to_owned());
    for (body, status, code, at) in [
        // A system nobody knows comes before a lead nobody knows, and that before one which is not set up.
        (json!({"lead_id": "nobody", "crm": "pipedrive"}), 400, "VALIDATION_ERROR", field("crm")),
        (json!({"crm": "hubspot"}), 400, "VALIDATION_ERROR", field("lead_id")),
        (json!({"lead_id": "nobody", "crm": "salesforce"}), 404, "NOT_FOUND", None),
        (json!({"lead_id": lead, "crm": "salesforce"}), 503, "SERVICE_UNAVAILABLE", None),
        (json!({"lead_id": unscored, "crm": "hubspot"}), 409, "CONFLICT", None),
        (
            json!({"lead_id": lead, "crm": "hubspot", "owner_email": "nobody@oriole.example"}),
            400,
            "VALIDATION_ERROR",
            field("owner_email"),
        ),
        (
            json!({"lead_id": lead, "crm": "hubspot", "owner_email": "no address"}),
            400,
            "VALIDATION_ERROR",
            field("owner_email"),
        ),
        (
            json!({"lead_id": lead, "crm": "hubspot", "pipeline_id": "nowhere"}),
            400,
            "VALIDATION_ERROR",
            field("pipeline_id"),
        ),
    ] {
        let (own, answer) = sync(&server, body.clone()).await;
        assert_eq!((own, &answer["error"]["code"]), (status, &json!(code)), "{body}: {answer}");
        let told = answer["error"]["details"]["field"].as_str().map(str::to_owned);
        assert_eq!(told, at, "{body}: {answer}");
    }
    let account = account.0.lock().unwrap();
    assert!(account.contacts.is_empty() && account.deals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_not_taken_are_the_server_s_own_problem() {
    let (crm, _account) = HubSpot::start().await;
    let server = with_hubspot(&crm.uri(), "pat-wrong").await;
    let lead = qualified(&server, "john@acme.example").await;
    let request = server.post("/api/crm/sync", &json!({"lead_id": lead, "crm": "hubspot"})).bearer_auth(KEY);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 503);
    // Waiting does not help, so nobody is told to.
    assert!(response.headers().get("retry-after").is_none());
    let body = response.text().await.unwrap();
    assert!(body.contains("credentials") && !body.contains("pat-wrong"), "{body}");
    // It is given up until somebody asks for it again.
    let began = Instant::now();
    while jobs(&server, "crm_sync").await[0].0 != "dead" {
        assert!(began.elapsed() < Duration::from_secs(5), "it is not given up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_the_system_is_waited_for() {
    let (crm, account) = HubSpot::start().await;
    let limit = json!({"status": "error", "message": "You have reached your secondly limit.", "errorType": "RATE_LIMIT",
        "correlationId": "c", "policyName": "TEN_SECONDLY_ROLLING"});
    let limit = ResponseTemplate::new(429).insert_header("retry-after", "3").set_body_json(limit);
    account.0.lock().unwrap().first.push(limit);
    let server = with_hubspot(&crm.uri(), TOKEN).await;
    let lead = qualified(&server, "john@acme.example").await;
    let body = json!({"lead_id": lead, "crm": "hubspot", "pipeline_id": "default"});
    let response = server.post("/api/crm/sync", &body).bearer_auth(KEY).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "3");
    let text = response.text().await.unwrap();
    assert!(text.contains("tried again by itself"), "{text}");
    // Nobody asks again, and it is done all the same.
    let began = Instant::now();
    while account.0.lock().unwrap().deals.is_empty() {
        assert!(began.elapsed() < Duration::from_secs(15), "it is not tried again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(began.elapsed() > Duration::from_secs(2), "the limit is kept to");
    let (status, answer) = sync(&server, body).await;
    assert_eq!((status, &answer["created"]), (200, &json!(false)), "{answer}");
    assert_eq!(account.0.lock().unwrap().deals_made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_lead_keeps_its_deal() {
    let (crm, account) = HubSpot::start().await;
    let server = with_hubspot(&crm.uri(), TOKEN).await;
    let first = qualified(&server, "john@acme.example").await;
    let body = |lead: &str| json!({"lead_id": lead, "crm": "hubspot", "pipeline_id": "default"});
    let (_, synced) = sync(&server, body(&first)).await;
    let second = qualified(&server, "j.smith@acme.example").await;
    let folder = server.stop().await;
    let store = leadscore_server::store::Store::open_folder(folder.path()).await.unwrap();
    let number = async |name: &str| store.lead_number("default", name).await.unwrap().unwrap();
    let (into, from) = (number(&second).await, number(&first).await);
    let now = leadscore::Timestamp::from_millis(1_800_000_000_000).unwrap();
    store.merge_leads("default", into, from, now).await.unwrap().unwrap();
    store.close().await;
    let settings = [("API_KEY", KEY), ("HUBSPOT_ACCESS_TOKEN", TOKEN), ("HUBSPOT_BASE_URL", &crm.uri())];
    let server = Running::start_in(folder, &settings).await;
    // By its old id and by the one it has now.
    for name in [&first, &second] {
        let (status, answer) = sync(&server, body(name)).await;
        assert_eq!((status, &answer["lead_id"]), (200, &json!(second)), "{answer}");
        assert_eq!(answer["deal"]["id"], synced["deal"]["id"]);
    }
    assert_eq!(account.0.lock().unwrap().deals_made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn salesforce_has_the_lead_once() {
    let (crm, org) = Org::start().await;
    let settings = |secret: &'static str| {
        [
            ("API_KEY", KEY.to_owned()),
            ("LEADSCORE_SALESFORCE_LOGIN_URL", crm.uri()),
            ("LEADSCORE_SALESFORCE_CLIENT_ID", "app".to_owned()),
            ("LEADSCORE_SALESFORCE_CLIENT_SECRET", secret.to_owned()),
        ]
    };
    let right = settings("right");
    let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Running::start(&right).await;
    let lead = qualified(&server, "john@acme.example").await;
    let body = json!({"lead_id": lead, "crm": "salesforce", "pipeline_id": "default", "owner_email": "rep@oriole.example"});
    let (status, first) = sync(&server, body.clone()).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!((&first["created"], &first["deal"]), (&json!(true), &Value::Null));
    assert_eq!(first["record"], json!({"type": "lead", "id": format!("00Q-{lead}")}));
    assert_eq!(first["owner"], json!({"id": "005R", "email": "rep@oriole.example"}));
    // Salesforce leads have no pipeline, and that is said.
    assert_eq!(first["warnings"].as_array().unwrap().len(), 1, "{first}");
    let (status, second) = sync(&server, body).await;
    assert_eq!((status, &second["created"], &second["record"]), (200, &json!(false), &first["record"]));
    {
        let leads = org.leads.lock().unwrap();
        assert_eq!(leads.len(), 1);
        let own = &leads[&lead];
        assert_eq!(
            (&own["LastName"], &own["Company"], &own["OwnerId"]),
            (&json!("Smith"), &json!("Acme"), &json!("005R"))
        );
        assert!(own["Leadscore_Score__c"].is_number(), "{own:?}");
    }
    let unknown = json!({"lead_id": lead, "crm": "salesforce", "owner_email": "nobody@oriole.example"});
    let (status, fault) = sync(&server, unknown).await;
    assert_eq!((status, &fault["error"]["details"]["field"]), (400, &json!("owner_email")), "{fault}");
    let wrong = settings("wrong");
    let wrong: Vec<(&str, &str)> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Running::start_in(server.stop().await, &wrong).await;
    let (status, fault) = sync(&server, json!({"lead_id": lead, "crm": "salesforce"})).await;
    assert_eq!((status, &fault["error"]["code"]), (503, &json!("SERVICE_UNAVAILABLE")), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_are_refused_at_the_start() {
    let start = async |settings: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        let own = [("LEADSCORE_LISTEN", "127.0.0.1:0"), ("LEADSCORE_DATA", folder.path().to_str().unwrap())];
        let all = own.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Layers::new().environment(all.collect::<Vec<_>>()).unwrap().build().unwrap();
        leadscore_server::Server::start(config).await.map(|_| ()).map_err(|error| error.to_string())
    };
    let login = ("LEADSCORE_SALESFORCE_LOGIN_URL", "https://acme.my.salesforce.com");
    let (id, secret) =
        (("LEADSCORE_SALESFORCE_CLIENT_ID", "app"), ("LEADSCORE_SALESFORCE_CLIENT_SECRET", "s3cret"));
    let (user, key) =
        (("LEADSCORE_SALESFORCE_USERNAME", "me"), ("LEADSCORE_SALESFORCE_PRIVATE_KEY", "/nowhere/key.pem"));
    for (settings, wanted) in [
        (&[("HUBSPOT_BASE_URL", "http://127.0.0.1:1")][..], "access_token"),
        (&[("HUBSPOT_ACCESS_TOKEN", "t"), ("HUBSPOT_BASE_URL", "http://crm.example")], "https"),
        (&[login], "client_id"),
        (&[id, secret], "login_url"),
        (&[login, id], "client_secret"),
        (&[login, id, user], "private_key"),
        (&[login, id, secret, user, key], "not both"),
        (&[login, id, user, key], "private_key"),
        (&[("LEADSCORE_SALESFORCE_LOGIN_URL", "http://sf.example"), id, secret], "https"),
    ] {
        let error = start(settings).await.unwrap_err();
        assert!(error.contains(wanted) && !error.contains("s3cret"), "{settings:?}: {error}");
    }
    start(&[login, id, secret]).await.unwrap();
}
