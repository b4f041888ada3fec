//! Ranks of values among the thresholds of a feature.

#![allow(clippy::inline_always)] // the caller's target features must reach the inner loops

use std::hint::select_unpredictable;

/// The size of most tables; searches in these need no bounds check.
const SMALL_TABLE: usize = 256;

/// Thresholds in ascending order, each once. NaN, which no value reaches, comes last.
#[derive(Debug, Clone, Default)]
pub(super) struct Thresholds {
    all: Vec<f64>,
    /// The sortable bits of threshold k at index k + 1; the rest, up to a power of two, and NaN are above all values.
    table: Vec<i64>,
    /// Half the power of two: where the search begins.
    half: usize,
}

impl Thresholds {
    pub(super) fn new(mut all: Vec<f64>) -> Thresholds {
        // Positive NaN sorts last; −0 and 0 are one threshold.
        all.iter_mut().filter(|t| t.is_nan()).for_each(|t| *t = f64::NAN);
        all.iter_mut().filter(|t| **t == 0.0).for_each(|t| *t = 0.0);
        all.sort_by(f64::total_cmp);
        all.dedup_by(|a, b| a.to_bits() == b.to_bits());
        let size = (all.len() + 1).next_power_of_two();
        let mut table = vec![i64::MAX; size.max(SMALL_TABLE)];
        let numbers = all.iter().filter(|threshold| !threshold.is_nan());
        table[1..].iter_mut().zip(numbers).for_each(|(entry, threshold)| *entry = sortable_bits(*threshold));
        Thresholds { half: size / 2, all, table }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Where the search begins; it takes as many steps as this has bits.
    pub(super) fn search_start(&self) -> usize {
        self.half
    }

    pub(super) fn index_of(&self, threshold: f64) -> Option<usize> {
        let canonical = if threshold.is_nan() { f64::NAN } else { threshold + 0.0 };
        self.all.binary_search_by(|t| t.total_cmp(&canonical)).ok()
    }

    /// As [`Thresholds::rank`], for a value alone: superfluous steps cost less than a mispredicted number of them.
    pub(super) fn rank_of_one(&self, value: f64) -> usize {
        let Ok(table) = <&[i64; SMALL_TABLE]>::try_from(&self.table[..]) else { return self.rank(value) };
        let (key, mut rank) = (sortable_bits(value), 0);
        for step in 1..=SMALL_TABLE.trailing_zeros() {
            let next = rank + (SMALL_TABLE >> step);
            rank = select_unpredictable(key >= table[next % SMALL_TABLE], next, rank);
        }
        rank
    }

    /// The number of thresholds a value has reached. No branch depends on the value, so the processor overlaps the
    /// searches of several values.
    #[inline(always)]
    pub(super) fn rank(&self, value: f64) -> usize {
        let (key, mut rank, mut half) = (sortable_bits(value), 0, self.half);
        if let Ok(table) = <&[i64; SMALL_TABLE]>::try_from(&self.table[..]) {
            while half > 0 {
                let next = rank + half;
                rank = select_unpredictable(key >= table[next % SMALL_TABLE], next, rank);
                half /= 2;
            }
        } else {
            while half > 0 {
                let next = rank + half;
                rank = select_unpredictable(key >= self.table[next], next, rank);
                half /= 2;
            }
        }
        rank
    }
}

/// Integers in the order of the floats; both zeros are 0.
#[inline(always)]
fn sortable_bits(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}
