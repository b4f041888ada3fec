//! Parsing of lead records: the fields and values of the JSON, before anything is checked.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::json::{self, MAX_RECORD_DEPTH, Node, NodeSeed};
use crate::record::attribute::Attribute;
use crate::record::names::AttributeNames;
use crate::{Error, ErrorKind};

/// The value of one field; lists and objects are kept by name elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FieldValue<'t> {
    /// No such field was seen.
    Absent,
    Null,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(Cow<'t, str>),
}

impl FieldValue<'_> {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, FieldValue::Absent | FieldValue::Null)
    }
}

/// Where the fields of an object go.
pub(super) trait Fields<'t> {
    /// Takes a field in, or gives its name back where one of that name was there before.
    fn put(&mut self, name: Cow<'t, str>, value: FieldValue<'t>) -> Result<(), Cow<'t, str>>;
}

/// All fields by name; null is kept as `None` so that a repeated field is detected.
impl<'t> Fields<'t> for BTreeMap<String, Option<Attribute>> {
    fn put(&mut self, name: Cow<'t, str>, value: FieldValue<'t>) -> Result<(), Cow<'t, str>> {
        let value = match value {
            FieldValue::Absent | FieldValue::Null => None,
            FieldValue::Flag(flag) => Some(Attribute::Flag(flag)),
            FieldValue::Integer(number) => Some(Attribute::Number(number as f64)),
            FieldValue::Number(number) => Some(Attribute::Number(number)),
            FieldValue::Text(text) => Some(Attribute::Text(text.into_owned())),
        };
        match self.entry(name.into_owned()) {
            Entry::Vacant(place) => {
                place.insert(value);
                Ok(())
            }
            Entry::Occupied(place) => Err(Cow::Owned(place.key().clone())),
        }
    }
}

/// The fields a schema reads at their numbers, and the names of all others.
pub(super) struct SchemaFields<'t, 's> {
    pub(super) names: &'s AttributeNames,
    /// Empty before the first of them, so that a record of another form costs no allocation.
    pub(super) values: Vec<FieldValue<'t>>,
    /// The number after the one put last: most records name their fields in the schema's order.
    next: usize,
    pub(super) unknown: HashSet<Cow<'t, str>>,
}

impl<'s> SchemaFields<'_, 's> {
    pub(super) fn new(names: &'s AttributeNames) -> Self {
        SchemaFields { names, values: Vec::new(), next: 0, unknown: HashSet::new() }
    }
}

impl<'t> Fields<'t> for SchemaFields<'t, '_> {
    fn put(&mut self, name: Cow<'t, str>, value: FieldValue<'t>) -> Result<(), Cow<'t, str>> {
        let expected = self.names.name(self.next) == Some(&*name);
        let index = if expected { Some(self.next) } else { self.names.index(&name) };
        let Some(index) = index else {
            if self.unknown.contains(&name) {
                return Err(name);
            }
            self.unknown.insert(name);
            return Ok(());
        };
        self.next = index + 1;
        if self.values.is_empty() {
            self.values.resize(self.names.len(), FieldValue::Absent);
        }
        let place = &mut self.values[index];
        if *place != FieldValue::Absent {
            return Err(name);
        }
        *place = value;
        Ok(())
    }
}

/// A record as the parser saw it, not yet checked; or what stands there, where it is no object.
pub(super) type Parsed<'t, F> = Result<ParsedObject<'t, F>, &'static str>;

pub(super) struct ParsedObject<'t, F> {
    pub(super) id: FieldValue<'t>,
    pub(super) lead_id: FieldValue<'t>,
    pub(super) activities: Option<Node>,
    /// The fields of the record itself, should it turn out to be flat.
    pub(super) flat: Found<'t, F>,
    /// The fields of an `attributes` object.
    pub(super) attributes: Option<Found<'t, F>>,
    /// The first field that a record with `attributes` does not have.
    pub(super) first_other: Option<Cow<'t, str>>,
}

/// Fields and, by name and kind, those whose values are lists or objects.
pub(super) struct Found<'t, F> {
    pub(super) fields: F,
    pub(super) nested: Vec<(Cow<'t, str>, &'static str)>,
}

pub(super) fn parse<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer).map_err(|error| json::syntax_error(&error))?;
    deserializer.end().map_err(|error| json::syntax_error(&error))?;
    Ok(value)
}

