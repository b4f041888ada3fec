//! Words in place of an id or a value, such as `N/A`: none of them is taken for one.

use leadscore::{Attribute, Pipeline};
use leadscore_files::{LeadInput, ReadLead};

/// The ids of the leads of a file, and what was said of it.
fn ids(name: &str, content: &str, log: Option<&str>) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut input = LeadInput::new(write(name, content));
    if let Some(log) = log {
        input = input.activities(write("log.csv", log));
    }
    let mut notes: Vec<leadscore_files::Note> = Vec::new();
    let mut reader = input.open(&Pipeline::builtin("conversion").unwrap(), &mut notes).unwrap();
    let mut ids = Vec::new();
    while reader.read_lead().unwrap() == ReadLead::Lead {
        let lead = reader.lead();
        ids.push(format!("{} {}", lead.id.clone().unwrap(), lead.activities.len()));
    }
    let warnings = reader.warnings().into_iter().map(|warning| warning.to_string());
    (ids, notes.iter().map(ToString::to_string).chain(warnings).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_word_in_place_of_an_id_is_no_id() {
    let csv = "lead_id,company\nL-1,Acme\nN/A,Beta\n-,Gamma\nunknown,Delta\nnull,Eta\n,Zeta\n";
    let jsonl = r#"{"lead_id": "L-1", "company": "Acme"}
{"lead_id": "N/A", "company": "Beta"}
{"lead_id": "-", "company": "Gamma"}
{"lead_id": "unknown", "company": "Delta"}
{"lead_id": "null", "company": "Eta"}
{"lead_id": "", "company": "Zeta"}
"#;
    let log = "lead_id,kind,at\nL-1,call,2026-11-01\nN/A,call,2026-11-01\n-,call,2026-11-01\n";
    for (name, content) in [("leads.csv", csv), ("leads.jsonl", jsonl)] {
        let (found, said) = ids(name, content, Some(log));
        assert_eq!(found, ["L-1 1", "row:2 0", "row:3 0", "row:4 0", "row:5 0", "row:6 0"], "{name}");
        let wanted =
            "5 leads have no id (4 have a word such as `N/A`, which is no id), the first is shown as `row:2`";
        assert!(said.contains(wanted), "{name}: {said}");
        assert!(!said.contains("more than one row"), "{name}: {said}");
        assert!(said.contains("2 activities could not be used; the first: line 3"), "{name}: {said}");
    }
    let (_, said) = ids("leads.csv", "lead_id,company\nL-1,Acme\n,Beta\n", None);
    assert!(said.contains("1 lead has no id, it is shown as `row:2`"), "{said}");
    // A test lead may be called so.
    assert_eq!(ids("leads.csv", "lead_id,company\ntest,Acme\nx,Beta\n", None).0, ["test 0", "x 0"]);
}

#[test]
fn words_for_missing_are_none_in_json_records_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.jsonl");
    let content = r#"{"id": "1", "company": "Acme", "title": "n/a", "first_name": "-", "last_name": "Ray", "note": "-"}
{"id": "2", "company": "-", "title": "CEO"}
{"id": "3", "company": " Unknown ", "title": "Nobody knows"}
{"id": "N/A", "company": "-"}
"#;
    std::fs::write(&path, content).unwrap();
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let input = LeadInput::new(path.to_str().unwrap()).carry(["company"]);
    let mut reader = input.open(&pipeline, &mut Vec::new()).unwrap();
    let mut leads = Vec::new();
    while reader.read_lead().unwrap() == ReadLead::Lead {
        leads.push(reader.lead().clone());
    }
    assert_eq!(leads.len(), 3, "a record of nothing but such words is no lead");
    let is_missing = |lead: usize, name: &str| matches!(leads[lead].attributes[name], Attribute::Number(number) if number.is_nan());
    assert!(is_missing(0, "title") && is_missing(1, "company") && is_missing(2, "company"));
    assert_eq!(leads[0].attributes["name"], Attribute::from("Ray"));
    assert_eq!(leads[0].attributes["note"], Attribute::from("-"), "what nothing reads stays as it is");
    assert_eq!(leads[2].attributes["title"], Attribute::from("Nobody knows"));
    let said = reader.warnings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for wanted in [
        "3 values with `-` or `Unknown` read as missing; first at line 2",
        "1 value with `n/a` read as missing; first at line 1",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn a_word_that_the_pipeline_tells_from_others_is_a_value() {
    let pipeline = Pipeline::from_json(
        r#"{"format": 1, "id": "p", "schema": {"features": [
            {"name": "plan", "type": "category", "levels": ["none", "pro"], "source": {"from": "attribute"}}]},
            "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "groups": [{"code": "all", "rules": [
                {"code": "plan", "when": {"of": "plan", "is": "none"}, "points": 7, "text": "No plan"}]}]},
            "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#,
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.jsonl");
    std::fs::write(&path, "{\"id\": 1, \"plan\": \"None\"}\n{\"id\": 2, \"plan\": \"n/a\"}\n").unwrap();
    let mut reader = LeadInput::new(path.to_str().unwrap()).open(&pipeline, &mut Vec::new()).unwrap();
    assert_eq!(reader.read_lead().unwrap(), ReadLead::Lead);
    assert_eq!(reader.lead().attributes["plan"], Attribute::from("None"));
    assert_eq!(reader.read_lead().unwrap(), ReadLead::Lead);
    assert!(matches!(reader.lead().attributes["plan"], Attribute::Number(number) if number.is_nan()));
}
