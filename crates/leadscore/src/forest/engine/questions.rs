//! The different questions a forest asks, each asked once for many rows: one bit a row, set where the row goes right.
//!
//! The questions about one feature are its thresholds in rising order. A search finds how many of them a value has
//! reached; the row's bit goes into that slot, and a pass from the last slot to the first hands each question the bits
//! of those above it. So a question costs one OR for 64 rows, however many nodes ask it.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use std::collections::HashMap;
use std::hint::select_unpredictable;

use super::tile::COLUMNS;
use crate::forest::model::{Forest, Node, Precision, Split, Test, Tree, is_zero, member};

/// A question nobody goes right on.
pub(in crate::forest) const NEVER: u32 = 0;
/// The size of most tables of thresholds: no check of bounds is needed.
const SMALL: usize = 256;
/// Features copied into columns at once: a cache line of a row.
const COPIED: usize = 8;

/// The answers of `64 · W` rows: a row of the tile has bit `row / W` in word `row % W`.
pub(in crate::forest) type Answers<const W: usize> = Vec<[u64; W]>;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::forest) struct Questions {
    precision: Precision,
    /// In order of features.
    subjects: Vec<Subject>,
    /// The same in order of their numbers of thresholds: a processor guesses the length of a search by the last one's.
    by_size: Vec<usize>,
    places: HashMap<Key, usize>,
    slots: usize,
}

