//! The one way from another language into long work: in blocks of rows, on a pool of so many threads.

use std::sync::{Arc, Mutex, PoisonError};

use leadscore::FeatureMatrix;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::matrix::Rows;
use crate::problem::LeadscoreError;

/// Rows of a block, where they are quickly done.
pub(crate) const MANY: usize = 2048;
/// Rows of a block, where each of them takes its time.
pub(crate) const FEW: usize = 256;
/// More threads than this are taken as this many.
const MOST_THREADS: usize = 256;

/// Does work on blocks of so many rows; the results in the order of the rows, the same for any number of threads. Zero threads
/// are as many as there are processors. A matrix without rows is worked on once, for its errors.
pub(crate) fn enter_blocks<T: Send>(
    rows: Rows<'_>,
    size: usize,
    threads: u32,
    work: impl Fn(&FeatureMatrix) -> Result<T, leadscore::Error> + Send + Sync,
) -> Result<Vec<T>, LeadscoreError> {
    let blocks = rows.blocks(size);
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads as usize,
    };
    let threads = threads.min(blocks.len()).min(MOST_THREADS);
    let one = |block: Rows<'_>| Ok(work(&block.matrix()?)?);
    if threads == 1 {
        return blocks.into_iter().map(one).collect();
    }
    pool(threads)?.install(|| blocks.into_par_iter().map(one).collect())
}

/// The pool of so many threads, made once.
fn pool(threads: usize) -> Result<Arc<ThreadPool>, LeadscoreError> {
    static POOLS: Mutex<Vec<Arc<ThreadPool>>> = Mutex::new(Vec::new());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.iter().find(|pool| pool.current_num_threads() == threads) {
        return Ok(pool.clone());
    }
    let built = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|at| format!("leadscore-{at}"))
        .build()
        .map_err(|error| LeadscoreError::new("io", "threads", error.to_string()))?;
    let pool = Arc::new(built);
    pools.push(pool.clone());
    Ok(pool)
}
