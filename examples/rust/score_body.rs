//! What a web handler does with a request, without the web: the body of a request in, status and JSON answer out.
//! `cargo run --example score_body`, or with a body of your own: `cargo run --example score_body '{"page_views": 3}'`.

use leadscore::record::JsonReader;
use leadscore::{AsOf, Error, ErrorKind, Pipeline, Prediction, ScoreOptions, Zone};
use serde_json::{Value, json};

const COMPLETE: &str = r#"{"id": "L-7", "recency_days": 2, "page_views": 24, "prior_course_interest": "high",
    "source": "referral", "last_touch": "book_demo"}"#;
const FAULTY: &str = r#"{"id": "L-8", "page_views": -3, "prior_course_interest": "maybe"}"#;

fn main() -> Result<(), Error> {
    let pipeline = Pipeline::builtin("heat")?;
    let as_of = AsOf::parse("2026-11-20", &Zone::utc())?;
    let given = std::env::args().nth(1);
    let bodies = given.as_deref().map_or(vec![COMPLETE, FAULTY, "{"], |body| vec![body]);
    for body in bodies {
        let (status, answer) = answer(&pipeline, body, &as_of);
        println!("{status} {answer:#}");
    }
    assert_eq!(answer(&pipeline, COMPLETE, &as_of).0, 200);
    let (status, refusal) = answer(&pipeline, FAULTY, &as_of);
    assert_eq!((status, refusal["detail"].as_array().map(Vec::len)), (422, Some(3)));
    Ok(())
}

fn answer(pipeline: &Pipeline, body: &str, as_of: &AsOf) -> (u16, Value) {
    match score(pipeline, body, as_of) {
        Ok(scored) => {
            (200, json!({"score": scored.score, "tier": scored.tier, "why": scored.explanation.reasons}))
        }
        Err(error) if !error.issues().is_empty() => (422, json!({"detail": error.issues()})),
        Err(error) => {
            let status = if error.kind() == ErrorKind::InvalidJson { 400 } else { 422 };
            (
                status,
                json!({"detail": [{"code": error.code(), "path": error.path(), "message": error.message()}]}),
            )
        }
    }
}

/// Straight from the parser to the features: no map of the fields in between.
fn score(pipeline: &Pipeline, body: &str, as_of: &AsOf) -> Result<Prediction, Error> {
    let reader = JsonReader::new(as_of.zone.clone());
    let record = reader.record(body, pipeline.schema().attribute_names())?;
    pipeline.score_with(&record, as_of, &ScoreOptions::new().strict().reasons(3))
}
