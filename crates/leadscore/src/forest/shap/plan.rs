//! The part of the contributions that does not depend on the row.

use crate::forest::engine::Conditions;
use crate::forest::tree::{Leaf, Node, Split, Tree};
use crate::math::quadrature::gauss_legendre;
use crate::{Error, ErrorKind};

/// Cover fractions below this count as this much, so that a path no training row took still has a factor to divide by;
/// XGBoost does the same.
const MIN_COVER_FRACTION: f64 = 1e-12;
/// Quadrature points that one walk through a tree computes together.
pub(super) const GROUP_POINTS: usize = 4;

/// A tree prepared for contributions.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// One for each output that the tree adds to.
    pub(super) outputs: Vec<OutputSteps>,
    /// The quadrature points, in groups that walk the tree one after another.
    pub(super) quadrature: Vec<QuadratureGroup>,
    /// The most splits on a path.
    pub(super) depth: usize,
}

/// Up to [`GROUP_POINTS`] quadrature points.
#[derive(Debug, Clone)]
pub(super) struct QuadratureGroup {
    pub(super) count: usize,
    pub(super) points: [f64; GROUP_POINTS],
    pub(super) weights: [f64; GROUP_POINTS],
    /// The factors of the splits on features already seen on their path.
    pub(super) repeats: Vec<RepeatFactors>,
}

/// With s the cover fraction the path has for the feature so far and F = t + (1−t)·s, at every point:
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RepeatFactors {
    /// b = t / F
    pub(super) slope: [f64; GROUP_POINTS],
    /// w = s / F²
    pub(super) weight: [f64; GROUP_POINTS],
}

/// The walk of a tree for one output.
#[derive(Debug, Clone)]
pub(super) struct OutputSteps {
    pub(super) output: usize,
    /// The mean leaf by cover.
    pub(super) expected: f64,
    /// The nodes, depth first and left before right; two leaves are one step with the split above them.
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    /// Whether this is a right child.
    pub(super) is_right: bool,
    /// How many of the splits above are complete after this step.
    pub(super) completes: u32,
    pub(super) condition_id: u32,
    pub(super) feature: u32,
    /// For a feature already seen on the path: the index of its factors, from 1; else 0.
    pub(super) repeat: u32,
    /// How many levels up that feature was last seen; 0 for a feature first seen here.
    pub(super) levels_up: u32,
    /// Left and right: the children's cover fractions, or the values of the two leaves, or twice the value of the leaf.
    pub(super) pair: [f64; 2],
    /// The mean of two leaves.
    pub(super) mean: f64,
}

