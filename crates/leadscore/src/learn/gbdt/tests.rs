//! The converted forest says what the crate says.

use proptest::prelude::*;

use super::*;
use crate::learn::{Column, ColumnKind};
use crate::{FeatureMatrix, Forest};

/// Rows of a number, a flag and a category, any of which may be missing.
fn examples() -> impl Strategy<Value = Examples> {
    let number = prop_oneof![
        Just(f64::NAN),
        (-3..4_i32).prop_map(f64::from),
        -1e9..1e9,
        // Closer than the crate tells apart, and larger than an f32 has digits for.
        (0..50_i32).prop_map(|step| f64::from(step) * 1e-6),
        (0..50_i32).prop_map(|step| 1.7e9 + f64::from(step) * 256.0),
    ];
    let flag = prop_oneof![Just(0.0), Just(1.0), Just(f64::NAN)];
    let level = prop_oneof![Just(f64::NAN), (0..7_i32).prop_map(f64::from)];
    let row = (number, flag, level, any::<bool>(), prop_oneof![Just(0.0), 0.001..5.0]);
    prop::collection::vec(row, 10..120).prop_filter_map("both outcomes have a weight", |rows| {
        let values = rows.iter().flat_map(|row| [row.0, row.1, row.2]).collect();
        let labels: Vec<f64> = rows.iter().map(|row| if row.3 { 1.0 } else { 0.0 }).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.4).collect();
        let has =
            |label: f64| labels.iter().zip(&weights).any(|(own, weight)| *own == label && *weight > 0.0);
        if !has(0.0) || !has(1.0) {
            return None;
        }
        let columns = vec![
            Column::new("number", ColumnKind::Number),
            Column::new("flag", ColumnKind::Flag),
            // The last level never occurs.
            Column::new("level", ColumnKind::Category((0..8).map(|level| level.to_string()).collect())),
        ];
        let matrix = FeatureMatrix::new(3, values).unwrap();
        Some(Examples::new(columns, matrix, labels).unwrap().with_weights(weights).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_forest_equals_what_the_crate_predicts(examples in examples(), depth in 1..6_usize, rows in 1..8_usize) {
        let gbdt = Gbdt { rounds: 12, max_depth: depth, min_leaf_rows: rows, shrinkage: 0.3, ..Gbdt::default() };
        // Computed apart from `fit`, which compares as well.
        let bins = Bins::new(&examples, &Boosting::default(), None);
        let cells = bins.rows(&examples, None);
        let inputs = Inputs::new(&examples, &bins, &cells);
        let (_, told) = gbdt.run(&inputs, &examples, &inputs.rows(&examples, &cells));
        let learned = gbdt.fit(&examples, None, &Workers::new().threads(1), &mut |_| {}).unwrap();
        let margins = learned.forest.margin(examples.matrix(), Iterations::All).unwrap();
        for (margin, told) in margins.iter().zip(told) {
            prop_assert!((math::sigmoid(*margin) - f64::from(told)).abs() <= TOLERANCE, "{margin} {told}");
        }
        // Other libraries read it; it survives its file, and says its reasons.
        let xgboost = Forest::from_bytes(learned.forest.to_xgboost_json().unwrap().as_bytes()).unwrap();
        prop_assert_eq!(xgboost.margin(examples.matrix(), Iterations::All).unwrap(), margins);
        prop_assert_eq!(&Forest::from_json(&learned.forest.to_json()).unwrap(), &learned.forest);
        let sums = learned.forest.shap(examples.matrix(), Iterations::All).unwrap();
        prop_assert!(sums.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn rounds_after_the_best_one_are_left_out() {
    let law = |rows: usize, shift: usize| {
        let values: Vec<f64> = (0..rows).map(|row| ((row * 37 + shift) % 101) as f64).collect();
        // One of five is noise, another one in the other rows.
        let labels = values.iter().enumerate().map(|(row, value)| {
            let won = *value > 50.0;
            if (row * 7919 + shift * 31).is_multiple_of(5) {
                f64::from(u8::from(!won))
            } else {
                f64::from(u8::from(won))
            }
        });
        let labels = labels.collect();
        let columns = vec![Column::new("number", ColumnKind::Number)];
        Examples::new(columns, FeatureMatrix::new(1, values).unwrap(), labels).unwrap()
    };
    let gbdt = Gbdt { max_depth: 6, min_leaf_rows: 1, ..Gbdt::default() };
    let mut told = 0;
    let learned = gbdt
        .fit(&law(300, 0), Some(&law(300, 11)), &Workers::new(), &mut |round| {
            assert_eq!(round.number, told);
            told += 1;
        })
        .unwrap();
    assert_eq!((told, learned.rounds.len()), (200, 200));
    let losses: Vec<f64> = learned.rounds.iter().map(|round| round.validation_loss.unwrap()).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[learned.forest.round_count() - 1], best);
    assert!(learned.forest.round_count() < 200, "{losses:?}");
}

#[test]
fn what_it_cannot_learn_from_is_refused() {
    let columns = || vec![Column::new("number", ColumnKind::Number)];
    let matrix = || FeatureMatrix::new(1, vec![1.0, 2.0, f64::NAN]).unwrap();
    let fit = |gbdt: &Gbdt, labels: Vec<f64>| {
        let examples = Examples::new(columns(), matrix(), labels).unwrap();
        gbdt.fit(&examples, None, &Workers::new(), &mut |_| {}).unwrap_err()
    };
    assert_eq!(fit(&Gbdt::default(), vec![1.0; 3]).kind(), ErrorKind::InvalidMatrix);
    assert_eq!(fit(&Gbdt::default(), vec![1.0, 0.0, 2.0]).kind(), ErrorKind::InvalidMatrix);
    let error = fit(&Gbdt { shrinkage: 0.0, ..Gbdt::default() }, vec![1.0, 0.0, 1.0]);
    assert_eq!((error.kind(), error.path().to_string().as_str()), (ErrorKind::InvalidContext, "shrinkage"));
    let stop = || true;
    let examples = Examples::new(columns(), matrix(), vec![1.0, 0.0, 1.0]).unwrap();
    let stopped = Gbdt::default().fit(&examples, None, &Workers::new().stop(&stop), &mut |_| {}).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
}
