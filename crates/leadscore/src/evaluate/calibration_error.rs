//! Whether of the leads with probability p about p are won.

use std::ops::Range;

use serde::Serialize;

use super::Outcomes;
use super::resample::percentile;
use crate::Error;
use crate::math::random::sequence;
use crate::parallel::Workers;

/// How many bins, of equal counts.
const BINS: usize = 15;
/// So many draws are a block of work.
const DRAWS: usize = 16;

/// How far probabilities are from what happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CalibrationError {
    /// The expected calibration error: the mean over leads of the distance between a bin's mean probability and its share of
    /// won leads.
    pub expected: f64,
    /// What the error of perfectly calibrated probabilities of the same values would be below, in 95 of 100 cases.
    pub perfect_95: f64,
    /// The same in 999 of 1,000 cases.
    pub perfect_999: f64,
    /// The bins, from the lowest probability up.
    pub bins: Vec<Bin>,
}

/// Leads of like probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bin {
    /// How many.
    pub count: usize,
    /// How much they weigh: their count where leads have no weights.
    #[serde(skip)]
    pub weight: f64,
    /// Their mean probability.
    pub predicted: f64,
    /// The share of them that were won.
    pub won: f64,
}

impl Outcomes {
    /// The calibration error over 15 bins of equal counts, beside what chance alone makes of perfect probabilities:
    /// outcomes are drawn by the probabilities `draw_count` times, from the seed.
    pub fn calibration_error(&self, draw_count: usize, seed: u64) -> CalibrationError {
        undisturbed(self.calibration_error_parallel(draw_count, seed, &Workers::new().threads(1)))
    }

    /// The same on several threads, with the same result.
    ///
    /// # Errors
    /// `cancelled` where the work was stopped.
    pub fn calibration_error_parallel(
        &self,
        draw_count: usize,
        seed: u64,
        workers: &Workers<'_>,
    ) -> Result<CalibrationError, Error> {
        let mut order: Vec<usize> = (0..self.count()).collect();
        order.sort_by(|a, b| self.predictions[*a].total_cmp(&self.predictions[*b]).then(a.cmp(b)));
        let bins = self.bins(&order, &self.labels);
        let perfect = |draws: Range<usize>| {
            let drawn = draws.map(|draw| {
                let mut next = sequence(seed, draw as u64);
                let labels: Vec<f64> =
                    self.predictions.iter().map(|p| if next() < *p { 1.0 } else { 0.0 }).collect();
                expected(&self.bins(&order, &labels))
            });
            Ok(drawn.collect::<Vec<f64>>())
        };
        let mut perfect = workers.run_blocks(draw_count, DRAWS, perfect)?.concat();
        perfect.sort_by(f64::total_cmp);
        let quantile = |level| percentile(&perfect, level).unwrap_or(f64::NAN);
        Ok(CalibrationError {
            expected: expected(&bins),
            perfect_95: quantile(0.95),
            perfect_999: quantile(0.999),
            bins,
        })
    }

    fn bins(&self, order: &[usize], labels: &[f64]) -> Vec<Bin> {
        let count = order.len();
        let bin_count = BINS.min(count);
        (0..bin_count)
            .map(|bin| {
                let rows = &order[bin * count / bin_count..(bin + 1) * count / bin_count];
                let weight: f64 = rows.iter().map(|row| self.weight(*row)).sum();
                // Of leads that weigh nothing the mean is of no effect.
                let total = if weight > 0.0 { weight } else { 1.0 };
                let mean = |values: &[f64]| {
                    rows.iter().map(|row| self.weight(*row) * values[*row]).sum::<f64>() / total
                };
                Bin { count: rows.len(), weight, predicted: mean(&self.predictions), won: mean(labels) }
            })
            .collect()
    }
}

/// The result of work that nothing stops.
fn undisturbed<T>(result: Result<T, Error>) -> T {
    result.expect("no block fails, and nothing stops them")
}

fn expected(bins: &[Bin]) -> f64 {
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    let sum: f64 = bins.iter().map(|bin| bin.weight * (bin.predicted - bin.won).abs()).sum();
    sum / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_undo_a_sample() {
        // Of lost leads every fourth was kept; with the weights the probabilities of all leads are right again.
        let mut next = sequence(2, 0);
        let (mut predictions, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        while predictions.len() < 4000 {
            let p = 0.5 * next();
            let won = next() < p;
            if won || next() < 0.25 {
                predictions.push(p);
                labels.push(f64::from(u8::from(won)));
                weights.push(if won { 1.0 } else { 4.0 });
            }
        }
        let plain = Outcomes::new(predictions, labels).unwrap();
        let weighted = plain.clone().with_weights(weights).unwrap();
        let (plain, weighted) = (plain.calibration_error(200, 3), weighted.calibration_error(200, 3));
        assert!(
            plain.expected > 0.15 && weighted.expected < 0.04,
            "{} {}",
            plain.expected,
            weighted.expected
        );
        assert!(weighted.expected < weighted.perfect_999, "{weighted:?}");
    }

    #[test]
    fn true_probabilities_stay_below_chance_and_wrong_ones_do_not() {
        let mut next = sequence(1, 0);
        let predictions: Vec<f64> = (0..3000).map(|_| next()).collect();
        let labels: Vec<f64> = predictions.iter().map(|p| if next() < *p { 1.0 } else { 0.0 }).collect();
        let good = Outcomes::new(predictions.clone(), labels.clone()).unwrap().calibration_error(1000, 7);
        assert!(good.expected < good.perfect_999 && good.perfect_95 < good.perfect_999, "{good:?}");
        assert_eq!(good.bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [200; 15]);
        let halved = predictions.iter().map(|p| p / 2.0).collect();
        let bad = Outcomes::new(halved, labels).unwrap().calibration_error(1000, 7);
        assert!(bad.expected > 0.2 && bad.expected > bad.perfect_999, "{bad:?}");
    }
}
