//! Pipeline files are read strictly: every mistake has its code and its path.

#[path = "cases/mistakes.rs"]
mod mistakes;

use leadscore::{AsOf, Error, FeatureSchema, Forest, Lead, Pipeline, TierScheme, Timestamp, Zone};
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
fn a_forest_keeps_what_its_file_leaves_open() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/columns");
    for name in ["lightgbm-frame.txt", "lightgbm-unclear.txt", "xgboost-frame.json", "xgboost-lost.json"] {
        let forest = Forest::from_bytes(&std::fs::read(format!("{folder}/{name}")).unwrap()).unwrap();
        let again = Forest::from_json(&forest.to_json()).unwrap();
        assert!(!forest.notes().is_empty(), "{name}");
        assert_eq!(again.notes(), forest.notes(), "{name}");
        for feature in 0..forest.feature_count() {
            for cell in ["true", "no", "1", "501", "0.5", "de", ""] {
                let [a, b] = [&forest, &again].map(|own| own.encode_cell(feature, cell).map(f64::to_bits));
                assert_eq!(
                    a.map_err(|e| e.to_string()),
                    b.map_err(|e| e.to_string()),
                    "{name}: {feature}: {cell}"
                );
            }
        }
        // A file from before these fields were written is read as before.
        let mut old: serde_json::Value = serde_json::from_str(&forest.to_json()).unwrap();
        for feature in old["features"].as_array_mut().unwrap() {
            for field in ["lost", "assumed_flag", "may_be_flag"] {
                feature.as_object_mut().unwrap().remove(field);
            }
        }
        assert_eq!(Forest::from_json(&old.to_string()).unwrap().feature_count(), forest.feature_count());
    }
    let lost = std::fs::read(format!("{folder}/xgboost-lost.json")).unwrap();
    let text = Forest::from_bytes(&lost).unwrap().to_json();
    assert!(text.contains(r#""lost":[2]"#));
    let error = Forest::from_json(&text.replace(r#""lost":[2]"#, r#""lost":[7]"#)).unwrap_err();
    assert!(error.to_string().contains("there are 3 levels"), "{error}");
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
