//! What is computed after the score and never changes it: estimates, risk factors, recommendations.

use serde::{Serialize, Serializer};

use crate::Error;
use crate::expression::{ColumnKind, Condition, Reading, Scope, Text, Value};
use crate::json::{self, Cursor, Node, Object, word_for};

/// A named number, or word, computed after the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EstimateValue {
    /// The estimate's name.
    pub name: String,
    /// Its value: a number, a word, or null where something it needs is missing.
    pub value: EstimateKind,
    /// How it was reached, such as `completeness`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

impl EstimateValue {
    /// How probable the class is that the tier stands for.
    pub(super) fn confidence(probability: f64) -> EstimateValue {
        EstimateValue {
            name: "confidence".to_owned(),
            value: EstimateKind::Number(probability),
            method: Some("class".to_owned()),
        }
    }
}

/// What an estimate can be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EstimateKind {
    /// Something it needs is missing.
    Missing,
    /// A number.
    Number(f64),
    /// A word of a scale, such as `high`.
    Level(String),
}

impl Serialize for EstimateKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            EstimateKind::Missing => serializer.serialize_none(),
            EstimateKind::Number(number) => json::short(number, serializer),
            EstimateKind::Level(level) => serializer.serialize_str(level),
        }
    }
}

/// Something that speaks for or against the deal.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
pub(super) struct Estimate {
    name: String,
    method: Option<String>,
    rule: EstimateRule,
}

#[derive(Debug, Clone)]
enum EstimateRule {
    Value(Value),
    Level { cases: Vec<(Condition, String)>, otherwise: String },
}

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

/// The names estimates and advice may use, in the order of the row that [`estimate`] builds.
pub(super) fn scope(columns: &Scope, with_probability: bool) -> Scope {
    let mut scope = columns.clone();
    scope.push("$score", ColumnKind::Number);
    // The place is taken either way; only the name comes and goes.
    scope.push(if with_probability { "$probability" } else { "$" }, ColumnKind::Number);
    scope
}

/// The estimates for a row, and the row with score, probability and estimates behind the columns.
pub(super) fn estimate(
    estimates: &[Estimate],
    row: &[f64],
    score: f64,
    probability: Option<f64>,
) -> (Vec<EstimateValue>, Vec<f64>) {
    let mut after = Vec::with_capacity(row.len() + 2 + estimates.len());
    after.extend_from_slice(row);
    after.extend([score, probability.unwrap_or(f64::NAN)]);
    let mut values = Vec::with_capacity(estimates.len());
    for estimate in estimates {
        let (value, number) = match &estimate.rule {
            EstimateRule::Value(value) => match value.evaluate(&after) {
                number if number.is_finite() => (EstimateKind::Number(number), number),
                _ => (EstimateKind::Missing, f64::NAN),
            },
            EstimateRule::Level { cases, otherwise } => {
                let hit = cases.iter().find(|(when, _)| when.evaluate(&after) == Some(true));
                (EstimateKind::Level(hit.map_or(otherwise, |(_, level)| level).clone()), f64::NAN)
            }
        };
        after.push(number);
        values.push(EstimateValue { name: estimate.name.clone(), value, method: estimate.method.clone() });
    }
    (values, after)
}

/// The risk factors of a row: first hit per code, up to `most`.
pub(super) fn risks(rules: &[RiskRule], row: &[f64], most: usize) -> Vec<RiskFactor> {
    let mut risks: Vec<RiskFactor> = Vec::new();
    for rule in rules {
        if risks.len() == most {
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

/// The recommendations for a row: first hit per code, up to `most`.
pub(super) fn recommendations(rules: &[RecommendationRule], row: &[f64], most: usize) -> Vec<Recommendation> {
    let mut out: Vec<Recommendation> = Vec::new();
    for rule in rules {
        if out.len() == most {
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

impl Estimate {
    /// Reads one estimate and adds its name to the scope of those that follow.
    pub(super) fn read(cursor: &Cursor<'_>, scope: &mut Scope, reading: &Reading) -> Result<Estimate, Error> {
        let fields = cursor.object(&["name", "value", "level", "else", "method"])?;
        let name = fields.required("name")?.text()?.to_owned();
        let slot = format!("${name}");
        if name.trim().is_empty() || scope.contains(&slot) {
            return Err(cursor.error(format!("the name `{name}` is blank or taken")));
        }
        let rule = match (fields.optional("value"), fields.optional("level")) {
            (Some(value), None) => EstimateRule::Value(reading.value(&value, scope)?),
            (None, Some(level)) => {
                let case = |case: &Cursor<'_>| -> Result<(Condition, String), Error> {
                    let pair = case.items()?;
                    let [when, then] = pair.as_slice() else {
                        return Err(case.error("a case is a pair [condition, level]"));
                    };
                    Ok((reading.condition(when, scope)?, then.text()?.to_owned()))
                };
                let cases = level.items()?.iter().map(case).collect::<Result<_, _>>()?;
                EstimateRule::Level { cases, otherwise: fields.required("else")?.text()?.to_owned() }
            }
            _ => return Err(cursor.error("wants either `value` or `level` with `else`")),
        };
        scope.push(&slot, ColumnKind::Number);
        Ok(Estimate { name, method: fields.text("method")?, rule })
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

impl From<&Estimate> for Node {
    fn from(estimate: &Estimate) -> Node {
        let object = Object::default().with("name", &estimate.name);
        match &estimate.rule {
            EstimateRule::Value(value) => object.with("value", value),
            EstimateRule::Level { cases, otherwise } => {
                let case = |(when, then): &(Condition, String)| Node::List(vec![when.into(), then.into()]);
                object.with("level", Node::List(cases.iter().map(case).collect())).with("else", otherwise)
            }
        }
        .maybe("method", estimate.method.as_ref())
        .into()
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
