//! Trees of the crate gbdt (feature `trainer-gbdt`).
//!
//! It is gradient boosting as Friedman describes it (2001): trees for the residuals, each leaf one Newton step, on f32. It has
//! no missing values, no categories, no validation rows and no threads, so that much is done around it: it sees the number
//! of the bin of each value, the median where a value is missing, and beside it a column that says so; of a category the
//! place in the order of the levels' shares of won leads. What it learned becomes an ordinary [`Forest`](crate::Forest) on
//! the values themselves, which is compared with what the crate says of every row.

mod convert;
mod input;
#[cfg(test)]
mod tests;

use ::gbdt::config::Config;
use ::gbdt::decision_tree::DataVec;
use ::gbdt::gradient_boost::GBDT;

use self::convert::bin_trees;
use self::input::Inputs;
use super::bins::Bins;
use super::fit::{Learned, Round, Scored, check_rows};
use super::options::{Boosting, Objective};
use super::tree::BinTree;
use super::{Examples, trees};
use crate::error::catch_panic;
use crate::forest::Iterations;
use crate::parallel::Workers;
use crate::{Error, ErrorKind, math};

/// So far may a probability of the converted forest be from that of the crate, for the rounding of f32.
const TOLERANCE: f64 = 1e-5;

/// The settings of the crate gbdt's trees: won against lost, by the log loss.
///
/// ```
/// use leadscore::FeatureMatrix;
/// use leadscore::learn::{Column, ColumnKind, Examples, Gbdt};
/// use leadscore::parallel::Workers;
/// let visits = (0..200).map(|row| if row % 9 == 0 { f64::NAN } else { f64::from(row % 20) }).collect();
/// let labels = (0..200).map(|row| if row % 20 > 12 { 1.0 } else { 0.0 }).collect();
/// let columns = vec![Column::new("visits", ColumnKind::Number)];
/// let examples = Examples::new(columns, FeatureMatrix::new(1, visits)?, labels)?;
/// let mut gbdt = Gbdt::default();
/// gbdt.rounds = 20;
/// let forest = gbdt.fit(&examples, None, &Workers::new(), &mut |_| {})?.forest;
/// assert_eq!(forest.round_count(), 20);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gbdt {
    /// The boosting rounds.
    pub rounds: usize,
    /// The most splits on a path.
    pub max_depth: usize,
    /// By how much each tree is shrunk; above 0, at most 1.
    pub shrinkage: f64,
    /// A node of so few rows is not split. Leaves may be smaller.
    pub min_leaf_rows: usize,
    /// The most bins of a column's values, from 2 to 255: the crate sees their numbers.
    pub max_bins: usize,
}

impl Default for Gbdt {
    fn default() -> Gbdt {
        Gbdt { rounds: 200, max_depth: 4, shrinkage: 0.1, min_leaf_rows: 20, max_bins: 255 }
    }
}

