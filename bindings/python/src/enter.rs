//! Wrap every call from Python into the library in one of these: they release the interpreter's lock, turn errors and
//! panics into `LeadscoreError`, and let Ctrl-C end long work.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    enter_asked(py, |_| Ok(()), work)
}

/// The same with something more that is asked now and then, and whose exception ends the work.
fn enter_asked<T: Send>(
    py: Python<'_>,
    ask: impl Fn(Python<'_>) -> PyResult<()> + Sync,
    work: impl FnOnce(&dyn Stop) -> Result<T, Error> + Send,
) -> PyResult<T> {
    enter_interrupted(py, |interrupt| work(&|| interrupt.ask(|py| py.check_signals().and_then(|()| ask(py)))))
}

/// What ended some work early: an exception of Python's.
#[derive(Default)]
pub(crate) struct Interrupt(RefCell<Option<PyErr>>);

impl Interrupt {
    /// Calls Python unless an exception was raised before; whether one has been.
    pub(crate) fn ask(&self, ask: impl FnOnce(Python<'_>) -> PyResult<()>) -> bool {
        if self.0.borrow().is_none() {
            let raised = Python::attach(ask).err();
            *self.0.borrow_mut() = raised;
        }
        self.0.borrow().is_some()
    }
}

/// Does work without the interpreter's lock that calls Python now and then, on this thread; an exception is the result.
pub(crate) fn enter_interrupted<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Interrupt) -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(|| {
        let interrupt = Interrupt::default();
        let result = catch_panic(|| work(&interrupt));
        match interrupt.0.into_inner() {
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
    enter_telling(py, threads, None, work)
}

/// A callable that is told how many rows are done, and the number of all rows.
pub(crate) struct Progress {
    pub(crate) call: Py<PyAny>,
    pub(crate) total: usize,
}

/// The same, telling how far it is.
pub(crate) fn enter_telling<T: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    progress: Option<Progress>,
    work: impl FnOnce(&Workers<'_>) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let done = AtomicUsize::new(0);
    let tell = |py: Python<'_>, done: usize| match &progress {
        Some(Progress { call, total }) => call.call1(py, (done.min(*total), *total)).map(|_| ()),
        None => Ok(()),
    };
    let ask = |py: Python<'_>| tell(py, done.load(Ordering::Relaxed));
    let result = enter_asked(py, ask, |stop| {
        let workers = Workers::new().stop(stop).count(&done);
        work(&threads.map_or(workers, |count| workers.threads(count)))
    })?;
    tell(py, usize::MAX)?;
    Ok(result)
}
