//! Pipelines beside outcomes, against figures worked out by hand and against the single measures.

#![cfg(feature = "learn")]

use leadscore::capacity::Top;
use leadscore::evaluate::{Evaluation, EvaluationOptions, Outcomes, PipelineScores, SegmentColumn};
use leadscore::parallel::Workers;
use leadscore::{AsOf, Error, Lead, Pipeline, ScoreOptions, Zone};

/// The score is the attribute `x`, and its probability a hundredth of it where the scale says so.
fn pipeline(id: &str, scale: &str) -> Pipeline {
    let text = format!(
        r#"{{"format": 1, "id": "{id}", "schema": {{"features": [
            {{"name": "x", "label": "the x", "type": "number", "source": {{"from": "attribute"}}}},
            {{"name": "kind", "type": "category", "levels": ["a", "b"], "source": {{"from": "attribute"}}}}]}},
          "scorer": {{"kind": "scorecard", "unit": "points", "base": 0, "range": [0, 100], "groups": [{{"code": "g", "rules": [
            {{"code": "x_as_points", "points": "x"}},
            {{"code": "kind", "when": {{"of": "kind", "is": "b"}}, "points": 0.5}}]}}]}},
          "scale": {scale}, "tiers": {{"on": "score", "bounds": [{{"tier": "HIGH", "from": 50}}, {{"tier": "LOW"}}]}}}}"#
    );
    Pipeline::from_json(&text).unwrap()
}

const POINTS: &str = r#"{"kind": "points"}"#;
const PROBABILITY: &str = r#"{"kind": "points", "probability": true}"#;

fn scores(pipeline: &Pipeline, values: &[f64]) -> PipelineScores {
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let leads: Vec<Lead> = values.iter().map(|value| Lead::new("l").with("x", *value)).collect();
    PipelineScores::of(pipeline, &leads, &as_of, &ScoreOptions::new()).unwrap()
}

fn evaluated(all: &[PipelineScores], labels: &[bool], options: &EvaluationOptions) -> Evaluation {
    Evaluation::new(all, labels, &[], options, &Workers::new()).unwrap()
}

#[test]
fn figures_are_those_of_a_calculation_by_hand() {
    let values = [90.0, 80.0, 60.0, 60.0, 30.0, 10.0, 10.0, 5.0, 5.0, 0.0];
    let labels = [true, false, true, false, true, false, false, false, false, false];
    let tops = ["10 %", "3", "40 %"].map(|text| Top::parse(text).unwrap());
    let options = EvaluationOptions::new().tops(tops).draws(0);
    let found = evaluated(&[scores(&pipeline("p", PROBABILITY), &values)], &labels, &options);
    assert_eq!((found.leads, found.won, found.base_rate, found.draws), (10, 3, 0.3, 0));
    let own = &found.pipelines[0];
    // Of 21 pairs 90 wins 7, 60 wins 5 and ties 1, 30 wins 5.
    assert_eq!(own.measures.auc.value, 17.5 / 21.0);
    assert_eq!(own.measures.auc.interval, None);
    // Steps at 90 (1 of 1), 60 (2 of 4) and 30 (3 of 5).
    assert!((own.measures.average_precision.value - (1.0 + 0.5 + 0.6) / 3.0).abs() < 1e-12);
    // All three of 3 won and 2 of 7 lost leads are at 30 and above.
    assert!((own.measures.ks.value - 5.0 / 7.0).abs() < 1e-12);
    let squares = [0.01, 0.64, 0.16, 0.36, 0.49, 0.01, 0.01, 0.0025, 0.0025, 0.0];
    assert!((own.measures.brier.unwrap().value - squares.iter().sum::<f64>() / 10.0).abs() < 1e-12);
    assert!((found.chance.brier - 0.21).abs() < 1e-12);
    let top: Vec<(String, usize, f64, f64)> = own
        .top
        .iter()
        .map(|top| (top.top.to_string(), top.leads, top.conversion.value, top.capture.value))
        .collect();
    // The third lead is one half of a tie of a won and a lost one.
    assert_eq!(
        top,
        [
            ("10 %".to_owned(), 1, 1.0, 1.0 / 3.0),
            ("3".to_owned(), 3, 0.5, 0.5),
            ("40 %".to_owned(), 4, 0.5, 2.0 / 3.0)
        ]
    );
    assert!((own.top[0].lift.value - 1.0 / 0.3).abs() < 1e-12);
    let tiers: Vec<(Option<&str>, usize, usize)> =
        own.tiers.iter().map(|tier| (tier.tier.as_deref(), tier.leads, tier.won)).collect();
    assert_eq!(tiers, [(Some("HIGH"), 4, 2), (Some("LOW"), 6, 1)]);
    // Wilson's interval of 2 of 4.
    let wilson = own.tiers[0].conversion.unwrap().interval.unwrap();
    assert!((wilson.low - 0.150_04).abs() < 1e-5 && (wilson.high - 0.849_96).abs() < 1e-5, "{wilson:?}");
    assert_eq!(own.reliability.iter().map(|bin| bin.count).sum::<usize>(), 10);
    assert_eq!(own.histogram.iter().map(|bin| bin.won + bin.lost).sum::<usize>(), 10);
    assert_eq!((own.explained, own.features.len()), (10, 1));
    assert_eq!((own.features[0].label.as_str(), own.features[0].mean_points), ("x as points", 35.0));
    let dependence = &own.dependence[0];
    assert_eq!((dependence.feature.as_str(), dependence.label.as_str()), ("x", "the x"));
    assert!(dependence.leads.iter().all(|lead| lead.value == lead.points));
    assert_eq!(dependence.leads.len(), 10);
}

