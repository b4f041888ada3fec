//! The language model that `--model` names, over the network.

use leadscore::task::{Assisted, Task};

use crate::args::assist::ModelArgs;
use crate::failure::Failure;

#[cfg(feature = "connect")]
pub(super) use with_network::Connection;

#[cfg(feature = "connect")]
mod with_network {
    use std::time::Duration;

    use leadscore::task::{Budget, Cost};
    use leadscore_connect::llm::{Assistant, Model};
    use tokio::runtime::Runtime;

    use super::{Assisted, Failure, ModelArgs, Task};

    /// A model with the budget of this run.
    pub(in super::super) struct Connection {
        runtime: Runtime,
        assistant: Assistant,
        budget: Budget,
    }

    impl Connection {
        pub(in super::super) fn open(model: &str, args: &ModelArgs) -> Result<Connection, Failure> {
            let model =
                Model::from_spec(model).map_err(|error| Failure::message(format!("--model: {error}")))?;
            let mut budget = Budget::unlimited();
            if let Some(usd) = args.max_cost {
                budget = budget
                    .max_cost(Cost::from_usd(usd).map_err(|error| Failure::about("--max-cost", error))?);
            }
            if let Some(calls) = args.max_calls {
                budget = budget.max_calls(calls);
            }
            let deadline = Duration::from_secs(args.deadline);
            let assistant = Assistant::new(model).deadline(deadline).attempt_timeout(deadline);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok(Connection { runtime, assistant, budget })
        }

        pub(in super::super) fn ask<T: Task + Sync>(&self, task: &T) -> Assisted<T::Output> {
            self.runtime.block_on(self.assistant.assist(task, &self.budget))
        }
    }
}

/// There is none in a build without a network.
#[cfg(not(feature = "connect"))]
pub(super) enum Connection {}

#[cfg(not(feature = "connect"))]
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
