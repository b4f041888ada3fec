//! Activities that have the id of another one of their lead, and so count once.

use crate::wording::counted;

/// How many of a lead's activities have the id of an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Duplicates {
    count: u64,
    /// Those of them that are at another time or of another kind, and so may be something else.
    unlike_count: u64,
}

impl Duplicates {
    /// Counts one more.
    pub(super) fn add(&mut self, is_unlike: bool) {
        self.count += 1;
        self.unlike_count += u64::from(is_unlike);
    }

    /// Adds those of another lead.
    pub(super) fn merge(&mut self, other: Duplicates) {
        self.count += other.count;
        self.unlike_count += other.unlike_count;
    }

    pub(super) fn is_empty(self) -> bool {
        self.count == 0
    }

    /// All of it in a sentence.
    pub(super) fn message(self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let duplicates = counted(self.count, "activity has", "activities have");
        let unlike = match self.unlike_count {
            0 => String::new(),
            count => format!(
                "; {} at another time or of another kind, so look whether the column of ids is one of activities",
                counted(count, "of them is", "of them are")
            ),
        };
        Some(format!("{duplicates} the id of another one of the same lead, counted once{unlike}"))
    }
}
