//! Numbers and words computed after the score, which they never change.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;
use crate::expression::{ColumnKind, Condition, Reading, Scope, Value};
use crate::json::{self, Cursor, Node, Object};

/// A named number, or word, computed after the score.
///
/// ```
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let lead = Lead::new("l-1").with("company", "Acme").with("title", "CEO");
/// let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let days = prediction.estimate("days_to_close").unwrap();
/// assert!(days.number().is_some_and(|days| days > 0.0));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate's name.
    pub name: String,
    /// Its value: a number, a word, or null where something it needs is missing.
    pub value: EstimateValue,
    /// How it was reached, such as `completeness`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The name people read, if the pipeline gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What a number counts, such as `days`, if the pipeline tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The interval around a number, if the pipeline computes one and nothing it needs is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// A closed interval around an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// The lower end.
    #[serde(serialize_with = "json::short")]
    pub low: f64,
    /// The upper end, not below the lower one.
    #[serde(serialize_with = "json::short")]
    pub high: f64,
}

impl Estimate {
    /// The value, where it is a number.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            EstimateValue::Number(number) => Some(number),
            _ => None,
        }
    }

    /// How probable the class is that the tier stands for.
    pub(super) fn confidence(probability: f64) -> Estimate {
        Estimate {
            name: "confidence".to_owned(),
            value: EstimateValue::Number(probability),
            method: Some("class".to_owned()),
            label: None,
            unit: None,
            interval: None,
        }
    }
}

/// What an estimate can be; as JSON null, a number or a text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EstimateValue {
    /// Something it needs is missing.
    Missing,
    /// A number.
    Number(f64),
    /// A word of a scale, such as `high`.
    Level(String),
}

impl Serialize for EstimateValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            EstimateValue::Missing => serializer.serialize_none(),
            EstimateValue::Number(number) => json::short(number, serializer),
            EstimateValue::Level(level) => serializer.serialize_str(level),
        }
    }
}

impl<'de> Deserialize<'de> for EstimateValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EstimateValue, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Json {
            Null,
            Number(f64),
            Text(String),
        }
        Ok(match Json::deserialize(deserializer)? {
            Json::Null => EstimateValue::Missing,
            Json::Number(number) => EstimateValue::Number(number),
            Json::Text(text) => EstimateValue::Level(text),
        })
    }
}

/// How an estimate is computed.
#[derive(Debug, Clone)]
pub(super) struct EstimateRule {
    name: String,
    method: Option<String>,
    label: Option<String>,
    unit: Option<String>,
    form: EstimateForm,
}

#[derive(Debug, Clone)]
enum EstimateForm {
    /// A number, and the ends of an interval around it.
    Value(Value, Option<(Value, Value)>),
    Level {
        cases: Vec<(Condition, String)>,
        otherwise: String,
    },
}

/// The names estimates and advice may use, in the order of the row that [`evaluate`] builds.
pub(super) fn scope(columns: &Scope, with_probability: bool, with_tier: bool) -> Scope {
    let mut scope = columns.clone();
    scope.push("$score", ColumnKind::Number);
    // The columns are there either way; only their names come and go.
    scope.push(if with_probability { "$probability" } else { "$" }, ColumnKind::Number);
    for name in ["$tiers_above", "$tiers_below"] {
        scope.push(if with_tier { name } else { "$" }, ColumnKind::Number);
        if !with_tier {
            let why = "tiers are by rank, which is known only when the whole list is scored; leave this out, or keep \
                       tiers on the score and give a capacity";
            scope.withhold(name, why);
        }
    }
    scope
}

/// What is known of a row once it is scored.
pub(super) struct Scored {
    pub(super) score: f64,
    pub(super) probability: Option<f64>,
    /// The tier's place among all tiers, the best first, and how many there are.
    pub(super) tier: Option<(usize, usize)>,
}

