//! Lead records from JSON, straight from the parser: into a [`Lead`], or indexed by a schema's attributes.

mod parse;

use std::borrow::Cow;
use std::collections::BTreeMap;

use self::parse::{FieldValue, Fields, ListSeed, Parsed, RecordSeed, SchemaFields, list, parse};
use super::attribute::{Attribute, AttributeRef, nested_message};
use super::names::{AttributeKey, AttributeNames};
use super::{Activities, Activity, Lead, Record};
use crate::error::Path;
use crate::json::{Cursor, Document, Node};
use crate::{Error, ErrorKind, Zone};

/// What to do with a field whose value is a list or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NestedValues {
    /// The record is refused.
    #[default]
    Refuse,
    /// The field is skipped and reported.
    Skip,
}

/// What to do with a field that the schema does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UnknownFields {
    /// The field is skipped and reported.
    #[default]
    Skip,
    /// The record is refused.
    Refuse,
}

/// A field of a JSON record that was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkippedField {
    /// The schema reads no attribute of that name.
    Unknown {
        /// The name of the field.
        name: String,
    },
    /// The value is a list or an object, which no attribute can be.
    Nested {
        /// The name of the field.
        name: String,
    },
}

/// Reads lead records from JSON, with a stated policy for what cannot be used.
///
/// ```
/// use leadscore::record::{JsonReader, NestedValues, SkippedField};
/// use leadscore::Zone;
/// let reader = JsonReader::new(Zone::utc()).nested_values(NestedValues::Skip);
/// let mut skipped = Vec::new();
/// let lead = reader.lead(r#"{"id": 7, "company": "Acme", "tags": ["a"]}"#, &mut skipped)?;
/// assert_eq!(lead.attributes.len(), 1);
/// assert_eq!(skipped, [SkippedField::Nested { name: "tags".to_owned() }]);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct JsonReader {
    zone: Zone,
    nested: NestedValues,
    unknown: UnknownFields,
}

impl JsonReader {
    /// A reader that interprets times without an offset in `zone`, refuses nested values and skips unknown fields.
    pub fn new(zone: Zone) -> JsonReader {
        JsonReader { zone, nested: NestedValues::default(), unknown: UnknownFields::default() }
    }

    /// The same reader with another policy for lists and objects.
    #[must_use]
    pub fn nested_values(mut self, policy: NestedValues) -> JsonReader {
        self.nested = policy;
        self
    }

    /// The same reader with another policy for fields the schema does not read; it matters to
    /// [`record`](JsonReader::record) only, a [`Lead`] keeps every field.
    #[must_use]
    pub fn unknown_fields(mut self, policy: UnknownFields) -> JsonReader {
        self.unknown = policy;
        self
    }

    /// Reads one record with all its fields; fields that were skipped are added to `skipped`.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_lead` with the path of the field.
    pub fn lead(&self, text: &str, skipped: &mut Vec<SkippedField>) -> Result<Lead, Error> {
        let parsed = parse(text, RecordSeed { new_fields: &BTreeMap::new })?;
        self.finish_lead(parsed, skipped)
    }

    /// Reads a list of records; one that is refused is its error, whose path begins in the record.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_lead` where the text is no list.
    pub fn leads(&self, text: &str) -> Result<Vec<Result<Lead, Error>>, Error> {
        let new_fields: &dyn Fn() -> BTreeMap<String, Option<Attribute>> = &BTreeMap::new;
        let records = list(parse(text, ListSeed { new_fields })?)?.into_iter();
        Ok(records.map(|parsed| self.finish_lead(parsed, &mut Vec::new())).collect())
    }

