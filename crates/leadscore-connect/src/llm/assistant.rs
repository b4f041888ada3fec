//! Asks a model: within a budget, again where that helps, and never beyond a deadline.

use std::sync::Arc;
use std::time::Duration;

use leadscore::task::{
    Assisted, Budget, Completion, Cost, FailureKind, LanguageModel, ModelFailure, NotAsked, Outcome, Price,
    Prompt, Task, Usage, conclude,
};
use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::breaker::CircuitBreaker;
use super::model::Model;
use super::retry::{LONGEST_WAIT, Waits, settle_failure};

/// A model together with how it is asked: attempts, deadlines, how many calls at once, and a cache of answers.
///
/// Shared by all that ask; [`Assistant::assist`] takes `&self`. It never fails: where no answer comes, or none that can be
/// taken, the result is the task's own, and its provenance says why.
pub struct Assistant {
    model: Arc<dyn LanguageModel>,
    /// What tells the model's answers from those of another one.
    identity: String,
    price: Option<Price>,
    attempts: u32,
    attempt_timeout: Duration,
    deadline: Duration,
    first_wait: Duration,
    calls: Semaphore,
    breaker: CircuitBreaker,
    cache: Cache<String, Arc<Completion>>,
}

/// Longer is as good as for ever, and no clock has room for much more.
const LONGEST_DEADLINE: Duration = Duration::from_secs(86_400);
const LONGEST_KEPT: Duration = Duration::from_secs(365 * 86_400);

impl Assistant {
    /// A model of a vendor or of one's own machine, with its price by the list that ships with the library.
    ///
    /// At most 3 attempts of 30 s each and 45 s in all, 8 calls at once, a pause of 30 s after 5 failures in a row, and
    /// 1,000 answers kept for an hour.
    pub fn new(model: Model) -> Assistant {
        let (identity, price) = (model.identity(), model.price());
        Assistant::with_model(Arc::new(model), identity, price)
    }

    /// Any model, with a text that tells its answers from those of another one, and its price.
    pub fn with_model(
        model: Arc<dyn LanguageModel>,
        identity: impl Into<String>,
        price: Option<Price>,
    ) -> Assistant {
        Assistant {
            model,
            identity: identity.into(),
            price,
            attempts: 3,
            attempt_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(45),
            first_wait: Duration::from_millis(500),
            calls: Semaphore::new(8),
            breaker: CircuitBreaker::new(5, Duration::from_secs(30)),
            cache: cache(1_000, Duration::from_secs(3_600)),
        }
    }

