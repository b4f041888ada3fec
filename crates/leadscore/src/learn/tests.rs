//! Whole fits.

use super::*;
use crate::forest::Iterations;
use crate::parallel::Workers;
use crate::{FeatureMatrix, Forest};

/// A repeatable sequence of numbers from 0 up to 1.
fn numbers(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Rows whose log-odds are a step of a number, a step of being missing, and a set of levels.
fn made_up(rows: usize, seed: u64) -> Examples {
    let mut next = numbers(seed);
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let number = next() * 10.0;
        let hole = if next() < 0.3 { f64::NAN } else { next() };
        let level = (next() * 12.0).floor();
        let flag = (next() * 2.0).floor();
        let margin = (if number > 6.0 { 1.5 } else { -1.0 })
            + (if hole.is_nan() { -1.5 } else { 0.5 })
            + (if [1.0, 4.0, 7.0].contains(&level) { 1.5 } else { -0.5 })
            + number.min(3.0) * 0.2 * flag;
        values.extend([number, hole, level, flag]);
        labels.push(if next() < crate::math::sigmoid(margin) { 1.0 } else { 0.0 });
    }
    let levels = (0..12).map(|level| format!("level {level}")).collect();
    let columns = vec![
        Column::new("number", ColumnKind::Number),
        Column::new("hole", ColumnKind::Number),
        Column::new("level", ColumnKind::Category(levels)),
        Column::new("flag", ColumnKind::Flag),
    ];
    Examples::new(columns, FeatureMatrix::new(4, values).unwrap(), labels).unwrap()
}

fn fit(boosting: &Boosting, examples: &Examples) -> Learned {
    boosting.fit(examples, None, &Workers::new().threads(1), &mut |_| {}).unwrap()
}

fn loss(forest: &Forest, examples: &Examples) -> f64 {
    let margins = forest.margin(examples.matrix(), Iterations::All).unwrap();
    Objective::Logistic.loss(examples, &margins, None)
}

#[test]
fn a_known_law_is_learned() {
    let (training, test) = (made_up(20_000, 1), made_up(20_000, 2));
    let boosting = Boosting { rounds: 200, ..Boosting::default() };
    let learned = boosting.fit(&training, Some(&test), &Workers::new().threads(1), &mut |_| {}).unwrap();
    // The law itself has 0.469 on these rows, the share of the positive ones alone 0.69.
    let found = loss(&learned.forest, &test);
    assert!(found < 0.49, "{found}");
    let told = learned.rounds.last().unwrap().validation_loss.unwrap();
    assert!((told - found).abs() < 1e-6, "{told} {found}");
    let names: Vec<String> = learned.forest.feature_names();
    assert_eq!(names, ["number", "hole", "level", "flag"]);
}

#[test]
fn threads_change_nothing() {
    let examples = made_up(20_000, 3);
    let boosting = Boosting { rounds: 20, row_share: 0.7, column_share: 0.8, ..Boosting::default() };
    let one = fit(&boosting, &examples).forest.to_json();
    let more = boosting.fit(&examples, None, &Workers::new().threads(3), &mut |_| {}).unwrap();
    assert_eq!(one, more.forest.to_json());
}

#[test]
fn a_forest_survives_its_file() {
    let examples = made_up(2000, 4);
    let forest = fit(&Boosting { rounds: 30, ..Boosting::default() }, &examples).forest;
    let read = Forest::from_json(&forest.to_json()).unwrap();
    assert_eq!(read, forest);
    let margins = |forest: &Forest| -> Vec<u64> {
        let margins = forest.margin(examples.matrix(), Iterations::All).unwrap();
        margins.into_iter().map(f64::to_bits).collect()
    };
    assert_eq!(margins(&read), margins(&forest));
    assert_eq!(forest.source_library().name(), "leadscore");
}

#[test]
fn what_is_written_for_other_libraries_reads_back_alike() {
    let examples = made_up(2000, 5);
    let forest = fit(&Boosting { rounds: 20, ..Boosting::default() }, &examples).forest;
    let margins = |forest: &Forest| forest.margin(examples.matrix(), Iterations::All).unwrap();
    let own = margins(&forest);
    let xgboost = forest.to_xgboost_json().unwrap();
    let bits = |margins: &[f64]| margins.iter().map(|margin| margin.to_bits()).collect::<Vec<u64>>();
    assert_eq!(bits(&margins(&Forest::from_bytes(xgboost.as_bytes()).unwrap())), bits(&own));
    // LightGBM sums in f64.
    let lightgbm = forest.to_lightgbm_text().unwrap();
    for (own, other) in own.iter().zip(margins(&Forest::from_bytes(lightgbm.as_bytes()).unwrap())) {
        assert!((own - other).abs() < 1e-5, "{own} {other}");
    }
    // XGBoost from 3.1 on takes the node behind a left child for its right one.
    let file: serde_json::Value = serde_json::from_str(&xgboost).unwrap();
    for tree in file["learner"]["gradient_booster"]["model"]["trees"].as_array().unwrap() {
        let children = |name: &str| -> Vec<i64> {
            tree[name].as_array().unwrap().iter().map(|child| child.as_i64().unwrap()).collect()
        };
        for (left, right) in children("left_children").into_iter().zip(children("right_children")) {
            assert!(left == -1 && right == -1 || right == left + 1, "{left} {right}");
        }
    }
}