#[test]
fn points_have_no_measures_of_probabilities() {
    let labels = [true, false, true, false];
    let own = scores(&pipeline("p", POINTS), &[3.0, 2.0, 1.0, 0.0]);
    let found = evaluated(&[own], &labels, &EvaluationOptions::new().draws(20));
    let json: serde_json::Value = serde_json::from_str(&found.to_json()).unwrap();
    let own = &json["pipelines"][0];
    for absent in ["log_loss", "brier", "calibration_error"] {
        assert!(own["measures"].get(absent).is_none(), "{absent}");
    }
    assert!(own["measures"]["auc"]["low"].is_number());
    let why = "`p` gives points, and no probability: it has no log loss, Brier score or calibration";
    assert_eq!(own["without_probability"], why);
    assert_eq!(own["reliability"], serde_json::json!([]));
    assert_eq!(own["gain"][0], serde_json::json!([0.0, 0.0]));
}

/// Values of a lead, and whether it was won.
fn many() -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let labels: Vec<bool> = (0..300).map(|at| at % 4 == 0).collect();
    let noise = |at: usize, step: usize| (at * step % 61) as f64;
    let value = |(at, won): (usize, &bool), step| (noise(at, step) + if *won { 30.0 } else { 0.0 }).floor();
    let first = labels.iter().enumerate().map(|own| value(own, 17)).collect();
    let second = labels.iter().enumerate().map(|own| value(own, 23) * 0.9).collect();
    (first, second, labels)
}

#[test]
fn intervals_are_those_of_the_single_measures_for_any_number_of_threads() {
    let (first, second, labels) = many();
    let (one, two) = (pipeline("one", PROBABILITY), pipeline("two", PROBABILITY));
    let all = [scores(&one, &first), scores(&two, &second)];
    let options = EvaluationOptions::new().draws(150).seed(5);
    let on = |threads| {
        Evaluation::new(&all, &labels, &[], &options, &Workers::new().threads(threads)).unwrap().to_json()
    };
    assert_eq!(on(1), on(3));
    let found = evaluated(&all, &labels, &options);
    let outcomes = |values: &[f64]| {
        let known = labels.iter().map(|won| f64::from(*won)).collect();
        Outcomes::new(values.iter().map(|value| value / 100.0).collect(), known).unwrap()
    };
    let (a, b) = (outcomes(&first), outcomes(&second));
    let measures = &found.pipelines[0].measures;
    assert_eq!(
        (measures.auc.value, measures.auc.interval),
        (a.auc(), Some(a.interval(Outcomes::auc, 150, 5)))
    );
    assert_eq!(measures.ks.interval, Some(a.interval(Outcomes::ks, 150, 5)));
    assert_eq!(measures.average_precision.interval, Some(a.interval(Outcomes::average_precision, 150, 5)));
    let loss = measures.log_loss.unwrap();
    assert!((loss.value - a.log_loss()).abs() < 1e-12);
    let single = a.interval(Outcomes::log_loss, 150, 5);
    assert!((loss.interval.unwrap().low - single.low).abs() < 1e-12);
    // Paired: the same draws for both.
    let difference = found.pipelines[1].difference.as_ref().unwrap();
    assert_eq!(difference.auc.value, b.auc() - a.auc());
    assert_eq!(difference.auc.interval, Some(b.paired_interval(&a, Outcomes::auc, 150, 5)));
    assert_eq!(found.pipelines[0].difference, None);
    let error = a.calibration_error(150, 5);
    assert_eq!(measures.calibration_error.unwrap().value, error.expected);
    assert_eq!(measures.calibration_error.unwrap().perfect_95, Some(error.perfect_95));
}