/// The estimates for a row, and the row with score, probability, the tier's place and estimates behind the columns.
pub(super) fn evaluate(
    estimates: &[EstimateRule],
    row: &[f64],
    scored: &Scored,
) -> (Vec<Estimate>, Vec<f64>) {
    let mut after = Vec::with_capacity(row.len() + 4 + estimates.len());
    after.extend_from_slice(row);
    let (above, below) =
        scored.tier.map_or((f64::NAN, f64::NAN), |(place, count)| (place as f64, (count - 1 - place) as f64));
    after.extend([scored.score, scored.probability.unwrap_or(f64::NAN), above, below]);
    let mut values = Vec::with_capacity(estimates.len());
    for rule in estimates {
        let mut interval = None;
        let (value, number) = match &rule.form {
            EstimateForm::Value(value, ends) => match value.evaluate(&after) {
                number if number.is_finite() => {
                    interval = ends.as_ref().and_then(|(low, high)| {
                        let (low, high) = (low.evaluate(&after), high.evaluate(&after));
                        (low.is_finite() && high.is_finite() && low <= high).then_some(Interval { low, high })
                    });
                    (EstimateValue::Number(number), number)
                }
                _ => (EstimateValue::Missing, f64::NAN),
            },
            EstimateForm::Level { cases, otherwise } => {
                let hit = cases.iter().find(|(when, _)| when.evaluate(&after) == Some(true));
                (EstimateValue::Level(hit.map_or(otherwise, |(_, level)| level).clone()), f64::NAN)
            }
        };
        after.push(number);
        values.push(Estimate {
            name: rule.name.clone(),
            value,
            method: rule.method.clone(),
            label: rule.label.clone(),
            unit: rule.unit.clone(),
            interval,
        });
    }
    (values, after)
}

impl EstimateRule {
    /// Reads one estimate and adds its name to the scope of those that follow.
    pub(super) fn read(
        cursor: &Cursor<'_>,
        scope: &mut Scope,
        reading: &Reading,
    ) -> Result<EstimateRule, Error> {
        let known = ["name", "value", "level", "else", "method", "label", "unit", "interval"];
        let fields = cursor.object(&known)?;
        let name = fields.required("name")?.text()?.to_owned();
        let slot = format!("${name}");
        if name.trim().is_empty() || scope.contains(&slot) {
            return Err(cursor.error(format!("the name `{name}` is blank or taken")));
        }
        let form = match (fields.optional("value"), fields.optional("level")) {
            (Some(value), None) => {
                let interval = match fields.optional("interval") {
                    None => None,
                    Some(interval) => {
                        let ends = interval.object(&["low", "high"])?;
                        let end = |name| reading.value(&ends.required(name)?, scope);
                        Some((end("low")?, end("high")?))
                    }
                };
                EstimateForm::Value(reading.value(&value, scope)?, interval)
            }
            (None, Some(level)) => {
                if let Some(interval) = fields.optional("interval") {
                    return Err(interval.error("only a number has an interval"));
                }
                let case = |case: &Cursor<'_>| -> Result<(Condition, String), Error> {
                    let pair = case.items()?;
                    let [when, then] = pair.as_slice() else {
                        return Err(case.error("a case is a pair [condition, level]"));
                    };
                    Ok((reading.condition(when, scope)?, then.text()?.to_owned()))
                };
                let cases = level.items()?.iter().map(case).collect::<Result<_, _>>()?;
                EstimateForm::Level { cases, otherwise: fields.required("else")?.text()?.to_owned() }
            }
            _ => return Err(cursor.error("wants either `value` or `level` with `else`")),
        };
        scope.push(&slot, ColumnKind::Number);
        let (method, label, unit) = (fields.text("method")?, fields.text("label")?, fields.text("unit")?);
        Ok(EstimateRule { name, method, label, unit, form })
    }
}

impl From<&EstimateRule> for Node {
    fn from(rule: &EstimateRule) -> Node {
        let object = Object::default().with("name", &rule.name);
        let object = match &rule.form {
            EstimateForm::Value(value, ends) => {
                let ends = ends
                    .as_ref()
                    .map(|(low, high)| Node::from(Object::default().with("low", low).with("high", high)));
                object.with("value", value).maybe("interval", ends)
            }
            EstimateForm::Level { cases, otherwise } => {
                let case = |(when, then): &(Condition, String)| Node::List(vec![when.into(), then.into()]);
                object.with("level", Node::List(cases.iter().map(case).collect())).with("else", otherwise)
            }
        };
        object
            .maybe("method", rule.method.as_ref())
            .maybe("label", rule.label.as_ref())
            .maybe("unit", rule.unit.as_ref())
            .into()
    }
}
