//! What came of asking a language model, and what is handed on.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Cost, PriceList, Rejection, Task, Usage};

/// What came of asking a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It answered.
    Replied(Completion),
    /// It was not asked.
    NotAsked(NotAsked),
    /// It was asked, and there is no answer.
    Failed(ModelFailure),
}

/// Why a model was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotAsked {
    /// There is none.
    NoModel,
    /// The call could have exceeded the budget.
    OverBudget,
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Completion {
    /// The text of the answer.
    pub text: String,
    /// The model that answered, as the vendor names it; blank where that is not known.
    pub model: String,
    /// Tokens used, where the vendor says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The cost, where the vendor states it; otherwise it comes from the list of prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelFailure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What was wrong, without secrets.
    pub message: String,
    /// How long the vendor asks to wait before the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub retry_after: Option<Duration>,
    /// Whether another attempt may succeed, where the vendor says so; else that is a matter of the kind. It concerns who asks,
    /// and is not a part of a result's JSON.
    #[serde(skip)]
    pub retry: Option<bool>,
    /// Tokens that were used all the same, where the vendor says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// The kinds of failure of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// No answer in time.
    Timeout,
    /// The vendor could not be reached, or the connection broke.
    Connection,
    /// The vendor asks to come back later.
    RateLimited,
    /// The vendor's server failed or is overloaded.
    Unavailable,
    /// The account has no credit left.
    NoCredit,
    /// The key is missing, wrong or not allowed.
    Unauthorized,
    /// There is no such model, or it was shut down.
    UnknownModel,
    /// The vendor refuses the request as it is.
    BadRequest,
    /// The model declined to answer, or the answer was filtered.
    Refused,
    /// The answer was cut off.
    Truncated,
    /// The vendor's answer cannot be read.
    BadResponse,
    /// The caller stopped it.
    Cancelled,
}

/// A task's result, where it comes from and what it cost; always complete.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Assisted<T> {
    /// The result.
    pub output: T,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Tokens used, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What they cost; none where the price or the count is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// Where a task's result comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Provenance {
    /// The task's name.
    pub task: &'static str,
    /// The version of its wording.
    pub version: u32,
    /// Who made the result.
    pub author: Author,
    /// The model that answered, even if its answer was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why the result is not a model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<FallbackReason>,
}

/// Who made a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A language model, whose answer passed every check.
    Model,
    /// The rules of the library.
    Rules,
}

/// Why rules made a result.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FallbackReason {
    /// No model was asked.
    NotAsked {
        /// Why not.
        why: NotAsked,
    },
    /// The model failed.
    Failed {
        /// How.
        failure: ModelFailure,
    },
    /// The model answered, and the answer was not taken.
    Rejected {
        /// Why not.
        rejection: Rejection,
    },
}

/// A task's result from what came of asking a model: the checked answer, or else the fallback. Pure.
///
/// ```
/// use leadscore::task::{Author, NotAsked, Outcome, conclude};
/// # use leadscore::task::{Prompt, Rejection, Task};
/// # struct Greeting;
/// # impl Task for Greeting {
/// #     type Output = String;
/// #     fn prompt(&self) -> Prompt { unreachable!() }
/// #     fn name(&self) -> &'static str { "greeting" }
/// #     fn version(&self) -> u32 { 1 }
/// #     fn accept(&self, reply: &str) -> Result<String, Rejection> { Ok(reply.to_owned()) }
/// #     fn fallback(&self) -> String { "Good morning".to_owned() }
/// # }
/// let assisted = conclude(&Greeting, Outcome::NotAsked(NotAsked::NoModel));
/// assert_eq!((assisted.output.as_str(), assisted.provenance.author), ("Good morning", Author::Rules));
/// ```
pub fn conclude<T: Task>(task: &T, outcome: Outcome) -> Assisted<T::Output> {
    let provenance = |author, model, reason| Provenance {
        task: task.name(),
        version: task.version(),
        author,
        model,
        reason,
    };
    let fallback = |reason, model, usage, cost| Assisted {
        output: task.fallback(),
        provenance: provenance(Author::Rules, model, Some(reason)),
        usage,
        cost,
    };
    match outcome {
        Outcome::NotAsked(why) => fallback(FallbackReason::NotAsked { why }, None, None, None),
        Outcome::Failed(failure) => {
            let usage = failure.usage;
            fallback(FallbackReason::Failed { failure }, None, usage, None)
        }
        Outcome::Replied(completion) => {
            let cost = completion.known_cost();
            let Completion { text, model, usage, .. } = completion;
            let model = Some(model).filter(|model| !model.is_empty());
            match task.accept(&text) {
                Ok(output) => {
                    let provenance = provenance(Author::Model, model, None);
                    Assisted { output, provenance, usage, cost }
                }
                Err(rejection) => fallback(FallbackReason::Rejected { rejection }, model, usage, cost),
            }
        }
    }
}

impl Completion {
    /// An answer of a model, of which tokens and cost are not known.
    pub fn new(model: impl Into<String>, text: impl Into<String>) -> Completion {
        Completion { text: text.into(), model: model.into(), usage: None, cost: None }
    }

    /// The same with the tokens used.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Completion {
        self.usage = Some(usage);
        self
    }

    /// The same with the cost that the vendor states.
    #[must_use]
    pub fn cost(mut self, cost: Cost) -> Completion {
        self.cost = Some(cost);
        self
    }

    /// The cost as stated, else by the tokens and the list of prices.
    pub fn known_cost(&self) -> Option<Cost> {
        let listed = || PriceList::builtin().price(&self.model)?.cost(&self.usage?);
        self.cost.or_else(listed)
    }
}

impl ModelFailure {
    /// A failure of some kind, with a message that holds no secret.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> ModelFailure {
        ModelFailure { kind, message: message.into(), retry_after: None, retry: None, usage: None }
    }

    /// The same with how long the vendor asks to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> ModelFailure {
        self.retry_after = Some(wait);
        self
    }

    /// The same with what the vendor says of another attempt, which counts more than the kind.
    #[must_use]
    pub fn retry(mut self, may_succeed: bool) -> ModelFailure {
        self.retry = Some(may_succeed);
        self
    }

    /// Whether another attempt may succeed: by what the vendor says, else by the kind.
    pub fn is_transient(&self) -> bool {
        self.retry.unwrap_or_else(|| self.kind.is_transient())
    }

    /// The same with tokens that were used all the same.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> ModelFailure {
        self.usage = Some(usage);
        self
    }
}

impl FailureKind {
    /// Whether another attempt may succeed.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            FailureKind::Timeout
                | FailureKind::Connection
                | FailureKind::RateLimited
                | FailureKind::Unavailable
        )
    }
}

impl fmt::Display for ModelFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ModelFailure {}

/// A duration as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, reason = "serde wants a reference")]
    pub(super) fn serialize<S: Serializer>(
        wait: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        wait.map(|wait| wait.as_secs_f64()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds
            .map(|seconds| Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom))
            .transpose()
    }
}
