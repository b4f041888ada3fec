//! Predictions and scores: handles, times of their own, estimates, pipelines from parts, and the way through JSON.

mod generated;

use std::path::Path;

use generated::{AS_OF, at, lead};
use leadscore::scale::{Calibration, Scale};
use leadscore::{
    AsOf, Context, EstimateValue, Forest, ImportOptions, Lead, Mode, Pipeline, Prediction, Score,
    ScoreOptions, TierScheme, Timestamp, Warning, When, Zone,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

fn utc(text: &str) -> Timestamp {
    Timestamp::parse(text, &Zone::utc()).unwrap()
}

/// An item of a list of results.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Item<T> {
    Refused { error: Refused },
    Scored(T),
}

#[derive(Serialize, Deserialize)]
struct Refused {
    code: String,
    path: String,
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    issues: Vec<RefusedFeature>,
}

#[derive(Serialize, Deserialize)]
struct RefusedFeature {
    code: String,
    feature: String,
    path: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
}

/// Every conformance case that scores: whether in brief, whether a list, and the result.
fn conformance_results() -> Vec<(bool, bool, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/conformance");
    let mut results = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let document: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let Some(cases) = document["cases"].as_array() else { continue };
        for case in cases {
            let list = match case["operation"].as_str() {
                Some("score_json") => false,
                Some("score_many_json") => true,
                _ => continue,
            };
            let Some(text) = case["expected"].as_str() else { continue };
            let brief = case["arguments"][1].as_str().is_some_and(|context| context.contains(r#""brief""#));
            results.push((brief, list, text.to_owned()));
        }
    }
    results
}

fn read_and_written<T: Serialize + DeserializeOwned>(text: &str) -> String {
    let value: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    serde_json::to_string(&value).unwrap()
}

#[test]
fn every_conformance_result_is_read_back_to_the_byte() {
    let (mut whole, mut brief, mut lists) = (0, 0, 0);
    for (is_brief, is_list, text) in conformance_results() {
        match (is_brief, is_list) {
            (false, false) => {
                assert_eq!(read_and_written::<Prediction>(&text), text);
                let prediction: Prediction = serde_json::from_str(&text).unwrap();
                assert_eq!(serde_json::from_str::<Score>(&text).unwrap(), Score::from(prediction));
                whole += 1;
            }
            (false, true) => {
                assert_eq!(read_and_written::<Vec<Item<Prediction>>>(&text), text);
                lists += 1;
            }
            (true, false) => {
                assert_eq!(read_and_written::<Score>(&text), text);
                let refused = serde_json::from_str::<Prediction>(&text).unwrap_err();
                assert!(refused.to_string().contains("in brief"), "{refused}");
                brief += 1;
            }
            (true, true) => assert_eq!(read_and_written::<Vec<Item<Score>>>(&text), text),
        }
    }
    assert!(whole > 30 && brief > 0 && lists > 0, "{whole} predictions, {brief} scores, {lists} lists");
}

#[test]
fn predictions_are_read_back_as_they_were() {
    let as_of = AsOf::new(at(AS_OF));
    for name in Pipeline::builtin_names() {
        let pipeline = Pipeline::builtin(name).unwrap();
        for seed in 0..40 {
            let prediction = pipeline.score(&lead(seed), &as_of).unwrap();
            let text = serde_json::to_string(&prediction).unwrap();
            let mut back: Prediction = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&back).unwrap(), text);
            // Of a helper's warning JSON has the sentence alone.
            for (back, own) in back.warnings.iter_mut().zip(&prediction.warnings) {
                assert_eq!(back.to_string(), own.to_string());
                if let Warning::Sentence(_) = back {
                    back.clone_from(own);
                }
            }
            assert_eq!(back, prediction, "{name}");
        }
    }
}

