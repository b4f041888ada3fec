//! The best leads of a configuration: all are scored, page by page, and only the best are held.

use std::cmp::Ordering;

use leadscore::{AsOf, Lead, Score, ScoreOptions};

use super::configuration::Configuration;
use super::subject::whole;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::StoredLead;

/// Leads that are read at once.
const PAGE: u32 = 256;
/// Numbers of leads that are looked up together: between the leads of a tenant lie those of others.
const WIDEST_SPAN: i64 = 1_024;

/// A lead with its scores by the pipelines of a configuration.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) stored: StoredLead,
    /// With the lead score as an attribute, as the pipeline of priorities reads it.
    pub(crate) lead: Lead,
    pub(crate) lead_score: f64,
    pub(crate) score_level: String,
    /// The exact priority, by which leads are put in order.
    pub(crate) priority: f64,
    /// The tier of the priority in whole points, which is the one that is shown.
    pub(crate) tier: String,
    pub(crate) probability: f64,
}

/// Which leads come first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    LeadScore,
    Priority,
}

/// The best leads that belong to a configuration and are wanted, at most so many.
pub(crate) async fn best(
    state: &AppState,
    tenant: &str,
    own: &Configuration,
    (order, limit): (Order, usize),
    is_wanted: impl Fn(&Candidate) -> bool,
) -> Result<Vec<Candidate>, Fault> {
    let as_of = state.as_of();
    let mut kept: Vec<Candidate> = Vec::new();
    let mut after = 0;
    loop {
        let page = state.store.leads_after(tenant, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.number;
        let page: Vec<StoredLead> = page.into_iter().filter(|lead| own.takes(lead)).collect();
        for leads in spans(page) {
            let leads = with_activities(state, leads).await?;
            let (own, as_of) = (own.clone(), as_of.clone());
            // Scoring a page takes some milliseconds, in which no other request would be answered.
            let scored = tokio::task::spawn_blocking(move || score(&own, leads, &as_of)).await;
            let scored = scored.map_err(|_| Fault::new(FaultKind::Internal, "scoring ended early"))??;
            kept.extend(scored.into_iter().filter(&is_wanted));
            if kept.len() >= 2 * limit.max(PAGE as usize) {
                keep_best(&mut kept, order, limit);
            }
        }
    }
    keep_best(&mut kept, order, limit);
    Ok(kept)
}

fn keep_best(kept: &mut Vec<Candidate>, order: Order, limit: usize) {
    kept.sort_by(|a, b| order.compare(a, b));
    kept.truncate(limit);
}

impl Order {
    /// The better one first; of equals, the more probable and then the older one.
    fn compare(self, a: &Candidate, b: &Candidate) -> Ordering {
        let first = match self {
            Order::LeadScore => b.lead_score.total_cmp(&a.lead_score),
            Order::Priority => b.priority.total_cmp(&a.priority),
        };
        first.then(b.probability.total_cmp(&a.probability)).then(a.stored.number.cmp(&b.stored.number))
    }
}

/// Leads in their order, in runs whose numbers lie close together.
fn spans(leads: Vec<StoredLead>) -> Vec<Vec<StoredLead>> {
    let mut runs: Vec<Vec<StoredLead>> = Vec::new();
    for lead in leads {
        match runs.last_mut() {
            Some(run) if run.first().is_some_and(|first| lead.number - first.number < WIDEST_SPAN) => {
                run.push(lead);
            }
            _ => runs.push(vec![lead]),
        }
    }
    runs
}

async fn with_activities(state: &AppState, leads: Vec<StoredLead>) -> Result<Vec<(StoredLead, Lead)>, Fault> {
    let (Some(first), Some(last)) = (leads.first(), leads.last()) else { return Ok(Vec::new()) };
    let mut activities = state.store.activities_of(first.number, last.number).await?;
    let read = |stored: StoredLead| {
        let lead = stored.to_lead(activities.remove(&stored.number).unwrap_or_default());
        (stored, lead)
    };
    Ok(leads.into_iter().map(read).collect())
}

fn score(
    own: &Configuration,
    leads: Vec<(StoredLead, Lead)>,
    as_of: &AsOf,
) -> Result<Vec<Candidate>, leadscore::Error> {
    let (stored, leads): (Vec<StoredLead>, Vec<Lead>) = leads.into_iter().unzip();
    let brief = ScoreOptions::new().reasons(0);
    let all = |pipeline: &leadscore::Pipeline, leads: &[Lead]| {
        pipeline.score_many_brief(leads, as_of, &brief).into_iter().collect::<Result<Vec<Score>, _>>()
    };
    let scores = all(&own.lead_score, &leads)?;
    let probabilities = all(&own.conversion, &leads)?;
    let with_score = |(lead, score): (Lead, &Score)| lead.with("lead_score", score.score);
    let leads: Vec<Lead> = leads.into_iter().zip(&scores).map(with_score).collect();
    let priorities = all(&own.priority, &leads)?;
    let mut candidates = Vec::with_capacity(leads.len());
    let rows = stored.into_iter().zip(leads).zip(scores).zip(probabilities).zip(priorities);
    for ((((stored, lead), score), conversion), priority) in rows {
        let tier = own.priority.tiers().tier(whole(priority.score) as f64, priority.probability);
        candidates.push(Candidate {
            stored,
            lead,
            lead_score: score.score,
            score_level: score.tier.map(|tier| tier.to_string()).unwrap_or_default(),
            priority: priority.score,
            tier: tier.map(|tier| tier.name().to_owned()).unwrap_or_default(),
            probability: conversion.probability.unwrap_or(0.0),
        });
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Attributes, Contact};

    fn stored(number: i64) -> StoredLead {
        StoredLead {
            number,
            id: number.to_string(),
            contact: Contact::default(),
            attributes: Attributes::new(),
            first_contact_at: 0,
            created_at: 0,
            updated_at: 0,
            last_activity_at: None,
            outcome: None,
            heat: None,
            recommendation: None,
        }
    }

    #[test]
    fn leads_far_apart_are_looked_up_apart() {
        let numbers = [1, 2, 1_024, 1_025, 5_000, 1_000_000];
        let runs = spans(numbers.into_iter().map(stored).collect());
        let runs: Vec<Vec<i64>> =
            runs.iter().map(|run| run.iter().map(|lead| lead.number).collect()).collect();
        assert_eq!(runs, [vec![1, 2, 1_024], vec![1_025], vec![5_000], vec![1_000_000]]);
    }

    #[test]
    fn the_best_are_kept_in_order() {
        let candidate = |number, priority, probability| Candidate {
            stored: stored(number),
            lead: Lead::new("a"),
            lead_score: 0.0,
            score_level: String::new(),
            priority,
            tier: String::new(),
            probability,
        };
        let mut kept = vec![
            candidate(4, 1.0, 0.5),
            candidate(3, 9.0, 0.1),
            candidate(2, 9.0, 0.2),
            candidate(1, 1.0, 0.5),
        ];
        keep_best(&mut kept, Order::Priority, 3);
        assert_eq!(kept.iter().map(|own| own.stored.number).collect::<Vec<_>>(), [2, 3, 1]);
    }
}
