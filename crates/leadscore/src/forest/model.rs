//! The canonical forest: every library's trees with one kind of comparison.

use std::collections::BTreeMap;

use crate::{Error, ErrorKind};

/// A loaded model; immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    /// `xgboost` or `lightgbm`.
    pub(crate) library: &'static str,
    /// The version that wrote the file, as the file tells it.
    pub(crate) version: String,
    /// The objective's name as in the file; empty for a custom one.
    pub(crate) objective: String,
    pub(crate) link: Link,
    /// In what precision the writer compares categories, adds leaves and applies the link.
    pub(crate) precision: Precision,
    pub(crate) features: Vec<ModelFeature>,
    /// The margin every sum starts from, one for each output.
    pub(crate) base: Vec<f64>,
    pub(crate) body: Body,
    /// For every boosting round, the number of trees up to its end.
    pub(crate) rounds: Vec<usize>,
    /// The best round, from 0, where the file names one.
    pub(crate) best_iteration: Option<usize>,
    /// Whether the prediction is the mean over the rounds (LightGBM's random forest); the margin stays the sum.
    pub(crate) average: bool,
    /// The body made ready for scoring.
    pub(super) engine: super::engine::Engine,
    /// Further facts of the file worth showing, such as a `scikit_learn` attribute.
    pub(crate) attributes: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    F32,
    F64,
}

/// A column of the model's input.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ModelFeature {
    /// The name in the file, if it has names.
    pub(crate) name: Option<String>,
    pub(crate) kind: FeatureKind,
    /// The names of the categories where the file keeps them; the position is the code.
    pub(crate) levels: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FeatureKind {
    #[default]
    Number,
    /// 0 or 1.
    Flag,
    /// Codes of categories.
    Category,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    Trees(Vec<Tree>),
    /// XGBoost's gblinear: (features + 1) × outputs weights, feature by feature, the biases last.
    Linear(Vec<f32>),
}

/// How margins become predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Link {
    Identity,
    /// 1 / (1 + e^(−s·m)) of each output by itself.
    Sigmoid(f64),
    Softmax,
    /// The number of the largest output, the first of equal ones.
    ArgMax,
    Exp,
    /// 1 where m > 0, else 0.
    Step,
    /// ln(1 + e^m).
    LogOnePlusExp,
    /// sign(m)·m².
    SignedSquare,
}

/// One tree; node 0 is the root, children stand behind their parents, and every node is reached once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    /// The output the leaves add to; ignored where leaves are vectors.
    pub(crate) output: usize,
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Split(Split),
    Leaf { leaf: Leaf, cover: f64 },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Split {
    pub(crate) feature: usize,
    pub(crate) test: Test,
    /// Where a missing value goes.
    pub(crate) missing_left: bool,
    pub(crate) left: usize,
    pub(crate) right: usize,
    /// Training weight that passed here; NaN where the file does not tell.
    pub(crate) cover: f64,
    pub(crate) gain: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// Left unless x ≥ threshold, in f64. A NaN threshold sends every value left.
    Below {
        threshold: f64,
        /// Whether |x| ≤ 1e-35 (as f32) counts as missing.
        zero_is_missing: bool,
    },
    /// By membership of the code, which is the value cut toward zero; what is no code is no member.
    Among {
        /// Sorted, each once.
        set: Vec<u32>,
        members_left: bool,
        /// Whether a value between −1 and 0 is the code 0 (LightGBM) or none (XGBoost).
        negative_fraction_is_zero: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf {
    Value(f64),
    /// One value for each output.
    Vector(Vec<f64>),
    /// constant + Σ coefficient · x, or `fallback` where one of the features is missing.
    Linear {
        constant: f64,
        terms: Vec<(usize, f64)>,
        fallback: f64,
    },
}

impl Node {
    pub(crate) fn cover(&self) -> f64 {
        match self {
            Node::Split(split) => split.cover,
            Node::Leaf { cover, .. } => *cover,
        }
    }
}

impl Tree {
    /// A tree of the nodes that are reached from the first, renumbered in depth-first order; slots that nothing leads
    /// to are dropped. `tree` is the tree's number, for messages.
    ///
    /// # Errors
    /// `invalid_model` for a child out of range, or one that is reached twice.
    pub(crate) fn new(tree: usize, output: usize, slots: Vec<Node>) -> Result<Tree, Error> {
        let invalid = |node: usize, message: String| {
            Error::new(ErrorKind::InvalidModel, format!("trees[{tree}].nodes[{node}]"), message)
        };
        if slots.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidModel,
                format!("trees[{tree}]"),
                "the tree has no node",
            ));
        }
        let count = slots.len();
        let mut slots: Vec<Option<Node>> = slots.into_iter().map(Some).collect();
        let mut nodes: Vec<Node> = Vec::with_capacity(count);
        // (slot, the new number of its parent, whether it is the left child)
        let mut todo = vec![(0, usize::MAX, false)];
        while let Some((slot, parent, left)) = todo.pop() {
            let Some(place) = slots.get_mut(slot) else {
                return Err(invalid(slot, format!("leads out of the tree, which has {count} nodes")));
            };
            let Some(node) = place.take() else {
                return Err(invalid(slot, "is reached on two ways".to_owned()));
            };
            let number = nodes.len();
            if let Some(Node::Split(split)) = nodes.get_mut(parent) {
                if left {
                    split.left = number;
                } else {
                    split.right = number;
                }
            }
            if let Node::Split(split) = &node {
                todo.push((split.right, number, false));
                todo.push((split.left, number, true));
            }
            nodes.push(node);
        }
        Ok(Tree { output, nodes })
    }
}