pub(super) fn list<T>(parsed: Result<Vec<T>, &'static str>) -> Result<Vec<T>, Error> {
    parsed.map_err(|kind| Error::new(ErrorKind::InvalidLead, "leads", format!("wants a list, found {kind}")))
}

/// Reads one record.
pub(super) struct RecordSeed<'f, F> {
    pub(super) new_fields: &'f dyn Fn() -> F,
}

/// Reads a list of records, or returns the kind of value found instead.
pub(super) struct ListSeed<'f, F> {
    pub(super) new_fields: &'f dyn Fn() -> F,
}

/// Reads the fields of an `attributes` object, or whatever else the value is.
struct AttributesSeed<'f, F> {
    pub(super) new_fields: &'f dyn Fn() -> F,
}

enum AttributesValue<'t, F> {
    Object(Found<'t, F>),
    Value(FieldValue<'t>),
    Nested(&'static str),
}

/// A value that a field may have, or what kind of list or object it is.
enum AnyValue<'t> {
    Value(FieldValue<'t>),
    Nested(&'static str),
}

/// Reads any value; `depth` is that of the object it is in.
#[derive(Clone, Copy)]
struct ValueSeed {
    depth: usize,
}

/// Reads a key without copying it.
struct KeySeed;

/// Visits the scalars of JSON alike: `$wrap` makes the seed's value of a [`FieldValue`].
macro_rules! visit_scalars {
    ($lifetime:lifetime, $wrap:expr) => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("JSON")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($wrap(FieldValue::Null))
        }
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok($wrap(FieldValue::Flag(value)))
        }
        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok($wrap(FieldValue::Integer(value)))
        }
        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok($wrap(i64::try_from(value).map_or(FieldValue::Number(value as f64), FieldValue::Integer)))
        }
        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok($wrap(FieldValue::Number(value)))
        }
        fn visit_borrowed_str<E>(self, value: &$lifetime str) -> Result<Self::Value, E> {
            Ok($wrap(FieldValue::Text(Cow::Borrowed(value))))
        }
        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok($wrap(FieldValue::Text(Cow::Owned(value.to_owned()))))
        }
    };
}

impl<'t> DeserializeSeed<'t> for KeySeed {
    type Value = Cow<'t, str>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for KeySeed {
    type Value = Cow<'t, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, value: &'t str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

impl<'t> DeserializeSeed<'t> for ValueSeed {
    type Value = AnyValue<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for ValueSeed {
    type Value = AnyValue<'t>;

    visit_scalars!('t, AnyValue::Value);

    fn visit_seq<A: SeqAccess<'t>>(self, seq: A) -> Result<Self::Value, A::Error> {
        NodeSeed::new(self.depth + 1, MAX_RECORD_DEPTH).visit_seq(seq)?;
        Ok(AnyValue::Nested("a list"))
    }
    fn visit_map<A: MapAccess<'t>>(self, map: A) -> Result<Self::Value, A::Error> {
        NodeSeed::new(self.depth + 1, MAX_RECORD_DEPTH).visit_map(map)?;
        Ok(AnyValue::Nested("an object"))
    }
}

impl<'t, F: Fields<'t>> DeserializeSeed<'t> for AttributesSeed<'_, F> {
    type Value = AttributesValue<'t, F>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t, F: Fields<'t>> Visitor<'t> for AttributesSeed<'_, F> {
    type Value = AttributesValue<'t, F>;

    visit_scalars!('t, AttributesValue::Value);

    fn visit_seq<A: SeqAccess<'t>>(self, seq: A) -> Result<Self::Value, A::Error> {
        NodeSeed::new(2, MAX_RECORD_DEPTH).visit_seq(seq)?;
        Ok(AttributesValue::Nested("a list"))
    }
    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Found { fields: (self.new_fields)(), nested: Vec::new() };
        while let Some(name) = map.next_key_seed(KeySeed)? {
            let value = map.next_value_seed(ValueSeed { depth: 2 })?;
            found.put(name, value)?;
        }
        Ok(AttributesValue::Object(found))
    }
}

impl<'t, F: Fields<'t>> Found<'t, F> {
    fn put<E: serde::de::Error>(&mut self, name: Cow<'t, str>, value: AnyValue<'t>) -> Result<(), E> {
        let value = match value {
            AnyValue::Value(value) => value,
            AnyValue::Nested(kind) => {
                self.nested.push((name.clone(), kind));
                FieldValue::Null
            }
        };
        self.fields.put(name, value).map_err(|name| E::custom(json::repeated_key(&name)))
    }
}

