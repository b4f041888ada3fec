//! In place of `connection` in a build without a network.

use leadscore::task::{Assisted, Task};

use crate::args::assist::ModelArgs;
use crate::failure::Failure;

/// There is none.
pub(super) enum Connection {}

impl Connection {
    pub(super) fn open(_: &str, _: &ModelArgs) -> Result<Connection, Failure> {
        Err(Failure::message(
            "--model: this build of the command has no network in it; `cargo install leadscore-cli` and the programs of \
             the releases have. Answers without a model, and --dry-run, are here",
        ))
    }

    pub(super) fn ask<T: Task>(&self, _: &T) -> Assisted<T::Output> {
        match *self {}
    }
}
