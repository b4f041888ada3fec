//! A lead at its place in a ranking.

use serde::Serialize;
use utoipa::ToSchema;

use leadscore::Prediction;

use super::candidates::Candidate;
use super::configuration::Configuration;
use super::subject::whole;
use crate::fault::Fault;
use crate::state::AppState;

/// A lead at its place in a ranking.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RankedLead {
    pub(crate) lead_id: i64,
    email: Option<String>,
    name: Option<String>,
    company: Option<String>,
    title: Option<String>,
    /// The lead score, from 0 to 100.
    score: i64,
    /// `HOT`, `WARM`, `COLD` or `DEAD`, by the score.
    score_level: String,
    /// The place, from 1.
    pub(crate) priority_rank: i64,
    /// `top`, `high`, `medium` or `low`, by the priority.
    pub(crate) priority_tier: String,
    /// From 0 to 100.
    pub(crate) priority_score: i64,
    /// How probable it is that the lead becomes a customer.
    pub(crate) conversion_probability: f64,
    /// Why it has its place, in words.
    pub(crate) reasoning: String,
}

/// Ranked leads.
#[derive(Serialize, ToSchema)]
pub(crate) struct RankedLeads {
    pub(crate) leads: Vec<RankedLead>,
}

impl RankedLead {
    /// A candidate at a place, from 1.
    pub(crate) fn new(own: &Candidate, rank: usize, reasoning: String) -> RankedLead {
        let stored = &own.stored;
        let text = |name: &str| stored.text(name).map(str::to_owned);
        RankedLead {
            lead_id: stored.number,
            email: stored.contact.email.clone(),
            name: text("name"),
            company: text("company"),
            title: text("title"),
            score: whole(own.lead_score),
            score_level: own.score_level.clone(),
            priority_rank: i64::try_from(rank).unwrap_or(i64::MAX),
            priority_tier: own.tier.clone(),
            priority_score: whole(own.priority),
            conversion_probability: own.probability,
            reasoning,
        }
    }
}

/// What the pipeline of priorities says of candidates in full.
pub(crate) fn priorities(
    state: &AppState,
    own: &Configuration,
    candidates: &[Candidate],
) -> Result<Vec<Prediction>, Fault> {
    let as_of = state.as_of();
    let score = |candidate: &Candidate| Ok(own.priority.score(&candidate.lead, &as_of)?);
    candidates.iter().map(score).collect()
}

/// The rules' order of candidates, with the reasons for it.
pub(crate) fn by_rules(
    state: &AppState,
    own: &Configuration,
    candidates: &[Candidate],
) -> Result<Vec<RankedLead>, Fault> {
    let reasons = priorities(state, own, candidates)?;
    let rows = candidates.iter().zip(reasons).enumerate();
    Ok(rows.map(|(at, (lead, reason))| RankedLead::new(lead, at + 1, reason.explanation.summary)).collect())
}
