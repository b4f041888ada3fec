//! Learning fold by fold, with trees of the size that held-out leads choose.

use std::borrow::Cow;

use super::{FoldReport, Part, SizedTrees, TrainProgress, Trainer, TreeSize};
use crate::Error;
use crate::forest::Forest;
use crate::learn::Examples;
use crate::parallel::Workers;

/// Every size is tried until so many leads were held out; with fewer, in every fold. With a tenth of them the choice was often wrong.
const ENOUGH_LEADS: usize = 40_000;
/// But in so many folds, for their settings differ.
const LEAST_FOLDS: usize = 2;

/// The rows of a fold, or of a choice of settings.
pub(super) struct PartRows<'a> {
    pub(super) training: Cow<'a, Examples>,
    pub(super) held_out: Cow<'a, Examples>,
}

/// What was learned of all parts.
pub(super) struct LearnedParts {
    pub(super) parts: Vec<LearnedPart>,
    /// The size of their trees.
    pub(super) size: TreeSize,
    /// None where there was no choice.
    pub(super) choice: Option<SizedTrees>,
}

/// What was learned of a part: a forest of all its rounds, also those after the best.
pub(super) struct LearnedPart {
    pub(super) forest: Forest,
    pub(super) report: FoldReport,
    /// How much the held-out leads weigh together.
    pub(super) weight: f64,
}

impl LearnedPart {
    /// The forest up to the round that its held-out leads liked best.
    pub(super) fn best(&self) -> Forest {
        self.forest.first_rounds(self.report.round_count)
    }
}

impl Trainer {
    /// Learns so many parts, with trees of the size that does best by their held-out leads.
    pub(super) fn learn_parts<'a>(
        &self,
        count: usize,
        rows_of: &dyn Fn(usize) -> PartRows<'a>,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&TrainProgress),
    ) -> Result<LearnedParts, Error> {
        let mut tried: Vec<(TreeSize, Vec<LearnedPart>)> =
            self.learner.tree_sizes().iter().map(|size| (*size, Vec::new())).collect();
        let mut log_losses = Vec::new();
        let mut held_out_count = 0;
        for number in 0..count {
            let rows = rows_of(number);
            for (size, parts) in &mut tried {
                let part = Part { number, count, size: *size, held_out: &rows.held_out };
                parts.push(self.learn_part(&part, &rows.training, workers, progress)?);
            }
            held_out_count += rows.held_out.row_count();
            let is_enough = held_out_count >= ENOUGH_LEADS && number + 1 >= LEAST_FOLDS;
            if log_losses.is_empty() && (is_enough || number + 1 == count) {
                log_losses = tried.iter().map(|(size, parts)| (*size, mean_loss(parts))).collect();
                let best = (0..tried.len()).min_by(|a, b| log_losses[*a].1.total_cmp(&log_losses[*b].1));
                tried = vec![tried.swap_remove(best.unwrap_or(0))];
            }
        }
        let (size, parts) = tried.swap_remove(0);
        let choice = (log_losses.len() > 1).then_some(SizedTrees { size, log_losses });
        Ok(LearnedParts { parts, size, choice })
    }
}

fn mean_loss(parts: &[LearnedPart]) -> f64 {
    let (sum, total) = parts.iter().fold((0.0, 0.0), |(sum, total), LearnedPart { report, weight, .. }| {
        (sum + report.held_out_loss * weight, total + weight)
    });
    sum / total
}
