//! Curves from margins to probabilities, fitted to leads whose outcome is known.

use crate::math;
use crate::scale::{Calibration, Knot};
use crate::{Error, math::sigmoid};

/// Margins with what became of the leads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) margins: &'a [f64],
    pub(super) labels: &'a [f64],
    pub(super) weights: &'a [f64],
}

/// A curve over margins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Curve {
    /// The log-odds are a weighted sum of terms of the margin.
    Terms { terms: Terms, weights: Vec<f64> },
    /// Linear between (margin, probability) points, constant outside.
    Points(Vec<(f64, f64)>),
}

/// The terms of the margin that log-odds are made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Terms {
    /// The margin and a constant (Platt, 1999).
    Line,
    /// −ln p, ln(1 − p) and a constant of p = sigmoid(margin) (Kull, Silva Filho and Flach, 2017).
    Beta,
    /// A line that bends at these margins.
    Bends(Vec<f64>),
}

/// How many places a bent line bends at.
const BEND_COUNT: usize = 7;
/// How much a bend must be worth: it is drawn to none as by a lead of that many squared margins.
const RIDGE: f64 = 1.0;
/// Newton steps; the loss is convex, so that ten do nearly always.
const STEP_COUNT: usize = 60;
/// A curve becomes as many straight pieces as this.
const PIECE_COUNT: usize = 128;
/// Margins beyond those seen are bent on for so far, so that leads better than all others are still ordered.
const BEYOND: f64 = 3.0;
/// The least rise of the probability by the margin: leads of different margins keep their order.
const LEAST_SLOPE: f64 = 1e-6;

impl Terms {
    /// A line that bends at seven quantiles of the margins.
    pub(super) fn bends(margins: &[f64]) -> Terms {
        let mut sorted = margins.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut nodes: Vec<f64> =
            (1..=BEND_COUNT).map(|node| sorted[node * sorted.len() / (BEND_COUNT + 1)]).collect();
        nodes.dedup();
        Terms::Bends(nodes)
    }

    fn of(&self, margin: f64) -> Vec<f64> {
        match self {
            Terms::Line => vec![1.0, margin],
            Terms::Beta => vec![1.0, -softplus(-margin), softplus(margin)],
            Terms::Bends(nodes) => {
                let bends = nodes.iter().map(|node| (margin - node).max(0.0));
                [1.0, margin].into_iter().chain(bends).collect()
            }
        }
    }

    /// The weights that leave the margin as it is.
    fn identity(&self) -> Vec<f64> {
        match self {
            Terms::Line => vec![0.0, 1.0],
            Terms::Beta => vec![0.0, 1.0, 1.0],
            Terms::Bends(nodes) => {
                let mut weights = vec![0.0; nodes.len() + 2];
                weights[1] = 1.0;
                weights
            }
        }
    }

    /// The curve of the least log loss, drawn a little to the identity.
    pub(super) fn fit(self, known: &Known<'_>) -> Curve {
        let start = self.identity();
        let rows: Vec<Vec<f64>> = known.margins.iter().map(|margin| self.of(*margin)).collect();
        let mut weights = start.clone();
        for _ in 0..STEP_COUNT {
            let count = weights.len();
            let mut gradient: Vec<f64> = (0..count).map(|at| RIDGE * (weights[at] - start[at])).collect();
            let mut hessian = vec![vec![0.0; count]; count];
            (0..count).for_each(|at| hessian[at][at] = RIDGE);
            for ((row, label), weight) in rows.iter().zip(known.labels).zip(known.weights) {
                let p = sigmoid(dot(row, &weights));
                let curvature = weight * p * (1.0 - p);
                for (at, term) in row.iter().enumerate() {
                    gradient[at] += weight * (p - label) * term;
                    for (other, second) in row.iter().enumerate() {
                        hessian[at][other] += curvature * term * second;
                    }
                }
            }
            let step = solve(hessian, gradient);
            let largest = step.iter().fold(0.0_f64, |largest, step| largest.max(step.abs()));
            // A step that long has left the part of the loss that it was computed for.
            let shrink = if largest > 2.0 { 2.0 / largest } else { 1.0 };
            for (weight, step) in weights.iter_mut().zip(&step) {
                *weight -= shrink * step;
            }
            if largest < 1e-9 {
                break;
            }
        }
        Curve::Terms { terms: self, weights }
    }
}

