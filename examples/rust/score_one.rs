//! Score one lead: `cargo run --example score_one`.

use leadscore::{Activity, AsOf, Lead, Pipeline, Timestamp, Zone};

fn main() -> Result<(), leadscore::Error> {
    let pipeline = Pipeline::builtin("conversion")?;
    let utc = Zone::utc();
    let lead = Lead::new("L-1")
        .with("company", "Acme Ltd")
        .with("title", "VP Engineering")
        .with("email", "ann@acme.example")
        .activity(Activity::new("meeting", Timestamp::parse("2026-11-19T10:00:00Z", &utc)?));
    // The library reads no clock: the time is yours.
    let prediction = pipeline.score(&lead, &AsOf::parse("2026-11-20", &utc)?)?;
    println!(
        "{}: {:.1} of 100, {}. {}",
        prediction.lead_id,
        prediction.score,
        prediction.tier.as_deref().unwrap_or("no tier"),
        prediction.action.as_deref().unwrap_or_default()
    );
    Ok(())
}
