//! Several threads give the bits, the order and the errors of one.

#![cfg(feature = "parallel")]

use leadscore::forest::Iterations;
use leadscore::parallel::Workers;
use leadscore::{
    AsOf, Context, ErrorKind, FeatureMatrix, Forest, Lead, Mode, Pipeline, ScoreOptions, Timestamp, When,
    Zone,
};

const COUNT: usize = 1100;

#[test]
fn leads_are_scored_as_by_one_thread() {
    let (leads, times, zone) = (leads(), times(), Zone::utc());
    for name in ["b2b", "conversion"] {
        let pipeline = Pipeline::builtin(name).unwrap();
        let as_of = AsOf::new(times[0]);
        let options = ScoreOptions::new().reasons(2);
        for when in [When::All(&as_of), When::each(&times, &zone)] {
            let columns = pipeline.score_columns(&leads, when, &options).unwrap();
            let matrix = pipeline.feature_matrix(&leads, when, Mode::Lenient).unwrap();
            let scored = pipeline.score_many(&leads, when, &options);
            for threads in [1, 3] {
                let workers = Workers::new().threads(threads);
                let found = pipeline.score_columns_parallel(&leads, when, &options, &workers).unwrap();
                assert_eq!(bits(&found.score), bits(&columns.score), "{name}");
                assert_eq!((&found.tier, &found.reasons[1].text), (&columns.tier, &columns.reasons[1].text));
                assert_eq!(found.reason_texts, columns.reason_texts);
                let found = pipeline.feature_matrix_parallel(&leads, when, Mode::Lenient, &workers).unwrap();
                assert_eq!(bits(found.values()), bits(matrix.values()), "{name}");
                let found = pipeline.score_many_parallel(&leads, when, &options, &workers).unwrap();
                assert_eq!(found, scored, "{name}");
                let found = pipeline.score_matrix_parallel(&matrix, &workers).unwrap();
                assert_eq!(bits(&found.score), bits(&pipeline.score_matrix(&matrix).unwrap().score));
            }
        }
    }
}

#[test]
fn records_are_scored_as_by_one_thread() {
    let pipeline = Pipeline::builtin("b2b").unwrap();
    let records: Vec<String> = leads().iter().map(|lead| serde_json::to_string(lead).unwrap()).collect();
    let text = format!("[{},7,{{\"tags\": [1]}}]", records.join(","));
    let mut times: Vec<String> = times().iter().map(ToString::to_string).collect();
    times.extend(["2026-11-01".to_owned(), "2026-11-02".to_owned()]);
    let times = serde_json::to_string(&times).unwrap();
    for options in [
        r#"{"as_of": "2026-11-20"}"#.to_owned(),
        r#"{"as_of": "2026-11-20", "mode": "strict", "detail": "brief"}"#.to_owned(),
        format!(r#"{{"as_of": {times}, "reasons": 1}}"#),
    ] {
        let context = Context::from_json(&options).unwrap();
        let wanted = pipeline.score_many_json(&text, 40, &context).unwrap();
        assert!(wanted.contains(r#"{"error":{"code":"invalid_lead","path":"leads[1140]","#));
        for threads in [1, 3] {
            let workers = Workers::new().threads(threads);
            let found = pipeline.score_many_json_parallel(&text, 40, &context, &workers).unwrap();
            assert!(found == wanted, "{options:.60}");
        }
    }
    let context = Context::from_json(r#"{"as_of": "2026-11-20"}"#).unwrap();
    let error = pipeline.feature_matrix_json_parallel(&text, 40, &context, &Workers::new()).unwrap_err();
    assert_eq!(*error.path(), "leads[1140]");
}

#[test]
fn the_first_refused_lead_is_named_by_its_index() {
    let pipeline = Pipeline::builtin("heat").unwrap();
    let mut leads = vec![Lead::new("a"); COUNT];
    let strict = ScoreOptions::new().strict();
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    for name in pipeline.schema().attribute_names().iter() {
        for lead in &mut leads {
            *lead = std::mem::take(lead).with(name, 1);
        }
    }
    let workers = Workers::new().threads(4);
    let complete = pipeline.score_columns_parallel(&leads, &as_of, &strict, &workers);
    let Err(first) = complete else { panic!("a heat lead has activities and dates") };
    assert!(first.path().to_string().starts_with("leads[0]."), "{first}");
    let issues = first.issues();
    assert!(issues.iter().all(|issue| issue.path().to_string().starts_with("leads[0].")));
    let wrong =
        pipeline.score_columns_parallel(&leads, When::each(&times(), &Zone::utc()), &strict, &workers);
    assert!(wrong.is_err());
    let few =
        pipeline.score_columns_parallel(&leads[1..], When::each(&times(), &Zone::utc()), &strict, &workers);
    assert_eq!(few.unwrap_err().kind(), ErrorKind::InvalidContext);
}

#[test]
fn a_forest_answers_as_by_one_thread() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/x_education.ubj");
    let forest = Forest::from_bytes(&std::fs::read(model).unwrap()).unwrap();
    let width = forest.feature_count();
    let values = (0..width * 3000).map(|at| if at % 7 == 0 { f64::NAN } else { (at % 11) as f64 }).collect();
    let matrix = FeatureMatrix::new(width, values).unwrap();
    for iterations in [Iterations::All, Iterations::Best] {
        for threads in [1, 3] {
            let workers = Workers::new().threads(threads);
            let margin = forest.margin_parallel(&matrix, iterations, &workers).unwrap();
            assert_eq!(bits(&margin), bits(&forest.margin(&matrix, iterations).unwrap()));
            let predicted = forest.predict_parallel(&matrix, iterations, &workers).unwrap();
            assert_eq!(bits(&predicted), bits(&forest.predict(&matrix, iterations).unwrap()));
            let shap = forest.shap_parallel(&matrix, iterations, &workers).unwrap();
            assert_eq!(bits(&shap), bits(&forest.shap(&matrix, iterations).unwrap()));
        }
    }
    let narrow = FeatureMatrix::new(width - 1, vec![]).unwrap();
    let error = forest.margin_parallel(&narrow, Iterations::All, &Workers::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidMatrix);
    let stopped = forest.shap_parallel(&matrix, Iterations::All, &Workers::new().stop(&|| true));
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
}

fn leads() -> Vec<Lead> {
    let titles = ["VP Sales", "Student", "CEO", ""];
    let lead = |at: usize| {
        Lead::new(format!("L-{at}"))
            .with("title", titles[at % 4])
            .with("company", (!at.is_multiple_of(3)).then_some("Acme"))
            .with("company_revenue", at % 5)
            .with("lead_score", at % 100)
            .with("created_at", format!("2026-10-{:02}", 1 + at % 28))
    };
    (0..COUNT).map(lead).collect()
}

fn times() -> Vec<Timestamp> {
    let time = |at: usize| Timestamp::parse(&format!("2026-11-{:02}", 1 + at % 30), &Zone::utc()).unwrap();
    (0..COUNT).map(time).collect()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}
