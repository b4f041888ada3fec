//! What to make of a score, which it never changes: risk factors and recommendations.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::expression::{Condition, Reading, Scope, Text, Value};
use crate::json::{Cursor, Node, Object, word_for};

/// Something that speaks for or against the deal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RiskFactor {
    /// The factor's code.
    pub code: String,
    /// Its name for people.
    pub factor: String,
    /// `high`, `medium` or `low`.
    pub impact: Impact,
    /// Where it is heading.
    pub trend: Trend,
    /// The number it was judged by, if one was declared.
    pub value: Option<f64>,
    /// In words.
    pub text: String,
}

/// How much a risk factor weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Impact {
    /// Decides deals.
    High,
    /// Matters.
    Medium,
    /// Worth knowing.
    Low,
}

/// Where a risk factor is heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trend {
    /// Getting better.
    Improving,
    /// No change.
    Stable,
    /// Getting worse.
    Declining,
}

/// Something to do next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recommendation {
    /// The recommendation's code.
    pub code: String,
    /// How soon it matters.
    pub priority: Priority,
    /// What to do.
    pub action: String,
    /// Why.
    pub rationale: String,
    /// What it may bring.
    pub expected_impact: String,
    /// By when.
    pub timeframe: String,
}

/// How soon a recommendation matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Priority {
    /// Before anything else.
    Urgent,
    /// Soon.
    High,
    /// In the ordinary course.
    Medium,
    /// When there is time.
    Low,
}

const IMPACTS: [(&str, Impact); 3] =
    [("high", Impact::High), ("medium", Impact::Medium), ("low", Impact::Low)];
const TRENDS: [(&str, Trend); 3] =
    [("improving", Trend::Improving), ("stable", Trend::Stable), ("declining", Trend::Declining)];
const PRIORITIES: [(&str, Priority); 4] = [
    ("urgent", Priority::Urgent),
    ("high", Priority::High),
    ("medium", Priority::Medium),
    ("low", Priority::Low),
];

#[derive(Debug, Clone)]
pub(super) struct RiskRule {
    code: String,
    factor: Option<String>,
    when: Condition,
    impact: Impact,
    trend: Trend,
    value: Option<Value>,
    pub(super) text: Text,
}

#[derive(Debug, Clone)]
pub(super) struct RecommendationRule {
    code: String,
    when: Condition,
    priority: Priority,
    pub(super) text: Text,
    pub(super) rationale: Text,
    expected_impact: String,
    timeframe: String,
}

/// The risk factors of a row: first hit per code, up to their limit.
pub(super) fn risks(rules: &Limited<RiskRule>, row: &[f64]) -> Vec<RiskFactor> {
    let mut risks: Vec<RiskFactor> = Vec::new();
    for rule in &rules.rules {
        if risks.len() == rules.limit {
            break;
        }
        if risks.iter().any(|risk| risk.code == rule.code) || rule.when.evaluate(row) != Some(true) {
            continue;
        }
        risks.push(RiskFactor {
            code: rule.code.clone(),
            factor: rule.factor.clone().unwrap_or_else(|| rule.code.replace('_', " ")),
            impact: rule.impact,
            trend: rule.trend,
            value: rule.value.as_ref().map(|value| value.evaluate(row)).filter(|value| value.is_finite()),
            text: rule.text.render(row),
        });
    }
    risks
}

/// The recommendations for a row: first hit per code, up to their limit.
pub(super) fn recommendations(rules: &Limited<RecommendationRule>, row: &[f64]) -> Vec<Recommendation> {
    let mut out: Vec<Recommendation> = Vec::new();
    for rule in &rules.rules {
        if out.len() == rules.limit {
            break;
        }
        if out.iter().any(|own| own.code == rule.code) || rule.when.evaluate(row) != Some(true) {
            continue;
        }
        out.push(Recommendation {
            code: rule.code.clone(),
            priority: rule.priority,
            action: rule.text.render(row),
            rationale: rule.rationale.render(row),
            expected_impact: rule.expected_impact.clone(),
            timeframe: rule.timeframe.clone(),
        });
    }
    out
}

