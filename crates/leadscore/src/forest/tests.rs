//! Random forests: contributions against enumeration, the compiled engine against the interpreter.

mod handle;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::engine::{SCALAR_ONLY, interpreted_margins};
use super::model::{Booster, Library, Link, Model, ModelFeature};
use super::precision::Precision;
use super::precision::widen_threshold;
use super::tree::{Leaf, Node, Split, Test, Tree};
use super::{Forest, Iterations};
use crate::FeatureMatrix;

/// A small generator of numbers (Knuth's 64-bit linear congruential one).
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, most: usize) -> usize {
        (self.unit() * most as f64) as usize
    }

    fn value(&mut self) -> f64 {
        match self.below(12) {
            0 | 1 => f64::NAN,
            2 => 0.0,
            3 => -0.0,
            4 => [f64::INFINITY, f64::NEG_INFINITY, 1e-36, 3.4e38, 7.9][self.below(5)],
            _ => (self.unit() * 40.0 - 20.0).round() / 4.0,
        }
    }
}

fn random_forest(dice: &mut Dice, precision: Precision, vector: bool) -> Forest {
    let features = 1 + dice.below(6);
    forest_of(dice, precision, vector, features, 7)
}

fn forest_of(dice: &mut Dice, precision: Precision, vector: bool, features: usize, depths: usize) -> Forest {
    let outputs = if vector { 3 } else { 1 + dice.below(3) };
    let trees = 1 + dice.below(20);
    let trees: Vec<Tree> = (0..trees)
        .map(|number| {
            let mut slots = Vec::new();
            let depth = dice.below(depths);
            grow(dice, &mut slots, depth, features, precision, vector.then_some(outputs), 64.0);
            Tree::new(number, number % outputs, slots).unwrap()
        })
        .collect();
    forest_from(dice, precision, features, outputs, trees)
}

fn forest_from(
    dice: &mut Dice,
    precision: Precision,
    features: usize,
    outputs: usize,
    trees: Vec<Tree>,
) -> Forest {
    Forest::new(Model {
        source_library: Library::XgBoost,
        library_version: String::new(),
        objective: String::new(),
        link: Link::Identity,
        precision,
        features: vec![ModelFeature::default(); features],
        base_score: (0..outputs).map(|_| f64::from(dice.unit() as f32)).collect(),
        round_ends: (1..=trees.len()).collect(),
        booster: Booster::Trees(trees),
        best_iteration: None,
        average_output: false,
        missing: None,
        attributes: std::collections::BTreeMap::new(),
    })
}

fn grow(
    dice: &mut Dice,
    slots: &mut Vec<Node>,
    depth: usize,
    features: usize,
    precision: Precision,
    vector: Option<usize>,
    cover: f64,
) -> usize {
    let at = slots.len();
    // Covers are f32 in XGBoost's files.
    let cover = f64::from(cover as f32);
    let value = |dice: &mut Dice| f64::from((dice.unit() * 2.0 - 1.0) as f32);
    if depth == 0 || dice.below(6) == 0 {
        let leaf = match vector {
            None => Leaf::Value(value(dice)),
            Some(outputs) => Leaf::Vector((0..outputs).map(|_| value(dice)).collect()),
        };
        slots.push(Node::Leaf { leaf, cover });
        return at;
    }
    slots.push(Node::Leaf { leaf: Leaf::Value(0.0), cover });
    let share = [0.0, 0.25, 0.5, 0.9][dice.below(4)];
    let left = grow(dice, slots, depth - 1, features, precision, vector, cover * share);
    let right = grow(dice, slots, depth - 1, features, precision, vector, cover * (1.0 - share));
    let threshold = (dice.unit() * 40.0 - 20.0).round() / 4.0;
    let test = match dice.below(5) {
        0 => Test::Categorical {
            categories: (0..8).filter(|_| dice.below(2) == 0).collect(),
            members_left: dice.below(2) == 0,
            negative_fraction_is_zero: precision == Precision::F64,
        },
        1 => Test::Numerical {
            // The ends: everything left, everything right, or all but infinity.
            threshold: [
                f64::NAN,
                f64::NEG_INFINITY,
                widen_threshold(f32::INFINITY),
                widen_threshold(f32::MIN),
            ][dice.below(4)],
            zero_is_missing: dice.below(2) == 0,
        },
        _ => Test::Numerical {
            threshold: if precision == Precision::F32 {
                widen_threshold(threshold as f32)
            } else {
                threshold.next_up()
            },
            zero_is_missing: dice.below(4) == 0,
        },
    };
    let (feature, default_left) = (dice.below(features), dice.below(2) == 0);
    slots[at] = Node::Split(Split { feature, test, default_left, left, right, cover, gain: 1.0 });
    at
}

