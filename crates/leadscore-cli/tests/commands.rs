//! What other programs read of the commands beside `score`; their whole output is in the snapshots.

mod support;

use leadscore::{Pipeline, Timestamp, Zone};
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
fn compare_names_five_leads_and_counts_the_others() {
    for (leads, told) in [
        (5, "5 new leads: L1, L2, L3, L4, L5\n"),
        (6, "6 new leads: L1, L2, L3, L4, L5 and 1 more (--json has them all)\n"),
        (7, "7 new leads: L1, L2, L3, L4, L5 and 2 more (--json has them all)\n"),
    ] {
        let rows: Vec<String> = (1..=leads).map(|at| format!("L{at},Acme\n")).collect();
        let old = "id,company\nL0,Acme\n";
        let new = format!("{old}{}", rows.concat());
        let dir = folder(&[("old.csv", old.as_bytes()), ("new.csv", new.as_bytes())]);
        for name in ["old", "new"] {
            let [input, output] = ["csv", "jsonl"].map(|ending| path(&dir, &format!("{name}.{ending}")));
            assert_eq!(leadscore(&["score", &input, "--as-of", AS_OF, "-o", &output]).code, 0);
        }
        let run = leadscore(&["compare", &path(&dir, "old.jsonl"), &path(&dir, "new.jsonl")]);
        assert!(run.out.contains(told), "{}", run.out);
        let run = leadscore(&["compare", &path(&dir, "new.jsonl"), &path(&dir, "old.jsonl")]);
        assert!(run.out.contains(&told.replace("new leads", "leads gone")), "{}", run.out);
    }
}

#[test]
fn compare_tells_the_strongest_change_first() {
    let pipeline = br#"{"format":1,"id":"p","schema":{"features":[
      {"name":"a","type":"number","source":{"from":"attribute"}},{"name":"b","type":"number","source":{"from":"attribute"}},
      {"name":"c","type":"number","source":{"from":"attribute"}},{"name":"d","type":"number","source":{"from":"attribute"}}]},
      "scorer":{"kind":"scorecard","unit":"points","base":50,"groups":[{"code":"g","rules":[
        {"code":"a","points":"a","text":"A"},{"code":"b","points":"b","text":"B"},{"code":"c","points":"c","text":"C"},
        {"code":"d","points":"d","text":"D"}]}]},"scale":{"kind":"points"},"tiers":"hot-warm-cold"}"#;
    let dir = folder(&[
        ("p.json", pipeline),
        ("old.csv", b"id,a,b,c,d\nL,1,2,3,4\n"),
        // By 1 up, by 7 down, by 3 up, and by less than is told.
        ("new.csv", b"id,a,b,c,d\nL,2,-5,6,4.04\n"),
    ]);
    for name in ["old", "new"] {
        let [input, output] = ["csv", "jsonl"].map(|ending| path(&dir, &format!("{name}.{ending}")));
        let run = leadscore(&["score", &input, "-p", &path(&dir, "p.json"), "--as-of", AS_OF, "-o", &output]);
        assert_eq!(run.code, 0, "{}", run.err);
    }
    let (old, new) = (path(&dir, "old.jsonl"), path(&dir, "new.jsonl"));
    let json: serde_json::Value =
        serde_json::from_str(&leadscore(&["compare", &old, &new, "--json"]).out).unwrap();
    let moved =
        [&json["tier_moved"], &json["score_moved"]].into_iter().flat_map(|moves| moves.as_array().unwrap());
    let reasons: Vec<&serde_json::Value> = moved.flat_map(|one| one["reasons"].as_array().unwrap()).collect();
    let texts: Vec<&str> = reasons.iter().map(|change| change["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["B", "C", "A"]);
    assert_eq!((&reasons[0]["old_points"], &reasons[0]["new_points"]), (&2.0.into(), &(-5.0).into()));
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

#[test]
fn the_list_of_pipelines_is_json_if_asked() {
    let out = leadscore(&["pipelines", "--json"]).out;
    assert_eq!(out, leadscore(&["pipelines", "-f", "json"]).out);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let listed: Vec<(&str, &str)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["name"].as_str().unwrap()))
        .collect();
    let own: Vec<Pipeline> = Pipeline::builtin_names().map(|name| Pipeline::builtin(name).unwrap()).collect();
    assert_eq!(listed, own.iter().map(|pipeline| (pipeline.id(), pipeline.name())).collect::<Vec<_>>());
    assert_eq!(json[0]["note"].as_str(), own[0].note());
}

#[test]
fn leads_are_judged_as_of_now_unless_a_moment_is_named() {
    let millis = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let before = millis();
    let run = leadscore(&["score", LEADS, "-f", "jsonl", "-n", "1"]);
    let after = millis();
    let lead: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let as_of = lead["provenance"]["as_of"].as_str().unwrap();
    let as_of = Timestamp::parse(as_of, &Zone::utc()).unwrap().as_millis() as u128;
    assert!((before..=after).contains(&as_of), "{before} {as_of} {after}");
}
