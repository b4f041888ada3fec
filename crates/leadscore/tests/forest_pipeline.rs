//! Pipelines with a model: the built-in ones, and models that are brought along.

mod generated;
mod strategies;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use generated::{AS_OF, Dice, at};
use leadscore::pipeline::{EstimateValue, ImportanceBy};
use leadscore::{
    AsOf, Basis, FeatureMatrix, FeatureType, ImportOptions, Lead, Mode, Pipeline, Prediction, ScoreOptions,
    Scorer, TierScheme,
};
use proptest::prelude::*;
use strategies::lead_in_range;

fn as_of() -> AsOf {
    AsOf::new(at(AS_OF))
}

/// A lead with values inside the ranges of the pipeline's schema, some of them missing.
fn random_lead(dice: &mut Dice, pipeline: &Pipeline) -> Lead {
    let mut lead = Lead::new("l");
    for feature in pipeline.schema().features() {
        if dice.below(12) == 0 {
            continue;
        }
        lead = match feature.kind {
            FeatureType::Flag => lead.with(&*feature.name, dice.below(2) == 0),
            FeatureType::Category => {
                let level = dice.below(feature.levels.len() as u64) as usize;
                lead.with(&*feature.name, feature.levels[level].as_str())
            }
            _ => {
                let range =
                    feature.range.map_or((0.0, 40.0), |range| (range.low.max(-1.0), range.high.min(40.0)));
                let value = range.0 + (range.1 - range.0) * dice.below(1000) as f64 / 999.0;
                lead.with(&*feature.name, if feature.whole { value.round() } else { value })
            }
        };
    }
    lead
}

fn adds_up(prediction: &Prediction) {
    let explanation = &prediction.explanation;
    let points: f64 = explanation.contributions.iter().map(|c| c.points).sum();
    let sum = explanation.baseline.unwrap() + points + explanation.rest;
    assert!((sum - prediction.score).abs() <= 1e-9, "{sum} for {}", prediction.score);
    assert!(explanation.rest.abs() <= 1e-3, "the rest is {}", explanation.rest);
}

/// Leads for one of the built-in models.
fn leads_for_a_model() -> impl Strategy<Value = (Pipeline, Vec<Lead>)> {
    let leads = |name| {
        let pipeline = Pipeline::builtin(name).unwrap();
        let leads = prop_oneof![
            prop::collection::vec(lead_in_range(pipeline.schema()), 1..4),
            prop::collection::vec(lead_in_range(pipeline.schema()), 1..80),
        ];
        (Just(pipeline), leads)
    };
    prop_oneof![leads("b2b"), leads("heat")]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(25) })]

    #[test]
    fn reasons_add_up_and_every_path_has_the_same_bits((pipeline, leads) in leads_for_a_model()) {
        let name = pipeline.id();
        let together = pipeline.score_many(&leads, &as_of(), &ScoreOptions::new());
        let matrix = pipeline.feature_matrix(&leads, &as_of(), Mode::Lenient).unwrap();
        let scores = pipeline.score_matrix(&matrix).unwrap();
        let numbers = ScoreOptions::new().reasons(0);
        let classes = pipeline.classes().len();
        for (row, (lead, many)) in leads.iter().zip(together).enumerate() {
            let one = pipeline.score(lead, &as_of()).unwrap();
            adds_up(&one);
            assert_eq!(one, many.unwrap(), "{name}");
            assert_eq!(one.score.to_bits(), scores.score[row].to_bits(), "{name}");
            let tier = pipeline.tiers().tiers()[scores.tier[row] as usize].name();
            assert_eq!(one.tier.as_deref(), Some(tier), "{name}");
            let probabilities: Vec<f64> = one.classes.iter().map(|class| class.probability).collect();
            assert_eq!(probabilities, scores.class_probabilities[row * classes..(row + 1) * classes]);
            let short = pipeline.score_brief(lead, &as_of(), &numbers).unwrap();
            assert_eq!((short.score.to_bits(), short.baseline), (one.score.to_bits(), None));
        }
    }
}

