//! Exact path-dependent SHAP values from the stored cover.
//!
//! The value of feature i at a leaf v is v·(oᵢ − zᵢ)·∫₀¹ Π_{j≠i} (t·oⱼ + (1−t)·zⱼ) dt, over the different features j of
//! the path; o is 1 where the row follows the path at every split on the feature, else 0, and z is the product of the
//! cover shares along it. The integrand is a polynomial of degree D − 1 in t for D different features, so that
//! Gauss–Legendre quadrature with ceil(D/2) nodes is exact.
//!
//! Split by split, at one point t: let P be the product of weight and factors above a split, L and R what its children
//! come to, z their shares, and s the share that the path has left of the split's feature. Then
//!
//! - b = t and w = 1 for a feature first met here; else b = t / F and w = s / F² with F = t + (1−t)·s, and b = 0 and
//!   w = 0 for a row that has left the path at an earlier split on the feature;
//! - a child's P is P · (z + b·(o − z)), with o = 1 where the row goes to it;
//! - with M = zₗ·L + zᵣ·R the mean and e = (L or R, where the row goes) − M, the split comes to M + b·e, and its feature
//!   gets Σ over the points of P·w·e.
//!
//! Order of every operation, f64, nothing fused: as the formulas above are written, from left to right. Trees in file
//! order, outputs of vector leaves from the first; quadrature points rising, in groups of four that walk the tree one
//! after another, the sum over the points of a group from its first; in a tree depth first, left before right, a split
//! after its children. Over two leaves, where e is the same at all points, the feature gets (Σ P·w)·e. The bias is the
//! base, then tree by tree the mean M of the root with L and R the children's means. Rows never meet: one row or many,
//! the bits are the same. All plans must reproduce these bits.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

mod plan;
mod walk;

use super::engine::{Answers, Engine, Kernel, Questions, Ready, widest};
use super::model::{Body, Forest};
use super::predict::Iterations;
use crate::Error;
use crate::feature::FeatureMatrix;
pub(super) use plan::Plan;
use plan::Walk;
use walk::{Level, walk};

/// Rows in lanes.
const LANES: usize = 8;
/// Rows whose questions are answered at once.
const TILE: usize = 64;
/// Fewer rows are faster one by one than in lanes.
const FEW: usize = 3;

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
        match (&self.body, &self.engine) {
            (Body::Trees(_), Engine::Trees(ready)) => {
                let plans = ready.plans(self);
                let plans = plans[..self.trees_of(iterations).min(plans.len())]
                    .iter()
                    .map(|plan| plan.as_ref().map_err(Clone::clone))
                    .collect::<Result<Vec<_>, _>>()?;
                self.contributions(ready, &plans, matrix, &mut out);
            }
            (Body::Linear(weights), _) => {
                for row in 0..matrix.rows() {
                    let out = &mut out[row * outputs * width..(row + 1) * outputs * width];
                    self.linear(weights, matrix.row(row), out);
                }
            }
            // A forest of trees always has its engine.
            (Body::Trees(_), Engine::Plain) => {}
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

    fn contributions(&self, ready: &Ready, plans: &[&Plan], matrix: &FeatureMatrix, out: &mut [f64]) {
        let (features, outputs) = (self.features.len(), self.outputs());
        let width = features + 1;
        let mut bias = self.base.clone();
        for walk in plans.iter().flat_map(|plan| &plan.walks) {
            bias[walk.output] += walk.expected;
        }
        for phi in out.chunks_exact_mut(outputs * width) {
            phi.chunks_exact_mut(width).zip(&bias).for_each(|(phi, bias)| phi[features] = *bias);
        }
        if features > 0 {
            widest(Task {
                questions: &ready.questions,
                plans,
                features,
                outputs,
                rows: matrix.values(),
                out,
            });
        }
    }
}

/// The contributions of rows.
struct Task<'a> {
    questions: &'a Questions,
    plans: &'a [&'a Plan],
    features: usize,
    outputs: usize,
    rows: &'a [f64],
    /// The biases are there already.
    out: &'a mut [f64],
}

impl Kernel for Task<'_> {
    #[inline(always)]
    fn run(self) {
        let Task { questions, plans, features, outputs, rows, out } = self;
        let width = features + 1;
        let mut answers = Answers::<1>::new();
        let (mut copied, mut answers_of_one) = (Vec::new(), Vec::new());
        let mut one = Levels::<1>::default();
        let mut lanes = Levels::<LANES>::default();
        let mut phi = Vec::new();
        for (rows, out) in rows.chunks(TILE * features).zip(out.chunks_mut(TILE * outputs * width)) {
            if rows.len() < FEW * features {
                for (row, out) in rows.chunks_exact(features).zip(out.chunks_exact_mut(outputs * width)) {
                    questions.answer_one(row, &mut answers_of_one);
                    let right = |question: u32| [u64::from(answers_of_one[question as usize]).wrapping_neg()];
                    for plan in plans {
                        plan.walk(right, &mut one, out.as_chunks_mut().0, width);
                    }
                }
                continue;
            }
            questions.answer(rows, features, &mut answers, &mut copied);
            let groups = (rows.len() / features).div_ceil(LANES);
            phi.clear();
            phi.resize(groups * outputs * features, [0.0; LANES]);
            // Trees outside, so that each is fetched once for the tile.
            for plan in plans {
                for (group, phi) in phi.chunks_exact_mut(outputs * features).enumerate() {
                    let right = |question: u32| lane_bits(answers[question as usize][0] >> (group * LANES));
                    plan.walk(right, &mut lanes, phi, features);
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

/// Stacks of a walk, one for each number of points.
#[derive(Default)]
struct Levels<'a, const R: usize> {
    one: Vec<Level<'a, 1, R>>,
    two: Vec<Level<'a, 2, R>>,
    three: Vec<Level<'a, 3, R>>,
    four: Vec<Level<'a, 4, R>>,
}

impl Plan {
    /// Adds the tree's contributions for `R` rows to `phi`, where the outputs lie `stride` apart.
    #[inline(always)]
    fn walk<'a, const R: usize>(
        &'a self,
        right: impl Fn(u32) -> [u64; R] + Copy,
        levels: &mut Levels<'a, R>,
        phi: &mut [[f64; R]],
        stride: usize,
    ) {
        for Walk { output, steps, .. } in &self.walks {
            let phi = &mut phi[output * stride..][..stride];
            for points in &self.points {
                match points.count {
                    1 => walk(steps, points, right, &mut levels.one, self.depth, phi),
                    2 => walk(steps, points, right, &mut levels.two, self.depth, phi),
                    // Alone, four points fill a vector; a weight of zero adds nothing.
                    3 if R > 1 => walk(steps, points, right, &mut levels.three, self.depth, phi),
                    _ => walk(steps, points, right, &mut levels.four, self.depth, phi),
                }
            }
        }
    }
}

/// All bits in the lanes whose bit is set.
#[inline(always)]
fn lane_bits(bits: u64) -> [u64; LANES] {
    std::array::from_fn(|lane| (bits >> lane & 1).wrapping_neg())
}
