//! What every scorer gives: a margin, and the parts it is the sum of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::expression::{ColumnRef, Text};

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

/// What the margins of a scorer are; it decides which scales fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MarginTraits<'a> {
    /// Points of a scorecard.
    RulePoints,
    /// Log-odds of a scorecard.
    RuleLogOdds,
    /// Margins of a model, one for each output.
    Model { output_count: usize, meaning: MarginMeaning, objective: &'a str },
}

/// What a model's margins mean, by its objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarginMeaning {
    LogOdds,
    /// Classes of which one is true, by a softmax.
    SoftmaxClasses,
    /// Classes of which one is true, each with a sigmoid of its own.
    OneVsRestClasses,
    /// Nothing that becomes a probability by itself.
    Other,
}

/// The parts that a scorer's margins can have, described once when the scorer is made; a row's parts are indexes here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartList(Vec<PartInfo>);

/// Index of the line for what the scale cuts off at 0 and 100; every list starts with it.
pub(crate) const SCALE_RANGE: u32 = 0;

/// What a part is, the same for every row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartInfo {
    pub(crate) code: Arc<str>,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) kind: ContributionKind,
    /// The columns it is about.
    pub(crate) columns: Vec<ColumnRef>,
    pub(crate) text: Option<Text>,
    /// Shown where there is no text.
    pub(crate) label: Arc<str>,
    /// Whether it is the cap of a single rule, and so no limit worth a line among the reasons.
    pub(crate) is_rule_cap: bool,
}

impl PartList {
    pub(crate) fn new() -> PartList {
        let mut parts = PartList(Vec::new());
        parts.push(PartInfo::limit("scale.range".into(), None, "The score ends at 0 and 100".into()));
        parts
    }

    /// Adds a part; its index.
    pub(crate) fn push(&mut self, part: PartInfo) -> u32 {
        self.0.push(part);
        (self.0.len() - 1) as u32
    }

    pub(crate) fn get(&self, part: u32) -> &PartInfo {
        &self.0[part as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl PartInfo {
    /// A clip, a cap or a rounding; of a group, its label is shown as “label” is limited.
    pub(crate) fn limit(code: Arc<str>, group: Option<Arc<str>>, label: Arc<str>) -> PartInfo {
        PartInfo {
            code,
            label: if group.is_some() { format!("“{label}” is limited").into() } else { label },
            group,
            kind: ContributionKind::Limit,
            columns: Vec::new(),
            text: None,
            is_rule_cap: false,
        }
    }
}

/// One part of a row's margin, in margin units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part {
    /// Index in the scorer's [`PartList`].
    pub(crate) id: u32,
    pub(crate) amount: f64,
    /// The amount after the rule's own range; shown to users.
    pub(crate) capped_amount: f64,
}

/// A margin and its parts: `base` + Σ `parts` = `margin`, up to rounding. Reused from row to row.
#[derive(Debug, Clone, Default)]
pub(crate) struct MarginParts {
    pub(crate) base: f64,
    pub(crate) margin: f64,
    pub(crate) parts: Vec<Part>,
    /// One for each group of a scorecard, in order.
    pub(crate) groups: Vec<GroupTotal>,
    /// The part of the first rule that disqualified the lead.
    pub(crate) disqualified_by: Option<u32>,
}

/// Several margins, one for each class, and their parts. Reused from row to row.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClassParts {
    pub(crate) base: Vec<f64>,
    pub(crate) margins: Vec<f64>,
    /// Indexes in the scorer's [`PartList`].
    pub(crate) parts: Vec<u32>,
    /// One amount for each class, part after part.
    pub(crate) amounts: Vec<f64>,
}

/// What a group of rules adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct GroupTotal {
    /// Within the group's range, before its weight.
    pub(crate) value: f64,
    pub(crate) weighted: f64,
}

impl MarginParts {
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.groups.clear();
        self.disqualified_by = None;
    }
}
