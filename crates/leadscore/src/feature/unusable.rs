//! Values of many leads that could not be used.

use super::gap::Gap;
use super::missing::{MissingCause, MissingFeature};
use super::schema::FeatureSchema;

/// The values of one feature that many leads have and that could not be used: how many, and the first of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UnusableValues {
    /// The first: the feature, what was found, and why it was not used.
    pub first: MissingFeature,
    /// The first lead's position.
    pub first_row: usize,
    /// How many leads have such a value.
    pub count: usize,
    /// The feature's position in the schema.
    position: usize,
}

/// The values that were found while leads were read, by feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct UnusableTally {
    found: Vec<(Gap, usize, usize)>,
    /// Rows that are read elsewhere; none if it is empty.
    skipped: Vec<bool>,
}

impl UnusableTally {
    /// A tally without the rows that are marked.
    #[cfg(feature = "arrow")]
    pub(crate) fn skipping(skipped: Vec<bool>) -> UnusableTally {
        UnusableTally { found: Vec::new(), skipped }
    }

    /// Takes in what one lead has for a feature.
    pub(crate) fn add(&mut self, row: usize, feature: usize, cause: MissingCause, found: Option<&str>) {
        if cause == MissingCause::Absent || self.skipped.get(row).copied().unwrap_or_default() {
            return;
        }
        match self.found.iter_mut().find(|(gap, ..)| gap.feature == feature) {
            Some((gap, first, count)) => {
                *count += 1;
                if row < *first {
                    (*gap, *first) = (Gap { feature, cause, found: found.map(str::to_owned) }, row);
                }
            }
            None => self.found.push((Gap { feature, cause, found: found.map(str::to_owned) }, row, 1)),
        }
    }

    /// Takes in a gap of a row that was skipped before.
    #[cfg(feature = "arrow")]
    pub(crate) fn add_skipped(&mut self, row: usize, gap: &Gap) {
        let skipped = std::mem::take(&mut self.skipped);
        self.add(row, gap.feature, gap.cause, gap.found.as_deref());
        self.skipped = skipped;
    }

    /// What was found, by the order of the schema.
    pub(crate) fn describe(mut self, schema: &FeatureSchema) -> Vec<UnusableValues> {
        self.found.sort_by_key(|(gap, ..)| gap.feature);
        let describe = |(gap, first_row, count): (Gap, usize, usize)| UnusableValues {
            first: gap.describe(schema),
            first_row,
            count,
            position: gap.feature,
        };
        self.found.into_iter().map(describe).collect()
    }
}

impl UnusableValues {
    /// Adds what was found in leads after these, whose positions begin at `offset`.
    pub(crate) fn append(all: &mut Vec<UnusableValues>, later: Vec<UnusableValues>, offset: usize) {
        for mut own in later {
            own.first_row += offset;
            match all.binary_search_by_key(&own.position, |known| known.position) {
                // Those before came first, unless they were put before in another order.
                Ok(at) if all[at].first_row <= own.first_row => all[at].count += own.count,
                Ok(at) => {
                    own.count += all[at].count;
                    all[at] = own;
                }
                Err(at) => all.insert(at, own),
            }
        }
    }
}
