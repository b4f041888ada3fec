//! The leads of a log as numbers.

use std::collections::HashMap;

use super::allocated_bytes;

/// Lead ids, each held once, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct LeadNumbers {
    numbers: HashMap<Box<str>, u32>,
    /// The lead seen last: in a log sorted by lead it is nearly always the next one too.
    last: Option<(String, u32)>,
}

impl LeadNumbers {
    /// The number of a lead, which is new or was seen before.
    pub(super) fn number(&mut self, id: &str) -> u32 {
        match &mut self.last {
            Some((last, number)) if last == id => *number,
            last => {
                let number = self.numbers.get(id).copied().unwrap_or_else(|| {
                    let number = u32::try_from(self.numbers.len()).expect("fewer than 4 billion leads");
                    self.numbers.insert(id.into(), number);
                    number
                });
                let (text, last_number) = last.get_or_insert_default();
                text.clear();
                text.push_str(id);
                *last_number = number;
                number
            }
        }
    }

    /// The number of a lead that was seen.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).map(|number| *number as usize)
    }

    /// All ids with their numbers, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.numbers.iter().map(|(id, number)| (&**id, *number as usize))
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// About how much memory they take.
    pub(super) fn byte_count(&self) -> usize {
        // A hash table fills at most seven of eight places, each with a byte of its own.
        let place_count = self.numbers.capacity() * 8 / 7;
        let ids: usize = self.numbers.keys().map(|id| allocated_bytes(id.len())).sum();
        place_count * (size_of::<(Box<str>, u32)>() + 1) + ids
    }
}
