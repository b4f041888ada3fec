//! How sure a measure is, from rows drawn anew.

use serde::Serialize;

use super::Outcomes;
use crate::math::random::sequence;

/// Where 95 of 100 values of a measure lie when leads are drawn anew (the bootstrap of Efron, 1979, by percentiles).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Interval {
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

impl Outcomes {
    /// The interval of a measure over `draw_count` draws of as many leads, with replacement, from the seed.
    pub fn interval(&self, measure: impl Fn(&Outcomes) -> f64, draw_count: usize, seed: u64) -> Interval {
        self.resampled(draw_count, seed, |rows| measure(&self.of_rows(rows)))
    }

    /// The interval of the difference of a measure between these predictions and others of the same leads, drawn together.
    pub fn paired_interval(
        &self,
        others: &Outcomes,
        measure: impl Fn(&Outcomes) -> f64,
        draw_count: usize,
        seed: u64,
    ) -> Interval {
        self.resampled(draw_count, seed, |rows| measure(&self.of_rows(rows)) - measure(&others.of_rows(rows)))
    }

    fn resampled(&self, draw_count: usize, seed: u64, value: impl Fn(&[usize]) -> f64) -> Interval {
        let mut values: Vec<f64> = (0..draw_count)
            .filter_map(|draw| {
                let mut next = sequence(seed, draw as u64);
                let count = self.count();
                let rows: Vec<usize> = (0..count).map(|_| (next() * count as f64) as usize).collect();
                let has =
                    |label| rows.iter().any(|row| self.labels[*row] == label && self.weight(*row) > 0.0);
                // A draw of one outcome has no measure.
                (has(1.0) && has(0.0)).then(|| value(&rows))
            })
            .collect();
        values.sort_by(f64::total_cmp);
        let quantile = |level| percentile(&values, level).unwrap_or(f64::NAN);
        Interval { low: quantile(0.025), high: quantile(0.975) }
    }

    fn of_rows(&self, rows: &[usize]) -> Outcomes {
        Outcomes {
            predictions: rows.iter().map(|row| self.predictions[*row]).collect(),
            labels: rows.iter().map(|row| self.labels[*row]).collect(),
            weights: self.weights.as_ref().map(|weights| rows.iter().map(|row| weights[*row]).collect()),
        }
    }
}

/// The value at a share of sorted ones; none where there is none.
pub(super) fn percentile(values: &[f64], level: f64) -> Option<f64> {
    let at = (level * values.len() as f64).ceil() as usize;
    values.get(at.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_what_they_are_of() {
        let mut next = sequence(5, 0);
        let labels: Vec<f64> = (0..500).map(|row| f64::from(row % 2)).collect();
        let predictions: Vec<f64> = labels.iter().map(|label| label * 0.3 + next()).collect();
        let own = Outcomes::new(predictions, labels.clone()).unwrap();
        let interval = own.interval(Outcomes::auc, 500, 1);
        assert!(interval.low < own.auc() && own.auc() < interval.high, "{interval:?}");
        assert!(interval.high - interval.low < 0.1);
        // Of a prediction that is always right the measure never moves.
        let right = Outcomes::new(labels.clone(), labels).unwrap();
        assert_eq!(right.interval(Outcomes::auc, 50, 1), Interval { low: 1.0, high: 1.0 });
        let better = right.paired_interval(&own, Outcomes::auc, 500, 1);
        assert!(better.low > 0.1, "{better:?}");
    }
}
