//! The language of rules: two systems that are not built in, from JSON alone, and what values and conditions mean.

#[path = "cases/pipelines.rs"]
mod cases;

use cases::{CONDITIONS, OLDER_SCORE, PLUS_MINUS, SCHEMA, VALUES};
use leadscore::{AsOf, ContributionKind, FeatureValue, Lead, Pipeline, Prediction, Timestamp, Zone};

#[test]
fn the_older_score_is_json_alone() {
    let pipeline = Pipeline::from_json(OLDER_SCORE).unwrap();
    let score = |lead: &Lead| pipeline.score(lead, &as_of()).unwrap().score;
    let stated = |counts: &[(&str, f64)]| {
        counts.iter().fold(Lead::new("l").with("last_activity_at", "2026-01-01"), |lead, (name, count)| {
            lead.with(*name, *count)
        })
    };
    assert_eq!(score(&Lead::new("l")), 0.0);
    assert_eq!(score(&Lead::new("l").with("company", "A").with("title", "B").with("phone", "1")), 25.0);
    assert_eq!(score(&stated(&[("email_open_count", 1.0)])), 5.0);
    assert_eq!(score(&stated(&[("email_click_count", 1.0)])), 10.0);
    assert_eq!(score(&stated(&[("page_view_count", 1.0)])), 3.0);
    assert_eq!(score(&stated(&[("form_submit_count", 1.0)])), 15.0);
    assert_eq!(score(&stated(&[("total_activities", 10.0)])), 0.0);
    assert_eq!(score(&stated(&[("total_activities", 11.0)])), 15.0);
    assert_eq!(score(&Lead::new("l").with("last_activity_at", "2026-11-15T12:00:00Z")), 20.0);
    assert_eq!(score(&Lead::new("l").with("last_activity_at", "2026-11-14T12:00:00Z")), 0.0);
    assert_eq!(score(&stated(&[("form_submit_count", 6.0), ("page_view_count", 3.0)])), 99.0);
    let most = pipeline.score(&stated(&[("form_submit_count", 7.0)]), &as_of()).unwrap();
    assert_eq!(most.score, 100.0);
    assert_eq!(part(&most, "range").points, -5.0);
}

#[test]
fn the_plus_minus_rule_is_json_alone() {
    let pipeline = Pipeline::from_json(PLUS_MINUS).unwrap();
    let points = |name: &str, value: f64| margin(&pipeline, &Lead::new("l").with(name, value));
    for (views, wanted) in
        [(21.0, 2.0), (20.0, 1.0), (10.0, 1.0), (9.0, 0.0), (5.0, 0.0), (4.0, -1.0), (0.0, -1.0)]
    {
        assert_eq!(points("page_views", views), wanted, "{views} views");
    }
    for (days, wanted) in [(3.0, 2.0), (4.0, 1.0), (7.0, 1.0), (8.0, 0.0), (30.0, 0.0), (31.0, -1.0)] {
        assert_eq!(points("recency_days", days), wanted, "{days} days");
    }
    for (interest, wanted) in [("high", 2.0), ("Medium", 1.0), ("low", -1.0), ("none", 0.0), ("odd", 0.0)] {
        assert_eq!(margin(&pipeline, &Lead::new("l").with("interest", interest)), wanted, "{interest}");
    }
    let best = Lead::new("l")
        .with("page_views", 30.0)
        .with("recency_days", 1.0)
        .with("interest", "high")
        .with("last_touch", "asked for a demo")
        .with("source", "Referral");
    let prediction = pipeline.score(&best, &as_of()).unwrap();
    assert_eq!(
        (prediction.score, prediction.tier.as_deref(), prediction.action.as_deref()),
        (100.0, Some("hot"), Some("Call"))
    );
    let worst = Lead::new("l").with("page_views", 0.0).with("recency_days", 31.0).with("interest", "low");
    assert_eq!(pipeline.score(&worst, &as_of()).unwrap().score, 0.0);
}

#[test]
fn conditions_are_three_valued_and_only_true_fires() {
    for (condition, fires) in CONDITIONS {
        assert_eq!(margin(&small(&cases::rule_when(condition)), &five()) == 1.0, fires, "{condition}");
    }
}