/// Days until leads are won: their logarithm is a step of one number, a set of levels, and noise. Those of more than `horizon`
/// days are still open.
fn times(rows: usize, seed: u64, horizon: f64) -> (Examples, Vec<f64>) {
    let mut next = numbers(seed);
    let (mut values, mut days, mut means) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let (number, level) = (next() * 10.0, (next() * 6.0).floor());
        let mean = 3.0 + (if number > 4.0 { 0.8 } else { -0.2 }) - (if level > 3.0 { 0.9 } else { 0.0 });
        let odds = next();
        values.extend([number, level]);
        days.push(crate::math::exp(mean + 0.4 * crate::math::ln(odds / (1.0 - odds))));
        means.push(mean);
    }
    let levels = (0..6).map(|level| format!("level {level}")).collect();
    let columns =
        vec![Column::new("number", ColumnKind::Number), Column::new("level", ColumnKind::Category(levels))];
    let upper = days.iter().map(|days| if *days > horizon { f64::INFINITY } else { *days }).collect();
    let lower = days.into_iter().map(|days| days.min(horizon)).collect();
    let examples = Examples::new(columns, FeatureMatrix::new(2, values).unwrap(), lower).unwrap();
    (examples.with_upper_bounds(upper).unwrap(), means)
}

#[test]
fn times_of_leads_that_are_still_open_are_learned_without_bias() {
    let (training, _) = times(8000, 6, 30.0);
    let (test, means) = times(4000, 7, 30.0);
    assert!((0..8000).filter(|row| training.upper_bound(*row) == f64::INFINITY).count() > 2000);
    let objective = Objective::FailureTime { noise: Noise::Logistic, scale: 0.4 };
    let boosting = Boosting { objective, rounds: 300, patience: Some(30), ..Boosting::default() };
    let learned = boosting.fit(&training, Some(&test), &Workers::new().threads(2), &mut |_| {}).unwrap();
    let forest = learned.forest;
    let margins = forest.margin(test.matrix(), Iterations::All).unwrap();
    let off = margins.iter().zip(&means).map(|(margin, mean)| (margin - mean).abs()).sum::<f64>() / 4000.0;
    assert!(off < 0.06, "{off}");
    // Days, not their logarithm.
    let days = forest.predict(test.matrix(), Iterations::All).unwrap();
    assert!((days[0] / crate::math::exp(margins[0]) - 1.0).abs() < 1e-6);
    let read = Forest::from_bytes(forest.to_xgboost_json().unwrap().as_bytes()).unwrap();
    assert_eq!(read.margin(test.matrix(), Iterations::All).unwrap(), margins);
    assert_eq!(Forest::from_json(&forest.to_json()).unwrap(), forest);
}

#[test]
fn bounds_that_mean_nothing_are_refused() {
    let examples = |labels: &[f64], upper: &[f64]| {
        let matrix = FeatureMatrix::new(1, vec![0.0; labels.len()]).unwrap();
        let columns = vec![Column::new("a", ColumnKind::Number)];
        Examples::new(columns, matrix, labels.to_vec()).unwrap().with_upper_bounds(upper.to_vec())
    };
    for (upper, path) in [
        (vec![1.0], "upper_bounds"),
        (vec![1.0, 1.5], "upper_bounds[1]"),
        (vec![f64::NAN, 3.0], "upper_bounds[0]"),
    ] {
        let error = examples(&[1.0, 2.0], &upper).unwrap_err();
        assert_eq!((error.code(), &*error.path().to_string()), ("invalid_matrix", path));
    }
    let days = Objective::FailureTime { noise: Noise::Normal, scale: 1.0 };
    let refused = |objective: Objective, labels: &[f64], upper: &[f64]| {
        let boosting = Boosting { objective, ..Boosting::default() };
        let examples = examples(labels, upper).unwrap();
        let error = boosting.fit(&examples, None, &Workers::new(), &mut |_| {}).unwrap_err();
        (error.code(), error.path().to_string())
    };
    assert_eq!(refused(days, &[1.0, 0.0], &[1.0, 0.0]), ("invalid_matrix", "labels[1]".to_owned()));
    assert_eq!(refused(days, &[-1.0, 0.0], &[1.0, 5.0]), ("invalid_matrix", "labels[0]".to_owned()));
    assert_eq!(
        refused(Objective::Squared, &[1.0, 2.0], &[1.0, 3.0]),
        ("invalid_matrix", "upper_bounds".to_owned())
    );
    let flat = Objective::FailureTime { noise: Noise::Normal, scale: 0.0 };
    assert_eq!(refused(flat, &[1.0, 2.0], &[1.0, 3.0]), ("invalid_context", "objective".to_owned()));
}
