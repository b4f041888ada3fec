//! Many leads at once, the best first: `cargo run --example many`.

use leadscore::{AsOf, Lead, Mode, Pipeline, ScoreOptions, Zone};

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
    let as_of = AsOf::parse("2026-11-20", &Zone::utc())?;
    // The score and its top reasons are enough here.
    let scores = pipeline.score_many_brief(&leads, &as_of, &ScoreOptions::new().reasons(2));
    let mut scores = scores.into_iter().collect::<Result<Vec<_>, _>>()?;
    scores.sort_by(|a, b| b.score.total_cmp(&a.score));
    for score in scores.iter().take(5) {
        let reasons: Vec<&str> = score.reasons.iter().map(|reason| &*reason.text).collect();
        println!("{:6.2}  {}  {}", score.score, score.lead_id, reasons.join(", "));
    }
    // As a matrix, without records and reasons: the same bits.
    let matrix = pipeline.feature_matrix(&leads, &as_of, Mode::Lenient)?;
    let columns = pipeline.score_matrix(&matrix)?;
    let best = columns.score.iter().copied().fold(0.0, f64::max);
    assert_eq!(best.to_bits(), scores[0].score.to_bits());
    Ok(())
}
