//! A row without missing values: one virtual column for every way in which splits read a feature.

use std::collections::HashMap;

use super::categories::{CategorySet, CategoryTables};
use super::float::Float;
use crate::forest::tree::{Split, Test, is_zero};

/// The virtual columns of a packed forest.
#[derive(Debug, Clone, Default)]
pub(super) struct VirtualColumns {
    columns: Vec<VirtualColumn>,
    indices: HashMap<VirtualColumn, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum VirtualColumn {
    /// The value; a missing one, and zero where it counts as missing, becomes the infinity that goes the default way.
    Numerical { feature: usize, default_left: bool, zero_is_missing: bool },
    /// −∞ where the row goes left, +∞ where it goes right.
    Categorical(CategorySet),
    /// The infinity of the default way for missing values, the other one for all others.
    MissingTest { feature: usize, default_left: bool, zero_is_missing: bool },
    /// For trees without splits, as leaves read a column too.
    Constant,
}

impl VirtualColumns {
    /// The index of the column that a split compares with its threshold.
    pub(super) fn index_for(&mut self, split: &Split, categories: &CategoryTables) -> Option<u32> {
        let (feature, default_left) = (split.feature, split.default_left);
        self.index_of(match split.test {
            Test::Numerical { zero_is_missing, .. } => {
                VirtualColumn::Numerical { feature, default_left, zero_is_missing }
            }
            Test::Categorical { .. } => VirtualColumn::Categorical(categories.set(split)?),
        })
    }

    /// The index of the column that tests only whether a split's value is missing.
    pub(super) fn index_for_missing_test(&mut self, split: &Split) -> Option<u32> {
        let zero_is_missing = matches!(split.test, Test::Numerical { zero_is_missing: true, .. });
        let (feature, default_left) = (split.feature, split.default_left);
        self.index_of(VirtualColumn::MissingTest { feature, default_left, zero_is_missing })
    }

    /// Makes sure that there is a column at all.
    pub(super) fn ensure_not_empty(&mut self) {
        if self.columns.is_empty() {
            self.columns.push(VirtualColumn::Constant);
        }
    }

    fn index_of(&mut self, column: VirtualColumn) -> Option<u32> {
        if let Some(index) = self.indices.get(&column) {
            return Some(*index);
        }
        let index = u32::try_from(self.columns.len()).ok()?;
        self.indices.insert(column.clone(), index);
        self.columns.push(column);
        Some(index)
    }

    /// The virtual columns of a row, of which the categories have these places.
    pub(super) fn fill<T: Float>(&self, row: &[f64], places: &[u32], out: &mut Vec<T>) {
        let infinity = |left: bool| if left { T::NEG_INFINITY } else { T::INFINITY };
        out.clear();
        out.extend(self.columns.iter().map(|column| match column {
            VirtualColumn::Numerical { feature, default_left, zero_is_missing } => {
                let value = row[*feature];
                if value.is_nan() || (*zero_is_missing && is_zero(value)) {
                    infinity(*default_left)
                } else {
                    T::from_f64(value)
                }
            }
            VirtualColumn::Categorical(set) => infinity(!set.goes_right(places[set.table])),
            VirtualColumn::MissingTest { feature, default_left, zero_is_missing } => {
                let value = row[*feature];
                let missing = value.is_nan() || (*zero_is_missing && is_zero(value));
                infinity(missing == *default_left)
            }
            VirtualColumn::Constant => T::NEG_INFINITY,
        }));
    }
}
