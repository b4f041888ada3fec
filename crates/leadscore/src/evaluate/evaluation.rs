//! All that is measured of pipelines whose scores stand beside what became of the leads.

use std::collections::HashMap;

use serde::Serialize;

use super::curves::Curves;
use super::draws::{Draws, RankMeasures, Ranking};
use super::effects::Moved;
use super::result::{
    Calibration, Chance, Differences, EvaluatedPipeline, GroupOutcome, Measured, Measures,
    PipelineEvaluation, SegmentOutcome, TierOutcome, TopLeads,
};
use super::scored::PipelineScores;
use super::{Interval, Outcomes, loss, squared_error};
use crate::capacity::Top;
use crate::error::Path;
use crate::parallel::Workers;
use crate::{Error, ErrorKind, Pipeline, Scale};

/// Draws of the bootstrap, where the caller does not say how many; of many leads fewer are as good.
const DRAWS: usize = 1_000;
const DRAWS_OF_MANY: usize = 200;
const MANY: usize = 100_000;
/// The 97.5th percentile of the normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;

/// What is measured, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationOptions {
    tops: Vec<Top>,
    draws: Option<usize>,
    seed: u64,
}

impl Default for EvaluationOptions {
    fn default() -> EvaluationOptions {
        EvaluationOptions::new()
    }
}

impl EvaluationOptions {
    /// The best 10 and 20 %, intervals from 1,000 draws (200 of more than 100,000 leads) with the seed 1.
    pub fn new() -> EvaluationOptions {
        let tops = ["10 %", "20 %"].into_iter().filter_map(|text| Top::parse(text).ok());
        EvaluationOptions { tops: tops.collect(), draws: None, seed: 1 }
    }

    /// The same with how many of the best leads are looked at.
    #[must_use]
    pub fn tops(mut self, tops: impl IntoIterator<Item = Top>) -> EvaluationOptions {
        self.tops = tops.into_iter().collect();
        self
    }

    /// The same with the number of draws for the intervals; without any there are none.
    #[must_use]
    pub fn draws(mut self, count: usize) -> EvaluationOptions {
        self.draws = Some(count);
        self
    }

    /// The same with the seed of the draws.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> EvaluationOptions {
        self.seed = seed;
        self
    }
}

/// The values of a column by which the leads are divided.
#[derive(Debug, Clone)]
pub struct SegmentColumn {
    name: String,
    /// The numbers of values by value.
    numbers: HashMap<String, u32>,
    /// The number of every lead's value.
    leads: Vec<u32>,
}

impl SegmentColumn {
    /// The column of a name, without leads yet.
    pub fn new(name: impl Into<String>) -> SegmentColumn {
        SegmentColumn { name: name.into(), numbers: HashMap::new(), leads: Vec::new() }
    }

    /// Takes in the value of the next lead, empty where it has none.
    pub fn push(&mut self, value: &str) {
        let value = value.trim();
        let next = self.numbers.len() as u32;
        let number = match self.numbers.get(value) {
            Some(number) => *number,
            None => *self.numbers.entry(value.to_owned()).or_insert(next),
        };
        self.leads.push(number);
    }

    /// Keeps the leads for which a function of their positions says so.
    pub fn retain(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut at = 0;
        self.leads.retain(|_| {
            at += 1;
            is_kept(at - 1)
        });
    }

    /// The leads of each value, those of the most frequent first.
    fn groups(&self) -> Vec<Group> {
        let group = |value: &String| Group {
            value: Some(value.clone()).filter(|own| !own.is_empty()),
            leads: Vec::new(),
        };
        let mut values: Vec<(&String, u32)> =
            self.numbers.iter().map(|(value, number)| (value, *number)).collect();
        values.sort_by_key(|(_, number)| *number);
        let mut groups: Vec<Group> = values.into_iter().map(|(value, _)| group(value)).collect();
        for (lead, number) in self.leads.iter().enumerate() {
            groups[*number as usize].leads.push(lead);
        }
        groups.retain(|group| !group.leads.is_empty());
        groups.sort_by(|a, b| b.leads.len().cmp(&a.leads.len()).then_with(|| a.value.cmp(&b.value)));
        groups
    }
}

