//! The distinct split conditions of a model, each evaluated once for many rows: one bit for a row, set where the row
//! goes right.
//!
//! The numerical conditions on one feature are its thresholds in ascending order. A binary search finds a value's rank,
//! the number of thresholds it has reached; the row's bit is set at the id of that rank, and a pass from the last id to
//! the first ORs into each condition the bits of the ranks above it. So a condition costs one OR for 64 rows, however
//! many nodes share it.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use std::collections::HashMap;
use std::hint::select_unpredictable;

use super::categories::{CategorySet, CategoryTables, RowsOfPlace};
use super::thresholds::Thresholds;
use crate::forest::model::{Booster, Model};
use crate::forest::tree::{Node, Split, Test, is_zero};

/// Condition id 0: false for every row, so that all rows go left. It pads complete trees.
pub(in crate::forest) const ALWAYS_LEFT: u32 = 0;
/// The ranks of a row that need no bounds check.
pub(super) const MIN_RANKS: usize = 512;
/// Features copied out of the rows at once: one cache line of a row.
const BLOCK_FEATURES: usize = 8;

/// What the conditions of a tile are evaluated from.
#[derive(Debug, Default)]
pub(in crate::forest) struct TileValues<const W: usize> {
    /// The values of [`BLOCK_FEATURES`] neighbouring features for every row.
    block: Vec<[f64; BLOCK_FEATURES]>,
    rows_of_place: RowsOfPlace<W>,
}

/// By condition id the bits of `64 · W` rows: row r of the tile is bit `r / W` of word `r % W`.
pub(in crate::forest) type ConditionBits<const W: usize> = Vec<[u64; W]>;

#[derive(Debug, Clone)]
pub(in crate::forest) struct Conditions {
    categories: CategoryTables,
    /// In order of features.
    groups: Vec<ConditionGroup>,
    /// Indices of the groups by table size, so that the branch predictor sees runs of equal search depth.
    by_table_size: Vec<usize>,
    group_indices: HashMap<GroupKey, usize>,
    id_count: usize,
}

/// What the conditions of a group have in common: the feature and what counts as missing, or a set of categories.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum GroupKey {
    Numerical { feature: usize, zero_is_missing: bool },
    Categorical(CategorySet),
}

/// Conditions that are evaluated together.
#[derive(Debug, Clone)]
struct ConditionGroup {
    key: GroupKey,
    /// The first of its ids. A categorical group has one. A numerical one has, in this order: an id for rank 0 (no
    /// condition), one for each threshold, one for missing values (no condition), and a second one for each threshold
    /// whose split sends missing values right.
    first_id: usize,
    thresholds: Thresholds,
    /// Indices of the thresholds whose split sends missing values right.
    default_right: Vec<usize>,
}

/// A condition in the form for a single row: right if the rank in the column is above this one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RankTest {
    pub(super) column: u16,
    pub(super) rank: u16,
}

impl RankTest {
    pub(super) const ALWAYS_LEFT: RankTest = RankTest { column: 0, rank: u16::MAX };
}

