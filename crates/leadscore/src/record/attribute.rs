//! Values of attributes, owned and borrowed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::json::{self, Cursor, Node};
use crate::{DateTime, Error, Timestamp};

/// One value of a lead's attribute or an activity's property.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Attribute {
    /// Text, unchanged.
    Text(String),
    /// A number; NaN counts as missing.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A date, or a date with a time, already parsed.
    Date(DateTime),
}

impl Attribute {
    /// The same value, borrowed.
    pub fn as_ref(&self) -> AttributeRef<'_> {
        match self {
            Attribute::Text(text) => AttributeRef::Text(text),
            Attribute::Number(number) => AttributeRef::Number(*number),
            Attribute::Flag(flag) => AttributeRef::Flag(*flag),
            Attribute::Date(date) => AttributeRef::Date(*date),
        }
    }
}

/// One value of an attribute, borrowed from the record that holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum AttributeRef<'a> {
    /// Text, unchanged.
    Text(&'a str),
    /// A number; NaN counts as missing.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A date, or a date with a time, already parsed.
    Date(DateTime),
}

impl<'a> AttributeRef<'a> {
    /// The value as text: a number in its shortest form, NaN as the empty text, a date as ISO 8601.
    pub fn to_text(self) -> Cow<'a, str> {
        match self {
            AttributeRef::Text(text) => Cow::Borrowed(text),
            AttributeRef::Number(number) if number.is_nan() => Cow::Borrowed(""),
            AttributeRef::Number(number) => Cow::Owned(number.to_string()),
            AttributeRef::Flag(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
            AttributeRef::Date(date) => Cow::Owned(date.to_string()),
        }
    }

    /// The same value, owned.
    pub fn to_owned(self) -> Attribute {
        match self {
            AttributeRef::Text(text) => Attribute::Text(text.to_owned()),
            AttributeRef::Number(number) => Attribute::Number(number),
            AttributeRef::Flag(flag) => Attribute::Flag(flag),
            AttributeRef::Date(date) => Attribute::Date(date),
        }
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Attribute::Text(text) => serializer.serialize_str(text),
            Attribute::Number(number) => json::short(number, serializer),
            Attribute::Flag(flag) => serializer.serialize_bool(*flag),
            Attribute::Date(date) => serializer.collect_str(date),
        }
    }
}

/// What can be put into an attribute; `None` is absent.
///
/// ```
/// use leadscore::{Attribute, record::IntoAttribute};
/// assert_eq!(250.into_attribute(), Some(Attribute::Number(250.0)));
/// assert_eq!(None::<&str>.into_attribute(), None);
/// ```
///
/// Integers become the f64 nearest to them, as integers of JSON records do; give long ids as text.
pub trait IntoAttribute {
    /// The attribute, or nothing where the value is absent.
    fn into_attribute(self) -> Option<Attribute>;
}

impl IntoAttribute for Attribute {
    fn into_attribute(self) -> Option<Attribute> {
        Some(self)
    }
}

impl<T: IntoAttribute> IntoAttribute for Option<T> {
    fn into_attribute(self) -> Option<Attribute> {
        self.and_then(T::into_attribute)
    }
}

impl IntoAttribute for Timestamp {
    /// RFC 3339 text in UTC.
    fn into_attribute(self) -> Option<Attribute> {
        Some(Attribute::Text(self.to_string()))
    }
}

macro_rules! attributes_from {
    ($($type:ty => |$value:ident| $attribute:expr,)+) => {
        $(
            impl From<$type> for Attribute {
                fn from($value: $type) -> Attribute {
                    $attribute
                }
            }

            impl IntoAttribute for $type {
                fn into_attribute(self) -> Option<Attribute> {
                    Some(self.into())
                }
            }
        )+
    };
}

attributes_from! {
    &str => |value| Attribute::Text(value.to_owned()),
    String => |value| Attribute::Text(value),
    f64 => |value| Attribute::Number(value),
    f32 => |value| Attribute::Number(f64::from(value)),
    bool => |value| Attribute::Flag(value),
    i8 => |value| Attribute::Number(f64::from(value)),
    i16 => |value| Attribute::Number(f64::from(value)),
    i32 => |value| Attribute::Number(f64::from(value)),
    i64 => |value| Attribute::Number(value as f64),
    isize => |value| Attribute::Number(value as f64),
    u8 => |value| Attribute::Number(f64::from(value)),
    u16 => |value| Attribute::Number(f64::from(value)),
    u32 => |value| Attribute::Number(f64::from(value)),
    u64 => |value| Attribute::Number(value as f64),
    usize => |value| Attribute::Number(value as f64),
    DateTime => |value| Attribute::Date(value),
}

/// The properties of an activity.
pub(super) fn read_attributes(cursor: &Cursor<'_>) -> Result<BTreeMap<String, Attribute>, Error> {
    let mut attributes = BTreeMap::new();
    for (name, value) in cursor.entries()?.all() {
        if let Some(attribute) = read_attribute(&value)? {
            attributes.insert(name.to_owned(), attribute);
        }
    }
    Ok(attributes)
}

/// The value of an attribute; none for null.
pub(crate) fn read_attribute(value: &Cursor<'_>) -> Result<Option<Attribute>, Error> {
    Ok(Some(match value.node {
        Node::Null => return Ok(None),
        Node::Flag(flag) => Attribute::Flag(*flag),
        Node::Integer(number) => Attribute::Number(*number as f64),
        Node::Number(number) => Attribute::Number(*number),
        Node::Text(text) => Attribute::Text(text.clone()),
        Node::List(_) | Node::Object(_) => return Err(value.error(nested_message(value.node.kind()))),
    }))
}

pub(super) fn nested_message(found: &str) -> String {
    format!("an attribute is a text, a number or a flag, found {found}")
}
