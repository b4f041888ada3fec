//! From the parts of a margin to reasons in points that add up to the score.

mod value;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use value::{FeatureValue, FeatureValues, NamedValue};

use crate::expression::plain;
use crate::feature::FeatureSchema;
use crate::scale::{Classes, Scale};
use crate::scorer::{ContributionKind, Part, Scored};

/// One line of the sum that makes a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contribution {
    /// The rule's, feature's or limit's code.
    pub code: Arc<str>,
    /// The scorecard group it belongs to, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// What kind of thing it is.
    pub kind: ContributionKind,
    /// The features it speaks of, with the lead's values.
    pub features: FeatureValues,
    /// Points of score, 0–100 scale, added (or taken away, when negative).
    pub points: f64,
    /// In words.
    pub text: String,
}

/// One of the things that moved the score most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reason {
    /// The contribution's code.
    pub code: Arc<str>,
    /// Points of score; negative when it speaks against the lead.
    pub points: f64,
    /// What a sales representative reads.
    pub text: String,
}

/// The rule that ruled a lead out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Disqualification {
    /// The rule's code.
    pub code: Arc<str>,
    /// Why, in words.
    pub text: String,
}

impl std::fmt::Display for Disqualification {
    /// Why, in words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Disqualification {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Why a score is what it is: `baseline` + Σ `contributions` + `rest` = score, within 1e-9.
///
/// Without a baseline there are no reasons: the pipeline gives none, or none were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The score at the baseline margin, in points. It is not the base rate.
    pub baseline: Option<f64>,
    /// Every line of the sum, in the scorer's order.
    pub contributions: Vec<Contribution>,
    /// The strongest features and rules, by absolute points, a rule's own cap taken off.
    pub reasons: Vec<Reason>,
    /// Clips of groups and of the score, rounding and disqualification; they stand among the contributions too.
    pub limits: Vec<Reason>,
    /// What rounding leaves over, in points; |rest| ≤ 1e-3.
    pub rest: f64,
    /// The whole in one line.
    pub summary: String,
}

/// A score with the parts of it in points.
#[derive(Debug)]
pub(crate) struct Sum<'a> {
    pub(crate) score: f64,
    pub(crate) baseline: Option<f64>,
    pub(crate) rest: f64,
    pub(crate) lines: Vec<Line<'a>>,
    /// The probability of every class, where the scale has classes.
    pub(crate) classes: Vec<f64>,
    /// Group totals: code, label, own sum, and after its weight.
    pub(crate) groups: Vec<(&'a str, &'a str, f64, f64)>,
    /// Rules that could not be decided for want of a value: group, code, label.
    pub(crate) undecided: Vec<(&'a str, &'a str, &'a str)>,
    /// The line of a disqualification, if there was one.
    out: Option<usize>,
}

/// One part in points.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) part: Part<'a>,
    pub(crate) points: f64,
    /// The points after the part's own cap, which is what a reader is told.
    pub(crate) worth: f64,
}

/// Turns margin parts into points, clips to 0–100, and applies a disqualification, each as a line of its own.
pub(crate) fn sum<'a>(scored: Scored<'a>, scale: &Scale, lowest: Option<f64>) -> Sum<'a> {
    let way = scored.parts.iter().fold(0.0, |sum, part| sum + part.amount);
    let per_unit = scale.points_per_unit(scored.base, scored.margin, way);
    let line = |part: Part<'a>| Line { points: part.amount * per_unit, worth: part.worth * per_unit, part };
    let mut lines: Vec<Line<'a>> = scored.parts.into_iter().map(line).collect();
    let mut score = clip(scale.score(scored.margin), &mut lines);
    let out = scored.disqualified.is_some().then_some(lines.len());
    if let Some(part) = scored.disqualified {
        let floor = lowest.map_or(0.0, |margin| scale.score(margin).clamp(0.0, 100.0));
        lines.push(Line { part, points: floor - score, worth: floor - score });
        score = floor;
    }
    let sum = add_up(score, Some(scale.score(scored.base)), lines);
    Sum { out, groups: scored.groups, undecided: scored.undecided, ..sum }
}

/// The same for several margins: the parts are those of every margin, in the order of the classes.
pub(crate) fn sum_of_classes<'a>(
    classes: &Classes,
    base: &[f64],
    margins: &[f64],
    parts: Vec<(Part<'a>, Vec<f64>)>,
) -> Sum<'a> {
    let mut way = vec![0.0; base.len()];
    for (_, amounts) in &parts {
        way.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
    }
    let per_unit = classes.points_per_unit(base, &way);
    let line = |(part, amounts): (Part<'a>, Vec<f64>)| {
        let points = amounts.iter().zip(&per_unit).fold(0.0, |sum, (amount, unit)| sum + amount * unit);
        Line { part, points, worth: points }
    };
    let mut lines: Vec<Line<'a>> = parts.into_iter().map(line).collect();
    let score = clip(classes.score(margins), &mut lines);
    Sum { classes: classes.probabilities(margins), ..add_up(score, Some(classes.score(base)), lines) }
}

/// A score without reasons.
pub(crate) fn bare(score: f64, classes: Vec<f64>) -> Sum<'static> {
    let mut lines = Vec::new();
    let score = clip(score, &mut lines);
    Sum { classes, ..add_up(score, None, lines) }
}

