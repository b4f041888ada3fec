//! What of the contributions does not depend on the row.

use crate::forest::engine::Questions;
use crate::forest::model::{Leaf, Node, Split, Tree};
use crate::math::quadrature::gauss_legendre;
use crate::{Error, ErrorKind};

/// Shares of cover below this count as this much: a way no training row took still has a factor to divide by.
const SMALLEST_SHARE: f64 = 1e-12;
/// Quadrature points that one walk through a tree takes along.
pub(super) const MOST_POINTS: usize = 4;

/// A tree made ready for contributions.
#[derive(Debug, Clone)]
pub(in crate::forest) struct Plan {
    /// One for each output that the tree speaks to.
    pub(super) walks: Vec<Walk>,
    /// The quadrature points, in groups that are walked one after another.
    pub(super) points: Vec<Points>,
    /// The most splits on a way.
    pub(super) depth: usize,
}

/// Up to `MOST_POINTS` quadrature points.
#[derive(Debug, Clone)]
pub(super) struct Points {
    pub(super) count: usize,
    pub(super) at: [f64; MOST_POINTS],
    pub(super) weights: [f64; MOST_POINTS],
    /// The constants of splits on features that the way has met before.
    pub(super) again: Vec<Again>,
}

/// With F = t + (1−t)·z the factor that the feature has so far, at every point:
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Again {
    /// t / F
    pub(super) own: [f64; MOST_POINTS],
    /// z / F²
    pub(super) weight: [f64; MOST_POINTS],
}

#[derive(Debug, Clone)]
pub(super) struct Walk {
    pub(super) output: usize,
    /// The mean leaf under the cover shares.
    pub(super) expected: f64,
    /// The nodes, depth first and left before right; two leaves are one step with the split above them.
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) kind: Kind,
    /// Whether this is a right child.
    pub(super) is_right: bool,
    /// How many of the splits above are complete after this step.
    pub(super) completes: u32,
    pub(super) question: u32,
    pub(super) feature: u32,
    /// For a feature that the way has met before: the place of the constants, from 1, and how many levels up it was.
    pub(super) again: u32,
    pub(super) back: u32,
    /// Left and right: a split's shares of cover, or the values of its two leaves, or twice the value of the leaf.
    pub(super) pair: [f64; 2],
    /// The mean of two leaves.
    pub(super) mean: f64,
}

impl Step {
    pub(super) const NONE: Step = Step {
        kind: Kind::Leaf,
        is_right: false,
        completes: 0,
        question: 0,
        feature: 0,
        again: 0,
        back: 0,
        pair: [0.0; 2],
        mean: 0.0,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Split,
    /// A split over two splits over two leaves each, which are the next two steps.
    Pair,
    /// A split over two leaves.
    Bottom,
    /// A leaf beside a split.
    Leaf,
}

impl Plan {
    /// # Errors
    /// `cover_missing` and `contributions_unsupported` where there are no contributions.
    pub(in crate::forest) fn new(
        number: usize,
        tree: &Tree,
        features: usize,
        questions: &Questions,
    ) -> Result<Plan, Error> {
        let shares = shares(number, tree)?;
        let mut draft =
            Draft { tree, shares: &shares, steps: Vec::new(), again: Vec::new(), depth: 0, most: 0 };
        draft.walk(features, questions);
        let Draft { steps, again, depth, most, .. } = draft;
        let outputs = tree.nodes.iter().find_map(|node| match node {
            Node::Leaf { leaf: Leaf::Vector(values), .. } => Some(values.len()),
            _ => None,
        });
        let walks = match outputs {
            None => vec![Walk::new(tree, tree.output, &shares, &steps)],
            Some(outputs) => (0..outputs).map(|output| Walk::new(tree, output, &shares, &steps)).collect(),
        };
        Ok(Plan { walks, points: points(most.div_ceil(2).max(1), &again), depth })
    }
}

/// Each node's share of its parent's cover.
fn shares(number: usize, tree: &Tree) -> Result<Vec<f64>, Error> {
    let path = |node: usize| format!("trees[{number}].nodes[{node}]");
    let mut shares = vec![1.0; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate() {
        match node {
            Node::Split(split) => {
                for child in [split.left, split.right] {
                    let cover = tree.nodes[child].cover();
                    let known = |cover: f64| cover >= 0.0 && cover.is_finite();
                    // Nothing passed the root: the file has the fields, but no counts in them.
                    if !known(cover) || !known(split.cover) || (at == 0 && split.cover == 0.0) {
                        let message =
                            "the file keeps no cover here, so there are no contributions".to_owned();
                        return Err(Error::new(ErrorKind::CoverMissing, path(at), message));
                    }
                    // Where no training row came at all, both ways are alike.
                    let share = if split.cover == 0.0 { 0.5 } else { cover / split.cover };
                    shares[child] = share.max(SMALLEST_SHARE);
                }
            }
            Node::Leaf { leaf: Leaf::Linear { .. }, .. } => {
                let message = "leaves are linear; contributions are not defined for them".to_owned();
                return Err(Error::new(ErrorKind::ContributionsUnsupported, path(at), message));
            }
            Node::Leaf { .. } => {}
        }
    }
    Ok(shares)
}

/// The steps as they come, with the node of each.
struct Draft<'a> {
    tree: &'a Tree,
    shares: &'a [f64],
    steps: Vec<(usize, Step)>,
    /// What shares of the feature's cover the way has left, at every split that meets a feature again.
    again: Vec<f64>,
    depth: usize,
    /// The most different features on a way.
    most: usize,
}

/// What a way has met of a feature: the level of the last split on it and the product of the shares.
#[derive(Clone, Copy)]
struct Met {
    level: usize,
    share: f64,
}

enum Todo {
    Node { node: usize, level: usize, is_right: bool, completes: u32, different: usize },
    Meet { feature: usize, met: Option<Met> },
}

impl Draft<'_> {
    fn walk(&mut self, features: usize, questions: &Questions) {
        let mut met: Vec<Option<Met>> = vec![None; features];
        let mut todo = vec![Todo::Node { node: 0, level: 1, is_right: false, completes: 0, different: 0 }];
        while let Some(next) = todo.pop() {
            let (node, level, is_right, completes, different) = match next {
                Todo::Meet { feature, met: now } => {
                    met[feature] = now;
                    continue;
                }
                Todo::Node { node, level, is_right, completes, different } => {
                    (node, level, is_right, completes, different)
                }
            };
            let mut step = Step { is_right, completes, ..Step::NONE };
            if let Node::Split(split) = &self.tree.nodes[node] {
                let before = met[split.feature];
                step.question = questions.of(split);
                step.feature = split.feature as u32;
                if let Some(before) = before {
                    self.again.push(before.share);
                    step.again = self.again.len() as u32;
                    step.back = (level - before.level) as u32;
                }
                let different = different + usize::from(before.is_none());
                self.depth = self.depth.max(level);
                self.most = self.most.max(different);
                step.kind = if self.leaves(split) { Kind::Bottom } else { Kind::Split };
                if step.kind == Kind::Split {
                    step.completes = 0;
                    todo.push(Todo::Meet { feature: split.feature, met: before });
                    for (node, is_right, completes) in
                        [(split.right, true, completes + 1), (split.left, false, 0)]
                    {
                        let share = before.map_or(1.0, |before| before.share) * self.shares[node];
                        todo.push(Todo::Node { node, level: level + 1, is_right, completes, different });
                        todo.push(Todo::Meet { feature: split.feature, met: Some(Met { level, share }) });
                    }
                }
            }
            self.steps.push((node, step));
        }
        for at in 0..self.steps.len().saturating_sub(2) {
            let [(_, split), (_, left), (_, right)] = &mut self.steps[at..at + 3] else { continue };
            if [split.kind, left.kind, right.kind] == [Kind::Split, Kind::Bottom, Kind::Bottom] {
                split.kind = Kind::Pair;
                split.completes = right.completes - 1;
            }
        }
    }