#[test]
fn values_spread_what_is_missing() {
    for (value, wanted) in VALUES {
        let pipeline = small(&cases::rule_points(value));
        assert_eq!(margin(&pipeline, &five()), if wanted.is_nan() { 0.0 } else { wanted }, "{value}");
        // A rule is no feature, whether it could be decided or not.
        let missing = pipeline.score(&five(), &as_of()).unwrap().missing;
        assert!(missing.iter().all(|own| !own.name.contains('.')), "{value}: {missing:?}");
    }
}

#[test]
fn limits_come_in_their_order_and_each_is_a_line() {
    let card = |extra: &str, groups: &str| pipeline(extra, groups, r#"{"kind":"points"}"#);
    // Rule range, then group range, then weight, then base, then rounding, then range.
    let full = card(
        r#","base":2,"round":"nearest","range":[0,9]"#,
        r#"{"code":"g","weight":0.5,"range":[0,16],"rules":[{"code":"capped","points":{"product":[4,"n"]},"range":[0,12]},{"code":"more","points":7}]}"#,
    );
    let prediction = full.score(&five(), &as_of()).unwrap();
    let lines: Vec<(&str, f64)> =
        prediction.explanation.contributions.iter().map(|c| (&*c.code, c.points)).collect();
    assert_eq!(
        lines,
        [("capped", 10.0), ("capped.range", -4.0), ("more", 3.5), ("g.range", -1.5), ("range", -1.0)]
    );
    assert_eq!(
        (prediction.explanation.baseline.unwrap(), prediction.score, prediction.explanation.rest),
        (2.0, 9.0, 0.0)
    );
    assert_eq!((prediction.breakdown[0].value, prediction.breakdown[0].weighted), (16.0, 8.0));
    for code in ["capped.range", "g.range", "range"] {
        assert_eq!(part(&prediction, code).kind, ContributionKind::Limit);
    }
    for (round, base, score) in [
        ("down", 2.9, 2.0),
        ("down", -0.5, -1.0),
        ("nearest", 2.5, 3.0),
        ("nearest", -2.5, -3.0),
        ("nearest", 2.4, 2.0),
    ] {
        let card = card(
            &format!(r#","base":{base},"round":"{round}","range":[-9,9]"#),
            r#"{"code":"g","rules":[]}"#,
        );
        let prediction = card.score(&five(), &as_of()).unwrap();
        let sum = prediction.explanation.baseline.unwrap() + part(&prediction, "round").points;
        assert!((sum - score).abs() < 1e-12, "{round} {base}");
    }
    // What changes nothing has no line.
    let calm = card(
        r#","base":2,"round":"down","range":[0,9]"#,
        r#"{"code":"g","range":[0,9],"rules":[{"code":"r","points":3,"range":[0,3]},{"code":"zero","points":0}]}"#,
    );
    assert_eq!(calm.score(&five(), &as_of()).unwrap().explanation.contributions.len(), 1);
}

#[test]
fn huge_values_end_at_the_caps() {
    let capped = small(r#"{"code":"r","points":"n","range":[0,40]}"#);
    for n in [41.0, 1e9, 1.1e9, 1e300] {
        assert_eq!(margin(&capped, &Lead::new("l").with("n", n)), 40.0, "{n}");
    }
    let free = small(r#"{"code":"r","points":{"product":["n","n"]}}"#);
    assert_eq!(free.score(&Lead::new("l").with("n", 1e300), &as_of()).unwrap().score, 100.0);
}

#[test]
fn steep_calibrations_and_blank_texts() {
    let json = format!(
        r#"{{"format":1,"id":"p","schema":{SCHEMA},"scorer":{{"kind":"scorecard","unit":"log_odds","base":0,"groups":[{{"code":"my_group","range":[0,1],"rules":[
        {{"code":"my_rule","points":"n","text":"  "}}]}}]}},"scale":{{"kind":"logistic","calibration":{{"kind":"platt","a":10000,"b":0}}}},"tiers":"hot-warm-cold"}}"#
    );
    let pipeline = Pipeline::from_json(&json).unwrap();
    let prediction = pipeline.score(&Lead::new("l").with("n", 5e-4), &as_of()).unwrap();
    assert!(prediction.explanation.rest.abs() <= 1e-3, "{}", prediction.explanation.rest);
    let capped = pipeline.score(&Lead::new("l").with("n", 5.0), &as_of()).unwrap();
    assert_eq!(&*part(&capped, "my_rule").text, "n: 5");
    assert_eq!(&*part(&capped, "my_group.range").text, "“my group” is limited");
    assert_eq!(capped.breakdown[0].label, "my group");
}

