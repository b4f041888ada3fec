//! Learning with leads of their own to stop, calibrate and measure by.

use std::borrow::Cow;

use super::parts::{LearnedPart, LearnedParts, PartRows};
use super::{KnownMargins, TrainProgress, Trained, Trainer, mean};
use crate::feature::Dataset;
use crate::forest::{Forest, Iterations};
use crate::learn::Examples;
use crate::parallel::Workers;
use crate::{Error, ErrorKind};

impl Trainer {
    /// [`Trainer::fit`] without folds: every choice of settings (there are as many as folds) learns from all leads and stops where
    /// the log loss of the validation leads is best. These also calibrate the mean of the forests, set the tiers, and are
    /// what the report measures: its `out_of_fold` are they. They chose the number of rounds, so that figures are a little too
    /// good.
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
        let rows_of = |_| PartRows { training: Cow::Borrowed(&examples), held_out: Cow::Borrowed(&held_out) };
        let LearnedParts { parts, choice, .. } =
            self.learn_parts(self.fold_count, &rows_of, workers, progress)?;
        let forests: Vec<Forest> = parts.iter().map(LearnedPart::best).collect();
        let margins = mean::of(&forests).margin(held_out.matrix(), Iterations::All)?;
        let known = KnownMargins { margins: &margins, kept_variance: 1.0 };
        self.assemble(dataset, &held_out, &parts, &forests, &known, choice)
    }
}
