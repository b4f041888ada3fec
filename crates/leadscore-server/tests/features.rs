//! `docs/FEATURES.md` says what the schema of the included b2b model says. `LEADSCORE_BLESS=1` writes it.

use std::fmt::Write as _;

use leadscore::feature::FeatureType;
use leadscore::{Feature, Pipeline};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FEATURES.md");

#[test]
fn the_page_is_that_of_the_schema() {
    let page = page();
    if std::env::var_os("LEADSCORE_BLESS").is_some() {
        std::fs::write(FILE, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(FILE).unwrap_or_default(), page, "LEADSCORE_BLESS=1 writes it anew");
}

fn page() -> String {
    let pipeline = Pipeline::builtin("b2b").unwrap();
    let features: Vec<&Feature> = pipeline.schema().columns().collect();
    let required = features.iter().filter(|feature| feature.required).count();
    let mut page = format!(
        "# The features of the b2b model\n\n\
         `POST /api/v1/score` reads these {} features; {required} are required, the others are 0 where they are absent. Flags \
         are 0 or 1, or `true` and `false`. A model of your own (`--b2b-model`) brings its own list: see `GET \
         /api/v1/model/features`. This page is written from the included schema.\n\n\
         | # | feature | type | range | required | meaning |\n|---|---|---|---|---|---|\n",
        features.len()
    );
    for (index, feature) in features.iter().enumerate() {
        let (kind, range) = match feature.kind {
            FeatureType::Flag => ("flag", "0 or 1".to_owned()),
            _ if feature.whole => ("integer", range(feature)),
            _ => ("number", range(feature)),
        };
        let is_required = if feature.required { "yes" } else { "" };
        writeln!(
            page,
            "| {index} | `{}` | {kind} | {range} | {is_required} | {} |",
            feature.name, feature.label
        )
        .unwrap();
    }
    page
}

fn range(feature: &Feature) -> String {
    match feature.range {
        Some(range) if range.low.is_finite() && range.high.is_finite() => {
            format!("{} to {}", range.low, range.high)
        }
        Some(range) if range.low.is_finite() => format!("{} and above", range.low),
        _ => "any".to_owned(),
    }
}
