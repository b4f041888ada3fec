//! From labelled leads to a pipeline: trees, calibration, tiers and a report (feature `learn`).
//!
//! [`Trainer`] takes a [`Dataset`] of past leads, 1 for won and 0 for lost, and gives a complete
//! [`Pipeline`]. The leads are cut into folds; for each fold trees are learned from the others and stop
//! where the fold's log loss is best. The held-out leads also choose the size of the trees. The pipeline's forest is the mean
//! of the folds' forests. What each of them predicted for the leads it had not seen measures the pipeline, calibrates it and sets
//! the tiers: no lead is judged by trees that knew its outcome.

mod calibrate;
mod curve;
mod folds;
mod leaks;
mod learner;
mod mean;
mod parts;
mod point_in_time;
mod recipes;
mod report;
#[cfg(test)]
mod tests;
mod tiers;
mod time_order;
mod validated;

use std::borrow::Cow;

use crate::evaluate::Outcomes;
use crate::feature::Dataset;
use crate::forest::{Forest, Iterations};
use crate::learn::{Boosting, Direction, Examples, Round};
use crate::parallel::Workers;
use crate::{Error, ErrorKind, ModelCard, Pipeline, Scale};

pub use calibrate::CalibrationMethod;
pub use leaks::{Leak, LeakSign, find_leaks};
pub use learner::Learner;
pub use point_in_time::{Life, Moment, PointInTime};
pub use recipes::{SizedTrees, TreeSize};
pub use report::{Calibrated, FoldReport, TierReport, TrainReport};
pub use tiers::TierGoal;
pub use time_order::TimeOrder;

use parts::{LearnedPart, LearnedParts, PartRows};

/// How a pipeline is learned from labelled leads. Only the id has no default.
///
/// ```
/// use leadscore::parallel::Workers;
/// use leadscore::train::Trainer;
/// use leadscore::{AsOf, Dataset, FeatureSchema, Lead, Timestamp, Zone};
/// let schema = FeatureSchema::from_json(
///     r#"{"features": [{"name": "visits", "type": "number", "source": {"from": "attribute"}}]}"#,
/// )?;
/// let as_of = Timestamp::parse("2026-11-22", &Zone::utc())?;
/// let mut past = Dataset::builder(&schema, Zone::utc());
/// for row in 0..400 {
///     let visits = f64::from(row % 20);
///     past.add(&Lead::new(format!("l-{row}")).with("visits", visits), as_of, if visits > 12.0 { 1.0 } else { 0.0 })?;
/// }
/// let trained = Trainer::new("mine").fit(&past.finish()?, &Workers::new(), &mut |_| {})?;
/// assert!(trained.report.out_of_fold.auc() > 0.99);
/// let good = trained.pipeline.score(&Lead::new("new").with("visits", 18.0), &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// assert!(good.probability.unwrap() > 0.9);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trainer {
    id: String,
    name: Option<String>,
    note: Option<String>,
    day: Option<String>,
    synthetic: bool,
    fold_count: usize,
    seed: u64,
    rounds: usize,
    monotone: Vec<(String, Direction)>,
    calibration: CalibrationMethod,
    tier_goal: TierGoal,
    horizon_days: f64,
    least_of_an_outcome: usize,
    learner: Learner,
}

/// What was learned.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trained {
    /// The complete pipeline.
    pub pipeline: Pipeline,
    /// How it was learned, and how good it is.
    pub report: TrainReport,
}

/// How far learning is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TrainProgress {
    /// The number of the fold, from 1.
    pub fold: usize,
    /// How many folds there are.
    pub fold_count: usize,
    /// The size of its trees. Folds that choose the size come once for each.
    pub size: TreeSize,
    /// The rounds learned in this fold.
    pub round: usize,
    /// The log loss of the fold's own leads after that round.
    pub held_out_loss: f64,
}

impl Trainer {
    /// Everything by default, under the id of the pipeline to be.
    pub fn new(id: impl Into<String>) -> Trainer {
        Trainer {
            id: id.into(),
            name: None,
            note: None,
            day: None,
            synthetic: false,
            fold_count: 5,
            seed: 0,
            rounds: 2000,
            monotone: Vec::new(),
            calibration: CalibrationMethod::Best,
            tier_goal: TierGoal::Capture(vec![0.5, 0.8, 0.95]),
            horizon_days: 0.0,
            least_of_an_outcome: 5,
            learner: Learner::Own,
        }
    }

