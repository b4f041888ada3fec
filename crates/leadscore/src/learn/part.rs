//! Parting the rows of a node.

use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// How many rows a thread parts at once.
const BLOCK: usize = 1 << 14;

/// Moves the rows that go left to the front, both sides in their order; gives how many these are. `column` has the
/// bin of every row, `left` says of every bin whether it goes left.
pub(super) fn part_rows(
    rows: &mut [u32],
    spare: &mut [u32],
    column: &[u8],
    left: &[bool; 256],
    pool: Option<&ThreadPool>,
) -> usize {
    let part = |(rows, spare): (&mut [u32], &mut [u32])| part_block(rows, spare, column, left);
    match pool {
        Some(pool) if rows.len() > BLOCK => {
            let counts: Vec<usize> = pool
                .install(|| rows.par_chunks_mut(BLOCK).zip(spare.par_chunks_mut(BLOCK)).map(part).collect());
            let mut at = 0;
            for side in 0..2 {
                for (block, count) in rows.chunks(BLOCK).zip(&counts) {
                    let own = if side == 0 { &block[..*count] } else { &block[*count..] };
                    spare[at..at + own.len()].copy_from_slice(own);
                    at += own.len();
                }
            }
            rows.copy_from_slice(spare);
            counts.iter().sum()
        }
        _ => part((rows, spare)),
    }
}

/// Every row is written to both sides, and one side goes on: which one cannot be guessed, and waiting costs more.
fn part_block(rows: &mut [u32], spare: &mut [u32], column: &[u8], left: &[bool; 256]) -> usize {
    let (mut at, mut at_spare) = (0, 0);
    for from in 0..rows.len() {
        let row = rows[from];
        let goes_left = usize::from(left[usize::from(column[row as usize])]);
        rows[at] = row;
        spare[at_spare] = row;
        at += goes_left;
        at_spare += 1 - goes_left;
    }
    rows[at..].copy_from_slice(&spare[..at_spare]);
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Workers;

    #[test]
    fn both_sides_keep_their_order_with_and_without_threads() {
        let column: Vec<u8> = (0..50_000_u32).map(|row| (row * 31 % 251) as u8).collect();
        let left: [bool; 256] = std::array::from_fn(|bin| bin % 3 == 0);
        let numbers: Vec<u32> = (0..50_000).filter(|row| row % 5 != 0).collect();
        let (front, back): (Vec<u32>, Vec<u32>) =
            numbers.iter().partition(|row| left[usize::from(column[**row as usize])]);
        for threads in [1, 3] {
            let pool = Workers::new().threads(threads).pool();
            let (mut rows, mut spare) = (numbers.clone(), vec![0; numbers.len()]);
            let count = part_rows(&mut rows, &mut spare, &column, &left, pool.as_deref());
            assert_eq!((&rows[..count], &rows[count..]), (&front[..], &back[..]));
        }
    }
}
