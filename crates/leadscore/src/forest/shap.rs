//! Exact path-dependent SHAP values from the stored cover.
//!
//! The value of feature i at a leaf v is v·(oᵢ − zᵢ)·∫₀¹ Π_{j≠i} (t·oⱼ + (1−t)·zⱼ) dt, over the different features j of
//! the path; o is 1 where the row follows the path at every split on the feature, else 0, and z is the product of the
//! cover shares along it. The integrand is a polynomial of degree D − 1 in t for D different features, so that
//! Gauss–Legendre quadrature with ceil(D/2) nodes is exact.
//!
//! Order of every operation, f64: trees in file order; in a tree depth first, left before right; at a node, quadrature
//! points from the first to the last. All plans must reproduce these bits.

use super::model::{Body, Forest, Leaf, Node, Tree};
use super::predict::Iterations;
use crate::Error;
use crate::feature::FeatureMatrix;
use crate::math::quadrature;

/// Shares of cover below this count as this much: a way no training row took still has a factor to divide by.
const SMALLEST_SHARE: f64 = 1e-12;

impl Forest {
    /// The contributions to the margins of a matrix: for each row and output, one for each feature and the bias last.
    /// They add up to the margin.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the model's; `cover_missing` and `contributions_unsupported` where the
    /// model has none.
    pub fn shap(&self, matrix: &FeatureMatrix, iterations: Iterations) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        let (width, outputs) = (self.features.len() + 1, self.outputs());
        let mut out = vec![0.0; matrix.rows() * outputs * width];
        match &self.body {
            Body::Linear(weights) => {
                for row in 0..matrix.rows() {
                    self.linear(
                        weights,
                        matrix.row(row),
                        &mut out[row * outputs * width..(row + 1) * outputs * width],
                    );
                }
            }
            Body::Trees(trees) => {
                let trees = &trees[..self.trees_of(iterations).min(trees.len())];
                let plans: Vec<Plan> = trees
                    .iter()
                    .enumerate()
                    .map(|(at, tree)| Plan::new(at, tree))
                    .collect::<Result<_, _>>()?;
                let mut scratch = Scratch::new(self.features.len(), &plans);
                for row in 0..matrix.rows() {
                    let out = &mut out[row * outputs * width..(row + 1) * outputs * width];
                    for (output, base) in self.base.iter().enumerate() {
                        out[output * width + width - 1] = *base;
                    }
                    for (tree, plan) in trees.iter().zip(&plans) {
                        self.tree(tree, plan, matrix.row(row), &mut scratch, out);
                    }
                }
            }
        }
        Ok(out)
    }

    fn linear(&self, weights: &[f32], row: &[f64], out: &mut [f64]) {
        let (outputs, features) = (self.outputs(), self.features.len());
        for output in 0..outputs {
            for (feature, value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                out[output * (features + 1) + feature] =
                    f64::from(*value as f32 * weights[feature * outputs + output]);
            }
            out[output * (features + 1) + features] =
                self.base[output] + f64::from(weights[features * outputs + output]);
        }
    }

    fn tree(&self, tree: &Tree, plan: &Plan, row: &[f64], scratch: &mut Scratch, out: &mut [f64]) {
        let width = self.features.len() + 1;
        let vector = match &tree.nodes[0] {
            _ if plan.vector => self.outputs(),
            _ => 1,
        };
        for k in 0..vector {
            let output = if plan.vector { k } else { tree.output };
            let out = &mut out[output * width..(output + 1) * width];
            out[width - 1] += plan.expected[k];
            scratch.walk(tree, plan, k, |split| split.goes_left(row, self.precision), out);
        }
    }
}

/// What of a tree does not depend on the row.
struct Plan {
    /// Quadrature points for the longest path.
    points: usize,
    depth: usize,
    /// The share of the parent's cover, for every node but the root.
    share: Vec<f64>,
    /// The mean leaf under the cover shares, for each output of a vector leaf.
    expected: Vec<f64>,
    vector: bool,
}

impl Plan {
    fn new(number: usize, tree: &Tree) -> Result<Plan, Error> {
        let path = |node: usize| format!("trees[{number}].nodes[{node}]");
        let mut plan = Plan {
            points: 1,
            depth: 0,
            share: vec![1.0; tree.nodes.len()],
            expected: vec![0.0],
            vector: false,
        };
        let mut reach = vec![1.0; tree.nodes.len()];
        // Depths and the number of different features on the way, parents before children.
        let mut depth = vec![0_usize; tree.nodes.len()];
        let mut parent = vec![usize::MAX; tree.nodes.len()];
        let mut distinct = vec![0_usize; tree.nodes.len()];
        for (at, node) in tree.nodes.iter().enumerate() {
            match node {
                Node::Split(split) => {
                    let seen = std::iter::successors(Some(parent[at]), |&up| parent.get(up).copied())
                        .take_while(|&up| up != usize::MAX)
                        .any(
                            |up| matches!(&tree.nodes[up], Node::Split(own) if own.feature == split.feature),
                        );
                    for child in [split.left, split.right] {
                        let cover = tree.nodes[child].cover();
                        let known = |cover: f64| cover >= 0.0 && cover.is_finite();
                        // Nothing passed the root: the file has the fields, but no counts in them.
                        if !known(cover) || !known(split.cover) || (at == 0 && split.cover == 0.0) {
                            let message =
                                "the file keeps no cover here, so there are no contributions".to_owned();
                            return Err(Error::CoverMissing { path: path(at), message });
                        }
                        // Where no training row came at all, both ways are alike.
                        let share = if split.cover == 0.0 { 0.5 } else { cover / split.cover };
                        plan.share[child] = share.max(SMALLEST_SHARE);
                        reach[child] = reach[at] * plan.share[child];
                        parent[child] = at;
                        depth[child] = depth[at] + 1;
                        distinct[child] = distinct[at] + usize::from(!seen);
                    }
                }
                Node::Leaf { leaf, .. } => {
                    plan.depth = plan.depth.max(depth[at]);
                    plan.points = plan.points.max(distinct[at].div_ceil(2));
                    match leaf {
                        Leaf::Value(value) => plan.expected[0] += reach[at] * value,
                        Leaf::Vector(values) => {
                            plan.vector = true;
                            plan.expected.resize(values.len(), 0.0);
                            for (sum, value) in plan.expected.iter_mut().zip(values) {
                                *sum += reach[at] * value;
                            }
                        }
                        Leaf::Linear { .. } => {
                            let message =
                                "leaves are linear; contributions are not defined for them".to_owned();
                            return Err(Error::ContributionsUnsupported { path: path(at), message });
                        }
                    }
                }
            }
        }
        Ok(plan)
    }
}

