//! Random forests: contributions against enumeration, the compiled engine against the interpreter.

mod handle;
#[path = "../../tests/shared/mod.rs"]
mod shared_data;
mod strategies;

use proptest::prelude::*;
use proptest::sample::select;

pub(super) use self::shared_data::shared;
use self::strategies::{ForestSpec, forest, forest_from, matrix, rows};
use super::engine::{SCALAR_ONLY, interpreted_margins};
use super::model::Booster;
use super::precision::Precision;
use super::tree::{Leaf, Node, Split, Test, Tree};
use super::{Forest, Iterations};
use crate::FeatureMatrix;

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The result on a processor without wide vectors.
fn without_wide_vectors(run: impl FnOnce() -> Vec<f64>) -> Vec<f64> {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            SCALAR_ONLY.set(false);
        }
    }
    let _reset = Reset;
    SCALAR_ONLY.set(true);
    run()
}

/// The margins of all rows by the interpreter.
fn interpreted(forest: &Forest, matrix: &FeatureMatrix) -> Vec<f64> {
    let mut margins = Vec::new();
    for row in 0..matrix.row_count() {
        interpreted_margins(forest.model(), matrix.row(row), usize::MAX, &mut margins);
    }
    margins
}

/// A number between -0.5 and 0.5 for each place.
fn scattered(place: usize) -> f64 {
    (place * 7_919 % 1_009) as f64 / 1_009.0 - 0.5
}

/// Rows whose values lie between the thresholds of [`chain`] and beyond, some of them missing.
fn scattered_rows(rows: usize, columns: usize) -> FeatureMatrix {
    let value =
        |place: usize| if place % 11 == 3 { f64::NAN } else { (scattered(place) * 160.0).round() / 4.0 };
    FeatureMatrix::new(columns, (0..rows * columns).map(value).collect()).unwrap()
}

/// A tree with one long path: every split has a leaf on its left.
fn chain(levels: usize, features: usize) -> Tree {
    let mut slots = Vec::new();
    for level in 0..levels {
        let (left, right) = (2 * level + 1, 2 * level + 2);
        let test = Test::Numerical { threshold: level as f64 / 100.0 - 9.0, zero_is_missing: false };
        let (feature, cover) = (level % features, (levels - level + 1) as f64);
        slots.push(Node::Split(Split { feature, test, default_left: false, left, right, cover, gain: 1.0 }));
        slots.push(Node::Leaf { leaf: Leaf::Value(scattered(level)), cover: 1.0 });
    }
    slots.push(Node::Leaf { leaf: Leaf::Value(scattered(levels)), cover: 1.0 });
    Tree::new(0, 0, slots).unwrap()
}

/// Contributions have the same bits for a row alone, for rows in lanes and without wide vectors, and add up.
fn contributions_hold(forest: &Forest, matrix: &FeatureMatrix) {
    let shap = forest.shap(matrix, Iterations::All).unwrap();
    assert_eq!(bits(&without_wide_vectors(|| forest.shap(matrix, Iterations::All).unwrap())), bits(&shap),);
    let margins = forest.margin(matrix, Iterations::All).unwrap();
    let (width, outputs) = (forest.model().features.len() + 1, forest.output_count());
    let Booster::Trees(trees) = &forest.model().booster else { panic!("no trees") };
    for row in 0..matrix.row_count() {
        let own = &shap[row * outputs * width..][..outputs * width];
        let one = FeatureMatrix::new(matrix.column_count(), matrix.row(row).to_vec()).unwrap();
        assert_eq!(bits(&forest.shap(&one, Iterations::All).unwrap()), bits(own), "row {row}");
        for output in 0..outputs {
            let (mut sum, mut size) =
                (forest.model().base_score[output], forest.model().base_score[output].abs());
            for tree in trees {
                let value = match tree.leaf(matrix.row(row), forest.model().precision) {
                    Leaf::Vector(values) => values[output],
                    Leaf::Value(value) if tree.output == output => *value,
                    _ => 0.0,
                };
                (sum, size) = (sum + value, size + value.abs());
            }
            let total: f64 = own[output * width..][..width].iter().sum();
            assert!((total - sum).abs() < 1e-9, "{total} for {sum}");
            assert!((total - margins[row * outputs + output]).abs() < 1e-6 * size.max(1e-3));
        }
    }
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn contributions_have_the_same_bits_for_any_number_of_rows(
        (spec, values) in prop_oneof![
            (forest(2..=2, 6, 7), rows(2, &[8, 21, 70])),
            (forest(6..=6, 6, 7), rows(6, &[8, 21, 70])),
            (forest(40..=40, 8, 7), rows(40, &[8, 21, 70])),
            (forest(70..=70, 11, 7), rows(70, &[8, 21, 70])),
        ],
    ) {
        contributions_hold(&spec.build(), &matrix(&values, spec.features));
    }
}

