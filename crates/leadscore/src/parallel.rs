//! Work on many rows with several threads (feature `parallel`): cut into blocks, with results and errors in the order of
//! the rows, the same for any number of threads, and stopped when the caller wants.
//!
//! [`Workers`] says how many threads and when to stop. The methods of [`Pipeline`](crate::Pipeline) and
//! [`Forest`](crate::Forest) whose names end in `_parallel` take it; [`Workers::run_blocks`] is for work of one's own.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

pub use crate::feature::MatrixRows;

use crate::error::catch_panic;
use crate::{Error, Stop, never_stop};

/// More threads than this are taken as this many.
pub const MAX_THREADS: usize = 256;

/// How often the caller is asked whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How many threads may work at once, and what stops them.
///
/// ```
/// use leadscore::parallel::Workers;
/// let squares = Workers::new().threads(2).run_blocks(10, 4, |rows| Ok(rows.map(|row| row * row).collect::<Vec<_>>()))?;
/// assert_eq!(squares.concat()[9], 81);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Workers<'s> {
    threads: Option<usize>,
    stop: &'s dyn Stop,
    done: Option<&'s AtomicUsize>,
}

impl<'s> Workers<'s> {
    /// As many threads as the process may use processors; nothing stops them.
    pub fn new() -> Workers<'s> {
        Workers { threads: None, stop: &(never_stop as fn() -> bool), done: None }
    }

    /// With at most so many threads, from 1 to [`MAX_THREADS`].
    #[must_use]
    pub fn threads(mut self, count: usize) -> Workers<'s> {
        self.threads = Some(count.clamp(1, MAX_THREADS));
        self
    }

    /// With what stops the work: asked on the calling thread between blocks or some twenty times a second, but not for
    /// work that is a single block.
    #[must_use]
    pub fn stop(mut self, stop: &'s dyn Stop) -> Workers<'s> {
        self.stop = stop;
        self
    }

    /// With a counter of the rows that are done, for whoever is asked whether to stop.
    #[must_use]
    pub fn count(mut self, done: &'s AtomicUsize) -> Workers<'s> {
        self.done = Some(done);
        self
    }

    /// Does work on blocks of `block_size` rows, the last one smaller; the results in the order of the rows. Work without
    /// rows is done once, for its errors. Called within a block, it uses the thread of that block alone.
    ///
    /// # Errors
    /// The error of the first block that failed, in the order of the rows; `cancelled` where the work was stopped;
    /// `internal` for a block that panicked.
    ///
    /// # Panics
    /// When `block_size` is 0.
    pub fn run_blocks<T: Send>(
        &self,
        row_count: usize,
        block_size: usize,
        work: impl Fn(Range<usize>) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let all = Vec::with_capacity(row_count.div_ceil(block_size).max(1));
        self.merge_blocks(row_count, block_size, work, all, Vec::push)
    }

    /// The same with results that are put into one as soon as those before are: only few of them are held at once.
    ///
    /// # Errors
    /// As [`Workers::run_blocks`].
    ///
    /// # Panics
    /// When `block_size` is 0.
    pub fn merge_blocks<T: Send, A: Send>(
        &self,
        row_count: usize,
        block_size: usize,
        work: impl Fn(Range<usize>) -> Result<T, Error> + Sync,
        mut all: A,
        mut merge: impl FnMut(&mut A, T) + Send,
    ) -> Result<A, Error> {
        let block_count = row_count.div_ceil(block_size).max(1);
        let counter = self.done;
        let run = |block: usize| {
            let rows = block * block_size..row_count.min((block + 1) * block_size);
            let row_count = rows.len();
            let result = catch_panic(|| work(rows));
            if let Some(done) = counter {
                done.fetch_add(row_count, Ordering::Relaxed);
            }
            result
        };
        if block_count == 1 {
            merge(&mut all, run(0)?);
            return Ok(all);
        }
        self.stop.check()?;
        match self.pool() {
            Some(pool) => self.run_in_pool(&pool, block_count, &run, |result| merge(&mut all, result))?,
            None => self.run_here(block_count, run, |result| merge(&mut all, result))?,
        }
        Ok(all)
    }

    /// Goes on unless the work is to end.
    ///
    /// # Errors
    /// `cancelled`.
    #[cfg(feature = "learn")]
    pub(crate) fn check_stop(&self) -> Result<(), Error> {
        self.stop.check()
    }

    fn run_here<T>(
        &self,
        block_count: usize,
        run: impl Fn(usize) -> Result<T, Error>,
        mut merge: impl FnMut(T),
    ) -> Result<(), Error> {
        let mut polled = Instant::now();
        for block in 0..block_count {
            if polled.elapsed() > POLL_INTERVAL {
                self.stop.check()?;
                polled = Instant::now();
            }
            merge(run(block)?);
        }
        Ok(())
    }

    fn run_in_pool<T: Send>(
        &self,
        pool: &ThreadPool,
        block_count: usize,
        run: &(impl Fn(usize) -> Result<T, Error> + Sync),
        merge: impl FnMut(T) + Send,
    ) -> Result<(), Error> {
        // Blocks from this one on are not needed: after the first error, or all once the work is stopped.
        let end = AtomicUsize::new(block_count);
        let next = AtomicUsize::new(0);
        let merger = Mutex::new(Merger { next: 0, waiting: BTreeMap::new(), error: None, merge });
        let mut stopped = Ok(());
        let (done, is_done) = channel::<()>();
        pool.in_place_scope(|scope| {
            for _ in 0..pool.current_num_threads().min(block_count) {
                let (end, next, merger, done) = (&end, &next, &merger, done.clone());
                scope.spawn(move |_| {
                    loop {
                        let block = next.fetch_add(1, Ordering::Relaxed);
                        if block >= end.load(Ordering::Relaxed) {
                            break;
                        }
                        let result = run(block);
                        if result.is_err() {
                            end.fetch_min(block, Ordering::Relaxed);
                        }
                        merger.lock().unwrap_or_else(PoisonError::into_inner).take(block, result);
                    }
                    drop(done);
                });
            }
            drop(done);
            while is_done.recv_timeout(POLL_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if stopped.is_ok() {
                    stopped = self.stop.check();
                    if stopped.is_err() {
                        end.store(0, Ordering::Relaxed);
                    }
                }
            }
        });
        stopped?;
        merger.into_inner().unwrap_or_else(PoisonError::into_inner).error.map_or(Ok(()), Err)
    }

    /// The pool of so many threads, made once; none where one thread is enough, the system gives no more, or this is one
    /// of their threads.
    pub(crate) fn pool(&self) -> Option<Arc<ThreadPool>> {
        // A forked process has none of its parent's threads, and so pools of its own.
        static POOLS: Mutex<Vec<(u32, Arc<ThreadPool>)>> = Mutex::new(Vec::new());
        let processors = || std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let thread_count = self.threads.unwrap_or_else(processors);
        if thread_count == 1 {
            return None;
        }
        let process = std::process::id();
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        // A block that is itself work in blocks would wait for threads that wait for it.
        if pools.iter().any(|(_, pool)| pool.current_thread_index().is_some()) {
            return None;
        }
        let known = pools
            .iter()
            .find(|(owner, pool)| *owner == process && pool.current_num_threads() == thread_count);
        if let Some((_, pool)) = known {
            return Some(pool.clone());
        }
        let name = |index| format!("leadscore-{index}");
        let pool = ThreadPoolBuilder::new().num_threads(thread_count).thread_name(name).build().ok()?;
        let pool = Arc::new(pool);
        pools.push((process, pool.clone()));
        Some(pool)
    }
}

/// Puts results together in the order of their blocks, however they come.
struct Merger<T, M> {
    next: usize,
    waiting: BTreeMap<usize, Result<T, Error>>,
    /// The first error in that order: nothing comes after it.
    error: Option<Error>,
    merge: M,
}

impl<T, M: FnMut(T)> Merger<T, M> {
    fn take(&mut self, block: usize, result: Result<T, Error>) {
        self.waiting.insert(block, result);
        while self.error.is_none()
            && let Some(result) = self.waiting.remove(&self.next)
        {
            self.next += 1;
            match result {
                Ok(result) => (self.merge)(result),
                Err(error) => self.error = Some(error),
            }
        }
    }
}

impl Default for Workers<'_> {
    fn default() -> Self {
        Workers::new()
    }
}

