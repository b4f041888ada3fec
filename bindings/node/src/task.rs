//! Questions to a language model.

use leadscore::task::AnyTask;
use napi::Env;
use napi_derive::napi;

use crate::enter::enter;
use crate::pipeline::Pipeline;

/// Exactly one question to a language model, with the check of its answer and the result without one.
#[napi]
#[derive(Debug)]
pub struct Task(AnyTask);

#[napi]
impl Task {
    /// Reads a request; one about leads wants a pipeline.
    #[napi(factory)]
    pub fn from_json(env: Env, request: String, pipeline: Option<&Pipeline>) -> napi::Result<Task> {
        enter(env, || {
            let pipeline = pipeline.map(Pipeline::core).transpose()?;
            AnyTask::from_json(&request, pipeline.as_ref())
        })
        .map(Task)
    }

    /// What a model is asked, as a JSON object.
    #[napi]
    pub fn prompt_json(&self, env: Env) -> napi::Result<String> {
        enter(env, || Ok(self.0.prompt_json()))
    }

    /// The result from what came of asking, as a JSON object.
    #[napi]
    pub fn conclude_json(&self, env: Env, outcome: String) -> napi::Result<String> {
        enter(env, || self.0.conclude_json(&outcome))
    }
}
