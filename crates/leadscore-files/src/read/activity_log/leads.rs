//! The leads of a log as numbers, and which of them the input has.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashTable;

use crate::wording::counted;

/// The leads of a log, and which of them were met in the input; shared by the threads that score.
#[derive(Debug)]
pub(super) struct LogLeads {
    numbers: LeadNumbers,
    /// Whether a lead was met in the input, by number.
    is_matched: Vec<AtomicBool>,
    /// A lead of the input, for the message that none was met.
    some_lead: OnceLock<String>,
}

impl LogLeads {
    pub(super) fn new(numbers: LeadNumbers) -> LogLeads {
        let is_matched = (0..numbers.len()).map(|_| AtomicBool::new(false)).collect();
        LogLeads { numbers, is_matched, some_lead: OnceLock::new() }
    }

    pub(super) fn numbers(&self) -> &LeadNumbers {
        &self.numbers
    }

    /// Remembers the id of the first lead of the input, as an example.
    pub(super) fn note_lead(&self, id: &str) {
        self.some_lead.get_or_init(|| id.to_owned());
    }

    /// The number of a lead of the input in the log, which is met by that.
    pub(super) fn matched(&self, id: &str) -> Option<u32> {
        let number = self.numbers.find(id)?;
        let is_matched = &self.is_matched[number as usize];
        // Only read as a rule, so that threads do not take the memory from each other.
        if !is_matched.load(Ordering::Relaxed) {
            is_matched.store(true, Ordering::Relaxed);
        }
        Some(number)
    }

    pub(super) fn is_matched(&self, number: u32) -> bool {
        self.is_matched[number as usize].load(Ordering::Relaxed)
    }

    /// Takes over which leads were met in another log with some of these.
    pub(super) fn take_matches(&self, other: &LogLeads) {
        for (number, id) in (0..).zip(other.numbers.iter()) {
            if other.is_matched(number) {
                self.matched(id);
            }
        }
        if let Some(id) = other.some_lead.get() {
            self.note_lead(id);
        }
    }

    /// Whether some lead of the input was met; `has_activities` tells which numbers have some.
    pub(super) fn has_matches(&self, has_activities: impl Fn(u32) -> bool) -> bool {
        (0..self.numbers.len() as u32).any(|number| self.is_matched(number) && has_activities(number))
    }

    /// What to say of activities whose lead was not in the input; `has_activities` tells which numbers have some.
    pub(super) fn unmatched_note(&self, has_activities: impl Fn(u32) -> bool) -> Option<String> {
        let (mut lead_count, mut unmatched_count, mut first) = (0_u64, 0_u64, None::<&str>);
        for (number, id) in (0..).zip(self.numbers.iter()).filter(|(number, _)| has_activities(*number)) {
            lead_count += 1;
            if !self.is_matched(number) {
                unmatched_count += 1;
                // Every way of reading the log is to name the same one.
                first = Some(first.map_or(id, |first| first.min(id)));
            }
        }
        let first = first?;
        let count = counted(unmatched_count, "lead that is", "leads that are");
        let own = self.some_lead.get().map(String::as_str).unwrap_or_default();
        Some(if unmatched_count < lead_count {
            format!("the log names {count} not in the input, such as `{first}`")
        } else {
            let own = match own {
                "" => "its leads have no ids".to_owned(),
                own => format!("its ids look like `{own}`"),
            };
            format!("no activity belongs to a lead of the input: {own}, the log's like `{first}`")
        })
    }
}

/// Lead ids, each held once, numbered in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct LeadNumbers {
    ids: Ids,
    /// The numbers by the hashes of their ids.
    numbers: HashTable<u32>,
    hasher: RandomState,
    /// The lead seen last: in a log sorted by lead it is nearly always the next one too.
    last: Option<u32>,
}

/// Texts one after the other, which takes less memory than texts of their own.
#[derive(Debug, Default)]
struct Ids {
    texts: String,
    /// Where each id ends in them.
    ends: Vec<usize>,
}

impl Ids {
    fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.texts[start..self.ends[number]]
    }
}

impl LeadNumbers {
    /// The number of a lead, which is new or was seen before.
    pub(super) fn number(&mut self, id: &str) -> u32 {
        if let Some(last) = self.last.filter(|last| self.ids.get(*last) == id) {
            return last;
        }
        let number = self.find(id).unwrap_or_else(|| self.insert(id));
        self.last = Some(number);
        number
    }

    /// The number of a lead whose rows follow each other; `None` where it was seen before others.
    pub(super) fn number_in_group(&mut self, id: &str) -> Option<u32> {
        let count = self.len();
        let last = self.last;
        let number = self.number(id);
        (number as usize == count || Some(number) == last).then_some(number)
    }

    /// The number of a lead that was seen.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        self.numbers.find(self.hasher.hash_one(id), |number| self.ids.get(*number) == id).copied()
    }

    /// All ids in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.ids.get(number as u32))
    }

    pub(super) fn len(&self) -> usize {
        self.ids.ends.len()
    }

    /// How much memory they take.
    pub(super) fn byte_count(&self) -> usize {
        let Ids { texts, ends } = &self.ids;
        texts.capacity() + ends.capacity() * size_of::<usize>() + self.numbers.allocation_size()
    }

    /// Adds a lead that was not seen.
    fn insert(&mut self, id: &str) -> u32 {
        let number = u32::try_from(self.len()).expect("fewer than 4 billion leads");
        let LeadNumbers { ids, numbers, hasher, .. } = self;
        ids.texts.push_str(id);
        ids.ends.push(ids.texts.len());
        numbers.insert_unique(hasher.hash_one(id), number, |own| hasher.hash_one(ids.get(*own)));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_has_one_number() {
        let mut numbers = LeadNumbers::default();
        assert_eq!(numbers.find(""), None);
        let ids: Vec<String> = (0..5_000).map(|number| format!("{}", number * 7)).collect();
        for id in ids.iter().chain(["", "é"].map(str::to_owned).iter()).chain(&ids) {
            numbers.number(id);
        }
        assert_eq!(numbers.len(), 5_002);
        for (number, id) in (0..).zip(&ids) {
            assert_eq!((numbers.find(id), numbers.number(id)), (Some(number), number));
        }
        assert_eq!(
            (numbers.find(""), numbers.find("é"), numbers.find("3")),
            (Some(5_000), Some(5_001), None)
        );
        assert!(numbers.iter().take(5_000).eq(ids.iter().map(String::as_str)));
    }

    #[test]
    fn a_lead_that_comes_back_is_noticed() {
        let mut numbers = LeadNumbers::default();
        let found = ["a", "a", "b", "c", "c", "a", "d"].map(|id| numbers.number_in_group(id));
        assert_eq!(found, [Some(0), Some(0), Some(1), Some(2), Some(2), None, Some(3)]);
    }
}
