//! Boosting, round by round.

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::bins::{BinnedRows, Bins};
use super::examples::{ColumnKind, Examples};
use super::grow::{BinTree, Ground};
use super::options::{Boosting, Direction};
use super::{sample, trees};
use crate::error::did_you_mean;
use crate::parallel::Workers;
use crate::{Error, ErrorKind, Forest};

/// What was learned.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Learned {
    /// The forest of the rounds up to the best one.
    pub forest: Forest,
    /// The losses after each round, also of those that early stopping left out again.
    pub rounds: Vec<Round>,
}

/// The losses after a round.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Round {
    /// The number of the round, from 0.
    pub number: usize,
    /// The mean loss of the rows learned from.
    pub training_loss: f64,
    /// The mean loss of the validation rows, where there are some.
    pub validation_loss: Option<f64>,
}

/// How many rows a thread takes at once.
const BLOCK: usize = 1024;

/// Rows as bins, and their margins so far.
struct Scored<'a> {
    examples: &'a Examples,
    cells: BinnedRows,
    margins: Vec<f64>,
}

impl Boosting {
    /// Learns a forest. With validation rows their loss after each round is told, and with
    /// [`patience`](Boosting::patience) the rounds after the best one are left out.
    ///
    /// `progress` is called after each round, on the calling thread.
    ///
    /// # Errors
    /// `invalid_context` with the name of a setting; `invalid_matrix` for labels that the objective has no meaning for,
    /// labels of one class, and validation rows of other columns; `unknown_name` for a column that is not there;
    /// `cancelled` where the workers are stopped.
    pub fn fit(
        &self,
        training: &Examples,
        validation: Option<&Examples>,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&Round),
    ) -> Result<Learned, Error> {
        self.check()?;
        self.objective.check_labels(training)?;
        if let Some(validation) = validation {
            if validation.columns() != training.columns() {
                return Err(Error::new(
                    ErrorKind::InvalidMatrix,
                    "validation",
                    "the columns are not those learned from",
                ));
            }
            self.objective.check_each_label(validation)?;
        }
        if self.patience.is_some() && validation.is_none() {
            let message = "stopping early needs validation rows";
            return Err(Error::new(ErrorKind::InvalidContext, "patience", message));
        }
        let bins = Bins::new(training, self);
        let base = self.objective.base_margins(training);
        let mut own = Scored::new(training, &bins, &base);
        let mut held_out = validation.map(|examples| Scored::new(examples, &bins, &base));
        let ground = Ground {
            options: self,
            bins: &bins,
            directions: self.directions(training)?,
            partners: self.partners(training)?,
            pool: workers.pool(),
        };
        let mut trees = Vec::new();
        let mut rounds: Vec<Round> = Vec::new();
        let mut best = (f64::INFINITY, 0);
        for number in 0..self.rounds {
            workers.check_stop()?;
            let grown = self.round(number, &ground, &own);
            own.add(&grown, &ground);
            let validation_loss = held_out.as_mut().map(|rows| {
                rows.add(&grown, &ground);
                self.objective.loss(rows.examples, &rows.margins)
            });
            let grew = grown.iter().any(|tree| tree.nodes.len() > 1);
            trees.push(grown);
            let training_loss = self.objective.loss(training, &own.margins);
            let round = Round { number, training_loss, validation_loss };
            progress(&round);
            rounds.push(round);
            if let (Some(patience), Some(loss)) = (self.patience, validation_loss) {
                if loss < best.0 {
                    best = (loss, number);
                } else if number - best.1 >= patience {
                    break;
                }
            }
            if !grew && !self.draws() {
                break;
            }
        }
        if self.patience.is_some() {
            trees.truncate(best.1 + 1);
        }
        let forest = trees::forest(self.objective, training, &bins, &base, &trees);
        Ok(Learned { forest, rounds })
    }

    /// Whether rounds differ by what is drawn: else none grows after one that did not.
    fn draws(&self) -> bool {
        self.row_share < 1.0 || self.column_share < 1.0 || self.split_column_share < 1.0
    }

    /// A tree for each output.
    fn round(&self, number: usize, ground: &Ground<'_>, own: &Scored<'_>) -> Vec<BinTree> {
        let outputs = self.objective.output_count();
        let rows = sample::rows(self.seed, number as u64, own.examples.row_count(), self.row_share);
        let residuals: Option<Vec<(f64, f64)>> = self.objective.leaf_quantile().map(|_| {
            let labels = own.examples.labels().iter().enumerate();
            labels.map(|(row, label)| (label - own.margins[row], own.examples.weight(row))).collect()
        });
        let tree = |output| {
            let gradients = self.objective.gradients(own.examples, &own.margins, output);
            let draw = (number * outputs + output) as u64;
            ground.tree(draw, &own.cells, rows.clone(), &gradients, residuals.as_deref())
        };
        (0..outputs).map(tree).collect()
    }

    fn directions(&self, examples: &Examples) -> Result<Vec<Option<Direction>>, Error> {
        let mut directions = vec![None; examples.columns().len()];
        for (name, direction) in &self.monotone {
            let column = column_named(examples, name, "monotone")?;
            if matches!(examples.columns()[column].kind, ColumnKind::Category(_)) {
                let message = format!("`{name}` has levels, which neither rise nor fall");
                return Err(Error::new(ErrorKind::InvalidContext, "monotone", message));
            }
            directions[column] = Some(*direction);
        }
        Ok(directions)
    }

    fn partners(&self, examples: &Examples) -> Result<Option<Vec<Vec<bool>>>, Error> {
        if self.interactions.is_empty() {
            return Ok(None);
        }
        let count = examples.columns().len();
        let mut partners: Vec<Vec<bool>> =
            (0..count).map(|own| (0..count).map(|other| own == other).collect()).collect();
        for group in &self.interactions {
            let columns: Vec<usize> = group
                .iter()
                .map(|name| column_named(examples, name, "interactions"))
                .collect::<Result<_, _>>()?;
            for own in &columns {
                for other in &columns {
                    partners[*own][*other] = true;
                }
            }
        }
        Ok(Some(partners))
    }
}

impl<'a> Scored<'a> {
    fn new(examples: &'a Examples, bins: &Bins, base: &[f64]) -> Scored<'a> {
        Scored { examples, cells: bins.rows(examples), margins: base.repeat(examples.row_count()) }
    }

    /// Adds a round's leaves to the margins.
    fn add(&mut self, round: &[BinTree], ground: &Ground<'_>) {
        let Scored { cells, margins, .. } = self;
        let add = |(block, margins): (usize, &mut [f64])| {
            for (offset, own) in margins.chunks_exact_mut(round.len()).enumerate() {
                for (margin, tree) in own.iter_mut().zip(round) {
                    *margin += f64::from(tree.value(ground.bins, cells, block * BLOCK + offset));
                }
            }
        };
        let block = round.len() * BLOCK;
        match &ground.pool {
            Some(pool) => pool.install(|| margins.par_chunks_mut(block).enumerate().for_each(add)),
            None => margins.chunks_mut(block).enumerate().for_each(add),
        }
    }
}

fn column_named(examples: &Examples, name: &str, setting: &str) -> Result<usize, Error> {
    let found = examples.columns().iter().position(|column| column.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = examples.columns().iter().map(|column| column.name.as_str()).collect();
        let message = format!("there is no column `{name}`{}", did_you_mean(name, names));
        Error::new(ErrorKind::UnknownName, setting, message)
    })
}
