use std::fs;
use std::path::PathBuf;

use leadscore::pipeline::ScoreWorkspace;
use serde_json::{Map, Value, json};

use super::super::body::read_one;
use super::super::current::CurrentModel;
use super::super::model_file::ModelFile;
use super::*;

fn golden(case: &str, file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden").join(case).join(file)
}

fn pipeline_json(tiers: &str) -> String {
    json!({
        "format": 1, "id": "mine", "version": "2.1",
        "schema": {"features": [
            {"name": "visits", "type": "number", "range": [0, 50], "whole": true, "source": {"from": "attribute"}},
            {"name": "rate", "type": "number", "default": 0.5, "source": {"from": "attribute"}},
            {"name": "size", "type": "category", "levels": ["small", "large"], "source": {"from": "attribute"}}]},
        "scorer": {"kind": "scorecard", "unit": "points", "base": 0, "range": [0, 100], "groups": [{"code": "g", "rules": [
            {"code": "visits", "points": {"product": [2, "visits"]}, "range": [0, 100], "text": "{visits}"}]}]},
        "scale": {"kind": "points", "probability": true}, "tiers": tiers,
    })
    .to_string()
}

#[test]
fn buckets_are_four_times_the_probability_and_one_with_halves_to_even() {
    let model = B2bModel::builtin().unwrap();
    let below = |value: f64| f64::from_bits(value.to_bits() - 1);
    let above = |value: f64| f64::from_bits(value.to_bits() + 1);
    let cases = [
        (0.0, 1, Tier::E),
        (below(0.125), 1, Tier::E),
        (0.125, 2, Tier::D),
        (0.375, 2, Tier::D),
        (above(0.375), 3, Tier::C),
        (0.45, 3, Tier::C),
        (below(0.625), 3, Tier::C),
        (0.625, 4, Tier::B),
        (0.82, 4, Tier::B),
        (0.875, 4, Tier::B),
        (above(0.875), 5, Tier::A),
        (1.0, 5, Tier::A),
    ];
    for (raw_score, bucket, tier) in cases {
        assert_eq!(model.scored(raw_score), Scored { raw_score, bucket, tier });
    }
    for at in 0..=1000 {
        let share = f64::from(at) / 1000.0;
        let bucket = (4.0 * share + 1.0).round_ties_even();
        assert_eq!(f64::from(model.scored(share).bucket), bucket, "{share}");
    }
    let fifths = model.clone().with_tiers("a-e-fifths").unwrap();
    assert_eq!(
        (fifths.scored(0.82).bucket, fifths.scored(0.2).bucket, fifths.scored(0.21).bucket),
        (5, 1, 2)
    );
    assert!(matches!(model.with_tiers("hot-warm-cold"), Err(ModelError::UnknownTiers(_))));
}

