//! Exact path-dependent SHAP values (TreeSHAP) from the stored cover, by Gauss–Legendre quadrature.
//!
//! # Method
//! The quantity is that of TreeSHAP (Lundberg et al., *From local explanations to global understanding with explainable
//! AI for trees*, Nature Machine Intelligence 2, 2020): absent features are averaged by the cover of the training data.
//! As in Linear TreeShap (Yu, Bifet, Read, Xu, NeurIPS 2022), a leaf's game is kept as a polynomial whose factors are
//! multiplied on the way down and whose sums are formed on the way up, so that work is linear in the number of splits.
//! Here the polynomial is integrated along the diagonal (Owen, *Multilinear Extensions of Games*, Management Science
//! 18, 1972) and held by its values at quadrature points in [0, 1], where all factors are positive and nothing cancels:
//!
//! The value of feature i at a leaf v is v·(oᵢ − zᵢ)·∫₀¹ Π_{j≠i} (t·oⱼ + (1−t)·zⱼ) dt, over the different features j of
//! the path; o is 1 where the row follows the path at every split on the feature, else 0, and z is the product of the
//! cover fractions along it. The integrand is a polynomial of degree D − 1 in t for D different features, so that
//! Gauss–Legendre quadrature with ceil(D/2) nodes is exact.
//!
//! Split by split, at one point t: let P be the product of weight and factors above a split, L and R the sums of its
//! children, z their cover fractions, and s the cover fraction that the path has so far for the split's feature. Then
//!
//! - b = t and w = 1 for a feature first seen here; else b = t / F and w = s / F² with F = t + (1−t)·s, and b = 0 and
//!   w = 0 for a row that has left the path at an earlier split on the feature;
//! - a child's P is P · (z + b·(o − z)), with o = 1 where the row goes to it;
//! - with M = zₗ·L + zᵣ·R the mean and e = (L or R, where the row goes) − M, the split's sum is M + b·e, and its feature
//!   gets Σ over the points of P·w·e.
//!
//! # What must not be touched
//! The order of every operation, f64, nothing fused: as the formulas above are written, from left to right. Trees in
//! file order, outputs of vector leaves from the first; quadrature points ascending, in groups of four that walk the
//! tree one after another, the sum over the points of a group from its first; in a tree depth first, left before right,
//! a split after its children. Over two leaves, where e is the same at all points, the feature gets (Σ P·w)·e. The bias
//! is the base score, then tree by tree the mean M of the root with L and R the children's means. Rows are independent:
//! one row or many, narrow or wide vectors, the bits are the same, and any other implementation must reproduce them.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

mod plan;
mod walk;

use super::engine::{ConditionBits, Conditions, Engine, Kernel, TileValues, run_on_widest_vectors};
use super::iterations::Iterations;
use super::model::{Booster, Model};
use crate::Error;
use plan::{OutputSteps, Plan};
use walk::{Level, walk};

/// Rows in lanes.
const LANES: usize = 8;
/// Rows whose conditions are evaluated at once.
const TILE_ROWS: usize = 64;
/// Fewer rows are faster one by one than in lanes.
const MIN_LANE_ROWS: usize = 3;

/// For every tree what can be computed ahead of the rows, or why there are no contributions.
#[derive(Debug, Clone)]
pub(super) struct Plans(Vec<Result<Plan, Error>>);

impl Plans {
    pub(super) fn new(model: &Model, engine: &Engine) -> Plans {
        let Booster::Trees(trees) = &model.booster else { return Plans(Vec::new()) };
        let plan = |(index, tree)| Plan::new(index, tree, model.features.len(), &engine.conditions);
        Plans(trees.iter().enumerate().map(plan).collect())
    }

    /// Whether every tree has contributions.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.first(self.0.len()).map(drop)
    }

    /// The plans of that many trees, from the first.
    fn first(&self, tree_count: usize) -> Result<Vec<&Plan>, Error> {
        self.0[..tree_count.min(self.0.len())]
            .iter()
            .map(|plan| plan.as_ref().map_err(Clone::clone))
            .collect()
    }
}

/// The contributions of rows: for each row and output, one for each feature and the bias last.
pub(super) fn contributions(
    model: &Model,
    engine: &Engine,
    plans: &Plans,
    rows: &[f64],
    iterations: Iterations,
) -> Result<Vec<f64>, Error> {
    let (features, outputs) = (model.features.len(), model.output_count());
    let width = features + 1;
    let mut out = vec![0.0; rows.len() / features.max(1) * outputs * width];
    match &model.booster {
        Booster::Linear(weights) => {
            for (row, out) in rows.chunks_exact(features.max(1)).zip(out.chunks_exact_mut(outputs * width)) {
                linear(model, weights, row, out);
            }
        }
        Booster::Trees(_) => {
            let plans = plans.first(model.trees_used(iterations))?;
            let mut bias = model.base_score.clone();
            for steps in plans.iter().flat_map(|plan| &plan.outputs) {
                bias[steps.output] += steps.expected;
            }
            for phi in out.chunks_exact_mut(outputs * width) {
                phi.chunks_exact_mut(width).zip(&bias).for_each(|(phi, bias)| phi[features] = *bias);
            }
            if features > 0 {
                let conditions = &engine.conditions;
                run_on_widest_vectors(ShapKernel {
                    conditions,
                    plans: &plans,
                    features,
                    outputs,
                    rows,
                    out: &mut out,
                });
            }
        }
    }
    Ok(out)
}

