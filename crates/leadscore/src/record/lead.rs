//! A lead as the caller knows it: an id, attributes, and what happened when.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attribute::{Attribute, AttributeRef, IntoAttribute};
use super::json::JsonReader;
use super::names::AttributeKey;
use super::{Activities, Activity, Record};
use crate::error::Path;
use crate::json::{Cursor, Node};
use crate::{Error, Zone};

/// A person or company that may buy, as the caller's records know it.
///
/// ```
/// use leadscore::{Activity, Lead, Timestamp, Zone};
/// let lead = Lead::new("l-1")
///     .with("company", "Acme")
///     .with("employees", 250)
///     .with("phone", None::<&str>)
///     .activity(Activity::new("email_open", Timestamp::parse("2026-11-20", &Zone::utc())?));
/// assert_eq!((lead.attributes.len(), lead.activities.len()), (2, 1));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Lead {
    /// The caller's id, handed back with the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The activities, in any order.
    pub activities: Vec<Activity>,
}

impl Lead {
    /// A lead without attributes and activities.
    pub fn new(id: impl Into<String>) -> Lead {
        Lead { id: Some(id.into()), ..Lead::default() }
    }

    /// The same lead with one attribute more; an absent value adds none.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl IntoAttribute) -> Lead {
        if let Some(value) = value.into_attribute() {
            self.attributes.insert(name.into(), value);
        }
        self
    }

    /// The same lead with one activity more.
    #[must_use]
    pub fn activity(mut self, activity: Activity) -> Lead {
        self.activities.push(activity);
        self
    }

    /// Reads a lead record from JSON.
    ///
    /// Two shapes are taken: `{"id", "attributes": {…}, "activities": [{"kind", "at", "properties"?, "id"?}]}`, and a
    /// flat record in which every field but the id (`id` or `lead_id`) and `activities` is an attribute. Null is
    /// absent. Times without an offset are interpreted in `zone`. [`JsonReader`] reads the same with other policies.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_lead` with the path of the field.
    ///
    /// ```
    /// use leadscore::{Lead, Zone};
    /// let lead = Lead::from_json(r#"{"lead_id": 7, "company": "Acme"}"#, &Zone::utc())?;
    /// assert_eq!(lead.id.as_deref(), Some("7"));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_json(text: &str, zone: &Zone) -> Result<Lead, Error> {
        JsonReader::new(zone.clone()).lead(text, &mut Vec::new())
    }

    /// Reads a JSON list of lead records; errors name the record as `leads[3]`.
    ///
    /// # Errors
    /// As [`Lead::from_json`].
    pub fn list_from_json(text: &str, zone: &Zone) -> Result<Vec<Lead>, Error> {
        let leads = JsonReader::new(zone.clone()).leads(text)?.into_iter().enumerate();
        let name = |index| Path::from_field("leads").index(index);
        leads.map(|(index, lead)| lead.map_err(|error| error.within(name(index)))).collect()
    }
}

impl Record for Lead {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        self.attributes.get(key.name()).map(Attribute::as_ref)
    }

    fn activities(&self) -> Activities<'_> {
        self.activities.as_slice().into()
    }
}

/// The properties of an activity.
pub(super) fn read_attributes(cursor: &Cursor<'_>) -> Result<BTreeMap<String, Attribute>, Error> {
    let mut attributes = BTreeMap::new();
    for (name, value) in cursor.entries()?.all() {
        let attribute = match value.node {
            Node::Null => continue,
            Node::Flag(flag) => Attribute::Flag(*flag),
            Node::Integer(number) => Attribute::Number(*number as f64),
            Node::Number(number) => Attribute::Number(*number),
            Node::Text(text) => Attribute::Text(text.clone()),
            Node::List(_) | Node::Object(_) => return Err(value.error(nested_message(value.node.kind()))),
        };
        attributes.insert(name.to_owned(), attribute);
    }
    Ok(attributes)
}

pub(super) fn nested_message(found: &str) -> String {
    format!("an attribute is a text, a number or a flag, found {found}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_give_the_same_lead() {
        let utc = Zone::utc();
        let flat =
            r#"{"id":"a","company":"Acme","n":3,"x":null,"activities":[{"kind":"open","at":"2026-01-02"}]}"#;
        let nested = r#"{"id":"a","attributes":{"company":"Acme","n":3.0},"activities":[{"kind":"open","at":"2026-01-02T00:00:00Z"}]}"#;
        let lead = Lead::from_json(flat, &utc).unwrap();
        assert_eq!(lead, Lead::from_json(nested, &utc).unwrap());
        let written = serde_json::to_string(&lead).unwrap();
        assert_eq!(lead, Lead::from_json(&written, &utc).unwrap());
    }

    #[test]
    fn errors_name_the_path() {
        let utc = Zone::utc();
        let path = |text: &str| Lead::list_from_json(text, &utc).unwrap_err().path().to_string();
        assert_eq!(path(r#"[{}, {"activities":[{"kind":"x","at":"soon"}]}]"#), "leads[1].activities[0].at");
        assert_eq!(path(r#"[{"tags":["a"]}]"#), "leads[0].tags");
        assert_eq!(path(r#"[{"attributes":{"a":{}}}]"#), "leads[0].attributes.a");
        assert_eq!(path(r#"[{"attributes":{},"extra":1}]"#), "leads[0]");
        assert_eq!(path(r#"[{"id":1.5}]"#), "leads[0].id");
        assert_eq!(Lead::from_json(r#"{"a":1,"a":2}"#, &utc).unwrap_err().code(), "invalid_json");
    }

    #[test]
    fn what_goes_into_an_attribute() {
        let lead = Lead::new("a")
            .with("n", 3_u8)
            .with("big", 2_i64)
            .with("none", None::<f64>)
            .with("some", Some("x"));
        assert_eq!(lead.attributes["n"], Attribute::Number(3.0));
        assert_eq!(lead.attributes.len(), 3);
    }
}
