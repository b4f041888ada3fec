//! Rules as data: points for what is known of a lead, by groups, with every cap and clip accounted for.

mod build;
mod largest;
mod read;

use std::sync::Arc;

pub use build::{GroupBuilder, RuleBuilder, ScorecardBuilder};

use crate::expression::{ColumnRef, Condition, Value};
use crate::json::{self, Cursor, Document, Node, Range};
use crate::scorer::{GroupTotal, MarginParts, MarginTraits, Part, PartList};
use crate::{Error, FeatureSchema};

/// A list of rules whose points add up to a margin.
///
/// Order of work, in f64: rules → group range → × weight → + base → round → range → disqualification.
///
/// [`Scorecard::builder`] makes one from parts, [`Scorecard::from_json`] from its JSON.
///
/// ```
/// use leadscore::{FeatureSchema, Scorecard};
/// let card = Scorecard::from_json(
///     r#"{"kind": "scorecard", "unit": "points", "base": 20, "groups": [{"code": "contact", "rules": [
///         {"code": "phone", "when": "has_phone", "points": 5, "text": "Can be called"}]}]}"#,
///     &FeatureSchema::builtin("lead-ml")?,
/// )?;
/// assert_eq!((card.rule_count(), card.groups()[0].rules()[0].code()), (1, "phone"));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    unit: ScorecardUnit,
    base: f64,
    groups: Vec<RuleGroup>,
    round: Option<Rounding>,
    range: Option<Range>,
    parts: PartList,
    /// Part of the rounding.
    round_part: u32,
    /// Part of the clip of the margin.
    range_part: u32,
}

/// What a scorecard's points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScorecardUnit {
    /// Points, as a scale such as 0–100 has them.
    Points,
    /// Log-odds, which the logistic scale turns into a probability.
    LogOdds,
}

/// How a margin is rounded to a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rounding {
    /// To the next one below.
    Down,
    /// To the nearest one; halves away from 0.
    Nearest,
}

/// Rules that share a range and a weight.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleGroup {
    code: Arc<str>,
    label: String,
    /// Whether the file gives the label; else it is made from the code.
    label_given: bool,
    weight: f64,
    range: Option<Range>,
    rules: Vec<Rule>,
    /// Part of the clip of its sum.
    range_part: u32,
}

/// One rule of a scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    code: Arc<str>,
    label: Arc<str>,
    when: Option<Condition>,
    effect: Effect,
    part: u32,
    /// Part of the clip of its points.
    range_part: u32,
}

#[derive(Debug, Clone, PartialEq)]
enum Effect {
    Points { points: Value, range: Option<Range> },
    Disqualify,
}

/// Points, weights and the base are limited to ±10⁹, so that no sum of them overflows.
const MAX_POINTS: f64 = 1e9;

/// A clip below this is a rounding error and goes into the rest of the sum.
const MIN_CLIP: f64 = 1e-9;

/// The margin of a row without its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RuleMargin {
    pub(crate) margin: f64,
    pub(crate) is_disqualified: bool,
}

impl Scorecard {
    /// Reads the `scorer` object of a pipeline file; names in it are features of the schema.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_pipeline` with the path of what is wrong.
    pub fn from_json(text: &str, schema: &FeatureSchema) -> Result<Scorecard, Error> {
        let node = json::parse_file(text)?;
        let reading = crate::expression::Reading::new();
        Scorecard::read(&Cursor::root(&node, "", Document::Pipeline), &schema.scope(), &reading)
    }

    /// The scorecard as the `scorer` object of a pipeline file.
    pub fn to_json(&self) -> String {
        Node::from(self).to_json()
    }

    /// What its points are.
    pub fn unit(&self) -> ScorecardUnit {
        self.unit
    }

    /// The margin it starts from.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Its groups, in order.
    pub fn groups(&self) -> &[RuleGroup] {
        &self.groups
    }

    /// How many rules it has.
    pub fn rule_count(&self) -> usize {
        self.groups.iter().map(|group| group.rules.len()).sum()
    }