    /// Reads one record, its values indexed by the schema's attributes and its texts borrowed from `text`.
    ///
    /// # Errors
    /// As [`JsonReader::lead`].
    pub fn record<'t>(&self, text: &'t str, names: &AttributeNames) -> Result<JsonRecord<'t>, Error> {
        let parsed = parse(text, RecordSeed { new_fields: &|| SchemaFields::new(names) })?;
        self.finish_record(parsed, names)
    }

    /// Reads a list of records as [`JsonReader::record`] reads one; a refused one is its error.
    ///
    /// # Errors
    /// As [`JsonReader::leads`].
    pub fn records<'t>(
        &self,
        text: &'t str,
        names: &AttributeNames,
    ) -> Result<Vec<Result<JsonRecord<'t>, Error>>, Error> {
        let records = list(parse(text, ListSeed { new_fields: &|| SchemaFields::new(names) })?)?;
        Ok(records.into_iter().map(|parsed| self.finish_record(parsed, names)).collect())
    }

    fn finish_lead(
        &self,
        parsed: Parsed<'_, BTreeMap<String, Option<Attribute>>>,
        skipped: &mut Vec<SkippedField>,
    ) -> Result<Lead, Error> {
        let parts = self.check(parsed)?;
        skipped.extend(parts.nested_names.into_iter().map(|name| SkippedField::Nested { name }));
        Ok(Lead {
            id: parts.id.map(Cow::into_owned),
            attributes: parts.fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            activities: parts.activities,
        })
    }

    fn finish_record<'t>(
        &self,
        parsed: Parsed<'t, SchemaFields<'t, '_>>,
        names: &AttributeNames,
    ) -> Result<JsonRecord<'t>, Error> {
        let parts = self.check(parsed)?;
        let is_nested = |name: &str| parts.nested_names.iter().any(|nested| nested == name);
        let unknown: Vec<&Cow<'_, str>> =
            parts.fields.unknown.iter().filter(|name| !is_nested(name)).collect();
        if let (UnknownFields::Refuse, Some(name)) = (self.unknown, unknown.first()) {
            let message = format!(
                "unknown field `{name}`; known here: {}",
                names.iter().collect::<Vec<_>>().join(", ")
            );
            return Err(Error::new(ErrorKind::InvalidLead, "", message));
        }
        let mut skipped: Vec<SkippedField> =
            unknown.into_iter().map(|name| SkippedField::Unknown { name: name.to_string() }).collect();
        skipped.extend(parts.nested_names.into_iter().map(|name| SkippedField::Nested { name }));
        Ok(JsonRecord {
            id: parts.id,
            values: parts.fields.values,
            activities: parts.activities,
            skipped,
            names: names.clone(),
        })
    }

    /// Checks a parsed record, in the order in which problems are reported.
    fn check<'t, F: Fields<'t>>(&self, parsed: Parsed<'t, F>) -> Result<Parts<'t, F>, Error> {
        let refuse = |path: Path, message: String| Err(Error::new(ErrorKind::InvalidLead, path, message));
        let object = match parsed {
            Err(kind) => return refuse(Path::default(), format!("wants an object, found {kind}")),
            Ok(object) => object,
        };
        let id = match [("id", object.id), ("lead_id", object.lead_id)]
            .into_iter()
            .find(|(_, id)| !id.is_null())
        {
            None => None,
            Some((_, FieldValue::Text(text))) => Some(text),
            Some((_, FieldValue::Integer(number))) => Some(Cow::Owned(number.to_string())),
            Some((name, _)) => {
                return refuse(Path::from_field(name), "an id is a text or a whole number".to_owned());
            }
        };
        let activities = match object.activities {
            None | Some(Node::Null) => Vec::new(),
            Some(node) => {
                let list = Cursor::root(&node, "activities", Document::Lead);
                list.items()?.iter().map(|item| Activity::read(item, &self.zone)).collect::<Result<_, _>>()?
            }
        };
        let (found, outer) = match object.attributes {
            None => (object.flat, None),
            Some(attributes) => {
                if let Some(name) = object.first_other {
                    let known = "id, lead_id, attributes, activities";
                    return refuse(Path::default(), format!("unknown field `{name}`; known here: {known}"));
                }
                (attributes, Some("attributes"))
            }
        };
        if let (NestedValues::Refuse, Some((name, kind))) = (self.nested, found.nested.first()) {
            let outer = outer.map(Path::from_field).unwrap_or_default();
            return refuse(outer.field(&**name), nested_message(kind));
        }
        let nested_names = found.nested.into_iter().map(|(name, _)| name.into_owned()).collect();
        Ok(Parts { id, activities, fields: found.fields, nested_names })
    }
}

impl Lead {
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

/// The parts of a checked record.
struct Parts<'t, F> {
    id: Option<Cow<'t, str>>,
    activities: Vec<Activity>,
    fields: F,
    nested_names: Vec<String>,
}

/// A JSON record whose values are indexed by a schema's attributes; texts are borrowed from the JSON.
///
/// ```
/// use leadscore::record::{JsonReader, Record};
/// use leadscore::{Pipeline, Zone};
/// let pipeline = Pipeline::builtin("conversion")?;
/// let names = pipeline.schema().attribute_names();
/// let record = JsonReader::new(Zone::utc()).record(r#"{"id": 7, "company": "Acme", "shoe_size": 43}"#, names)?;
/// assert_eq!(record.id(), Some("7"));
/// assert_eq!(record.skipped().len(), 1);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct JsonRecord<'t> {
    id: Option<Cow<'t, str>>,
    values: Vec<FieldValue<'t>>,
    activities: Vec<Activity>,
    skipped: Vec<SkippedField>,
    names: AttributeNames,
}

impl JsonRecord<'_> {
    /// The fields that were not used, in no particular order.
    pub fn skipped(&self) -> &[SkippedField] {
        &self.skipped
    }
}

impl Record for JsonRecord<'_> {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        match self.values.get(key.index())? {
            FieldValue::Absent | FieldValue::Null => None,
            FieldValue::Flag(flag) => Some(AttributeRef::Flag(*flag)),
            FieldValue::Integer(number) => Some(AttributeRef::Number(*number as f64)),
            FieldValue::Number(number) => Some(AttributeRef::Number(*number)),
            FieldValue::Text(text) => Some(AttributeRef::Text(text)),
        }
    }

    fn activities(&self) -> Activities<'_> {
        self.activities.as_slice().into()
    }

    fn check_names(&self, names: &AttributeNames) -> Result<(), Error> {
        if self.names == *names {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidLead, "", "the record was read for a schema with other attributes"))
    }
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
}