#[test]
fn disqualified_leads_end_at_the_lowest_score_and_still_add_up() {
    for (extra, scale, lowest) in [
        (r#""unit":"points","base":50"#, r#"{"kind":"points"}"#, 0.0),
        (r#""unit":"points","base":50,"range":[1,99]"#, r#"{"kind":"points","probability":true}"#, 1.0),
        (r#""unit":"points","base":3,"range":[2,9]"#, r#"{"kind":"linear","from":0,"to":10}"#, 20.0),
        (r#""unit":"log_odds","base":1"#, r#"{"kind":"logistic"}"#, 0.0),
    ] {
        let json = format!(
            r#"{{"format":1,"id":"p","schema":{SCHEMA},"scorer":{{"kind":"scorecard",{extra},"groups":[{{"code":"g","rules":[
            {{"code":"r","points":2}},{{"code":"out","when":"yes","disqualify":true,"text":"Is out"}},{{"code":"also","when":"yes","disqualify":true,"text":"Out too"}}]}}]}},
            "scale":{scale},"tiers":"hot-warm-cold"}}"#
        );
        let pipeline = Pipeline::from_json(&json).unwrap();
        let prediction = pipeline.score(&five(), &as_of()).unwrap();
        assert_eq!(prediction.score, lowest, "{scale}");
        let line = part(&prediction, "out");
        assert_eq!((line.kind, &*line.text), (ContributionKind::Limit, "Is out"));
        let points: f64 = prediction.explanation.contributions.iter().map(|c| c.points).sum();
        assert!(
            (prediction.explanation.baseline.unwrap() + points + prediction.explanation.rest - lowest).abs()
                < 1e-9
        );
        let other = pipeline.score(&five().with("yes", false), &as_of()).unwrap();
        assert!(other.score > lowest);
        let unknown = pipeline.score(&Lead::new("l"), &as_of()).unwrap();
        assert_eq!(unknown.score, other.score, "only true disqualifies");
    }
}

