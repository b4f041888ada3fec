//! What holds for every lead and every pipeline.

mod generated;

use generated::{AS_OF, Dice, at, lead};
use leadscore::{Activity, AsOf, Lead, Mode, Pipeline, Prediction, Score, ScoreOptions, Zone};
use proptest::prelude::*;
use std::sync::LazyLock;

static BUILTIN: LazyLock<Vec<Pipeline>> =
    LazyLock::new(|| Pipeline::builtin_names().map(|name| Pipeline::builtin(name).unwrap()).collect());

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn points_add_up_for_every_builtin(seed: u64) {
        for pipeline in &*BUILTIN {
            check_sum(&pipeline.score(&lead(seed), &as_of()).unwrap())?;
        }
    }

    #[test]
    fn points_add_up_for_random_scorecards(card: u64, seed: u64) {
        let pipeline = random_pipeline(card);
        for (at, lead) in (0..4).map(|step| seed.wrapping_add(step)).map(lead).enumerate() {
            let prediction = pipeline.score(&lead, &as_of()).unwrap();
            check_sum(&prediction).map_err(|e| TestCaseError::fail(format!("{at}: {e}\n{}", pipeline.to_json())))?;
        }
    }

    #[test]
    fn the_future_changes_nothing(seed: u64, later in prop::collection::vec((1_i64..10_000_000, 0_usize..5), 1..5)) {
        let now = lead(seed);
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
    fn the_order_of_activities_changes_nothing(seed: u64, shuffle: u64) {
        let given = lead(seed);
        let mut other = given.clone();
        let mut dice = Dice::new(shuffle);
        for place in (1..other.activities.len()).rev() {
            other.activities.swap(place, dice.below(place as u64 + 1) as usize);
        }
        for pipeline in &*BUILTIN {
            let (a, b) = (pipeline.score(&given, &as_of()), pipeline.score(&other, &as_of()));
            prop_assert_eq!(a.unwrap(), b.unwrap(), "{}", pipeline.id());
        }
    }

    #[test]
    fn json_round_trips(card: u64, seed: u64) {
        let pipeline = random_pipeline(card);
        let again = Pipeline::from_json(&pipeline.to_json()).unwrap();
        prop_assert_eq!(pipeline.to_json(), again.to_json());
        prop_assert_eq!(pipeline.content_hash(), again.content_hash());
        let given = lead(seed);
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
    fn rows_and_matrices_give_the_same_bits(card: u64, seed: u64) {
        let leads: Vec<Lead> = (0..5).map(|step| lead(seed.wrapping_add(step))).collect();
        let own = random_pipeline(card);
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
                    prop_assert_eq!(reason.map(|reason| &*reason.text), column.text[row].as_deref());
                    prop_assert_eq!(reason.map_or(f64::NAN, |r| r.points).to_bits(), column.points[row].to_bits());
                }
            }
        }
    }

    #[test]
    fn a_better_score_never_has_a_worse_tier(seed: u64) {
        // Where tiers are classes, the score only orders.
        for pipeline in BUILTIN.iter().filter(|pipeline| pipeline.classes().is_empty()) {
            let place = |p: &Prediction| {
                pipeline.tiers().tiers().iter().position(|tier| Some(tier.name()) == p.tier.as_deref()).unwrap()
            };
            let predictions: Vec<Prediction> =
                (0..6).map(|step| pipeline.score(&lead(seed ^ step), &as_of()).unwrap()).collect();
            for (a, b) in predictions.iter().flat_map(|a| predictions.iter().map(move |b| (a, b))) {
                prop_assert!(a.score < b.score || place(a) <= place(b), "{}: {} {}", pipeline.id(), a.score, b.score);
            }
        }
    }

    #[test]
    fn strict_mode_refuses_or_agrees(seed: u64) {
        let strict = ScoreOptions::new().strict();
        for pipeline in &*BUILTIN {
            match pipeline.score_with(&lead(seed), &as_of(), &strict) {
                Ok(prediction) => prop_assert_eq!(prediction, pipeline.score(&lead(seed), &as_of()).unwrap()),
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
    fn damaged_files_never_panic(seed: u64) {
        let mut dice = Dice::new(seed);
        let pipeline = match dice.below(3) {
            0 => BUILTIN[dice.below(7) as usize].to_json(),
            _ => random_pipeline(seed).to_json(),
        };
        let damaged = damage(&pipeline, &mut dice);
        if let Ok(pipeline) = Pipeline::from_json(&damaged) {
            let _ = pipeline.score(&lead(seed), &as_of());
        }
        let damaged = damage(&serde_json::to_string(&lead(seed)).unwrap(), &mut dice);
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

fn as_of() -> AsOf {
    AsOf::new(at(AS_OF))
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

/// Changes a few signs of a JSON text, or swaps a stretch of it for another value.
fn damage(text: &str, dice: &mut Dice) -> String {
    let values = [
        "null",
        "-1",
        "1e308",
        "\"\"",
        "[]",
        "{}",
        "true",
        "0",
        "\"$score\"",
        "[[1,2],[1,2]]",
        "1e-320",
        "17",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        let place = dice.below(bytes.len() as u64) as usize;
        let stop = |b: &u8| matches!(b, b',' | b']' | b'}');
        let colon = bytes[place..].iter().position(|b| *b == b':' || *b == b'[').map(|at| place + at + 1);
        match (dice.below(4), colon) {
            (0, _) => bytes[place] = b"{}[]\",:0-e"[dice.below(10) as usize],
            (_, Some(from)) => {
                let to = bytes[from..].iter().position(stop).map_or(bytes.len(), |at| from + at);
                bytes.splice(from..to, dice.pick(&values).bytes());
            }
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A pipeline with any of the rules, caps, weights, roundings and scales the language has.
fn random_pipeline(seed: u64) -> Pipeline {
    let dice = &mut Dice::new(seed);
    let log_odds = dice.below(2) == 0;
    let size = if log_odds { 40 } else { 4_000 };
    let groups: Vec<String> = (0..=dice.below(3)).map(|place| group(dice, place, size)).collect();
    let base = number(dice, size);
    let (unit, limits, scale) = if log_odds {
        ("log_odds", String::new(), log_odds_scale(dice))
    } else {
        let round = ["", r#","round":"down""#, r#","round":"nearest""#];
        let range = ["", r#","range":[1,99]"#, r#","range":[0,null]"#];
        ("points", dice.pick(&round).to_owned() + dice.pick(&range), points_scale(dice))
    };
    let json = format!(
        r#"{{"format":1,"id":"random","schema":"lead-ml","scorer":{{"kind":"scorecard","unit":"{unit}","base":{base}{limits},"groups":[{}]}},"scale":{scale},"tiers":"hot-warm-cold"}}"#,
        groups.join(",")
    );
    Pipeline::from_json(&json).unwrap_or_else(|error| panic!("{error}\n{json}"))
}

fn group(dice: &mut Dice, place: u64, size: u64) -> String {
    let rules: Vec<String> = (0..dice.below(5)).map(|rule| random_rule(dice, rule, size)).collect();
    let weight = ["", r#","weight":0.35"#, r#","weight":-0.5"#, r#","weight":0"#];
    let range = ["", r#","range":[0,5]"#, r#","range":[-1,null]"#];
    format!(
        r#"{{"code":"g{place}"{}{},"rules":[{}]}}"#,
        dice.pick(&weight),
        dice.pick(&range),
        rules.join(",")
    )
}

fn random_rule(dice: &mut Dice, place: u64, size: u64) -> String {
    let when = [
        "",
        r#","when":"has_company""#,
        r#","when":{"not":{"of":"title_seniority","in":["vp","c_level"]}}"#,
        r#","when":{"any":[{"of":"days_since_created","at_most":30},"activity_burst"]}"#,
        r#","when":{"missing":"avg_response_time"}"#,
    ];
    if dice.below(12) == 0 {
        return format!(r#"{{"code":"r{place}","when":"has_phone","disqualify":true}}"#);
    }
    let number = number(dice, size);
    let points = match dice.below(5) {
        0 => number,
        1 => format!(r#"{{"product":[{number},"recency_score"]}}"#),
        2 => format!(r#"{{"product":[{number},{{"min":[1,{{"ratio":["page_view_count",20]}}]}}]}}"#),
        3 => format!(r#"{{"of":"email_domain_type","map":{{"free":{number}}},"else":0.1}}"#),
        _ => format!(r#"{{"sum":[{number},{{"half_life":["days_since_created",9]}},-1]}}"#),
    };
    let range = ["", "", r#","range":[-0.3,0.7]"#];
    format!(r#"{{"code":"r{place}"{},"points":{points}{}}}"#, dice.pick(&when), dice.pick(&range))
}

fn log_odds_scale(dice: &mut Dice) -> String {
    let a = format!("{}.{}", dice.below(3), 1 + dice.below(9));
    match dice.below(4) {
        0 => r#"{"kind":"logistic"}"#.into(),
        1 => format!(r#"{{"kind":"logistic","calibration":{{"kind":"platt","a":{a},"b":-0.4}}}}"#),
        2 => r#"{"kind":"logistic","calibration":{"kind":"knots","knots":[[-2,0.05],[-0.6,0.2],[0.1,0.8],[3,0.9]]}}"#.into(),
        _ => r#"{"kind":"quantiles","knots":[[-3,2],[-0.2,40],[0,60],[2.5,99]]}"#.into(),
    }
}

fn points_scale(dice: &mut Dice) -> String {
    let scales = [
        r#"{"kind":"points"}"#,
        r#"{"kind":"points","probability":true}"#,
        r#"{"kind":"linear","from":-5,"to":10.5}"#,
        r#"{"kind":"quantiles","knots":[[-5,0],[1,30],[40,100]]}"#,
    ];
    dice.pick(&scales).to_owned()
}

/// A number between −size/10 and size/10, often with decimals that no float has.
fn number(dice: &mut Dice, size: u64) -> String {
    format!("{}", (dice.below(2 * size) as f64 - size as f64) / 100.0)
}