fn random_rows(dice: &mut Dice, rows: usize, columns: usize) -> FeatureMatrix {
    FeatureMatrix::new(columns, (0..rows * columns).map(|_| dice.value()).collect()).unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The result on a processor without wide vectors.
fn without_wide_vectors(run: impl FnOnce() -> Vec<f64>) -> Vec<f64> {
    SCALAR_ONLY.set(true);
    let out = run();
    SCALAR_ONLY.set(false);
    out
}

/// A tree with one long path: every split has a leaf on its left.
fn chain(dice: &mut Dice, levels: usize, features: usize) -> Tree {
    let mut slots = Vec::new();
    for level in 0..levels {
        let (left, right) = (2 * level + 1, 2 * level + 2);
        let test = Test::Numerical { threshold: level as f64 / 100.0 - 9.0, zero_is_missing: false };
        let (feature, cover) = (level % features, (levels - level + 1) as f64);
        slots.push(Node::Split(Split { feature, test, default_left: false, left, right, cover, gain: 1.0 }));
        slots.push(Node::Leaf { leaf: Leaf::Value(dice.unit() - 0.5), cover: 1.0 });
    }
    slots.push(Node::Leaf { leaf: Leaf::Value(dice.unit()), cover: 1.0 });
    Tree::new(0, 0, slots).unwrap()
}

/// Contributions have the same bits for a row alone, for rows in lanes and without wide vectors, and add up.
fn contributions_hold(forest: &Forest, matrix: &FeatureMatrix, seed: u64) {
    let shap = forest.shap(matrix, Iterations::All).unwrap();
    assert_eq!(
        bits(&without_wide_vectors(|| forest.shap(matrix, Iterations::All).unwrap())),
        bits(&shap),
        "seed {seed}"
    );
    let margins = forest.margin(matrix, Iterations::All).unwrap();
    let (width, outputs) = (forest.model().features.len() + 1, forest.output_count());
    let Booster::Trees(trees) = &forest.model().booster else { panic!("no trees") };
    for row in 0..matrix.rows() {
        let own = &shap[row * outputs * width..][..outputs * width];
        let one = FeatureMatrix::new(matrix.columns(), matrix.row(row).to_vec()).unwrap();
        assert_eq!(bits(&forest.shap(&one, Iterations::All).unwrap()), bits(own), "seed {seed}, row {row}");
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
            assert!((total - sum).abs() < 1e-9, "seed {seed}: {total} for {sum}");
            assert!((total - margins[row * outputs + output]).abs() < 1e-6 * size.max(1e-3), "seed {seed}");
        }
    }
}

#[test]
fn contributions_have_the_same_bits_for_any_number_of_rows() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let precision = if seed % 2 == 0 { Precision::F32 } else { Precision::F64 };
        let (features, depths) = [(2, 7), (6, 7), (40, 9), (70, 12)][dice.below(4)];
        let forest = forest_of(&mut dice, precision, seed % 7 == 0, features, depths);
        let rows = [2, 3, 8, 21, 70][dice.below(5)];
        contributions_hold(&forest, &random_rows(&mut dice, rows, features), seed);
    }
}

#[test]
fn long_paths_and_many_thresholds() {
    let mut dice = Dice(7);
    for (levels, features) in [(9, 3), (40, 90), (300, 1), (3000, 40)] {
        let trees = vec![chain(&mut dice, levels, features), chain(&mut dice, 8, features)];
        let forest = forest_from(&mut dice, Precision::F64, features, 1, trees);
        let matrix = random_rows(&mut dice, 30, features);
        let mut wanted = Vec::new();
        (0..30).for_each(|row| interpreted_margins(forest.model(), matrix.row(row), usize::MAX, &mut wanted));
        assert_eq!(bits(&forest.margin(&matrix, Iterations::All).unwrap()), bits(&wanted));
        contributions_hold(&forest, &matrix, levels as u64);
    }
    // One feature with more thresholds than a byte counts, in trees that are not deep.
    let trees = (0..400)
        .map(|tree| {
            let test = Test::Numerical { threshold: f64::from(tree) / 20.0 - 10.0, zero_is_missing: false };
            let (feature, default_left) = (0, tree % 2 == 0);
            let split = Split { feature, test, default_left, left: 1, right: 2, cover: 4.0, gain: 1.0 };
            let leaf = |dice: &mut Dice, cover| Node::Leaf { leaf: Leaf::Value(dice.unit() - 0.5), cover };
            let slots = vec![Node::Split(split), leaf(&mut dice, 1.0), leaf(&mut dice, 3.0)];
            Tree::new(0, 0, slots).unwrap()
        })
        .collect();
    let forest = forest_from(&mut dice, Precision::F32, 1, 1, trees);
    let matrix = random_rows(&mut dice, 100, 1);
    let mut wanted = Vec::new();
    (0..100).for_each(|row| interpreted_margins(forest.model(), matrix.row(row), usize::MAX, &mut wanted));
    assert_eq!(bits(&forest.margin(&matrix, Iterations::All).unwrap()), bits(&wanted));
    contributions_hold(&forest, &matrix, 400);
}

