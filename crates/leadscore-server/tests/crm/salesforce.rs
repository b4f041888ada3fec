//! A Salesforce organisation of a test's own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

#[derive(Clone, Default)]
pub(crate) struct Org {
    pub(crate) leads: Arc<Mutex<BTreeMap<String, Map<String, Value>>>>,
    instance: String,
}

impl Org {
    pub(crate) async fn start() -> (MockServer, Org) {
        let server = MockServer::start().await;
        let own = Org { instance: server.uri(), ..Org::default() };
        Mock::given(any()).respond_with(own.clone()).mount(&server).await;
        (server, own)
    }
}

impl Respond for Org {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        if path == "/services/oauth2/token" {
            let form = String::from_utf8_lossy(&request.body).into_owned();
            assert!(form.contains("grant_type=client_credentials"), "{form}");
            if !form.contains("client_secret=right") {
                return ResponseTemplate::new(401).set_body_json(
                    json!({"error": "invalid_client", "error_description": "invalid client credentials"}),
                );
            }
            return ResponseTemplate::new(200)
                .set_body_json(json!({"access_token": "token", "token_type": "Bearer",
                "instance_url": self.instance, "id": "i", "issued_at": "1"}));
        }
        assert_eq!(request.headers.get("authorization").unwrap(), "Bearer token");
        let mut leads = self.leads.lock().unwrap();
        let body = match path {
            "/services/data/v66.0/limits" => json!({}),
            "/services/data/v66.0/query" => {
                let (_, query) = request.url.query_pairs().find(|(name, _)| name == "q").unwrap();
                let rows: Vec<Value> = if query.contains("FROM User") {
                    let is_known = query.contains("'rep@oriole.example'");
                    if is_known { vec![json!({"Id": "005R"})] } else { Vec::new() }
                } else {
                    leads.values().cloned().map(Value::Object).collect()
                };
                json!({"totalSize": rows.len(), "done": true, "records": rows})
            }
            "/services/data/v66.0/composite/sobjects/Lead/Leadscore_Id__c" => {
                let body: Value = request.body_json().unwrap();
                let saved = body["records"].as_array().unwrap().iter().map(|record| {
                    let key = record["Leadscore_Id__c"].as_str().unwrap().to_owned();
                    let is_new = !leads.contains_key(&key);
                    let own = leads.entry(key.clone()).or_default();
                    own.extend(record.as_object().unwrap().clone());
                    own.insert("Id".to_owned(), json!(format!("00Q-{key}")));
                    own.insert("IsConverted".to_owned(), json!(false));
                    json!({"id": format!("00Q-{key}"), "success": true, "errors": [], "created": is_new})
                });
                Value::Array(saved.collect())
            }
            other => panic!("{other}"),
        };
        ResponseTemplate::new(200).set_body_json(body)
    }
}