/// Where the walk stands at one depth.
#[derive(Clone, Copy, Default)]
struct Frame {
    node: usize,
    /// 0: not yet entered; 1: the left child is done; 2: the right child is done.
    stage: u8,
    feature: usize,
    /// The feature's state above this node.
    old: State,
}

/// What the path says of a feature so far.
#[derive(Clone, Copy)]
struct State {
    follows: bool,
    share: f64,
}

impl Default for State {
    fn default() -> Self {
        State { follows: true, share: 1.0 }
    }
}

impl State {
    /// The factor t·o + (1−t)·z.
    fn factor(self, t: f64) -> f64 {
        let rest = (1.0 - t) * self.share;
        if self.follows { t + rest } else { rest }
    }

    /// (o − z) / factor.
    fn slope(self, t: f64) -> f64 {
        let o = if self.follows { 1.0 } else { 0.0 };
        (o - self.share) / self.factor(t)
    }
}

/// Buffers of a walk, kept between rows and trees.
struct Scratch {
    frames: Vec<Frame>,
    states: Vec<State>,
    /// Per depth, the product of factors (times the weight) at every point.
    products: Vec<f64>,
    /// Per depth, the sum of leaves below, weighted by their products.
    sums: Vec<f64>,
    rules: Vec<(Vec<f64>, Vec<f64>)>,
    stride: usize,
}

impl Scratch {
    fn new(features: usize, plans: &[Plan]) -> Scratch {
        let depth = plans.iter().map(|plan| plan.depth).max().unwrap_or(0) + 2;
        let points = plans.iter().map(|plan| plan.points).max().unwrap_or(1);
        Scratch {
            frames: vec![Frame::default(); depth],
            states: vec![State::default(); features],
            products: vec![0.0; depth * points],
            sums: vec![0.0; depth * points],
            rules: (0..=points).map(quadrature::gauss_legendre).collect(),
            stride: points,
        }
    }

    /// Adds one tree's values for one row to `phi`.
    fn walk(
        &mut self,
        tree: &Tree,
        plan: &Plan,
        output: usize,
        goes_left: impl Fn(&super::Split) -> bool,
        phi: &mut [f64],
    ) {
        let Scratch { frames, states, products, sums, rules, stride } = self;
        let (stride, points) = (*stride, plan.points);
        let (nodes, weights) = &rules[points];
        products[..points].copy_from_slice(weights);
        frames[0] = Frame::default();
        let mut depth = 0;
        loop {
            let frame = frames[depth];
            let here = depth * stride;
            let split = match &tree.nodes[frame.node] {
                Node::Leaf { leaf, .. } => {
                    let value = match leaf {
                        Leaf::Value(value) => *value,
                        Leaf::Vector(values) => values[output],
                        Leaf::Linear { .. } => 0.0,
                    };
                    for q in 0..points {
                        sums[here + q] = value * products[here + q];
                    }
                    if depth == 0 {
                        return;
                    }
                    depth -= 1;
                    continue;
                }
                Node::Split(split) => split,
            };
            if frame.stage == 0 {
                frames[depth].old = states[split.feature];
                frames[depth].feature = split.feature;
                sums[here..here + points].fill(0.0);
            } else {
                // A child is done: its leaves count for this split's feature by the change of its slope.
                let child = if frame.stage == 1 { split.left } else { split.right };
                let new = below(frame.old, goes_left(split) == (frame.stage == 1), plan.share[child]);
                let mut part = 0.0;
                for q in 0..points {
                    let done = sums[here + stride + q];
                    part += done * (new.slope(nodes[q]) - frame.old.slope(nodes[q]));
                    sums[here + q] += done;
                }
                phi[split.feature] += part;
                if frame.stage == 2 {
                    states[split.feature] = frame.old;
                    if depth == 0 {
                        return;
                    }
                    depth -= 1;
                    continue;
                }
            }
            let left = frame.stage == 0;
            let child = if left { split.left } else { split.right };
            let new = below(frame.old_or(states[split.feature]), goes_left(split) == left, plan.share[child]);
            let old = frames[depth].old;
            for q in 0..points {
                products[here + stride + q] =
                    products[here + q] * (new.factor(nodes[q]) / old.factor(nodes[q]));
            }
            states[split.feature] = new;
            frames[depth].stage += 1;
            depth += 1;
            frames[depth] = Frame { node: child, ..Frame::default() };
        }
    }
}

impl Frame {
    fn old_or(&self, now: State) -> State {
        if self.stage == 0 { now } else { self.old }
    }
}

/// A feature's state past a split on it.
fn below(old: State, follows: bool, share: f64) -> State {
    State { follows: old.follows && follows, share: old.share * share }
}
