//! The loader against files `LightGBM` wrote, and against damage.

use std::cell::Cell;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::forest::model::{FeatureKind, Link};
use crate::forest::tests::shared;
use crate::forest::tree::{Leaf, Node, Test};
use crate::math;

/// Two rounds of everything at once: each missing type, a set of categories, a linear tree, a constant one.
const MODEL: &str = include_str!("tests/model.txt");

/// The margins of a row, walked and summed as plainly as can be.
fn margins(model: &Model, row: &[f64]) -> Vec<f64> {
    let Booster::Trees(trees) = &model.booster else { unreachable!() };
    let mut sums = model.base_score.clone();
    for tree in trees {
        let mut node = 0;
        sums[tree.output] += loop {
            match &tree.nodes[node] {
                Node::Split(split) => {
                    let left = goes_left(&split.test, row[split.feature], split.default_left);
                    node = if left { split.left } else { split.right };
                }
                Node::Leaf { leaf: Leaf::Value(value), .. } => break *value,
                Node::Leaf { leaf: Leaf::Linear { constant, terms, fallback }, .. } => {
                    let sum = terms.iter().fold(*constant, |sum, (feature, by)| sum + by * row[*feature]);
                    let missing = terms.iter().any(|(feature, _)| row[*feature].is_nan());
                    break if missing { *fallback } else { sum };
                }
                Node::Leaf { leaf: Leaf::Vector(_), .. } => unreachable!(),
            }
        };
    }
    sums
}

fn goes_left(test: &Test, value: f64, default_left: bool) -> bool {
    match test {
        _ if value.is_nan() => default_left,
        Test::Numerical { threshold, zero_is_missing } => {
            if *zero_is_missing && value.abs() <= f64::from(1e-35_f32) {
                default_left
            } else {
                threshold.is_nan() || value < *threshold
            }
        }
        Test::Categorical { categories, members_left, .. } => {
            let member = value > -1.0 && value < 2_147_483_648.0 && categories.contains(&(value as u32));
            member == *members_left
        }
    }
}

fn predictions(model: &Model, margins: &[f64]) -> Vec<f64> {
    let by = if model.average_output { model.round_ends.len() as f64 } else { 1.0 };
    let margins: Vec<f64> = margins.iter().map(|margin| margin / by).collect();
    let top = margins.iter().copied().fold(f64::MIN, f64::max);
    let whole: f64 = margins.iter().map(|margin| math::exp(margin - top)).sum();
    let link = |margin: &f64| match model.link {
        Link::Identity | Link::LogOdds => *margin,
        Link::Sigmoid(slope) => math::sigmoid(slope * margin),
        Link::Softmax => math::exp(margin - top) / whole,
        Link::Exp => math::exp(*margin),
        Link::LogOnePlusExp => math::ln(1.0 + math::exp(*margin)),
        Link::SignedSquare => margin * margin.abs(),
        Link::ArgMax | Link::Step => unreachable!(),
    };
    margins.iter().map(link).collect()
}

/// Loads the case in a folder and compares every margin, bit by bit; the number of rows.
fn check_case(folder: &Path) -> usize {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let forest = load(read("model.txt").as_bytes()).unwrap();
    let rows = records(&read("input.csv"));
    for (line, (row, wanted)) in rows.iter().zip(records(&read("expected.csv"))).enumerate() {
        assert_eq!(row.len(), forest.features.len());
        let row: Vec<f64> = row
            .iter()
            .zip(&forest.features)
            .map(|(text, feature)| match feature.levels.names().iter().position(|level| level == text) {
                Some(code) => code as f64,
                None if feature.levels.is_empty() && !text.is_empty() => text.parse().unwrap(),
                None => f64::NAN,
            })
            .collect();
        let found = margins(&forest, &row);
        let wanted: Vec<f64> = wanted.iter().map(|text| text.parse().unwrap()).collect();
        let (wanted, predicted) = wanted.split_at(found.len());
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found), bits(wanted), "{} row {line}: {found:?}, not {wanted:?}", folder.display());
        for (found, wanted) in predictions(&forest, &found).into_iter().zip(predicted) {
            let near = found == *wanted || (found - wanted).abs() <= 1e-13 * wanted.abs().max(1e-300);
            assert!(near, "{} row {line}: predicts {found}, not {wanted}", folder.display());
        }
    }
    rows.len()
}

