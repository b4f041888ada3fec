//! Values cut into at most 255 bins a column, and one for missing values.

use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::examples::{ColumnKind, Examples};
use super::options::Boosting;
use super::threads;

/// How the values of one column become bins: 0, 1, … for values, then one for missing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Binning {
    /// A value is in the bin of the number of cuts that are not above it.
    Cuts(Vec<f32>),
    /// The bin of each code, and the codes of each bin.
    Levels { bin_of_code: Vec<u8>, codes_of_bin: Vec<Vec<u32>> },
}

/// The cells of a table as bins, row after row: for sums over rows, and for the way of single rows. Rows begin at lines of
/// the cache, where the columns are so many that it matters.
#[derive(Debug)]
pub(super) struct BinnedRows {
    bytes: Vec<u8>,
    /// Where the first row begins.
    start: usize,
    /// From one row to the next.
    stride: usize,
    column_count: usize,
}

/// The same column after column: for the way of many rows at one split.
#[derive(Debug)]
pub(super) struct BinnedColumns {
    cells: Vec<u8>,
    row_count: usize,
}

/// The size of a line of the cache.
const LINE: usize = 64;
/// So many columns are read off the rows together: as many f64 as a line has.
const LANES: usize = 8;
/// So many rows of so many columns are turned at once, so that both sides stay in the cache.
const TILE: (usize, usize) = (256, 32);

/// How many rows a thread takes at once.
const BLOCK: usize = 4096;

/// The binnings of all columns, and where each begins in a histogram.
#[derive(Debug)]
pub(super) struct Bins {
    pub(super) columns: Vec<Binning>,
    /// The first place of each column in a histogram, and the end of the last.
    pub(super) offsets: Vec<u32>,
}

impl Binning {
    /// How many bins there are for values; the bin of that number is the one for missing.
    pub(super) fn value_bins(&self) -> usize {
        match self {
            Binning::Cuts(cuts) => cuts.len() + 1,
            Binning::Levels { codes_of_bin, .. } => codes_of_bin.len(),
        }
    }

    fn bin(&self, value: f64) -> u8 {
        if value.is_nan() {
            return self.value_bins() as u8;
        }
        match self {
            Binning::Cuts(cuts) => cuts.partition_point(|cut| *cut <= value as f32) as u8,
            Binning::Levels { bin_of_code, .. } => {
                bin_of_code.get(value as usize).copied().unwrap_or(self.value_bins() as u8)
            }
        }
    }

    /// Cuts between values such that bins hold about the same weight; a value that alone is as heavy has its own.
    fn of_numbers(values: impl Iterator<Item = (f64, f64)>, max_bins: usize) -> Binning {
        let known = values.filter(|(value, _)| !value.is_nan());
        let mut sorted: Vec<(i32, f64)> = known.map(|(value, weight)| (key(value as f32), weight)).collect();
        // Whole numbers are compared faster; weights matter only where they differ.
        if sorted.iter().all(|(_, weight)| *weight == 1.0) {
            sorted.sort_unstable_by_key(|(key, _)| *key);
        } else {
            sorted.sort_by_key(|(key, _)| *key);
        }
        let mut distinct: Vec<(f32, f64)> = Vec::new();
        for (key, weight) in sorted {
            let value = value_of(key);
            match distinct.last_mut() {
                Some((last, total)) if *last == value => *total += weight,
                _ => distinct.push((value, weight)),
            }
        }
        let mut cuts = Vec::new();
        if distinct.len() <= max_bins {
            cuts.extend(distinct.windows(2).map(|pair| cut_between(pair[0].0, pair[1].0)));
        } else {
            let mut left_weight: f64 = distinct.iter().map(|(_, weight)| weight).sum();
            let mut left_bins = max_bins;
            let mut held = 0.0;
            for pair in distinct.windows(2) {
                held += pair[0].1;
                let share = left_weight / left_bins as f64;
                // Closed where full, and before a value that fills a bin alone.
                if left_bins > 1 && (held >= share || pair[1].1 >= share && held > 0.5 * share) {
                    cuts.push(cut_between(pair[0].0, pair[1].0));
                    left_weight -= held;
                    left_bins -= 1;
                    held = 0.0;
                }
            }
        }
        cuts.dedup();
        Binning::Cuts(cuts)
    }

