//! What a JavaScript object holds of ours, until it is closed or the garbage collector comes by.

use std::cell::{Cell, RefCell};

use leadscore::{Error, ErrorKind};
use napi::Env;

/// Something large, of whose size the garbage collector is told.
#[derive(Debug)]
pub(crate) struct Handle<T> {
    inner: RefCell<Option<T>>,
    bytes: Cell<i64>,
}

impl<T: Clone> Handle<T> {
    /// Takes up about so many bytes.
    pub(crate) fn new(env: Env, inner: T, bytes: usize) -> napi::Result<Handle<T>> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        env.adjust_external_memory(bytes)?;
        Ok(Handle { inner: RefCell::new(Some(inner)), bytes: Cell::new(bytes) })
    }

    /// What is held: another reference to the same.
    pub(crate) fn get(&self) -> Result<T, Error> {
        let closed = || Error::new(ErrorKind::Internal, "", "the handle was closed");
        self.inner.borrow().clone().ok_or_else(closed)
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        usize::try_from(self.bytes.get()).unwrap_or(0)
    }

    /// Lets go of what is held.
    pub(crate) fn close(&self, env: Env) -> napi::Result<()> {
        self.inner.take();
        env.adjust_external_memory(-self.bytes.take()).map(drop)
    }
}
