//! A HubSpot account of a test's own: it keeps what it is given, and answers as the documentation says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const TOKEN: &str = "pat-na1-secret";

#[derive(Default)]
pub(crate) struct Account {
    /// By their address, and by our id of the lead.
    pub(crate) contacts: BTreeMap<String, Map<String, Value>>,
    pub(crate) deals: BTreeMap<String, Map<String, Value>>,
    /// How many calls made a deal, and how many wrote a contact.
    pub(crate) deals_made: usize,
    pub(crate) contacts_written: usize,
    /// Answers that are given first, whatever is asked.
    pub(crate) first: Vec<ResponseTemplate>,
    /// How long the next deal's answer takes, though the deal is there.
    pub(crate) slow_deal: Option<Duration>,
}

#[derive(Clone, Default)]
pub(crate) struct HubSpot(pub(crate) Arc<Mutex<Account>>);

impl HubSpot {
    pub(crate) async fn start() -> (MockServer, HubSpot) {
        let (server, own) = (MockServer::start().await, HubSpot::default());
        Mock::given(any()).respond_with(own.clone()).mount(&server).await;
        (server, own)
    }
}

fn object(id: &str, properties: &Map<String, Value>, more: &Value) -> Value {
    let mut object = json!({"id": id, "properties": properties, "archived": false,
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"});
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}

fn batch(results: &[Value], missing: &[&str]) -> ResponseTemplate {
    let mut body = json!({"status": "COMPLETE", "results": results,
        "startedAt": "2026-01-01T00:00:00Z", "completedAt": "2026-01-01T00:00:00Z"});
    if missing.is_empty() {
        return ResponseTemplate::new(200).set_body_json(body);
    }
    body["numErrors"] = 1.into();
    body["errors"] = json!([{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects",
        "context": {"ids": missing}}]);
    ResponseTemplate::new(207).set_body_json(body)
}

fn refusal(status: u16, category: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({"status": "error", "message": format!("told: {category}"),
        "correlationId": "c", "category": category}))
}

impl Respond for HubSpot {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut account = self.0.lock().unwrap();
        if !account.first.is_empty() {
            return account.first.remove(0);
        }
        if request.headers.get("authorization").is_none_or(|own| own != &format!("Bearer {TOKEN}")) {
            return refusal(401, "INVALID_AUTHENTICATION");
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let inputs: Vec<Value> = body["inputs"].as_array().cloned().unwrap_or_default();
        match request.url.path() {
            "/crm/v3/owners/" => {
                let (_, email) = request.url.query_pairs().find(|(name, _)| name == "email").unwrap();
                let owner = json!({"id": "4242", "email": "rep@oriole.example", "archived": false});
                let found = if email == "rep@oriole.example" { vec![owner] } else { Vec::new() };
                ResponseTemplate::new(200).set_body_json(json!({"results": found}))
            }
            "/crm/v3/pipelines/deals" => {
                let stage = |id: &str, order: i64| json!({"id": id, "label": id, "displayOrder": order, "archived": false});
                let stages = [stage("closedwon", 5), stage("appointmentscheduled", 0)];
                ResponseTemplate::new(200)
                    .set_body_json(json!({"results": [{"id": "default", "label": "Sales",
                    "displayOrder": 0, "archived": false, "stages": stages}]}))
            }
            "/crm/v3/objects/contacts" => ResponseTemplate::new(200).set_body_json(json!({"results": []})),
            "/crm/v3/objects/contacts/batch/read" => {
                let (mut results, mut missing) = (Vec::new(), Vec::new());
                for input in &inputs {
                    let key = input["id"].as_str().unwrap();
                    match account.contacts.get(key) {
                        Some(properties) => {
                            results.push(object(&format!("contact-{key}"), properties, &json!({})));
                        }
                        None => missing.push(key),
                    }
                }
                batch(&results, &missing)
            }
            "/crm/v3/objects/contacts/batch/upsert" => {
                let mut results = Vec::new();
                for input in &inputs {
                    account.contacts_written += 1;
                    let key = input["id"].as_str().unwrap();
                    let is_new = !account.contacts.contains_key(key);
                    let own = account.contacts.entry(key.to_owned()).or_default();
                    own.insert("email".to_owned(), key.into());
                    own.extend(input["properties"].as_object().unwrap().clone());
                    let more = json!({"new": is_new, "objectWriteTraceId": input["objectWriteTraceId"]});
                    results.push(object(&format!("contact-{key}"), own, &more));
                }
                batch(&results, &[])
            }
            "/crm/v3/objects/deals/batch/read" => {
                assert_eq!(body["idProperty"], "leadscore_lead_id");
                let (mut results, mut missing) = (Vec::new(), Vec::new());
                for input in &inputs {
                    let key = input["id"].as_str().unwrap();
                    match account.deals.get(key) {
                        Some(properties) => {
                            results.push(object(&format!("deal-{key}"), properties, &json!({})));
                        }
                        None => missing.push(key),
                    }
                }
                batch(&results, &missing)
            }
            "/crm/v3/objects/deals/batch/create" => {
                let mut results = Vec::new();
                for input in &inputs {
                    account.deals_made += 1;
                    let properties = input["properties"].as_object().unwrap().clone();
                    let key = properties["leadscore_lead_id"].as_str().unwrap().to_owned();
                    let contact = input["associations"][0]["to"]["id"].as_str().unwrap();
                    assert!(contact.starts_with("contact-"), "{contact}");
                    if account.deals.contains_key(&key) {
                        return refusal(409, "CONFLICT");
                    }
                    let more = json!({"objectWriteTraceId": input["objectWriteTraceId"]});
                    results.push(object(&format!("deal-{key}"), &properties, &more));
                    account.deals.insert(key, properties);
                }
                let answer = batch(&results, &[]);
                match account.slow_deal.take() {
                    Some(delay) => answer.set_delay(delay),
                    None => answer,
                }
            }
            other => panic!("{other}"),
        }
    }
}
