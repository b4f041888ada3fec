//! Losses: where learning begins, their gradients and hessians by the margin, and their value.

use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::examples::Examples;
use super::options::Objective;
use super::survival::Bounds;
use super::threads;
use crate::error::Path;
use crate::forest::base_margin_of;
use crate::math;
use crate::{Error, ErrorKind};

/// Probabilities are kept this far from 0 and 1 in the value of a loss.
const LEAST_PROBABILITY: f64 = 1e-15;
/// The least hessian, so that rows that are predicted for sure still weigh something.
const LEAST_HESSIAN: f64 = 1e-16;
/// How many rows are worked on at once. Sums are made by block, so that they are the same for any number of threads.
const BLOCK: usize = 4096;
/// So many probabilities are multiplied before a logarithm is taken: their product is far above the least number.
const FACTORS: usize = 16;

impl Objective {
    /// Refuses labels that the loss has no meaning for.
    pub(super) fn check_each_label(self, examples: &Examples) -> Result<(), Error> {
        if examples.has_upper_bounds() && !matches!(self, Objective::FailureTime { .. }) {
            let message = "only failure times are learned from labels within bounds";
            return Err(Error::new(ErrorKind::InvalidMatrix, "upper_bounds", message));
        }
        let labels = examples.labels();
        let (fits, wants): (&dyn Fn(f64) -> bool, String) = match self {
            Objective::Logistic => (&|label| label == 0.0 || label == 1.0, "a label is 0 or 1".to_owned()),
            Objective::Softmax { classes } => (
                &move |label| label >= 0.0 && label.fract() == 0.0 && label < classes as f64,
                format!("a label is the number of a class, from 0 to {}", classes - 1),
            ),
            Objective::Poisson => (&|label| label >= 0.0, "a count is 0 or more".to_owned()),
            Objective::FailureTime { .. } => return check_bounds(examples),
            Objective::Squared | Objective::Quantile(_) => (&|_| true, String::new()),
        };
        if let Some(row) = labels.iter().position(|label| !fits(*label)) {
            let message = format!("{wants}, found {}", labels[row]);
            return Err(Error::new(ErrorKind::InvalidMatrix, Path::from_field("labels").index(row), message));
        }
        Ok(())
    }

    /// Refuses labels that the loss has no meaning for, and labels that are all of one class.
    pub(super) fn check_labels(self, examples: &Examples) -> Result<(), Error> {
        self.check_each_label(examples)?;
        let labels = examples.labels();
        let classed = matches!(self, Objective::Logistic | Objective::Softmax { .. });
        let mut weighed = (0..labels.len()).filter(|row| examples.weight(*row) > 0.0).map(|row| labels[row]);
        let first = weighed.next();
        if classed && weighed.all(|label| Some(label) == first) {
            let message = format!("every label is {}: there is nothing to tell apart", labels[0]);
            return Err(Error::new(ErrorKind::InvalidMatrix, "labels", message));
        }
        Ok(())
    }

