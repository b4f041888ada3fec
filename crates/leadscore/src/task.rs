//! Questions that a language model may help with: what is asked, how the answer is checked, and the fallback without a model.
//!
//! Nothing here reaches a network. A [`Task`] gives its [`Prompt`]; the caller asks whatever model it has, or none; and
//! [`conclude`] turns what came of it into a result that is always complete. An answer is taken only if it has the form
//! that was asked for, its numbers are in range and agree with the pipeline's, and its words state nothing that the input
//! does not say.

mod advice;
mod any;
mod budget;
mod chat_intent;
mod chat_reply;
mod conversion;
pub(crate) mod data;
pub(crate) mod detail;
pub(crate) mod grounding;
mod lead_data;
mod mask;
mod next_action;
mod outcome;
mod outcome_json;
mod price;
mod prompt;
mod qualification;
mod ranking;
pub(crate) mod reply;
mod request;
mod time_to_close;
mod usage;

use std::pin::Pin;

use serde::Serialize;

pub use any::{AnyTask, TaskOutput};
pub use budget::{Budget, OverBudget, Permit, Spent};
pub use chat_intent::{ChatIntent, ChatIntentTask};
pub use chat_reply::{ChatReply, ChatReplyTask};
pub use conversion::{ConversionPrediction, ConversionTask};
pub use mask::Masked;
pub use next_action::{NextAction, NextActionTask};
pub use outcome::{
    Assisted, Author, Completion, FailureKind, FallbackReason, ModelFailure, NotAsked, Outcome, Provenance,
    conclude,
};
pub use price::{Cost, Price, PriceList};
pub use prompt::Prompt;
pub use qualification::{Qualification, QualificationTask};
pub use ranking::{RankedLead, RankingTask};
pub use reply::{Rejection, RejectionKind};
pub use time_to_close::{TimeToClose, TimeToCloseTask};
pub use usage::Usage;

/// Exactly one question, with the check of its answer and the result without a model. Pure: no clock, no network.
pub trait Task {
    /// The result.
    type Output: Serialize;

    /// The task's name, such as `conversion`.
    fn name(&self) -> &'static str;

    /// Rises with every change of the wording.
    fn version(&self) -> u32;

    /// What a model is asked.
    fn prompt(&self) -> Prompt;

    /// The result that a model's answer gives.
    ///
    /// # Errors
    /// Why the answer is not taken.
    fn accept(&self, reply: &str) -> Result<Self::Output, Rejection>;

    /// The result without a model.
    fn fallback(&self) -> Self::Output;
}

/// A language model: one attempt for a prompt, by whatever means.
///
/// Repeated attempts, limits and budgets are the caller's.
pub trait LanguageModel: Send + Sync {
    /// Asks once.
    fn complete<'a>(
        &'a self,
        prompt: &'a Prompt,
    ) -> Pin<Box<dyn Future<Output = Result<Completion, ModelFailure>> + Send + 'a>>;
}
