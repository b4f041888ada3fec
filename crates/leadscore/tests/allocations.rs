//! How many allocations a score costs, asserted, so that the number cannot grow unseen.

use allocation_counter::measure;
use leadscore::pipeline::ScoreWorkspace;
use leadscore::record::JsonReader;
use leadscore::{AsOf, FeatureMatrix, Lead, Pipeline, ScoreOptions, When, Zone};

fn as_of() -> AsOf {
    AsOf::parse("2026-11-20", &Zone::utc()).unwrap()
}

/// A body of numbers and flags that is good for every feature: 1 lies in all ranges of b2b.
fn b2b_body(pipeline: &Pipeline, first_fields: &str) -> String {
    let fields: Vec<String> = pipeline
        .schema()
        .columns()
        .map(|feature| match feature.kind {
            leadscore::FeatureType::Flag => format!("\"{}\":true", feature.name),
            _ => format!("\"{}\":1", feature.name),
        })
        .collect();
    assert_eq!(fields.len(), 50);
    format!("{{{first_fields}{}}}", fields.join(","))
}

/// The allocations of reading a body and scoring it once the buffers have grown.
fn allocations_of_body(pipeline: &Pipeline, body: &str, options: &ScoreOptions) -> u64 {
    let (as_of, reader, names) = (as_of(), JsonReader::new(Zone::utc()), pipeline.schema().attribute_names());
    let mut workspace = ScoreWorkspace::default();
    let mut score = || {
        let record = reader.record(body, names).unwrap();
        assert!(record.skipped().is_empty());
        let scored = pipeline.score_record(&record, &as_of, options, &mut workspace).unwrap();
        assert!(scored.row.tier.is_some() && scored.row.score > 0.0);
    };
    // Twice: what is made when it is first needed, and what grows.
    score();
    score();
    measure(score).count_total
}

#[test]
fn a_json_body_costs_one_allocation_for_its_values() {
    let pipeline = Pipeline::builtin("b2b").unwrap();
    let options = ScoreOptions::new().reasons(0);
    let allocations =
        |first_fields: &str| allocations_of_body(&pipeline, &b2b_body(&pipeline, first_fields), &options);
    assert_eq!(allocations(""), 1);
    // An id that is a text is borrowed from the body; a number is written as text.
    assert_eq!(allocations("\"id\":\"lead-17\","), 1);
    assert_eq!(allocations("\"id\":17,"), 2);
    let nested = format!("{{\"attributes\":{}}}", b2b_body(&pipeline, ""));
    assert_eq!(allocations_of_body(&pipeline, &nested, &options), 1);
}

#[test]
fn rules_cost_no_more_than_a_model() {
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let body = r#"{"id": "l-1", "title": "VP Sales", "company": "Larkspur Systems", "email": "ann@larkspur.example"}"#;
    for reasons in [0, 3] {
        assert_eq!(allocations_of_body(&pipeline, body, &ScoreOptions::new().reasons(reasons)), 1);
    }
}

#[test]
fn records_and_rows_cost_allocations_by_the_block_alone() {
    let as_of = as_of();
    for name in ["b2b", "conversion"] {
        let pipeline = Pipeline::builtin(name).unwrap();
        let options = ScoreOptions::new().reasons(0);
        let mut workspace = ScoreWorkspace::default();
        let leads: Vec<Lead> = (0..20).map(|at| Lead::new(format!("l-{at}")).with("title", "CEO")).collect();
        let mut of_records = |count: usize| {
            let mut score = || {
                let mut visited = 0;
                let when = When::All(&as_of);
                pipeline.score_records(&leads[..count], when, &options, &mut workspace, |_, scored| {
                    visited += usize::from(scored.is_ok());
                });
                assert_eq!(visited, count);
            };
            score();
            measure(score).count_total
        };
        assert_eq!(of_records(20), of_records(1), "{name}");

        let width = pipeline.schema().columns().len();
        let matrix = |rows: usize| FeatureMatrix::new(width, vec![1.0; rows * width]).unwrap();
        let mut of_rows = |rows: usize| {
            let matrix = matrix(rows);
            let mut score = || {
                pipeline.score_rows(&matrix, 0, &mut workspace, |_, row| assert!(row.score >= 0.0)).unwrap();
            };
            score();
            measure(score).count_total
        };
        assert_eq!(of_rows(20), of_rows(1), "{name}");
    }
}
