//! Handles: the marker for missing values, equality, fewer rounds.

use super::*;

#[test]
fn a_marker_for_missing_values_is_as_good_as_nan() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let precision = if seed % 2 == 0 { Precision::F32 } else { Precision::F64 };
        let forest = random_forest(&mut dice, precision, seed % 7 == 0);
        let rows = [1, 5, 70][dice.below(3)];
        let matrix = random_rows(&mut dice, rows, forest.feature_count());
        let marker = [0.0, 0.1, -999.1, f64::INFINITY][dice.below(4)];
        let with = |value: f64| {
            let values = matrix.values().iter().map(|x| if x.is_nan() { value } else { *x });
            FeatureMatrix::new(matrix.columns(), values.collect()).unwrap()
        };
        // What the model itself has for the marker's value is missing too.
        let nan = |value: &f64| if *value == marker { f64::NAN } else { *value };
        let expected =
            FeatureMatrix::new(matrix.columns(), matrix.values().iter().map(nan).collect()).unwrap();
        let with_marker = forest.clone().with_missing(marker);
        assert_eq!(with_marker.missing(), Some(marker));
        let outcomes = |forest: &Forest, matrix: &FeatureMatrix| {
            let shap = forest.shap(matrix, Iterations::All).unwrap();
            [
                forest.margin(matrix, Iterations::All).unwrap(),
                forest.predict(matrix, Iterations::All).unwrap(),
                shap,
            ]
            .map(|values| bits(&values))
        };
        assert_eq!(outcomes(&with_marker, &with(marker)), outcomes(&forest, &expected), "seed {seed}");
        assert_eq!(outcomes(&with_marker, &with(f64::NAN)), outcomes(&forest, &expected), "seed {seed}");
        if marker.is_finite() && f64::from(marker as f32) != marker {
            // XGBoost rounds to f32 before it compares, LightGBM does not.
            let rounded = with(f64::from(marker as f32));
            let expected = if precision == Precision::F32 { &expected } else { &rounded };
            assert_eq!(outcomes(&with_marker, &rounded), outcomes(&forest, expected), "seed {seed}");
        }
        // It is part of the model's JSON, and goes again with NaN.
        assert_eq!(Forest::from_json(&with_marker.to_json()).unwrap(), with_marker);
        assert_ne!(with_marker, forest);
        assert_eq!(with_marker.with_missing(f64::NAN), forest);
    }
}

#[test]
fn handles_are_shared_and_compare_by_model() {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<Forest>();
    let mut dice = Dice(3);
    let forest = random_forest(&mut dice, Precision::F64, false);
    let other = random_forest(&mut dice, Precision::F64, false);
    assert_eq!(forest.clone(), forest);
    assert_ne!(forest, other);
    // A marker on one handle leaves the others alone.
    let handle = forest.clone();
    assert_eq!(handle.with_missing(1.0).missing(), Some(1.0));
    assert_eq!(forest.missing(), None);
}

#[test]
fn truncated_rounds_are_gone() {
    let mut dice = Dice(11);
    let forest = random_forest(&mut dice, Precision::F32, false);
    let mut model = forest.model().clone();
    model.best_iteration = Some(0);
    let best = Forest::new(model).with_missing(2.0);
    let short = best.truncate_rounds(Iterations::Best);
    assert_eq!((short.round_count(), short.tree_count(), short.best_iteration()), (1, 1, None));
    assert_eq!(short.missing(), Some(2.0));
    assert_eq!(best.truncate_rounds(Iterations::All), best);
    let matrix = random_rows(&mut dice, 30, forest.feature_count());
    assert_eq!(
        bits(&short.margin(&matrix, Iterations::All).unwrap()),
        bits(&best.margin(&matrix, Iterations::Best).unwrap())
    );
}
