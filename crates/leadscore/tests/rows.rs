//! Rows of a matrix get the scores and reasons that the leads themselves get.

mod generated;
mod strategies;

use generated::{AS_OF, at, lead};
use leadscore::pipeline::{RowScore, ScoreWorkspace};
use leadscore::{AsOf, FeatureMatrix, Lead, Mode, Pipeline, Score, ScoreOptions, When};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20) })]

    #[test]
    fn rows_and_leads_have_the_same_bits_and_texts(leads in prop::collection::vec(strategies::lead(), 1..8), reasons in 0_usize..8) {
        let mut workspace = ScoreWorkspace::default();
        for pipeline in &*strategies::BUILTIN {
            let name = pipeline.id();
            let (as_of, options) = (AsOf::new(at(AS_OF)), ScoreOptions::new().reasons(reasons));
            let matrix = pipeline.feature_matrix(&leads, &as_of, Mode::Lenient).unwrap();
            let mut rows = 0;
            pipeline
                .score_rows(&matrix, reasons, &mut workspace, |index, row| {
                    let wanted = pipeline.score_brief(&leads[index], &as_of, &options).unwrap();
                    assert_same(row, &wanted, name);
                    assert_eq!(index, rows);
                    rows += 1;
                })
                .unwrap();
            prop_assert_eq!(rows, leads.len());
            for lead in &leads {
                let scored = pipeline.score_record(lead, &as_of, &options, &mut workspace).unwrap();
                let wanted = pipeline.score_brief(lead, &as_of, &options).unwrap();
                assert_same(&scored.row, &wanted, name);
                prop_assert_eq!(scored.lead_id, wanted.lead_id);
                prop_assert_eq!(scored.warnings(), wanted.warnings);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    // Leads are read and scored many at a time, those with activities and those without; more than one block of them.
    #[test]
    fn many_leads_get_what_each_gets_alone(leads in prop::collection::vec(strategies::lead(), 1..300)) {
        let (as_of, mut workspace) = (AsOf::new(at(AS_OF)), ScoreWorkspace::default());
        for pipeline in &*strategies::BUILTIN {
            for options in [ScoreOptions::new(), ScoreOptions::new().strict()] {
                let mut count = 0;
                pipeline.score_records(&leads, When::All(&as_of), &options, &mut workspace, |index, scored| {
                    assert_eq!(index, count);
                    count += 1;
                    match (scored, pipeline.score_brief(&leads[index], &as_of, &options)) {
                        (Ok(scored), Ok(wanted)) => {
                            assert_same(&scored.row, &wanted, pipeline.id());
                            assert_eq!(scored.warnings(), wanted.warnings);
                        }
                        (scored, wanted) => assert_eq!(scored.err(), wanted.err()),
                    }
                });
                prop_assert_eq!(count, leads.len());
            }
        }
    }
}

/// The same bits and texts.
fn assert_same(row: &RowScore<'_>, wanted: &Score, name: &str) {
    assert_eq!(row.score.to_bits(), wanted.score.to_bits(), "{name}");
    assert_eq!(row.probability.map(f64::to_bits), wanted.probability.map(f64::to_bits), "{name}");
    assert_eq!(row.tier.map(leadscore::Tier::name), wanted.tier.as_deref(), "{name}");
    let classes: Vec<f64> = wanted.classes.iter().map(|class| class.probability).collect();
    assert_eq!(row.class_probabilities, classes, "{name}");
    let own: Vec<(&str, u64, &str)> =
        row.reasons().map(|own| (own.code, own.points.to_bits(), own.text)).collect();
    let wanted: Vec<(&str, u64, &str)> =
        wanted.reasons.iter().map(|own| (&*own.code, own.points.to_bits(), &*own.text)).collect();
    assert_eq!(own, wanted, "{name}");
}

#[test]
fn strict_mode_refuses_one_record_as_it_refuses_a_lead() {
    let (pipeline, as_of) = (Pipeline::builtin("b2b").unwrap(), AsOf::new(at(AS_OF)));
    let (lead, options) = (Lead::new("l").with("bounce_rate", 2.0), ScoreOptions::new().strict());
    let mut workspace = ScoreWorkspace::default();
    let refused = pipeline.score_record(&lead, &as_of, &options, &mut workspace).unwrap_err();
    assert_eq!(refused.issues(), pipeline.score_with(&lead, &as_of, &options).unwrap_err().issues());
    assert!(refused.issues().len() > 1);
    let lenient = pipeline.score_record(&lead, &as_of, &ScoreOptions::new(), &mut workspace).unwrap();
    assert_eq!(lenient.row.score, pipeline.score(&lead, &as_of).unwrap().score);
}

#[test]
fn blocks_are_seamless_and_a_foreign_matrix_is_refused() {
    let pipeline = Pipeline::builtin("qualify").unwrap();
    let leads: Vec<Lead> = (0..600).map(lead).collect();
    let matrix = pipeline.feature_matrix(&leads, &AsOf::new(at(AS_OF)), Mode::Lenient).unwrap();
    let scores = pipeline.score_matrix(&matrix).unwrap();
    let mut workspace = ScoreWorkspace::default();
    let mut seen = 0;
    pipeline
        .score_rows(&matrix, 2, &mut workspace, |index, row| {
            assert_eq!((index, row.score.to_bits()), (seen, scores.score[index].to_bits()));
            assert!(row.reasons().len() <= 2);
            seen += 1;
        })
        .unwrap();
    assert_eq!(seen, 600);
    let narrow = FeatureMatrix::new(1, vec![1.0]).unwrap();
    let refused = pipeline.score_rows(&narrow, 2, &mut workspace, |_, _| panic!("no row is scored"));
    assert_eq!(refused.unwrap_err().code(), "invalid_matrix");
}

#[test]
fn a_stored_explanation_is_read_back() {
    for name in Pipeline::builtin_names() {
        let pipeline = Pipeline::builtin(name).unwrap();
        for seed in 0..20 {
            let explanation = pipeline.score(&lead(seed), &AsOf::new(at(AS_OF))).unwrap().explanation;
            let text = serde_json::to_string(&explanation).unwrap();
            let back: leadscore::Explanation = serde_json::from_str(&text).unwrap();
            assert_eq!(back, explanation, "{name}");
            assert_eq!(serde_json::to_string(&back).unwrap(), text);
        }
    }
}
