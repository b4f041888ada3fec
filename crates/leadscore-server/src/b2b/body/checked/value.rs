//! Single values of a body: what kind they are, and skipping them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// A value where no list and no object belongs.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Flag(bool),
    Number(f64),
    Text(Cow<'a, str>),
    /// A list or an object, skipped.
    Nested,
}

/// A value that is skipped. It is read like any other, so that the parser's limits on depth and numbers hold for it.
pub(super) struct Ignored;

pub(super) fn skip_list<'a, A: SeqAccess<'a>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<Ignored>()?.is_some() {}
    Ok(())
}

pub(super) fn skip_object<'a, A: MapAccess<'a>>(mut object: A) -> Result<(), A::Error> {
    while object.next_entry::<Ignored, Ignored>()?.is_some() {}
    Ok(())
}

impl<'a> Deserialize<'a> for Ignored {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Ignored, D::Error> {
        Value::deserialize(deserializer).map(|_| Ignored)
    }
}

impl<'a> Deserialize<'a> for Value<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Value<'a>, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'a> Visitor<'a> for ValueVisitor {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value<'a>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value<'a>, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'a>, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'a>, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value<'a>, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'a>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Value<'a>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, list: A) -> Result<Value<'a>, A::Error> {
        skip_list(list).map(|()| Value::Nested)
    }

    fn visit_map<A: MapAccess<'a>>(self, object: A) -> Result<Value<'a>, A::Error> {
        skip_object(object).map(|()| Value::Nested)
    }
}
