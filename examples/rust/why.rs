//! Why a lead has its score, as a sum that adds up: `cargo run --example why`.

use leadscore::{AsOf, Lead, Pipeline, Zone};

fn main() -> Result<(), leadscore::Error> {
    let pipeline = Pipeline::builtin("heat")?;
    let lead = Lead::new("L-2")
        .with("recency_days", 3.0)
        .with("page_views", 18.0)
        .with("prior_course_interest", "high")
        .with("source", "referral")
        .with("last_touch", "brochure_download");
    let prediction = pipeline.score(&lead, &AsOf::parse("2026-11-20", &Zone::utc())?)?;
    let explanation = &prediction.explanation;
    let mut sum = explanation.baseline.unwrap_or_default();
    println!("{sum:8.3}  every lead starts here");
    for contribution in &explanation.contributions {
        sum += contribution.points;
        println!("{:+8.3}  {}", contribution.points, contribution.text);
    }
    sum += explanation.rest;
    println!("{sum:8.3}  the score is {:.3}", prediction.score);
    assert!((sum - prediction.score).abs() <= 1e-9);
    for class in &prediction.classes {
        println!("{:.3} {}", class.probability, class.class);
    }
    Ok(())
}