/// The cells of a table after its header; quoted ones hold no line breaks.
fn records(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let (mut cells, mut quoted) = (vec![String::new()], false);
        let mut rest = line.chars().peekable();
        while let Some(sign) = rest.next() {
            match sign {
                '"' if quoted && rest.next_if_eq(&'"').is_some() => cells.last_mut().unwrap().push('"'),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                sign => cells.last_mut().unwrap().push(sign),
            }
        }
        cells
    };
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn golden_margins_to_the_last_bit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("lgb-") {
            assert_eq!(check_case(&path), 40);
            cases += 1;
        }
    }
    assert!(cases > 30, "{cases} cases");
}

#[test]
fn margins_of_real_models_to_the_last_bit() {
    for case in ["lgb-4.7.0-binary-numeric", "lgb-4.7.0-categorical-codes"] {
        let Some(folder) = shared(&format!("models/{case}")) else { continue };
        assert_eq!(check_case(&folder), 200);
    }
}

#[test]
fn everything_in_the_header_and_behind_the_trees() {
    // Without the code 33, for which there is no name.
    let forest = load(MODEL.replace("cat_threshold=1 2", "cat_threshold=1 0").as_bytes()).unwrap();
    assert_eq!(
        (forest.source_library, forest.library_version.as_str(), forest.objective.as_str()),
        (Library::LightGbm, "v4", "binary")
    );
    assert_eq!((forest.link, forest.average_output), (Link::Sigmoid(2.0), true));
    assert_eq!(
        (forest.base_score.as_slice(), forest.round_ends.as_slice()),
        ([0.0].as_slice(), [1, 2, 3].as_slice())
    );
    let names: Vec<_> = forest.features.iter().map(|feature| feature.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Seiten_pro_Besuch", "Größe=€", "Quelle", "Land"]);
    let levels: Vec<_> = forest.features.iter().map(|feature| feature.levels.names().join("|")).collect();
    assert_eq!(levels, ["", "", "Google|\"x\", y", "1|2.5|True"]);
    assert_eq!(
        [0, 3].map(|feature: usize| forest.features[feature].kind),
        [FeatureKind::Numerical, FeatureKind::Categorical]
    );
    assert!(forest.attributes.is_empty());
}

#[test]
fn decisions() {
    let forest = load(MODEL.as_bytes()).unwrap();
    let Booster::Trees(trees) = &forest.booster else { unreachable!() };
    let tests: Vec<_> = trees[0]
        .nodes
        .iter()
        .filter_map(|node| match node {
            Node::Split(split) => Some((&split.test, split.default_left, split.cover, split.gain)),
            Node::Leaf { .. } => None,
        })
        .collect();
    let below = |threshold, zero_is_missing| Test::Numerical { threshold, zero_is_missing };
    assert_eq!(tests[0], (&below(1.5_f64.next_up(), false), true, 60.0, 9.5));
    assert_eq!(tests[1], (&below(f64::from_bits(1), true), true, 30.0, 4.0));
    assert_eq!(tests[3], (&below((-2.0_f64).next_up(), false), false, 30.0, 2.0));
    let categories = vec![0, 33];
    assert_eq!(
        tests[2].0,
        &Test::Categorical { categories, members_left: true, negative_fraction_is_zero: true }
    );
    assert!(!tests[2].1);

    let nan = f64::NAN;
    let leaf = |row: [f64; 4]| margins(&forest, &row)[0] - 0.25 - 1.0;
    assert_eq!(leaf([1.5, 0.0, 33.9, 0.0]), 1.0);
    assert_eq!(leaf([0.5, -0.0, -0.5, 0.0]), 1.0);
    assert_eq!(margins(&forest, &[nan, -0.0, -0.5, 0.0])[0], 1.0 + 7.0 + 0.25);
    assert_eq!(leaf([1.5, 1e-36, 1.0, 0.0]), 2.0);
    assert_eq!(leaf([1.5, nan, nan, 0.0]), 2.0);
    assert_eq!(leaf([1.5, 0.1, 0.0, 0.0]), 3.0);
    // Of type none: a missing value is 0, which lies right of −2. The second tree's leaf there is linear.
    assert_eq!(margins(&forest, &[1.75, -2.0, nan, 0.0])[0], 4.0 + 0.21875 + 0.25);
    assert_eq!(margins(&forest, &[1.6, nan, nan, 0.0])[0], 5.0 + 7.0 + 0.25);
    assert!(load(MODEL.replace("threshold=1.5", "threshold=inf").as_bytes()).is_ok_and(|forest| {
        margins(&forest, &[f64::INFINITY, 0.0, 33.0, 0.0])[0] == margins(&forest, &[-7.0, 0.0, 33.0, 0.0])[0]
    }));
}

#[test]
fn other_spellings_of_the_same_model() {
    // As text, in which NaN equals itself.
    let show = |model: &Model| format!("{model:?}");
    let read = |text: &str| show(&load(text.as_bytes()).unwrap());
    let forest = read(MODEL);
    assert_eq!(read(&MODEL.replace('\n', "\r\n")), read(MODEL));
    assert_eq!(read(&MODEL.replace("num_tree_per_iteration=1\n", "")), read(MODEL));
    let with = |from: &str, to: &str| {
        assert!(MODEL.contains(from), "{from}");
        load(MODEL.replace(from, to).as_bytes()).unwrap()
    };
    assert_eq!(with("version=v4", "version=v2").library_version, "v2");
    let custom = with("objective=binary sigmoid:2\n", "");
    assert_eq!((custom.objective.as_str(), custom.link), ("", Link::Identity));
    assert!(!with("average_output\n", "").average_output);
    assert_eq!(show(&with("tree_sizes=1 2 3\n", "tree_sizes=9999999999 -1\n")), forest);
    assert_eq!(show(&with("end of trees\n", "feature importances:\n")), forest);
    let uncounted = with("leaf_count=10 10 10 10 20\n", "");
    let Booster::Trees(trees) = &uncounted.booster else { unreachable!() };
    assert!(trees[0].nodes.iter().all(|node| match node {
        Node::Leaf { cover, .. } => cover.is_nan(),
        Node::Split(split) => !split.cover.is_nan(),
    }));
    let nameless = with("pandas_categorical:[[", "pandas_categorical:[[\"Bing\"], [");
    assert!(nameless.features.iter().all(|feature| feature.levels.is_empty()));
    // More lists than columns they fit: none is given to a column, and which may be whose is kept.
    let unclear: Vec<usize> = nameless.features.iter().map(|feature| feature.unclear.len()).collect();
    assert_eq!(unclear, [0, 0, 3, 3]);
}

#[test]
fn damage_is_named_by_path() {
    for (from, to, wanted) in [
        ("tree\n", "trees\n", "is no LightGBM text model: those begin with the line `tree`"),
        ("version=v4", "version=v5", "version: is \"v5\"; versions v2, v3 and v4 of the format are known"),
        (
            "num_tree_per_iteration=1",
            "num_tree_per_iteration=99999999999",
            "num_tree_per_iteration: is 99999999999",
        ),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=0", "num_tree_per_iteration: is 0"),
        ("max_feature_idx=3", "max_feature_idx=4", "feature_names: has 4 names, but max_feature_idx is 4"),
        ("max_feature_idx=3", "max_feature_idx=18446744073709551615", "feature_names: has 4 names, but"),
        ("objective=binary", "objective=zip", "objective: \"zip\" is no objective known here"),
        ("Tree=1", "Tree=2", "trees[1]: is called Tree=2"),
        ("end of trees\n\nfeature_importances:", "", "ends before `end of trees`: the file is cut off"),
        (
            "num_leaves=5",
            "num_leaves=99999999999999",
            "trees[0]: leaf_value has 5 entries where there should be",
        ),
        ("num_leaves=5", "num_leaves=-1", "trees[0]: num_leaves is \"-1\", no count"),
        ("num_leaves=5", "num_leaves=5\nnum_leaves=5", "trees[0]: num_leaves is given twice"),
        ("leaf_value=1 2", "leaf_value=1 nan", "trees[0].nodes[5]: the leaf's value is NaN"),
        ("leaf_value=1 2", "leaf_value=1 x", "trees[0]: leaf_value has \"x\" at index 1"),
        ("leaf_value=1 2", "leaf_value=1 1e999", "trees[0].nodes[5]: the leaf's value is inf"),
        ("threshold=1.5", "threshold=nan", "trees[0].nodes[0]: the threshold is NaN"),
        ("split_feature=0 1", "split_feature=0 4", "trees[0].nodes[1]: uses feature 4, but the model has 4"),
        ("left_child=1 3", "left_child=1 4", "trees[0].nodes[1]: has the child 4, which a tree of 5 leaves"),
        ("left_child=1 3", "left_child=1 -6", "trees[0].nodes[1]: has the child -6, which"),
        ("left_child=1 3", "left_child=1 1", "trees[0].nodes[1]: is the child of two nodes"),
        ("left_child=1 3", "left_child=1 -9223372036854775808", "trees[0].nodes[1]: has the child"),
        ("decision_type=10 6", "decision_type=10 14", "trees[0].nodes[1]: decision_type 14 is not known"),
        ("-2 0\n", "-2 1\n", "trees[0].nodes[3]: asks for the set of categories 1, which"),
        ("-2 0\n", "-2 1e99\n", "trees[0].nodes[3]: asks for the set of categories"),
        ("cat_boundaries=0 2", "cat_boundaries=0 3", "trees[0]: cat_boundaries does not cut the 2 words"),
        ("num_cat=1", "num_cat=9999999999", "trees[0]: cat_boundaries does not fit num_cat=9999999999"),
        (
            "num_features=0 2",
            "num_features=1 18446744073709551615",
            "trees[1]: num_features is far too large",
        ),
        ("leaf_features= 0 1", "leaf_features= 0 4", "trees[1].nodes[2]: uses feature 4"),
        ("internal_count=60", "internal_count=-60", "trees[0]: internal_count has an entry that is no count"),
        ("pandas_categorical:[[", "pandas_categorical:[", "pandas_categorical: "),
    ] {
        assert!(MODEL.contains(from), "{from}");
        let Err(error) = load(MODEL.replacen(from, to, 1).as_bytes()) else { panic!("{from} -> {to} loads") };
        assert!(error.to_string().starts_with(wanted), "{from} -> {to}: {error}");
        assert!(["invalid_model", "unsupported_model"].contains(&error.code()));
    }
    let mut bytes = MODEL.as_bytes().to_vec();
    bytes[40] = 0xFF;
    assert_eq!(load(&bytes).unwrap_err().to_string(), "is not UTF-8 from byte 40 on");
    for (bytes, word) in [
        (b"{\"name\": \"tree\", \"tree_info\": []}".as_slice(), "JSON dump"),
        (b"\x80\x04\x95clightgbm.sklearn".as_slice(), "pickled"),
    ] {
        let error = load(bytes).unwrap_err();
        assert!(error.code() == "unsupported_model" && error.message().contains(word), "{error}");
    }
    assert!(looks_like(b"tree\r\nversion") && !looks_like(b"treeline\n") && !looks_like(b""));
}

/// One change to the bytes of a model.
#[derive(Debug, Clone)]
enum Edit {
    Set(Index, u8),
    Remove(Index),
    Insert(Index, u8),
    RemoveLine(Index),
    MoveLine(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let sign = || select(&b"0123456789-.=: \n"[..]);
    prop_oneof![
        any::<Index>().prop_map(Edit::RemoveLine),
        any::<(Index, Index)>().prop_map(|(from, to)| Edit::MoveLine(from, to)),
        any::<Index>().prop_map(Edit::Remove),
        (any::<Index>(), sign()).prop_map(|(at, sign)| Edit::Insert(at, sign)),
        (any::<Index>(), sign()).prop_map(|(at, sign)| Edit::Set(at, sign)),
        any::<(Index, u8)>().prop_map(|(at, byte)| Edit::Set(at, byte)),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Edit::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Edit::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
            Edit::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
            Edit::RemoveLine(from) | Edit::MoveLine(from, _) => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let line = lines.remove(from.index(lines.len()));
                if let Edit::MoveLine(_, to) = self {
                    lines.insert(to.index(lines.len() + 1), line);
                }
                *bytes = lines.join(&b'\n');
            }
        }
    }
}

