//! What holds for every lead and every pipeline.

mod generated;
mod strategies;

use generated::{AS_OF, at};
use leadscore::{Activity, Lead, Mode, Pipeline, Prediction, Score, ScoreOptions, Zone};
use proptest::prelude::*;
use proptest::sample::Index;
use strategies::{BUILTIN, as_of, builtin, damage, lead, scorecard_pipeline};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn points_add_up_for_every_builtin(lead in lead()) {
        for pipeline in &*BUILTIN {
            check_sum(&pipeline.score(&lead, &as_of()).unwrap())?;
        }
    }

    #[test]
    fn points_add_up_for_random_scorecards(
        json in scorecard_pipeline(),
        leads in prop::collection::vec(lead(), 1..5),
    ) {
        let pipeline = Pipeline::from_json(&json).unwrap();
        for lead in leads {
            check_sum(&pipeline.score(&lead, &as_of()).unwrap())?;
        }
    }

    #[test]
    fn the_future_changes_nothing(
        now in lead(),
        later in prop::collection::vec((1_i64..10_000_000, 0_usize..5), 1..5),
    ) {
        let kinds = ["meeting", "email_open", "call", "page_view", "form_submit"];
        let with_future = later.into_iter().fold(now.clone(), |lead, (wait, kind)| {
            let mut activity = Activity::new(kinds[kind], at(AS_OF + wait));
            activity.id = Some(format!("e-{}", wait % 40));
            lead.activity(activity)
        });
        for pipeline in &*BUILTIN {
            let (a, b) = (pipeline.score(&now, &as_of()), pipeline.score(&with_future, &as_of()));
            prop_assert_eq!(a.unwrap(), b.unwrap(), "{}", pipeline.id());
        }
    }

    #[test]
    fn the_order_of_activities_changes_nothing(
        given in lead(),
        swaps in prop::collection::vec(any::<(Index, Index)>(), 1..60),
    ) {
        let mut other = given.clone();
        let count = other.activities.len();
        swaps.iter().filter(|_| count > 0).for_each(|(a, b)| {
            other.activities.swap(a.index(count), b.index(count));
        });
        for pipeline in &*BUILTIN {
            let (a, b) = (pipeline.score(&given, &as_of()), pipeline.score(&other, &as_of()));
            prop_assert_eq!(a.unwrap(), b.unwrap(), "{}", pipeline.id());
        }
    }

    #[test]
    fn json_round_trips(json in scorecard_pipeline(), given in lead()) {
        let pipeline = Pipeline::from_json(&json).unwrap();
        let again = Pipeline::from_json(&pipeline.to_json()).unwrap();
        prop_assert_eq!(pipeline.to_json(), again.to_json());
        prop_assert_eq!(pipeline.content_hash(), again.content_hash());
        prop_assert_eq!(pipeline.score(&given, &as_of()).unwrap(), again.score(&given, &as_of()).unwrap());
        let mut read = Lead::from_json(&serde_json::to_string(&given).unwrap(), &Zone::utc()).unwrap();
        // NaN is written as null, and null is absent.
        let mut known = given;
        known.attributes.retain(|_, value| !matches!(value, leadscore::Attribute::Number(n) if n.is_nan()));
        prop_assert_eq!(&read, &known);
        read.id.get_or_insert_default().push('!');
        prop_assert_ne!(read, known);
    }

    #[test]
    fn rows_and_matrices_give_the_same_bits(
        json in scorecard_pipeline(),
        leads in prop::collection::vec(lead(), 1..6),
    ) {
        let own = Pipeline::from_json(&json).unwrap();
        for pipeline in BUILTIN.iter().chain([&own]) {
            let options = ScoreOptions::new();
            let matrix = pipeline.feature_matrix(&leads, &as_of(), Mode::Lenient).unwrap();
            let scores = pipeline.score_matrix(&matrix).unwrap();
            let columns = pipeline.score_columns(&leads, &as_of(), &options).unwrap();
            let many = pipeline.score_many(&leads, &as_of(), &options);
            let brief = pipeline.score_many_brief(&leads, &as_of(), &options);
            for (row, lead) in leads.iter().enumerate() {
                let one = pipeline.score(lead, &as_of()).unwrap();
                prop_assert_eq!(&Ok(one.clone()), &many[row]);
                prop_assert_eq!(&Ok(Score::from(one.clone())), &brief[row]);
                prop_assert_eq!(&pipeline.score_brief(lead, &as_of(), &options), &brief[row]);
                for columns in [&scores, &columns] {
                    prop_assert_eq!(one.score.to_bits(), columns.score[row].to_bits());
                    let probability = columns.probability[row];
                    prop_assert_eq!(one.probability.map(f64::to_bits), (!probability.is_nan()).then(|| probability.to_bits()));
                    let tier = usize::try_from(columns.tier[row]).ok().map(|at| pipeline.tiers().tiers()[at].name());
                    prop_assert_eq!(one.tier.as_deref(), tier);
                }
                for (rank, column) in columns.reasons.iter().enumerate() {
                    let reason = one.explanation.reasons.get(rank);
                    prop_assert_eq!(reason.map(|reason| &*reason.text), columns.reason(rank, row));
                    prop_assert_eq!(reason.map_or(f64::NAN, |r| r.points).to_bits(), column.points[row].to_bits());
                }
            }
        }
    }

    #[test]
    fn a_better_score_never_has_a_worse_tier(leads in prop::collection::vec(lead(), 2..7)) {
        // Where tiers are classes, the score only orders.
        for pipeline in BUILTIN.iter().filter(|pipeline| pipeline.classes().is_empty()) {
            let place = |p: &Prediction| {
                pipeline.tiers().tiers().iter().position(|tier| Some(tier.name()) == p.tier.as_deref()).unwrap()
            };
            let predictions: Vec<Prediction> =
                leads.iter().map(|lead| pipeline.score(lead, &as_of()).unwrap()).collect();
            for (a, b) in predictions.iter().flat_map(|a| predictions.iter().map(move |b| (a, b))) {
                prop_assert!(a.score < b.score || place(a) <= place(b), "{}: {} {}", pipeline.id(), a.score, b.score);
            }
        }
    }

    #[test]
    fn strict_mode_refuses_or_agrees(lead in lead()) {
        let strict = ScoreOptions::new().strict();
        for pipeline in &*BUILTIN {
            match pipeline.score_with(&lead, &as_of(), &strict) {
                Ok(prediction) => prop_assert_eq!(prediction, pipeline.score(&lead, &as_of()).unwrap()),
                Err(error) => {
                    prop_assert!(["missing_feature", "invalid_feature"].contains(&error.code()));
                    prop_assert!(!error.path().is_empty());
                }
            }
        }
    }

    #[test]
    fn odd_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = Pipeline::from_json(&text);
        let _ = Lead::from_json(&text, &Zone::utc());
        let _ = leadscore::Timestamp::parse(&text, &Zone::utc());
        let _ = Zone::named(&text);
    }

    #[test]
    fn damaged_files_never_panic(
        json in prop_oneof![1 => builtin().prop_map(Pipeline::to_json), 2 => scorecard_pipeline()],
        lead in lead(),
        (to_pipeline, to_lead) in (damage(), damage()),
    ) {
        if let Ok(pipeline) = Pipeline::from_json(&to_pipeline.apply(&json)) {
            let _ = pipeline.score(&lead, &as_of());
        }
        let damaged = to_lead.apply(&serde_json::to_string(&lead).unwrap());
        if let Ok(lead) = Lead::from_json(&damaged, &Zone::utc()) {
            for pipeline in &*BUILTIN {
                let prediction = pipeline.score(&lead, &as_of()).unwrap();
                prop_assert!((0.0..=100.0).contains(&prediction.score));
            }
        }
    }

    #[test]
    fn times_round_trip(millis in -60_000_000_000_000_i64..250_000_000_000_000) {
        let moment = at(millis);
        prop_assert_eq!(leadscore::Timestamp::parse(&moment.to_string(), &Zone::utc()).unwrap(), moment);
    }
}

/// baseline + Σ points + rest = score, whatever the way of adding.
fn check_sum(prediction: &Prediction) -> Result<(), TestCaseError> {
    let explanation = &prediction.explanation;
    let points: f64 = explanation.contributions.iter().map(|c| c.points).sum();
    let sum = explanation.baseline.unwrap() + points + explanation.rest;
    prop_assert!((sum - prediction.score).abs() <= 1e-9, "{sum} is not {}", prediction.score);
    prop_assert!(explanation.rest.abs() <= 1e-3, "the rest is {}", explanation.rest);
    prop_assert!((0.0..=100.0).contains(&prediction.score));
    prop_assert!(prediction.probability.is_none_or(|p| (0.0..=1.0).contains(&p)));
    Ok(())
}
