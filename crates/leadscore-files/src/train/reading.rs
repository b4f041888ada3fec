//! Reading past leads before there is a pipeline for them.

use leadscore::scorecard::{GroupBuilder, RuleBuilder, ScorecardUnit};
use leadscore::{Error, FeatureSchema, Pipeline, Scale, Scorecard, TierScheme};

/// The smallest schema, which reads no attribute: for a first look at the ids, rows or kinds of a file.
pub(super) fn smallest_schema() -> FeatureSchema {
    let one = r#"{"features": [{"name": "none", "type": "number", "source": {"from": "count"}}]}"#;
    FeatureSchema::from_json(one).expect("the schema is valid")
}

/// A pipeline that only reads.
pub(super) fn reading_pipeline(schema: FeatureSchema) -> Result<Pipeline, Error> {
    let group = GroupBuilder::new("all").rule(RuleBuilder::points("none", 0.0));
    let card = Scorecard::builder(ScorecardUnit::Points).group(group).build(&schema)?;
    Pipeline::builder("reading")
        .schema(schema)
        .scorecard(card)
        .scale(Scale::points())
        .tiers(TierScheme::builtin("hot-warm-cold")?)
        .build()
}