#[test]
fn no_damage_makes_it_panic() {
    let config = Config { failure_persistence: None, ..Config::with_cases(10_000) };
    let (loaded, refused) = (Cell::new(0), Cell::new(0));
    let run = TestRunner::new(config).run(&prop::collection::vec(edit(), 1..4), |edits| {
        let mut bytes = MODEL.as_bytes().to_vec();
        for edit in &edits {
            edit.apply(&mut bytes);
        }
        match load(&bytes) {
            Ok(forest) => {
                let columns = forest.features.len();
                assert_eq!(margins(&forest, &vec![0.5; columns]).len(), forest.base_score.len());
                assert_eq!(margins(&forest, &vec![f64::NAN; columns]).len(), forest.base_score.len());
                loaded.set(loaded.get() + 1);
            }
            Err(error) => {
                assert!(["invalid_model", "unsupported_model"].contains(&error.code()), "{error}");
                refused.set(refused.get() + 1);
            }
        }
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
    let (loaded, refused) = (loaded.get(), refused.get());
    assert!(loaded > 500 && refused > 2_500, "{loaded} loaded, {refused} refused");
    for end in 0..MODEL.find("end of trees").unwrap() {
        let Some(part) = MODEL.get(..end) else { continue };
        assert!(load(part.as_bytes()).is_err(), "cut at {end}");
    }
}
