//! How many values the cells of a column have.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::placeholder::is_placeholder;

/// Whether the cells of a column differ from each other; hashes are kept until two are alike.
#[derive(Debug, Clone, Default)]
pub(crate) struct Distinct {
    seen: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    is_over: bool,
}

impl Distinct {
    /// Whether every row had a value, and no two the same.
    pub(crate) fn holds(&self) -> bool {
        !self.is_over && self.seen.len() > 1
    }

    pub(crate) fn add(&mut self, text: &str) {
        if self.is_over {
            return;
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        if text.is_empty() || is_placeholder(text) || !self.seen.insert(hasher.finish()) {
            *self = Distinct { seen: HashSet::default(), is_over: true };
        }
    }
}

/// The first few values of a column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels {
    texts: Vec<String>,
    is_over: bool,
}

impl Levels {
    /// More than so many values are no longer few.
    const MOST: usize = 3;

    /// Whether so many cells hold but these few values, each on average twice or more.
    pub(crate) fn are_repeated(&self, cell_count: u64) -> bool {
        !self.is_over && !self.texts.is_empty() && self.texts.len() as u64 * 2 <= cell_count
    }

    pub(crate) fn add(&mut self, text: &str) {
        if self.is_over || self.texts.iter().any(|own| own == text) {
            return;
        }
        self.is_over = self.texts.len() == Levels::MOST;
        self.texts.push(text.to_owned());
    }
}
