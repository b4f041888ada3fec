//! Scores where a rule, a scale or a log is at its edge; every value is worked out by hand.

use leadscore::pipeline::ImportanceBy;
use leadscore::scale::Basis;
use leadscore::{Activity, AsOf, Lead, Pipeline, Prediction, ScoreOptions, Timestamp, Zone};
use serde_json::json;

const SCHEMA: &str = r#"{"features":[{"name":"n","type":"number","range":[-4,6],"source":{"from":"attribute"}},
 {"name":"out","type":"flag","source":{"from":"attribute"}},
 {"name":"size","type":"category","levels":["small","large"],"source":{"from":"attribute"}},
 {"name":"last","type":"number","source":{"from":"aggregate","property":"amount","take":"last"}}]}"#;

fn pipeline(scorer: &str, scale: &str) -> Pipeline {
    let json = format!(
        r#"{{"format":1,"id":"p","schema":{SCHEMA},"scorer":{{"kind":"scorecard",{scorer}}},"scale":{scale},"tiers":"hot-warm-cold"}}"#
    );
    Pipeline::from_json(&json).unwrap_or_else(|error| panic!("{error}\n{json}"))
}

fn as_of() -> AsOf {
    AsOf::new(Timestamp::parse("2026-11-22T12:00:00Z", &Zone::utc()).unwrap())
}

fn score(pipeline: &Pipeline, lead: &Lead) -> Prediction {
    let prediction = pipeline.score(lead, &as_of()).unwrap();
    let explanation = &prediction.explanation;
    let points: f64 = explanation.contributions.iter().map(|line| line.points).sum();
    let sum = explanation.baseline.unwrap() + points + explanation.rest;
    assert!((sum - prediction.score).abs() < 1e-6, "{sum} for {}", prediction.score);
    assert!(explanation.rest.abs() < 1e-3, "{explanation:?}");
    prediction
}

