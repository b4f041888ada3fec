//! The properties of ours, which must exist before a contact can have them.

use serde::Deserialize;
use serde_json::json;

use super::HubSpot;
use super::deals::LEAD_ID;
use crate::crm::{Failure, FailureKind};

/// Object, name, label, type, kind of form field, whether a value is of one object only.
const PROPERTIES: [(&str, &str, &str, &str, &str, bool); 6] = [
    ("contacts", LEAD_ID, "Lead id", "string", "text", false),
    ("contacts", "leadscore_score", "Lead score", "number", "number", false),
    ("contacts", "leadscore_tier", "Lead tier", "string", "text", false),
    ("contacts", "leadscore_reasoning", "Reasons of the score", "string", "textarea", false),
    ("contacts", "leadscore_scored_at", "Scored at", "datetime", "date", false),
    ("deals", LEAD_ID, "Lead id", "string", "text", true),
];

/// A property and whether it can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyCheck {
    /// `contacts` or `deals`.
    pub object: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether it can be used.
    pub state: PropertyState,
}

/// Whether a property can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PropertyState {
    /// It was there.
    Present,
    /// It has been made.
    Created,
    /// It is there with another type, or is not unique where it must be; it is left as it is.
    Unsuitable {
        /// What is wrong, a sentence.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    has_unique_value: bool,
}

impl HubSpot {
    /// Makes the properties that [`HubSpot::sync`] writes where they do not exist.
    ///
    /// # Errors
    /// The failure of the first call that failed. Making a property takes the scope `crm.schemas.contacts.write`
    /// (`crm.schemas.deals.write` for deals).
    pub async fn ensure_properties(&self) -> Result<Vec<PropertyCheck>, Failure> {
        let mut checks = Vec::with_capacity(PROPERTIES.len());
        for (object, name, label, kind, field, is_unique) in PROPERTIES {
            let state = match self.get(&self.paths.properties, &[object, name], &[]).await {
                Ok(answer) => answer.read::<Property>()?.state(kind, is_unique),
                Err(failure) if failure.kind == FailureKind::NotFound => {
                    let group = if object == "deals" { "dealinformation" } else { "contactinformation" };
                    let mut body = json!({
                        "name": name, "label": label, "type": kind, "fieldType": field, "groupName": group,
                    });
                    if is_unique {
                        body["hasUniqueValue"] = json!(true);
                    }
                    match self.post(&self.paths.properties, &[object], &body, false).await {
                        Ok(_) => PropertyState::Created,
                        // Made by someone else in between.
                        Err(failure) if failure.kind == FailureKind::Conflict => {
                            let answer = self.get(&self.paths.properties, &[object, name], &[]).await?;
                            answer.read::<Property>()?.state(kind, is_unique)
                        }
                        Err(failure) => return Err(failure),
                    }
                }
                Err(failure) => return Err(failure),
            };
            checks.push(PropertyCheck { object, name, state });
        }
        Ok(checks)
    }
}

impl Property {
    fn state(&self, kind: &str, is_unique: bool) -> PropertyState {
        // A tier may be a list of options.
        let is_kind = self.kind == kind || (kind == "string" && self.kind == "enumeration");
        if !is_kind {
            return PropertyState::Unsuitable {
                reason: format!("its type is {:?}, not {kind:?}", self.kind),
            };
        }
        if is_unique && !self.has_unique_value {
            return PropertyState::Unsuitable {
                reason: "two objects may have the same value of it".to_owned(),
            };
        }
        PropertyState::Present
    }
}
