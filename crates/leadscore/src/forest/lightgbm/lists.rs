//! Which columns the lists of names of a LightGBM file belong to.
//!
//! The last line of a file has one list for each column that was a category in the data frame, in the order of the
//! columns, without their names. Those are not the model's categorical columns: an ordered category is a number to the
//! model, and whole numbers may have been declared categorical. A list fits a categorical column whose codes are places in
//! it, and a number whose range is that of its places.

use std::sync::Arc;

use super::error::invalid;
use crate::Error;
use crate::feature::Levels;
use crate::forest::model::{FeatureKind, ModelFeature};

/// How many pairs of a list and a column are looked at where the file is unclear; no real file comes near.
const MOST_PAIRS: usize = 100_000;

/// What is known of a column's values in training.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Of a categorical column one more than the largest code.
    pub(super) codes: Option<u32>,
    values: Values,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Values {
    Unknown,
    /// All were the same; nothing is split on.
    Constant,
    Range(f64, f64),
}

impl Column {
    pub(super) fn new(codes: Option<u32>, info: Option<&str>) -> Column {
        let ends = |info: &str| {
            let (low, high) = info.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
            Some(Values::Range(low.parse().ok()?, high.parse().ok()?))
        };
        let values = match info {
            Some("none") => Values::Constant,
            Some(info) => ends(info).unwrap_or(Values::Unknown),
            None => Values::Unknown,
        };
        Column { codes, values }
    }

