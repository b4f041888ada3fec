//! What a pipeline says of leads, as much of it as an evaluation needs.

use crate::math::random::hash;
use crate::pipeline::{RecordScore, ScoreWorkspace, check_count};
use crate::scorer::ContributionKind;
use crate::{Error, Pipeline, Record, ScoreOptions, When};

/// So many leads at least are looked at for what moves their scores; of more leads twice as many at most.
const EXPLAINED: usize = 5_000;
/// The seed of the sample.
const SEED: u64 = 0x6c65_6164;

/// What a pipeline says of one lead.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredLead {
    score: f64,
    /// The position of the tier in the pipeline's list.
    tier: Option<usize>,
    is_ruled_out: bool,
    effects: Option<Effects>,
}

/// What moved one score.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effects {
    /// The features, in the order of the schema's columns.
    pub(super) columns: Box<[f64]>,
    /// Parts of the scorer and their points.
    pub(super) lines: Box<[(u32, f64)]>,
}

impl ScoredLead {
    /// What came of scoring a record, with what moved the score where reasons were asked for.
    pub fn new(pipeline: &Pipeline, scored: &RecordScore<'_>, is_explained: bool) -> ScoredLead {
        let tiers = pipeline.tiers().tiers();
        let parts = pipeline.scorer().parts();
        let is_shown = |part: u32| parts.get(part).kind != ContributionKind::Limit;
        let effects = || Effects {
            columns: scored.columns().into(),
            lines: scored.lines().filter(|(part, _)| is_shown(*part)).collect(),
        };
        ScoredLead {
            score: scored.row.score,
            tier: scored.row.tier.and_then(|tier| tiers.iter().position(|own| std::ptr::eq(own, tier))),
            is_ruled_out: scored.ranked_score().is_nan(),
            effects: is_explained.then(effects),
        }
    }
}

/// A sample of leads by their numbers, whatever their order: the same for the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeadSample(u64);

impl LeadSample {
    /// Whether the lead of a number is in it.
    pub fn holds(self, number: u64) -> bool {
        hash(SEED, [number, 0]) <= self.0
    }
}

/// The scores of many leads by one pipeline.
///
/// ```
/// use leadscore::evaluate::PipelineScores;
/// use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Zone};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
/// let leads = [Lead::new("a").with("title", "CEO"), Lead::new("b")];
/// let scores = PipelineScores::of(&pipeline, &leads, &as_of, &ScoreOptions::new())?;
/// assert_eq!(scores.count(), 2);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PipelineScores {
    pub(super) pipeline: Pipeline,
    pub(super) scores: Vec<f64>,
    pub(super) tiers: Vec<Option<usize>>,
    is_ruled_out: Vec<bool>,
    /// The leads whose scores are looked into, by their position.
    pub(super) effects: Vec<(usize, Effects)>,
    numbers: Vec<u64>,
    sample: LeadSample,
}

impl PipelineScores {
    /// No leads yet.
    pub fn new(pipeline: &Pipeline) -> PipelineScores {
        PipelineScores {
            pipeline: pipeline.clone(),
            scores: Vec::new(),
            tiers: Vec::new(),
            is_ruled_out: Vec::new(),
            effects: Vec::new(),
            numbers: Vec::new(),
            sample: LeadSample(u64::MAX),
        }
    }

    /// Scores leads on this thread.
    ///
    /// # Errors
    /// As [`Pipeline::score_many`], of the first lead that is refused.
    pub fn of<'w>(
        pipeline: &Pipeline,
        leads: impl IntoIterator<Item: Record>,
        when: impl Into<When<'w>>,
        options: &ScoreOptions,
    ) -> Result<PipelineScores, Error> {
        let (leads, when) = (leads.into_iter().collect::<Vec<_>>(), when.into());
        check_count(leads.len(), when)?;
        let mut all = PipelineScores::new(pipeline);
        let mut first = None;
        let options = options.reasons(1);
        pipeline.score_records(&leads, when, &options, &mut ScoreWorkspace::default(), |index, scored| {
            match scored {
                Ok(scored) => all.push(index as u64, ScoredLead::new(pipeline, &scored, true)),
                Err(error) if first.is_none() => {
                    first = Some(error.within(crate::error::Path::from("leads").index(index)));
                }
                Err(_) => {}
            }
        });
        first.map_or(Ok(all), Err)
    }

    /// The leads whose scores are still to be looked into; it only gets smaller.
    pub fn sample(&self) -> LeadSample {
        self.sample
    }

    /// Takes in the next lead, which has a number of its own, such as its row.
    pub fn push(&mut self, number: u64, lead: ScoredLead) {
        let ScoredLead { score, tier, is_ruled_out, effects } = lead;
        if let Some(effects) = effects.filter(|_| self.sample.holds(number)) {
            self.effects.push((self.scores.len(), effects));
        }
        self.scores.push(score);
        self.tiers.push(tier);
        self.is_ruled_out.push(is_ruled_out);
        self.numbers.push(number);
        while self.effects.len() > 2 * EXPLAINED {
            self.sample.0 /= 2;
            let (sample, numbers) = (self.sample, &self.numbers);
            self.effects.retain(|(at, _)| sample.holds(numbers[*at]));
        }
    }

    /// How many leads.
    pub fn count(&self) -> usize {
        self.scores.len()
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The numbers of the leads, in their order.
    pub fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    /// Keeps the leads for which a function of their numbers says so.
    pub fn retain(&mut self, is_kept: impl Fn(u64) -> bool) {
        let mut places = vec![None; self.numbers.len()];
        let mut count = 0;
        for (place, number) in places.iter_mut().zip(&self.numbers) {
            if is_kept(*number) {
                *place = Some(count);
                count += 1;
            }
        }
        let is_kept = |at: usize| places[at].is_some();
        keep(&mut self.scores, is_kept);
        keep(&mut self.tiers, is_kept);
        keep(&mut self.is_ruled_out, is_kept);
        keep(&mut self.numbers, is_kept);
        self.effects.retain_mut(|(at, _)| {
            let place = places[*at];
            *at = place.unwrap_or(0);
            place.is_some()
        });
    }

    pub(super) fn ruled_out_count(&self) -> usize {
        self.is_ruled_out.iter().filter(|is| **is).count()
    }

    /// The position of every lead's tier, also where tiers are by rank.
    pub(super) fn tier_positions(&self) -> Vec<Option<usize>> {
        let pairs = self.scores.iter().zip(&self.is_ruled_out);
        let ranked: Vec<f64> = pairs.map(|(score, is_out)| if *is_out { f64::NAN } else { *score }).collect();
        match self.pipeline.tiers().by_rank(&ranked) {
            Some(tiers) => tiers.iter().map(|tier| Some(tier.position)).collect(),
            None => self.tiers.clone(),
        }
    }
}

/// Keeps the values for which a function of their positions says so.
fn keep<T>(values: &mut Vec<T>, is_kept: impl Fn(usize) -> bool) {
    let mut at = 0;
    values.retain(|_| {
        at += 1;
        is_kept(at - 1)
    });
}
