//! Sums of gradients and hessians by bin.

use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::bins::{BinnedRows, Bins};

/// The gradient's and the hessian's sum.
pub(super) type Sums = [f64; 2];

/// The sums of every bin of every column; a column's bins are those from its offset on.
pub(super) type Histogram = Vec<Sums>;

/// Fewer rows than this are summed on one thread.
const ROWS_WORTH_THREADS: usize = 4096;

pub(super) fn add(a: Sums, b: Sums) -> Sums {
    [a[0] + b[0], a[1] + b[1]]
}

pub(super) fn subtract(a: Sums, b: Sums) -> Sums {
    [a[0] - b[0], a[1] - b[1]]
}

/// The rows of a node, and their gradients in the same order.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) cells: &'a BinnedRows,
    pub(super) numbers: &'a [u32],
    pub(super) gradients: &'a [[f32; 2]],
}

/// Sums up rows by the bins of some columns. Each thread takes columns of its own, so that every sum is made in the order
/// of the rows.
pub(super) fn fill(
    histogram: &mut Histogram,
    bins: &Bins,
    rows: &Rows<'_>,
    columns: &[u32],
    pool: Option<&ThreadPool>,
) {
    histogram.fill([0.0; 2]);
    let Some(pool) = pool.filter(|_| rows.numbers.len() >= ROWS_WORTH_THREADS && columns.len() > 1) else {
        fill_columns(histogram, 0, &bins.offsets, rows, columns);
        return;
    };
    let mut parts = Vec::new();
    let mut rest = histogram.as_mut_slice();
    let mut begin = 0;
    for chunk in columns.chunks(columns.len().div_ceil(pool.current_num_threads())) {
        let last = chunk[chunk.len() - 1] as usize;
        let end = bins.offsets[last + 1] as usize;
        let (part, others) = rest.split_at_mut(end - begin);
        parts.push((part, begin, chunk));
        rest = others;
        begin = end;
    }
    pool.install(|| {
        parts
            .into_par_iter()
            .for_each(|(part, begin, chunk)| fill_columns(part, begin, &bins.offsets, rows, chunk));
    });
}

/// `part` is the histogram from the place `begin` on.
fn fill_columns(part: &mut [Sums], begin: usize, offsets: &[u32], rows: &Rows<'_>, columns: &[u32]) {
    let width = rows.cells.column_count;
    let place = |column: &u32| (*column as usize, offsets[*column as usize] as usize - begin);
    let places: Vec<(usize, usize)> = columns.iter().map(place).collect();
    for (row, gradient) in rows.numbers.iter().zip(rows.gradients) {
        let cells = &rows.cells.cells[*row as usize * width..(*row as usize + 1) * width];
        let (gradient, hessian) = (f64::from(gradient[0]), f64::from(gradient[1]));
        for (column, place) in &places {
            let sums = &mut part[place + usize::from(cells[*column])];
            sums[0] += gradient;
            sums[1] += hessian;
        }
    }
}

/// What is left of a node's sums without those of one child.
pub(super) fn without(parent: &mut Histogram, child: &Histogram) {
    for (sums, taken) in parent.iter_mut().zip(child) {
        *sums = subtract(*sums, *taken);
    }
}