    /// A bin for each level that occurs, the most frequent first; where there are too many, the rest share the last.
    fn of_codes(values: impl Iterator<Item = (f64, f64)>, level_count: usize, max_bins: usize) -> Binning {
        let mut weight_of_code = vec![0.0; level_count];
        let mut occurs = vec![false; level_count];
        for (value, weight) in values {
            if !value.is_nan() {
                weight_of_code[value as usize] += weight;
                occurs[value as usize] = true;
            }
        }
        let mut order: Vec<usize> = (0..level_count).filter(|code| occurs[*code]).collect();
        order.sort_by(|a, b| weight_of_code[*b].total_cmp(&weight_of_code[*a]).then(a.cmp(b)));
        let mut codes_of_bin: Vec<Vec<u32>> = Vec::new();
        // A level that does not occur is treated as a missing value.
        let mut bin_of_code = vec![order.len().min(max_bins) as u8; level_count];
        for (rank, code) in order.into_iter().enumerate() {
            let bin = rank.min(max_bins - 1);
            if bin == codes_of_bin.len() {
                codes_of_bin.push(Vec::new());
            }
            codes_of_bin[bin].push(code as u32);
            bin_of_code[code] = bin as u8;
        }
        Binning::Levels { bin_of_code, codes_of_bin }
    }
}

impl Bins {
    /// The binnings of some rows.
    pub(super) fn new(examples: &Examples, options: &Boosting, pool: Option<&ThreadPool>) -> Bins {
        let matrix = examples.matrix();
        let groups: Vec<&[super::Column]> = examples.columns().chunks(LANES).collect();
        let group = |group: usize| -> Vec<Binning> {
            let (begin, columns) = (group * LANES, groups[group]);
            let mut values = vec![Vec::with_capacity(matrix.row_count()); columns.len()];
            for row in 0..matrix.row_count() {
                for (values, value) in values.iter_mut().zip(&matrix.row(row)[begin..]) {
                    values.push(*value);
                }
            }
            let binning = |(column, values): (&super::Column, Vec<f64>)| {
                let weighed = values.iter().enumerate().map(|(row, value)| (*value, examples.weight(row)));
                match &column.kind {
                    ColumnKind::Category(levels) => {
                        Binning::of_codes(weighed, levels.len(), options.max_bins)
                    }
                    _ => Binning::of_numbers(weighed, options.max_bins),
                }
            };
            columns.iter().zip(values).map(binning).collect()
        };
        let columns = threads::map(pool, groups.len(), group).concat();
        let mut offsets = vec![0];
        for column in &columns {
            offsets.push(offsets[offsets.len() - 1] + column.value_bins() as u32 + 1);
        }
        Bins { columns, offsets }
    }

    /// The cells of rows with the same columns.
    pub(super) fn rows(&self, examples: &Examples, pool: Option<&ThreadPool>) -> BinnedRows {
        let matrix = examples.matrix();
        let column_count = self.columns.len();
        let short = column_count.max(1).next_power_of_two();
        let stride = if short <= LINE { short } else { column_count.next_multiple_of(LINE) };
        let mut bytes = vec![0; stride * matrix.row_count() + LINE];
        // What cannot be aligned begins anywhere: only speed is at stake.
        let start = bytes.as_ptr().align_offset(LINE).min(LINE);
        let fill = |(block, bytes): (usize, &mut [u8])| {
            for (row, cells) in (block * BLOCK..matrix.row_count()).zip(bytes.chunks_exact_mut(stride)) {
                for ((cell, value), column) in cells.iter_mut().zip(matrix.row(row)).zip(&self.columns) {
                    *cell = column.bin(*value);
                }
            }
        };
        let cells = &mut bytes[start..];
        match pool {
            Some(pool) => {
                pool.install(|| cells.par_chunks_mut(BLOCK * stride).enumerate().for_each(fill));
            }
            None => cells.chunks_mut(BLOCK * stride).enumerate().for_each(fill),
        }
        BinnedRows { bytes, start, stride, column_count }
    }

    /// The places of a column in the part of a histogram from the place `begin` on.
    pub(super) fn range(&self, column: usize, begin: usize) -> std::ops::Range<usize> {
        self.offsets[column] as usize - begin..self.offsets[column + 1] as usize - begin
    }