/// What pipelines are worth on leads whose outcome is known.
///
/// ```
/// use leadscore::evaluate::{Evaluation, EvaluationOptions, PipelineScores};
/// use leadscore::parallel::Workers;
/// use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Zone};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
/// let leads = [Lead::new("a").with("title", "CEO"), Lead::new("b"), Lead::new("c").with("title", "Intern")];
/// let scores = PipelineScores::of(&pipeline, &leads, &as_of, &ScoreOptions::new())?;
/// let found = Evaluation::new(&[scores], &[true, false, false], &[], &EvaluationOptions::new(), &Workers::new())?;
/// assert_eq!(found.pipelines[0].measures.auc.value, 1.0);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// How many leads.
    pub leads: usize,
    /// How many of them were won.
    pub won: usize,
    /// The share of won leads.
    pub base_rate: f64,
    /// What who knows the share of won leads alone would measure.
    pub chance: Chance,
    /// From how many draws intervals are.
    pub draws: usize,
    /// The seed of the draws.
    pub seed: u64,
    /// The pipelines, in the order they were given; the others are compared with the first.
    pub pipelines: Vec<PipelineEvaluation>,
}

/// The most values of a column that are told apart.
const GROUPS: usize = 20;

/// What a draw gives of one pipeline, in this order; then what the best leads capture, their conversion, and the AUC of each
/// group.
const AUC: usize = 0;
const AVERAGE_PRECISION: usize = 1;
const KS: usize = 2;
const LOG_LOSS: usize = 3;
const BRIER: usize = 4;
const TOPS: usize = 5;

/// One pipeline, made ready for draws.
struct Judge<'a> {
    scores: &'a PipelineScores,
    ranking: Ranking,
    /// The losses of every lead, where there are probabilities.
    losses: Option<Vec<[f64; 2]>>,
    /// A ranking of each group of each column.
    groups: Vec<Ranking>,
}

/// What all pipelines are judged by.
struct Known<'a> {
    labels: &'a [bool],
    wanted: &'a [usize],
}

impl Evaluation {
    /// Measures the scores of one or more pipelines of the same leads against what became of them. The same result for any
    /// number of threads.
    ///
    /// # Errors
    /// `invalid_matrix` where there is not one label, and one value of each column, for each lead, where the pipelines have
    /// different leads, and where all leads have one outcome; `invalid_context` without a pipeline; `cancelled`.
    pub fn new(
        scores: &[PipelineScores],
        labels: &[bool],
        segments: &[SegmentColumn],
        options: &EvaluationOptions,
        workers: &Workers<'_>,
    ) -> Result<Evaluation, Error> {
        check(scores, labels, segments)?;
        let count = labels.len();
        let draw_count = options.draws.unwrap_or(if count > MANY { DRAWS_OF_MANY } else { DRAWS });
        let mut tops = options.tops.clone();
        tops.sort_by_key(|top| top.of(count));
        let wanted: Vec<usize> = tops.iter().map(|top| top.of(count)).collect();
        let groups: Vec<Vec<Group>> = segments.iter().map(SegmentColumn::groups).collect();
        let judges: Vec<Judge<'_>> = scores.iter().map(|own| Judge::new(own, labels, &groups)).collect();
        let known = Known { labels, wanted: &wanted };
        let measure =
            |weights: &[u32]| judges.iter().flat_map(|judge| judge.values(&known, weights)).collect();
        let draws = Draws::take(count, (draw_count, options.seed), workers, measure)?;
        let all: Vec<f64> = measure(&vec![1; count]);
        let width = all.len() / judges.len();
        let mut pipelines = Vec::with_capacity(judges.len());
        for (at, judge) in judges.iter().enumerate() {
            let own = Values { all: &all, draws: &draws, first: at * width };
            let mut found = judge.evaluate(&known, &own, &tops);
            found.difference = (at > 0).then(|| own.differences());
            if judge.losses.is_some() {
                let error =
                    judge.outcomes(labels)?.calibration_error_parallel(draw_count, options.seed, workers)?;
                found.measures.calibration_error = Some(Calibration {
                    value: error.expected,
                    perfect_95: Some(error.perfect_95).filter(|own| !own.is_nan()),
                    perfect_999: Some(error.perfect_999).filter(|own| !own.is_nan()),
                });
                found.reliability = error.bins;
            }
            let mut next = own.first + TOPS + 2 * wanted.len();
            found.segments = segments
                .iter()
                .zip(&groups)
                .map(|(segment, groups)| {
                    let outcomes = groups.iter().take(GROUPS).map(|group| {
                        next += 1;
                        group.outcome(judge, labels, own.measured(next - 1))
                    });
                    SegmentOutcome {
                        column: segment.name.clone(),
                        groups: outcomes.collect(),
                        more: groups.len().saturating_sub(GROUPS),
                    }
                })
                .collect();
            pipelines.push(found);
        }
        let won = labels.iter().filter(|label| **label).count();
        let base_rate = won as f64 / count as f64;
        Ok(Evaluation {
            leads: count,
            won,
            base_rate,
            chance: Chance::of(base_rate),
            draws: draw_count,
            seed: options.seed,
            pipelines,
        })
    }

    /// The evaluation as JSON, with the same keys always but for what is absent.
    pub fn to_json(&self) -> String {
        text(self)
    }
}

