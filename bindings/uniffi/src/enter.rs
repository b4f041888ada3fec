//! Wrap long work from another language in this: it may use several threads, can be stopped by the caller, and its
//! panics are errors.

use leadscore::Error;
use leadscore::error::catch_panic;
use leadscore::parallel::Workers;

use crate::error::LeadscoreError;

/// Asked now and then by long work, on the thread that called for it, whether to end early.
#[uniffi::export(callback_interface)]
pub trait Stop: Send + Sync {
    /// Whether the work is to end now.
    fn is_stopped(&self) -> bool;
}

/// Does work with at most so many threads; zero are as many as there are processors.
pub(crate) fn enter_parallel<T>(
    threads: u32,
    stop: &dyn Stop,
    work: impl FnOnce(&Workers<'_>) -> Result<T, Error>,
) -> Result<T, LeadscoreError> {
    let is_stopped = || stop.is_stopped();
    let workers = Workers::new().stop(&is_stopped);
    let workers = if threads == 0 { workers } else { workers.threads(threads as usize) };
    Ok(catch_panic(|| work(&workers))?)
}
