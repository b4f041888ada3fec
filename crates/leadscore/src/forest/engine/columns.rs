//! A row made ready: for every way in which splits look at a feature, one value that is never missing.

use std::collections::HashMap;

use super::Number;
use crate::forest::model::{Precision, Split, Test, is_zero, member};

/// The prepared columns of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    precision: Precision,
    all: Vec<Column>,
    places: HashMap<Column, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Column {
    /// The value; a missing one, and zero where it counts as missing, becomes the end that sends it its way.
    Value { feature: usize, missing_left: bool, zero_is_missing: bool },
    /// 0 goes left, 1 goes right.
    Side {
        feature: usize,
        missing_left: bool,
        set: Vec<u32>,
        members_left: bool,
        negative_fraction_is_zero: bool,
    },
    /// Missing values go their way, all others the other way.
    Gap { feature: usize, missing_left: bool, zero_is_missing: bool },
    /// For trees that are one leaf: leaves read a column too.
    Nothing,
}

impl Columns {
    pub(super) fn new(precision: Precision) -> Columns {
        Columns { precision, all: Vec::new(), places: HashMap::new() }
    }

    /// The column that a split looks at.
    pub(super) fn of(&mut self, split: &Split) -> Option<u32> {
        let (feature, missing_left) = (split.feature, split.missing_left);
        self.place(match &split.test {
            Test::Below { zero_is_missing, .. } => {
                Column::Value { feature, missing_left, zero_is_missing: *zero_is_missing }
            }
            Test::Among { set, members_left, negative_fraction_is_zero } => Column::Side {
                feature,
                missing_left,
                set: set.clone(),
                members_left: *members_left,
                negative_fraction_is_zero: *negative_fraction_is_zero,
            },
        })
    }

    /// The column that tells only whether a split's value is missing.
    pub(super) fn gap(&mut self, split: &Split) -> Option<u32> {
        let zero_is_missing = matches!(split.test, Test::Below { zero_is_missing: true, .. });
        self.place(Column::Gap { feature: split.feature, missing_left: split.missing_left, zero_is_missing })
    }

    /// Makes sure that there is a first column.
    pub(super) fn seal(&mut self) {
        if self.all.is_empty() {
            self.all.push(Column::Nothing);
        }
    }

    fn place(&mut self, column: Column) -> Option<u32> {
        if let Some(place) = self.places.get(&column) {
            return Some(*place);
        }
        let place = u32::try_from(self.all.len()).ok()?;
        self.places.insert(column.clone(), place);
        self.all.push(column);
        Some(place)
    }

    /// Adds the columns of a row.
    pub(super) fn fill<T: Number>(&self, row: &[f64], out: &mut Vec<T>) {
        let end = |left: bool| if left { T::LOW } else { T::HIGH };
        out.extend(self.all.iter().map(|column| match column {
            Column::Value { feature, missing_left, zero_is_missing } => {
                let value = row[*feature];
                if value.is_nan() || (*zero_is_missing && is_zero(value)) {
                    end(*missing_left)
                } else {
                    T::from_f64(value)
                }
            }
            Column::Side { feature, missing_left, set, members_left, negative_fraction_is_zero } => {
                let value = row[*feature];
                let left = if value.is_nan() {
                    *missing_left
                } else {
                    member(value, set, *negative_fraction_is_zero, self.precision) == *members_left
                };
                end(left)
            }
            Column::Gap { feature, missing_left, zero_is_missing } => {
                let value = row[*feature];
                let missing = value.is_nan() || (*zero_is_missing && is_zero(value));
                end(missing == *missing_left)
            }
            Column::Nothing => T::LOW,
        }));
    }
}
