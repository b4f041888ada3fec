//! In place of `connection` in a build without a network.

use std::sync::Arc;

use leadscore::email::{EmbeddingError, KnowledgeBase};
use leadscore::task::{Assisted, Budget, Task};

use crate::args::assist::ModelArgs;
use crate::failure::Failure;

/// There is none.
pub(super) enum Connection {}

/// There are none.
pub(super) enum Embeddings {}

impl Connection {
    pub(super) fn open(_: &str, _: &ModelArgs, _: Arc<Budget>) -> Result<Connection, Failure> {
        Err(no_network("--model"))
    }

    pub(super) fn ask<T: Task>(&self, _: &T) -> Assisted<T::Output> {
        match *self {}
    }
}

impl Embeddings {
    pub(super) fn open(_: &str, _: &ModelArgs, _: Arc<Budget>) -> Result<Embeddings, Failure> {
        Err(no_network("--embeddings"))
    }

    pub(super) fn find(&self, _: &KnowledgeBase, _: &str) -> Result<KnowledgeBase, EmbeddingError> {
        match *self {}
    }
}

fn no_network(option: &str) -> Failure {
    Failure::message(format!(
        "{option}: this build of the command has no network in it; `cargo install leadscore-cli` and the programs of the \
         releases have. Answers without a model, and --dry-run, are here"
    ))
}
