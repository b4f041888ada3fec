//! What a configuration says: which pipelines score, and which leads belong to it.

use std::collections::BTreeMap;

use leadscore::Pipeline;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::fault::{Fault, FaultKind, Issue};
use crate::pipelines::Part;
use crate::state::AppState;
use crate::store::{StoreError, StoredLead};

/// The configuration that every tenant has.
pub(crate) const DEFAULT_NUMBER: i64 = 1;

const MOST_CONDITIONS: usize = 20;

/// Which pipelines score, and which leads belong to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ConfigurationBody {
    /// A name for people.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub(crate) name: String,
    /// Names of included pipelines.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) pipelines: PipelineNames,
    /// What a lead must have to belong to the configuration, by the names of attributes; all leads where nothing is named.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) filter: BTreeMap<String, Condition>,
}

/// The pipelines of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct PipelineNames {
    /// Gives the score from 0 to 100 in four parts: `lead-score`.
    #[schema(max_length = 100, default = "lead-score")]
    pub(crate) lead_score: String,
    /// Gives the probability, the days and the advice: `conversion` or `conversion-compat`.
    #[schema(max_length = 100, default = "conversion")]
    pub(crate) conversion: String,
    /// Gives the order of work: `priority`.
    #[schema(max_length = 100, default = "priority")]
    pub(crate) priority: String,
}

/// What an attribute must be; all that is said must hold. A lead without the attribute does not fit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    /// A text, a number or a flag; the case of texts does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    equals: Option<Value>,
    /// Any one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Value>, required = false, min_items = 1, max_items = 100)]
    one_of: Option<Vec<Value>>,
    /// A number of at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    /// A number of at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
}

/// A configuration that can be scored by.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) number: i64,
    pub(crate) lead_score: Pipeline,
    pub(crate) conversion: Pipeline,
    pub(crate) priority: Pipeline,
    filter: BTreeMap<String, Condition>,
}

impl Configuration {
    /// The configuration of a tenant by its number.
    pub(crate) async fn load(state: &AppState, tenant: &str, number: i64) -> Result<Configuration, Fault> {
        let body = match state.store.configuration(tenant, number).await? {
            Some(stored) => ConfigurationBody::parse(&stored.body)?,
            None if number == DEFAULT_NUMBER => ConfigurationBody::default(),
            None => return Err(Fault::not_found("Configuration not found")),
        };
        let pipeline = |part: Part| {
            let name = body.pipelines.name(part);
            state.pipelines.lead_ml.find(name, part).cloned().ok_or_else(|| {
                let message = format!("the pipeline `{name}` of this configuration is not there");
                Fault::new(FaultKind::NotReady, message)
            })
        };
        Ok(Configuration {
            number,
            lead_score: pipeline(Part::LeadScore)?,
            conversion: pipeline(Part::Conversion)?,
            priority: pipeline(Part::Priority)?,
            filter: body.filter.clone(),
        })
    }

    /// Whether a lead belongs to it.
    pub(crate) fn takes(&self, lead: &StoredLead) -> bool {
        self.filter
            .iter()
            .all(|(name, condition)| attribute(lead, name).is_some_and(|own| condition.holds(&own)))
    }

    /// What predictions of the score rest on.
    pub(crate) fn score_hash(&self) -> String {
        format!("{}+{}", self.lead_score.content_hash(), self.conversion.content_hash())
    }

    /// What rankings rest on.
    pub(crate) fn priority_hash(&self) -> String {
        format!("{}+{}", self.priority.content_hash(), self.score_hash())
    }
}

impl ConfigurationBody {
    /// A configuration as the store keeps it.
    pub(crate) fn parse(text: &str) -> Result<ConfigurationBody, Fault> {
        let damaged = |error: serde_json::Error| StoreError::Damaged {
            what: "configuration",
            message: error.to_string(),
        };
        Ok(serde_json::from_str(text).map_err(damaged)?)
    }

