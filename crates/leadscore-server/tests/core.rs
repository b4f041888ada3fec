//! Leads, activities, outcomes and pipelines over HTTP.

mod support;

use serde_json::{Value, json};
use support::{KEY, Running, json};

async fn server() -> Running {
    Running::start(&[("API_KEY", KEY)]).await
}

#[tokio::test]
async fn a_lead_from_its_first_word_to_its_end() {
    let server = server().await;
    let keyed = |request: reqwest::RequestBuilder| json(request.header("x-api-key", KEY));
    let body = json!({"id": "crm-7", "email": "Ann@Acme.example", "attributes": {"company": "Acme", "employees": 40}});
    let (status, made) = keyed(server.post("/api/v1/leads", &body)).await;
    assert_eq!((status, &made["email"]), (201, &json!("ann@acme.example")), "{made}");
    let more = json!({"email": "ann@acme.example", "phone": "+49 30 1", "attributes": {"employees": null, "title": "CEO"}});
    let (status, merged) = keyed(server.post("/api/v1/leads", &more)).await;
    assert_eq!((status, &merged["lead_id"]), (200, &made["lead_id"]), "{merged}");
    assert_eq!(merged["attributes"], json!({"company": "Acme", "title": "CEO"}));

    let activities = json!({"activities": [
        {"id": "e-1", "kind": "email_open", "at": "2026-11-20T10:00:00Z"},
        {"id": "e-2", "kind": "meeting", "at": "2026-11-21T10:00:00+02:00", "properties": {"minutes": 30}},
        {"id": "e-1", "kind": "email_open", "at": "2026-11-20T10:00:00Z"}]});
    let number = made["number"].to_string();
    for (name, expected) in [
        ("crm-7", json!({"accepted": 2, "duplicates": 1})),
        (made["lead_id"].as_str().unwrap(), json!({"accepted": 0, "duplicates": 3})),
        (number.as_str(), json!({"accepted": 0, "duplicates": 3})),
    ] {
        let (status, appended) =
            keyed(server.post(&format!("/api/v1/leads/{name}/activities"), &activities)).await;
        assert_eq!((status, appended), (200, expected), "{name}");
    }
    let unknown = json!({"external_id": "crm-7", "attributes": {}});
    let (status, fault) = keyed(server.post("/api/v1/leads", &unknown)).await;
    assert_eq!((status, &fault["error"]["details"][0]["field"]), (400, &json!("external_id")), "{fault}");
    assert_eq!(fault["error"]["details"][0]["message"], "is not known");
    let bad = json!({"activities": [{"id": "e-3", "kind": "call", "at": "yesterday"}]});
    let (status, fault) = keyed(server.post("/api/v1/leads/crm-7/activities", &bad)).await;
    assert_eq!(
        (status, &fault["error"]["details"][0]["field"]),
        (400, &json!("activities[0].at")),
        "{fault}"
    );

    let outcome = json!({"outcome": "converted", "at": "2026-11-25"});
    let (status, kept) = keyed(server.post("/api/v1/leads/crm-7/outcome", &outcome)).await;
    assert_eq!((status, &kept["at"]), (200, &json!("2026-11-25T00:00:00Z")), "{kept}");
    let (_, lead) = keyed(server.get("/api/v1/leads/crm-7")).await;
    assert_eq!(lead["last_activity_at"], "2026-11-21T08:00:00Z", "{lead}");
    assert_eq!(lead["first_contact_at"], "2026-11-20T10:00:00Z");
    assert_eq!(lead["outcome"], "converted");

    let patch = server
        .client
        .patch(format!("{}/api/v1/leads/crm-7", server.base))
        .header("content-type", "application/json");
    let (status, changed) = keyed(patch.body(json!({"attributes": {"company": "Beta"}}).to_string())).await;
    assert_eq!((status, &changed["attributes"]["company"]), (200, &json!("Beta")), "{changed}");
    let delete = || server.client.delete(format!("{}/api/v1/leads/crm-7", server.base));
    assert_eq!(keyed(delete()).await.0, 204);
    assert_eq!(keyed(delete()).await.0, 404);
    assert_eq!(keyed(server.get("/api/v1/leads/crm-7")).await.0, 404);
    assert_eq!(json(server.get("/api/v1/leads/crm-7")).await.0, 401, "a key always");
}

/// Every record case of the conformance suite whose pipeline is an included one gives the same over HTTP.
#[tokio::test]
async fn records_score_the_same_over_http() {
    let server = server().await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/conformance/records.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut seen = 0;
    for case in cases["cases"].as_array().unwrap() {
        let Some(name) = case["pipeline"]["builtin"].as_str().or_else(|| case["pipeline"].as_str()) else {
            continue;
        };
        let arguments = case["arguments"].as_array().unwrap();
        let text = |index: usize| arguments[index].as_str().unwrap();
        let expected = case["expected"].as_str().unwrap_or_default();
        let (records, expected) = match case["operation"].as_str().unwrap() {
            "score_json" => (format!("[{}]", text(0)), format!("[{expected}]")),
            "score_many_json" => (text(0).to_owned(), expected.to_owned()),
            _ => continue,
        };
        let context = text(1);
        let body = format!("{{\"records\":{records},\"context\":{context}}}");
        let request = server.client.post(format!("{}/api/v1/pipelines/{name}/score", server.base));
        let request = request.header("x-api-key", KEY).header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!(status, 200, "{}: {text}", case["name"]);
        assert_eq!(text, format!("{{\"predictions\":{expected}}}"), "{}", case["name"]);
        seen += 1;
    }
    assert!(seen >= 35, "{seen} cases");
}