    fn leaves(&self, split: &Split) -> bool {
        [split.left, split.right].iter().all(|&child| matches!(self.tree.nodes[child], Node::Leaf { .. }))
    }
}

impl Walk {
    fn new(tree: &Tree, output: usize, shares: &[f64], draft: &[(usize, Step)]) -> Walk {
        let value = |node: usize| match &tree.nodes[node] {
            Node::Leaf { leaf: Leaf::Value(value), .. } => *value,
            Node::Leaf { leaf: Leaf::Vector(values), .. } => values[output],
            _ => 0.0,
        };
        let finish = |&(node, mut step): &(usize, Step)| {
            if let Node::Split(split) = &tree.nodes[node] {
                step.pair = [shares[split.left], shares[split.right]];
                if step.kind == Kind::Bottom {
                    let [left, right] = step.pair;
                    step.pair = [value(split.left), value(split.right)];
                    step.mean = left * step.pair[0] + right * step.pair[1];
                }
            } else {
                step.pair = [value(node); 2];
            }
            step
        };
        // Children come behind their parents.
        let mut means: Vec<f64> = (0..tree.nodes.len()).map(value).collect();
        for (at, node) in tree.nodes.iter().enumerate().rev() {
            if let Node::Split(split) = node {
                means[at] = shares[split.left] * means[split.left] + shares[split.right] * means[split.right];
            }
        }
        Walk { output, expected: means[0], steps: draft.iter().map(finish).collect() }
    }
}

/// The rule with that many points, in groups, and the constants of features met again.
fn points(count: usize, again: &[f64]) -> Vec<Points> {
    let (at, weights) = gauss_legendre(count);
    let groups = at.chunks(MOST_POINTS).zip(weights.chunks(MOST_POINTS));
    groups
        .map(|(at, weights)| {
            let mut points = Points {
                count: at.len(),
                at: [0.0; 4],
                weights: [0.0; 4],
                again: Vec::with_capacity(again.len()),
            };
            points.at[..at.len()].copy_from_slice(at);
            points.weights[..at.len()].copy_from_slice(weights);
            points.again.extend(again.iter().map(|share| {
                let mut constants = Again::default();
                for (q, t) in at.iter().enumerate() {
                    let factor = t + (1.0 - t) * share;
                    constants.own[q] = t / factor;
                    constants.weight[q] = share / (factor * factor);
                }
                constants
            }));
            points
        })
        .collect()
}
