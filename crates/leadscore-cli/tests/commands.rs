//! The other commands: explain, compare, features, inspect, check, pipelines.

mod support;

use support::{folder, leadscore, path, records};

const AS_OF: &str = "2026-11-20T12:00:00Z";
const LEADS: &str = "examples/leads.csv";

#[test]
fn explain_shows_the_whole_sum_and_draws_it() {
    let dir = folder(&[]);
    let svg = path(&dir, "sum.svg");
    let run = leadscore(&["explain", LEADS, "--lead", "L-000003", "--as-of", AS_OF, "--svg", &svg]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("Every lead starts at") && run.out.contains("Score"), "{}", run.out);
    assert!(run.out.contains("is limited"));
    let picture = std::fs::read_to_string(svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    let json = leadscore(&["explain", LEADS, "--lead", "L-000003", "--as-of", AS_OF, "--json"]);
    let prediction: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(prediction["lead_id"], "L-000003");
}

#[test]
fn compare_tells_who_moved_and_why() {
    let dir = folder(&[]);
    let (old, new) = (path(&dir, "old.jsonl"), path(&dir, "new.jsonl"));
    leadscore(&["score", LEADS, "--as-of", "2026-11-20T12:00:00Z", "-f", "jsonl", "-o", &old]);
    leadscore(&["score", LEADS, "--as-of", "2026-12-31T12:00:00Z", "-f", "jsonl", "-o", &new]);
    let run = leadscore(&["compare", &old, &new]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("Moved to another tier") && run.out.contains("HOT → "), "{}", run.out);
    assert!(run.out.contains("Silent for"), "{}", run.out);
    let json: serde_json::Value =
        serde_json::from_str(&leadscore(&["compare", &old, &new, "--json"]).out).unwrap();
    assert!(!json["tier_moved"].as_array().unwrap().is_empty());
    let same = leadscore(&["compare", &old, &old]);
    assert!(same.out.contains("60 leads unchanged"), "{}", same.out);
    assert_eq!(leadscore(&["compare", LEADS, &old]).code, 2);
}

#[test]
fn features_are_a_table_with_names() {
    let run = leadscore(&["features", LEADS, "--as-of", AS_OF]);
    let rows = records(&run.out);
    assert_eq!(rows.len(), 61);
    assert_eq!(rows[0][..3], ["lead_id", "row", "has_company"]);
    assert_eq!(rows[0].len(), 2 + 31);
    let lines = leadscore(&["features", LEADS, "--as-of", AS_OF, "--jsonl"]);
    let first: serde_json::Value = serde_json::from_str(lines.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["features"]["has_company"], true);
}

#[test]
fn inspect_tells_what_was_understood() {
    let run = leadscore(&["inspect", LEADS]);
    assert_eq!(run.code, 0, "{}", run.err);
    let seen: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(seen["delimiter"], ",");
    assert_eq!(seen["encoding"], "utf-8");
    assert_eq!(seen["has_header"], true);
    assert_eq!(seen["rows"], 60);
    let column = |name: &str| {
        seen["columns"].as_array().unwrap().iter().find(|column| column["name"] == name).unwrap().clone()
    };
    assert_eq!(column("lead_id")["kind"], "id");
    assert_eq!(column("created_at")["kind"], "date");
    assert_eq!(column("email_open_count")["kind"], "number");
    assert_eq!(column("lead_id")["distinct"], 60);
    for name in ["rejected", "warnings"] {
        assert!(seen[name].is_array(), "{name}");
    }
}

#[test]
fn check_names_what_is_wrong_and_where() {
    let good = leadscore(&["check", "examples/x_education.json"]);
    assert_eq!(good.code, 0, "{}", good.err);
    let bad = leadscore(&["pipelines", "priority", "--json"])
        .out
        .replace("\"momentum\",", "\"momentum\",\"typo\":1,");
    let dir = folder(&[("bad.json", bad.as_bytes())]);
    let run = leadscore(&["check", &path(&dir, "bad.json")]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("scorer.groups[1]") && run.err.contains("typo"), "{}", run.err);
}

#[test]
fn pipelines_are_listed_shown_and_printed() {
    let list = leadscore(&["pipelines"]);
    for name in
        ["conversion", "conversion-compat", "priority", "lead-score", "heat-rules", "qualify", "capture"]
    {
        assert!(list.out.lines().any(|line| line.starts_with(name)), "{name}");
        let json = leadscore(&["pipelines", name, "--json"]).out;
        let dir = folder(&[("p.json", json.as_bytes())]);
        assert_eq!(leadscore(&["check", &path(&dir, "p.json")]).code, 0, "{name}");
    }
    assert!(leadscore(&["pipelines", "qualify"]).out.contains("Company fit"));
}
