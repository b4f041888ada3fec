//! How long work is told to end early.

use crate::{Error, ErrorKind};

/// Asked now and then by long work, on the thread that called for it, whether to end early.
///
/// Any function without arguments that answers true for "stop" will do.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use leadscore::{ErrorKind, Stop};
/// let cancelled = AtomicBool::new(true);
/// let stop = || cancelled.load(Ordering::Relaxed);
/// assert_eq!(stop.check().unwrap_err().kind(), ErrorKind::Cancelled);
/// ```
pub trait Stop {
    /// Whether the work is to end now.
    fn is_stopped(&self) -> bool;

    /// Goes on unless the work is to end.
    ///
    /// # Errors
    /// `cancelled`.
    fn check(&self) -> Result<(), Error> {
        if self.is_stopped() {
            return Err(Error::new(ErrorKind::Cancelled, "", "stopped before the end"));
        }
        Ok(())
    }
}

impl<F: Fn() -> bool> Stop for F {
    fn is_stopped(&self) -> bool {
        self()
    }
}

/// The [`Stop`] of work that always runs to its end.
pub fn never_stop() -> bool {
    false
}
