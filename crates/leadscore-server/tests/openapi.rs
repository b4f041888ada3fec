//! `docs/openapi.json` is what the server says of itself. `LEADSCORE_BLESS=1` writes it.

use std::collections::HashMap;

use leadscore_server::{Layers, documentation};
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

async fn own() -> String {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("LEADSCORE_DATA".to_owned(), folder.path().display().to_string())];
    let config = Layers::new().environment(settings).unwrap().build().unwrap();
    documentation(config, folder.path()).await.unwrap() + "\n"
}

#[tokio::test]
async fn the_file_is_what_the_server_says() {
    let own = own().await;
    if std::env::var_os("LEADSCORE_BLESS").is_some() {
        std::fs::write(FILE, &own).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == own, "docs/openapi.json is not that of the server; LEADSCORE_BLESS=1 writes it anew");
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_a_summary_and_a_tag() {
    let document: Value = serde_json::from_str(&own().await).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    let mut names: HashMap<String, String> = HashMap::new();
    let mut problems = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            match operation["operationId"].as_str() {
                None => problems.push(format!("{place}: no operationId")),
                Some(name) => {
                    if let Some(other) = names.insert(name.to_owned(), place.clone()) {
                        problems.push(format!("{place}: {name} is the name of {other} too"));
                    }
                }
            }
            if operation["summary"].as_str().is_none_or(str::is_empty) {
                problems.push(format!("{place}: no summary"));
            }
            if operation["tags"].as_array().is_none_or(Vec::is_empty) {
                problems.push(format!("{place}: no tag"));
            }
        }
    }
    assert!(problems.is_empty() && !names.is_empty(), "{}", problems.join("\n"));
}