impl Curve {
    /// Isotonic regression by pooling neighbours that are out of order (Ayer and others, 1955), each pool shrunk by half a
    /// lead of either outcome so that no probability is 0 or 1.
    pub(super) fn isotonic(known: &Known<'_>) -> Curve {
        let mut order: Vec<usize> = (0..known.margins.len()).collect();
        order.sort_by(|a, b| known.margins[*a].total_cmp(&known.margins[*b]).then(a.cmp(b)));
        // Weight, won weight and weighted margin of each pool.
        let mut pools: Vec<[f64; 3]> = Vec::new();
        for row in order {
            let weight = known.weights[row];
            if weight == 0.0 {
                continue;
            }
            let mut pool = [weight, weight * known.labels[row], weight * known.margins[row]];
            while let Some(last) = pools.last() {
                let is_tied = last[2] / last[0] >= pool[2] / pool[0];
                if !is_tied && last[1] / last[0] < pool[1] / pool[0] {
                    break;
                }
                (0..3).for_each(|at| pool[at] += last[at]);
                pools.pop();
            }
            pools.push(pool);
        }
        let point = |pool: &[f64; 3]| (pool[2] / pool[0], (pool[1] + 0.5) / (pool[0] + 1.0));
        Curve::Points(pools.iter().map(point).collect())
    }

    /// The probability at a margin.
    pub(super) fn probability(&self, margin: f64) -> f64 {
        match self {
            Curve::Terms { terms, weights } => sigmoid(dot(&terms.of(margin), weights)),
            Curve::Points(points) => {
                let next = points.partition_point(|point| point.0 <= margin);
                match (next.checked_sub(1).map(|at| points[at]), points.get(next)) {
                    (Some((left, low)), Some((right, high))) => {
                        low + (high - low) * ((margin - left) / (right - left))
                    }
                    (Some(last), None) => last.1,
                    (None, Some(first)) => first.1,
                    (None, None) => 0.5,
                }
            }
        }
    }

    /// The curve as a calibration: a rising line of short pieces, or Platt's formula itself.
    pub(super) fn calibration(&self, margins: &[f64]) -> Result<Calibration, Error> {
        if let Curve::Terms { terms: Terms::Line, weights } = self {
            return Calibration::platt(weights[1].max(1e-3), weights[0]);
        }
        let low = margins.iter().copied().fold(f64::INFINITY, f64::min) - BEYOND;
        let high = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max) + BEYOND;
        let width = (high - low) / PIECE_COUNT as f64;
        let mut knots: Vec<Knot> = Vec::with_capacity(PIECE_COUNT + 1);
        for piece in 0..=PIECE_COUNT {
            let margin = low + width * piece as f64;
            let wanted = self.probability(margin);
            // A calibration neither falls nor rises by more than the margin.
            let value = match knots.last() {
                None => wanted.min(1.0 - LEAST_SLOPE * (high - low)),
                Some(last) => wanted.clamp(last.value + LEAST_SLOPE * width, last.value + width),
            };
            if value > 1.0 {
                break;
            }
            knots.push(Knot::new(margin, value));
        }
        Calibration::knots(knots)
    }
}

/// ln(1 + e^x).
fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + math::ln(1.0 + math::exp(-x)) } else { math::ln(1.0 + math::exp(x)) }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The solution of a symmetric positive system, by elimination.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let count = right.len();
    for pivot in 0..count {
        for row in pivot + 1..count {
            let (above, below) = matrix.split_at_mut(row);
            let factor = below[0][pivot] / above[pivot][pivot];
            for (own, taken) in below[0].iter_mut().zip(&above[pivot]).skip(pivot) {
                *own -= factor * taken;
            }
            right[row] -= factor * right[pivot];
        }
    }
    let mut solution = vec![0.0; count];
    for row in (0..count).rev() {
        let known: f64 = (row + 1..count).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    solution
}
