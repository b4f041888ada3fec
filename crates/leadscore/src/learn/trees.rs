//! Trees over bins as a forest over values.

use std::collections::BTreeMap;

use super::bins::{Binning, Bins};
use super::examples::{ColumnKind, Examples};
use super::options::Objective;
use super::split::{BinTest, contains};
use super::tree::{BinNode, BinTree};
use crate::Forest;
use crate::feature::Levels;
use crate::forest::{
    Booster, FeatureKind, Leaf, Library, Link, Model, ModelFeature, Node, Precision, Split, Test, Tree,
    widen_threshold,
};

/// The forest of some rounds, each with a tree for every output, with the number of the best one.
pub(super) fn forest(
    objective: Objective,
    examples: &Examples,
    bins: &Bins,
    base: &[f64],
    rounds: Vec<Vec<BinTree>>,
    best: Option<usize>,
) -> Forest {
    let outputs = objective.output_count();
    let round_ends = (1..=rounds.len()).map(|round| round * outputs).collect();
    // Each tree makes room for its other form.
    let trees: Vec<Tree> = rounds
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(number, tree)| {
            let nodes = tree.nodes.iter().map(|own| node(bins, own)).collect();
            // Files have nodes in depth-first order, leaves that are split come last.
            Tree::new(number, number % outputs, nodes).expect("every node has one parent")
        })
        .collect();
    let link = match objective {
        Objective::Logistic => Link::Sigmoid(1.0),
        Objective::Softmax { .. } => Link::Softmax,
        Objective::Squared | Objective::Quantile(_) => Link::Identity,
        Objective::Poisson | Objective::FailureTime { .. } => Link::Exp,
    };
    Forest::uncompiled(Model {
        source_library: Library::Leadscore,
        library_version: env!("CARGO_PKG_VERSION").to_owned(),
        objective: objective.name().to_owned(),
        link,
        precision: Precision::F32,
        features: examples.columns().iter().map(|column| feature(&column.name, &column.kind)).collect(),
        base_score: base.to_vec(),
        booster: Booster::Trees(trees),
        round_ends,
        best_iteration: best,
        average_output: false,
        missing: None,
        attributes: attributes(objective),
    })
}

/// What is not told by the name of the objective, under the names of XGBoost's settings.
fn attributes(objective: Objective) -> BTreeMap<String, String> {
    let Objective::FailureTime { noise, scale } = objective else { return BTreeMap::new() };
    let pair = |name: &str, value: String| (name.to_owned(), value);
    [
        pair("aft_loss_distribution", noise.name().to_owned()),
        pair("aft_loss_distribution_scale", scale.to_string()),
    ]
    .into()
}

fn feature(name: &str, kind: &ColumnKind) -> ModelFeature {
    let (kind, levels) = match kind {
        ColumnKind::Number => (FeatureKind::Numerical, Levels::default()),
        ColumnKind::Flag => (FeatureKind::Indicator, Levels::default()),
        ColumnKind::Category(levels) => (FeatureKind::Categorical, Levels::texts(levels)),
    };
    ModelFeature { name: Some(name.to_owned()), kind, levels, ..ModelFeature::default() }
}

fn node(bins: &Bins, node: &BinNode) -> Node {
    match node {
        BinNode::Leaf { value, cover } => Node::Leaf { leaf: Leaf::Value(f64::from(*value)), cover: *cover },
        BinNode::Split { column, test, gain, cover, left, right } => {
            let (test, default_left) = values_test(&bins.columns[*column], test);
            let (feature, left, right, cover, gain) = (*column, *left, *right, *cover, *gain);
            Node::Split(Split { feature, test, default_left, left, right, cover, gain })
        }
    }
}

fn values_test(binning: &Binning, test: &BinTest) -> (Test, bool) {
    match (binning, test) {
        (Binning::Cuts(cuts), BinTest::UpTo { bin, missing_left }) => {
            // After the last cut comes every value: only what is missing goes right.
            let cut = cuts.get(usize::from(*bin)).copied().unwrap_or(f32::MAX);
            let threshold = widen_threshold(cut);
            (Test::Numerical { threshold, zero_is_missing: false }, *missing_left)
        }
        (Binning::Levels { codes_of_bin, .. }, BinTest::AllBut(set)) => {
            let right = codes_of_bin.iter().enumerate().filter(|(bin, _)| contains(set, *bin as u8));
            let mut categories: Vec<u32> = right.flat_map(|(_, codes)| codes.iter().copied()).collect();
            categories.sort_unstable();
            (Test::Categorical { categories, members_left: false, negative_fraction_is_zero: false }, true)
        }
        _ => unreachable!("numbers are split by thresholds and levels by sets"),
    }
}
