//! A limit on what language models may cost.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::{Completion, Cost, Price, Prompt, Usage};

/// Limits on calls, tokens and cost, shared by all threads that ask models.
///
/// Every attempt is reserved before it is made, by the most it can take, so that no call goes out that could exceed a
/// limit. What it really took is settled afterwards.
///
/// ```
/// use leadscore::task::{Budget, Price, Usage};
/// # use leadscore::task::{Prompt, Task};
/// # fn ask(prompt: &Prompt) -> Result<(), Box<dyn std::error::Error>> {
/// let budget = Budget::unlimited().max_calls(1).max_tokens(50_000);
/// let permit = budget.reserve(prompt, Some(&Price::FREE))?;
/// permit.settle(&Usage::new(120, 80), None);
/// assert_eq!(budget.spent().tokens, 200);
/// assert!(budget.reserve(prompt, Some(&Price::FREE)).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Budget {
    max_calls: Option<u64>,
    max_tokens: Option<u64>,
    max_cost: Option<Cost>,
    taken: Mutex<Taken>,
}

/// What was spent, and what is reserved for calls that are under way.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    spent: Spent,
    reserved: Spent,
}

/// Calls, tokens and cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Spent {
    /// Attempts, failed ones among them.
    pub calls: u64,
    /// Input and output tokens.
    pub tokens: u64,
    /// The cost, as far as prices are known.
    pub cost: Cost,
}

/// Leave to make one attempt. Dropped without being settled, it counts as if all of it had been used.
#[derive(Debug)]
#[must_use = "an attempt that is not made is given back with `release`"]
pub struct Permit<'b> {
    budget: &'b Budget,
    most: Spent,
    price: Option<Price>,
    is_open: bool,
}

/// Why an attempt may not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverBudget {
    /// All calls are used up.
    Calls,
    /// It could take more tokens than are left.
    Tokens,
    /// It could cost more than is left.
    Cost,
    /// There is a limit on the cost, and the price of the model is not known.
    UnknownPrice,
}

impl Budget {
    /// A budget without a limit, which only counts.
    pub fn unlimited() -> Budget {
        Budget::default()
    }

    /// The same with a limit on attempts, repeated ones included.
    #[must_use]
    pub fn max_calls(mut self, calls: u64) -> Budget {
        self.max_calls = Some(calls);
        self
    }

    /// The same with a limit on input and output tokens.
    #[must_use]
    pub fn max_tokens(mut self, tokens: u64) -> Budget {
        self.max_tokens = Some(tokens);
        self
    }

    /// The same with a limit on the cost; models of unknown price are then not asked.
    #[must_use]
    pub fn max_cost(mut self, cost: Cost) -> Budget {
        self.max_cost = Some(cost);
        self
    }

    /// Reserves the most that an attempt can take.
    ///
    /// # Errors
    /// Which limit it could exceed; nothing is reserved then.
    pub fn reserve(&self, prompt: &Prompt, price: Option<&Price>) -> Result<Permit<'_>, OverBudget> {
        let (input, output) = (prompt.input_token_bound(), u64::from(prompt.max_output_tokens));
        let cost = price.and_then(|price| price.highest_cost(prompt));
        if cost.is_none() && self.max_cost.is_some() {
            return Err(OverBudget::UnknownPrice);
        }
        let most = Spent { calls: 1, tokens: input.saturating_add(output), cost: cost.unwrap_or_default() };
        let mut taken = self.lock();
        let after = taken.spent.plus(taken.reserved).plus(most);
        let exceeds = |limit: Option<u64>, amount: u64| limit.is_some_and(|limit| amount > limit);
        if exceeds(self.max_calls, after.calls) {
            return Err(OverBudget::Calls);
        }
        if exceeds(self.max_tokens, after.tokens) {
            return Err(OverBudget::Tokens);
        }
        if self.max_cost.is_some_and(|limit| after.cost > limit) {
            return Err(OverBudget::Cost);
        }
        taken.reserved = taken.reserved.plus(most);
        Ok(Permit { budget: self, most, price: price.copied(), is_open: true })
    }

    /// What was spent so far, without what is reserved for calls under way.
    pub fn spent(&self) -> Spent {
        self.lock().spent
    }

    fn close(&self, most: Spent, spent: Spent) {
        let mut taken = self.lock();
        taken.reserved = taken.reserved.minus(most);
        taken.spent = taken.spent.plus(spent);
    }

    /// The numbers are whole after every change, so a thread that panicked elsewhere does no harm.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Settles an attempt that was made: by the tokens used, and by the cost the vendor states or else the price.
    pub fn settle(mut self, usage: &Usage, stated: Option<Cost>) {
        let by_price = || self.price.and_then(|price| price.cost(usage));
        let spent = Spent {
            calls: 1,
            tokens: usage.input_tokens.saturating_add(usage.output_tokens),
            cost: stated.or_else(by_price).unwrap_or(self.most.cost),
        };
        self.close(spent);
    }

    /// Settles an answer: by its usage if it says so, else in full.
    pub fn settle_completion(self, completion: &Completion) {
        if let Some(usage) = completion.usage {
            self.settle(&usage, completion.cost);
        }
    }

    /// Gives back what was reserved for an attempt that was not made.
    pub fn release(mut self) {
        self.close(Spent::default());
    }

    fn close(&mut self, spent: Spent) {
        if std::mem::take(&mut self.is_open) {
            self.budget.close(self.most, spent);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.close(self.most);
    }
}

