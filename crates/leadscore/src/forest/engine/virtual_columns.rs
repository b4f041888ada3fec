//! A row without missing values: one virtual column for every way in which splits read a feature.

use std::collections::HashMap;

use super::categories::{CategorySet, CategoryTables};
use super::float::Float;
use crate::forest::precision::Precision;
use crate::forest::tree::{Split, Test, Tree, is_zero};

/// The virtual columns of a packed forest.
#[derive(Debug, Clone)]
pub(super) struct VirtualColumns {
    categories: CategoryTables,
    columns: Vec<VirtualColumn>,
    indices: HashMap<ColumnKey, u32>,
}

/// How a column is read.
#[derive(Debug, Clone)]
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

/// Splits of one key read the same column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ColumnKey {
    Numerical {
        feature: usize,
        default_left: bool,
        zero_is_missing: bool,
    },
    Categorical {
        feature: usize,
        default_left: bool,
        categories: Vec<u32>,
        members_left: bool,
        negative_fraction_is_zero: bool,
    },
    MissingTest {
        feature: usize,
        default_left: bool,
        zero_is_missing: bool,
    },
}

impl VirtualColumns {
    pub(super) fn new(precision: Precision, trees: &[Tree]) -> VirtualColumns {
        let categories = CategoryTables::new(precision, trees);
        VirtualColumns { categories, columns: Vec::new(), indices: HashMap::new() }
    }

    /// The index of the column that a split compares with its threshold.
    pub(super) fn index_for(&mut self, split: &Split) -> Option<u32> {
        let (feature, default_left) = (split.feature, split.default_left);
        match &split.test {
            Test::Numerical { zero_is_missing, .. } => {
                let zero_is_missing = *zero_is_missing;
                let key = ColumnKey::Numerical { feature, default_left, zero_is_missing };
                self.index_of(key, VirtualColumn::Numerical { feature, default_left, zero_is_missing })
            }
            Test::Categorical { categories, members_left, negative_fraction_is_zero } => {
                let key = ColumnKey::Categorical {
                    feature,
                    default_left,
                    categories: categories.clone(),
                    members_left: *members_left,
                    negative_fraction_is_zero: *negative_fraction_is_zero,
                };
                if let Some(index) = self.indices.get(&key) {
                    return Some(*index);
                }
                let set = self.categories.set(split)?;
                self.index_of(key, VirtualColumn::Categorical(set))
            }
        }
    }

    /// The index of the column that tests only whether a split's value is missing.
    pub(super) fn index_for_missing_test(&mut self, split: &Split) -> Option<u32> {
        let zero_is_missing = matches!(split.test, Test::Numerical { zero_is_missing: true, .. });
        let (feature, default_left) = (split.feature, split.default_left);
        let key = ColumnKey::MissingTest { feature, default_left, zero_is_missing };
        self.index_of(key, VirtualColumn::MissingTest { feature, default_left, zero_is_missing })
    }

    /// Makes sure that there is a column at all.
    pub(super) fn ensure_not_empty(&mut self) {
        if self.columns.is_empty() {
            self.columns.push(VirtualColumn::Constant);
        }
    }

    fn index_of(&mut self, key: ColumnKey, column: VirtualColumn) -> Option<u32> {
        if let Some(index) = self.indices.get(&key) {
            return Some(*index);
        }
        let index = u32::try_from(self.columns.len()).ok()?;
        self.indices.insert(key, index);
        self.columns.push(column);
        Some(index)
    }

    /// The virtual columns of a row.
    pub(super) fn fill<T: Float>(&self, row: &[f64], places: &mut Vec<u32>, out: &mut Vec<T>) {
        self.categories.places(row, places);
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
