//! The language model that `--model` names, over the network.

use std::time::Duration;

use leadscore::task::{Assisted, Budget, Cost, Task};
use leadscore_connect::llm::{Assistant, Model};
use tokio::runtime::Runtime;

use crate::args::assist::ModelArgs;
use crate::failure::Failure;

/// A model with the budget of this run.
pub(super) struct Connection {
    runtime: Runtime,
    assistant: Assistant,
    budget: Budget,
}

impl Connection {
    pub(super) fn open(model: &str, args: &ModelArgs) -> Result<Connection, Failure> {
        let model = Model::from_spec(model).map_err(|error| Failure::message(format!("--model: {error}")))?;
        let mut budget = Budget::unlimited();
        if let Some(usd) = args.max_cost {
            let cost = Cost::from_usd(usd).map_err(|error| Failure::about("--max-cost", error))?;
            budget = budget.max_cost(cost);
        }
        if let Some(calls) = args.max_calls {
            budget = budget.max_calls(calls);
        }
        let deadline = Duration::from_secs(args.deadline);
        let assistant = Assistant::new(model).deadline(deadline).attempt_timeout(deadline);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Connection { runtime, assistant, budget })
    }

    pub(super) fn ask<T: Task + Sync>(&self, task: &T) -> Assisted<T::Output> {
        self.runtime.block_on(self.assistant.assist(task, &self.budget))
    }
}