impl Spent {
    fn plus(self, other: Spent) -> Spent {
        Spent {
            calls: self.calls.saturating_add(other.calls),
            tokens: self.tokens.saturating_add(other.tokens),
            cost: self.cost.saturating_add(other.cost),
        }
    }

    fn minus(self, other: Spent) -> Spent {
        let cost = self.cost.picodollars().saturating_sub(other.cost.picodollars());
        Spent {
            calls: self.calls.saturating_sub(other.calls),
            tokens: self.tokens.saturating_sub(other.tokens),
            cost: Cost::from_picodollars(cost),
        }
    }
}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OverBudget::Calls => "all calls of the budget are used up",
            OverBudget::Tokens => "the call could take more tokens than the budget has left",
            OverBudget::Cost => "the call could cost more than the budget has left",
            OverBudget::UnknownPrice => "the budget limits the cost, and the price of the model is not known",
        })
    }
}

impl std::error::Error for OverBudget {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::PriceList;

    fn prompt() -> Prompt {
        let text = |len: usize| "x".repeat(len);
        Prompt::new("t", 1, text(400), text(500), text(68)).max_output_tokens(100)
    }

    #[test]
    fn a_call_that_could_exceed_a_limit_is_not_permitted() {
        let price = PriceList::builtin().price("gpt-4o-mini").unwrap();
        // 1,000 input tokens and 100 of output at the most: 0.00015 + 0.00006 dollars.
        let most = Cost::from_picodollars(210_000_000);
        let exact = Budget::unlimited().max_cost(most).max_tokens(1_100).max_calls(1);
        exact.reserve(&prompt(), Some(&price)).unwrap().release();
        assert_eq!(exact.spent(), Spent::default());
        let refusal = |budget: Budget, price: Option<&Price>| budget.reserve(&prompt(), price).unwrap_err();
        let less = Cost::from_picodollars(most.picodollars() - 1);
        assert_eq!(refusal(Budget::unlimited().max_cost(less), Some(&price)), OverBudget::Cost);
        assert_eq!(refusal(Budget::unlimited().max_tokens(1_099), None), OverBudget::Tokens);
        assert_eq!(refusal(Budget::unlimited().max_calls(0), None), OverBudget::Calls);
        assert_eq!(refusal(Budget::unlimited().max_cost(most), None), OverBudget::UnknownPrice);
    }

    #[test]
    fn calls_under_way_count_and_unsettled_ones_in_full() {
        let budget = Budget::unlimited().max_tokens(2_200);
        let (first, second) =
            (budget.reserve(&prompt(), None).unwrap(), budget.reserve(&prompt(), None).unwrap());
        assert_eq!(budget.reserve(&prompt(), None).unwrap_err(), OverBudget::Tokens);
        first.settle(&Usage::new(10, 5), None);
        assert_eq!(budget.spent().tokens, 15);
        drop(second);
        assert_eq!((budget.spent().tokens, budget.spent().calls), (1_115, 2));
        assert_eq!(budget.reserve(&prompt(), None).unwrap_err(), OverBudget::Tokens);
    }

    #[test]
    fn threads_never_exceed_it_together() {
        let budget = Budget::unlimited().max_calls(100);
        let permitted = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        if let Ok(permit) = budget.reserve(&prompt(), None) {
                            permitted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            permit.settle(&Usage::new(1, 1), None);
                        }
                    }
                });
            }
        });
        assert_eq!(permitted.into_inner(), 100);
        assert_eq!(budget.spent().calls, 100);
    }
}