/// Our own types always have a JSON form.
fn text(found: &Evaluation) -> String {
    serde_json::to_string(found).expect("our own types serialize")
}

fn check(scores: &[PipelineScores], labels: &[bool], segments: &[SegmentColumn]) -> Result<(), Error> {
    let invalid = |path: Path, message: String| Err(Error::new(ErrorKind::InvalidMatrix, path, message));
    let Some(first) = scores.first() else {
        return Err(Error::new(ErrorKind::InvalidContext, "pipelines", "there is no pipeline to evaluate"));
    };
    let count = labels.len();
    for (at, own) in scores.iter().enumerate() {
        if own.count() != count || own.numbers() != first.numbers() {
            let message = format!(
                "{} leads, which are not those of the first pipeline and the {count} labels",
                own.count()
            );
            return invalid(Path::from_field("pipelines").index(at), message);
        }
    }
    for (at, own) in segments.iter().enumerate() {
        if own.leads.len() != count {
            let message = format!("{} values of `{}` for {count} leads", own.leads.len(), own.name);
            return invalid(Path::from_field("segments").index(at), message);
        }
    }
    if labels.iter().all(|label| *label) || !labels.iter().any(|label| *label) {
        return invalid(
            "labels".into(),
            "there are leads of one outcome only: nothing can be told apart".to_owned(),
        );
    }
    Ok(())
}

/// The leads of one value of a column.
struct Group {
    value: Option<String>,
    leads: Vec<usize>,
}

impl Group {
    fn outcome(&self, judge: &Judge<'_>, labels: &[bool], auc: Option<Measured>) -> GroupOutcome {
        let won = self.leads.iter().filter(|lead| labels[**lead]).count();
        let sum: f64 = self.leads.iter().map(|lead| judge.scores.scores[*lead]).sum();
        GroupOutcome {
            value: self.value.clone(),
            leads: self.leads.len(),
            won,
            conversion: share(won, self.leads.len()),
            mean_score: sum / self.leads.len() as f64,
            auc,
        }
    }
}

/// The values of one pipeline, over all leads and of every draw.
struct Values<'a> {
    all: &'a [f64],
    draws: &'a Draws,
    /// Where they begin.
    first: usize,
}

impl Values<'_> {
    /// The value at a place among those of all pipelines; none where there is none.
    fn measured(&self, at: usize) -> Option<Measured> {
        self.scaled(at, 1.0)
    }

    fn scaled(&self, at: usize, factor: f64) -> Option<Measured> {
        let value = self.all[at] * factor;
        (!value.is_nan()).then(|| Measured { value, interval: self.draws.interval(|draw| draw[at] * factor) })
    }

    /// One of the first values, which are always there.
    fn own(&self, at: usize) -> Measured {
        self.measured(self.first + at).unwrap_or(Measured::alone(f64::NAN))
    }

    fn differences(&self) -> Differences {
        let difference = |at: usize| {
            let own = self.first + at;
            let value = self.all[own] - self.all[at];
            let interval = || self.draws.interval(|draw| draw[own] - draw[at]);
            (!value.is_nan()).then(|| Measured { value, interval: interval() })
        };
        let always = |at| difference(at).unwrap_or(Measured::alone(f64::NAN));
        Differences {
            auc: always(AUC),
            average_precision: always(AVERAGE_PRECISION),
            ks: always(KS),
            log_loss: difference(LOG_LOSS),
            brier: difference(BRIER),
        }
    }
}

