//! The language model that `--model` names, over the network.

use leadscore::task::{Assisted, Task};

use crate::args::assist::ModelArgs;
use crate::failure::Failure;

/// There is none yet.
pub(super) enum Connection {}

impl Connection {
    pub(super) fn open(_: &str, _: &ModelArgs) -> Result<Connection, Failure> {
        Err(Failure::message(
            "--model: this build of the command has no network in it; the one with it is the program of the releases, \
             or what `cargo install leadscore-cli` builds. --dry-run and the answers without a model are here",
        ))
    }

    pub(super) fn ask<T: Task>(&self, _: &T) -> Assisted<T::Output> {
        match *self {}
    }
}
