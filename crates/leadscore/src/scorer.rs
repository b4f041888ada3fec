//! What every scorer gives: a margin, and the parts it is the sum of.

use serde::{Deserialize, Serialize};

use crate::expression::Text;

/// What kind of thing moved a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContributionKind {
    /// A feature's share in a model's margin.
    Feature,
    /// A rule of a scorecard.
    Rule,
    /// A clip, a cap, a rounding or a disqualification.
    Limit,
    /// A language model's adjustment, within its declared range.
    Model,
}

/// One part of a margin, in margin units.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    pub(crate) code: &'a str,
    pub(crate) group: Option<&'a str>,
    pub(crate) kind: ContributionKind,
    /// The columns it speaks of.
    pub(crate) columns: &'a [usize],
    pub(crate) amount: f64,
    /// The amount after the part's own cap, which is what a reader is told.
    pub(crate) worth: f64,
    pub(crate) text: Option<&'a Text>,
    /// Used where there is no text.
    pub(crate) label: &'a str,
    /// Whether it is the cap of the one rule before it.
    pub(crate) caps_rule: bool,
}

/// A margin and its parts: `base` + Σ `parts` = `margin`, up to rounding.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scored<'a> {
    pub(crate) base: f64,
    pub(crate) margin: f64,
    pub(crate) parts: Vec<Part<'a>>,
    /// Group totals: code, label, clipped sum before its weight, and after it.
    pub(crate) groups: Vec<(&'a str, &'a str, f64, f64)>,
    pub(crate) disqualified: Option<Part<'a>>,
    /// Rules that could not be decided for want of a value: group, code, label.
    pub(crate) undecided: Vec<(&'a str, &'a str, &'a str)>,
}
