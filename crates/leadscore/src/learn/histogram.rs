//! Sums of gradients and hessians by bin.
//!
//! Gradients are rounded to a fixed step that is a power of two, so that sums are exact: they do not depend on their order,
//! and so not on threads. A gradient and its hessian share one number, and one addition adds both.

use super::bins::{BinnedRows, Bins};

/// The gradient's and the hessian's sum.
pub(super) type Sums = [f64; 2];

/// The sums of every bin of every column; a column's bins are those from its offset on.
pub(super) type Histogram = Vec<Sums>;

/// How many columns are summed up side by side: their packed sums fit into the cache that is nearest.
const LANES: usize = 8;
/// The cells of so many rows are read before they are used.
const ROWS_GATHERED: usize = 128;

/// The packed sums of some columns.
type Packed = [[u64; 256]; LANES];

pub(super) fn add(a: Sums, b: Sums) -> Sums {
    [a[0] + b[0], a[1] + b[1]]
}

pub(super) fn subtract(a: Sums, b: Sums) -> Sums {
    [a[0] - b[0], a[1] - b[1]]
}

/// The gradients of all rows, rounded and packed: the gradient in the high half, the hessian in the low one.
#[derive(Debug)]
pub(super) struct Gradients {
    packed: Vec<u64>,
    /// What 1 in each half stands for.
    steps: [f64; 2],
    /// So many rows can be added before a half overflows.
    rows_at_once: usize,
}

impl Gradients {
    /// Rounds gradients to at least 20 bits of the largest, and where they range widely, to as many as an f32 has.
    pub(super) fn new(exact: &[[f32; 2]]) -> Gradients {
        let mut most = [0.0_f64; 2];
        let mut total = [0.0; 2];
        for own in exact {
            for half in 0..2 {
                let size = f64::from(own[half].abs());
                most[half] = most[half].max(size);
                total[half] += size;
            }
        }
        let wide = |half: usize| most[half] * exact.len() as f64 / total[half].max(f64::MIN_POSITIVE);
        // The ratio of the largest to the mean is how much finer small ones have to be told apart.
        let bits = 20 + (exponent(wide(0).max(wide(1)).max(16.0)) - 4).min(6);
        // The power of two with most / step < 2^bits.
        let step = |most: f64| {
            let exponent = exponent(most.max(1e-290)) + 1 - bits;
            f64::from_bits(((exponent + 1023) as u64) << 52)
        };
        let steps = [step(most[0]), step(most[1])];
        let pack = |own: &[f32; 2]| {
            let gradient = (f64::from(own[0]) / steps[0]).round() as i64;
            // What has a weight is never lost.
            let least = if own[1] > 0.0 { 1.0 } else { 0.0 };
            let hessian = (f64::from(own[1]) / steps[1]).round().max(least) as u64;
            ((gradient << 32) as u64).wrapping_add(hessian)
        };
        // Each half of a row is at most 2^bits.
        let rows_at_once = (1 << (31 - bits)) - 1;
        Gradients { packed: exact.iter().map(pack).collect(), steps, rows_at_once }
    }

    /// Those of some rows, in their order.
    pub(super) fn gather(&self, rows: &[u32], into: &mut Vec<u64>) {
        into.clear();
        into.extend(rows.iter().map(|row| self.packed[*row as usize]));
    }

    /// How many columns to work on before the next ones: few where the rows stay in the cache anyway, so that the sums of
    /// these do too; all where the rows do not.
    pub(super) fn columns_at_once(&self, rows: usize, all: usize) -> usize {
        if rows <= self.rows_at_once { LANES } else { all.max(1) }
    }

    fn unpack(&self, packed: u64) -> Sums {
        let (gradient, hessian) = ((packed >> 32) as i32, packed as u32 as i32);
        [f64::from(gradient) * self.steps[0], f64::from(hessian) * self.steps[1]]
    }

    /// The sums of some rows.
    pub(super) fn sum(&self, rows: &[u32]) -> Sums {
        let one = |sums: Sums, row: &u32| add(sums, self.unpack(self.packed[*row as usize]));
        rows.iter().fold([0.0; 2], one)
    }
}

/// The exponent of the power of two at or below a positive number.
fn exponent(number: f64) -> i32 {
    (number.to_bits() >> 52) as i32 - 1023
}

/// The rows of a node, and their gradients in the same order.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) cells: &'a BinnedRows,
    pub(super) numbers: &'a [u32],
    /// As [`Gradients::gather`] gives them.
    pub(super) packed: &'a [u64],
    pub(super) gradients: &'a Gradients,
}

