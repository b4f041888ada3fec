//! Boosting, round by round.

use std::borrow::Borrow;

use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::bins::{BinnedRows, Bins};
use super::examples::{ColumnKind, Examples};
use super::grow::{Field, Ground};
use super::histogram::Histogram;
use super::options::{Boosting, Direction, Objective};
use super::tree::{BinTree, Grown};
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

impl Learned {
    /// Without the rounds after the best one.
    pub(super) fn up_to_best(mut self) -> Learned {
        if let Some(best) = self.forest.best_iteration() {
            self.forest = self.forest.first_rounds(best + 1);
        }
        self
    }
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
pub(super) struct Scored<'a> {
    pub(super) examples: &'a Examples,
    pub(super) cells: BinnedRows,
    pub(super) margins: Vec<f64>,
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
        check_rows(self.objective, training, validation)?;
        if self.patience.is_some() && validation.is_none() {
            let message = "stopping early needs validation rows";
            return Err(Error::new(ErrorKind::InvalidContext, "patience", message));
        }
        let pool = workers.pool();
        let pool = pool.as_deref();
        let bins = Bins::new(training, self, pool);
        let base = self.objective.base_margins(training);
        let mut own = Scored::new(training, &bins, &base, pool);
        let columns = own.cells.columns(training.row_count(), pool);
        let mut held_out = validation.map(|examples| Scored::new(examples, &bins, &base, pool));
        let ground = Ground {
            options: self,
            bins: &bins,
            directions: self.directions(training)?,
            partners: self.partners(training)?,
            pool,
        };
        let mut trees = Vec::new();
        let mut rounds: Vec<Round> = Vec::new();
        let mut best = (f64::INFINITY, 0);
        // The gradients of the next round, where its loss brought them along.
        let mut next: Option<Vec<[f32; 2]>> = None;
        let mut spare = Vec::new();
        for number in 0..self.rounds {
            workers.check_stop()?;
            let field = Field { rows: &own.cells, columns: &columns };
            let grown = self.round(number, &ground, field, &own, next.take(), &mut spare);
            own.add(&grown, &ground);
            let grown: Vec<BinTree> = grown.into_iter().map(|grown| grown.tree).collect();
            let validation_loss = held_out.as_mut().map(|rows| {
                rows.add_walking(&grown, &bins, pool);
                self.objective.loss(rows.examples, &rows.margins, pool)
            });
            let grew = grown.iter().any(|tree| tree.nodes.len() > 1);
            trees.push(grown);
            let training_loss = if self.objective == Objective::Logistic {
                let (loss, gradients) = Objective::logistic_step(training, &own.margins, pool);
                next = Some(gradients);
                loss
            } else {
                self.objective.loss(training, &own.margins, pool)
            };
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
        // What is not needed any more makes room for the forest.
        drop((own, columns, held_out, next, spare));
        let best = self.patience.map(|_| best.1);
        let forest = trees::forest(self.objective, training, &bins, &base, trees, best);
        Ok(Learned { forest, rounds })
    }

    /// Whether rounds differ by what is drawn: else none grows after one that did not.
    fn draws(&self) -> bool {
        self.row_share < 1.0 || self.column_share < 1.0 || self.split_column_share < 1.0
    }

    /// A tree for each output; `known` are the gradients of the only one.
    fn round(
        &self,
        number: usize,
        ground: &Ground<'_>,
        field: Field<'_>,
        own: &Scored<'_>,
        mut known: Option<Vec<[f32; 2]>>,
        spare: &mut Vec<Histogram>,
    ) -> Vec<Grown> {
        let outputs = self.objective.output_count();
        let rows = sample::rows(self.seed, number as u64, own.examples.row_count(), self.row_share);
        let residuals: Option<Vec<(f64, f64)>> = self.objective.leaf_quantile().map(|_| {
            let labels = own.examples.labels().iter().enumerate();
            labels.map(|(row, label)| (label - own.margins[row], own.examples.weight(row))).collect()
        });
        let mut tree = |output| {
            let gradients = known
                .take()
                .unwrap_or_else(|| self.objective.gradients(own.examples, &own.margins, output, ground.pool));
            let draw = (number * outputs + output) as u64;
            let mut grow = || ground.tree(draw, field, rows.clone(), &gradients, residuals.as_deref(), spare);
            // Within the pool, since nodes are many and to enter it takes longer than to share a small one.
            match ground.pool {
                Some(pool) => pool.install(grow),
                None => grow(),
            }
        };
        (0..outputs).map(&mut tree).collect()
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
    pub(super) fn new(
        examples: &'a Examples,
        bins: &Bins,
        base: &[f64],
        pool: Option<&ThreadPool>,
    ) -> Scored<'a> {
        Scored::of(examples, bins.rows(examples, pool), base)
    }

    /// Rows whose cells are known.
    pub(super) fn of(examples: &'a Examples, cells: BinnedRows, base: &[f64]) -> Scored<'a> {
        Scored { examples, cells, margins: base.repeat(examples.row_count()) }
    }

    /// Adds the leaves of a round that was learned from these rows.
    fn add(&mut self, round: &[Grown], ground: &Ground<'_>) {
        if round.iter().any(|grown| grown.row_count() < self.examples.row_count()) {
            let trees: Vec<&BinTree> = round.iter().map(|grown| &grown.tree).collect();
            return self.add_walking(&trees, ground.bins, ground.pool);
        }
        // Each tree left its rows sorted by leaf.
        for (output, grown) in round.iter().enumerate() {
            for (rows, value) in grown.leaves() {
                for row in rows {
                    self.margins[*row as usize * round.len() + output] += f64::from(value);
                }
            }
        }
    }

    /// Adds a round's leaves to the margins of any rows.
    pub(super) fn add_walking(
        &mut self,
        round: &[impl Borrow<BinTree> + Sync],
        bins: &Bins,
        pool: Option<&ThreadPool>,
    ) {
        let Scored { cells, margins, .. } = self;
        let add = |(block, margins): (usize, &mut [f64])| {
            for (offset, own) in margins.chunks_exact_mut(round.len()).enumerate() {
                for (margin, tree) in own.iter_mut().zip(round) {
                    *margin += f64::from(tree.borrow().value(bins, cells, block * BLOCK + offset));
                }
            }
        };
        let block = round.len() * BLOCK;
        match pool {
            Some(pool) => pool.install(|| margins.par_chunks_mut(block).enumerate().for_each(add)),
            None => margins.chunks_mut(block).enumerate().for_each(add),
        }
    }
}

/// Refuses rows that cannot be learned from, or compared with these.
pub(super) fn check_rows(
    objective: Objective,
    training: &Examples,
    validation: Option<&Examples>,
) -> Result<(), Error> {
    objective.check_labels(training)?;
    match validation {
        Some(validation) if validation.columns() != training.columns() => {
            let message = "the columns are not those learned from";
            Err(Error::new(ErrorKind::InvalidMatrix, "validation", message))
        }
        Some(validation) => objective.check_each_label(validation),
        None => Ok(()),
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