impl Split {
    /// Whether a row goes left.
    pub(crate) fn goes_left(&self, row: &[f64], precision: Precision) -> bool {
        let value = row[self.feature];
        match &self.test {
            _ if value.is_nan() => self.missing_left,
            Test::Below { zero_is_missing: true, .. } if is_zero(value) => self.missing_left,
            Test::Below { threshold, .. } => value < *threshold || threshold.is_nan(),
            Test::Among { set, members_left, negative_fraction_is_zero } => {
                member(value, set, *negative_fraction_is_zero, precision) == *members_left
            }
        }
    }
}

impl Tree {
    /// The leaf a row ends in.
    pub(crate) fn leaf(&self, row: &[f64], precision: Precision) -> &Leaf {
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                Node::Leaf { leaf, .. } => return leaf,
                Node::Split(split) => {
                    at = if split.goes_left(row, precision) { split.left } else { split.right }
                }
            }
        }
    }
}

/// What LightGBM takes for zero where zero is missing: at most 1e-35 as f32 writes it.
pub(crate) fn is_zero(value: f64) -> bool {
    value.abs() <= f64::from(1e-35_f32)
}

/// Whether a value, cut toward zero, is one of a set of category codes.
pub(crate) fn member(value: f64, set: &[u32], negative_fraction_is_zero: bool, precision: Precision) -> bool {
    let value = if precision == Precision::F32 { f64::from(value as f32) } else { value };
    let lowest = if negative_fraction_is_zero { value > -1.0 } else { value >= 0.0 };
    // Codes stop at 2^24 in one library and at i32 in the other; no set holds more than 2^31.
    lowest && value < 2_147_483_648.0 && set.binary_search(&(value as u32)).is_ok()
}

/// The f32 threshold that [`widen`] made a wide one of.
pub(crate) fn narrow(threshold: f64) -> f32 {
    threshold as f32
}

/// The f64 threshold t such that, for every f64 value x, `x < t` is what f32 comparison `(x as f32) < threshold` gives.
///
/// It is the midpoint to the f32 below, where rounding turns over (±2^128 standing for ±inf), moved up by one f64 where
/// the midpoint itself rounds down.
pub(crate) fn widen(threshold: f32) -> f64 {
    let end = f64::from_bits(0x47f0_0000_0000_0000); // 2^128
    let wide = |value: f32| match value {
        f32::INFINITY => end,
        f32::NEG_INFINITY => -end,
        value => f64::from(value),
    };
    if threshold == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    // Below both zeros lies the smallest negative subnormal.
    let below = if threshold == 0.0 { -f32::from_bits(1) } else { threshold.next_down() };
    let middle = f64::midpoint(wide(below), wide(threshold));
    if (middle as f32) < threshold { middle.next_up() } else { middle }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(value: f64) -> Node {
        Node::Leaf { leaf: Leaf::Value(value), cover: 1.0 }
    }

    fn split(left: usize, right: usize) -> Node {
        let test = Test::Below { threshold: 0.5, zero_is_missing: false };
        Node::Split(Split { feature: 0, test, missing_left: true, left, right, cover: 2.0, gain: 1.0 })
    }

    #[test]
    fn trees_are_renumbered_and_unused_slots_dropped() {
        let tree = Tree::new(0, 0, vec![split(3, 1), leaf(1.0), leaf(9.0), leaf(2.0)]).unwrap();
        assert_eq!(tree.nodes, [split(1, 2), leaf(2.0), leaf(1.0)]);
        assert!(Tree::new(0, 0, vec![split(0, 1), leaf(1.0)]).is_err());
        assert!(Tree::new(0, 0, vec![split(1, 1), leaf(1.0)]).is_err());
        let error = Tree::new(7, 0, vec![split(1, 5), leaf(1.0)]).unwrap_err();
        assert_eq!((error.code(), &*error.path().to_string()), ("invalid_model", "trees[7].nodes[5]"));
    }

    #[test]
    fn widened_thresholds_compare_as_f32_does() {
        let thresholds = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.1,
            -0.1,
            f32::MAX,
            f32::MIN,
            f32::MIN_POSITIVE,
            f32::from_bits(1),
            -f32::from_bits(1),
            f32::INFINITY,
            f32::NEG_INFINITY,
            3.5e-39,
            16_777_216.0,
            589.5,
            1e-45,
        ];
        for threshold in thresholds {
            let wide = widen(threshold);
            let mut values = vec![wide, wide.next_up(), wide.next_down(), f64::from(threshold)];
            for near in [threshold.next_up(), threshold.next_down()] {
                let near = f64::from(near);
                let between = f64::midpoint(near, f64::from(threshold));
                values.extend([near, between, between.next_up(), between.next_down()]);
            }
            values.extend([f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -0.0, 1e-300, -1e-300]);
            for value in values.into_iter().filter(|value| !value.is_nan()) {
                assert_eq!(
                    value < wide,
                    (value as f32) < threshold,
                    "{value:e} at {threshold:e}, widened {wide:e}"
                );
            }
        }
    }
}
