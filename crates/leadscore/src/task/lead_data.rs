//! What a model is told about a lead, and what its answer may therefore state.

use std::collections::BTreeMap;

use serde::Serialize;

use super::data::MAX_FIELD;
use super::detail::{self, DetailKind, details, without_details};
use super::grounding::Sources;
use crate::text::{MAX_MESSAGE_CHARS, clean};
use crate::{Attribute, EstimateValue, Lead, Prediction};

/// The most attributes that are sent.
const MAX_ATTRIBUTES: usize = 100;
/// Texts longer than a field are sent under these names alone.
const MESSAGES: [&str; 6] = ["message", "notes", "comment", "description", "search_keywords", "metadata"];

/// A lead and what the pipeline says of it, as data of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LeadData {
    attributes: BTreeMap<String, Value>,
    #[serde(serialize_with = "crate::json::short")]
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    reasons: Vec<Reason>,
    estimates: BTreeMap<String, Value>,
    risks: Vec<String>,
    recommendations: Vec<String>,
    /// Attributes that are not told, for the contact details in them.
    #[serde(skip)]
    withheld: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Value {
    Number(#[serde(serialize_with = "crate::json::short")] f64),
    Flag(bool),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Reason {
    text: String,
    #[serde(serialize_with = "crate::json::short")]
    points: f64,
}

impl LeadData {
    /// What is told of a lead. E-mail addresses, web addresses and telephone numbers are left out unless asked for; a
    /// message has words in their place.
    pub(crate) fn new(lead: &Lead, prediction: &Prediction, contact_details: bool) -> LeadData {
        let (mut attributes, mut withheld) = (BTreeMap::new(), BTreeMap::new());
        for (name, attribute) in &lead.attributes {
            let field = detail::of_field(name);
            let (value, is_open) = match attribute {
                // A telephone number that a table took for a number.
                Attribute::Number(number) if field == Some(DetailKind::Phone) && number.is_finite() => {
                    (Value::Number(*number), false)
                }
                Attribute::Number(number) if number.is_finite() => (Value::Number(*number), true),
                Attribute::Flag(flag) => (Value::Flag(*flag), true),
                Attribute::Text(text) => {
                    let is_message = MESSAGES.contains(&name.as_str());
                    let text = clean(text, if is_message { MAX_MESSAGE_CHARS } else { MAX_FIELD });
                    if text.is_empty() {
                        continue;
                    }
                    let is_open = |text: &str| !Sources::default().text(text).has_contact_details();
                    if is_message && !contact_details {
                        // The message goes out without them, rather than not at all.
                        let redacted = without_details(&text);
                        if redacted != text && is_open(&redacted) && attributes.len() < MAX_ATTRIBUTES {
                            attributes.insert(clean(name, MAX_FIELD), Value::Text(redacted));
                        }
                    }
                    let is_open = field.is_none() && is_open(&text) && details(&text).is_empty();
                    (Value::Text(text), is_open)
                }
                _ => continue,
            };
            let told = if is_open || contact_details { &mut attributes } else { &mut withheld };
            if told.len() < MAX_ATTRIBUTES {
                told.insert(clean(name, MAX_FIELD), value);
            }
        }
        let reasons = prediction.explanation.reasons.iter();
        let estimate = |estimate: &crate::Estimate| {
            let value = match &estimate.value {
                EstimateValue::Number(number) => Value::Number(round(*number)),
                EstimateValue::Level(level) => Value::Text(level.clone()),
                _ => return None,
            };
            Some((estimate.name.clone(), value))
        };
        LeadData {
            attributes,
            score: round(prediction.score),
            probability: prediction.probability.map(round),
            tier: prediction.tier.as_deref().map(str::to_owned),
            action: prediction.action.as_deref().map(str::to_owned),
            reasons: reasons
                .map(|reason| Reason { text: clean(&reason.text, MAX_FIELD), points: round(reason.points) })
                .collect(),
            estimates: prediction.estimates.iter().filter_map(estimate).collect(),
            risks: prediction.risks.iter().map(|risk| clean(&risk.text, MAX_FIELD)).collect(),
            recommendations: prediction
                .recommendations
                .iter()
                .map(|own| clean(&format!("{}: {}", own.action, own.rationale), 2 * MAX_FIELD))
                .collect(),
            withheld,
        }
    }

    /// The same with what has contact details in it.
    pub(crate) fn with_contact_details(mut self) -> LeadData {
        for (name, value) in std::mem::take(&mut self.withheld) {
            if self.attributes.len() < MAX_ATTRIBUTES || self.attributes.contains_key(&name) {
                self.attributes.insert(name, value);
            }
        }
        self
    }

    /// What an answer about the lead may state.
    pub(crate) fn sources(&self) -> Sources {
        // What share of what was sent was opened and clicked may be worked out.
        let mut sources = Sources::default().number(self.score);
        let numbers = self.attributes.iter().filter_map(|(name, value)| match value {
            Value::Number(number) => Some((name, *number)),
            _ => None,
        });
        let sent = numbers.clone().find_map(|(name, sent)| Some((name.strip_suffix("sent_count")?, sent)));
        if let Some((channel, sent)) = sent.filter(|(_, sent)| *sent > 0.0) {
            for (name, count) in numbers {
                if name.starts_with(channel) && name.ends_with("_count") {
                    sources = sources.number(count / sent);
                }
            }
        }
        for number in self.probability.into_iter().chain(self.reasons.iter().map(|reason| reason.points)) {
            sources = sources.number(number).number(number.abs());
        }
        for value in self.attributes.values().chain(self.estimates.values()) {
            sources = match value {
                Value::Number(number) => sources.number(*number),
                Value::Flag(_) => sources,
                Value::Text(text) => sources.text(text),
            };
        }
        for name in self.attributes.keys().chain(self.estimates.keys()) {
            sources = sources.text(&name.replace('_', " "));
        }
        let texts =
            self.reasons.iter().map(|reason| &reason.text).chain(&self.risks).chain(&self.recommendations);
        texts.chain(&self.tier).chain(&self.action).fold(sources, |sources, text| sources.text(text))
    }
}

/// To four decimals: more of them cost tokens and say nothing.
fn round(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
