//! Every method and path that the five documents describe, called once; the shape of each answer is that of `shapes.json`,
//! and the README lists them all. `LEADSCORE_BLESS=1` writes the shapes.

#[path = "../support/mod.rs"]
mod support;

mod crm;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use leadscore_connect::signature::body;
use leadscore_server::store::{LeadReference, Store};
use reqwest::multipart::{Form, Part};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::{KEY, Running, token};

const CALLS: &str = include_str!("calls.json");
const SHAPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/shapes.json");
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
/// The methods and paths of the documents, and those among them that are different.
const DOCUMENTED: (usize, usize) = (55, 50);
const APP_SECRET: &str = "app secret of a test";

/// A call as a document shows it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    family: String,
    method: String,
    path: String,
    /// The path with its parts filled in, where it has any.
    url: Option<String>,
    credential: String,
    status: u16,
    #[serde(default)]
    body: Value,
    /// A CSV file in the part `file`.
    upload: Option<String>,
    /// What later calls say: a name, and where it stands in the answer.
    #[serde(default)]
    keep: BTreeMap<String, String>,
    /// Asked again until this is the answer.
    #[serde(default)]
    until: BTreeMap<String, Value>,
}

fn calls() -> Vec<Call> {
    serde_json::from_str(CALLS).unwrap()
}

/// A value with types in place of values; a list has the shape of its first item.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(number) if number.is_f64() => "number".into(),
        Value::Number(_) => "integer".into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => Value::Array(items.first().map(shape).into_iter().collect()),
        Value::Object(fields) => fields.iter().map(|(name, own)| (name.clone(), shape(own))).collect(),
    }
}

/// A text with the names between braces replaced by what was kept under them.
fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

async fn send(server: &Running, call: &Call, kept: &BTreeMap<String, String>) -> (u16, Value) {
    let url = format!("{}{}", server.base, filled(call.url.as_deref().unwrap_or(&call.path), kept));
    let mut request = server.client.request(call.method.parse().unwrap(), url);
    let text = filled(&call.body.to_string(), kept);
    request = match call.credential.as_str() {
        "none" => request,
        "key" => request.header("x-api-key", KEY),
        "bearer" => request.bearer_auth(KEY),
        "token" => request.bearer_auth(token("default", None)),
        "signature" => {
            let signature = body::sign(&SecretString::from(APP_SECRET), text.as_bytes());
            request.header("x-hub-signature-256", signature)
        }
        other => panic!("there is no credential {other}"),
    };
    if let Some(table) = &call.upload {
        let part = Part::text(table.clone()).file_name("leads.csv").mime_str("text/csv").unwrap();
        request = request.multipart(Form::new().part("file", part));
    } else if !call.body.is_null() {
        request = request.header("content-type", "application/json").body(text);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    let is_page = kind.as_deref().is_some_and(|kind| !kind.starts_with("application/json"));
    let answer =
        if is_page { json!(kind) } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
    (status, answer)
}

/// The shape of an answer; of the document of the routes, which has a test of its own, only its first level.
fn shape_of(call: &Call, answer: &Value) -> Value {
    match (call.path.as_str(), answer) {
        ("/openapi.json", Value::Object(fields)) => fields.keys().cloned().collect::<Vec<_>>().into(),
        // The features of the model, and what the machine has: other tests know them.
        ("/api/v1/model/importance", Value::Object(fields)) => {
            fields.keys().cloned().collect::<Vec<_>>().into()
        }
        (_, Value::String(kind)) if call.body.is_null() => Value::String(kind.clone()),
        (_, answer) => shape(answer),
    }
}

#[tokio::test]
async fn every_documented_call_is_answered_in_its_shape() {
    let crm = crm::start().await;
    let settings = [
        ("API_KEY", KEY),
        ("HUBSPOT_ACCESS_TOKEN", "pat-test"),
        ("HUBSPOT_BASE_URL", &crm),
        ("WHATSAPP_APP_SECRET", APP_SECRET),
        ("INSTAGRAM_APP_SECRET", APP_SECRET),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let server = Running::start_in(folder, &settings).await;
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    let mut shapes = Map::new();
    for call in calls() {
        let name = format!("{} {} {}", call.family, call.method, call.path);
        let mut tries = 0;
        let (status, answer) = loop {
            let (status, answer) = send(&server, &call, &kept).await;
            tries += 1;
            if tries == 200 || call.until.iter().all(|(place, wanted)| answer.pointer(place) == Some(wanted))
            {
                break (status, answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(status, call.status, "{name}: {answer}");
        for (name, place) in &call.keep {
            let value = answer.pointer(place).unwrap_or_else(|| panic!("{place} of {answer}"));
            kept.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        if let Some(lead) = kept.get("lead").filter(|_| !kept.contains_key("number")) {
            let store = Store::open_folder(&path).await.unwrap();
            let lead = store.lead("default", &LeadReference::Any(lead.clone())).await.unwrap().unwrap();
            kept.insert("number".to_owned(), lead.number.to_string());
            store.close().await;
        }
        shapes.insert(name, shape_of(&call, &answer));
    }
    assert_eq!(shapes.len(), DOCUMENTED.0);
    let own = serde_json::to_string_pretty(&shapes).unwrap() + "\n";
    if std::env::var_os("LEADSCORE_BLESS").is_some() {
        std::fs::write(SHAPES, &own).unwrap();
    }
    let golden: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(SHAPES).unwrap()).unwrap();
    for (name, own) in &shapes {
        assert_eq!(Some(own), golden.get(name), "{name}");
    }
    assert_eq!(golden.len(), shapes.len());
    server.stop().await;
}

#[test]
fn the_readme_lists_every_documented_call() {
    let calls = calls();
    let different: BTreeSet<(&str, &str)> =
        calls.iter().map(|call| (call.method.as_str(), call.path.as_str())).collect();
    assert_eq!((calls.len(), different.len()), DOCUMENTED);
    let readme = std::fs::read_to_string(README).unwrap();
    for family in ["heatscore", "lead-ml", "b2b", "qualify", "capture"] {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{family}` |")));
        let row = row.unwrap_or_else(|| panic!("the README has no row of {family}"));
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let own: Vec<String> = calls
            .iter()
            .filter(|call| call.family == family)
            .map(|call| format!("{} {}", call.method, call.path))
            .collect();
        let listed: Vec<&str> = columns[2]
            .split('`')
            .filter(|text| text.starts_with(|first: char| first.is_ascii_uppercase()))
            .collect();
        assert_eq!(listed, own, "{family}");
        assert_eq!(columns[3], format!("{0} of {0}", own.len()), "{family}");
    }
}
