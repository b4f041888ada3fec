//! Learning with leads of their own to stop, calibrate and measure by.

use super::{FoldReport, TrainProgress, Trained, Trainer, best_loss, mean};
use crate::feature::Dataset;
use crate::forest::{Forest, Iterations};
use crate::learn::Examples;
use crate::parallel::Workers;
use crate::{Error, ErrorKind};

impl Trainer {
    /// [`Trainer::fit`] without folds: every choice of settings (there are as many as folds) learns from all leads and stops where
    /// the log loss of the validation leads is best. These also calibrate the mean of the forests, set the tiers, and are
    /// what the report measures: its `out_of_fold` are they. They chose the number of rounds, so that figures are a little too
    /// good; the folds of [`Trainer::fit`] have the same.
    ///
    /// # Errors
    /// Those of [`Trainer::fit`]; within `validation` for that part, and there also `invalid_matrix` for another schema.
    pub fn fit_validated(
        &self,
        dataset: &Dataset,
        validation: &Dataset,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&TrainProgress),
    ) -> Result<Trained, Error> {
        if validation.schema() != dataset.schema() {
            let message = "has another schema than the leads to learn from";
            return Err(Error::new(ErrorKind::InvalidMatrix, "validation", message));
        }
        let examples = Examples::try_from(dataset)?;
        self.checked_fold_count(&examples)?;
        let within = |error: Error| error.within("validation");
        let held_out = Examples::try_from(validation).map_err(within)?;
        self.checked_fold_count(&held_out).map_err(within)?;
        let mut forests: Vec<Forest> = Vec::new();
        let mut reports = Vec::new();
        for choice in 0..self.fold_count {
            let mut tell = |round: &crate::learn::Round| {
                progress(&TrainProgress {
                    fold: choice + 1,
                    fold_count: self.fold_count,
                    round: round.number + 1,
                    held_out_loss: round.validation_loss.unwrap_or(f64::NAN),
                });
            };
            let boosting = self.boosting(choice, examples.row_count());
            let learned = self.learner.fit(&boosting, &examples, Some(&held_out), workers, &mut tell)?;
            reports.push(FoldReport {
                lead_count: held_out.row_count(),
                round_count: learned.forest.round_count(),
                held_out_loss: best_loss(&learned.rounds),
            });
            forests.push(learned.forest);
        }
        let margins = mean::of(&forests).margin(held_out.matrix(), Iterations::All)?;
        self.assemble(dataset, &held_out, &forests, &margins, reports)
    }
}