    /// The same with so many attempts per question, at least one.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Assistant {
        self.attempts = attempts.max(1);
        self
    }

    /// The same with how long one attempt may take.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Assistant {
        self.attempt_timeout = timeout;
        self
    }

    /// The same with how long a question may take in all: waiting for its turn, attempts and the waits between them; at most
    /// a day.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Assistant {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// The same with the wait before the second attempt, which doubles with each further one up to 8 s; up to as much again
    /// is added at random. Where the vendor says how long to wait, that counts.
    #[must_use]
    pub fn first_wait(mut self, wait: Duration) -> Assistant {
        self.first_wait = wait.min(LONGEST_WAIT);
        self
    }

    /// The same with so many calls at once, at least one.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Assistant {
        self.calls = Semaphore::new(calls.clamp(1, Semaphore::MAX_PERMITS));
        self
    }

    /// The same with another pause after so many failures of the server in a row.
    #[must_use]
    pub fn circuit_breaker(mut self, failures: u32, pause: Duration) -> Assistant {
        self.breaker = CircuitBreaker::new(failures.max(1), pause.min(LONGEST_DEADLINE));
        self
    }

    /// The same with so many answers kept, and how long; none with 0. Only answers that were taken are kept.
    #[must_use]
    pub fn cache(mut self, answers: u64, time_to_live: Duration) -> Assistant {
        self.cache = cache(answers, time_to_live);
        self
    }

    /// A task's result: the model's answer if it passes the task's checks, else the task's own.
    ///
    /// Every attempt is reserved in the budget before it is made. The same question that is asked several times at once is
    /// sent once; the budget of the one who sent it pays, and for the others, as for an answer that was kept, usage and cost
    /// are zero.
    pub async fn assist<T: Task + Sync>(&self, task: &T, budget: &Budget) -> Assisted<T::Output> {
        let prompt = task.prompt();
        let key = prompt.cache_key(&self.identity);
        let deadline = Instant::now() + self.deadline;
        loop {
            let mut is_own = false;
            let asked = async {
                is_own = true;
                let completion = self.ask(&prompt, budget, deadline).await?;
                match task.accept(&completion.text) {
                    Ok(_) => Ok(Arc::new(completion)),
                    // Handed on to all who wait for it, and not kept.
                    Err(_) => Err(Outcome::Replied(completion)),
                }
            };
            let outcome = match self.cache.try_get_with(key.clone(), asked).await {
                Ok(completion) => Outcome::Replied(Completion::clone(&completion)),
                Err(outcome) => Outcome::clone(&outcome),
            };
            match outcome {
                outcome if is_own => return conclude(task, outcome),
                // Somebody else's budget has ended, which says nothing about this one.
                Outcome::NotAsked(_) => {}
                outcome => return conclude(task, unpaid(outcome)),
            }
        }
    }

    /// One answer, by as many attempts as it takes and may take.
    async fn ask(&self, prompt: &Prompt, budget: &Budget, deadline: Instant) -> Result<Completion, Outcome> {
        let mut waits = Waits::new(self.first_wait);
        let mut used = None;
        let mut before: Option<ModelFailure> = None;
        for attempt in 1.. {
            let mut failure = match self.attempt(prompt, budget, deadline).await {
                Ok(completion) => return Ok(with_usage_of_before(completion, used)),
                Err(NoAnswer::Failed(failure)) => failure,
                // Where it was asked before, what came of that is why there is no answer.
                Err(NoAnswer::NotSent { outcome, why }) => {
                    return Err(before.map_or(outcome, |mut failure| {
                        failure.message += &format!(" (attempt {}; {why})", attempt - 1);
                        Outcome::Failed(failure)
                    }));
                }
            };
            used = sum(used, failure.usage);
            failure.usage = used;
            let wait = waits.before_next(&failure, deadline).filter(|_| attempt < self.attempts);
            let Some(wait) = wait else {
                if attempt > 1 {
                    failure.message += &format!(" (attempt {attempt})");
                }
                return Err(Outcome::Failed(failure));
            };
            before = Some(failure);
            sleep(wait).await;
        }
        unreachable!("the last attempt returns")
    }

    /// One attempt, when its turn has come.
    async fn attempt(
        &self,
        prompt: &Prompt,
        budget: &Budget,
        deadline: Instant,
    ) -> Result<Completion, NoAnswer> {
        let not_sent = |kind, why: &'static str| NoAnswer::NotSent {
            outcome: Outcome::Failed(ModelFailure::new(kind, why)),
            why: why.to_owned(),
        };
        let no_turn = || not_sent(FailureKind::Timeout, "no turn came before the deadline");
        let Ok(Ok(_turn)) = timeout_at(deadline, self.calls.acquire()).await else { return Err(no_turn()) };
        let left = deadline.saturating_duration_since(Instant::now()).min(self.attempt_timeout);
        if left.is_zero() {
            return Err(no_turn());
        }
        let Some(attempt) = self.breaker.attempt() else {
            let why = "the model has failed several times in a row and is left alone for a while";
            return Err(not_sent(FailureKind::Unavailable, why));
        };
        let permit = budget.reserve(prompt, self.price.as_ref()).map_err(|over| NoAnswer::NotSent {
            outcome: Outcome::NotAsked(NotAsked::OverBudget),
            why: over.to_string(),
        })?;
        let Ok(answer) = timeout(left, self.model.complete(prompt)).await else {
            // The permit is dropped: nobody knows what the vendor has done, so all of it counts.
            attempt.failed();
            let message = format!("no answer within {:.1} s", left.as_secs_f64());
            return Err(NoAnswer::Failed(ModelFailure::new(FailureKind::Timeout, message)));
        };
        match answer {
            Ok(completion) => {
                attempt.succeeded();
                permit.settle_completion(&completion);
                Ok(completion)
            }
            Err(failure) => {
                if failure.kind.is_transient() {
                    attempt.failed();
                } else {
                    attempt.succeeded();
                }
                settle_failure(permit, &failure);
                Err(NoAnswer::Failed(failure))
            }
        }
    }
}

/// Why an attempt gave no answer.
enum NoAnswer {
    /// It was made.
    Failed(ModelFailure),
    /// It was not made, and none after it may be.
    NotSent { outcome: Outcome, why: String },
}

impl std::fmt::Debug for Assistant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assistant").field("model", &self.identity).finish_non_exhaustive()
    }
}

fn cache(answers: u64, time_to_live: Duration) -> Cache<String, Arc<Completion>> {
    Cache::builder().max_capacity(answers).time_to_live(time_to_live.min(LONGEST_KEPT)).build()
}

/// An outcome for someone who has not paid for it.
fn unpaid(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Replied(completion) => Outcome::Replied(
            Completion::new(completion.model, completion.text).usage(Usage::default()).cost(Cost::default()),
        ),
        Outcome::Failed(mut failure) => {
            failure.usage = None;
            Outcome::Failed(failure)
        }
        not_asked @ Outcome::NotAsked(_) => not_asked,
    }
}

fn sum(before: Option<Usage>, more: Option<Usage>) -> Option<Usage> {
    match (before, more) {
        (Some(before), Some(more)) => Some(before.saturating_add(more)),
        (before, more) => before.or(more),
    }
}

/// An answer with the tokens of attempts that failed before it. A stated cost is of the last attempt alone and so is left out.
fn with_usage_of_before(mut completion: Completion, before: Option<Usage>) -> Completion {
    if before.is_some() {
        completion.usage = sum(before, completion.usage);
        completion.cost = None;
    }
    completion
}