/// Sums up rows by the bins of some columns; `part` is the histogram from the place `begin` on. Other columns are left as
/// they are.
pub(super) fn fill(part: &mut [Sums], begin: usize, bins: &Bins, rows: &Rows<'_>, columns: &[u32]) {
    let mut packed: Packed = [[0; 256]; LANES];
    let at_once = rows.gradients.rows_at_once;
    // So many rows stay in the cache while all their columns are worked on.
    let blocks = rows.numbers.chunks(at_once).zip(rows.packed.chunks(at_once));
    for (block, (numbers, own)) in blocks.enumerate() {
        let mut left = columns;
        while !left.is_empty() {
            let lanes = 1 << left.len().min(LANES).ilog2();
            let (some, after) = left.split_at(lanes);
            let cells = numbers.iter().map(|row| rows.cells.row(*row as usize));
            match lanes {
                8 => fill_lanes::<8>(&mut packed, cells, own, some),
                4 => fill_lanes::<4>(&mut packed, cells, own, some),
                2 => fill_lanes::<2>(&mut packed, cells, own, some),
                _ => fill_lanes::<1>(&mut packed, cells, own, some),
            }
            for (column, packed) in some.iter().zip(&mut packed) {
                let own = &mut part[bins.range(*column as usize, begin)];
                for (sums, packed) in own.iter_mut().zip(packed) {
                    let more = rows.gradients.unpack(*packed);
                    *sums = if block == 0 { more } else { add(*sums, more) };
                    *packed = 0;
                }
            }
            left = after;
        }
    }
}

/// Adds rows to the packed sums of a few columns. Cells are gathered first: reading them waits for memory, and many reads
/// wait together.
fn fill_lanes<'a, const N: usize>(
    packed: &mut Packed,
    mut cells: impl Iterator<Item = &'a [u8]>,
    gradients: &[u64],
    columns: &[u32],
) {
    let columns: [usize; N] = std::array::from_fn(|lane| columns[lane] as usize);
    let in_a_row = columns[N - 1] == columns[0] + N - 1;
    let mut gathered = [[0; N]; ROWS_GATHERED];
    for gradients in gradients.chunks(ROWS_GATHERED) {
        if in_a_row {
            for (own, cells) in gathered[..gradients.len()].iter_mut().zip(&mut cells) {
                *own = *cells[columns[0]..].first_chunk().expect("as many cells as columns");
            }
        } else {
            for (own, cells) in gathered[..gradients.len()].iter_mut().zip(&mut cells) {
                *own = columns.map(|column| cells[column]);
            }
        }
        for (cells, own) in gathered.iter().zip(gradients) {
            for (sums, cell) in packed.iter_mut().zip(cells) {
                sums[usize::from(*cell)] = sums[usize::from(*cell)].wrapping_add(*own);
            }
        }
    }
}

/// What is left of a node's sums without those of one child.
pub(super) fn without(parent: &mut [Sums], child: &[Sums]) {
    for (sums, taken) in parent.iter_mut().zip(child) {
        *sums = subtract(*sums, *taken);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Boosting, Column, ColumnKind, Examples};
    use super::*;

    #[test]
    fn packed_sums_are_those_of_the_rounded_numbers() {
        // Gradients of both signs, a heavy row, and one that weighs next to nothing.
        let mut exact: Vec<[f32; 2]> = (0..10_000)
            .map(|row| [((row * 37 % 101) as f32 - 50.0) / 50.0, (row % 7) as f32 / 28.0])
            .collect();
        for (heaviest, bits) in [(1.0, 20), (1e6, 26)] {
            exact[5] = [heaviest, 0.25 * heaviest];
            exact[6] = [1e-20, 1e-20];
            let gradients = Gradients::new(&exact);
            assert_eq!(gradients.rows_at_once, (1 << (31 - bits)) - 1);
            let columns = vec![Column::new("a", ColumnKind::Number)];
            let matrix = crate::FeatureMatrix::new(1, vec![1.0; exact.len()]).unwrap();
            let examples = Examples::new(columns, matrix, vec![0.0; exact.len()]).unwrap();
            let bins = Bins::new(&examples, &Boosting::default(), None);
            let cells = bins.rows(&examples, None);
            let numbers: Vec<u32> = (0..exact.len() as u32).collect();
            let mut histogram = vec![[1.0; 2]; 2];
            let mut packed = Vec::new();
            gradients.gather(&numbers, &mut packed);
            let rows = Rows { cells: &cells, numbers: &numbers, packed: &packed, gradients: &gradients };
            fill(&mut histogram, 0, &bins, &rows, &[0]);
            assert_eq!(histogram[1], [0.0; 2]);
            assert_eq!(histogram[0], gradients.sum(&numbers));
            for half in 0..2 {
                let wanted: f64 = exact.iter().map(|own| f64::from(own[half])).sum();
                let step = gradients.steps[half];
                assert!((histogram[0][half] - wanted).abs() < 0.01 * exact.len() as f64 * step.max(1e-20));
            }
            assert!(gradients.sum(&[6])[1] > 0.0);
        }
    }
}
