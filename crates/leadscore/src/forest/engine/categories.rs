//! Categories, looked up once for all conditions on a feature: a forest has many sets of the levels of a few features.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use std::collections::{BTreeMap, HashMap};

use crate::forest::precision::Precision;
use crate::forest::tree::{Node, Split, Test, Tree, category_code};

/// The place of a value that is in no set.
const OTHER: u32 = u32::MAX - 1;
/// The place of a missing value.
const MISSING: u32 = u32::MAX;

/// The codes that occur in splits, feature by feature.
#[derive(Debug, Clone)]
pub(super) struct CategoryTables {
    precision: Precision,
    tables: Vec<CategoryTable>,
}

#[derive(Debug, Clone)]
struct CategoryTable {
    feature: usize,
    negative_fraction_is_zero: bool,
    /// Sorted.
    codes: Vec<u32>,
    /// By index of the code. Codes that are in the same sets share a place: of a column with many levels, most do.
    places: Vec<u32>,
    place_count: usize,
}

/// The set of a split, by places: splits with the same one are the same condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CategorySet {
    pub(super) feature: usize,
    /// Which table the places are of.
    pub(super) table: usize,
    /// Sorted.
    members: Vec<u32>,
    /// The members among the first 64 places.
    first_members: u64,
    members_left: bool,
    default_left: bool,
}

/// By place the rows of a tile that have it: first those of the codes, then others, then missing ones, then all.
pub(super) type RowsOfPlace<const W: usize> = Vec<[u64; W]>;

impl CategoryTables {
    pub(super) fn new(precision: Precision, trees: &[Tree]) -> CategoryTables {
        let mut found: BTreeMap<(usize, bool), Vec<&[u32]>> = BTreeMap::new();
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            if let Node::Split(Split { feature, test, .. }) = node
                && let Test::Categorical { categories, negative_fraction_is_zero, .. } = test
            {
                found.entry((*feature, *negative_fraction_is_zero)).or_default().push(categories);
            }
        }
        let tables =
            found.into_iter().map(|((feature, is_zero), sets)| CategoryTable::new(feature, is_zero, &sets));
        CategoryTables { precision, tables: tables.collect() }
    }

    /// The set of a split of these trees; none where it compares numbers.
    pub(super) fn set(&self, split: &Split) -> Option<CategorySet> {
        let Test::Categorical { categories, members_left, negative_fraction_is_zero } = &split.test else {
            return None;
        };
        let key = (split.feature, *negative_fraction_is_zero);
        let order = |table: &CategoryTable| (table.feature, table.negative_fraction_is_zero);
        let table = self.tables.binary_search_by_key(&key, order).ok()?;
        let CategoryTable { codes, places, .. } = &self.tables[table];
        let place = |code| codes.binary_search(code).ok().map(|at| places[at]);
        let mut members: Vec<u32> = categories.iter().filter_map(place).collect();
        members.sort_unstable();
        members.dedup();
        let first_members = members.iter().filter(|at| **at < 64).fold(0, |bits, at| bits | 1 << at);
        Some(CategorySet {
            feature: split.feature,
            table,
            members,
            first_members,
            members_left: *members_left,
            default_left: split.default_left,
        })
    }

    /// The place of a row's value in a table.
    pub(super) fn place(&self, table: usize, row: &[f64]) -> u32 {
        let table = &self.tables[table];
        table.place(row[table.feature], self.precision)
    }

    /// The places of a row in all tables.
    pub(super) fn places(&self, row: &[f64], places: &mut Vec<u32>) {
        places.clear();
        places.extend((0..self.tables.len()).map(|table| self.place(table, row)));
    }

    /// Sorts the rows of a tile by the places of their values.
    #[inline(always)]
    pub(super) fn sort_rows<const W: usize>(
        &self,
        table: usize,
        values: impl Iterator<Item = f64>,
        rows: &mut RowsOfPlace<W>,
    ) {
        let table = &self.tables[table];
        let count = table.place_count;
        rows.clear();
        rows.resize(count + 3, [0; W]);
        for (row, value) in values.enumerate() {
            let at = match table.place(value, self.precision) {
                MISSING => count + 1,
                place => count.min(place as usize),
            };
            let bit = 1 << (row / W);
            rows[at][row % W] |= bit;
            rows[count + 2][row % W] |= bit;
        }
    }
}

