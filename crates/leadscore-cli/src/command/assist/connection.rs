//! The language model that `--model` names, over the network.

use std::sync::Arc;
use std::time::Duration;

use leadscore::email::{EmbeddingError, KnowledgeBase};
use leadscore::task::{Assisted, Budget, Task};
use leadscore_connect::llm::{Assistant, EmbeddingModel, Model};
use tokio::runtime::Runtime;

use crate::args::assist::ModelArgs;
use crate::failure::Failure;

/// A model with the budget of this run.
pub(super) struct Connection {
    runtime: Runtime,
    assistant: Assistant,
    budget: Arc<Budget>,
}

impl Connection {
    pub(super) fn open(model: &str, args: &ModelArgs, budget: Arc<Budget>) -> Result<Connection, Failure> {
        let model = Model::from_spec(model).map_err(|error| Failure::message(format!("--model: {error}")))?;
        let deadline = Duration::from_secs(args.deadline);
        let assistant = Assistant::new(model).deadline(deadline).attempt_timeout(deadline);
        Ok(Connection { runtime: runtime()?, assistant, budget })
    }

    pub(super) fn ask<T: Task + Sync>(&self, task: &T) -> Assisted<T::Output> {
        self.runtime.block_on(self.assistant.assist(task, &self.budget))
    }
}

/// The model that `--embeddings` names.
pub(super) struct Embeddings {
    runtime: Runtime,
    model: EmbeddingModel,
}

impl Embeddings {
    pub(super) fn open(model: &str, args: &ModelArgs, budget: Arc<Budget>) -> Result<Embeddings, Failure> {
        let model = EmbeddingModel::from_spec(model)
            .map_err(|error| Failure::message(format!("--embeddings: {error}")))?;
        let deadline = Duration::from_secs(args.deadline);
        let model = model.budget(budget).deadline(deadline).attempt_timeout(deadline);
        Ok(Embeddings { runtime: runtime()?, model })
    }

    /// The same base with vectors of its passages and of a query.
    pub(super) fn find(
        &self,
        knowledge: &KnowledgeBase,
        query: &str,
    ) -> Result<KnowledgeBase, EmbeddingError> {
        self.runtime.block_on(async {
            let knowledge = knowledge.embedded(&self.model).await?;
            knowledge.embedded_for(&self.model, query).await
        })
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
