//! A lead as the caller knows it: an id, attributes, and what happened when.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::json::{self, Cursor, Document, Node};
use crate::{Error, Timestamp, Zone};

/// One value of a lead's attribute or an activity's property.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// Text as it came; dates are texts too.
    Text(String),
    /// A number; NaN counts as missing.
    Number(f64),
    /// True or false.
    Flag(bool),
}

impl From<&str> for Attribute {
    fn from(value: &str) -> Self {
        Attribute::Text(value.to_owned())
    }
}
impl From<String> for Attribute {
    fn from(value: String) -> Self {
        Attribute::Text(value)
    }
}
impl From<f64> for Attribute {
    fn from(value: f64) -> Self {
        Attribute::Number(value)
    }
}
impl From<bool> for Attribute {
    fn from(value: bool) -> Self {
        Attribute::Flag(value)
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Attribute::Text(text) => serializer.serialize_str(text),
            Attribute::Number(number) => json::short(number, serializer),
            Attribute::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

/// Something that happened with a lead at a moment: an e-mail opened, a meeting held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Activity {
    /// The caller's id of the event; activities with the same id count once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What happened, in the caller's own words, such as `email_open`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// More about it, such as the page seen.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Attribute>,
}

impl Activity {
    /// An activity without id and properties.
    pub fn new(kind: impl Into<String>, at: Timestamp) -> Activity {
        Activity { id: None, kind: kind.into(), at, properties: BTreeMap::new() }
    }

    /// The same activity with one property more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Attribute>) -> Activity {
        self.properties.insert(name.into(), value.into());
        self
    }
}

/// A person or company that may buy, as the caller's records know it.
///
/// ```
/// use leadscore::{Activity, Lead, Timestamp, Zone};
/// let lead = Lead::new("l-1")
///     .with("company", "Acme")
///     .with("employees", 250.0)
///     .activity(Activity::new("email_open", Timestamp::parse("2026-11-20", &Zone::utc())?));
/// assert_eq!(lead.activities.len(), 1);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Lead {
    /// The caller's id, handed back with the result.
    pub id: String,
    /// What is known of the lead, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// What happened with it, in any order.
    pub activities: Vec<Activity>,
}

impl Lead {
    /// A lead of which nothing is known yet.
    pub fn new(id: impl Into<String>) -> Lead {
        Lead { id: id.into(), ..Lead::default() }
    }

    /// The same lead with one attribute more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Attribute>) -> Lead {
        self.attributes.insert(name.into(), value.into());
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
    /// absent. Times without an offset are meant in `zone`.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_lead` with the path of the field.
    ///
    /// ```
    /// use leadscore::{Lead, Zone};
    /// let lead = Lead::from_json(r#"{"lead_id": 7, "company": "Acme"}"#, &Zone::utc())?;
    /// assert_eq!(lead.id, "7");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_json(text: &str, zone: &Zone) -> Result<Lead, Error> {
        let node = json::parse(text)?;
        Lead::read(&Cursor::root(&node, "", Document::Lead), zone)
    }

    /// Reads a JSON list of lead records one by one: a record that cannot be read stands as its error, whose path begins
    /// in the record.
    pub(crate) fn each_from_json(text: &str, zone: &Zone) -> Result<Vec<Result<Lead, Error>>, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "leads", Document::Lead);
        let read = |item: &Cursor<'_>| Lead::read(&Cursor::root(item.node, "", Document::Lead), zone);
        Ok(root.items()?.iter().map(read).collect())
    }

    /// Reads a JSON list of lead records; errors name the record as `leads[3]`.
    ///
    /// # Errors
    /// As [`Lead::from_json`].
    pub fn list_from_json(text: &str, zone: &Zone) -> Result<Vec<Lead>, Error> {
        let node = json::parse(text)?;
        let root = Cursor::root(&node, "leads", Document::Lead);
        root.items()?.iter().map(|item| Lead::read(item, zone)).collect()
    }

    fn read(cursor: &Cursor<'_>, zone: &Zone) -> Result<Lead, Error> {
        let fields = cursor.entries()?;
        let nested = fields.optional("attributes").filter(|c| matches!(c.node, Node::Object(_)));
        let mut lead = Lead::default();
        let id = fields.optional("id").or_else(|| fields.optional("lead_id"));
        if let Some(id) = id {
            lead.id = match id.node {
                Node::Text(text) => text.clone(),
                Node::Integer(number) => number.to_string(),
                _ => return Err(id.error("an id is a text or a whole number")),
            };
        }
        if let Some(activities) = fields.optional("activities") {
            lead.activities =
                activities.items()?.iter().map(|item| read_activity(item, zone)).collect::<Result<_, _>>()?;
        }
        if let Some(nested) = nested {
            cursor.object(&["id", "lead_id", "attributes", "activities"])?;
            lead.attributes = read_attributes(&nested, &[])?;
        } else {
            lead.attributes = read_attributes(cursor, &["id", "lead_id", "activities"])?;
        }
        Ok(lead)
    }
}

fn read_activity(cursor: &Cursor<'_>, zone: &Zone) -> Result<Activity, Error> {
    let fields = cursor.object(&["id", "kind", "at", "properties"])?;
    let at = fields.required("at")?;
    Ok(Activity {
        id: match fields.optional("id") {
            None => None,
            Some(id) => Some(match id.node {
                Node::Integer(number) => number.to_string(),
                _ => id.text()?.to_owned(),
            }),
        },
        kind: fields.required("kind")?.text()?.to_owned(),
        at: Timestamp::parse(at.text()?, zone).map_err(|error| at.error(error.message()))?,
        properties: fields
            .optional("properties")
            .map_or(Ok(BTreeMap::new()), |c| read_attributes(&c, &[]))?,
    })
}

fn read_attributes(cursor: &Cursor<'_>, skip: &[&str]) -> Result<BTreeMap<String, Attribute>, Error> {
    let mut attributes = BTreeMap::new();
    for (name, value) in cursor.entries()?.all() {
        if skip.contains(&name) {
            continue;
        }
        let attribute = match value.node {
            Node::Null => continue,
            Node::Flag(flag) => Attribute::Flag(*flag),
            Node::Integer(number) => Attribute::Number(*number as f64),
            Node::Number(number) => Attribute::Number(*number),
            Node::Text(text) => Attribute::Text(text.clone()),
            Node::List(_) | Node::Object(_) => {
                return Err(value.error(format!(
                    "an attribute is a text, a number or a flag, found {}",
                    value.node.kind()
                )));
            }
        };
        attributes.insert(name.to_owned(), attribute);
    }
    Ok(attributes)
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
        let path = |text: &str| Lead::list_from_json(text, &utc).unwrap_err().path().to_owned();
        assert_eq!(path(r#"[{}, {"activities":[{"kind":"x","at":"soon"}]}]"#), "leads[1].activities[0].at");
        assert_eq!(path(r#"[{"tags":["a"]}]"#), "leads[0].tags");
        assert_eq!(path(r#"[{"attributes":{},"extra":1}]"#), "leads[0]");
        assert_eq!(Lead::from_json(r#"{"a":1,"a":2}"#, &utc).unwrap_err().code(), "invalid_json");
    }
}