#[test]
fn long_paths_and_many_thresholds() {
    for (levels, features) in [(9, 3), (40, 90), (300, 1), (3000, 40)] {
        let trees = vec![chain(levels, features), chain(8, features)];
        let forest = forest_from(Precision::F64, features, &[0.25], trees);
        let matrix = scattered_rows(30, features);
        let margins = forest.margin(&matrix, Iterations::All).unwrap();
        assert_eq!(bits(&margins), bits(&interpreted(&forest, &matrix)));
        contributions_hold(&forest, &matrix);
    }
    // One feature with more thresholds than a byte counts, in trees that are not deep.
    let trees = (0..400)
        .map(|tree| {
            let test = Test::Numerical { threshold: f64::from(tree) / 20.0 - 10.0, zero_is_missing: false };
            let (feature, default_left) = (0, tree % 2 == 0);
            let split = Split { feature, test, default_left, left: 1, right: 2, cover: 4.0, gain: 1.0 };
            let leaf = |place, cover| Node::Leaf { leaf: Leaf::Value(scattered(place)), cover };
            let place = 2 * tree as usize;
            Tree::new(0, 0, vec![Node::Split(split), leaf(place, 1.0), leaf(place + 1, 3.0)]).unwrap()
        })
        .collect();
    let forest = forest_from(Precision::F32, 1, &[0.25], trees);
    let matrix = scattered_rows(100, 1);
    let margins = forest.margin(&matrix, Iterations::All).unwrap();
    assert_eq!(bits(&margins), bits(&interpreted(&forest, &matrix)));
    contributions_hold(&forest, &matrix);
}

