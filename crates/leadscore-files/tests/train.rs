//! Learning from files for other languages.

use std::path::{Path, PathBuf};

use leadscore::{ErrorKind, Pipeline};
use leadscore_files::{never_stop, train_file, trainer_from_json};
use serde_json::{Value, json};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("leadscore-train-test-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// More visits are better.
fn table(folder: &Path) -> PathBuf {
    let file = folder.join("past.csv");
    let row = |row: u32| {
        let visits = row * 7 % 20;
        format!("{visits},{}\n", if visits + row * 5 % 11 > 14 { "won" } else { "lost" })
    };
    std::fs::write(&file, format!("Visits,outcome\n{}", (0..200).map(row).collect::<String>())).unwrap();
    file
}

fn options(folder: &Path, more: Value) -> String {
    let mut own = json!({"input": table(folder), "target": "outcome", "as_of": "2026-11-22", "rounds": 10});
    let Value::Object(more) = more else { unreachable!("options are an object") };
    own.as_object_mut().unwrap().extend(more);
    own.to_string()
}

#[test]
fn a_file_becomes_a_pipeline_with_a_report() {
    let folder = folder("file");
    let own = folder.join("own.json");
    let mut rounds = 0;
    let text = train_file(
        &options(&folder, json!({"output": own, "monotone": {"visits": "rising"}, "folds": 3})),
        &mut |_| rounds += 1,
        &never_stop,
    );
    let found: Value = serde_json::from_str(&text.unwrap()).unwrap();
    let pipeline = Pipeline::from_json(found["pipeline"].as_str().unwrap()).unwrap();
    assert_eq!(pipeline.id(), "own");
    assert_eq!(std::fs::read_to_string(&own).unwrap().trim_end(), found["pipeline"].as_str().unwrap());
    let report = &found["report"];
    assert_eq!(report["content_hash"], pipeline.content_hash().to_string());
    assert_eq!((report["leads"].as_u64(), report["folds"].as_array().unwrap().len()), (Some(200), 3));
    assert_eq!(report["columns"], json!([{"feature": "visits", "column": "Visits"}]));
    assert!(rounds >= 3);
    assert_eq!(
        found["warnings"][0].as_str().unwrap().split(':').next(),
        Some("`Visits` looks like the answer")
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn bad_options_are_named_and_no_file_is_written() {
    let folder = folder("bad");
    let refused = |more: Value| {
        let error = train_file(&options(&folder, more), &mut |_| {}, &never_stop).unwrap_err();
        (error.kind(), error.path().to_string())
    };
    let wrong = |path: &str| (ErrorKind::InvalidContext, path.to_owned());
    assert_eq!(refused(json!({"round": 3})), wrong("options"));
    assert_eq!(refused(json!({"calibration": "plat"})), wrong("calibration"));
    assert_eq!(refused(json!({"monotone": {"visits": "up"}})), wrong("monotone"));
    assert_eq!(refused(json!({"capture": [0.5], "precision": [0.5]})), wrong("precision"));
    assert_eq!(refused(json!({"target": "wun"})), wrong("target"));
    let own = folder.join("own.json");
    assert_eq!(refused(json!({"output": own, "target": "wun"})), wrong("target"));
    assert!(!own.exists());
    let past = folder.join("past.csv");
    assert_eq!(refused(json!({"output": past})), wrong("output"));
    assert!(std::fs::read_to_string(&past).unwrap().starts_with("Visits"));
    let stop: fn() -> bool = || true;
    let stopped = train_file(&options(&folder, json!({})), &mut |_| {}, &stop).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_trainer_takes_no_options_of_files() {
    assert!(trainer_from_json(r#"{"folds": 3, "seed": 1}"#).is_ok());
    let refused = |text: &str| trainer_from_json(text).unwrap_err().path().to_string();
    assert_eq!(refused(r#"{"input": "a.csv"}"#), "input");
    assert_eq!(refused(r#"{"drop": ["a"]}"#), "drop");
    assert_eq!(refused("[]"), "options");
}
