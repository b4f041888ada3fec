//! Handles: the marker for missing values, equality, fewer rounds.

use super::*;

proptest! {
    #![proptest_config(cases(50))]

    #[test]
    fn a_marker_for_missing_values_is_as_good_as_nan(
        spec in forest(1..=6, 6, 7),
        values in rows(6, &[5, 70]),
        marker in select(&[0.0, 0.1, -999.1, f64::INFINITY][..]),
    ) {
        let forest = spec.build();
        let matrix = matrix(&values, spec.features);
        let with = |value: f64| {
            let values = matrix.values().iter().map(|x| if x.is_nan() { value } else { *x });
            FeatureMatrix::new(spec.features, values.collect()).unwrap()
        };
        // What the model itself has for the marker's value is missing too.
        let nan = |value: &f64| if *value == marker { f64::NAN } else { *value };
        let expected = FeatureMatrix::new(spec.features, matrix.values().iter().map(nan).collect()).unwrap();
        let with_marker = forest.clone().with_missing(marker);
        prop_assert_eq!(with_marker.missing(), Some(marker));
        let outcomes = |forest: &Forest, matrix: &FeatureMatrix| {
            let shap = forest.shap(matrix, Iterations::All).unwrap();
            [
                forest.margin(matrix, Iterations::All).unwrap(),
                forest.predict(matrix, Iterations::All).unwrap(),
                shap,
            ]
            .map(|values| bits(&values))
        };
        prop_assert_eq!(outcomes(&with_marker, &with(marker)), outcomes(&forest, &expected));
        prop_assert_eq!(outcomes(&with_marker, &with(f64::NAN)), outcomes(&forest, &expected));
        if marker.is_finite() && f64::from(marker as f32) != marker {
            // XGBoost rounds to f32 before it compares, LightGBM does not.
            let rounded = with(f64::from(marker as f32));
            let expected = if spec.precision == Precision::F32 { &expected } else { &rounded };
            prop_assert_eq!(outcomes(&with_marker, &rounded), outcomes(&forest, expected));
        }
        // It is part of the model's JSON, and goes again with NaN.
        prop_assert_eq!(&Forest::from_json(&with_marker.to_json()).unwrap(), &with_marker);
        prop_assert_ne!(&with_marker, &forest);
        prop_assert_eq!(with_marker.with_missing(f64::NAN), forest);
    }

    #[test]
    fn truncated_rounds_are_gone(spec in forest(1..=6, 6, 7), values in rows(6, &[30]), best in 0..20_usize) {
        let forest = spec.build();
        let best = best % forest.round_count();
        let mut model = forest.model().clone();
        model.best_iteration = Some(best);
        let forest = Forest::new(model).with_missing(2.0);
        let short = forest.truncate_rounds(Iterations::Best);
        prop_assert_eq!((short.round_count(), short.tree_count()), (best + 1, best + 1));
        // Where no round is left out, it is the same forest.
        let is_whole = best + 1 == forest.round_count();
        prop_assert_eq!(short.best_iteration(), is_whole.then_some(best));
        prop_assert_eq!(short.missing(), Some(2.0));
        prop_assert_eq!(&forest.truncate_rounds(Iterations::All), &forest);
        let matrix = matrix(&values, spec.features);
        prop_assert_eq!(
            bits(&short.margin(&matrix, Iterations::All).unwrap()),
            bits(&forest.margin(&matrix, Iterations::Best).unwrap())
        );
    }
}

#[test]
fn handles_are_shared_and_compare_by_model() {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<Forest>();
    let forest = forest_from(Precision::F64, 3, &[0.5], vec![chain(4, 3)]);
    let other = forest_from(Precision::F64, 3, &[0.5], vec![chain(5, 3)]);
    assert_eq!(forest.clone(), forest);
    assert_ne!(forest, other);
    // A marker on one handle leaves the others alone.
    let handle = forest.clone();
    assert_eq!(handle.with_missing(1.0).missing(), Some(1.0));
    assert_eq!(forest.missing(), None);
}