fn add_up(score: f64, baseline: Option<f64>, lines: Vec<Line<'_>>) -> Sum<'_> {
    let rest = baseline.map_or(0.0, |start| score - lines.iter().fold(start, |sum, line| sum + line.points));
    let (classes, groups, undecided) = (Vec::new(), Vec::new(), Vec::new());
    Sum { score, baseline, rest, lines, classes, groups, undecided, out: None }
}

/// The score within 0 and 100, with a line for what that cuts off.
fn clip(free: f64, lines: &mut Vec<Line<'_>>) -> f64 {
    let score = free.clamp(0.0, 100.0);
    if score != free {
        let (part, points) = (limit("scale.range", "The score ends at 0 and 100"), score - free);
        lines.push(Line { part, points, worth: points });
    }
    score
}

fn limit<'a>(code: &'a str, label: &'a str) -> Part<'a> {
    Part {
        code,
        group: None,
        kind: ContributionKind::Limit,
        columns: &[],
        amount: 0.0,
        worth: 0.0,
        text: None,
        label,
        caps_rule: false,
    }
}

impl Sum<'_> {
    /// The lines that are reasons, the strongest first; ties stay in the scorer's order. A rule's own cap is taken off
    /// its points: what a reader is told is what the rule was worth. What shows as 0.0 points is no reason.
    fn strongest(&self, most: usize) -> Vec<(&Part<'_>, f64)> {
        let is_reason =
            |part: &Part<'_>| matches!(part.kind, ContributionKind::Feature | ContributionKind::Rule);
        let mut reasons: Vec<(&Part<'_>, f64)> = self
            .lines
            .iter()
            .filter(|line| is_reason(&line.part))
            .map(|line| (&line.part, line.worth))
            .filter(|(_, points)| points.abs() >= 0.05)
            .collect();
        reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        reasons.truncate(most);
        reasons
    }

    /// The rule that ruled the lead out, if one did.
    pub(crate) fn disqualified(&self, schema: &FeatureSchema, row: &[f64]) -> Option<Disqualification> {
        let part = &self.lines[self.out?].part;
        Some(Disqualification { code: part.code.into(), text: words(part, schema, row) })
    }

    /// The strongest reasons in words, at most so many.
    pub(crate) fn reasons(&self, schema: &FeatureSchema, row: &[f64], most: usize) -> Vec<Reason> {
        self.strongest(most).into_iter().map(|(part, points)| reason(part, points, schema, row)).collect()
    }

    /// Clips of groups and of the score, rounding and disqualification in words; the cap of one rule is none of them.
    pub(crate) fn limits(&self, schema: &FeatureSchema, row: &[f64]) -> Vec<Reason> {
        let is_limit = |line: &&Line<'_>| line.part.kind == ContributionKind::Limit && !line.part.caps_rule;
        let limits = self.lines.iter().filter(is_limit);
        limits.map(|line| reason(&line.part, line.points, schema, row)).collect()
    }

    /// The explanation, with every contribution in words.
    pub(crate) fn explain(
        &self,
        schema: &FeatureSchema,
        row: &[f64],
        tier: Option<&str>,
        most: usize,
    ) -> Explanation {
        let reasons = self.reasons(schema, row, most);
        let contribution = |line: &Line<'_>| Contribution {
            code: line.part.code.into(),
            group: line.part.group.map(Arc::from),
            kind: line.part.kind,
            features: line
                .part
                .columns
                .iter()
                .filter_map(|&column| schema.columns().nth(column).map(|feature| (feature, row[column])))
                .map(|(feature, value)| NamedValue::new(feature, value))
                .collect(),
            points: line.points,
            text: words(&line.part, schema, row),
        };
        Explanation {
            baseline: self.baseline,
            contributions: self.lines.iter().map(contribution).collect(),
            summary: self.summary(tier, &reasons, self.disqualified(schema, row)),
            reasons,
            limits: self.limits(schema, row),
            rest: self.rest,
        }
    }

    fn summary(&self, tier: Option<&str>, reasons: &[Reason], out: Option<Disqualification>) -> String {
        let named = |good: bool| -> Vec<&str> {
            reasons.iter().filter(|r| (r.points > 0.0) == good).map(|r| r.text.as_str()).collect()
        };
        let (good, bad) = (named(true), named(false));
        let mut text = match tier {
            Some(tier) => format!("{tier}, {} of 100", plain(self.score.round())),
            None => format!("{} of 100", plain(self.score.round())),
        };
        if let Some(why) = out {
            return format!("{text}. Ruled out: {why}.");
        }
        if !good.is_empty() {
            text += &format!(". For: {}", good.join("; "));
        }
        if !bad.is_empty() {
            text += &format!(". Against: {}", bad.join("; "));
        }
        text + "."
    }
}

fn reason(part: &Part<'_>, points: f64, schema: &FeatureSchema, row: &[f64]) -> Reason {
    Reason { code: part.code.into(), points, text: words(part, schema, row) }
}

/// A line in words: its own text, else the label with the value of the feature it speaks of.
fn words(part: &Part<'_>, schema: &FeatureSchema, row: &[f64]) -> String {
    if let Some(text) = part.text {
        let text = text.render(row);
        if !text.trim().is_empty() {
            return text;
        }
    }
    let limit = part.kind == ContributionKind::Limit;
    if !limit
        && let [column] = part.columns
        && let Some(feature) = schema.columns().nth(*column)
    {
        let value = match FeatureValue::new(feature, row[*column]) {
            FeatureValue::Missing => "not known".to_owned(),
            FeatureValue::Level(_) => {
                feature.level_label(row[*column] as usize).unwrap_or_default().replace('_', " ")
            }
            value => value.to_string(),
        };
        return format!("{}: {value}", feature.label);
    }
    // A clip reads nothing of its own; a disqualification reads what it hangs on.
    if limit && part.group.is_some() && part.columns.is_empty() {
        return format!("“{}” is limited", part.label);
    }
    part.label.to_owned()
}