impl Conditions {
    pub(in crate::forest) fn new(model: &Model) -> Conditions {
        let trees = match &model.booster {
            Booster::Trees(trees) => trees.as_slice(),
            Booster::Linear(_) => &[],
        };
        let categories = CategoryTables::new(model.precision, trees);
        // By group all thresholds, and those whose split sends missing values right.
        let mut found: HashMap<GroupKey, (Vec<f64>, Vec<f64>)> = HashMap::new();
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            let Node::Split(split) = node else { continue };
            let Some(key) = GroupKey::new(split, &categories) else { continue };
            let (all, default_right) = found.entry(key).or_default();
            if let Test::Numerical { threshold, .. } = split.test {
                all.push(threshold);
                if !split.default_left {
                    default_right.push(threshold);
                }
            }
        }
        let group = |(key, (all, right)): (GroupKey, (Vec<f64>, Vec<f64>))| {
            let thresholds = Thresholds::new(all);
            let mut default_right: Vec<usize> =
                right.into_iter().filter_map(|threshold| thresholds.index_of(threshold)).collect();
            default_right.sort_unstable();
            default_right.dedup();
            ConditionGroup { key, first_id: 0, thresholds, default_right }
        };
        let mut groups: Vec<ConditionGroup> = found.into_iter().map(group).collect();
        // An order that does not depend on the hash map's.
        groups.sort_by(|a, b| (a.key.feature(), &a.key).cmp(&(b.key.feature(), &b.key)));
        let mut id_count = 1;
        for group in &mut groups {
            group.first_id = id_count;
            id_count += match group.key {
                GroupKey::Numerical { .. } => 2 + group.thresholds.len() + group.default_right.len(),
                GroupKey::Categorical(_) => 1,
            };
        }
        let group_indices =
            groups.iter().enumerate().map(|(index, group)| (group.key.clone(), index)).collect();
        let mut by_table_size: Vec<usize> = (0..groups.len()).collect();
        by_table_size.sort_by_key(|index| groups[*index].thresholds.search_start());
        Conditions { categories, groups, by_table_size, group_indices, id_count }
    }

    /// The number of condition ids.
    pub(super) fn id_count(&self) -> usize {
        self.id_count
    }

    /// The categories that splits ask for.
    pub(super) fn categories(&self) -> &CategoryTables {
        &self.categories
    }

    fn group_index(&self, split: &Split) -> Option<usize> {
        self.group_indices.get(&GroupKey::new(split, &self.categories)?).copied()
    }

    /// The id of a split's condition.
    pub(in crate::forest) fn condition_id(&self, split: &Split) -> u32 {
        let Some(group) = self.group_index(split).map(|index| &self.groups[index]) else {
            return ALWAYS_LEFT;
        };
        let id = match split.test {
            Test::Categorical { .. } => group.first_id,
            Test::Numerical { threshold, .. } => {
                let Some(index) = group.thresholds.index_of(threshold) else { return ALWAYS_LEFT };
                match group.default_right.binary_search(&index) {
                    Ok(right) if !split.default_left => group.first_id + 2 + group.thresholds.len() + right,
                    _ => group.first_id + 1 + index,
                }
            }
        };
        id as u32
    }

    /// A split's condition in the form for a single row; nothing where there are too many columns or thresholds.
    pub(super) fn rank_test(&self, split: &Split) -> Option<RankTest> {
        let index = self.group_index(split)?;
        let group = &self.groups[index];
        let rank = match split.test {
            Test::Categorical { .. } => 0,
            Test::Numerical { threshold, .. } => group.thresholds.index_of(threshold)?,
        };
        // The highest rank is that of missing values.
        let rank = u16::try_from(rank).ok().filter(|rank| *rank < u16::MAX - 1)?;
        let column = u16::try_from(2 * index + usize::from(!split.default_left)).ok()?;
        Some(RankTest { column, rank })
    }

    /// The ranks of a row, two for each group: the first for splits that send missing values left, where these have the
    /// lowest rank, the second for splits that send them right, where they have the highest.
    pub(super) fn ranks(&self, row: &[f64], ranks: &mut Vec<[u16; 2]>) {
        // Trees without splits read a rank too.
        ranks.resize(self.groups.len().max(MIN_RANKS / 2), [0; 2]);
        let mut places = LastPlace::new(&self.categories, row);
        for &index in &self.by_table_size {
            let group = &self.groups[index];
            let value = row[group.key.feature()];
            ranks[index] = match &group.key {
                GroupKey::Categorical(set) => [u16::from(set.goes_right(places.of_table(set.table))); 2],
                GroupKey::Numerical { zero_is_missing, .. } => {
                    let missing = value.is_nan() | (zero_is_missing & is_zero(value));
                    let rank = group.thresholds.rank(value).min(usize::from(u16::MAX) - 1) as u16;
                    let keep = u16::from(!missing).wrapping_neg();
                    [rank & keep, rank | !keep]
                }
            };
        }
    }

    /// Evaluates every condition for one row: by condition id 1 for right, 0 for left.
    pub(in crate::forest) fn evaluate_row(&self, row: &[f64], bits: &mut Vec<u8>) {
        bits.clear();
        bits.resize(self.id_count, 0);
        let mut places = LastPlace::new(&self.categories, row);
        for group in &self.groups {
            let value = row[group.key.feature()];
            let bits = &mut bits[group.first_id..];
            match &group.key {
                GroupKey::Categorical(set) => {
                    bits[0] = u8::from(set.goes_right(places.of_table(set.table)));
                }
                GroupKey::Numerical { zero_is_missing, .. } => {
                    let (by_rank, default_right) = bits.split_at_mut(group.thresholds.len() + 2);
                    let default_right = &mut default_right[..group.default_right.len()];
                    if value.is_nan() || (*zero_is_missing && is_zero(value)) {
                        default_right.fill(1);
                    } else {
                        let rank = group.thresholds.rank_of_one(value);
                        by_rank[1..=rank].fill(1);
                        for (bit, index) in default_right.iter_mut().zip(&group.default_right) {
                            *bit = u8::from(*index < rank);
                        }
                    }
                }
            }
        }
    }

    /// Evaluates every condition for up to `64 · W` rows; the bits of absent rows are 0.
    #[inline(always)]
    pub(in crate::forest) fn evaluate_tile<const W: usize>(
        &self,
        rows: &[f64],
        feature_count: usize,
        bits: &mut ConditionBits<W>,
        values: &mut TileValues<W>,
    ) {
        bits.clear();
        bits.resize(self.id_count, [0; W]);
        let TileValues { block, rows_of_place } = values;
        let (mut copied, mut sorted) = (usize::MAX, usize::MAX);
        for group in &self.groups {
            let feature = group.key.feature();
            if feature / BLOCK_FEATURES != copied {
                copied = feature / BLOCK_FEATURES;
                block.clear();
                let first = copied * BLOCK_FEATURES;
                let count = BLOCK_FEATURES.min(feature_count - first);
                block.extend(rows.chunks_exact(feature_count).map(|row| {
                    let mut values = [f64::NAN; BLOCK_FEATURES];
                    if let Ok(all) = <[f64; BLOCK_FEATURES]>::try_from(&row[first..first + count]) {
                        values = all;
                    } else {
                        values[..count].copy_from_slice(&row[first..first + count]);
                    }
                    values
                }));
            }
            let column = feature % BLOCK_FEATURES;
            match &group.key {
                GroupKey::Categorical(set) => {
                    if set.table != sorted {
                        sorted = set.table;
                        let values = block.iter().map(|values| values[column]);
                        self.categories.sort_rows(sorted, values, rows_of_place);
                    }
                    bits[group.first_id] = set.rows_right(rows_of_place);
                }
                GroupKey::Numerical { zero_is_missing, .. } => {
                    group.evaluate_tile(block, column, *zero_is_missing, bits);
                }
            }
        }
    }
}

