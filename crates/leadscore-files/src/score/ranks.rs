//! Where leads stand among all leads of the input: known when all are scored.

use leadscore::capacity::{CapacityList, Standing};
use leadscore::tier::RankTier;
use leadscore::{Capacity, Error, ErrorKind, Pipeline};

use super::batch::Outcome;
use crate::report::CapacityReport;
use crate::wording::counted;
use crate::write::Place;

/// What ranks need of every scored lead, in some bytes for each.
pub(super) struct Ranks<'a> {
    pipeline: &'a Pipeline,
    capacity: Option<(&'a Capacity, CapacityList)>,
    rows: Vec<u64>,
    /// NaN for a lead that was ruled out.
    scores: Vec<f64>,
    has_group: bool,
}

/// The ranks of all leads.
pub(super) struct Ranked<'a> {
    /// The rows of the scored leads in the input, in its order.
    rows: Vec<u64>,
    /// Of every lead, where tiers are by rank.
    tiers: Vec<RankTier<'a>>,
    /// Of every lead, where there is a capacity.
    standings: Vec<Standing>,
    pub(super) capacity: Option<CapacityReport>,
}

impl<'a> Ranks<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, capacity: Option<&'a Capacity>) -> Ranks<'a> {
        Ranks {
            pipeline,
            capacity: capacity.map(|own| (own, CapacityList::new(own.clone()))),
            rows: Vec::new(),
            scores: Vec::new(),
            has_group: false,
        }
    }

    /// Takes in the scored leads of a batch.
    pub(super) fn take(&mut self, outcomes: &[Outcome]) {
        if self.capacity.is_none() && !self.pipeline.has_ranks() {
            return;
        }
        for outcome in outcomes {
            self.rows.push(outcome.row);
            self.scores.push(outcome.ranked_score);
            if let Some((_, list)) = &mut self.capacity {
                let group = outcome.group.as_deref().filter(|group| !group.trim().is_empty());
                self.has_group |= group.is_some();
                list.push(outcome.ranked_score, group);
            }
        }
    }

    /// Ranks all leads.
    ///
    /// # Errors
    /// `invalid_context` with the path `capacity` where no lead has a group to divide the capacity by.
    pub(super) fn finish(self) -> Result<Ranked<'a>, Error> {
        let Ranks { pipeline, capacity, rows, scores, has_group } = self;
        let tiers = pipeline.tiers().by_rank(&scores).unwrap_or_default();
        let mut ranked = Ranked { rows, tiers, standings: Vec::new(), capacity: None };
        let Some((capacity, list)) = capacity else { return Ok(ranked) };
        if let Some(column) = capacity.column().filter(|_| !has_group && !ranked.rows.is_empty()) {
            let message = format!(
                "no lead has a value of `{column}`, by which the capacity is to be divided; {} is for the whole list",
                capacity.top()
            );
            return Err(Error::new(ErrorKind::InvalidContext, "capacity", message));
        }
        let ruled_out = scores.iter().filter(|score| score.is_nan()).count() as u64;
        let ranking = list.rank();
        ranked.capacity = Some(CapacityReport::new(capacity, &ranking, &ranked.rows, ruled_out));
        ranked.standings = ranking.leads;
        Ok(ranked)
    }
}

impl Ranked<'_> {
    /// The place of the lead that was scored as so many before it.
    pub(super) fn place(&self, position: usize) -> Place<'_> {
        Place { tier: self.tiers.get(position), standing: self.standings.get(position) }
    }

    /// The place of the lead in a row of the input.
    pub(super) fn place_of_row(&self, row: u64) -> Place<'_> {
        self.rows.binary_search(&row).map_or_else(|_| Place::default(), |position| self.place(position))
    }

    /// The position of every lead's tier, where tiers are by rank.
    pub(super) fn tier_positions(&self) -> impl Iterator<Item = usize> {
        self.tiers.iter().map(|ranked| ranked.position)
    }

    /// What a reader of the result should know of the ranks, in sentences.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        let tied = self.tiers.iter().filter(|ranked| ranked.tied).count() as u64;
        if tied > 0 {
            sentences.push(format!(
                "{} the same score as leads in another tier, which is by rank: of equal scores the earlier row ranks higher",
                if tied == 1 { "1 lead has".to_owned() } else { format!("{} have", counted(tied, "lead", "leads")) }
            ));
        }
        sentences.extend(self.capacity.iter().flat_map(CapacityReport::sentences));
        sentences
    }
}