#[test]
fn the_engine_gives_the_bits_of_the_interpreter_for_any_number_of_rows() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let precision = if seed % 2 == 0 { Precision::F32 } else { Precision::F64 };
        let forest = random_forest(&mut dice, precision, seed % 7 == 0);
        let rows = [1, 3, 7, 24, 64, 65, 130, 600][dice.below(8)];
        let matrix = random_rows(&mut dice, rows, forest.model().features.len());
        let mut wanted = Vec::new();
        (0..rows)
            .for_each(|row| interpreted_margins(forest.model(), matrix.row(row), usize::MAX, &mut wanted));
        let margins = forest.margin(&matrix, Iterations::All).unwrap();
        assert_eq!(bits(&margins), bits(&wanted), "seed {seed}");
        assert_eq!(
            bits(&without_wide_vectors(|| forest.margin(&matrix, Iterations::All).unwrap())),
            bits(&wanted)
        );
        for row in 0..rows {
            let one = FeatureMatrix::new(matrix.columns(), matrix.row(row).to_vec()).unwrap();
            let outputs = forest.output_count();
            let margin = forest.margin(&one, Iterations::All).unwrap();
            assert_eq!(bits(&margin), bits(&wanted[row * outputs..(row + 1) * outputs]), "seed {seed}");
        }
    }
}

#[test]
fn the_own_format_gives_the_same_forest_back() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let precision = if seed % 2 == 0 { Precision::F32 } else { Precision::F64 };
        let forest = random_forest(&mut dice, precision, seed % 7 == 0);
        let text = forest.to_json();
        let read = Forest::from_json(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(read.to_json(), text, "seed {seed}");
        let matrix = random_rows(&mut dice, 20, forest.model().features.len());
        let bits = |forest: &Forest| -> Vec<u64> {
            let margins = forest.margin(&matrix, Iterations::All).unwrap();
            let shap = forest.shap(&matrix, Iterations::All).unwrap();
            margins.iter().chain(&shap).map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(&read), bits(&forest), "seed {seed}");
        // A NaN threshold is unlike itself, but looks the same.
        let body = |forest: &Forest| format!("{:?}", forest.model().booster);
        assert_eq!(body(&read), body(&forest), "seed {seed}");
    }
}

#[test]
fn contributions_are_the_shapley_values_by_enumeration() {
    for seed in 0..120 {
        let mut dice = Dice(seed);
        let forest = random_forest(&mut dice, Precision::F64, seed % 3 == 0);
        let matrix = random_rows(&mut dice, 3, forest.model().features.len());
        let shap = forest.shap(&matrix, Iterations::All).unwrap();
        let margins = forest.margin(&matrix, Iterations::All).unwrap();
        let (width, outputs) = (forest.model().features.len() + 1, forest.output_count());
        for row in 0..3 {
            for output in 0..outputs {
                let phi = &shap[(row * outputs + output) * width..][..width];
                let sum: f64 = phi.iter().sum();
                assert!((sum - margins[row * outputs + output]).abs() < 1e-9, "seed {seed}: {sum}");
                let wanted = enumerated(&forest, matrix.row(row), output);
                for (feature, (own, wanted)) in phi.iter().zip(&wanted).enumerate() {
                    assert!(
                        (own - wanted).abs() < 1e-9,
                        "seed {seed}, feature {feature}: {own} for {wanted}"
                    );
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

/// A file or folder of the shared data sets, or nothing where it is absent. Absence is written to the log that
/// `make test` counts; with `LEADSCORE_REQUIRE_SHARED=1` it fails the test.
pub(super) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("LEADSCORE_REQUIRE_SHARED").is_some_and(|value| value == "1");
    assert!(!required, "{} is missing, and LEADSCORE_REQUIRE_SHARED=1", path.display());
    eprintln!("skipped: {name} is not there");
    if let Some(log) = std::env::var_os("LEADSCORE_SKIP_LOG") {
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let line = format!("{} wants {name}\n", std::thread::current().name().unwrap_or("a test"));
        log.write_all(line.as_bytes()).unwrap();
    }
    None
}