impl Step {
    pub(super) const NONE: Step = Step {
        kind: StepKind::Leaf,
        is_right: false,
        completes: 0,
        condition_id: 0,
        feature: 0,
        repeat: 0,
        levels_up: 0,
        pair: [0.0; 2],
        mean: 0.0,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    Split,
    /// A split over two `LeafPair` splits, which are the next two steps.
    TwoLeafPairs,
    /// A split over two leaves.
    LeafPair,
    /// A leaf beside a split.
    Leaf,
}

impl Plan {
    /// # Errors
    /// `cover_missing` and `contributions_unsupported` where there are no contributions.
    pub(super) fn new(
        index: usize,
        tree: &Tree,
        feature_count: usize,
        conditions: &Conditions,
    ) -> Result<Plan, Error> {
        let cover_fractions = cover_fractions(index, tree)?;
        let mut builder = PlanBuilder {
            tree,
            cover_fractions: &cover_fractions,
            steps: Vec::new(),
            repeat_cover_fractions: Vec::new(),
            depth: 0,
            max_path_features: 0,
        };
        builder.walk(feature_count, conditions);
        let PlanBuilder { steps, repeat_cover_fractions, depth, max_path_features, .. } = builder;
        let outputs = tree.nodes.iter().find_map(|node| match node {
            Node::Leaf { leaf: Leaf::Vector(values), .. } => Some(values.len()),
            _ => None,
        });
        let outputs = outputs.map_or_else(|| tree.output..tree.output + 1, |outputs| 0..outputs);
        let outputs = outputs.map(|output| OutputSteps::new(tree, output, &cover_fractions, &steps));
        let points = max_path_features.div_ceil(2).max(1);
        Ok(Plan {
            outputs: outputs.collect(),
            quadrature: quadrature(points, &repeat_cover_fractions),
            depth,
        })
    }
}

/// For each node the fraction of its parent's cover.
fn cover_fractions(index: usize, tree: &Tree) -> Result<Vec<f64>, Error> {
    let path = |node: usize| format!("trees[{index}].nodes[{node}]");
    let mut fractions = vec![1.0; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate() {
        match node {
            Node::Split(split) => {
                for child in [split.left, split.right] {
                    let cover = tree.nodes[child].cover();
                    let known = |cover: f64| cover >= 0.0 && cover.is_finite();
                    // Without cover at the root, the file has the fields, but no counts in them.
                    if !known(cover) || !known(split.cover) || (at == 0 && split.cover == 0.0) {
                        let message =
                            "the file keeps no cover here, so there are no contributions".to_owned();
                        return Err(Error::new(ErrorKind::CoverMissing, path(at), message));
                    }
                    // Where no training row passed, both children count alike.
                    let fraction = if split.cover == 0.0 { 0.5 } else { cover / split.cover };
                    fractions[child] = fraction.max(MIN_COVER_FRACTION);
                }
            }
            Node::Leaf { leaf: Leaf::Linear { .. }, .. } => {
                let message = "leaves are linear; contributions are not defined for them".to_owned();
                return Err(Error::new(ErrorKind::ContributionsUnsupported, path(at), message));
            }
            Node::Leaf { .. } => {}
        }
    }
    Ok(fractions)
}

/// The steps as they come, with the node of each.
struct PlanBuilder<'a> {
    tree: &'a Tree,
    cover_fractions: &'a [f64],
    steps: Vec<(usize, Step)>,
    /// For each split on a feature already seen on its path: the product of the cover fractions that the earlier splits
    /// gave it (TreeSHAP's *unwind* case).
    repeat_cover_fractions: Vec<f64>,
    depth: usize,
    /// The most different features on a path.
    max_path_features: usize,
}

/// What the current path has of a feature: the depth of the last split on it and the product of the cover fractions.
#[derive(Clone, Copy)]
struct PathFeature {
    depth: usize,
    cover_fraction: f64,
}

/// What is still to be done, the last entry first.
enum Pending {
    Visit { node: usize, depth: usize, is_right: bool, completes: u32, path_features: usize },
    RestoreFeature { feature: usize, state: Option<PathFeature> },
}

impl PlanBuilder<'_> {
    fn walk(&mut self, feature_count: usize, conditions: &Conditions) {
        let mut path: Vec<Option<PathFeature>> = vec![None; feature_count];
        let mut pending =
            vec![Pending::Visit { node: 0, depth: 1, is_right: false, completes: 0, path_features: 0 }];
        while let Some(next) = pending.pop() {
            let (node, depth, is_right, completes, path_features) = match next {
                Pending::RestoreFeature { feature, state } => {
                    path[feature] = state;
                    continue;
                }
                Pending::Visit { node, depth, is_right, completes, path_features } => {
                    (node, depth, is_right, completes, path_features)
                }
            };
            let mut step = Step { is_right, completes, ..Step::NONE };
            if let Node::Split(split) = &self.tree.nodes[node] {
                let before = path[split.feature];
                step.condition_id = conditions.condition_id(split);
                step.feature = split.feature as u32;
                if let Some(before) = before {
                    self.repeat_cover_fractions.push(before.cover_fraction);
                    step.repeat = self.repeat_cover_fractions.len() as u32;
                    step.levels_up = (depth - before.depth) as u32;
                }
                let path_features = path_features + usize::from(before.is_none());
                self.depth = self.depth.max(depth);
                self.max_path_features = self.max_path_features.max(path_features);
                step.kind = if self.is_leaf_pair(split) { StepKind::LeafPair } else { StepKind::Split };
                if step.kind == StepKind::Split {
                    step.completes = 0;
                    pending.push(Pending::RestoreFeature { feature: split.feature, state: before });
                    for (node, is_right, completes) in
                        [(split.right, true, completes + 1), (split.left, false, 0)]
                    {
                        let cover_fraction =
                            before.map_or(1.0, |before| before.cover_fraction) * self.cover_fractions[node];
                        let state = Some(PathFeature { depth, cover_fraction });
                        pending.push(Pending::Visit {
                            node,
                            depth: depth + 1,
                            is_right,
                            completes,
                            path_features,
                        });
                        pending.push(Pending::RestoreFeature { feature: split.feature, state });
                    }
                }
            }
            self.steps.push((node, step));
        }
        for at in 0..self.steps.len().saturating_sub(2) {
            let [(_, split), (_, left), (_, right)] = &mut self.steps[at..at + 3] else { continue };
            if [split.kind, left.kind, right.kind]
                == [StepKind::Split, StepKind::LeafPair, StepKind::LeafPair]
            {
                split.kind = StepKind::TwoLeafPairs;
                split.completes = right.completes - 1;
            }
        }
    }

