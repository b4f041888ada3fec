//! The mean of forests as one forest.

use crate::forest::{Booster, Forest, Leaf, Model, Node, Tree, base_margin_of};
use crate::math::sigmoid;

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

fn shrunk(tree: &Tree, count: f64) -> Tree {
    let node = |node: &Node| match node {
        Node::Leaf { leaf: Leaf::Value(value), cover } => {
            Node::Leaf { leaf: Leaf::Value(f64::from((value / count) as f32)), cover: *cover }
        }
        other => other.clone(),
    };
    Tree { output: tree.output, nodes: tree.nodes.iter().map(node).collect() }
}
