//! The best leads of a stream, in memory of their number only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::report::Ranked;

/// The best leads so far; of equal scores the earlier row is better.
pub(super) struct Best {
    most: usize,
    heap: BinaryHeap<Reverse<Place>>,
}

struct Place {
    row: u64,
    lead: Ranked,
}

impl Best {
    pub(super) fn new(most: usize) -> Best {
        Best { most, heap: BinaryHeap::new() }
    }

    pub(super) fn wants(&self, score: f64) -> bool {
        self.heap.len() < self.most
            || self.heap.peek().is_some_and(|Reverse(worst)| score > worst.lead.prediction.score)
    }

    pub(super) fn add(&mut self, row: u64, lead: Ranked) {
        self.heap.push(Reverse(Place { row, lead }));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    pub(super) fn into_sorted(self) -> Vec<(u64, Ranked)> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(place)| (place.row, place.lead)).collect()
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Place) -> std::cmp::Ordering {
        let (own, others) = (self.lead.prediction.score, other.lead.prediction.score);
        own.total_cmp(&others).then(other.row.cmp(&self.row))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Place) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}
