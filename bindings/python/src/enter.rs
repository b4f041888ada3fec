//! Wrap every call from Python into the library in one of these: they release the interpreter's lock, turn errors and
//! panics into `LeadscoreError`, and let Ctrl-C end long work.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general enough in its lifetime"
)]

use std::cell::RefCell;

use leadscore::error::catch_panic;
use leadscore::parallel::Workers;
use leadscore::{Error, Stop};
use pyo3::prelude::*;

use crate::error::LeadscoreError;

/// Does some work without the interpreter's lock.
pub(crate) fn enter<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    Ok(py.detach(|| catch_panic(work)).map_err(LeadscoreError::from)?)
}

/// Does work that may take long, which asks its [`Stop`] now and then: after Ctrl-C it ends with Python's
/// `KeyboardInterrupt`.
pub(crate) fn enter_long<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&dyn Stop) -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(|| {
        let interrupt = RefCell::new(None);
        let stop = || {
            let mut interrupt = interrupt.borrow_mut();
            if interrupt.is_none() {
                *interrupt = Python::attach(|py| py.check_signals()).err();
            }
            interrupt.is_some()
        };
        let result = catch_panic(|| work(&stop));
        match interrupt.into_inner() {
            Some(interrupt) => Err(interrupt),
            None => Ok(result.map_err(LeadscoreError::from)?),
        }
    })
}

/// The same for work of several threads.
pub(crate) fn enter_parallel<T: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    work: impl FnOnce(&Workers<'_>) -> Result<T, Error> + Send,
) -> PyResult<T> {
    enter_long(py, |stop| {
        let workers = Workers::new().stop(stop);
        work(&threads.map_or(workers, |count| workers.threads(count)))
    })
}