#[test]
fn models_of_both_libraries_score_as_their_libraries_did() {
    let cases = [
        ("xgb-3.2.0-binary-json", "model.json", "xgboost"),
        ("xgb-3.2.0-binary-ubj", "model.ubj", "xgboost"),
        ("lgb-4.7.0-binary", "model.txt", "lightgbm"),
    ];
    for (case, file, library) in cases {
        let model = B2bModel::from_file(&golden(case, file), None).unwrap();
        let table = |name| fs::read_to_string(golden(case, name)).unwrap();
        let (input, expected) = (table("input.csv"), table("expected.csv"));
        let mut compared = 0;
        for (row, expected) in input.lines().zip(expected.lines()).skip(1) {
            let values: Vec<&str> = row.split(',').collect();
            // A body has a number for every feature.
            if values.iter().any(|value| serde_json::from_str::<f64>(value).is_err()) {
                continue;
            }
            let names = model.info().features.iter();
            let features: Map<String, Value> = names
                .zip(&values)
                .map(|(name, value)| (name.clone(), serde_json::from_str(value).unwrap()))
                .collect();
            let body = json!({"lead_id": "L", "features": features}).to_string();
            let raw_score = model
                .score_row(read_one(body.as_bytes(), &model).unwrap().row, &mut ScoreWorkspace::default())
                .unwrap()
                .raw_score;
            let expected: f64 = expected.split(',').nth(1).unwrap().parse().unwrap();
            assert!((raw_score - expected).abs() < 1e-6, "{case}: {raw_score} for {expected}");
            compared += 1;
        }
        assert!(compared >= 5, "{case}: {compared} rows");

        let version = model.version().to_owned();
        if case == "xgb-3.2.0-binary-json" {
            // As sha256sum tells it.
            assert_eq!(version, "51a6f5e4");
        }
        assert!(version.len() == 8 && version.chars().all(|c| c.is_ascii_hexdigit()), "{version}");
        assert_eq!(model.name(), format!("{library}_lead_score_v{version}"));
        assert_eq!(
            (&*model.info().metadata.model_type, &model.info().metadata.training_date),
            (library, &None)
        );
        // Every feature of the model is required.
        let invalid = read_one(br#"{"lead_id": "L", "features": {}}"#, &model).unwrap_err();
        assert_eq!(invalid.detail.len(), model.info().n_features);
        let named = B2bModel::from_file(&golden(case, file), Some("3.4.1")).unwrap();
        assert_eq!((named.name(), named.version()), (&*format!("{library}_lead_score_v341"), "3.4.1"));
    }
}

#[test]
fn importance_is_the_mean_gain_in_the_file() {
    let path = golden("xgb-3.2.0-binary-json", "model.json");
    let model = B2bModel::from_file(&path, None).unwrap();
    let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let trees = file["learner"]["gradient_booster"]["model"]["trees"].as_array().unwrap();
    let mut gains = vec![(0.0, 0.0); model.info().n_features];
    for tree in trees {
        for (at, left) in tree["left_children"].as_array().unwrap().iter().enumerate() {
            if left != -1 {
                let (sum, count) = &mut gains[tree["split_indices"][at].as_u64().unwrap() as usize];
                *sum += tree["loss_changes"][at].as_f64().unwrap();
                *count += 1.0;
            }
        }
    }
    let importance = model.importance().unwrap();
    assert_eq!(importance.features().len(), gains.len());
    for (name, gain) in importance.features() {
        let at = model.info().features.iter().position(|own| own == name).unwrap();
        let (sum, count) = gains[at];
        let expected = if count == 0.0 { 0.0 } else { sum / count };
        assert!((gain - expected).abs() <= 1e-6 * expected, "{name}: {gain} for {expected}");
    }
    assert!(importance.features().is_sorted_by(|(_, a), (_, b)| a >= b));
}

#[test]
fn importance_has_every_feature_in_falling_order() {
    let model = B2bModel::builtin().unwrap();
    let importance = model.importance().unwrap();
    assert_eq!((importance.features().len(), importance.top_10().len()), (50, 10));
    let text = serde_json::to_string(importance).unwrap();
    let (first, second) = (&importance.features()[0].0, &importance.features()[1].0);
    assert!(text.starts_with(&format!("{{\"importance\":{{\"{first}\":")), "{text}");
    assert!(text.find(second.as_str()).unwrap() < text.find("top_10").unwrap());
    let ties = Importance::new(vec![("b".into(), 0.0), ("c".into(), 1.0), ("a".into(), 0.0)]);
    assert_eq!(
        serde_json::to_value(&ties).unwrap(),
        json!({"importance": {"c": 1.0, "b": 0.0, "a": 0.0}, "top_10": [["c", 1.0], ["b", 0.0], ["a", 0.0]]})
    );
    assert_eq!(ties.features().iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["c", "b", "a"]);
}

#[test]
fn the_built_in_model_says_that_it_is_a_stand_in() {
    let info = serde_json::to_value(B2bModel::builtin().unwrap().info()).unwrap();
    assert_eq!((&info["version"], &info["n_features"]), (&json!("1.0.0"), &json!(50)));
    assert_eq!(
        (&info["metadata"]["model_type"], &info["metadata"]["is_stub"]),
        (&json!("xgboost"), &json!(true))
    );
    assert_eq!(
        (&info["features"][0], &info["metadata"]["features"]),
        (&json!("company_revenue"), &info["features"])
    );
}

#[test]
fn a_pipeline_brings_its_own_features_version_and_tiers() {
    let model = B2bModel::from_bytes(pipeline_json("a-e-fifths").as_bytes(), None).unwrap();
    assert_eq!((model.name(), model.version()), ("scorecard_lead_score_v21", "2.1"));
    let body = br#"{"lead_id": "L", "features": {"size": 1, "visits": 41}}"#;
    let lead = read_one(body, &model).unwrap();
    assert_eq!(lead.row, [41.0, 0.5, 1.0]);
    let scored = model.score_row(lead.row.clone(), &mut ScoreWorkspace::default()).unwrap();
    assert!((scored.raw_score - 0.82).abs() < 1e-12);
    assert_eq!((scored.bucket, scored.tier), (5, Tier::A));
    let body = br#"{"lead_id": "L", "features": {"size": 2, "visits": 51}}"#;
    let limits: Vec<_> =
        read_one(body, &model).unwrap_err().detail.iter().map(|one| one.msg.to_string()).collect();
    assert_eq!(
        limits,
        ["ensure this value is less than or equal to 50", "ensure this value is less than or equal to 1"]
    );
    // A model of other features scores other rows.
    assert_eq!(
        B2bModel::builtin().unwrap().score_row(lead.row, &mut ScoreWorkspace::default()).unwrap_err().code(),
        "invalid_matrix"
    );
}

#[test]
fn what_cannot_be_used_is_refused_with_the_reason() {
    let refused = |bytes: &[u8], version| B2bModel::from_bytes(bytes, version).unwrap_err();
    let pipeline = pipeline_json("a-e");
    assert!(matches!(refused(b"not a model", None), ModelError::Unusable(_)));
    assert!(matches!(refused(b"{}", None), ModelError::Unusable(_)));
    assert!(matches!(refused(b"{\"format\": 1}", None), ModelError::Unusable(_)));
    assert!(matches!(refused(b"", None), ModelError::Unusable(_)));
    assert!(matches!(refused(pipeline_json("hot-warm-cold").as_bytes(), None), ModelError::OtherTiers(_)));
    for version in ["", "a b", "1.0\n", &"1".repeat(65)] {
        assert!(matches!(refused(pipeline.as_bytes(), Some(version)), ModelError::Version(_)), "{version}");
    }
    let missing = B2bModel::from_file(&golden("none", "model.json"), None).unwrap_err();
    assert!(missing.to_string().starts_with("cannot read the model file "), "{missing}");
    let regression = golden("xgb-3.2.0-poisson-ubj", "model.ubj");
    assert!(matches!(B2bModel::from_file(&regression, None), Err(ModelError::Unusable(_))));
}

#[test]
fn a_file_that_changes_is_loaded_again_and_a_broken_one_leaves_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let current = CurrentModel::default();
    let mut file = ModelFile::new(&path, None);
    let reload = |file: &mut ModelFile| current.reload(file, Ok);

    assert!(file.has_changed());
    assert!(matches!(reload(&mut file), Err(ModelError::Read { .. })));
    assert!(!reload(&mut file).unwrap() && current.load().is_none() && !file.has_changed());

    fs::copy(golden("xgb-3.2.0-binary-json", "model.json"), &path).unwrap();
    assert!(reload(&mut file).unwrap());
    let first = current.load().unwrap();
    assert!(!reload(&mut file).unwrap());

    fs::write(&path, "{\"learner\": ").unwrap();
    assert!(file.has_changed());
    assert!(matches!(reload(&mut file), Err(ModelError::Unusable(_))));
    assert_eq!(current.load().unwrap().version(), first.version());
    // Why was told once.
    assert!(!reload(&mut file).unwrap());

    fs::write(&path, pipeline_json("a-e")).unwrap();
    assert!(reload(&mut file).unwrap());
    assert_eq!(current.load().unwrap().version(), "2.1");
    // Who has the old model keeps it.
    assert_eq!(first.info().metadata.model_type, "xgboost");
}
