//! Which columns the lists of names of a LightGBM file belong to.
//!
//! The last line of a file has one list for each column that was a category in the data frame, in the order of the
//! columns, without their names. Those are not the model's categorical columns: an ordered category is a number to the
//! model, and whole numbers may have been declared categorical. A list fits a categorical column whose codes are places in
//! it, and a number whose range is that of its places.

use std::sync::Arc;

use super::columns::{Column, Values};
use super::error::invalid;
use crate::Error;
use crate::feature::Levels;
use crate::forest::model::{FeatureKind, ModelFeature};

/// How many pairs of a list and a column are looked at where the file is unclear; no real file comes near.
const MOST_PAIRS: usize = 100_000;

/// Gives the columns the lists that can only be theirs, and notes where more than one reading is left.
pub(super) fn assign(
    lists: &[Arc<Levels>],
    columns: &[Column],
    whole_splits: &[bool],
    features: &mut [ModelFeature],
) -> Result<(), Error> {
    if lists.is_empty() {
        return Ok(());
    }
    // A column that never varied may have been any category; it is looked at only where no other reading is left.
    let strictly = |column: usize, list: usize| fits(&columns[column], whole_splits[column], &lists[list], false);
    let or_constant = |column: usize, list: usize| fits(&columns[column], whole_splits[column], &lists[list], true);
    if let Some(span) = Span::new(lists.len(), columns.len(), &strictly) {
        return span.settle(lists, &strictly, features);
    }
    if let Some(span) = Span::new(lists.len(), columns.len(), &or_constant) {
        return span.settle(lists, &or_constant, features);
    }
    // No reading is left, for instance where the last levels of an ordered category did not occur.
    let mut pairs = 0;
    for (at, column) in columns.iter().enumerate() {
        for list in lists {
            if may_fit(column, whole_splits[at], list) {
                features[at].unclear.push(Arc::clone(list));
                pairs += 1;
            }
            check(pairs)?;
        }
    }
    Ok(())
}

fn fits(column: &Column, whole_splits: bool, list: &Levels, constant_fits: bool) -> bool {
    match (column.codes, column.values) {
        (Some(codes), _) => codes as usize <= list.len(),
        (None, Values::Range(low, high)) => {
            whole_splits && !list.is_empty() && low == 0.0 && high == (list.len() - 1) as f64
        }
        (None, Values::Constant) => constant_fits,
        (None, Values::Unknown) => false,
    }
}

/// Whether a column may hold places in a list of which not all occurred.
fn may_fit(column: &Column, whole_splits: bool, list: &Levels) -> bool {
    match (column.codes, column.values) {
        (Some(_), _) => true,
        (None, Values::Range(low, high)) => {
            whole_splits && low >= 0.0 && high < list.len() as f64 && low.fract() == 0.0 && high.fract() == 0.0
        }
        (None, Values::Unknown) => whole_splits,
        (None, Values::Constant) => false,
    }
}

/// For every list the first and the last column it can have where all lists have one, in order.
struct Span {
    first: Vec<usize>,
    last: Vec<usize>,
}

impl Span {
    fn new(lists: usize, columns: usize, fits: &impl Fn(usize, usize) -> bool) -> Option<Span> {
        let (mut first, mut last) = (Vec::with_capacity(lists), vec![0; lists]);
        let mut next = 0;
        for list in 0..lists {
            let at = (next..columns).find(|column| fits(*column, list))?;
            first.push(at);
            next = at + 1;
        }
        let mut end = columns;
        for list in (0..lists).rev() {
            let at = (0..end).rev().find(|column| fits(*column, list))?;
            last[list] = at;
            end = at;
        }
        Some(Span { first, last })
    }

    /// A list whose first and last column are one belongs to it, if no other list may.
    fn settle(
        &self,
        lists: &[Arc<Levels>],
        fits: &impl Fn(usize, usize) -> bool,
        features: &mut [ModelFeature],
    ) -> Result<(), Error> {
        let mut pairs = 0;
        for (list, (first, last)) in self.first.iter().zip(&self.last).enumerate() {
            for column in *first..=*last {
                pairs += 1;
                check(pairs)?;
                if fits(column, list) {
                    features[column].unclear.push(Arc::clone(&lists[list]));
                }
            }
        }
        for (first, last) in self.first.iter().zip(&self.last) {
            let feature = &mut features[*first];
            if first == last && feature.unclear.len() == 1 {
                let list = feature.unclear.remove(0);
                if feature.kind == FeatureKind::Numerical {
                    feature.kind = FeatureKind::Ordered;
                }
                feature.may_be_flag = false;
                feature.levels = Levels::clone(&list);
            }
        }
        Ok(())
    }
}

fn check(pairs: usize) -> Result<(), Error> {
    if pairs <= MOST_PAIRS {
        return Ok(());
    }
    let message = "has more lists than can be told apart by the columns they may belong to".to_owned();
    Err(invalid("pandas_categorical", message))
}
