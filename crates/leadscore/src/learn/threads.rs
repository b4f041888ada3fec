//! Work in parts, on threads where there are some; what comes out is in the order of the parts.

use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// The results of so many parts.
pub(super) fn map<T: Send>(
    pool: Option<&ThreadPool>,
    count: usize,
    work: impl Fn(usize) -> T + Sync + Send,
) -> Vec<T> {
    match pool {
        Some(pool) if count > 1 => pool.install(|| (0..count).into_par_iter().map(work).collect()),
        _ => (0..count).map(work).collect(),
    }
}
