//! A time-ordered split beside the random folds: whether what was learned of earlier leads holds for later ones.

use super::{Trainer, TreeSize, weighed};
use crate::evaluate::{Interval, Outcomes};
use crate::feature::Dataset;
use crate::forest::Iterations;
use crate::learn::Examples;
use crate::math::sigmoid;
use crate::parallel::Workers;
use crate::time::MILLIS_PER_DAY;
use crate::{Error, Timestamp};

/// The share of rows that are the earlier ones.
const EARLIER: f64 = 0.8;
/// Of fewer rows of an outcome a difference says nothing.
const LEAST_OF_AN_OUTCOME: usize = 20;
const DRAWS: usize = 500;

/// The last fifth of the leads, judged by trees that knew leads of all times and by trees that knew earlier ones alone.
///
/// Random folds answer how good a pipeline is on other leads of the same time. Where the second is clearly worse, leads change
/// with time, or a column tells what came later: expect the second for new leads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TimeOrder {
    /// The moment from which on leads are judged.
    pub from: Timestamp,
    /// How many rows lie there.
    pub lead_count: usize,
    /// How many of them were won.
    pub won_count: usize,
    /// How many earlier rows were learned from.
    pub earlier_count: usize,
    /// The AUC by the random folds.
    pub random_auc: f64,
    /// The AUC by trees of earlier leads alone.
    pub ordered_auc: f64,
    /// Where 95 of 100 differences of the second from the first lie.
    pub difference: Interval,
}

impl TimeOrder {
    /// Whether earlier leads tell clearly less of later ones than leads of all times do.
    pub fn is_worse(&self) -> bool {
        self.difference.high < 0.0 && self.ordered_auc < self.random_auc - 0.02
    }
}

/// What the folds gave each row, and how long they learned.
pub(super) struct Folded<'a> {
    pub(super) margins: &'a [f64],
    pub(super) round_count: usize,
    pub(super) size: TreeSize,
}

impl Trainer {
    /// The comparison, by the settings of the first fold; none where rows have one moment, or too few lie on a side of the cut.
    pub(super) fn compare_by_time(
        &self,
        dataset: &Dataset,
        examples: &Examples,
        folded: &Folded<'_>,
        workers: &Workers<'_>,
    ) -> Result<Option<TimeOrder>, Error> {
        let times = dataset.as_of();
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return Ok(None) };
        let from = sorted[(sorted.len() as f64 * EARLIER) as usize];
        if first == last || from == *first {
            return Ok(None);
        }
        let gap = (self.horizon_days * MILLIS_PER_DAY as f64) as i64;
        let rows = |keep: &dyn Fn(Timestamp) -> bool| -> Vec<usize> {
            (0..times.len()).filter(|row| keep(times[*row])).collect()
        };
        let later = rows(&|at| at >= from);
        let earlier = rows(&|at| at.as_millis().saturating_add(gap) < from.as_millis());
        let labels = examples.labels();
        let is_enough = |rows: &[usize]| {
            // Rows that weigh nothing are none.
            let count = |label| {
                rows.iter().filter(|row| labels[**row] == label && examples.weight(**row) > 0.0).count()
            };
            count(1.0) >= LEAST_OF_AN_OUTCOME && count(0.0) >= LEAST_OF_AN_OUTCOME
        };
        if !is_enough(&later) || !is_enough(&earlier) {
            return Ok(None);
        }
        let mut boosting = self.boosting(0, folded.size, earlier.len());
        boosting.rounds = folded.round_count.max(1);
        boosting.patience = None;
        let learned =
            self.learner.learn(&boosting, &examples.of_rows(&earlier), None, workers, &mut |_| {})?;
        let later_examples = examples.of_rows(&later);
        let own_labels = later_examples.labels();
        let outcomes = |margins: Vec<f64>| {
            let outcomes = Outcomes::new(margins.into_iter().map(sigmoid).collect(), own_labels.to_vec())?;
            weighed(outcomes, &later_examples)
        };
        let ordered = learned.forest.margin(later_examples.matrix(), Iterations::All)?;
        let random = outcomes(later.iter().map(|row| folded.margins[*row]).collect())?;
        let ordered = outcomes(ordered)?;
        Ok(Some(TimeOrder {
            from,
            lead_count: later.len(),
            won_count: own_labels.iter().filter(|label| **label == 1.0).count(),
            earlier_count: earlier.len(),
            random_auc: random.auc(),
            ordered_auc: ordered.auc(),
            difference: ordered.paired_interval(&random, Outcomes::auc, DRAWS, self.seed),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::sequence;
    use crate::train::Trainer;
    use crate::{FeatureSchema, Lead, Zone};

    /// Leads of two years; what a source is worth turns round halfway through the last fifth where it drifts.
    fn report(drifts: bool, has_times: bool) -> Option<TimeOrder> {
        let schema = FeatureSchema::from_json(
            r#"{"features": [{"name": "visits", "type": "number", "source": {"from": "attribute"}},
                             {"name": "reach", "type": "number", "source": {"from": "attribute"}}]}"#,
        )
        .unwrap();
        let mut next = sequence(5, 0);
        let mut rows = Dataset::builder(&schema, Zone::utc());
        for row in 0..3000_i64 {
            let (visits, reach) = (next() * 10.0, next() * 10.0);
            let is_late = row >= 2400;
            let turned = if drifts && is_late { -1.0 } else { 1.0 };
            // Late leads can be told by their reach.
            let reach = if is_late { reach + 20.0 } else { reach };
            let won = next() < sigmoid(turned * (visits - 5.0));
            let at = Timestamp::from_millis(if has_times { row * MILLIS_PER_DAY / 4 } else { 0 }).unwrap();
            let lead = Lead::new(format!("l-{row}")).with("visits", visits).with("reach", reach);
            rows.add(&lead, at, if won { 1.0 } else { 0.0 }).unwrap();
        }
        let trainer = Trainer::new("mine").rounds(60).horizon_days(30.0);
        trainer.fit(&rows.finish().unwrap(), &Workers::new(), &mut |_| {}).unwrap().report.time_order
    }

    #[test]
    fn leads_that_change_with_time_are_told() {
        let drifting = report(true, true).unwrap();
        assert!(
            drifting.is_worse() && drifting.ordered_auc < 0.2 && drifting.random_auc > 0.8,
            "{drifting:?}"
        );
        assert_eq!(drifting.lead_count, 600);
        // Thirty days before the cut are left out, of four leads each.
        assert_eq!(drifting.earlier_count, 2400 - 30 * 4);
        let steady = report(false, true).unwrap();
        assert!(!steady.is_worse() && steady.ordered_auc > 0.9, "{steady:?}");
        assert_eq!(report(false, false), None);
    }
}
