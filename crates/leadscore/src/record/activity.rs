//! Activities: what happened with a lead, and when.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attribute::{Attribute, IntoAttribute, read_attributes};
use crate::json::{self, Cursor, Document, Node};
use crate::{Error, Timestamp, Zone};

/// Something that happened with a lead at a point in time: an e-mail opened, a meeting held.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Activity {
    /// The caller's id of the event; activities with the same id count once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What happened, as the caller names it, such as `email_open`.
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

    /// The same activity with the caller's id of the event.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Activity {
        self.id = Some(id.into());
        self
    }

    /// The same activity with one property more; an absent value adds none.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl IntoAttribute) -> Activity {
        if let Some(value) = value.into_attribute() {
            self.properties.insert(name.into(), value);
        }
        self
    }

    /// Reads `{"kind", "at", "id"?, "properties"?}`; a time without an offset is interpreted in `zone`.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_lead` with the field.
    ///
    /// ```
    /// use leadscore::{Activity, Zone};
    /// let opened = Activity::from_json(r#"{"kind": "email_open", "at": "2026-11-20"}"#, &Zone::utc())?;
    /// assert_eq!(opened.at.to_string(), "2026-11-20T00:00:00Z");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_json(text: &str, zone: &Zone) -> Result<Activity, Error> {
        let node = json::parse(text)?;
        Activity::read(&Cursor::root(&node, "", Document::Lead), zone)
    }

    pub(super) fn read(cursor: &Cursor<'_>, zone: &Zone) -> Result<Activity, Error> {
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
            properties: fields.optional("properties").map_or(Ok(BTreeMap::new()), |c| read_attributes(&c))?,
        })
    }
}

/// The activities of one record, borrowed, in one of two forms.
#[derive(Debug, Clone, Copy)]
pub struct Activities<'a>(pub(crate) ActivityForm<'a>);

/// How the activities of a record are stored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ActivityForm<'a> {
    Full(&'a [Activity]),
    Compact { kinds: &'a [ActivityKind], activities: &'a [CompactActivity] },
}

/// An activity without id and properties in 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CompactActivity {
    /// When.
    pub at: Timestamp,
    /// The number of its kind in an [`ActivityKinds`](crate::feature::ActivityKinds).
    pub kind: u32,
}

/// A kind of activity, normalised, with its type in a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityKind {
    /// The kind, normalised for comparison.
    pub(crate) normalised: String,
    /// Its type by a rule of the schema, if one matches.
    pub(crate) rule_type: Option<String>,
}

impl ActivityKind {
    /// The kind in the form in which kinds are compared; two that are spelled alike but for case are one.
    pub fn normalised(&self) -> &str {
        &self.normalised
    }
}

impl<'a> Activities<'a> {
    /// Activities of 16 bytes each, for logs of millions, with the kinds that their numbers index. Duplicate
    /// events must have been removed: without ids they cannot be recognised.
    pub fn compact(kinds: &'a [ActivityKind], activities: &'a [CompactActivity]) -> Activities<'a> {
        Activities(ActivityForm::Compact { kinds, activities })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self.0 {
            ActivityForm::Full(activities) => activities.len(),
            ActivityForm::Compact { activities, .. } => activities.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Activities<'_> {
    fn default() -> Self {
        Activities(ActivityForm::Full(&[]))
    }
}

impl<'a> From<&'a [Activity]> for Activities<'a> {
    fn from(activities: &'a [Activity]) -> Activities<'a> {
        Activities(ActivityForm::Full(activities))
    }
}
