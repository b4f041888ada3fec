//! The best leads of a stream, in memory of their number only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::batch::Slot;

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

    /// Takes a lead out of its slot if it is one of the best so far.
    pub(super) fn offer(&mut self, score: f64, slot: &mut Slot) {
        let is_wanted = self.heap.len() < self.limit
            || self.heap.peek().is_some_and(|Reverse(worst)| score > worst.score);
        if is_wanted {
            self.heap.push(Reverse(ScoredLead { score, slot: std::mem::take(slot) }));
            if self.heap.len() > self.limit {
                self.heap.pop();
            }
        }
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