/// What is asked about: a feature's value, or its membership in a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Value {
        feature: usize,
        zero_is_missing: bool,
    },
    Set {
        feature: usize,
        missing_left: bool,
        set: Vec<u32>,
        members_left: bool,
        negative_fraction_is_zero: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
struct Subject {
    key: Key,
    /// The first of its slots. Of a value: one for rows below all thresholds (no question), one for each threshold,
    /// one for missing values (no question), and one more for each threshold that missing values are right of.
    first: usize,
    thresholds: Thresholds,
    /// The thresholds that missing values are right of.
    missing_right: Vec<usize>,
}

/// Thresholds in rising order, each once. NaN, which nothing reaches, stands last.
#[derive(Debug, Clone, PartialEq, Default)]
struct Thresholds {
    all: Vec<f64>,
    /// The key of threshold k at place k + 1; the rest, up to a power of two, and NaN are above all keys.
    table: Vec<i64>,
    half: usize,
}

impl Thresholds {
    fn new(mut all: Vec<f64>) -> Thresholds {
        // Positive NaNs sort last; −0 and 0 ask the same.
        all.iter_mut().filter(|t| t.is_nan()).for_each(|t| *t = f64::NAN);
        all.iter_mut().filter(|t| **t == 0.0).for_each(|t| *t = 0.0);
        all.sort_by(f64::total_cmp);
        all.dedup_by(|a, b| a.to_bits() == b.to_bits());
        let size = (all.len() + 1).next_power_of_two();
        let mut table = vec![i64::MAX; size.max(SMALL)];
        let numbers = all.iter().filter(|threshold| !threshold.is_nan());
        table[1..].iter_mut().zip(numbers).for_each(|(place, threshold)| *place = key(*threshold));
        Thresholds { half: size / 2, all, table }
    }

    fn place(&self, threshold: f64) -> Option<usize> {
        let same = |t: f64| if t.is_nan() { f64::NAN } else { t + 0.0 };
        self.all.binary_search_by(|t| t.total_cmp(&same(threshold))).ok()
    }

    /// The same as `reached`; for a value alone, steps too many cost less than a guess at their number.
    fn reached_alone(&self, value: f64) -> usize {
        let Ok(table) = <&[i64; SMALL]>::try_from(&self.table[..]) else { return self.reached(value) };
        let (key, mut reached) = (key(value), 0);
        for step in 1..=SMALL.trailing_zeros() {
            let next = reached + (SMALL >> step);
            reached = select_unpredictable(key >= table[next % SMALL], next, reached);
        }
        reached
    }

    /// How many thresholds a value has reached. No branch depends on the value, so the processor works at several
    /// values at once.
    #[inline(always)]
    fn reached(&self, value: f64) -> usize {
        let (key, mut reached, mut half) = (key(value), 0, self.half);
        if let Ok(table) = <&[i64; SMALL]>::try_from(&self.table[..]) {
            while half > 0 {
                let next = reached + half;
                reached = select_unpredictable(key >= table[next % SMALL], next, reached);
                half /= 2;
            }
        } else {
            while half > 0 {
                let next = reached + half;
                reached = select_unpredictable(key >= self.table[next], next, reached);
                half /= 2;
            }
        }
        reached
    }
}

/// Whole numbers in the order of the floats; both zeros are 0.
#[inline(always)]
fn key(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// A question in another form, for one row: right if the rank in a column is above this one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Above {
    pub(super) column: u16,
    pub(super) rank: u16,
}

impl Above {
    pub(super) const NEVER: Above = Above { column: 0, rank: u16::MAX };
}

impl Questions {
    pub(super) fn new(forest: &Forest, trees: &[Tree]) -> Questions {
        let mut found: HashMap<Key, (Vec<f64>, Vec<f64>)> = HashMap::new();
        let splits = trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| match node {
            Node::Split(split) => Some(split),
            Node::Leaf { .. } => None,
        });
        for split in splits {
            let (all, missing_right) = found.entry(Key::of(split)).or_default();
            if let Test::Below { threshold, .. } = split.test {
                all.push(threshold);
                if !split.missing_left {
                    missing_right.push(threshold);
                }
            }
        }
        let mut subjects: Vec<Subject> = found
            .into_iter()
            .map(|(key, (all, right))| {
                let thresholds = Thresholds::new(all);
                let mut missing_right: Vec<usize> =
                    right.into_iter().filter_map(|threshold| thresholds.place(threshold)).collect();
                missing_right.sort_unstable();
                missing_right.dedup();
                Subject { key, first: 0, thresholds, missing_right }
            })
            .collect();
        subjects.sort_by(|a, b| a.key.order().cmp(&b.key.order()));
        let mut slots = 1;
        for subject in &mut subjects {
            subject.first = slots;
            slots += match subject.key {
                Key::Value { .. } => 2 + subject.thresholds.all.len() + subject.missing_right.len(),
                Key::Set { .. } => 1,
            };
        }
        let places = subjects.iter().enumerate().map(|(at, subject)| (subject.key.clone(), at)).collect();
        let mut by_size: Vec<usize> = (0..subjects.len()).collect();
        by_size.sort_by_key(|at| subjects[*at].thresholds.half);
        Questions { precision: forest.precision, subjects, by_size, places, slots }
    }

    /// How many answers there are to a row.
    pub(super) fn count(&self) -> usize {
        self.slots
    }

    /// The place of a split's question among the answers.
    pub(in crate::forest) fn of(&self, split: &Split) -> u32 {
        let Some(subject) = self.places.get(&Key::of(split)).map(|at| &self.subjects[*at]) else {
            return NEVER;
        };
        let slot = match split.test {
            Test::Among { .. } => subject.first,
            Test::Below { threshold, .. } => {
                let Some(place) = subject.thresholds.place(threshold) else { return NEVER };
                match subject.missing_right.binary_search(&place) {
                    Ok(right) if !split.missing_left => {
                        subject.first + 2 + subject.thresholds.all.len() + right
                    }
                    _ => subject.first + 1 + place,
                }
            }
        };
        slot as u32
    }

    /// A split's question in the form for one row; nothing where there are too many columns or thresholds.
    pub(super) fn above(&self, split: &Split) -> Option<Above> {
        let at = *self.places.get(&Key::of(split))?;
        let subject = &self.subjects[at];
        let rank = match split.test {
            Test::Among { .. } => 0,
            Test::Below { threshold, .. } => subject.thresholds.place(threshold)?,
        };
        // The highest rank is that of missing values.
        let rank = u16::try_from(rank).ok().filter(|rank| *rank < u16::MAX - 1)?;
        Some(Above { column: u16::try_from(2 * at + usize::from(!split.missing_left)).ok()?, rank })
    }

    /// The ranks of a row: for each subject how many thresholds it has reached, first for splits that send missing
    /// values left, then for those that send them right.
    pub(super) fn ranks(&self, row: &[f64], ranks: &mut Vec<[u16; 2]>) {
        // Trees without splits look at a column too.
        ranks.resize(self.subjects.len().max(COLUMNS / 2), [0; 2]);
        for &at in &self.by_size {
            let subject = &self.subjects[at];
            let value = row[subject.key.feature()];
            ranks[at] = match subject.key {
                Key::Value { zero_is_missing, .. } => {
                    let missing = value.is_nan() | (zero_is_missing & is_zero(value));
                    let reached = subject.thresholds.reached(value).min(usize::from(u16::MAX) - 1) as u16;
                    let none = u16::from(!missing).wrapping_neg();
                    [reached & none, reached | !none]
                }
                Key::Set { .. } => [u16::from(subject.right_of_set(value, self.precision)); 2],
            };
        }
    }

    /// Answers every question for one row: 1 is right.
    pub(in crate::forest) fn answer_one(&self, row: &[f64], answers: &mut Vec<u8>) {
        answers.clear();
        answers.resize(self.slots, 0);
        for subject in &self.subjects {
            let value = row[subject.key.feature()];
            let answers = &mut answers[subject.first..];
            match subject.key {
                Key::Set { .. } => answers[0] = u8::from(subject.right_of_set(value, self.precision)),
                Key::Value { zero_is_missing, .. } => {
                    let (own, right) = answers.split_at_mut(subject.thresholds.all.len() + 2);
                    let right = &mut right[..subject.missing_right.len()];
                    if value.is_nan() || (zero_is_missing && is_zero(value)) {
                        right.fill(1);
                    } else {
                        let reached = subject.thresholds.reached_alone(value);
                        own[1..=reached].fill(1);
                        for (answer, place) in right.iter_mut().zip(&subject.missing_right) {
                            *answer = u8::from(*place < reached);
                        }
                    }
                }
            }
        }
    }

    /// Answers every question for up to `64 · W` rows; rows that are not there go left everywhere.
    #[inline(always)]
    pub(in crate::forest) fn answer<const W: usize>(
        &self,
        rows: &[f64],
        width: usize,
        answers: &mut Answers<W>,
        copied: &mut Vec<[f64; COPIED]>,
    ) {
        answers.clear();
        answers.resize(self.slots, [0; W]);
        let mut from = usize::MAX;
        for subject in &self.subjects {
            let feature = subject.key.feature();
            if feature / COPIED != from {
                from = feature / COPIED;
                copied.clear();
                let first = from * COPIED;
                let most = COPIED.min(width - first);
                copied.extend(rows.chunks_exact(width).map(|row| {
                    let mut values = [f64::NAN; COPIED];
                    if let Ok(all) = <[f64; COPIED]>::try_from(&row[first..first + most]) {
                        values = all;
                    } else {
                        values[..most].copy_from_slice(&row[first..first + most]);
                    }
                    values
                }));
            }
            subject.answer(self.precision, copied, feature % COPIED, answers);
        }
    }
}