    pub(crate) fn traits(&self) -> MarginTraits<'static> {
        match self.unit {
            ScorecardUnit::Points => MarginTraits::RulePoints,
            ScorecardUnit::LogOdds => MarginTraits::RuleLogOdds,
        }
    }

    /// What the parts of its margins are.
    pub(crate) fn parts(&self) -> &PartList {
        &self.parts
    }

    /// Fills `out` with the margins of its many rows and all their parts. The columns have the values of at least as many
    /// rows.
    pub(crate) fn margin_parts<const N: usize>(&self, columns: &[[f64; N]], out: &mut [MarginParts]) {
        out.iter_mut().for_each(MarginParts::clear);
        let margins = self.evaluate(columns, out);
        for (parts, margin) in out.iter_mut().zip(margins) {
            (parts.base, parts.margin) = (self.base, margin);
        }
    }

    /// The margin of a row, with the bits of [`Scorecard::margin_parts`].
    pub(crate) fn margin(&self, row: &[f64]) -> RuleMargin {
        let mut recorder = IsDisqualified(false);
        let [margin] = self.evaluate(row.as_chunks().0, std::slice::from_mut(&mut recorder));
        RuleMargin { margin, is_disqualified: recorder.0 }
    }

    /// The margin a disqualified lead gets, if the scorecard names a lowest one.
    pub(crate) fn lowest(&self) -> Option<f64> {
        self.range.map(|range| range.low).filter(|low| low.is_finite())
    }

    /// The only definition of the order in which a scorecard adds up: for as many rows as there are recorders.
    fn evaluate<const N: usize>(&self, columns: &[[f64; N]], recorders: &mut [impl Recorder]) -> [f64; N] {
        let mut totals = [0.0; N];
        for group in &self.groups {
            let mut sums = [0.0; N];
            for rule in &group.rules {
                rule.add(group.weight, columns, recorders, &mut sums);
            }
            for ((total, sum), recorder) in totals.iter_mut().zip(sums).zip(&mut *recorders) {
                let value = group.range.map_or(sum, |range| range.clip(sum));
                let weighted = value * group.weight;
                recorder.limit(group.range_part, (value - sum) * group.weight);
                recorder.group(GroupTotal { value, weighted });
                *total += weighted;
            }
        }
        for (total, recorder) in totals.iter_mut().zip(recorders) {
            let sum = *total + self.base;
            let rounded = match self.round {
                None => sum,
                Some(Rounding::Down) => sum.floor(),
                Some(Rounding::Nearest) => sum.round(),
            };
            *total = self.range.map_or(rounded, |range| range.clip(rounded));
            recorder.limit(self.round_part, rounded - sum);
            recorder.limit(self.range_part, *total - rounded);
        }
        totals
    }
}

impl RuleGroup {
    /// The group's code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The name people read.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What its sum is multiplied by.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// What its sum is clipped to, before the weight.
    pub fn range(&self) -> Option<Range> {
        self.range
    }

    /// Its rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl Rule {
    /// The rule's code, unique in its group.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The code as people read it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether it disqualifies a lead instead of giving points.
    pub fn disqualifies(&self) -> bool {
        self.effect == Effect::Disqualify
    }

    /// Calls `visit` with every column that it reads.
    pub(crate) fn visit_columns(&self, visit: &mut dyn FnMut(&ColumnRef)) {
        if let Some(when) = &self.when {
            when.visit_columns(visit);
        }
        if let Effect::Points { points, .. } = &self.effect {
            points.visit_columns(visit);
        }
    }

    /// Index in [`Scorecard::parts`].
    pub(crate) fn part(&self) -> u32 {
        self.part
    }

    /// Adds the points of rows, within the rule's own range, to their sums.
    fn add<const N: usize>(
        &self,
        weight: f64,
        columns: &[[f64; N]],
        recorders: &mut [impl Recorder],
        sums: &mut [f64; N],
    ) {
        let holds = match &self.when {
            Some(when) => when.evaluate_rows(columns),
            None => [Condition::TRUE; N],
        };
        let rows = recorders.iter_mut().zip(holds);
        let Effect::Points { points, range } = &self.effect else {
            for (recorder, holds) in rows {
                if holds == Condition::TRUE {
                    recorder.disqualified(self.part);
                }
            }
            return;
        };
        let points = points.evaluate_rows(columns);
        for (((recorder, holds), points), sum) in rows.zip(points).zip(sums) {
            // What rests on something missing is neither true nor a number, and gives no points.
            if holds != Condition::TRUE || points.is_nan() {
                continue;
            }
            let points = points.clamp(-MAX_POINTS, MAX_POINTS);
            let capped = range.map_or(points, |range| range.clip(points));
            if points != 0.0 {
                let (amount, capped_amount) = (points * weight, capped * weight);
                recorder.part(Part { id: self.part, amount, capped_amount });
            }
            recorder.limit(self.range_part, (capped - points) * weight);
            *sum += capped;
        }
    }
}

/// Is told what a scorecard computes on its way to the margin.
trait Recorder {
    fn part(&mut self, part: Part);
    fn group(&mut self, total: GroupTotal);
    fn disqualified(&mut self, part: u32);

    fn limit(&mut self, part: u32, amount: f64) {
        if amount.abs() > MIN_CLIP {
            self.part(Part { id: part, amount, capped_amount: amount });
        }
    }
}

impl Recorder for MarginParts {
    fn part(&mut self, part: Part) {
        self.parts.push(part);
    }
    fn group(&mut self, total: GroupTotal) {
        self.groups.push(total);
    }
    fn disqualified(&mut self, part: u32) {
        self.disqualified_by.get_or_insert(part);
    }
}

/// Keeps nothing but whether a rule disqualified the lead.
struct IsDisqualified(bool);

impl Recorder for IsDisqualified {
    fn part(&mut self, _: Part) {}
    fn group(&mut self, _: GroupTotal) {}
    fn disqualified(&mut self, _: u32) {
        self.0 = true;
    }
}