    /// Whether the values may have been no and yes.
    pub(super) fn may_be_flag(&self) -> bool {
        match self.values {
            Values::Range(low, high) => self.codes.is_none() && (low, high) == (0.0, 1.0),
            Values::Unknown | Values::Constant => self.codes.is_none(),
        }
    }
}

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
    let strictly =
        |column: usize, list: usize| fits(&columns[column], whole_splits[column], &lists[list], false);
    let or_constant =
        |column: usize, list: usize| fits(&columns[column], whole_splits[column], &lists[list], true);
    // What ranges from 0 to 1 is a flag far more often than an ordered category of two levels.
    let no_flag = |column: usize, list: usize| !columns[column].may_be_flag() && strictly(column, list);
    if let Some(span) = Span::new(lists.len(), columns.len(), &no_flag) {
        span.settle(lists, &no_flag, features)?;
        if let Some(span) = Span::new(lists.len(), columns.len(), &strictly) {
            span.note_flags(lists, columns, &strictly, features)?;
        }
        return Ok(());
    }
    if let Some(span) = Span::new(lists.len(), columns.len(), &strictly) {
        return span.settle(lists, &strictly, features);
    }
    if let Some(span) = Span::new(lists.len(), columns.len(), &or_constant) {
        return span.settle(lists, &or_constant, features);
    }
    // The first and last levels of an ordered category need not have occurred. All that can be is looked at here.
    let partly = |column: usize, list: usize| {
        let (column, list) = (&columns[column], &lists[list]);
        fits(column, true, list, true) || column.codes.is_none() && may_fit(column, list)
    };
    if let Some(span) = Span::new(lists.len(), columns.len(), &partly) {
        return span.settle(lists, &partly, features);
    }
    // No reading is left: the file is damaged, or was made in a way that is not known.
    let mut pairs = 0;
    for (at, column) in columns.iter().enumerate() {
        for list in lists {
            if may_fit(column, list) {
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
fn may_fit(column: &Column, list: &Levels) -> bool {
    match (column.codes, column.values) {
        (Some(_), _) | (None, Values::Unknown) => true,
        (None, Values::Range(low, high)) => {
            low >= 0.0 && high < list.len() as f64 && low.fract() == 0.0 && high.fract() == 0.0
        }
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

    /// Keeps the lists that columns taken for flags could have had.
    fn note_flags(
        &self,
        lists: &[Arc<Levels>],
        columns: &[Column],
        fits: &impl Fn(usize, usize) -> bool,
        features: &mut [ModelFeature],
    ) -> Result<(), Error> {
        self.for_each_pair(features, |list, column, feature| {
            if columns[column].may_be_flag() && fits(column, list) {
                feature.assumed_flag.push(Arc::clone(&lists[list]));
            }
        })
    }

    /// Every list with each of the columns between its first and its last one.
    fn for_each_pair(
        &self,
        features: &mut [ModelFeature],
        mut visit: impl FnMut(usize, usize, &mut ModelFeature),
    ) -> Result<(), Error> {
        let mut pairs = 0;
        for (list, (first, last)) in self.first.iter().zip(&self.last).enumerate() {
            for (column, feature) in features.iter_mut().enumerate().take(*last + 1).skip(*first) {
                pairs += 1;
                check(pairs)?;
                visit(list, column, feature);
            }
        }
        Ok(())
    }

    /// A list whose first and last column are one belongs to it, if no other list may.
    fn settle(
        &self,
        lists: &[Arc<Levels>],
        fits: &impl Fn(usize, usize) -> bool,
        features: &mut [ModelFeature],
    ) -> Result<(), Error> {
        self.for_each_pair(features, |list, column, feature| {
            if fits(column, list) {
                feature.unclear.push(Arc::clone(&lists[list]));
            }
        })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    const FLAG: Column = Column { codes: None, values: Values::Range(0.0, 1.0) };
    const CONSTANT: Column = Column { codes: None, values: Values::Constant };

    fn category(codes: u32) -> Column {
        Column { codes: Some(codes), values: Values::Unknown }
    }

    fn number(low: f64, high: f64) -> Column {
        Column { codes: None, values: Values::Range(low, high) }
    }

    /// For every column `-` where it has no list, the length of its list, or with `?` those it may have.
    fn assigned(columns: &[Column], whole: &[bool], lengths: &[usize]) -> String {
        let names =
            |length: &usize| Arc::new(Levels::texts((0..*length).map(|name| format!("{length}.{name}"))));
        let lists: Vec<Arc<Levels>> = lengths.iter().map(names).collect();
        let kind = |column: &Column| match column.codes {
            Some(_) => FeatureKind::Categorical,
            None => FeatureKind::Numerical,
        };
        let mut features: Vec<ModelFeature> = columns
            .iter()
            .map(|column| ModelFeature { kind: kind(column), ..ModelFeature::default() })
            .collect();
        assign(&lists, columns, whole, &mut features).unwrap();
        let shown = |feature: &ModelFeature| match (feature.unclear.as_slice(), feature.levels.len()) {
            ([], 0) => "-".to_owned(),
            ([], length) => length.to_string(),
            (lists, _) => format!("?{}", lists.iter().map(|list| list.len().to_string()).collect::<String>()),
        };
        features.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_go_to_the_only_columns_they_fit() {
        for (columns, lengths, wanted) in [
            // An ordered category alone; with an unordered one before it, and numbers that are no places.
            (vec![number(0.0, 4.0)], vec![5], "5"),
            (vec![category(3), number(0.0, 30.0), number(0.0, 4.0), FLAG], vec![3, 5], "3 - 5 -"),
            // Whole numbers that were declared categorical have more codes than names.
            (vec![category(3), category(5)], vec![3], "3 -"),
            (vec![category(5), category(3)], vec![3], "- 3"),
            // Not all levels of an unordered category occurred.
            (vec![category(2), FLAG], vec![6], "6 -"),
            // Either may have it.
            (vec![category(2), category(3)], vec![3], "?3 ?3"),
            (vec![number(0.0, 1.0), FLAG, category(3)], vec![2, 3], "?2 ?2 3"),
            // A flag is no ordered category where another column may have the list.
            (vec![FLAG, category(2), FLAG], vec![2], "- 2 -"),
            // Two lists of one length in three columns: the one in the middle may be the first or the second.
            (vec![category(2), category(2), category(2)], vec![3, 3], "?3 ?33 ?3"),
            (vec![category(2), category(2)], vec![3, 3], "3 3"),
            // A column that never varied takes a list only where that alone leaves one for all.
            (vec![CONSTANT, category(2)], vec![1, 2], "1 2"),
            (vec![CONSTANT, category(2)], vec![2], "- 2"),
            // The order of the lists is that of the columns, so nothing fits.
            (vec![category(4), number(0.0, 2.0)], vec![3, 4], "?34 ?34"),
            // The last levels of an ordered category did not occur.
            (vec![number(0.0, 3.0), number(0.0, 30.0), number(0.5, 2.0)], vec![5], "5 - -"),
            (vec![number(0.0, 3.0), number(0.0, 2.0)], vec![5], "?5 ?5"),
            (vec![category(1)], vec![], "-"),
        ] {
            let whole = vec![true; columns.len()];
            assert_eq!(assigned(&columns, &whole, &lengths), wanted, "{columns:?} {lengths:?}");
        }
        // A split at 1.3 is none between places.
        let two = [number(0.0, 4.0), number(0.0, 4.0)];
        assert_eq!(assigned(&two, &[false, true], &[5]), "- 5");
        assert_eq!(assigned(&two, &[true, true], &[5]), "?5 ?5");
    }

    #[test]
    fn a_file_of_nothing_but_doubt_is_refused() {
        let columns = vec![category(0); 1_000];
        let lists: Vec<Arc<Levels>> = (0..500).map(|_| Arc::new(Levels::texts(["a"]))).collect();
        let mut features =
            vec![ModelFeature { kind: FeatureKind::Categorical, ..ModelFeature::default() }; 1_000];
        let error = assign(&lists, &columns, &[true; 1_000], &mut features).unwrap_err();
        assert_eq!(error.code(), "invalid_model");
    }
}
