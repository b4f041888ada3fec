//! Which leads come first.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::advice::grounded;
use super::data::{DATA_RULE, block};
use super::lead_data::LeadData;
use super::reply::read;
use super::{Prompt, Rejection, RejectionKind, Task};
use crate::{Basis, Lead, Prediction};

/// The order in which to work through some leads.
///
/// Lists longer than [`RankingTask::MAX_LEADS`] are asked for in parts, [`RankingTask::chunks`], and put together with
/// [`RankingTask::merge`]. A model may put a lead before another only if the pipeline's scores are at most
/// [`RankingTask::MAX_GAP`] points apart the other way.
///
/// ```
/// use leadscore::task::{NotAsked, Outcome, RankingTask, conclude};
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let leads = [Lead::new("l-1"), Lead::new("l-2").with("title", "CEO"), Lead::new("l-3").with("title", "Manager")];
/// let (pipeline, as_of) = (Pipeline::builtin("conversion")?, AsOf::parse("2026-11-22", &Zone::utc())?);
/// let scored = leads.iter().map(|lead| Ok((lead, pipeline.score(lead, &as_of)?)));
/// let scored = scored.collect::<Result<Vec<_>, leadscore::Error>>()?;
/// let tasks = RankingTask::chunks(scored.iter().map(|(lead, prediction)| (*lead, prediction)));
/// let parts = tasks.iter().map(|task| conclude(task, Outcome::NotAsked(NotAsked::NoModel)).output);
/// let ranking = RankingTask::merge(parts);
/// let ids: Vec<&str> = ranking.iter().map(|own| own.lead_id.as_str()).collect();
/// assert_eq!(ids, ["l-2", "l-3", "l-1"]);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RankingTask {
    /// The best by the pipeline first.
    leads: Vec<(LeadData, RankedLead)>,
}

/// A lead in a ranking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RankedLead {
    /// The lead's id.
    pub lead_id: String,
    /// Its place, from 1.
    pub rank: usize,
    /// The pipeline's score, 0–100.
    pub score: f64,
    /// What its place among the leads it was asked with rests on.
    pub basis: Basis,
    /// Why, in words.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    ranking: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Its number in the data, from 1.
    lead: usize,
    reason: String,
}

#[derive(Serialize)]
struct Numbered<'a> {
    lead: usize,
    #[serde(flatten)]
    data: &'a LeadData,
}

const SCHEMA: &str = r#"{"type":"object","properties":{"ranking":{"type":"array","items":{"type":"object","properties":{"lead":{"type":"integer"},"reason":{"type":"string"}},"required":["lead","reason"],"additionalProperties":false}}},"required":["ranking"],"additionalProperties":false}"#;
const SYSTEM: &str = "You put sales leads in the order in which to work through them, the most promising first. The data is \
    a list of leads, each with its number, attributes and what a scoring pipeline says of it. Name every number once, with \
    one sentence why it has its place, from its own data. Do not put a lead before one whose score is more than 25 points \
    higher. ";
const MAX_REASON: usize = 300;

impl RankingTask {
    /// The most leads of one question.
    pub const MAX_LEADS: usize = 20;
    /// How many points of score a model's order may contradict the pipeline's by.
    pub const MAX_GAP: f64 = 25.0;

