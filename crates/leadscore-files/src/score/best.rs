//! The best leads of a stream, in memory of their number only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::batch::{Outcome, Slot};

/// The best leads so far; of equal scores the earlier row is better.
pub(super) struct BestLeads {
    limit: usize,
    heap: BinaryHeap<Reverse<ScoredLead>>,
}

struct ScoredLead {
    score: f64,
    slot: Slot,
}

impl BestLeads {
    pub(super) fn new(limit: usize) -> BestLeads {
        BestLeads { limit, heap: BinaryHeap::new() }
    }

    /// Takes a lead if it is one of the best so far.
    pub(super) fn offer(&mut self, outcome: &mut Outcome) {
        let Outcome { score, row, line, .. } = *outcome;
        if self.floor().is_some_and(|floor| score <= floor) {
            return;
        }
        if let Some(lead) = outcome.lead.take() {
            let carried = std::mem::take(&mut outcome.carried);
            self.heap.push(Reverse(ScoredLead { score, slot: Slot { lead, row, line, carried } }));
            if self.heap.len() > self.limit {
                self.heap.pop();
            }
        }
    }

    /// The score that a lead has to exceed to be taken, once there are enough of them.
    pub(super) fn floor(&self) -> Option<f64> {
        let is_full = self.heap.len() >= self.limit;
        self.heap.peek().filter(|_| is_full).map(|Reverse(worst)| worst.score)
    }

    /// The leads, the best first.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = Slot> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(scored)| scored.slot)
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