impl fmt::Debug for Workers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("threads", &self.threads).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::ErrorKind;

    fn all(threads: usize) -> Workers<'static> {
        Workers::new().threads(threads)
    }

    #[test]
    fn blocks_come_in_the_order_of_their_rows() {
        for threads in [1, 2, 5] {
            let blocks = all(threads).run_blocks(1003, 10, Ok).unwrap();
            assert_eq!(blocks.len(), 101);
            assert_eq!((blocks[0].clone(), blocks[100].clone()), (0..10, 1000..1003));
            assert!(blocks.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
        assert_eq!(all(2).run_blocks(0, 10, |rows| Ok(rows.len())).unwrap(), [0]);
    }

    #[test]
    fn results_are_put_together_in_order_while_others_are_worked_on() {
        for threads in [1, 2, 5] {
            let held = AtomicUsize::new(0);
            let most = AtomicUsize::new(0);
            let work = |rows: Range<usize>| {
                most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_micros(100));
                Ok(rows)
            };
            let merge = |all: &mut Vec<usize>, rows: Range<usize>| {
                held.fetch_sub(1, Ordering::SeqCst);
                all.extend(rows);
            };
            let all = all(threads).merge_blocks(20_000, 10, work, Vec::new(), merge).unwrap();
            assert!(all.into_iter().eq(0..20_000));
            assert!(most.into_inner() < 2000, "all blocks are held at once");
        }
    }

    #[test]
    fn the_first_error_in_the_order_of_rows_wins() {
        for threads in [1, 2, 5] {
            let error = all(threads)
                .run_blocks(1000, 10, |rows| {
                    // A later block fails sooner.
                    std::thread::sleep(Duration::from_micros(if rows.start == 310 { 3000 } else { 100 }));
                    match rows.start {
                        310 | 320 | 900 => {
                            Err(Error::new(ErrorKind::InvalidLead, "", rows.start.to_string()))
                        }
                        _ => Ok(()),
                    }
                })
                .unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::InvalidLead, "310"), "{threads}");
        }
    }

    #[test]
    fn work_that_is_stopped_ends_soon() {
        for threads in [1, 3] {
            let asked = Cell::new(0);
            let stop = || {
                asked.set(asked.get() + 1);
                asked.get() > 1
            };
            let begun = AtomicUsize::new(0);
            let work = |_| {
                begun.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
                Ok(())
            };
            let error = all(threads).stop(&stop).run_blocks(10_000, 1, work).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            assert!(begun.load(Ordering::Relaxed) < 5000);
        }
        let begun = AtomicBool::new(false);
        let work = |_| {
            begun.store(true, Ordering::Relaxed);
            Ok(())
        };
        assert!(all(2).stop(&|| true).run_blocks(10, 1, work).is_err());
        assert!(!begun.into_inner());
    }

    #[test]
    fn rows_that_are_done_are_counted() {
        for (threads, rows) in [(1, 5), (1, 1003), (3, 1003)] {
            let done = AtomicUsize::new(0);
            all(threads).count(&done).run_blocks(rows, 10, Ok).unwrap();
            assert_eq!(done.into_inner(), rows);
        }
    }

    #[test]
    fn a_block_may_itself_be_work_in_blocks() {
        // One pool within itself, and within another one.
        for inner in [2, 3] {
            let work = |rows: Range<usize>| {
                all(inner).run_blocks(20, 1, |_| all(2).run_blocks(3, 1, Ok))?;
                Ok(rows.start)
            };
            assert_eq!(all(2).run_blocks(8, 1, work).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        }
    }

    #[test]
    fn a_panic_is_an_internal_error() {
        for (rows, threads) in [(1, 1), (100, 1), (100, 2)] {
            let work = |rows: Range<usize>| {
                assert!(!rows.contains(&(rows.end - 1)) || rows.end < 1, "broken");
                Ok(())
            };
            let error = all(threads).run_blocks(rows, 10, work).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert!(error.message().contains("broken"), "{error}");
        }
    }
}