impl CategoryTable {
    fn new(feature: usize, negative_fraction_is_zero: bool, sets: &[&[u32]]) -> CategoryTable {
        let mut codes = sets.concat();
        codes.sort_unstable();
        codes.dedup();
        // Every set parts the codes that were together so far into those in it and those not.
        let mut places = vec![0; codes.len()];
        let mut next = 1;
        for set in sets {
            let mut parted: HashMap<u32, u32> = HashMap::new();
            for at in set.iter().filter_map(|code| codes.binary_search(code).ok()) {
                places[at] = *parted.entry(places[at]).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
        }
        // Numbers that are left, in order.
        let mut used = places.clone();
        used.sort_unstable();
        used.dedup();
        for place in &mut places {
            *place = used.binary_search(place).map_or(0, |at| at as u32);
        }
        CategoryTable { feature, negative_fraction_is_zero, codes, places, place_count: used.len() }
    }

    fn place(&self, value: f64, precision: Precision) -> u32 {
        if value.is_nan() {
            return MISSING;
        }
        let code = category_code(value, self.negative_fraction_is_zero, precision);
        let found = code.and_then(|code| self.codes.binary_search(&code).ok());
        found.map_or(OTHER, |at| self.places[at])
    }
}

impl CategorySet {
    /// Whether a value at a place goes right.
    pub(super) fn goes_right(&self, place: u32) -> bool {
        let is_member = match place {
            MISSING => return !self.default_left,
            0..64 => self.first_members >> place & 1 == 1,
            _ => self.members.binary_search(&place).is_ok(),
        };
        is_member != self.members_left
    }

    /// The rows of a tile that go right.
    #[inline(always)]
    pub(super) fn rows_right<const W: usize>(&self, rows: &RowsOfPlace<W>) -> [u64; W] {
        let [.., missing, all] = &rows[..] else { return [0; W] };
        let mut members = [0; W];
        for place in &self.members {
            members.iter_mut().zip(&rows[*place as usize]).for_each(|(bits, own)| *bits |= own);
        }
        std::array::from_fn(|word| {
            let right = if self.members_left { all[word] & !members[word] } else { members[word] };
            if self.default_left { right & !missing[word] } else { right | missing[word] }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forest::tree::{Leaf, contains_category};
    use crate::math::random::sequence;

    #[test]
    fn sets_by_places_are_sets_of_codes() {
        let mut next = sequence(3, 0);
        let split = |categories: Vec<u32>, members_left, default_left, negative_fraction_is_zero| Split {
            feature: 1,
            test: Test::Categorical { categories, members_left, negative_fraction_is_zero },
            default_left,
            left: 1,
            right: 2,
            cover: 1.0,
            gain: 1.0,
        };
        // More than 64 codes, some of them far apart.
        let splits: Vec<Split> = (0..40)
            .map(|number| {
                // The last hundred are always together.
                let rest = next() < 0.5;
                let mut is_member = |code| if code < 200 { next() < 0.4 } else { rest };
                let codes = (0..300_u32).filter(|code| is_member(*code)).map(|code| code * code).collect();
                split(codes, number % 2 == 0, number % 3 == 0, number % 5 == 0)
            })
            .collect();
        let tree = |split: &Split| {
            let leaf = Node::Leaf { leaf: Leaf::Value(1.0), cover: 1.0 };
            Tree { output: 0, nodes: vec![Node::Split(split.clone()), leaf.clone(), leaf] }
        };
        let trees: Vec<Tree> = splits.iter().map(tree).collect();
        let numbers = (0..300).map(|code| f64::from(code * code) + 0.5 * f64::from(code % 2));
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, -0.5, -1.0, 7.0, 2_147_483_648.0, 1e300];
        let values: Vec<f64> = numbers.chain(odd).collect();
        for precision in [Precision::F32, Precision::F64] {
            let tables = CategoryTables::new(precision, &trees);
            let counts: Vec<usize> = tables.tables.iter().map(|table| table.place_count).collect();
            assert!(counts.iter().all(|count| (20..=201).contains(count)), "{counts:?}");
            let mut rows: RowsOfPlace<8> = Vec::new();
            for split in &splits {
                let set = tables.set(split).unwrap();
                let Test::Categorical { categories, members_left, negative_fraction_is_zero } = &split.test
                else {
                    unreachable!()
                };
                tables.sort_rows(set.table, values.iter().copied(), &mut rows);
                let right = set.rows_right(&rows);
                for row in 0..512 {
                    let wanted = values.get(row).is_some_and(|value| {
                        let is_member =
                            contains_category(categories, *value, *negative_fraction_is_zero, precision);
                        if value.is_nan() { !split.default_left } else { is_member != *members_left }
                    });
                    assert_eq!(right[row % 8] >> (row / 8) & 1 == 1, wanted, "{row} {split:?}");
                    if let Some(value) = values.get(row) {
                        assert_eq!(set.goes_right(tables.place(set.table, &[0.0, *value])), wanted);
                    }
                }
            }
        }
    }
}