    /// The length of a histogram.
    pub(super) fn total(&self) -> usize {
        self.offsets[self.columns.len()] as usize
    }
}

impl BinnedRows {
    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.bytes[self.start + row * self.stride..][..self.column_count]
    }

    pub(super) fn cell(&self, row: usize, column: usize) -> u8 {
        self.row(row)[column]
    }

    /// The cells of so many rows column after column.
    pub(super) fn columns(&self, row_count: usize, pool: Option<&ThreadPool>) -> BinnedColumns {
        let mut cells = vec![0; row_count * self.column_count];
        let turn = |(tile, cells): (usize, &mut [u8])| {
            let first = tile * TILE.1;
            let count = cells.len() / row_count;
            for begin in (0..row_count).step_by(TILE.0) {
                let rows = begin..row_count.min(begin + TILE.0);
                for (column, cells) in cells.chunks_exact_mut(row_count).enumerate().take(count) {
                    for row in rows.clone() {
                        cells[row] = self.cell(row, first + column);
                    }
                }
            }
        };
        let length = (row_count * TILE.1).max(1);
        match pool {
            Some(pool) => pool.install(|| cells.par_chunks_mut(length).enumerate().for_each(turn)),
            None => cells.chunks_mut(length).enumerate().for_each(turn),
        }
        BinnedColumns { cells, row_count }
    }
}

impl BinnedColumns {
    pub(super) fn column(&self, column: usize) -> &[u8] {
        &self.cells[column * self.row_count..(column + 1) * self.row_count]
    }
}

/// A whole number in whose order values are: the order of [`f32::total_cmp`].
fn key(value: f32) -> i32 {
    let bits = value.to_bits() as i32;
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

fn value_of(key: i32) -> f32 {
    f32::from_bits((key ^ (((key >> 31) as u32) >> 1) as i32) as u32)
}

/// A threshold t with below < t ≤ above, the middle where there is room.
fn cut_between(below: f32, above: f32) -> f32 {
    let middle = f64::midpoint(f64::from(below), f64::from(above)) as f32;
    if middle > below && middle <= above { middle } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_bin_each_and_many_share_alike() {
        let few = Binning::of_numbers([3.0, 1.0, 1.0, f64::NAN, 2.0].map(|v| (v, 1.0)).into_iter(), 255);
        assert_eq!(few, Binning::Cuts(vec![1.5, 2.5]));
        assert_eq!([0.0, 1.5, 2.0, 9.0, f64::NAN].map(|v| few.bin(v)), [0, 1, 1, 2, 3]);
        let many = Binning::of_numbers((0..10_000).map(|v| (f64::from(v), 1.0)), 10);
        let Binning::Cuts(cuts) = &many else { unreachable!() };
        assert_eq!(cuts.len(), 9);
        assert_eq!((cuts[0], cuts[8]), (999.5, 8999.5));
        // Half of the rows have one value; the others share what is left of the bins.
        let heavy = (0..1000).map(|v| (if v < 500 { 0.0 } else { f64::from(v) }, 1.0));
        let Binning::Cuts(cuts) = Binning::of_numbers(heavy, 11) else { unreachable!() };
        assert_eq!((cuts.len(), cuts[0]), (10, 250.0));
    }

    #[test]
    fn neighbours_are_cut_apart() {
        let one = 1.0_f32;
        assert_eq!(cut_between(one, one.next_up()), one.next_up());
        assert_eq!(cut_between(-0.0, f32::from_bits(1)), f32::from_bits(1));
        assert_eq!(cut_between(f32::MIN, f32::MAX), 0.0);
    }

    #[test]
    fn rare_levels_share_a_bin() {
        let codes = [0.0, 0.0, 3.0, 3.0, 3.0, 1.0, f64::NAN, 4.0].map(|v| (v, 1.0));
        let Binning::Levels { bin_of_code, codes_of_bin } = Binning::of_codes(codes.into_iter(), 5, 3) else {
            unreachable!()
        };
        assert_eq!(codes_of_bin, [vec![3], vec![0], vec![1, 4]]);
        assert_eq!(bin_of_code, [1, 2, 3, 0, 2]);
    }
}
