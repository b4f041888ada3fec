//! What other programs read of the commands beside `score`; their whole output is in the snapshots.

mod support;

use leadscore::Pipeline;
use support::{folder, leadscore, path};

const AS_OF: &str = "2026-11-20T12:00:00Z";
const LEADS: &str = "examples/leads.csv";

#[test]
fn compare_is_json_if_asked() {
    let dir = folder(&[]);
    let (old, new) = (path(&dir, "old.jsonl"), path(&dir, "new.jsonl"));
    leadscore(&["score", LEADS, "--as-of", AS_OF, "-f", "jsonl", "-o", &old]);
    leadscore(&["score", LEADS, "--as-of", "2026-12-31T12:00:00Z", "-f", "jsonl", "-o", &new]);
    let json: serde_json::Value =
        serde_json::from_str(&leadscore(&["compare", &old, &new, "--json"]).out).unwrap();
    let moved = json["tier_moved"].as_array().unwrap().len() + json["score_moved"].as_array().unwrap().len();
    assert_eq!(moved as u64 + json["same"].as_u64().unwrap(), 60);
    assert_ne!(moved, 0);
}

#[test]
fn features_are_json_lines_if_asked() {
    let lines = leadscore(&["features", LEADS, "--as-of", AS_OF, "--jsonl"]);
    assert_eq!(lines.out.lines().count(), 60);
    let first: serde_json::Value = serde_json::from_str(lines.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["features"]["has_company"], true);
}

#[test]
fn every_pipeline_is_printed_as_a_file_that_can_be_used() {
    for name in Pipeline::builtin_names() {
        let json = leadscore(&["pipelines", name, "--json"]).out;
        let dir = folder(&[("p.json", json.as_bytes())]);
        assert_eq!(leadscore(&["check", &path(&dir, "p.json")]).code, 0, "{name}");
    }
}