#[test]
fn scales_and_calibrations() {
    let score = |unit: &str, base: f64, scale: &str| {
        let json = format!(
            r#"{{"format":1,"id":"p","schema":{SCHEMA},"scorer":{{"kind":"scorecard","unit":"{unit}","base":{base},"groups":[]}},"scale":{scale},"tiers":"hot-warm-cold"}}"#
        );
        let prediction = Pipeline::from_json(&json).unwrap().score(&five(), &as_of()).unwrap();
        (prediction.score, prediction.probability)
    };
    let linear = r#"{"kind":"linear","from":-10,"to":10}"#;
    assert_eq!(
        [-11.0, -10.0, 0.0, 10.0, 11.0].map(|m| score("points", m, linear).0),
        [0.0, 0.0, 50.0, 100.0, 100.0]
    );
    let quantiles = r#"{"kind":"quantiles","knots":[[0,10],[10,60],[20,90]]}"#;
    assert_eq!(
        [-1.0, 0.0, 5.0, 10.0, 20.0, 21.0].map(|m| score("points", m, quantiles).0),
        [10.0, 10.0, 35.0, 60.0, 90.0, 90.0]
    );
    assert_eq!(score("points", 40.0, r#"{"kind":"points"}"#), (40.0, None));
    assert_eq!(score("points", 40.0, r#"{"kind":"points","probability":true}"#), (40.0, Some(0.4)));
    assert_eq!(score("log_odds", 0.0, r#"{"kind":"logistic"}"#), (50.0, Some(0.5)));
    let platt = r#"{"kind":"logistic","calibration":{"kind":"platt","a":2,"b":-2}}"#;
    assert_eq!(score("log_odds", 1.0, platt), (50.0, Some(0.5)));
    let knots = r#"{"kind":"logistic","calibration":{"kind":"knots","knots":[[-2,0.1],[2,0.5]]}}"#;
    assert_eq!(score("log_odds", -3.0, knots).1, Some(0.1));
    assert!((score("log_odds", 0.0, knots).0 - 30.0).abs() < 1e-12);
    assert_eq!(score("log_odds", 3.0, knots).0, 50.0);
}

#[test]
fn tier_bounds_belong_or_not_as_written() {
    let tiers = r#"{"on":"score","bounds":[{"tier":"A","above":80},{"tier":"B","from":80},{"tier":"C","from":20},{"tier":"D"}]}"#;
    let tier = |base: f64| {
        let json = format!(
            r#"{{"format":1,"id":"p","schema":{SCHEMA},"scorer":{{"kind":"scorecard","unit":"points","base":{base},"groups":[]}},"scale":{{"kind":"points"}},"tiers":{tiers}}}"#
        );
        Pipeline::from_json(&json).unwrap().score(&five(), &as_of()).unwrap().tier.unwrap().to_string()
    };
    assert_eq!([80.01, 80.0, 79.99, 20.0, 19.99].map(tier), ["A", "B", "C", "C", "D"]);
}

#[test]
fn texts_show_values_as_people_write_them() {
    let text = |template: &str| {
        let pipeline = small(&format!(r#"{{"code":"my_rule","when":"yes","points":1,"text":{template}}}"#));
        part(
            &pipeline.score(&five().with("big", 1_234_567.5).with("share", 0.276), &as_of()).unwrap(),
            "my_rule",
        )
        .text
        .to_string()
    };
    assert_eq!(text(r#""{n} things""#), "5 things");
    assert_eq!(text(r#""{n:visit|visits} of {yes:yes|no}""#), "5 visits of yes");
    assert_eq!(
        text(r#""{big}, {big:money}, {share:percent}, {big:duration}""#),
        "1,234,567.5, $1,234,568, 28 %, 14 days"
    );
    assert_eq!(text(r#""{kind} and {gone:day|days}""#), "a and unknown");
    assert_eq!(text(r#"{"of":"kind","map":{"a":"is A"},"else":"is not"}"#), "is A");
    assert_eq!(text(r#"{"cases":[["flag_gone","one"]],"else":"other"}"#), "other");
    let plain = small(r#"{"code":"my_rule","points":"n"}"#).score(&five(), &as_of()).unwrap();
    assert_eq!(&*part(&plain, "my_rule").text, "n: 5");
    let features = &part(&plain, "my_rule").features;
    assert_eq!((features.len(), features.get("n")), (1, Some(&FeatureValue::Number(5.0))));
}

fn five() -> Lead {
    Lead::new("l").with("n", 5.0).with("yes", true).with("kind", "a")
}

fn as_of() -> AsOf {
    AsOf::new(Timestamp::parse("2026-11-22T12:00:00Z", &Zone::utc()).unwrap())
}

fn pipeline(extra: &str, groups: &str, scale: &str) -> Pipeline {
    read(&cases::pipeline(extra, groups, scale))
}

fn small(rules: &str) -> Pipeline {
    read(&cases::small(rules))
}

fn read(json: &str) -> Pipeline {
    Pipeline::from_json(json).unwrap_or_else(|error| panic!("{error}\n{json}"))
}

/// The sum of the rules of a lead's prediction, in the scorecard's own points.
fn margin(pipeline: &Pipeline, lead: &Lead) -> f64 {
    pipeline.score(lead, &as_of()).unwrap().breakdown.iter().map(|group| group.weighted).sum()
}

fn part(prediction: &Prediction, code: &str) -> leadscore::Contribution {
    let found = prediction.explanation.contributions.iter().find(|c| &*c.code == code);
    found.unwrap_or_else(|| panic!("{code}? {:?}", prediction.explanation.contributions)).clone()
}