#[test]
fn a_disqualification_names_its_rule_and_so_does_its_json() {
    let json = Pipeline::builtin("conversion").unwrap().to_json();
    let (before, scorer) = json.split_once(r#""scorer":"#).unwrap();
    let rule = r#"{"code":"too_quiet","when":{"of":"has_company","is":false},"disqualify":true,"text":"Nothing known"}"#;
    let scorer = scorer.replacen(r#""rules":["#, &format!(r#""rules":[{rule},"#), 1);
    let own = Pipeline::from_json(&format!(r#"{before}"scorer":{scorer}"#)).unwrap();
    let prediction = own.score(&Lead::new("a"), &AsOf::new(at(AS_OF))).unwrap();
    let rule = prediction.disqualified.clone().unwrap();
    assert_eq!((&*rule.code, &*rule.text), ("too_quiet", "Nothing known"));
    let json = serde_json::to_string(&prediction).unwrap();
    assert!(json.contains(r#""disqualified":"Nothing known""#));
    assert_eq!(serde_json::from_str::<Prediction>(&json).unwrap(), prediction);
    let brief = own.score_brief(&Lead::new("a"), &AsOf::new(at(AS_OF)), &ScoreOptions::new()).unwrap();
    assert_eq!(brief.disqualified, Some(rule));
}

#[test]
fn warnings_are_data_whatever_a_label_says() {
    let json = Pipeline::builtin("conversion").unwrap().to_json();
    let label = r#"{"name":"created: at","label":"Seen: cannot read","type":"number","source":{"from":"attribute"}},"#;
    let json = json.replacen(r#""features":["#, &format!(r#""features":[{label}"#), 1);
    let pipeline = Pipeline::from_json(&json).unwrap();
    let prediction =
        pipeline.score(&Lead::new("a").with("created: at", "so: on"), &AsOf::new(at(AS_OF))).unwrap();
    let warning = &prediction.warnings[0];
    let feature = warning.feature().unwrap();
    assert_eq!((feature.name.as_str(), feature.found.as_deref()), ("created: at", Some("so: on")));
    assert_eq!(warning.problem(), "cannot read `so: on`; taken as missing");
    assert_eq!(warning.to_string(), "Seen: cannot read: cannot read `so: on`; taken as missing");
    let back: Prediction = serde_json::from_str(&serde_json::to_string(&prediction).unwrap()).unwrap();
    assert_eq!(back, prediction);
}

#[test]
fn every_lead_may_have_its_own_time() {
    let zone = Zone::named("America/New_York").unwrap();
    let leads: Vec<Lead> = (0..600).map(lead).collect();
    let times: Vec<Timestamp> = (0..600_i64).map(|days| at(AS_OF).plus_days(-(days % 90))).collect();
    let (when, options) = (When::each(&times, &zone), ScoreOptions::new());
    for name in ["conversion", "b2b", "heat"] {
        let pipeline = Pipeline::builtin(name).unwrap();
        let many = pipeline.score_many(&leads, when, &options);
        let columns = pipeline.score_columns(&leads, when, &options).unwrap();
        let matrix = pipeline.feature_matrix(&leads, when, Mode::Lenient).unwrap();
        let scores = pipeline.score_matrix(&matrix).unwrap();
        for row in [0, 1, 89, 255, 256, 599] {
            let as_of = AsOf::new(times[row]).in_zone(zone.clone());
            let one = pipeline.score(&leads[row], &as_of).unwrap();
            assert_eq!(Ok(&one), many[row].as_ref(), "{name}");
            assert_eq!(one.score.to_bits(), columns.score[row].to_bits());
            assert_eq!(one.score.to_bits(), scores.score[row].to_bits());
        }
        let short = When::each(&times[1..], &zone);
        for result in pipeline.score_many(&leads, short, &options) {
            assert_eq!(result.unwrap_err().code(), "invalid_context");
        }
        assert_eq!(pipeline.score_columns(&leads, short, &options).unwrap_err().code(), "invalid_context");
        let refused = pipeline.feature_matrix(&leads[..0], when, Mode::Lenient).unwrap_err();
        assert_eq!((refused.code(), refused.path().to_string()), ("invalid_context", "as_of".to_owned()));
    }
}

#[test]
fn lists_of_records_take_lists_of_times_and_name_records_by_their_own_index() {
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let records =
        r#"[{"id":"a","created_at":"2026-01-01"},{"id":"b","tags":[]},{"id":"c","created_at":"2026-01-01"}]"#;
    let context = r#"{"as_of":["2026-02-01","2026-02-02",1772409600000]}"#;
    let context = Context::from_json(context).unwrap();
    let text = pipeline.score_many_json(records, 7, &context).unwrap();
    let items: Vec<Value> = serde_json::from_str(&text).unwrap();
    let times: Vec<&str> = items.iter().filter_map(|item| item["provenance"]["as_of"].as_str()).collect();
    assert_eq!(times, ["2026-02-01T00:00:00Z", "2026-03-02T00:00:00Z"]);
    assert_eq!(items[1]["error"]["path"], "leads[8].tags");
    let matrix = |records: &str| pipeline.feature_matrix_json(records, 7, &context);
    assert_eq!(matrix(records).unwrap_err().path().to_string(), "leads[8].tags");
    let matrix = matrix(&records.replace(r#","tags":[]"#, "")).unwrap();
    let days = pipeline.schema().columns().position(|own| own.name == "days_since_created").unwrap();
    assert_eq!([matrix.row(0)[days], matrix.row(2)[days]], [31.0, 60.0]);

    for (records, error) in [("[{}]", "as_of"), ("[]", "as_of")] {
        assert_eq!(pipeline.score_many_json(records, 0, &context).unwrap_err().path().to_string(), error);
    }
    assert_eq!(pipeline.score_json("{}", &context).unwrap_err().code(), "invalid_context");
    let refused = Context::from_json(r#"{"as_of":["2026-02-01","soon"]}"#).unwrap_err();
    assert_eq!((refused.code(), refused.path().to_string()), ("invalid_context", "as_of[1]".to_owned()));
    let strict = Context::from_json(r#"{"as_of":"2026-02-01","mode":"strict"}"#).unwrap();
    let text = pipeline.score_many_json(r#"[{},{"created_at":"soon"}]"#, 5, &strict).unwrap();
    let items: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(items[1]["error"]["path"], "leads[6].attributes.created_at");
}

#[test]
fn estimates_have_intervals_where_they_can_be_computed() {
    let json = Pipeline::builtin("b2b").unwrap().to_json();
    let estimates = r#"[
        {"name": "days", "value": 30, "unit": "days", "label": "Days to close",
         "interval": {"low": {"sum": [30, {"product": [-0.1, "$score"]}]}, "high": 45}},
        {"name": "crossed", "value": 1, "interval": {"low": 2, "high": 1}},
        {"name": "gone", "value": "company_revenue", "interval": {"low": 0, "high": 1}},
        {"name": "half", "value": 1, "interval": {"low": "company_revenue", "high": 1}},
        {"name": "size", "level": [], "else": "small"}]"#;
    let whole = Pipeline::from_json(&json).unwrap();
    let forest = match whole.scorer() {
        leadscore::Scorer::Forest(model) => model.forest().clone(),
        _ => panic!("no forest"),
    };
    let own = Pipeline::builder("own")
        .schema(whole.schema().clone())
        .forest(forest)
        .scale(whole.scale().clone())
        .tiers(whole.tiers().clone())
        .estimates_json(estimates)
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(Pipeline::from_json(&own.to_json()).unwrap(), own);
    let prediction = own.score(&Lead::new("a"), &AsOf::new(at(AS_OF))).unwrap();
    let days = prediction.estimate("days").unwrap();
    let interval = days.interval.unwrap();
    assert_eq!((days.number(), days.unit.as_deref(), interval.high), (Some(30.0), Some("days"), 45.0));
    assert!((interval.low - (30.0 - 0.1 * prediction.score)).abs() < 1e-12);
    for name in ["crossed", "gone", "half", "size"] {
        assert_eq!(prediction.estimate(name).unwrap().interval, None, "{name}");
    }
    assert_eq!(prediction.estimate("gone").unwrap().value, EstimateValue::Missing);
    assert!(prediction.estimate("other").is_none());
    let back: Prediction = serde_json::from_str(&serde_json::to_string(&prediction).unwrap()).unwrap();
    assert_eq!(back, prediction);
    let level =
        estimates.replace(r#""else": "small""#, r#""else": "small", "interval": {"low": 0, "high": 1}"#);
    let refused = Pipeline::builder("own")
        .schema(whole.schema().clone())
        .scorecard(match Pipeline::builtin("conversion").unwrap().scorer() {
            leadscore::Scorer::Scorecard(card) => card.clone(),
            _ => panic!("no rules"),
        })
        .scale(Scale::points())
        .tiers(TierScheme::builtin("hot-warm-cold").unwrap())
        .estimates_json(&level)
        .unwrap()
        .build()
        .unwrap_err();
    // The rules speak of features of another schema.
    assert!(refused.path().to_string().starts_with("scorer.groups[0]"), "{refused}");
}

#[test]
fn parts_that_are_missing_or_do_not_fit_are_named() {
    let b2b = Pipeline::builtin("b2b").unwrap();
    let path = |built: Result<Pipeline, leadscore::Error>| {
        let error = built.unwrap_err();
        assert_eq!(error.code(), "invalid_pipeline", "{error}");
        error.path().to_string()
    };
    assert_eq!(path(Pipeline::builder("x").build()), "scorer");
    assert_eq!(path(b2b.with_scale(Scale::percent())), "scale");
    assert_eq!(path(b2b.with_scale(Scale::linear(-5.0, 5.0).unwrap())), "tiers");
    let calibrated = b2b.with_scale(Scale::calibrated(Calibration::platt(0.5, 0.1).unwrap())).unwrap();
    assert_ne!(calibrated, b2b);
    assert_eq!(Pipeline::from_json(&calibrated.to_json()).unwrap(), calibrated);
    assert_eq!(calibrated.with_scale(Scale::logistic()).unwrap(), b2b);
}

#[test]
fn a_forest_becomes_the_pipeline_that_its_file_becomes() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let bytes = std::fs::read(examples.join("x_education.ubj")).unwrap();
    let schema = std::fs::read_to_string(examples.join("x_education.json")).unwrap();
    let options = ImportOptions::new("mine").schema_json(&schema).unwrap();
    let from_file = Pipeline::import_model(&bytes, &options).unwrap();
    let from_forest = Pipeline::from_forest(Forest::from_bytes(&bytes).unwrap(), &options).unwrap();
    let from_json = Pipeline::from_json(&from_file.to_json()).unwrap();
    assert!(from_file == from_forest && from_file == from_json);
    let text = serde_json::json!({"id": "mine", "schema": serde_json::from_str::<Value>(&schema).unwrap()});
    let read = ImportOptions::from_json(&text.to_string()).unwrap();
    assert_eq!(Pipeline::import_model(&bytes, &read).unwrap(), from_file);
    let lead = Lead::new("a").with("time_on_site", 900.0);
    let as_of = AsOf::new(utc("2026-11-22"));
    assert_eq!(from_file.score(&lead, &as_of), from_json.score(&lead, &as_of));
}

#[test]
fn a_pipeline_is_shared_not_copied() {
    fn handle<T: Clone + Send + Sync + Eq + std::hash::Hash + 'static>(value: &T) -> T {
        value.clone()
    }
    let pipeline = Pipeline::builtin("b2b").unwrap();
    let same = handle(&pipeline);
    assert!(same == pipeline && same != Pipeline::builtin("heat").unwrap());
    assert!(std::ptr::eq(same.schema(), pipeline.schema()));
    assert_eq!(size_of::<Pipeline>(), size_of::<usize>());
}
