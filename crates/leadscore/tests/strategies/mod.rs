//! Leads, scorecards and damage as strategies: what fails shrinks to a lead with few attributes and a card with few rules.

#![allow(dead_code)] // each test file uses its part

use crate::generated::{AS_OF, KINDS, NUMBERS, TEXTS, at};
use leadscore::{Activity, AsOf, Attribute, Feature, FeatureSchema, FeatureType, Lead, Pipeline, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::ops::Range;
use std::sync::LazyLock;

/// Every built-in pipeline.
pub(crate) static BUILTIN: LazyLock<Vec<Pipeline>> =
    LazyLock::new(|| Pipeline::builtin_names().map(|name| Pipeline::builtin(name).unwrap()).collect());

/// One of the built-in pipelines.
pub(crate) fn builtin() -> impl Strategy<Value = &'static Pipeline> {
    (0..BUILTIN.len()).prop_map(|index| &BUILTIN[index])
}

/// As of the time that the leads' activities lie before.
pub(crate) fn as_of() -> AsOf {
    AsOf::new(at(AS_OF))
}

/// A lead of which little, some or nearly all is known, with a log that is empty, short or long.
pub(crate) fn lead() -> impl Strategy<Value = Lead> {
    let known = prop_oneof![lead_with(0.4), lead_with(0.7), lead_with(0.95)];
    prop_oneof![1 => activities().prop_map(|log| with_activities(Lead::new("lead"), log)), 3 => known]
}

/// A lead that has each attribute with that probability.
fn lead_with(known: f64) -> impl Strategy<Value = Lead> {
    let texts = TEXTS.iter().map(|(name, texts)| {
        (*name, prop::option::weighted(known, select(*texts).prop_map(Attribute::from)).boxed())
    });
    let numbers =
        NUMBERS.iter().map(|(name, end)| (*name, prop::option::weighted(known, number_below(*end)).boxed()));
    let enrolled = prop::option::weighted(known, prop::bool::weighted(0.6).prop_map(Attribute::Flag)).boxed();
    let (names, values): (Vec<&str>, Vec<BoxedStrategy<Option<Attribute>>>) =
        texts.chain(numbers).chain([("enrolled_in_sequence", enrolled)]).unzip();
    (values, activities()).prop_map(move |(values, log)| {
        let known = names.iter().zip(values);
        let lead = known.fold(Lead::new("lead"), |lead, (name, value)| lead.with(*name, value));
        with_activities(lead, log)
    })
}

fn with_activities(lead: Lead, log: Vec<Activity>) -> Lead {
    log.into_iter().fold(lead, Lead::activity)
}

/// Mostly a whole number, now and then a negative one, a decimal one, a text or NaN.
fn number_below(end: u64) -> impl Strategy<Value = Attribute> {
    let number = (0..end).prop_map(|number| number as f64);
    prop_oneof![
        20 => number.clone().prop_map(Attribute::Number),
        1 => number.clone().prop_map(|number| Attribute::Number(-number)),
        1 => number.clone().prop_map(|number| Attribute::from(number.to_string())),
        1 => number.prop_map(|number| Attribute::Number(number + 0.5)),
        1 => Just(Attribute::Number(f64::NAN)),
    ]
}

/// A lead with values inside the ranges of a schema, some of them missing.
pub(crate) fn lead_in_range(schema: &FeatureSchema) -> impl Strategy<Value = Lead> + use<> {
    let value = |feature: &Feature| match feature.kind {
        FeatureType::Flag => any::<bool>().prop_map(Attribute::Flag).boxed(),
        FeatureType::Category => select(feature.levels.clone()).prop_map(Attribute::from).boxed(),
        _ => {
            let (low, high) =
                feature.range.map_or((0.0, 40.0), |range| (range.low.max(-1.0), range.high.min(40.0)));
            let whole = feature.whole;
            let value = (0..1_000_u16).prop_map(move |step| low + (high - low) * f64::from(step) / 999.0);
            value.prop_map(move |value| Attribute::Number(if whole { value.round() } else { value })).boxed()
        }
    };
    let known = |feature| prop::option::weighted(11.0 / 12.0, value(feature)).boxed();
    let values: Vec<BoxedStrategy<Option<Attribute>>> = schema.features().iter().map(known).collect();
    let names: Vec<String> = schema.features().iter().map(|feature| feature.name.clone()).collect();
    values.prop_map(move |values| {
        names.iter().zip(values).fold(Lead::new("lead"), |lead, (name, value)| lead.with(&**name, value))
    })
}