impl<'t, F: Fields<'t>> DeserializeSeed<'t> for RecordSeed<'_, F> {
    type Value = Parsed<'t, F>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t, F: Fields<'t>> Visitor<'t> for RecordSeed<'_, F> {
    type Value = Parsed<'t, F>;

    visit_scalars!('t, |value: FieldValue<'_>| Err(value.kind()));

    fn visit_seq<A: SeqAccess<'t>>(self, seq: A) -> Result<Self::Value, A::Error> {
        NodeSeed::new(1, MAX_RECORD_DEPTH).visit_seq(seq)?;
        Ok(Err("a list"))
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = ParsedObject {
            id: FieldValue::Absent,
            lead_id: FieldValue::Absent,
            activities: None,
            flat: Found { fields: (self.new_fields)(), nested: Vec::new() },
            attributes: None,
            first_other: None,
        };
        let mut saw_attributes = false;
        while let Some(name) = map.next_key_seed(KeySeed)? {
            let is_new = match &*name {
                "id" => put_id(&mut object.id, map.next_value_seed(ValueSeed { depth: 1 })?),
                "lead_id" => put_id(&mut object.lead_id, map.next_value_seed(ValueSeed { depth: 1 })?),
                "activities" => {
                    let seed = NodeSeed::new(2, MAX_RECORD_DEPTH);
                    object.activities.replace(map.next_value_seed(seed)?).is_none()
                }
                "attributes" => {
                    let seed = AttributesSeed { new_fields: self.new_fields };
                    match map.next_value_seed(seed)? {
                        AttributesValue::Object(found) => object.attributes = Some(found),
                        AttributesValue::Value(value) => {
                            object.flat.put(name.clone(), AnyValue::Value(value))?;
                        }
                        AttributesValue::Nested(kind) => {
                            object.flat.put(name.clone(), AnyValue::Nested(kind))?;
                        }
                    }
                    !std::mem::replace(&mut saw_attributes, true)
                }
                _ => {
                    let value = map.next_value_seed(ValueSeed { depth: 1 })?;
                    if object.first_other.is_none() {
                        object.first_other = Some(name.clone());
                    }
                    object.flat.put(name, value)?;
                    continue;
                }
            };
            if !is_new {
                return Err(A::Error::custom(json::repeated_key(&name)));
            }
        }
        Ok(Ok(object))
    }
}

fn put_id<'t>(place: &mut FieldValue<'t>, value: AnyValue<'t>) -> bool {
    let is_new = *place == FieldValue::Absent;
    *place = match value {
        AnyValue::Value(value) => value,
        // No id: it is refused with all else that is neither a text nor a whole number.
        AnyValue::Nested(_) => FieldValue::Flag(false),
    };
    is_new
}

impl FieldValue<'_> {
    fn kind(&self) -> &'static str {
        match self {
            FieldValue::Absent | FieldValue::Null => Node::Null.kind(),
            FieldValue::Flag(_) => Node::Flag(true).kind(),
            FieldValue::Integer(_) => Node::Integer(0).kind(),
            FieldValue::Number(_) => Node::Number(0.0).kind(),
            FieldValue::Text(_) => "a text",
        }
    }
}

impl<'t, F: Fields<'t>> DeserializeSeed<'t> for ListSeed<'_, F> {
    type Value = Result<Vec<Parsed<'t, F>>, &'static str>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t, F: Fields<'t>> Visitor<'t> for ListSeed<'_, F> {
    type Value = Result<Vec<Parsed<'t, F>>, &'static str>;

    visit_scalars!('t, |value: FieldValue<'_>| Err(value.kind()));

    fn visit_seq<A: SeqAccess<'t>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut records = Vec::new();
        while let Some(record) = seq.next_element_seed(RecordSeed { new_fields: self.new_fields })? {
            records.push(record);
        }
        Ok(Ok(records))
    }
    fn visit_map<A: MapAccess<'t>>(self, map: A) -> Result<Self::Value, A::Error> {
        NodeSeed::new(1, MAX_RECORD_DEPTH).visit_map(map)?;
        Ok(Err("an object"))
    }
}