    /// The questions for some leads, each with its prediction: those of similar score together, the best first.
    pub fn chunks<'a>(leads: impl IntoIterator<Item = (&'a Lead, &'a Prediction)>) -> Vec<RankingTask> {
        let entry = |(lead, prediction): (&Lead, &Prediction)| {
            let own = RankedLead {
                lead_id: prediction.lead_id.clone(),
                rank: 0,
                score: prediction.score,
                basis: Basis::Rules,
                reason: prediction.explanation.summary.clone(),
            };
            (LeadData::new(lead, prediction, false), own)
        };
        let mut leads: Vec<(LeadData, RankedLead)> = leads.into_iter().map(entry).collect();
        leads.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
        leads.chunks(RankingTask::MAX_LEADS).map(|leads| RankingTask { leads: leads.to_vec() }).collect()
    }

    /// One ranking from the results of all questions: the order within each is kept, and of their next leads the one with
    /// the higher score comes first.
    pub fn merge(parts: impl IntoIterator<Item = Vec<RankedLead>>) -> Vec<RankedLead> {
        let mut parts: Vec<VecDeque<RankedLead>> = parts.into_iter().map(VecDeque::from).collect();
        let mut ranking = Vec::with_capacity(parts.iter().map(VecDeque::len).sum());
        loop {
            let mut best: Option<usize> = None;
            for (at, part) in parts.iter().enumerate() {
                let Some(lead) = part.front() else { continue };
                if best.is_none_or(|best| lead.score > parts[best][0].score) {
                    best = Some(at);
                }
            }
            let Some(mut lead) = best.and_then(|best| parts[best].pop_front()) else { return ranking };
            lead.rank = ranking.len() + 1;
            ranking.push(lead);
        }
    }

    /// The same with the leads' texts that have addresses or telephone numbers in them, which are left out otherwise: for a
    /// model that may see them, or for [`Masked`](super::Masked).
    #[must_use]
    pub fn with_contact_details(self) -> RankingTask {
        let open = |(data, own): (LeadData, RankedLead)| (data.with_contact_details(), own);
        RankingTask { leads: self.leads.into_iter().map(open).collect() }
    }

    fn check_order(order: &[RankedLead]) -> Result<(), Rejection> {
        let mut lowest: Option<&RankedLead> = None;
        for (at, lead) in order.iter().enumerate() {
            if let Some(before) = lowest.filter(|before| lead.score - before.score > RankingTask::MAX_GAP) {
                let message = format!(
                    "`{}` with {:.1} points comes after `{}` with {:.1}",
                    lead.lead_id, lead.score, before.lead_id, before.score
                );
                return Err(Rejection::new(RejectionKind::Inconsistent, format!("ranking[{at}]"), message));
            }
            if lowest.is_none_or(|before| lead.score < before.score) {
                lowest = Some(lead);
            }
        }
        Ok(())
    }
}

impl Task for RankingTask {
    type Output = Vec<RankedLead>;

    fn name(&self) -> &'static str {
        "ranking"
    }

    fn version(&self) -> u32 {
        1
    }

    fn prompt(&self) -> Prompt {
        let numbered = self.leads.iter().enumerate().map(|(at, (data, _))| Numbered { lead: at + 1, data });
        let user = block(&numbered.collect::<Vec<_>>());
        let tokens = 100 + 80 * self.leads.len() as u32;
        let system = format!("{SYSTEM}{DATA_RULE}");
        Prompt::new(self.name(), self.version(), system, user, SCHEMA.to_owned()).max_output_tokens(tokens)
    }

    fn accept(&self, reply: &str) -> Result<Vec<RankedLead>, Rejection> {
        let answer: Reply = read(reply)?;
        let mut is_named = vec![false; self.leads.len()];
        for (at, place) in answer.ranking.iter().enumerate() {
            let path = || format!("ranking[{at}].lead");
            let lead = place.lead;
            let Some(is_named) = lead.checked_sub(1).and_then(|index| is_named.get_mut(index)) else {
                return Err(Rejection::new(
                    RejectionKind::OutOfRange,
                    path(),
                    format!("there is no lead {lead}"),
                ));
            };
            if std::mem::replace(is_named, true) {
                let message = format!("lead {lead} is named twice");
                return Err(Rejection::new(RejectionKind::Inconsistent, path(), message));
            }
        }
        if let Some(index) = is_named.iter().position(|is_named| !is_named) {
            let message = format!("lead {} is not named", index + 1);
            return Err(Rejection::new(RejectionKind::Inconsistent, "ranking", message));
        }
        let ranked = |(at, place): (usize, &Place)| RankedLead {
            rank: at + 1,
            basis: Basis::Llm,
            ..self.leads[place.lead - 1].1.clone()
        };
        let mut order: Vec<RankedLead> = answer.ranking.iter().enumerate().map(ranked).collect();
        RankingTask::check_order(&order)?;
        for (at, (ranked, Place { lead, reason })) in order.iter_mut().zip(answer.ranking).enumerate() {
            let sources = self.leads[lead - 1].0.sources().for_answer(reply);
            ranked.reason = grounded(&format!("ranking[{at}].reason"), &reason, MAX_REASON, &sources)?;
        }
        Ok(order)
    }

    fn fallback(&self) -> Vec<RankedLead> {
        let ranked =
            |(at, (_, own)): (usize, &(LeadData, RankedLead))| RankedLead { rank: at + 1, ..own.clone() };
        self.leads.iter().enumerate().map(ranked).collect()
    }
}
