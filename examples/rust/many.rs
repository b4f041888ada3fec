//! Many leads at once, the best first: `cargo run --example many`.

use leadscore::{Context, Detail, Lead, Pipeline, Timestamp, Zone};

fn main() -> Result<(), leadscore::Error> {
    let pipeline = Pipeline::builtin("heat")?;
    let leads: Vec<Lead> = (0..1000_u32)
        .map(|number| {
            Lead::new(format!("L-{number}"))
                .with("recency_days", f64::from(number % 41))
                .with("page_views", f64::from(number % 29))
                .with("prior_course_interest", ["high", "medium", "low", "none"][number as usize % 4])
                .with("source", ["website", "linkedin"][number as usize % 2])
        })
        .collect();
    let mut context = Context::new(Timestamp::parse("2026-11-20", &Zone::utc())?);
    // The top reasons are enough here.
    (context.detail, context.reasons) = (Detail::Brief, 2);
    let mut predictions = pipeline.score_many(&leads, &context).into_iter().collect::<Result<Vec<_>, _>>()?;
    predictions.sort_by(|a, b| b.score.total_cmp(&a.score));
    for prediction in predictions.iter().take(5) {
        let reasons: Vec<&str> = prediction.explanation.reasons.iter().map(|r| r.text.as_ref()).collect();
        println!("{:6.2}  {}  {}", prediction.score, prediction.lead_id, reasons.join(", "));
    }
    // As a matrix, without records and reasons: the same bits.
    let matrix = pipeline.feature_matrix(&leads, &context)?;
    let scores = pipeline.score_matrix(&matrix)?;
    let best = scores.iter().map(|score| score.score).fold(0.0, f64::max);
    assert_eq!(best.to_bits(), predictions[0].score.to_bits());
    Ok(())
}