fn linear(model: &Model, weights: &[f32], row: &[f64], out: &mut [f64]) {
    let (outputs, features) = (model.output_count(), model.features.len());
    for output in 0..outputs {
        for (feature, value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            out[output * (features + 1) + feature] =
                f64::from(*value as f32 * weights[feature * outputs + output]);
        }
        out[output * (features + 1) + features] =
            model.base_score[output] + f64::from(weights[features * outputs + output]);
    }
}

/// The contributions of many rows.
struct ShapKernel<'a> {
    conditions: &'a Conditions,
    plans: &'a [&'a Plan],
    features: usize,
    outputs: usize,
    rows: &'a [f64],
    /// Holds the biases already.
    out: &'a mut [f64],
}

impl Kernel for ShapKernel<'_> {
    #[inline(always)]
    fn run(self) {
        let ShapKernel { conditions, plans, features, outputs, rows, out } = self;
        let width = features + 1;
        let mut bits = ConditionBits::<1>::new();
        let (mut values, mut bits_of_one) = (TileValues::default(), Vec::new());
        let mut levels_of_one = Levels::<1>::default();
        let mut levels = Levels::<LANES>::default();
        let mut phi = Vec::new();
        for (rows, out) in rows.chunks(TILE_ROWS * features).zip(out.chunks_mut(TILE_ROWS * outputs * width))
        {
            if rows.len() < MIN_LANE_ROWS * features {
                for (row, out) in rows.chunks_exact(features).zip(out.chunks_exact_mut(outputs * width)) {
                    conditions.evaluate_row(row, &mut bits_of_one);
                    let right = |id: u32| [u64::from(bits_of_one[id as usize]).wrapping_neg()];
                    for plan in plans {
                        plan.walk(right, &mut levels_of_one, out.as_chunks_mut().0, width);
                    }
                }
                continue;
            }
            conditions.evaluate_tile(rows, features, &mut bits, &mut values);
            let groups = (rows.len() / features).div_ceil(LANES);
            phi.clear();
            phi.resize(groups * outputs * features, [0.0; LANES]);
            // Trees in the outer loop, so that each is fetched once for the tile.
            for plan in plans {
                for (group, phi) in phi.chunks_exact_mut(outputs * features).enumerate() {
                    let right = |id: u32| lane_masks(bits[id as usize][0] >> (group * LANES));
                    plan.walk(right, &mut levels, phi, features);
                }
            }
            for (row, out) in out.chunks_exact_mut(outputs * width).enumerate() {
                let phi = &phi[row / LANES * outputs * features..][..outputs * features];
                for (out, phi) in out.chunks_exact_mut(width).zip(phi.chunks_exact(features)) {
                    out.iter_mut().zip(phi).for_each(|(out, phi)| *out = phi[row % LANES]);
                }
            }
        }
    }
}

/// Stacks of a walk, one for each number of quadrature points.
#[derive(Default)]
struct Levels<'a, const R: usize> {
    one: Vec<Level<'a, 1, R>>,
    two: Vec<Level<'a, 2, R>>,
    three: Vec<Level<'a, 3, R>>,
    four: Vec<Level<'a, 4, R>>,
}

impl Plan {
    /// Adds the tree's contributions for `R` rows to `phi`, where outputs are `stride` apart.
    #[inline(always)]
    fn walk<'a, const R: usize>(
        &'a self,
        right: impl Fn(u32) -> [u64; R] + Copy,
        levels: &mut Levels<'a, R>,
        phi: &mut [[f64; R]],
        stride: usize,
    ) {
        for OutputSteps { output, steps, .. } in &self.outputs {
            let phi = &mut phi[output * stride..][..stride];
            for group in &self.quadrature {
                match group.count {
                    1 => walk(steps, group, right, &mut levels.one, self.depth, phi),
                    2 => walk(steps, group, right, &mut levels.two, self.depth, phi),
                    // For a row alone four points fill a vector; a weight of zero adds nothing.
                    3 if R > 1 => walk(steps, group, right, &mut levels.three, self.depth, phi),
                    _ => walk(steps, group, right, &mut levels.four, self.depth, phi),
                }
            }
        }
    }
}

/// All bits in the lanes whose bit is set.
#[inline(always)]
fn lane_masks(bits: u64) -> [u64; LANES] {
    std::array::from_fn(|lane| (bits >> lane & 1).wrapping_neg())
}
