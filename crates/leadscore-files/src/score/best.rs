//! The best leads of a stream, in memory of their number only.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::batch::{Outcome, Slot};

/// The best leads so far, of all or of each group; of equal scores the earlier row is better.
pub(super) struct BestLeads {
    limit: usize,
    heaps: HashMap<Option<String>, BinaryHeap<Reverse<ScoredLead>>>,
    is_grouped: bool,
    /// Whether leads that were ruled out may be among them.
    with_ruled_out: bool,
}

struct ScoredLead {
    score: f64,
    slot: Slot,
}

impl BestLeads {
    /// The best of all.
    pub(super) fn new(limit: usize) -> BestLeads {
        BestLeads { limit, heaps: HashMap::new(), is_grouped: false, with_ruled_out: true }
    }

    /// The best that can be within a capacity: of each group, where there are groups.
    pub(super) fn within(limit: usize, is_grouped: bool) -> BestLeads {
        BestLeads { is_grouped, with_ruled_out: false, ..BestLeads::new(limit) }
    }

    /// Takes a lead if it is one of the best so far.
    pub(super) fn offer(&mut self, outcome: &mut Outcome) {
        let Outcome { score, row, line, .. } = *outcome;
        if outcome.ranked_score.is_nan() && !self.with_ruled_out {
            return;
        }
        if self.floor().is_some_and(|floor| score <= floor) {
            return;
        }
        let group = if self.is_grouped { outcome.group.as_deref().map(str::trim) } else { None };
        let group = group.filter(|group| !group.is_empty()).map(str::to_owned);
        if let Some(lead) = outcome.lead.take() {
            let carried = std::mem::take(&mut outcome.carried);
            let heap = self.heaps.entry(group).or_default();
            heap.push(Reverse(ScoredLead { score, slot: Slot { lead, row, line, carried } }));
            if heap.len() > self.limit {
                heap.pop();
            }
        }
    }

    /// The score that a lead has to exceed to be taken, once there are enough of them; none where each group has its own.
    pub(super) fn floor(&self) -> Option<f64> {
        let heap = self.heaps.get(&None).filter(|heap| !self.is_grouped && heap.len() >= self.limit)?;
        heap.peek().map(|Reverse(worst)| worst.score)
    }

    /// The leads, the best first.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = Slot> {
        let mut leads: Vec<Reverse<ScoredLead>> = self.heaps.into_values().flatten().collect();
        leads.sort_unstable();
        leads.into_iter().map(|Reverse(scored)| scored.slot)
    }
}

impl Ord for ScoredLead {
    fn cmp(&self, other: &ScoredLead) -> std::cmp::Ordering {
        self.score.total_cmp(&other.score).then(other.slot.row.cmp(&self.slot.row))
    }
}

impl PartialOrd for ScoredLead {
    fn partial_cmp(&self, other: &ScoredLead) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ScoredLead {
    fn eq(&self, other: &ScoredLead) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ScoredLead {}
