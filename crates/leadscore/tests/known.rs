//! What is known of a lead: a count that became 0 for want of anything to count is not, and a rule is no feature.

use leadscore::{Activity, AsOf, Lead, Pipeline, Prediction, Score, ScoreOptions, Timestamp, Zone};

/// Columns: opens (stated or logged), rate (of opens to mails), busy (a flag of opens), age (an attribute), speed (opens
/// by age), night (a share of the log), fixed (a number of its own).
const PIPELINE: &str = r#"{"format": 1, "id": "known", "schema": {"features": [
    {"name": "size", "type": "number", "helper": true, "source": {"from": "count"}},
    {"name": "logged", "type": "number", "helper": true, "source": {"from": "count", "types": ["email_open"]}},
    {"name": "stated", "type": "number", "helper": true, "source": {"from": "attribute", "name": "open_count"}},
    {"name": "mails", "type": "number", "helper": true, "source": {"from": "attribute", "name": "mail_count"}},
    {"name": "opens", "type": "number", "source": {"from": "formula", "value":
        {"cases": [[{"of": "size", "over": 0}, "logged"]], "else": {"first": ["stated", 0]}}}},
    {"name": "rate", "type": "number", "source": {"from": "formula", "value": {"first": [{"ratio": ["opens", "mails"]}, 0]}}},
    {"name": "busy", "type": "flag", "source": {"from": "formula", "when": {"of": "opens", "at_least": 3}}},
    {"name": "age", "type": "number", "source": {"from": "attribute"}},
    {"name": "speed", "type": "number", "source": {"from": "formula", "value": {"ratio": ["opens", "age"]}}},
    {"name": "named", "type": "flag", "source": {"from": "attribute", "name": "name", "as": "present"}}]},
  "scorer": {"kind": "scorecard", "unit": "points", "base": 10, "range": [0, 100], "groups": [{"code": "g", "rules": [
    {"code": "opens", "points": "opens", "text": "{opens} opens"},
    {"code": "age", "points": {"product": [2, "age"]}, "text": "{age} days"}]}]},
  "scale": {"kind": "points"}, "tiers": "hot-warm-cold"}"#;

fn pipeline() -> Pipeline {
    Pipeline::from_json(PIPELINE).unwrap()
}

fn as_of() -> AsOf {
    AsOf::parse("2026-11-22", &Zone::utc()).unwrap()
}

#[track_caller]
fn check(lead: &Lead, score: f64, unknown: &[&str]) {
    let (pipeline, as_of) = (pipeline(), as_of());
    let prediction: Prediction = pipeline.score(lead, &as_of).unwrap();
    let names: Vec<&str> = prediction.missing.iter().map(|missing| missing.name.as_str()).collect();
    assert_eq!(names, unknown);
    // Six columns and a flag of presence: opens, rate, busy, age, speed, named.
    let completeness = (6 - unknown.len()) as f64 / 6.0;
    assert_eq!((prediction.score, prediction.completeness), (score, completeness));
    let brief: Score = pipeline.score_brief(lead, &as_of, &ScoreOptions::new()).unwrap();
    assert_eq!((brief.score, brief.completeness), (score, completeness));
    assert!(prediction.warnings.is_empty());
    // Many at once are the same.
    let many = vec![lead.clone(); 70];
    for each in pipeline.score_each::<Prediction>(&many, &as_of, &ScoreOptions::new()) {
        assert_eq!(each.unwrap().missing, prediction.missing);
    }
}

#[test]
fn a_count_without_anything_to_count_is_not_known() {
    let opened = Activity::new("email_open", Timestamp::parse("2026-11-20", &Zone::utc()).unwrap());
    // Nothing at all: 10 points, and only the presence of a name is known.
    check(&Lead::new("1"), 10.0, &["opens", "rate", "busy", "age", "speed"]);
    // An age says nothing of opens, nor of the opens by age; 10 + 2 × 4.
    check(&Lead::new("1").with("age", 4), 18.0, &["opens", "rate", "busy", "speed"]);
    // A stated count is known, and so is what rests on it alone; 10 + 3 + 2 × 4.
    check(&Lead::new("1").with("age", 4).with("open_count", 3), 21.0, &["rate"]);
    check(&Lead::new("1").with("age", 4).with("open_count", 0), 18.0, &["rate"]);
    check(&Lead::new("1").with("age", 4).with("open_count", " "), 18.0, &["opens", "rate", "busy", "speed"]);
    check(&Lead::new("1").with("age", 4).with("open_count", 3).with("mail_count", 6), 21.0, &[]);
    // A log is known, whatever is in it, unless it begins after the as-of time.
    check(&Lead::new("1").with("age", 4).activity(opened), 19.0, &[]);
    let later = Activity::new("email_open", Timestamp::parse("2026-11-23", &Zone::utc()).unwrap());
    check(&Lead::new("1").with("age", 4).activity(later), 18.0, &["opens", "rate", "busy", "speed"]);
}

#[test]
fn what_a_score_rests_on() {
    let inputs = pipeline().score_inputs();
    // Not the name and the mails, which no rule reads.
    assert_eq!(inputs.attributes, ["open_count", "age"]);
    assert!(inputs.reads_activities && inputs.model_columns.is_empty());
    let heat = Pipeline::builtin("heat").unwrap().score_inputs();
    assert!(!heat.model_columns.is_empty());
    assert!(heat.model_columns.iter().all(|column| !column.attributes.is_empty() || column.reads_activities));
}