    /// The name people read; the id if there is none.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Trainer {
        self.name = Some(name.into());
        self
    }

    /// What the pipeline says about itself, instead of what it was learned from.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Trainer {
        self.note = Some(note.into());
        self
    }

    /// The day of training, for the model card.
    #[must_use]
    pub fn training_date(mut self, day: impl Into<String>) -> Trainer {
        self.day = Some(day.into());
        self
    }

    /// Says in the model card that the leads are made up.
    #[must_use]
    pub fn synthetic(mut self) -> Trainer {
        self.synthetic = true;
        self
    }

    /// How many folds, from 2; 5 by default. There are never more than leads of the rarer outcome.
    #[must_use]
    pub fn folds(mut self, count: usize) -> Trainer {
        self.fold_count = count;
        self
    }

    /// Where the draws of folds, rows and columns begin; 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Trainer {
        self.seed = seed;
        self
    }

    /// The most boosting rounds of a fold; 2,000 by default.
    #[must_use]
    pub fn rounds(mut self, most: usize) -> Trainer {
        self.rounds = most;
        self
    }

    /// A feature that may only raise, or only lower, the probability as it grows.
    #[must_use]
    pub fn monotone(mut self, feature: impl Into<String>, direction: Direction) -> Trainer {
        self.monotone.push((feature.into(), direction));
        self
    }

    /// What learns the trees; our own boosting by default.
    #[must_use]
    pub fn learner(mut self, learner: Learner) -> Trainer {
        self.learner = learner;
        self
    }

    /// How margins become probabilities.
    #[must_use]
    pub fn calibration(mut self, method: CalibrationMethod) -> Trainer {
        self.calibration = method;
        self
    }

    /// Where the tiers begin.
    #[must_use]
    pub fn tiers(mut self, goal: TierGoal) -> Trainer {
        self.tier_goal = goal;
        self
    }

    /// How many days after its moment the outcome of a row is known; 0 by default. The time-ordered split leaves out rows
    /// whose outcome was not yet known at the cut.
    #[must_use]
    pub fn horizon_days(mut self, days: f64) -> Trainer {
        self.horizon_days = days;
        self
    }

    /// How many won and how many lost leads there have to be, from 2; 5 by default. What is learned of fewer is of no use.
    #[must_use]
    pub fn least_of_an_outcome(mut self, count: usize) -> Trainer {
        self.least_of_an_outcome = count;
        self
    }

    /// Learns a pipeline. `progress` is called after each round, on the calling thread.
    ///
    /// # Errors
    /// `invalid_matrix` for labels other than 0 and 1, or too few leads of an outcome; `invalid_context` with the
    /// setting; `unknown_name` for a feature that is not there; `cancelled` where the workers are stopped.
    pub fn fit(
        &self,
        dataset: &Dataset,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&TrainProgress),
    ) -> Result<Trained, Error> {
        let examples = Examples::try_from(dataset)?;
        let fold_count = self.checked_fold_count(&examples)?;
        let fold_of = folds::assign(dataset, fold_count, self.seed);
        let rows = |fold: usize, held_out: bool| -> Vec<usize> {
            (0..fold_of.len()).filter(|row| (fold_of[*row] == fold) == held_out).collect()
        };
        let rows_of = |fold: usize| PartRows {
            training: Cow::Owned(examples.of_rows(&rows(fold, false))),
            held_out: Cow::Owned(examples.of_rows(&rows(fold, true))),
        };
        let LearnedParts { parts, size, choice } =
            self.learn_parts(fold_count, &rows_of, workers, progress)?;
        let reports: Vec<FoldReport> = parts.iter().map(|part| part.report).collect();
        let mut margins = vec![0.0; examples.row_count()];
        for ((fold, part), round_count) in parts.iter().enumerate().zip(folds::judged_rounds(&reports)) {
            let held_out = rows(fold, true);
            let judged = part.forest.first_rounds(round_count);
            let told = judged.margin(examples.of_rows(&held_out).matrix(), Iterations::All)?;
            for (row, margin) in held_out.iter().zip(told) {
                margins[*row] = margin;
            }
        }
        let folded = time_order::Folded { margins: &margins, round_count: reports[0].round_count, size };
        let time_order = self.compare_by_time(dataset, &examples, &folded, workers)?;
        let forests: Vec<Forest> = parts.iter().map(LearnedPart::best).collect();
        let kept_variance = mean::kept_variance(&forests, &examples, &fold_of, &margins)?;
        let known = KnownMargins { margins: &margins, kept_variance };
        let mut trained = self.assemble(dataset, &examples, &parts, &forests, &known, choice)?;
        trained.report.time_order = time_order;
        Ok(trained)
    }

    fn checked_fold_count(&self, examples: &Examples) -> Result<usize, Error> {
        let least = self.least_of_an_outcome.max(2);
        if self.fold_count < 2 {
            return Err(Error::new(ErrorKind::InvalidContext, "folds", "two folds are the least"));
        }
        let labels = examples.labels();
        if let Some(row) = labels.iter().position(|label| *label != 0.0 && *label != 1.0) {
            let message = format!("a label is 1 for won or 0 for lost, found {}", labels[row]);
            let path = crate::error::Path::from_field("labels").index(row);
            return Err(Error::new(ErrorKind::InvalidMatrix, path, message));
        }
        let counts = |label: f64| {
            (0..labels.len()).filter(|row| labels[*row] == label && examples.weight(*row) > 0.0).count()
        };
        let (won, lost) = (counts(1.0), counts(0.0));
        let rarer = won.min(lost);
        if rarer < least {
            let message = format!(
                "{won} leads were won and {lost} lost; learning wants at least {least} of each, and is of use \
                 from some hundreds on"
            );
            return Err(Error::new(ErrorKind::InvalidMatrix, "labels", message));
        }
        Ok(self.fold_count.min(rarer))
    }

    /// Learns the trees of a part from the leads that are not held out; the forest has also the rounds after the best.
    fn learn_part(
        &self,
        part: &Part<'_>,
        training: &Examples,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&TrainProgress),
    ) -> Result<LearnedPart, Error> {
        let mut tell = |round: &Round| {
            progress(&TrainProgress {
                fold: part.number + 1,
                fold_count: part.count,
                size: part.size,
                round: round.number + 1,
                held_out_loss: round.validation_loss.unwrap_or(f64::NAN),
            });
        };
        let boosting = self.boosting(part.number, part.size, training.row_count());
        let learned = self.learner.learn(&boosting, training, Some(part.held_out), workers, &mut tell)?;
        let best = learned.forest.best_iteration();
        let report = FoldReport {
            lead_count: part.held_out.row_count(),
            round_count: best.map_or(learned.forest.round_count(), |best| best + 1),
            held_out_loss: best_loss(&learned.rounds),
        };
        let weight = (0..part.held_out.row_count()).map(|row| part.held_out.weight(row)).sum();
        Ok(LearnedPart { forest: learned.forest, report, weight })
    }

    fn boosting(&self, fold: usize, size: TreeSize, row_count: usize) -> Boosting {
        let mut boosting = recipes::of_fold(fold, size, row_count);
        boosting.rounds = self.rounds;
        boosting.seed = self.seed.wrapping_add(fold as u64);
        boosting.monotone.clone_from(&self.monotone);
        boosting
    }

    /// The pipeline of forests: calibrated, with tiers and measured by what these leads were given by trees that had not
    /// seen them.
    fn assemble(
        &self,
        dataset: &Dataset,
        examples: &Examples,
        parts: &[LearnedPart],
        forests: &[Forest],
        known: &KnownMargins<'_>,
        trees: Option<SizedTrees>,
    ) -> Result<Trained, Error> {
        let lead_count = dataset.labels().len();
        let won_count = dataset.labels().iter().filter(|label| **label == 1.0).count();
        let labels = examples.labels();
        let weights: Vec<f64> = (0..labels.len()).map(|row| examples.weight(row)).collect();
        let KnownMargins { margins, kept_variance } = *known;
        let known = curve::Known { margins, labels, weights: &weights };
        let calibrated = calibrate::fit(self.calibration, &known, kept_variance, self.seed)?;
        let scale = match &calibrated.calibration {
            Some(calibration) => Scale::calibrated(calibration.clone()),
            None => Scale::logistic(),
        };
        let out_of_fold = weighed(Outcomes::new(calibrated.probabilities, labels.to_vec())?, examples)?;
        let (tiers, tier_reports) = tiers::tiers(&self.tier_goal, &out_of_fold)?;
        let note = self.note.clone().unwrap_or_else(|| {
            let kind = if self.synthetic { "made-up" } else { "past" };
            let learned = match self.horizon_days {
                days if days > 0.0 => format!(
                    "Learned from {lead_count} moments of {kind} leads, of which {won_count} were won within {days} days. The \
                     probability is that of being won within {days} days."
                ),
                _ => format!("Learned from {lead_count} {kind} leads, of which {won_count} were won."),
            };
            match dataset.weights() {
                None => learned,
                Some(_) => format!("{learned} They were weighted, and the probability is that of the weighted leads."),
            }
        });
        let mut card = ModelCard::new(&self.id, self.learner.name());
        card.training_date.clone_from(&self.day);
        card.is_stub = self.synthetic;
        let builder = Pipeline::builder(&self.id)
            .name(self.name.clone().unwrap_or_else(|| self.id.clone()))
            .note(note)
            .model_card(card)
            .schema(dataset.schema().clone())
            .forest(mean::of(forests))
            .scale(scale)
            .tiers(tiers);
        let report = TrainReport {
            lead_count,
            won_count,
            folds: parts.iter().map(|part| part.report).collect(),
            trees,
            out_of_fold,
            calibration: Calibrated { method: calibrated.method, log_losses: calibrated.log_losses },
            tiers: tier_reports,
            leaks: find_leaks(dataset),
            time_order: None,
        };
        Ok(Trained { pipeline: builder.build()?, report })
    }
}

/// One of several learnings: a fold, or a choice of settings.
struct Part<'a> {
    /// From 0.
    number: usize,
    count: usize,
    size: TreeSize,
    held_out: &'a Examples,
}

/// What trees that had not seen the leads gave them.
struct KnownMargins<'a> {
    margins: &'a [f64],
    /// How much of their variance the margins of the pipeline's forest keep.
    kept_variance: f64,
}

/// Outcomes of these rows, each of which counts as much as it was learned from.
fn weighed(outcomes: Outcomes, examples: &Examples) -> Result<Outcomes, Error> {
    if !examples.has_weights() {
        return Ok(outcomes);
    }
    let weights = (0..examples.row_count()).map(|row| examples.weight(row)).collect();
    outcomes.with_weights(weights)
}

fn best_loss(rounds: &[Round]) -> f64 {
    rounds.iter().filter_map(|round| round.validation_loss).fold(f64::INFINITY, f64::min)
}