    fn is_leaf_pair(&self, split: &Split) -> bool {
        [split.left, split.right].iter().all(|&child| matches!(self.tree.nodes[child], Node::Leaf { .. }))
    }
}

impl OutputSteps {
    fn new(tree: &Tree, output: usize, cover_fractions: &[f64], steps: &[(usize, Step)]) -> OutputSteps {
        let value = |node: usize| match &tree.nodes[node] {
            Node::Leaf { leaf: Leaf::Value(value), .. } => *value,
            Node::Leaf { leaf: Leaf::Vector(values), .. } => values[output],
            _ => 0.0,
        };
        let finish = |&(node, mut step): &(usize, Step)| {
            if let Node::Split(split) = &tree.nodes[node] {
                step.pair = [cover_fractions[split.left], cover_fractions[split.right]];
                if step.kind == StepKind::LeafPair {
                    let [left, right] = step.pair;
                    step.pair = [value(split.left), value(split.right)];
                    step.mean = left * step.pair[0] + right * step.pair[1];
                }
            } else {
                step.pair = [value(node); 2];
            }
            step
        };
        // Children come after their parents.
        let mut means: Vec<f64> = (0..tree.nodes.len()).map(value).collect();
        for (at, node) in tree.nodes.iter().enumerate().rev() {
            if let Node::Split(split) = node {
                means[at] = cover_fractions[split.left] * means[split.left]
                    + cover_fractions[split.right] * means[split.right];
            }
        }
        OutputSteps { output, expected: means[0], steps: steps.iter().map(finish).collect() }
    }
}

/// The quadrature rule with that many points, in groups, and the factors of features already seen.
fn quadrature(count: usize, repeat_cover_fractions: &[f64]) -> Vec<QuadratureGroup> {
    let (points, weights) = gauss_legendre(count);
    let groups = points.chunks(GROUP_POINTS).zip(weights.chunks(GROUP_POINTS));
    groups
        .map(|(points, weights)| {
            let mut group = QuadratureGroup {
                count: points.len(),
                points: [0.0; GROUP_POINTS],
                weights: [0.0; GROUP_POINTS],
                repeats: Vec::with_capacity(repeat_cover_fractions.len()),
            };
            group.points[..points.len()].copy_from_slice(points);
            group.weights[..points.len()].copy_from_slice(weights);
            group.repeats.extend(repeat_cover_fractions.iter().map(|fraction| {
                let mut repeat = RepeatFactors::default();
                for (q, t) in points.iter().enumerate() {
                    let factor = t + (1.0 - t) * fraction;
                    repeat.slope[q] = t / factor;
                    repeat.weight[q] = fraction / (factor * factor);
                }
                repeat
            }));
            group
        })
        .collect()
}