/// Margins by the compiled forms, with and without wide vectors and for single rows, are those of the interpreter.
fn engine_agrees(spec: &ForestSpec, values: &[Vec<f64>]) -> Result<(), TestCaseError> {
    let forest = spec.build();
    let matrix = matrix(values, spec.features);
    let wanted = interpreted(&forest, &matrix);
    let margins = forest.margin(&matrix, Iterations::All).unwrap();
    prop_assert_eq!(bits(&margins), bits(&wanted));
    let margins = without_wide_vectors(|| forest.margin(&matrix, Iterations::All).unwrap());
    prop_assert_eq!(bits(&margins), bits(&wanted));
    for row in 0..matrix.row_count() {
        let one = FeatureMatrix::new(spec.features, matrix.row(row).to_vec()).unwrap();
        let margin = forest.margin(&one, Iterations::All).unwrap();
        prop_assert_eq!(bits(&margin), bits(&wanted[row * spec.outputs..(row + 1) * spec.outputs]));
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn the_engine_gives_the_bits_of_the_interpreter_for_any_number_of_rows(
        spec in forest(1..=6, 6, 7),
        values in rows(6, &[7, 24, 64, 65, 130, 600]),
    ) {
        engine_agrees(&spec, &values)?;
    }

    // Deeper than a byte can index, but of few leaves.
    #[test]
    fn the_engine_gives_the_bits_of_the_interpreter_for_deep_trees(
        spec in forest(1..=6, 14, 7),
        values in rows(6, &[7, 24, 65, 600]),
    ) {
        engine_agrees(&spec, &values)?;
    }

    #[test]
    fn the_own_format_gives_the_same_forest_back(spec in forest(1..=6, 6, 7), values in rows(6, &[20])) {
        let forest = spec.build();
        let text = forest.to_json();
        let read = Forest::from_json(&text).unwrap();
        prop_assert_eq!(read.to_json(), text);
        let matrix = matrix(&values, spec.features);
        let bits = |forest: &Forest| -> Vec<u64> {
            let margins = forest.margin(&matrix, Iterations::All).unwrap();
            let shap = forest.shap(&matrix, Iterations::All).unwrap();
            margins.iter().chain(&shap).map(|value| value.to_bits()).collect()
        };
        prop_assert_eq!(bits(&read), bits(&forest));
        // A NaN threshold is unlike itself, but looks the same.
        let booster = |forest: &Forest| format!("{:?}", forest.model().booster);
        prop_assert_eq!(booster(&read), booster(&forest));
    }
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn contributions_are_the_shapley_values_by_enumeration(
        mut spec in forest(1..=6, 6, 3),
        values in rows(6, &[]),
    ) {
        spec.precision = Precision::F64;
        let forest = spec.build();
        let matrix = matrix(&values, spec.features);
        let shap = forest.shap(&matrix, Iterations::All).unwrap();
        let margins = forest.margin(&matrix, Iterations::All).unwrap();
        let (width, outputs) = (spec.features + 1, spec.outputs);
        for row in 0..matrix.row_count() {
            for output in 0..outputs {
                let phi = &shap[(row * outputs + output) * width..][..width];
                let sum: f64 = phi.iter().sum();
                prop_assert!((sum - margins[row * outputs + output]).abs() < 1e-9, "{sum}");
                let wanted = enumerated(&forest, matrix.row(row), output);
                for (feature, (own, wanted)) in phi.iter().zip(&wanted).enumerate() {
                    prop_assert!((own - wanted).abs() < 1e-9, "feature {feature}: {own} for {wanted}");
                }
            }
        }
    }
}

/// Shapley values by their definition, over all sets of features, the bias last.
fn enumerated(forest: &Forest, row: &[f64], output: usize) -> Vec<f64> {
    let features = forest.model().features.len();
    let value = |known: usize| -> f64 {
        let Booster::Trees(trees) = &forest.model().booster else { return 0.0 };
        forest.model().base_score[output]
            + trees.iter().map(|tree| expected(forest, tree, 0, row, known, output)).sum::<f64>()
    };
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let mut phi: Vec<f64> = (0..features)
        .map(|feature| {
            (0..1_usize << features)
                .filter(|known| known >> feature & 1 == 0)
                .map(|known| {
                    let size = known.count_ones() as usize;
                    let weight = factorial(size) * factorial(features - size - 1) / factorial(features);
                    weight * (value(known | 1 << feature) - value(known))
                })
                .sum()
        })
        .collect();
    phi.push(value(0));
    phi
}

/// The mean of a subtree where only some features are known: the others are averaged by cover.
fn expected(forest: &Forest, tree: &Tree, node: usize, row: &[f64], known: usize, output: usize) -> f64 {
    match &tree.nodes[node] {
        Node::Leaf { leaf: Leaf::Vector(values), .. } => values[output],
        Node::Leaf { leaf: Leaf::Value(value), .. } if tree.output == output => *value,
        Node::Leaf { .. } => 0.0,
        Node::Split(split) if known >> split.feature & 1 == 1 => {
            let next = if split.goes_left(row, forest.model().precision) { split.left } else { split.right };
            expected(forest, tree, next, row, known, output)
        }
        Node::Split(split) => [split.left, split.right]
            .iter()
            .map(|&child| {
                let share = if split.cover == 0.0 { 0.5 } else { tree.nodes[child].cover() / split.cover };
                if share == 0.0 { 0.0 } else { share * expected(forest, tree, child, row, known, output) }
            })
            .sum(),
    }
}