    /// Every problem that a schema does not see.
    pub(crate) fn check(&self, state: &AppState) -> Result<(), Fault> {
        let mut issues = Vec::new();
        let mut tell = |field: String, message: String| issues.push(Issue { field, message, value: None });
        for part in Part::ALL {
            let name = self.pipelines.name(part);
            if state.pipelines.lead_ml.find(name, part).is_none() {
                let names = state.pipelines.lead_ml.names(part).join(" or ");
                tell(
                    format!("pipelines.{}", part.as_str()),
                    format!("`{name}` cannot be used here; use {names}"),
                );
            }
        }
        if self.filter.len() > MOST_CONDITIONS {
            tell("filter".to_owned(), format!("names at most {MOST_CONDITIONS} attributes"));
        }
        for (name, condition) in &self.filter {
            if name.trim().is_empty() || name.len() > 100 {
                tell("filter".to_owned(), "the name of an attribute has 1 to 100 characters".to_owned());
            }
            if let Some(message) = condition.problem() {
                tell(format!("filter.{name}"), message.to_owned());
            }
        }
        if issues.is_empty() { Ok(()) } else { Err(Fault::invalid_all(issues)) }
    }
}

impl Default for ConfigurationBody {
    fn default() -> ConfigurationBody {
        ConfigurationBody {
            name: "All leads".to_owned(),
            pipelines: PipelineNames::default(),
            filter: BTreeMap::new(),
        }
    }
}

impl Default for PipelineNames {
    fn default() -> PipelineNames {
        PipelineNames {
            lead_score: "lead-score".to_owned(),
            conversion: "conversion".to_owned(),
            priority: "priority".to_owned(),
        }
    }
}

impl PipelineNames {
    fn name(&self, part: Part) -> &str {
        match part {
            Part::LeadScore => &self.lead_score,
            Part::Conversion => &self.conversion,
            Part::Priority => &self.priority,
        }
    }
}

impl Condition {
    fn problem(&self) -> Option<&'static str> {
        let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        let values = self.equals.iter().chain(self.one_of.iter().flatten());
        if self == &Condition::default() {
            Some("says nothing; give equals, one_of, min or max")
        } else if !values.clone().all(is_plain) {
            Some("equals and one_of take texts, numbers and flags")
        } else if self.min.zip(self.max).is_some_and(|(min, max)| min > max) {
            Some("min is above max, so that no lead fits")
        } else {
            None
        }
    }

    fn holds(&self, value: &Value) -> bool {
        let number = value.as_f64();
        self.equals.as_ref().is_none_or(|wanted| is_same(value, wanted))
            && self.one_of.as_ref().is_none_or(|all| all.iter().any(|wanted| is_same(value, wanted)))
            && self.min.is_none_or(|min| number.is_some_and(|number| number >= min))
            && self.max.is_none_or(|max| number.is_some_and(|number| number <= max))
    }
}

/// An attribute of a lead; e-mail address, telephone number and the caller's id count as some.
fn attribute(lead: &StoredLead, name: &str) -> Option<Value> {
    if let Some(value) = lead.attributes.get(name) {
        return Some(value.clone());
    }
    let contact = &lead.contact;
    let text = match name {
        "email" => contact.email.as_deref(),
        "phone" => contact.phone.as_deref(),
        "external_id" => contact.external_id.as_deref(),
        _ => None,
    };
    text.map(Value::from)
}

fn is_same(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::String(own), Value::String(wanted)) => {
            own.trim().to_lowercase() == wanted.trim().to_lowercase()
        }
        (Value::Number(own), Value::Number(wanted)) => own.as_f64() == wanted.as_f64(),
        _ => value == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_conditions_take() {
        let condition = |json: Value| serde_json::from_value::<Condition>(json).unwrap();
        let table = [
            (json!({"equals": "us"}), json!(" US "), true),
            (json!({"equals": 3}), json!(3.0), true),
            (json!({"equals": "3"}), json!(3), false),
            (json!({"equals": true}), json!(true), true),
            (json!({"one_of": ["web", "ads"]}), json!("ADS"), true),
            (json!({"one_of": ["web", "ads"]}), json!("fair"), false),
            (json!({"min": 2, "max": 4}), json!(2), true),
            (json!({"min": 2, "max": 4}), json!(4.5), false),
            (json!({"min": 2}), json!("7"), false),
        ];
        for (said, value, holds) in table {
            let own = condition(said.clone());
            assert_eq!((own.problem(), own.holds(&value)), (None, holds), "{said} {value}");
        }
        for said in
            [json!({}), json!({"equals": [1]}), json!({"one_of": [null]}), json!({"min": 2, "max": 1})]
        {
            assert!(condition(said.clone()).problem().is_some(), "{said}");
        }
    }
}
