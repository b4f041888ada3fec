//! The plan of a key: which limits its calls have.

use std::fmt;
use std::str::FromStr;

/// What a customer's key has paid for; the limits of each plan stand with the routes.
///
/// ```
/// use leadscore_server::auth::Plan;
///
/// assert_eq!("pro".parse(), Ok(Plan::Pro));
/// assert_eq!(Plan::Enterprise.to_string(), "enterprise");
/// assert!("gold".parse::<Plan>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Plan {
    /// The smallest limits.
    Free,
    /// The limits of a paying customer, and of the keys that the environment gives.
    Pro,
    /// The largest limits.
    Enterprise,
}

impl Plan {
    /// Every plan, the smallest first.
    pub const ALL: [Self; 3] = [Self::Free, Self::Pro, Self::Enterprise];

    /// The plan's name, as the command line and the store write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Plan {
    type Err = UnknownPlan;

    fn from_str(name: &str) -> Result<Self, UnknownPlan> {
        Self::ALL.into_iter().find(|plan| plan.as_str() == name).ok_or(UnknownPlan)
    }
}

/// A text that names no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan is free, pro or enterprise")]
pub struct UnknownPlan;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_nothing_else_is_a_plan() {
        for plan in Plan::ALL {
            assert_eq!(plan.to_string().parse(), Ok(plan));
        }
        for text in ["", "Pro", " pro", "pro ", "free,pro", "gold"] {
            assert_eq!(text.parse::<Plan>(), Err(UnknownPlan), "{text:?}");
        }
    }
}
