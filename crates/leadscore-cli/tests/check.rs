//! `leadscore check`: every problem with its place, also as JSON, and whether there may be more.

mod support;

use serde_json::Value;
use support::{folder, leadscore, path};

/// A pipeline with so many rules that name an unknown feature.
fn pipeline(bad_rules: usize) -> String {
    let rule = |number| {
        format!("{{\"code\": \"r{number}\", \"when\": \"nobody_{number}\", \"points\": 1, \"text\": \"x\"}}")
    };
    let rules: Vec<String> = (0..bad_rules).map(rule).collect();
    let good = "{\"code\": \"good\", \"when\": \"has_company\", \"points\": 5, \"text\": \"Known\"}";
    let rules = [&[good.to_owned()][..], &rules].concat().join(",\n");
    format!(
        "{{\"format\": 1, \"id\": \"p\", \"extends\": \"lead-score\", \"scorer\": {{\"kind\": \"scorecard\",\n\
         \"unit\": \"points\", \"base\": 0, \"groups\": [{{\"code\": \"g\", \"rules\": [\n{rules}]}}]}}}}"
    )
}

#[test]
fn problems_come_as_json() {
    let dir = folder(&[("bad.json", pipeline(2).as_bytes()), ("good.json", pipeline(0).as_bytes())]);
    let [bad, good, out] = ["bad.json", "good.json", "out.json"].map(|name| path(&dir, name));
    for args in [vec!["check", &bad, "--json"], vec!["check", &bad, "-f", "json"]] {
        let run = leadscore(&args);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.ends_with("bad.json: 2 problems\n"), "{}", run.err);
        let found: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((&found["id"], &found["is_complete"]), (&Value::Null, &Value::Bool(true)));
        assert!(found["file"].as_str().unwrap().ends_with("bad.json"));
        let problems: Vec<&Value> =
            found["problems"].as_array().unwrap().iter().filter(|own| own["severity"] == "error").collect();
        let places: Vec<(u64, &str)> = problems
            .iter()
            .map(|own| (own["line"].as_u64().unwrap(), own["path"].as_str().unwrap()))
            .collect();
        assert_eq!(places, [(4, "scorer.groups[0].rules[1].when"), (5, "scorer.groups[0].rules[2].when")]);
        assert!(problems[0]["message"].as_str().unwrap().contains("nobody_0"));
        assert!(problems[0]["code"].is_string() && problems[0]["column"].is_u64());
    }
    let run = leadscore(&["check", &good, "-o", &out]);
    assert_eq!((run.code, run.err.contains("problem")), (0, false), "{}", run.err);
    let found: Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(found["id"], "p");
    assert!(found["content_hash"].as_str().unwrap().len() > 32);
    let warnings = found["problems"].as_array().unwrap();
    assert!(!warnings.is_empty() && warnings.iter().all(|own| own["severity"] == "warning"), "{found}");
    let over = leadscore(&["check", &good, "-o", &good]);
    assert!(over.code == 2 && over.err.contains("would be overwritten"), "{}", over.err);
}

#[test]
fn a_list_that_is_not_all_says_so() {
    let dir = folder(&[("many.json", pipeline(130).as_bytes()), ("cut.json", b"{\"format\": 1,")]);
    let [many, cut] = ["many.json", "cut.json"].map(|name| path(&dir, name));
    let more = "There may be more: mend these, and check again.";
    let run = leadscore(&["check", &many]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("100 problems") && run.err.contains(more), "{}", run.err);
    let found: Value = serde_json::from_str(&leadscore(&["check", &many, "--json"]).out).unwrap();
    assert_eq!(
        (found["problems"].as_array().unwrap().len(), &found["is_complete"]),
        (100, &Value::Bool(false))
    );
    let run = leadscore(&["check", &cut]);
    assert!(run.code == 2 && run.err.contains(more), "{}", run.err);
    let few = folder(&[("few.json", pipeline(3).as_bytes())]);
    assert!(!leadscore(&["check", &path(&few, "few.json")]).err.contains(more));
}

#[test]
fn first_files_are_not_packed() {
    let dir = folder(&[("leads.csv", b"lead_id,company,visits\n1,Acme,3\n2,Beta,5\n")]);
    let leads = path(&dir, "leads.csv");
    for (command, name) in [("mapping", "map.json.gz"), ("pipeline", "p.JSON.GZ")] {
        let out = path(&dir, name);
        let run = leadscore(&["init", command, &leads, "-o", &out]);
        assert_eq!(run.code, 2, "{}", run.out);
        assert!(run.err.contains("is not packed; leave out the ending .gz"), "{}", run.err);
        assert!(!std::path::Path::new(&out).exists());
    }
}