/// Rules of which at most so many have a result.
#[derive(Debug, Clone)]
pub(super) struct Limited<T> {
    pub(super) limit: usize,
    pub(super) rules: Vec<T>,
}

impl<T> Limited<T> {
    /// Reads `{"limit": 6, "<name>": […]}`.
    pub(super) fn read(
        cursor: Option<Cursor<'_>>,
        name: &'static str,
        read: impl Fn(&Cursor<'_>) -> Result<T, Error>,
    ) -> Result<Limited<T>, Error> {
        let Some(cursor) = cursor else { return Ok(Limited { limit: 0, rules: Vec::new() }) };
        let fields = cursor.object(&["limit", name])?;
        let list = fields.required(name)?;
        let rules = list.items()?.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Limited { limit: fields.required("limit")?.count()?, rules })
    }

    /// Writes what is read; nothing where there are no rules.
    pub(super) fn node(&self, name: &str) -> Option<Node>
    where
        for<'a> Node: From<&'a T>,
    {
        if self.rules.is_empty() {
            return None;
        }
        let rules = self.rules.iter().map(Node::from).collect();
        Some(Object::default().with("limit", self.limit).with(name, Node::List(rules)).into())
    }
}

impl RiskRule {
    pub(super) fn read(cursor: &Cursor<'_>, scope: &Scope, reading: &Reading) -> Result<RiskRule, Error> {
        let fields = cursor.object(&["code", "factor", "when", "impact", "trend", "value", "text"])?;
        Ok(RiskRule {
            code: fields.required("code")?.text()?.to_owned(),
            factor: fields.text("factor")?,
            when: reading.condition(&fields.required("when")?, scope)?,
            impact: fields.required("impact")?.word(&IMPACTS)?,
            trend: fields.required("trend")?.word(&TRENDS)?,
            value: fields.optional("value").map(|c| reading.value(&c, scope)).transpose()?,
            text: reading.text(&fields.required("text")?, scope)?,
        })
    }
}

impl RecommendationRule {
    pub(super) fn read(
        cursor: &Cursor<'_>,
        scope: &Scope,
        reading: &Reading,
    ) -> Result<RecommendationRule, Error> {
        let fields = cursor.object(&[
            "code",
            "when",
            "priority",
            "text",
            "rationale",
            "expected_impact",
            "timeframe",
        ])?;
        Ok(RecommendationRule {
            code: fields.required("code")?.text()?.to_owned(),
            when: reading.condition(&fields.required("when")?, scope)?,
            priority: fields.required("priority")?.word(&PRIORITIES)?,
            text: reading.text(&fields.required("text")?, scope)?,
            rationale: reading.text(&fields.required("rationale")?, scope)?,
            expected_impact: fields.required("expected_impact")?.text()?.to_owned(),
            timeframe: fields.required("timeframe")?.text()?.to_owned(),
        })
    }
}

impl From<&RiskRule> for Node {
    fn from(rule: &RiskRule) -> Node {
        Object::default()
            .with("code", &rule.code)
            .maybe("factor", rule.factor.as_ref())
            .with("when", &rule.when)
            .with("impact", word_for(&IMPACTS, &rule.impact))
            .with("trend", word_for(&TRENDS, &rule.trend))
            .maybe("value", rule.value.as_ref())
            .with("text", &rule.text)
            .into()
    }
}

impl From<&RecommendationRule> for Node {
    fn from(rule: &RecommendationRule) -> Node {
        Object::default()
            .with("code", &rule.code)
            .with("when", &rule.when)
            .with("priority", word_for(&PRIORITIES, &rule.priority))
            .with("text", &rule.text)
            .with("rationale", &rule.rationale)
            .with("expected_impact", &rule.expected_impact)
            .with("timeframe", &rule.timeframe)
            .into()
    }
}