#[test]
fn the_models_say_that_they_are_stand_ins() {
    for name in ["b2b", "heat"] {
        let pipeline = Pipeline::builtin(name).unwrap();
        let card = pipeline.model_card().unwrap();
        assert!(card.is_stub && card.version.is_some() && card.training_date.is_some(), "{card:?}");
        let prediction = pipeline.score(&Lead::new("l"), &as_of()).unwrap();
        assert_eq!((prediction.basis, prediction.provenance.is_stub), (Some(Basis::Model), true));
        // A file that brings another scorer is not under the card of the one it replaces.
        let own = format!(r#"{{"format": 1, "id": "own", "extends": "{name}"}}"#);
        assert!(Pipeline::from_json(&own).unwrap().model_card().unwrap().is_stub);
    }
}

fn heat_lead(days: f64, views: f64) -> Lead {
    Lead::new("l").with("recency_days", days).with("page_views", views)
}

#[test]
fn the_documented_heat_lead_is_hot_and_an_idle_one_is_cold() {
    let hot = heat_lead(1.0, 25.0)
        .with("time_spent", 420.0)
        .with("prior_course_interest", "high")
        .with("source", "website")
        .with("last_touch", "demo_request");
    let barred = r#"{"format": 1, "id": "barred", "extends": "heat", "tiers": "heat-055"}"#;
    for pipeline in [Pipeline::builtin("heat").unwrap(), Pipeline::from_json(barred).unwrap()] {
        let prediction = pipeline.score(&hot, &as_of()).unwrap();
        assert_eq!(prediction.tier.as_deref(), Some("hot"));
        let confidence = &prediction.estimates[0];
        assert_eq!((confidence.name.as_str(), confidence.method.as_deref()), ("confidence", Some("class")));
        assert_eq!(confidence.value, EstimateValue::Number(prediction.classes[2].probability));
        assert!((prediction.classes.iter().map(|c| c.probability).sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(prediction.probability, None);
        for lead in [heat_lead(40.0, 1.0), heat_lead(40.0, 1.0).with("prior_course_interest", "high")] {
            assert_eq!(pipeline.score(&lead, &as_of()).unwrap().tier.as_deref(), Some("cold"));
        }
    }
}

#[test]
fn below_the_bar_the_tier_is_warm_with_its_own_probability() {
    let scheme = TierScheme::builtin("heat-055").unwrap();
    let tier = |cold, warm, hot| {
        let found = scheme.tier_of_classes(&["cold", "warm", "hot"], &[cold, warm, hot]).unwrap();
        (found.tier.name().to_owned(), found.probability)
    };
    assert_eq!(tier(0.56, 0.40, 0.04), ("cold".into(), 0.56));
    assert_eq!(tier(0.55, 0.01, 0.44), ("warm".into(), 0.01));
    assert_eq!(tier(0.1, 0.5, 0.4), ("warm".into(), 0.5));
    let plain = TierScheme::builtin("heat").unwrap();
    let equal = plain.tier_of_classes(&["cold", "warm", "hot"], &[0.4, 0.2, 0.4]).unwrap();
    assert_eq!(equal.tier.name(), "cold");
    assert!(plain.tier(99.0, None).is_none());
    assert!(TierScheme::builtin("a-e").unwrap().tier_of_classes(&["A"], &[1.0]).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn what_speaks_for_a_deal_never_lowers_the_score(lead in lead_in_range(B2B.schema())) {
        let score = |lead: Lead| B2B.score_brief(&lead, &as_of(), &ScoreOptions::new().reasons(0)).unwrap().score;
        let contacted = |flag: bool| score(lead.clone().with("decision_maker_contacted", flag));
        prop_assert!(contacted(true) >= contacted(false));
        let mut before = 0.0;
        for visits in 0..=15 {
            let now = score(lead.clone().with("pricing_page_visits", visits));
            prop_assert!(now >= before, "{visits} visits: {now} after {before}");
            before = now;
        }
    }
}

static B2B: LazyLock<Pipeline> = LazyLock::new(|| Pipeline::builtin("b2b").unwrap());

fn golden() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|case| std::fs::read_dir(case.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|file| file.file_stem().is_some_and(|stem| stem == "model"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_golden_model_becomes_a_pipeline_or_says_why_not() {
    let (mut made, mut scale_required, mut without_reasons) = (0, 0, 0);
    for file in golden() {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.display();
        let mut import = ImportOptions::new("mine");
        let mut reasons = true;
        let mut pipeline = Pipeline::import_model(&bytes, &import);
        if pipeline
            .as_ref()
            .is_err_and(|e| ["cover_missing", "contributions_unsupported"].contains(&e.code()))
        {
            without_reasons += 1;
            reasons = false;
            import = import.reasons(reasons);
            pipeline = Pipeline::import_model(&bytes, &import);
        }
        if pipeline.as_ref().is_err_and(|error| error.code() == "scale_required") {
            scale_required += 1;
            import = import.scale_json(r#"{"kind": "linear", "from": -20, "to": 20}"#).unwrap();
            pipeline = Pipeline::import_model(&bytes, &import);
        }
        let pipeline = match pipeline {
            Ok(pipeline) => pipeline,
            Err(error) => {
                // Several outputs that are no classes make no score.
                assert!(error.message().contains("outputs"), "{name}: {error}");
                continue;
            }
        };
        made += 1;
        let again = Pipeline::from_json(&pipeline.to_json()).unwrap();
        assert_eq!(again.to_json(), pipeline.to_json(), "{name}");
        let mut dice = Dice::new(3);
        for _ in 0..5 {
            let lead = random_lead(&mut dice, &pipeline);
            let prediction = pipeline.score(&lead, &as_of()).unwrap();
            assert!((0.0..=100.0).contains(&prediction.score), "{name}: {}", prediction.score);
            assert_eq!(prediction, again.score(&lead, &as_of()).unwrap());
            if reasons {
                adds_up(&prediction);
            } else {
                assert!(
                    prediction.explanation.baseline.is_none() && prediction.explanation.reasons.is_empty()
                );
            }
        }
        let shares = pipeline.importance(ImportanceBy::TotalGain);
        if let Ok(shares) = shares {
            let sum: f64 = shares.iter().map(|share| share.importance).sum();
            assert!((sum - 1.0).abs() < 1e-9 || sum == 0.0, "{name}: {sum}");
        }
    }
    assert!(
        made > 60 && scale_required > 10 && without_reasons > 1,
        "{made} {scale_required} {without_reasons}"
    );
}

#[test]
fn importance_is_measured_not_listed() {
    let pipeline = Pipeline::builtin("b2b").unwrap();
    let mut dice = Dice::new(8);
    let leads: Vec<Lead> = (0..100).map(|_| random_lead(&mut dice, &pipeline)).collect();
    let matrix = pipeline.feature_matrix(&leads, &as_of(), Mode::Lenient).unwrap();
    for by in [ImportanceBy::Gain, ImportanceBy::TotalCover, ImportanceBy::Leads(&matrix)] {
        let all = pipeline.importance(by).unwrap();
        let sum: f64 = all.iter().map(|one| one.importance).sum();
        assert!((sum - 1.0).abs() < 1e-12 && all.len() == 50, "{by:?}: {sum}");
        assert!(all.windows(2).all(|two| two[0].importance >= two[1].importance));
        assert!(all.iter().all(|one| one.group.is_some() && !one.label.contains('_')));
    }
    // A column that never varies is read by no split that parts the leads, but its contribution is counted all the same.
    let nothing = FeatureMatrix::new(50, Vec::new()).unwrap();
    assert!(
        pipeline.importance(ImportanceBy::Leads(&nothing)).unwrap().iter().all(|one| one.importance == 0.0)
    );
    assert_eq!(pipeline.importance(ImportanceBy::Largest).unwrap_err().code(), "contributions_unsupported");

    let card = Pipeline::builtin("conversion-compat").unwrap();
    let largest = card.importance(ImportanceBy::Largest).unwrap();
    let share = |code: &str| largest.iter().find(|one| one.code == code).unwrap().importance;
    // A c-level title gives up to 15 points, a company 8; behaviour is capped at 25 together, each of its rules too.
    assert!((share("seniority") / share("company") - 15.0 / 8.0).abs() < 1e-12);
    assert!((share("meetings") / share("seniority") - 25.0 / 15.0).abs() < 1e-12);
    assert!((share("stale") / share("seniority") - 25.0 / 15.0).abs() < 1e-12);
    assert_eq!(card.importance(ImportanceBy::Gain).unwrap_err().code(), "contributions_unsupported");
    let matrix =
        card.feature_matrix(&[Lead::new("a").with("company", "Acme")], &as_of(), Mode::Lenient).unwrap();
    let measured = card.importance(ImportanceBy::Leads(&matrix)).unwrap();
    let points = |code: &str| measured.iter().find(|one| one.code == code).unwrap().importance;
    assert!(points("company") > 0.0 && points("title") == 0.0);
}

#[test]
fn what_does_not_fit_the_model_is_refused_by_name() {
    let b2b = Pipeline::builtin("b2b").unwrap().to_json();
    let refused = |from: &str, to: &str| {
        assert!(b2b.contains(from), "{from}");
        let error = Pipeline::from_json(&b2b.replacen(from, to, 1)).unwrap_err();
        format!("{} {error}", error.code())
    };
    let scale = r#""scale":{"kind":"logistic"}"#;
    for (from, to, wanted) in [
        (
            r#"{"name":"company_revenue"}"#,
            r#"{"name":"turnover"}"#,
            "the model reads `turnover`, which the schema",
        ),
        (r#"{"name":"company_revenue"}"#, r#"{"name":"company_age_years"}"#, "twice"),
        (scale, r#""scale":{"kind":"points","probability":true}"#, "no probability"),
        (
            scale,
            r#""scale":{"kind":"classes","classes":[{"class":"a","weight":0},{"class":"b","weight":1}]}"#,
            "no classes",
        ),
        (r#""link":"sigmoid""#, r#""link":"exp""#, "does not give log-odds"),
        (r#""precision":"f32""#, r#""precision":"f16""#, "unknown word `f16`"),
        (r#""cover":["#, r#""cover":[1,"#, "one entry for each node"),
        (r#""features":[{"#, r#""features":[{"nom":1},{"#, "unknown field `nom`"),
        (r#""trees":[{"output":0"#, r#""trees":[{"output":1"#, "there are 1 outputs"),
    ] {
        let message = refused(from, to);
        assert!(message.starts_with("invalid_pipeline ") && message.contains(wanted), "{message}");
    }
    let Scorer::Forest(model) = Pipeline::builtin("heat").unwrap().scorer().clone() else {
        panic!("no forest")
    };
    assert_eq!(
        (model.forest().output_count(), model.forest().tree_count(), model.has_reasons()),
        (3, 120, true)
    );
}

#[test]
fn outputs_that_are_no_classes_are_not_made_into_one_score() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/xgb-2.1.4-targets-json");
    let model = std::fs::read(folder.join("model.json")).unwrap();
    let options = ImportOptions::new("m").scale_json(r#"{"kind":"linear","from":0,"to":1}"#).unwrap();
    let error = Pipeline::import_model(&model, &options).unwrap_err();
    assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_pipeline", "scale"));
    assert!(error.message().contains("the model has 2 outputs"), "{error}");
}
