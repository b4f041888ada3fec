//! Rules as data: points for what is known of a lead, by groups, with every cap and clip accounted for.

mod largest;
mod read;

use crate::expression::{Condition, Text, Value};
use crate::json::Range;
use crate::scorer::{ContributionKind, Part, Scored};

/// A list of rules whose points add up to a margin.
///
/// Order of work, in f64: rules → group range → × weight → + base → round → range → disqualification.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    pub(crate) unit: Unit,
    base: f64,
    groups: Vec<Group>,
    round: Option<Rounding>,
    range: Option<Range>,
}

/// What a scorecard's points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Points,
    LogOdds,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rounding {
    Down,
    Nearest,
}

#[derive(Debug, Clone, PartialEq)]
struct Group {
    code: String,
    label: String,
    own_label: bool,
    weight: f64,
    range: Option<Range>,
    rules: Vec<Rule>,
    /// `<code>.range`, the name of its clip.
    range_code: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    code: String,
    label: String,
    when: Option<Condition>,
    effect: Effect,
    text: Option<Text>,
    columns: Vec<usize>,
    kind: ContributionKind,
    /// `<code>.range`, the name of its clip.
    range_code: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Effect {
    Points { points: Value, range: Option<Range> },
    Disqualify,
}

/// A rule's points, a weight and a base end here, so that no sum of them overflows.
const MOST_POINTS: f64 = 1e9;

impl Scorecard {
    /// The margin of a row with all its parts.
    pub(crate) fn score<'a>(&'a self, row: &[f64]) -> Scored<'a> {
        let mut scored = Scored { parts: Vec::with_capacity(self.rules() + 4), ..Scored::default() };
        self.run(row, &mut scored);
        scored
    }

    /// The margin a disqualified lead gets, if the scorecard names a lowest one.
    pub(crate) fn lowest(&self) -> Option<f64> {
        self.range.map(|range| range.low).filter(|low| low.is_finite())
    }

    /// How many rules it has.
    pub fn rules(&self) -> usize {
        self.groups.iter().map(|group| group.rules.len()).sum()
    }

    /// The codes, labels and weights of its groups, in order.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        self.groups.iter().map(|group| (group.code.as_str(), group.name(), group.weight))
    }

    fn run<'a>(&'a self, row: &[f64], out: &mut Scored<'a>) {
        let mut total = 0.0;
        for group in &self.groups {
            let mut sum = 0.0;
            for rule in &group.rules {
                sum += rule.run(group, row, out);
            }
            let clipped = group.range.map_or(sum, |range| range.clip(sum));
            out.limit(
                &group.range_code,
                Some(&group.code),
                group.name(),
                (clipped - sum) * group.weight,
                false,
            );
            out.groups.push((&group.code, group.name(), clipped, clipped * group.weight));
            total += clipped * group.weight;
        }
        let total = total + self.base;
        let rounded = match self.round {
            None => total,
            Some(Rounding::Down) => total.floor(),
            Some(Rounding::Nearest) => total.round(),
        };
        let margin = self.range.map_or(rounded, |range| range.clip(rounded));
        out.limit("round", None, "Rounding", rounded - total, false);
        out.limit("range", None, "The score is kept within its range", margin - rounded, false);
        out.base = self.base;
        out.margin = margin;
    }
}

impl Group {
    fn name(&self) -> &str {
        &self.label
    }
}

impl Rule {
    /// The points of a rule for a row; what it tells besides goes to `out`.
    fn run<'a>(&'a self, group: &'a Group, row: &[f64], out: &mut Scored<'a>) -> f64 {
        match self.when.as_ref().map_or(Some(true), |when| when.of(row)) {
            Some(true) => {}
            Some(false) => return 0.0,
            None => {
                out.undecided.push((&group.code, &self.code, &self.label));
                return 0.0;
            }
        }
        let (points, range) = match &self.effect {
            Effect::Points { points, range } => (points.of(row), range),
            Effect::Disqualify => {
                if out.disqualified.is_none() {
                    out.disqualified = Some(self.part(group, 0.0, 0.0, ContributionKind::Limit));
                }
                return 0.0;
            }
        };
        if points.is_nan() {
            out.undecided.push((&group.code, &self.code, &self.label));
            return 0.0;
        }
        let points = points.clamp(-MOST_POINTS, MOST_POINTS);
        let clipped = range.map_or(points, |range| range.clip(points));
        if points != 0.0 {
            let (amount, worth) = (points * group.weight, clipped * group.weight);
            out.parts.push(self.part(group, amount, worth, self.kind));
        }
        out.limit(&self.range_code, Some(&group.code), &self.label, (clipped - points) * group.weight, true);
        clipped
    }

    fn part<'a>(&'a self, group: &'a Group, amount: f64, worth: f64, kind: ContributionKind) -> Part<'a> {
        Part {
            code: &self.code,
            group: Some(&group.code),
            kind,
            columns: &self.columns,
            amount,
            worth,
            text: self.text.as_ref(),
            label: &self.label,
            caps_rule: false,
        }
    }
}

impl<'a> Scored<'a> {
    fn limit(&mut self, code: &'a str, group: Option<&'a str>, label: &'a str, amount: f64, caps_rule: bool) {
        // A clip of a rounding error is none; it ends up in the rest.
        if amount.abs() > 1e-9 {
            let kind = ContributionKind::Limit;
            self.parts.push(Part {
                code,
                group,
                kind,
                columns: &[],
                amount,
                worth: amount,
                text: None,
                label,
                caps_rule,
            });
        }
    }
}
