//! The one way from Python into the library: without the interpreter's lock, with errors made Python's, and for long
//! work with a look at Ctrl-C now and then.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general enough in its lifetime"
)]

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::problem::Problem;

/// How long a person who pressed Ctrl-C may wait.
const PATIENCE: Duration = Duration::from_millis(50);
/// More threads than this are taken as this many.
const MOST_THREADS: usize = 256;

/// Does some work without the interpreter's lock.
pub(crate) fn enter<T: Send, E: Into<Problem> + Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, E> + Send,
) -> PyResult<T> {
    Ok(py.detach(|| work().map_err(Into::into))?)
}

/// Does work that cannot be cut into blocks on a thread of its own, while this one listens for Ctrl-C. The work is given
/// a question to ask now and then: whether it is still wanted. After Ctrl-C it is waited for, so that nothing is
/// written behind the caller's back.
pub(crate) fn enter_long<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(&dyn Fn() -> bool) -> Result<T, Problem> + Send + 'static,
) -> PyResult<T> {
    py.detach(|| {
        let (tell, told) = channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let asked = wanted.clone();
        std::thread::spawn(move || tell.send(work(&|| asked.load(Ordering::Relaxed))));
        loop {
            match told.recv_timeout(PATIENCE) {
                Ok(result) => return Ok(result?),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(interrupt) = Python::attach(|py| py.check_signals()) {
                        wanted.store(false, Ordering::Relaxed);
                        let _ = told.recv();
                        return Err(interrupt);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Problem::new("io", "", "the work ended without a result").into());
                }
            }
        }
    })
}

/// Does work on blocks of rows, by default on all processors where there is more than one block; the results in the
/// order of the rows. Work without rows is done once, for its errors.
pub(crate) fn enter_blocks<T: Send>(
    py: Python<'_>,
    rows: usize,
    block: usize,
    threads: Option<usize>,
    work: impl Fn(Range<usize>) -> Result<T, Problem> + Send + Sync,
) -> PyResult<Vec<T>> {
    let blocks = rows.div_ceil(block).max(1);
    let range = |at: usize| at * block..rows.min((at + 1) * block);
    if blocks == 1 {
        return py.detach(|| Ok(vec![work(0..rows)?]));
    }
    // Asked for only now: the answer costs more than a row.
    let threads = threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        .clamp(1, blocks.min(MOST_THREADS));
    py.detach(|| {
        if threads == 1 {
            let mut results = Vec::with_capacity(blocks);
            let mut looked = Instant::now();
            for at in 0..blocks {
                if looked.elapsed() > PATIENCE {
                    Python::attach(|py| py.check_signals())?;
                    looked = Instant::now();
                }
                results.push(work(range(at))?);
            }
            return Ok(results);
        }
        // No block after this one matters: the first that failed, as it would have been one by one.
        let last = AtomicUsize::new(usize::MAX);
        let (tell, told) = channel();
        let mut result = Ok(Vec::new());
        let mut interrupt = Ok(());
        pool(threads)?.in_place_scope(|scope| {
            let (last, result) = (&last, &mut result);
            scope.spawn(move |_| {
                let one = |at: usize| {
                    if at > last.load(Ordering::Relaxed) {
                        return None;
                    }
                    let result = work(range(at));
                    if result.is_err() {
                        last.fetch_min(at, Ordering::Relaxed);
                    }
                    Some(result)
                };
                let all: Vec<_> = (0..blocks).into_par_iter().map(one).collect();
                *result = all.into_iter().map_while(|result| result).collect();
                drop(tell);
            });
            while told.recv_timeout(PATIENCE) == Err::<(), _>(RecvTimeoutError::Timeout) {
                if interrupt.is_ok() {
                    interrupt = Python::attach(|py| py.check_signals());
                    if interrupt.is_err() {
                        last.store(0, Ordering::Relaxed);
                    }
                }
            }
        });
        interrupt?;
        Ok(result?)
    })
}

/// The pool of so many threads. A forked process has none of its parent's threads and so gets pools of its own.
fn pool(threads: usize) -> Result<Arc<ThreadPool>, Problem> {
    static POOLS: Mutex<Vec<(u32, usize, Arc<ThreadPool>)>> = Mutex::new(Vec::new());
    let process = std::process::id();
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, pool)) = pools.iter().find(|(own, size, _)| (*own, *size) == (process, threads)) {
        return Ok(pool.clone());
    }
    let built = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = Arc::new(built.map_err(|error| Problem::new("io", "threads", error.to_string()))?);
    pools.push((process, threads, pool.clone()));
    Ok(pool)
}