#[test]
fn a_disqualified_lead_gets_the_low_end_of_the_range_also_below_zero() {
    let groups = r#""groups":[{"code":"g","rules":[{"code":"r","points":30},{"code":"out","when":"out","disqualify":true}]}]"#;
    let lead = Lead::new("l").with("out", true);
    for (range, scale, lowest) in [
        (r#""range":[-20,40],"#, r#"{"kind":"linear","from":-50,"to":50}"#, 30.0),
        (r#""range":[-50,40],"#, r#"{"kind":"linear","from":-50,"to":50}"#, 0.0),
        // Shown scores begin at 0, whatever the points.
        (r#""range":[-20,40],"#, r#"{"kind":"points"}"#, 0.0),
        (r#""range":[-20,40],"#, r#"{"kind":"quantiles","knots":[[-30,5],[-10,15],[40,95]]}"#, 10.0),
        // Without a range there is no lowest margin.
        ("", r#"{"kind":"linear","from":-50,"to":50}"#, 0.0),
    ] {
        let pipeline = pipeline(&format!(r#""unit":"points","base":0,{range}{groups}"#), scale);
        let prediction = score(&pipeline, &lead);
        assert_eq!(prediction.score, lowest, "{range} {scale}");
        assert_eq!(prediction.disqualified.map(|by| by.code.to_string()).as_deref(), Some("out"));
        // The score alone is the same.
        let brief = pipeline.score_brief(&lead, &as_of(), &ScoreOptions::new()).unwrap();
        assert_eq!(brief.score, lowest, "{range} {scale}");
    }
}

#[test]
fn parts_that_cancel_under_a_steep_calibration_add_up() {
    // 100 / (1 + e^−(a · (3 + second))), worked out by another program.
    for (a, second, wanted) in [
        (1.0, -3.0, 50.0),
        (50.0, -3.0, 50.0),
        (10_000.0, -3.0, 50.0),
        (10_000.0, -2.999_999_99, 50.002_50),
        (10_000.0, -2.999, 99.995_46),
    ] {
        let scorer = format!(
            r#""unit":"log_odds","base":0.25,"groups":[{{"code":"g","rules":[{{"code":"up","points":3}},{{"code":"down","points":{second}}}]}}]"#
        );
        let scale =
            format!(r#"{{"kind":"logistic","calibration":{{"kind":"platt","a":{a},"b":{}}}}}"#, -0.25 * a);
        let prediction = score(&pipeline(&scorer, &scale), &Lead::new("l"));
        assert!((prediction.score - wanted).abs() < 1e-3, "{a} {second}: {} for {wanted}", prediction.score);
        assert_eq!(prediction.basis, Some(Basis::Calibrated));
    }
    let raw = pipeline(r#""unit":"log_odds","base":0,"groups":[]"#, r#"{"kind":"logistic"}"#);
    assert_eq!(score(&raw, &Lead::new("l")).basis, Some(Basis::Rules));
    let knots = r#"{"kind":"logistic","calibration":{"kind":"knots","knots":[[-1,0.25],[1,0.75]]}}"#;
    let knots = pipeline(r#""unit":"log_odds","base":0,"groups":[]"#, knots);
    assert_eq!(score(&knots, &Lead::new("l")).basis, Some(Basis::Calibrated));
}

#[test]
fn activities_at_one_time_come_in_one_order() {
    let scorer = r#""unit":"points","base":0,"groups":[{"code":"g","rules":[{"code":"r","points":"last"}]}]"#;
    let pipeline = pipeline(scorer, r#"{"kind":"points"}"#);
    let at = Timestamp::parse("2026-11-21T09:00:00Z", &Zone::utc()).unwrap();
    let deal = |kind: &str, amount: f64, note: &str| {
        Activity::new(kind, at).with("amount", amount).with("note", note)
    };
    // By kind first; of one kind by the JSON of the properties, whose names are sorted.
    for (activities, last) in [
        ([deal("b", 1.0, "x"), deal("a", 2.0, "x"), deal("a", 3.0, "x")], 1.0),
        ([deal("a", 1.0, "x"), deal("a", 2.0, "x"), deal("a", 3.0, "x")], 3.0),
        ([deal("a", 5.0, "z"), deal("a", 5.0, "y"), deal("a", 4.0, "zz")], 5.0),
    ] {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let lead = order.iter().fold(Lead::new("l"), |lead, at| lead.activity(activities[*at].clone()));
            assert_eq!(score(&pipeline, &lead).score, last, "{order:?} of {activities:?}");
        }
    }
}

#[test]
fn strict_mode_refuses_a_level_that_the_feature_does_not_have() {
    let scorer = r#""unit":"points","base":7,"groups":[]"#;
    let pipeline = pipeline(scorer, r#"{"kind":"points"}"#);
    let strict = ScoreOptions::new().strict();
    for known in ["small", "Large"] {
        assert!(pipeline.score_with(&Lead::new("l").with("size", known), &as_of(), &strict).is_ok());
    }
    // The feature is optional: it may be absent, and still nothing else may stand there.
    assert!(pipeline.score_with(&Lead::new("l"), &as_of(), &strict).is_ok());
    let lead = Lead::new("l").with("size", "huge");
    let error = pipeline.score_with(&lead, &as_of(), &strict).unwrap_err();
    assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_feature", "attributes.size"));
    let lenient = pipeline.score(&lead, &as_of()).unwrap();
    let missing = lenient.missing.iter().find(|missing| &*missing.name == "size").unwrap();
    assert_eq!(missing.found.as_deref(), Some("huge"));
}

#[test]
fn the_largest_points_of_a_rule_count_downwards_too() {
    let importance = |group: &str| {
        let scorer = format!(
            r#""unit":"points","base":0,"groups":[{{"code":"g"{group},"rules":[{{"code":"n","points":"n"}}]}},{{"code":"h","rules":[{{"code":"ten","points":10}}]}}]"#
        );
        let found = pipeline(&scorer, r#"{"kind":"points"}"#).importance(ImportanceBy::Largest).unwrap();
        found.iter().find(|one| &*one.code == "n").unwrap().importance
    };
    // `n` lies within −4 and 6; each share is of the sum with the ten points of the other rule.
    assert_eq!(importance(""), 6.0 / 16.0);
    assert_eq!(importance(r#","range":[-9,5]"#), 6.0 / 16.0);
    assert_eq!(importance(r#","range":[-5,2]"#), 5.0 / 15.0);
    assert_eq!(importance(r#","range":[-1,2]"#), 2.0 / 12.0);
    assert_eq!(importance(r#","range":[-3,2]"#), 3.0 / 13.0);
    assert_eq!(importance(r#","weight":-0.5"#), 3.0 / 13.0);
}

#[test]
fn a_model_card_does_not_speak_of_another_scorer() {
    let heat: serde_json::Value =
        serde_json::from_str(&Pipeline::builtin("heat").unwrap().to_json()).unwrap();
    assert!(Pipeline::builtin("heat").unwrap().model_card().is_some());
    let rules = json!({"extends": "heat", "format": 1, "id": "mine",
        "scorer": {"kind": "scorecard", "unit": "points", "base": 5, "groups": []},
        "scale": {"kind": "points"}, "tiers": "hot-warm-cold"});
    let own = Pipeline::from_json(&rules.to_string()).unwrap();
    assert!(own.model_card().is_none());
    // The same scorer, written out again, may bring a card of its own.
    let copy = json!({"extends": "heat", "format": 1, "id": "mine", "scorer": heat["scorer"]});
    assert!(Pipeline::from_json(&copy.to_string()).unwrap().model_card().is_none());
    let kept = json!({"extends": "heat", "format": 1, "id": "mine"});
    assert!(Pipeline::from_json(&kept.to_string()).unwrap().model_card().is_some());
}
