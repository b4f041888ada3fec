//! What a probability rests on.

use serde::{Deserialize, Serialize};

/// What a probability rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Basis {
    /// A trained model's own objective.
    Model,
    /// A model or scorecard calibrated on known outcomes.
    Calibrated,
    /// Hand-written rules: an ordering that looks like a probability.
    Rules,
    /// A language model's answer, checked but not calibrated.
    Llm,
}