impl Gbdt {
    /// Learns a forest. With validation rows the rounds after the one of their least loss are left out.
    ///
    /// The crate learns all rounds at once on one thread: `progress` is called for each round afterwards, and the workers
    /// are asked whether to stop before and after.
    ///
    /// # Errors
    /// `invalid_context` with the name of a setting; `invalid_matrix` for labels other than 0 and 1, labels of one class, and
    /// validation rows of other columns; `cancelled` where the workers are stopped; `internal` where the crate fails, or its
    /// trees cannot be taken over exactly.
    pub fn fit(
        &self,
        training: &Examples,
        validation: Option<&Examples>,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&Round),
    ) -> Result<Learned, Error> {
        Ok(self.learn(training, validation, workers, progress)?.up_to_best())
    }

    /// The same with all rounds in the forest, which knows the best one.
    pub(crate) fn learn(
        &self,
        training: &Examples,
        validation: Option<&Examples>,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&Round),
    ) -> Result<Learned, Error> {
        self.check()?;
        check_rows(Objective::Logistic, training, validation)?;
        workers.check_stop()?;
        let pool = workers.pool();
        let pool = pool.as_deref();
        let options = Boosting { max_bins: self.max_bins, ..Boosting::default() };
        let bins = Bins::new(training, &options, pool);
        let cells = bins.rows(training, pool);
        let inputs = Inputs::new(training, &bins, &cells);
        let rows = inputs.rows(training, &cells);
        let (model, told) = catch_panic(|| Ok(self.run(&inputs, training, &rows)))?;
        workers.check_stop()?;
        let model = serde_json::to_value(&model).map_err(|error| failed(error.to_string()))?;
        let (base, trees) = bin_trees(&model, &inputs, &bins)?;
        let mut rounds: Vec<Vec<BinTree>> = trees.into_iter().map(|tree| vec![tree]).collect();
        let mut own = Scored::of(training, cells, &[base]);
        for round in &mut rounds {
            round[0].take_covers(&bins, &own.cells, training);
        }
        let all = trees::forest(Objective::Logistic, training, &bins, &[base], rounds.clone(), None);
        let margins = all.margin(training.matrix(), Iterations::All)?;
        for (row, (margin, told)) in margins.iter().zip(told).enumerate() {
            let found = math::sigmoid(*margin);
            let gap = (found - f64::from(told)).abs();
            if gap.is_nan() || gap > TOLERANCE {
                return Err(failed(format!(
                    "it gives row {row} the probability {told}, its trees give {found}"
                )));
            }
        }
        let mut held_out = validation.map(|examples| Scored::new(examples, &bins, &[base], pool));
        let mut best = (f64::INFINITY, rounds.len() - 1);
        let mut told = Vec::with_capacity(rounds.len());
        for (number, trees) in rounds.iter().enumerate() {
            own.add_walking(trees, &bins, pool);
            let training_loss = Objective::Logistic.loss(training, &own.margins, pool);
            let validation_loss = held_out.as_mut().map(|rows| {
                rows.add_walking(trees, &bins, pool);
                Objective::Logistic.loss(rows.examples, &rows.margins, pool)
            });
            if let Some(loss) = validation_loss.filter(|loss| *loss < best.0) {
                best = (loss, number);
            }
            let round = Round { number, training_loss, validation_loss };
            progress(&round);
            told.push(round);
        }
        let best = validation.map(|_| best.1);
        let forest = trees::forest(Objective::Logistic, training, &bins, &[base], rounds, best);
        Ok(Learned { forest, rounds: told })
    }

    /// What the crate learned, and the probability that it gives to each row.
    fn run(&self, inputs: &Inputs, examples: &Examples, rows: &DataVec) -> (GBDT, Vec<f32>) {
        let mut config = Config::new();
        config.set_feature_size(inputs.count());
        config.set_max_depth(self.max_depth as u32);
        config.set_iterations(self.rounds);
        config.set_shrinkage(self.shrinkage as f32);
        config.set_min_leaf_size(self.min_leaf_rows);
        config.set_loss("LogLikelyhood");
        // Its draws cannot be repeated.
        config.set_data_sample_ratio(1.0);
        config.set_feature_sample_ratio(1.0);
        config.set_debug(false);
        let mut model = GBDT::new(&config);
        let mut weighed = rows.clone();
        let mut weights = (0..rows.len()).map(|row| examples.weight(row));
        weighed.retain(|_| weights.next().is_some_and(|weight| weight > 0.0));
        model.fit(&mut weighed);
        let told = model.predict(rows);
        (model, told)
    }

    /// Refuses settings that make no sense, by name.
    fn check(&self) -> Result<(), Error> {
        let shrinkage = self.shrinkage > 0.0 && self.shrinkage <= 1.0;
        let rules = [
            ("rounds", self.rounds >= 1, "one round is the least"),
            ("max_depth", (1..=30).contains(&self.max_depth), "wants a whole number from 1 to 30"),
            ("shrinkage", shrinkage, "wants a number above 0 and up to 1"),
            ("min_leaf_rows", self.min_leaf_rows >= 1, "one row is the least"),
            ("max_bins", (2..=255).contains(&self.max_bins), "wants a whole number from 2 to 255"),
        ];
        match rules.iter().find(|(_, holds, _)| !holds) {
            None => Ok(()),
            Some((name, _, wants)) => Err(Error::new(ErrorKind::InvalidContext, *name, *wants)),
        }
    }
}

fn failed(message: impl AsRef<str>) -> Error {
    Error::new(
        ErrorKind::Internal,
        "gbdt",
        format!("the crate gbdt cannot be used here: {}", message.as_ref()),
    )
}