impl GroupKey {
    fn new(split: &Split, categories: &CategoryTables) -> Option<GroupKey> {
        match split.test {
            Test::Numerical { zero_is_missing, .. } => {
                Some(GroupKey::Numerical { feature: split.feature, zero_is_missing })
            }
            Test::Categorical { .. } => categories.set(split).map(GroupKey::Categorical),
        }
    }

    fn feature(&self) -> usize {
        match self {
            GroupKey::Numerical { feature, .. } => *feature,
            GroupKey::Categorical(set) => set.feature,
        }
    }
}

impl ConditionGroup {
    /// Evaluates the conditions of a numerical group.
    #[inline(always)]
    fn evaluate_tile<const W: usize>(
        &self,
        rows: &[[f64; BLOCK_FEATURES]],
        column: usize,
        zero_is_missing: bool,
        bits: &mut [[u64; W]],
    ) {
        let column = column % BLOCK_FEATURES;
        let count = self.thresholds.len();
        let (by_rank, default_right) = bits[self.first_id..].split_at_mut(count + 2);
        for (bit, rows) in rows.chunks(W).enumerate() {
            for (word, values) in rows.iter().enumerate() {
                let value = values[column];
                let missing = value.is_nan() | (zero_is_missing & is_zero(value));
                let rank = self.thresholds.rank(value);
                by_rank[select_unpredictable(missing, count + 1, rank)][word] |= 1 << bit;
            }
        }
        for rank in (1..count).rev() {
            let above = by_rank[rank + 1];
            by_rank[rank].iter_mut().zip(above).for_each(|(bits, above)| *bits |= above);
        }
        let missing = by_rank[count + 1];
        for (bits, index) in default_right.iter_mut().zip(&self.default_right) {
            *bits = std::array::from_fn(|word| by_rank[index + 1][word] | missing[word]);
        }
    }
}

/// The place of a row's value in the table asked for last: groups of one table follow each other.
struct LastPlace<'a> {
    categories: &'a CategoryTables,
    row: &'a [f64],
    last: Option<(usize, u32)>,
}

impl<'a> LastPlace<'a> {
    fn new(categories: &'a CategoryTables, row: &'a [f64]) -> LastPlace<'a> {
        LastPlace { categories, row, last: None }
    }

    fn of_table(&mut self, table: usize) -> u32 {
        match self.last {
            Some((last, place)) if last == table => place,
            _ => {
                let place = self.categories.place(table, self.row);
                self.last = Some((table, place));
                place
            }
        }
    }
}