impl Key {
    fn of(split: &Split) -> Key {
        let feature = split.feature;
        match &split.test {
            Test::Below { zero_is_missing, .. } => Key::Value { feature, zero_is_missing: *zero_is_missing },
            Test::Among { set, members_left, negative_fraction_is_zero } => Key::Set {
                feature,
                missing_left: split.missing_left,
                set: set.clone(),
                members_left: *members_left,
                negative_fraction_is_zero: *negative_fraction_is_zero,
            },
        }
    }

    fn feature(&self) -> usize {
        match self {
            Key::Value { feature, .. } | Key::Set { feature, .. } => *feature,
        }
    }

    /// An order that does not depend on the hash map's.
    fn order(&self) -> (usize, bool, bool, bool, bool, &[u32]) {
        match self {
            Key::Value { feature, zero_is_missing } => (*feature, false, *zero_is_missing, false, false, &[]),
            Key::Set { feature, missing_left, set, members_left, negative_fraction_is_zero } => {
                (*feature, true, *missing_left, *members_left, *negative_fraction_is_zero, set)
            }
        }
    }
}

impl Subject {
    /// Whether a value goes right by its membership in the set.
    fn right_of_set(&self, value: f64, precision: Precision) -> bool {
        let Key::Set { missing_left, set, members_left, negative_fraction_is_zero, .. } = &self.key else {
            return false;
        };
        let left = if value.is_nan() {
            *missing_left
        } else {
            member(value, set, *negative_fraction_is_zero, precision) == *members_left
        };
        !left
    }

    #[inline(always)]
    fn answer<const W: usize>(
        &self,
        precision: Precision,
        rows: &[[f64; COPIED]],
        column: usize,
        answers: &mut [[u64; W]],
    ) {
        let column = column % COPIED;
        match &self.key {
            Key::Set { .. } => {
                for (row, values) in rows.iter().enumerate() {
                    let right = self.right_of_set(values[column], precision);
                    answers[self.first][row % W] |= u64::from(right) << (row / W);
                }
            }
            Key::Value { zero_is_missing, .. } => {
                let count = self.thresholds.all.len();
                let (own, right) = answers[self.first..].split_at_mut(count + 2);
                for (bit, rows) in rows.chunks(W).enumerate() {
                    for (word, values) in rows.iter().enumerate() {
                        let value = values[column];
                        let missing = value.is_nan() | (*zero_is_missing & is_zero(value));
                        let reached = self.thresholds.reached(value);
                        own[select_unpredictable(missing, count + 1, reached)][word] |= 1 << bit;
                    }
                }
                for at in (1..count).rev() {
                    let above = own[at + 1];
                    own[at].iter_mut().zip(above).for_each(|(own, above)| *own |= above);
                }
                let missing = own[count + 1];
                for (slot, place) in right.iter_mut().zip(&self.missing_right) {
                    *slot = std::array::from_fn(|word| own[place + 1][word] | missing[word]);
                }
            }
        }
    }
}