    /// The margins that every row begins with: those of the best constant. Several classes begin alike, at 0, so that
    /// every version of XGBoost reads the model.
    pub(super) fn base_margins(self, examples: &Examples) -> Vec<f64> {
        let labels = examples.labels();
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, label) in labels.iter().enumerate() {
            sum += label * examples.weight(row);
            total += examples.weight(row);
        }
        let score = match self {
            Objective::Softmax { classes } => return vec![0.0; classes],
            Objective::Logistic => (sum / total).clamp(1e-6, 1.0 - 1e-6),
            Objective::Poisson => (sum / total).max(1e-6),
            Objective::Squared => sum / total,
            Objective::FailureTime { .. } => {
                let logarithms = (0..labels.len()).filter(|row| labels[*row] > 0.0);
                let [sum, total] = logarithms.fold([0.0; 2], |[sum, total], row| {
                    let weight = examples.weight(row);
                    [sum + math::ln(labels[row]) * weight, total + weight]
                });
                // Of times from 0 on, the lower bounds say nothing.
                if total > 0.0 { math::exp(sum / total) } else { 1.0 }
            }
            Objective::Quantile(level) => {
                let rows = labels.iter().enumerate().map(|(row, label)| (*label, examples.weight(row)));
                weighted_quantile(rows.collect(), level)
            }
        };
        vec![f64::from(base_margin_of(self.name(), score as f32))]
    }

    /// The name of the objective in XGBoost.
    pub(super) fn name(self) -> &'static str {
        match self {
            Objective::Logistic => "binary:logistic",
            Objective::Softmax { .. } => "multi:softprob",
            Objective::Squared => "reg:squarederror",
            Objective::Quantile(_) => "reg:quantileerror",
            Objective::Poisson => "count:poisson",
            Objective::FailureTime { .. } => "survival:aft",
        }
    }

    /// Gradients and hessians of one output for all rows, times the weights.
    pub(super) fn gradients(
        self,
        examples: &Examples,
        margins: &[f64],
        output: usize,
        pool: Option<&ThreadPool>,
    ) -> Vec<[f32; 2]> {
        let outputs = self.output_count();
        let own = |row: usize| {
            let own = &margins[row * outputs..(row + 1) * outputs];
            let label = examples.labels()[row];
            let (gradient, hessian) = match self {
                Objective::Logistic => logistic(math::sigmoid(own[0]), label),
                Objective::Softmax { classes } => {
                    let p = softmax(own, output);
                    let is_it = if label == output as f64 { 1.0 } else { 0.0 };
                    // The factor makes two classes learn as the logistic loss does.
                    let factor = classes as f64 / (classes as f64 - 1.0);
                    (p - is_it, (factor * p * (1.0 - p)).max(LEAST_HESSIAN))
                }
                Objective::Squared => (own[0] - label, 1.0),
                Objective::Poisson => {
                    let mean = math::exp(own[0]);
                    (mean - label, mean)
                }
                Objective::Quantile(level) => (if label < own[0] { 1.0 - level } else { -level }, 1.0),
                Objective::FailureTime { noise, scale } => {
                    bounds(examples, row).gradients(noise, scale, own[0])
                }
            };
            weighed(gradient, hessian, examples.weight(row))
        };
        let mut gradients = vec![[0.0; 2]; examples.row_count()];
        fill(&mut gradients, pool, |begin, gradients| {
            for (offset, gradient) in gradients.iter_mut().enumerate() {
                *gradient = own(begin + offset);
            }
            0.0
        });
        gradients
    }

    /// The mean loss of rows with these margins.
    pub(super) fn loss(self, examples: &Examples, margins: &[f64], pool: Option<&ThreadPool>) -> f64 {
        let outputs = self.output_count();
        let loss = |row: usize| {
            let own = &margins[row * outputs..(row + 1) * outputs];
            let label = examples.labels()[row];
            match self {
                Objective::Logistic => {
                    let p = math::sigmoid(if label == 1.0 { own[0] } else { -own[0] });
                    -math::ln(p.max(LEAST_PROBABILITY))
                }
                Objective::Softmax { .. } => -math::ln(softmax(own, label as usize).max(LEAST_PROBABILITY)),
                Objective::Squared => (own[0] - label) * (own[0] - label),
                Objective::Poisson => math::exp(own[0]) - label * own[0],
                Objective::Quantile(level) => {
                    let off = label - own[0];
                    if off >= 0.0 { level * off } else { (level - 1.0) * off }
                }
                Objective::FailureTime { noise, scale } => bounds(examples, row).loss(noise, scale, own[0]),
            }
        };
        let sums = threads::map(pool, examples.row_count().div_ceil(BLOCK), |block| {
            let rows = block * BLOCK..examples.row_count().min((block + 1) * BLOCK);
            rows.fold([0.0; 2], |[sum, total], row| {
                let weight = examples.weight(row);
                [sum + loss(row) * weight, total + weight]
            })
        });
        let [sum, total] = sums.iter().fold([0.0; 2], |all, own| [all[0] + own[0], all[1] + own[1]]);
        sum / total
    }

    /// The mean logistic loss of rows with these margins, and their gradients and hessians: both from one probability.
    pub(super) fn logistic_step(
        examples: &Examples,
        margins: &[f64],
        pool: Option<&ThreadPool>,
    ) -> (f64, Vec<[f32; 2]>) {
        let mut gradients = vec![[0.0; 2]; examples.row_count()];
        let sum = fill(&mut gradients, pool, |begin, gradients| {
            let (mut sum, mut product) = (0.0, 1.0);
            for (offset, gradient) in gradients.iter_mut().enumerate() {
                let row = begin + offset;
                let (label, weight) = (examples.labels()[row], examples.weight(row));
                let p = math::sigmoid(margins[row]);
                let (slope, bend) = logistic(p, label);
                *gradient = weighed(slope, bend, weight);
                let of_label = if label == 1.0 { p } else { 1.0 - p }.max(LEAST_PROBABILITY);
                if weight != 1.0 {
                    sum -= math::ln(of_label) * weight;
                    continue;
                }
                // The sum of logarithms is the logarithm of the product.
                product *= of_label;
                if offset % FACTORS == FACTORS - 1 {
                    sum -= math::ln(product);
                    product = 1.0;
                }
            }
            sum - math::ln(product)
        });
        let total: f64 = (0..examples.row_count()).map(|row| examples.weight(row)).sum();
        (sum / total, gradients)
    }

    /// The level where a leaf is the quantile of what is left, instead of one Newton step.
    pub(super) fn leaf_quantile(self) -> Option<f64> {
        match self {
            Objective::Quantile(level) => Some(level),
            _ => None,
        }
    }
}

