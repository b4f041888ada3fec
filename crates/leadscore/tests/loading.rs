//! Pipeline files are read strictly: every mistake has its code and its path.

#[path = "cases/mistakes.rs"]
mod mistakes;

use leadscore::{AsOf, Error, FeatureSchema, Lead, Pipeline, TierScheme, Timestamp, Zone};
use mistakes::{GOOD, file};

#[test]
fn the_file_these_tests_damage_is_good() {
    Pipeline::from_json(GOOD).unwrap();
}

#[test]
fn every_mistake_has_its_code_and_path() {
    let all = mistakes::all();
    assert!(all.len() > 130);
    for mistake in all {
        refused(&mistake.text, mistake.code, &mistake.path);
    }
}

#[test]
fn names_that_are_not_built_in() {
    assert_eq!(Pipeline::builtin("none").unwrap_err().code(), "unknown_name");
    assert_eq!(FeatureSchema::builtin("none").unwrap_err().code(), "unknown_name");
    assert_eq!(TierScheme::builtin("none").unwrap_err().code(), "unknown_name");
}

#[test]
fn many_features_are_read_in_a_time_that_grows_with_their_number() {
    let feature =
        |place: usize| format!(r#"{{"name":"f{place}","type":"number","source":{{"from":"attribute"}}}}"#);
    let many: Vec<String> = (0..20_000).map(feature).collect();
    let schema = FeatureSchema::from_json(&format!(r#"{{"features":[{}]}}"#, many.join(","))).unwrap();
    assert_eq!(schema.columns().len(), 20_000);
    let levels: Vec<String> = (0..100_000).map(|place| format!(r#""l{place}""#)).collect();
    let one = format!(
        r#"{{"name":"f","type":"category","levels":[{}],"source":{{"from":"attribute"}}}}"#,
        levels.join(",")
    );
    FeatureSchema::from_json(&format!(r#"{{"features":[{one}]}}"#)).unwrap();
}

#[test]
fn depth_and_size_have_limits() {
    let nested = |depth: usize| {
        let value = format!("{}1{}", r#"{"round":"#.repeat(depth - 1), "}".repeat(depth - 1));
        file(r#""points":1}"#, &format!(r#""points":{value}}}"#))
    };
    Pipeline::from_json(&nested(16)).unwrap();
    let path = format!("scorer.groups[0].rules[0].points{}", ".round".repeat(16));
    refused(&nested(17), "invalid_pipeline", &path);
    let wide = |nodes: usize| {
        let ones = vec!["1"; nodes - 1].join(",");
        file(r#""points":1}"#, &format!(r#""points":{{"sum":[{ones}]}}}}"#))
    };
    Pipeline::from_json(&wide(9_999)).unwrap();
    refused(&wide(10_001), "invalid_pipeline", "scorer.groups[0].rules[0].points.sum[9999]");
    let deep = "[".repeat(100_000);
    refused(&deep, "invalid_json", "");
}

#[test]
fn extending_replaces_top_level_fields() {
    let own = r#"{"format":1,"id":"mine","extends":"conversion","tiers":"a-e"}"#;
    let pipeline = Pipeline::from_json(own).unwrap();
    assert_eq!((pipeline.id(), pipeline.name()), ("mine", "mine"));
    assert_eq!(pipeline.tiers().tiers()[0].name(), "A");
    assert!(!pipeline.to_json().contains("extends"));
    let lead = Lead::new("l").with("company", "Acme");
    let as_of = AsOf::new(Timestamp::parse("2026-11-22", &Zone::utc()).unwrap());
    let both =
        [&pipeline, &Pipeline::builtin("conversion").unwrap()].map(|p| p.score(&lead, &as_of).unwrap().score);
    assert_eq!(both[0], both[1]);
}

#[test]
fn lead_records_name_their_mistakes_too() {
    let error = |text: &str| Lead::from_json(text, &Zone::utc()).unwrap_err();
    for (text, code, path) in [
        ("[]", "invalid_lead", ""),
        ("{", "invalid_json", ""),
        (r#"{"id":"a","id":"b"}"#, "invalid_json", ""),
        (r#"{"id":1.5}"#, "invalid_lead", "id"),
        (r#"{"tags":["a"]}"#, "invalid_lead", "tags"),
        (r#"{"attributes":{"a":{}}}"#, "invalid_lead", "attributes.a"),
        (r#"{"attributes":{},"company":"Acme"}"#, "invalid_lead", ""),
        (r#"{"activities":{}}"#, "invalid_lead", "activities"),
        (r#"{"activities":[{"kind":"call"}]}"#, "invalid_lead", "activities[0]"),
        (r#"{"activities":[{"kind":"call","at":"soon"}]}"#, "invalid_lead", "activities[0].at"),
        (r#"{"activities":[{"kind":"call","at":7}]}"#, "invalid_lead", "activities[0].at"),
        (r#"{"activities":[{"kind":"call","at":"2026-01-01","when":1}]}"#, "invalid_lead", "activities[0]"),
        (
            r#"{"activities":[{"kind":"call","at":"2026-01-01","properties":{"p":[]}}]}"#,
            "invalid_lead",
            "activities[0].properties.p",
        ),
    ] {
        assert_eq!((error(text).code(), &*error(text).path().to_string()), (code, path), "{text}");
    }
}

fn refused(text: &str, code: &str, path: &str) {
    let shown = &text[..text.len().min(2_000)];
    let error: Error = Pipeline::from_json(text).err().unwrap_or_else(|| panic!("taken: {shown}"));
    assert_eq!((error.code(), &*error.path().to_string()), (code, path), "{error}\n{shown}");
    assert!(!error.message().is_empty());
}
