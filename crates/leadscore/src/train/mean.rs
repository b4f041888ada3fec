//! The mean of forests as one forest.

use crate::Error;
use crate::forest::{Booster, Forest, Iterations, Leaf, Model, Node, Tree, base_margin_of};
use crate::learn::Examples;
use crate::math::sigmoid;

/// Forests are compared on about so many rows.
const COMPARED: usize = 10_000;
/// The least that is answered: forests that differ by more say nothing anyway.
const LEAST_SHARE: f64 = 0.5;

/// A forest whose margin is the mean of the margins of forests with the same columns, which give log-odds.
pub(super) fn of(forests: &[Forest]) -> Forest {
    let count = forests.len() as f64;
    let first = forests[0].model();
    let mut trees: Vec<Tree> = Vec::new();
    let mut round_ends = Vec::new();
    let mut base = vec![0.0; first.base_score.len()];
    for forest in forests {
        let model = forest.model();
        let before = trees.len();
        if let Booster::Trees(own) = &model.booster {
            trees.extend(own.iter().map(|tree| shrunk(tree, count)));
        }
        round_ends.extend(model.round_ends.iter().map(|end| before + end));
        for (sum, own) in base.iter_mut().zip(&model.base_score) {
            *sum += own / count;
        }
    }
    // XGBoost keeps a probability, from which it makes the margin: one that it can begin with, so that it can read the model.
    let near = |margin: f64| f64::from(base_margin_of(&first.objective, sigmoid(margin) as f32));
    let base_score = base.into_iter().map(near).collect();
    Forest::new(Model { booster: Booster::Trees(trees), round_ends, base_score, ..first.clone() })
}

/// The share of the variance of single margins that their mean keeps. `fold_of` says which of the forests has not seen a row,
/// and `margins` are those of that forest.
///
/// What forests disagree about is averaged away: of s², the variance of their margins for one row, the mean of n keeps s² / n. It
/// is told from the forests that have seen the row; the one that has not differs from them by that too.
pub(super) fn kept_variance(
    forests: &[Forest],
    examples: &Examples,
    fold_of: &[usize],
    margins: &[f64],
) -> Result<f64, Error> {
    let count = forests.len();
    // One forest alone has seen a row.
    if count < 3 {
        return Ok(1.0);
    }
    let rows: Vec<usize> = (0..fold_of.len()).step_by(fold_of.len().div_ceil(COMPARED).max(1)).collect();
    let compared = examples.of_rows(&rows);
    let told: Vec<Vec<f64>> = forests
        .iter()
        .map(|forest| forest.margin(compared.matrix(), Iterations::All))
        .collect::<Result<_, _>>()?;
    let (mut disagreement, mut weight) = (0.0, 0.0);
    for (at, row) in rows.iter().enumerate() {
        let seen = (0..count).filter(|fold| *fold != fold_of[*row]).map(|fold| (told[fold][at], 1.0));
        let variance_of_sample = variance(&seen) * (count - 1) as f64 / (count - 2) as f64;
        disagreement += examples.weight(*row) * variance_of_sample;
        weight += examples.weight(*row);
    }
    let single = variance(&margins.iter().enumerate().map(|(row, margin)| (*margin, examples.weight(row))));
    let lost = disagreement / weight * (1.0 - 1.0 / count as f64);
    let share = 1.0 - lost / single;
    Ok(if share.is_nan() { 1.0 } else { share.max(LEAST_SHARE) })
}

/// The variance of weighted values.
fn variance(values: &(impl Iterator<Item = (f64, f64)> + Clone)) -> f64 {
    let sum =
        |of: &dyn Fn(f64) -> f64| -> f64 { values.clone().map(|(value, weight)| weight * of(value)).sum() };
    let weight = sum(&|_| 1.0);
    let mean = sum(&|value| value) / weight;
    sum(&|value| (value - mean) * (value - mean)) / weight
}

fn shrunk(tree: &Tree, count: f64) -> Tree {
    let node = |node: &Node| match node {
        Node::Leaf { leaf: Leaf::Value(value), cover } => {
            Node::Leaf { leaf: Leaf::Value(f64::from((value / count) as f32)), cover: *cover }
        }
        other => other.clone(),
    };
    Tree { output: tree.output, nodes: tree.nodes.iter().map(node).collect() }
}