impl<'a> Judge<'a> {
    fn new(scores: &'a PipelineScores, labels: &[bool], groups: &[Vec<Group>]) -> Judge<'a> {
        let own = &scores.scores;
        let pairs = || own.iter().map(|score| score / 100.0).zip(labels);
        let losses = || {
            pairs().map(|(p, won)| [loss(p, f64::from(*won)), squared_error(p, f64::from(*won))]).collect()
        };
        let rank = |group: &Group| Ranking::new(own, group.leads.iter().copied());
        Judge {
            scores,
            ranking: Ranking::new(own, 0..own.len()),
            losses: scores.pipeline.scale().has_probability().then(losses),
            groups: groups.iter().flat_map(|groups| groups.iter().take(GROUPS)).map(rank).collect(),
        }
    }

    fn outcomes(&self, labels: &[bool]) -> Result<Outcomes, Error> {
        let probabilities = self.scores.scores.iter().map(|score| score / 100.0);
        Outcomes::new(probabilities.collect(), labels.iter().map(|label| f64::from(*label)).collect())
    }

    /// The values of so many of each lead.
    fn values(&self, known: &Known<'_>, weights: &[u32]) -> Vec<f64> {
        let Known { labels, wanted } = known;
        let tops = wanted.len();
        let mut values = vec![f64::NAN; TOPS + 2 * tops + self.groups.len()];
        let Some(found) = self.ranking.measures(labels, weights, wanted) else { return values };
        let RankMeasures { auc, average_precision, ks, won_among } = found;
        (values[AUC], values[AVERAGE_PRECISION], values[KS]) = (auc, average_precision, ks);
        let [all, all_won] = self.ranking.counts(labels, weights);
        if let Some(losses) = &self.losses {
            let mut sums = [0.0, 0.0];
            for (losses, weight) in losses.iter().zip(weights) {
                let weight = f64::from(*weight);
                sums[0] += weight * losses[0];
                sums[1] += weight * losses[1];
            }
            (values[LOG_LOSS], values[BRIER]) = (sums[0] / all, sums[1] / all);
        }
        for (at, (won, wanted)) in won_among.iter().zip(*wanted).enumerate() {
            values[TOPS + at] = won / all_won;
            values[TOPS + tops + at] = won / *wanted as f64;
        }
        for (at, group) in self.groups.iter().enumerate() {
            let auc = group.measures(labels, weights, &[]).map(|found| found.auc);
            values[TOPS + 2 * tops + at] = auc.unwrap_or(f64::NAN);
        }
        values
    }

    fn evaluate(&self, known: &Known<'_>, own: &Values<'_>, tops: &[Top]) -> PipelineEvaluation {
        let pipeline = &self.scores.pipeline;
        let count = known.labels.len();
        let has_losses = self.losses.is_some();
        let top = tops.iter().zip(known.wanted).enumerate().filter_map(|(at, (top, wanted))| {
            let capture = own.first + TOPS + at;
            Some(TopLeads {
                top: *top,
                leads: *wanted,
                conversion: own.measured(capture + tops.len())?,
                lift: own.scaled(capture, count as f64 / *wanted as f64)?,
                capture: own.measured(capture)?,
            })
        });
        let Moved { features, dependence } = Moved::of(self.scores);
        let Curves { histogram, roc, gain } = Curves::new(&self.scores.scores, known.labels, &self.ranking);
        PipelineEvaluation {
            pipeline: EvaluatedPipeline::of(pipeline),
            ruled_out: self.scores.ruled_out_count(),
            measures: Measures {
                auc: own.own(AUC),
                average_precision: own.own(AVERAGE_PRECISION),
                ks: own.own(KS),
                log_loss: has_losses.then(|| own.own(LOG_LOSS)),
                brier: has_losses.then(|| own.own(BRIER)),
                calibration_error: None,
            },
            difference: None,
            without_probability: (!has_losses).then(|| without_probability(pipeline)),
            top: top.collect(),
            tiers: self.tiers(known.labels),
            reliability: Vec::new(),
            histogram,
            roc,
            gain,
            explained: self.scores.effects.len(),
            features,
            dependence,
            segments: Vec::new(),
        }
    }

    fn tiers(&self, labels: &[bool]) -> Vec<TierOutcome> {
        let tiers = self.scores.pipeline.tiers().tiers();
        let mut counts = vec![(0, 0); tiers.len() + 1];
        for (tier, label) in self.scores.tier_positions().iter().zip(labels) {
            let (leads, won) = &mut counts[tier.unwrap_or(tiers.len())];
            *leads += 1;
            *won += usize::from(*label);
        }
        let names = tiers.iter().map(|tier| Some(tier.name().to_owned())).chain([None]);
        let outcomes = names.zip(counts).map(|(tier, (leads, won))| TierOutcome {
            tier,
            leads,
            won,
            conversion: (leads > 0).then(|| share(won, leads)),
        });
        outcomes.filter(|own| own.tier.is_some() || own.leads > 0).collect()
    }
}

/// Why a pipeline has no measures of probabilities.
fn without_probability(pipeline: &Pipeline) -> String {
    let why = match pipeline.scale() {
        Scale::Classes(_) => "gives a probability for each of its classes, and none that a lead is won",
        Scale::Single(_) => "gives points, and no probability",
    };
    format!("`{}` {why}: it has no log loss, Brier score or calibration", pipeline.id())
}

/// A share with the interval of Wilson (1927).
fn share(won: usize, leads: usize) -> Measured {
    let (count, squared) = (leads as f64, NORMAL * NORMAL);
    let value = won as f64 / count;
    let middle = value + squared / (2.0 * count);
    let apart = NORMAL * (value * (1.0 - value) / count + squared / (4.0 * count * count)).sqrt();
    let (whole, bound) = (1.0 + squared / count, |own: f64| own.clamp(0.0, 1.0));
    let interval = Interval { low: bound((middle - apart) / whole), high: bound((middle + apart) / whole) };
    Measured { value, interval: Some(interval) }
}
