//! Trees in one canonical form, with one kind of comparison for every library.

use super::precision::Precision;
use crate::{Error, ErrorKind};

/// One tree; node 0 is the root, children come after their parents, and every node is reached exactly once.
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
    /// Whether a missing value goes left.
    pub(crate) default_left: bool,
    pub(crate) left: usize,
    pub(crate) right: usize,
    /// The training weight that passed here; NaN where the file does not keep it.
    pub(crate) cover: f64,
    pub(crate) gain: f64,
}

/// What a split asks of a value that is not missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// Left unless x ≥ threshold, in f64. A NaN threshold sends every value left.
    Numerical {
        threshold: f64,
        /// Whether |x| ≤ 1e-35 (as f32) counts as missing: LightGBM's missing type `zero`.
        zero_is_missing: bool,
    },
    /// By membership of the code, which is the value truncated toward zero; a value that is no code is no member.
    Categorical {
        /// Codes, sorted, each once.
        categories: Vec<u32>,
        /// Whether members go left.
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
    /// A tree of the nodes that are reached from the first, renumbered in depth-first order; nodes that are not
    /// reached are dropped. `tree` is the tree's index, for messages.
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
        // (slot, the new index of its parent, whether it is the left child)
        let mut todo = vec![(0, usize::MAX, false)];
        while let Some((slot, parent, left)) = todo.pop() {
            let Some(unvisited) = slots.get_mut(slot) else {
                return Err(invalid(slot, format!("is out of range: the tree has {count} nodes")));
            };
            let Some(node) = unvisited.take() else {
                return Err(invalid(slot, "is the child of two nodes".to_owned()));
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
            _ if value.is_nan() => self.default_left,
            Test::Numerical { zero_is_missing: true, .. } if is_zero(value) => self.default_left,
            Test::Numerical { threshold, .. } => value < *threshold || threshold.is_nan(),
            Test::Categorical { categories, members_left, negative_fraction_is_zero } => {
                contains_category(categories, value, *negative_fraction_is_zero, precision) == *members_left
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

/// LightGBM's test for zero: |x| ≤ `kZeroThreshold`, which is 1e-35 as f32.
pub(crate) fn is_zero(value: f64) -> bool {
    value.abs() <= f64::from(1e-35_f32)
}

/// The category code that a value is, truncated toward zero; none where it can be in no set.
pub(crate) fn category_code(
    value: f64,
    negative_fraction_is_zero: bool,
    precision: Precision,
) -> Option<u32> {
    let value = if precision == Precision::F32 { f64::from(value as f32) } else { value };
    let not_negative = if negative_fraction_is_zero { value > -1.0 } else { value >= 0.0 };
    // Codes stop at 2^24 in XGBoost and at i32 in LightGBM; no set holds more than 2^31.
    (not_negative && value < 2_147_483_648.0).then_some(value as u32)
}

/// Whether a value, truncated toward zero, is one of a sorted set of category codes.
pub(crate) fn contains_category(
    categories: &[u32],
    value: f64,
    negative_fraction_is_zero: bool,
    precision: Precision,
) -> bool {
    let code = category_code(value, negative_fraction_is_zero, precision);
    code.is_some_and(|code| categories.binary_search(&code).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(value: f64) -> Node {
        Node::Leaf { leaf: Leaf::Value(value), cover: 1.0 }
    }

    fn split(left: usize, right: usize) -> Node {
        let test = Test::Numerical { threshold: 0.5, zero_is_missing: false };
        Node::Split(Split { feature: 0, test, default_left: true, left, right, cover: 2.0, gain: 1.0 })
    }

    #[test]
    fn trees_are_renumbered_and_unreached_nodes_dropped() {
        let tree = Tree::new(0, 0, vec![split(3, 1), leaf(1.0), leaf(9.0), leaf(2.0)]).unwrap();
        assert_eq!(tree.nodes, [split(1, 2), leaf(2.0), leaf(1.0)]);
        assert!(Tree::new(0, 0, vec![split(0, 1), leaf(1.0)]).is_err());
        assert!(Tree::new(0, 0, vec![split(1, 1), leaf(1.0)]).is_err());
        let error = Tree::new(7, 0, vec![split(1, 5), leaf(1.0)]).unwrap_err();
        assert_eq!((error.code(), &*error.path().to_string()), ("invalid_model", "trees[7].nodes[5]"));
    }
}