#[test]
fn segments_are_measured_apart() {
    let (first, _, labels) = many();
    let mut column = SegmentColumn::new("country");
    for at in 0..300 {
        // Of `FR` all are lost; one in ten has no country.
        column.push(if at % 10 == 7 {
            " "
        } else if at % 4 == 1 {
            "FR"
        } else {
            "DE"
        });
    }
    let own = scores(&pipeline("p", POINTS), &first);
    let options = EvaluationOptions::new().draws(50);
    let found = Evaluation::new(&[own], &labels, &[column], &options, &Workers::new()).unwrap();
    let segment = &found.pipelines[0].segments[0];
    let groups: Vec<(Option<&str>, usize, usize, bool)> = segment
        .groups
        .iter()
        .map(|group| (group.value.as_deref(), group.leads, group.won, group.auc.is_some()))
        .collect();
    assert_eq!((segment.column.as_str(), segment.more), ("country", 0));
    assert_eq!(groups, [(Some("DE"), 210, 75, true), (Some("FR"), 60, 0, false), (None, 30, 0, false)]);
    let (values, won): (Vec<f64>, Vec<f64>) = (0..300)
        .filter(|at| at % 10 != 7 && at % 4 != 1)
        .map(|at| (first[at], f64::from(labels[at])))
        .unzip();
    let alone = Outcomes::new(values, won).unwrap();
    assert_eq!(segment.groups[0].auc.unwrap().value, alone.auc());
}

#[test]
fn of_many_leads_a_sample_is_looked_into() {
    let values: Vec<f64> = (0..25_000).map(|at| f64::from(at % 100)).collect();
    let own = scores(&pipeline("p", POINTS), &values);
    let labels: Vec<bool> = (0..25_000).map(|at| at % 3 == 0).collect();
    let found = evaluated(&[own], &labels, &EvaluationOptions::new().draws(0));
    let explained = found.pipelines[0].explained;
    assert!((5_000..=10_000).contains(&explained), "{explained}");
    assert!((found.pipelines[0].features[0].mean_points - 49.5).abs() < 1.0);
}

#[test]
fn what_does_not_fit_is_refused() {
    let own = scores(&pipeline("p", POINTS), &[1.0, 2.0]);
    let none = EvaluationOptions::new();
    let refused = |all: &[PipelineScores], labels: &[bool], segments: &[SegmentColumn]| -> (String, String) {
        let error: Error = Evaluation::new(all, labels, segments, &none, &Workers::new()).unwrap_err();
        (error.code().to_owned(), error.path().to_string())
    };
    let is = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    assert_eq!(refused(&[], &[true, false], &[]), is("invalid_context", "pipelines"));
    assert_eq!(refused(std::slice::from_ref(&own), &[true], &[]), is("invalid_matrix", "pipelines[0]"));
    assert_eq!(refused(std::slice::from_ref(&own), &[true, true], &[]), is("invalid_matrix", "labels"));
    let column = SegmentColumn::new("c");
    assert_eq!(
        refused(std::slice::from_ref(&own), &[true, false], &[column]),
        is("invalid_matrix", "segments[0]")
    );
    let mut other = own.clone();
    other.retain(|number| number == 1);
    assert_eq!((other.count(), other.numbers()), (1, [1].as_slice()));
    assert_eq!(refused(&[own, other], &[true, false], &[]), is("invalid_matrix", "pipelines[1]"));
}
