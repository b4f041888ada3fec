//! Questions to a language model.

use std::sync::Arc;

use leadscore::error::catch_panic;
use leadscore::task::{AnyTask, RankingTask};

use crate::error::LeadscoreError;
use crate::pipeline::Pipeline;

/// Exactly one question to a language model, with the check of its answer and the result without one.
#[derive(Debug, uniffi::Object)]
pub struct Task(AnyTask);

#[uniffi::export]
impl Task {
    /// Reads a request; one about leads wants a pipeline.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_task`, and what is wrong with the lead, its options or the conversation.
    #[uniffi::constructor]
    pub fn from_json(request: String, pipeline: Option<Arc<Pipeline>>) -> Result<Task, LeadscoreError> {
        let pipeline = pipeline.as_ref().map(|pipeline| pipeline.core());
        Ok(Task(catch_panic(|| AnyTask::from_json(&request, pipeline))?))
    }

    /// What a model is asked, as a JSON object.
    pub fn prompt_json(&self) -> String {
        self.0.prompt_json()
    }

    /// The result from what came of asking, as a JSON object.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_task`.
    pub fn conclude_json(&self, outcome: String) -> Result<String, LeadscoreError> {
        Ok(catch_panic(|| self.0.conclude_json(&outcome))?)
    }
}

/// One ranking from a JSON list of rankings, each the output of one question.
///
/// # Errors
/// `invalid_json`, `invalid_task`.
#[uniffi::export]
pub fn merge_rankings_json(rankings: String) -> Result<String, LeadscoreError> {
    Ok(catch_panic(|| RankingTask::merge_json(&rankings))?)
}