fn bounds(examples: &Examples, row: usize) -> Bounds {
    Bounds { lower: examples.labels()[row], upper: examples.upper_bound(row) }
}

fn check_bounds(examples: &Examples) -> Result<(), Error> {
    let means_nothing = |row: &usize| {
        let Bounds { lower, upper } = bounds(examples, *row);
        lower < 0.0 || upper <= 0.0
    };
    match (0..examples.row_count()).find(means_nothing) {
        None => Ok(()),
        Some(row) => {
            let message = format!(
                "a time is above 0, or lies between two bounds from 0 up; found {}",
                examples.labels()[row]
            );
            Err(Error::new(ErrorKind::InvalidMatrix, Path::from_field("labels").index(row), message))
        }
    }
}

/// The gradient and the hessian of the log loss of a probability.
fn logistic(p: f64, label: f64) -> (f64, f64) {
    (p - label, (p * (1.0 - p)).max(LEAST_HESSIAN))
}

fn weighed(gradient: f64, hessian: f64, weight: f64) -> [f32; 2] {
    [(gradient * weight) as f32, (hessian * weight) as f32]
}

/// Fills blocks of gradients from the row on that is given, and sums up what comes of each.
fn fill(
    gradients: &mut [[f32; 2]],
    pool: Option<&ThreadPool>,
    work: impl Fn(usize, &mut [[f32; 2]]) -> f64 + Sync + Send,
) -> f64 {
    let work = |(block, gradients): (usize, &mut [[f32; 2]])| work(block * BLOCK, gradients);
    let sums: Vec<f64> = match pool {
        Some(pool) => pool.install(|| gradients.par_chunks_mut(BLOCK).enumerate().map(work).collect()),
        None => gradients.chunks_mut(BLOCK).enumerate().map(work).collect(),
    };
    sums.iter().sum()
}

fn softmax(margins: &[f64], output: usize) -> f64 {
    let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = margins.iter().map(|margin| math::exp(margin - largest)).sum();
    math::exp(margins[output] - largest) / sum
}

/// The smallest value at or below which the share `level` of the weight lies.
pub(super) fn weighted_quantile(mut values: Vec<(f64, f64)>, level: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = level * values.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut held = 0.0;
    for (value, weight) in &values {
        held += weight;
        if held >= wanted {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}
