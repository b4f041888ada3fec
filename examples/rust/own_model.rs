//! Your own XGBoost or LightGBM model, with reasons and tiers: `cargo run --example own_model`.

use leadscore::forest::Iterations;
use leadscore::pipeline::ImportanceBy;
use leadscore::{AsOf, FeatureMatrix, Forest, ImportOptions, Lead, Pipeline, Zone};

fn main() -> Result<(), leadscore::Error> {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let bytes = std::fs::read(examples.join("x_education.ubj"))?;

    // Raw: the margins of the library that wrote it, to the last bit.
    let forest = Forest::from_bytes(&bytes)?;
    let nothing_known = FeatureMatrix::new(forest.feature_names().len(), vec![f64::NAN; 10])?;
    println!("margin of a lead nothing is known of: {}", forest.margin(&nothing_known, Iterations::All)?[0]);

    // With reasons: names and labels come from a schema file; without one, from the model.
    let schema = std::fs::read_to_string(examples.join("x_education.json"))?;
    let pipeline = Pipeline::from_forest(forest, &ImportOptions::new("mine").schema_json(&schema)?)?;
    let lead = Lead::new("L-3")
        .with("time_on_site", 900.0)
        .with("occupation", "Working Professional")
        .with("lead_source", "Reference");
    let as_of = AsOf::parse("2026-11-20", &Zone::utc())?;
    println!("{}", pipeline.score(&lead, &as_of)?.explanation.summary);
    for feature in pipeline.importance(ImportanceBy::Gain)?.iter().take(3) {
        println!("{:5.1} %  {}", 100.0 * feature.importance, feature.label);
    }
    Ok(())
}