/// A log up to the as-of time.
pub(crate) fn activities() -> impl Strategy<Value = Vec<Activity>> {
    prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec(activity(), 0..4),
        2 => prop::collection::vec(activity(), 0..40),
        1 => prop::collection::vec(activity(), 0..130),
    ]
}

/// Some activity up to the as-of time, within two days, forty days or a year of it.
pub(crate) fn activity() -> impl Strategy<Value = Activity> {
    let seconds = prop_oneof![0..48 * 3_600_i64, 0..24 * 40 * 3_600_i64, 0..24 * 400 * 3_600_i64];
    let id = prop::option::weighted(0.3, 0..40_u8);
    let page = prop::option::weighted(0.3, select(&["/pricing", "/demo", "/"][..]));
    (select(&KINDS[..]), seconds, id, page).prop_map(|(kind, seconds, id, page)| {
        let mut activity = Activity::new(kind, at(AS_OF - seconds * 1_000)).with("page", page);
        activity.id = id.map(|id| format!("e-{id}"));
        activity
    })
}

/// A time at which much of a log of [`activities`] lies ahead, or all behind.
pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    (-24 * 400 * 3_600_i64..24 * 3_600).prop_map(|seconds| at(AS_OF + seconds * 1_000))
}

/// The JSON of a pipeline with any of the rules, caps, weights, roundings and scales the language has.
pub(crate) fn scorecard_pipeline() -> impl Strategy<Value = String> {
    let points =
        (groups(4_000), number(4_000), select(&ROUNDS[..]), select(&RANGES[..]), select(&POINT_SCALES[..]))
            .prop_map(|(groups, base, round, range, scale)| {
                pipeline_json("points", &format!(r#""base":{base}{round}{range}"#), &groups, scale)
            });
    let log_odds = (groups(40), number(40), log_odds_scale()).prop_map(|(groups, base, scale)| {
        pipeline_json("log_odds", &format!(r#""base":{base}"#), &groups, &scale)
    });
    prop_oneof![points, log_odds]
}

const ROUNDS: [&str; 3] = ["", r#","round":"down""#, r#","round":"nearest""#];
const RANGES: [&str; 3] = ["", r#","range":[1,99]"#, r#","range":[0,null]"#];
const POINT_SCALES: [&str; 4] = [
    r#"{"kind":"points"}"#,
    r#"{"kind":"points","probability":true}"#,
    r#"{"kind":"linear","from":-5,"to":10.5}"#,
    r#"{"kind":"quantiles","knots":[[-5,0],[1,30],[40,100]]}"#,
];

fn pipeline_json(unit: &str, fields: &str, groups: &str, scale: &str) -> String {
    format!(
        r#"{{"format":1,"id":"random","schema":"lead-ml","scorer":{{"kind":"scorecard","unit":"{unit}",{fields},"groups":[{groups}]}},"scale":{scale},"tiers":"hot-warm-cold"}}"#
    )
}

fn log_odds_scale() -> impl Strategy<Value = String> {
    let fixed = [
        r#"{"kind":"logistic"}"#,
        r#"{"kind":"logistic","calibration":{"kind":"knots","knots":[[-2,0.05],[-0.6,0.2],[0.1,0.8],[3,0.9]]}}"#,
        r#"{"kind":"quantiles","knots":[[-3,2],[-0.2,40],[0,60],[2.5,99]]}"#,
    ];
    let platt = (1..30_u8).prop_map(|tenths| {
        let a = f64::from(tenths) / 10.0;
        format!(r#"{{"kind":"logistic","calibration":{{"kind":"platt","a":{a},"b":-0.4}}}}"#)
    });
    prop_oneof![3 => select(fixed.to_vec()).prop_map(str::to_owned), 1 => platt]
}

/// The JSON of up to four groups, `g0` and on.
fn groups(size: i32) -> impl Strategy<Value = String> {
    let weights = ["", r#","weight":0.35"#, r#","weight":-0.5"#, r#","weight":0"#];
    let ranges = ["", r#","range":[0,5]"#, r#","range":[-1,null]"#];
    let rules = prop::collection::vec(rule(size), 0..5);
    let group = (select(weights.to_vec()), select(ranges.to_vec()), rules);
    prop::collection::vec(group, 1..5).prop_map(|groups| {
        let groups = groups.into_iter().enumerate().map(|(at, (weight, range, rules))| {
            let rules = rules.iter().enumerate().map(|(at, rule)| format!(r#"{{"code":"r{at}"{rule}}}"#));
            let rules = rules.collect::<Vec<_>>().join(",");
            format!(r#"{{"code":"g{at}"{weight}{range},"rules":[{rules}]}}"#)
        });
        groups.collect::<Vec<_>>().join(",")
    })
}

/// What follows the code of a rule.
fn rule(size: i32) -> impl Strategy<Value = String> {
    let conditions = [
        "",
        r#","when":"has_company""#,
        r#","when":{"not":{"of":"title_seniority","in":["vp","c_level"]}}"#,
        r#","when":{"any":[{"of":"days_since_created","at_most":30},"activity_burst"]}"#,
        r#","when":{"missing":"avg_response_time"}"#,
    ];
    let ranges = ["", "", r#","range":[-0.3,0.7]"#];
    let points = (select(conditions.to_vec()), points(size), select(ranges.to_vec()))
        .prop_map(|(when, points, range)| format!(r#"{when},"points":{points}{range}"#));
    prop_oneof![11 => points, 1 => Just(r#","when":"has_phone","disqualify":true"#.to_owned())]
}

fn points(size: i32) -> impl Strategy<Value = String> {
    (number(size), 0..5_u8).prop_map(|(number, form)| match form {
        0 => number.to_string(),
        1 => format!(r#"{{"product":[{number},"recency_score"]}}"#),
        2 => format!(r#"{{"product":[{number},{{"min":[1,{{"ratio":["page_view_count",20]}}]}}]}}"#),
        3 => format!(r#"{{"of":"email_domain_type","map":{{"free":{number}}},"else":0.1}}"#),
        _ => format!(r#"{{"sum":[{number},{{"half_life":["days_since_created",9]}},-1]}}"#),
    })
}

/// A number of that many hundredths, often with decimals that no float has.
fn number(size: i32) -> impl Strategy<Value = f64> {
    (-size..size).prop_map(|hundredths| f64::from(hundredths) / 100.0)
}

/// A few edits of a JSON text: other signs, or other values in the place of a stretch.
pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    let edit = prop_oneof![
        1 => select(&b"{}[]\",:0-e"[..]).prop_map(Edit::Sign),
        3 => select(&VALUES[..]).prop_map(Edit::Value),
    ];
    prop::collection::vec((any::<Index>(), edit), 1..4).prop_map(Damage)
}

#[derive(Debug, Clone)]
pub(crate) struct Damage(Vec<(Index, Edit)>);

#[derive(Debug, Clone, Copy)]
enum Edit {
    Sign(u8),
    Value(&'static str),
}

const VALUES: [&str; 12] =
    ["null", "-1", "1e308", "\"\"", "[]", "{}", "true", "0", "\"$score\"", "[[1,2],[1,2]]", "1e-320", "17"];

impl Damage {
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for (index, edit) in &self.0 {
            let start = index.index(bytes.len());
            match edit {
                Edit::Sign(sign) => bytes[start] = *sign,
                Edit::Value(value) => {
                    if let Some(stretch) = next_value(&bytes, start) {
                        bytes.splice(stretch, value.bytes());
                    }
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The value that begins after a place in a JSON text, or what looks like one.
fn next_value(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let from = start + 1 + bytes[start..].iter().position(|byte| matches!(byte, b':' | b'['))?;
    let end = |byte: &u8| matches!(byte, b',' | b']' | b'}');
    Some(from..bytes[from..].iter().position(end).map_or(bytes.len(), |length| from + length))
}
