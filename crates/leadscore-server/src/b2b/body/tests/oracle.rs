//! Random bodies: nothing panics, and what is read is what slower ways read.

use std::sync::LazyLock;

use leadscore::feature::FeatureType;
use leadscore::pipeline::ScoreWorkspace;
use leadscore::{AsOf, Feature, Lead, Mode, Pipeline, Zone};
use proptest::prelude::*;
use serde_json::Value;

use super::super::super::tests::REQUEST;
use super::super::{B2bModel, checked, fast, read_batch, read_one};

static MODEL: LazyLock<B2bModel> = LazyLock::new(super::builtin);

/// One of the ways to write a good value of a feature.
fn written(feature: &Feature, way: usize, share: f64) -> String {
    if feature.kind == FeatureType::Flag {
        return ["0", "1", "true", "false", "1.0", "0e5", "10E-1"][way % 7].to_owned();
    }
    let low = feature.range.map_or(-1e3, |range| range.low.max(-1e3));
    let high = feature.range.map_or(1e3, |range| range.high.min(low + 5e6));
    let value = low + share * (high - low);
    if feature.whole {
        let value = value.floor();
        return match way % 4 {
            0 => format!("{value}"),
            1 => format!("{value:.1}"),
            2 => format!("{value}e0"),
            _ => format!("{value:.30}E+0"),
        };
    }
    match way % 5 {
        0 => format!("{value}"),
        1 => format!("{value:e}"),
        2 => format!("{value:.2}"),
        3 => format!("{value:.40}"),
        _ => format!("{value:.7}"),
    }
}

#[derive(Debug, Clone)]
struct Written {
    order: Vec<usize>,
    ways: Vec<(usize, f64)>,
    omitted: Vec<bool>,
    space: &'static str,
    unknown: bool,
    id_last: bool,
}

fn bodies() -> impl Strategy<Value = Written> {
    (
        Just((0..50).collect::<Vec<usize>>()).prop_shuffle(),
        prop::collection::vec((any::<usize>(), 0.0..1.0f64), 50),
        prop::collection::vec(any::<bool>(), 50),
        prop::sample::select(vec!["", " ", "\n\t ", "\r\n"]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(order, ways, omitted, space, unknown, id_last)| Written {
            order,
            ways,
            omitted,
            space,
            unknown,
            id_last,
        })
}

fn body(written_body: &Written) -> String {
    let Written { order, ways, omitted, space, unknown, id_last } = written_body;
    let columns: Vec<&Feature> = MODEL.pipeline().schema().columns().collect();
    let mut members: Vec<String> = order
        .iter()
        .filter(|&&at| columns[at].required || !omitted[at])
        .map(|&at| {
            let (way, share) = ways[at];
            format!("\"{}\"{space}:{space}{}", columns[at].name, written(columns[at], way, share))
        })
        .collect();
    if *unknown {
        members.insert(members.len() / 2, "\"unknown\": {\"company_revenue\": [1]}".to_owned());
    }
    let features = format!("\"features\":{space}{{{}}}", members.join(&format!("{space},{space}")));
    let id = "\"lead_id\":\"L-1\"".to_owned();
    let parts = if *id_last { [features, id] } else { [id, features] };
    format!("{space}{{{space}{}{space}}}", parts.join(","))
}

/// The row and the probability that the library gives for a body that is parsed into a tree of values and then a lead.
fn slow_score(pipeline: &Pipeline, body: &str) -> (Vec<f64>, f64) {
    let value: Value = serde_json::from_str(body).unwrap();
    let mut lead = Lead::new(value["lead_id"].as_str().unwrap());
    for (name, value) in value["features"].as_object().unwrap() {
        lead = match value {
            Value::Bool(flag) => lead.with(name, *flag),
            Value::Number(number) => lead.with(name, number.as_f64().unwrap()),
            _ => lead,
        };
    }
    let as_of = AsOf::parse("2026-11-26", &Zone::utc()).unwrap();
    let row = pipeline.feature_matrix([&lead], &as_of, Mode::Strict).unwrap().row(0).to_vec();
    (row, pipeline.score(&lead, &as_of).unwrap().probability.unwrap())
}

proptest! {
    #[test]
    fn good_bodies_score_as_the_library_does(written in bodies()) {
        let body = body(&written);
        let lead = read_one(body.as_bytes(), &MODEL).map_err(|error| TestCaseError::fail(format!("{error:?}\n{body}")))?;
        prop_assert_eq!(&lead.lead_id, "L-1");
        let (row, probability) = slow_score(MODEL.pipeline(), &body);
        prop_assert_eq!(&lead.row, &row, "{}", body);
        let scored = MODEL.score_row(lead.row.clone(), &mut ScoreWorkspace::default()).unwrap();
        prop_assert_eq!(scored.raw_score.to_bits(), probability.to_bits(), "{}", body);
        prop_assert_eq!(fast::one(&body, MODEL.fields()).is_some(), !written.unknown);
        prop_assert_eq!(checked::one(&body, MODEL.fields()), Ok(lead.clone()));
        let batch = format!("[{body},{body}]");
        let batch = read_batch(batch.as_bytes(), &MODEL).unwrap();
        prop_assert_eq!(&batch.values[..50], &lead.row[..]);
        prop_assert_eq!(&batch.values[50..], &lead.row[..]);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_one(&bytes, &MODEL);
        let _ = read_batch(&bytes, &MODEL);
    }

    #[test]
    fn a_damaged_body_is_read_by_both_ways_alike(
        at in 0..REQUEST.len(),
        removed in 0..4usize,
        put in "[\\[\\]{}\",:0-9eE.+\\-a-z\\\\ \\n\u{0}-\u{1f}é]{0,3}",
        in_list in any::<bool>(),
    ) {
        let body = format!("{}{put}{}", &REQUEST[..at], &REQUEST[(at + removed).min(REQUEST.len())..]);
        if in_list {
            let body = format!("[{REQUEST},{body}]");
            let _ = read_batch(body.as_bytes(), &MODEL);
            if let Some(batch) = fast::batch(&body, MODEL.fields()) {
                prop_assert_eq!(checked::batch(&body, MODEL.fields()), Ok(batch));
            }
        } else {
            if let Some(lead) = fast::one(&body, MODEL.fields()) {
                prop_assert_eq!(checked::one(&body, MODEL.fields()), Ok(lead));
            }
            if serde_json::from_str::<Value>(&body).is_err() {
                let refused = read_one(body.as_bytes(), &MODEL).unwrap_err();
                prop_assert_eq!(refused.detail[0].kind, if body.is_empty() { "value_error.missing" } else { "value_error.jsondecode" });
            }
        }
    }
}
