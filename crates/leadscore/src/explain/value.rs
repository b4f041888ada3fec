//! Feature values as people and programs see them.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::expression::format_number;
use crate::feature::{Feature, FeatureType};
use crate::json;

/// A feature's value as a person or a program would want it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FeatureValue {
    /// The record does not say; `null` in JSON.
    Missing,
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A category's level, or a text.
    Text(String),
}

/// A feature's name and value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamedValue {
    /// The feature's name.
    pub name: Arc<str>,
    /// Its value.
    pub value: FeatureValue,
}

impl FeatureValue {
    /// The value that a column of a row has.
    pub(crate) fn new(feature: &Feature, value: f64) -> FeatureValue {
        match feature.kind {
            _ if value.is_nan() => FeatureValue::Missing,
            FeatureType::Flag => FeatureValue::Flag(value != 0.0),
            FeatureType::Category => {
                let level = feature.levels.get(value as usize);
                level.map_or(FeatureValue::Missing, |level| FeatureValue::Text(level.clone()))
            }
            _ => FeatureValue::Number(value),
        }
    }
}

impl NamedValue {
    /// A value under a name.
    pub fn new(name: impl Into<Arc<str>>, value: FeatureValue) -> NamedValue {
        NamedValue { name: name.into(), value }
    }
}

impl fmt::Display for FeatureValue {
    /// As a person would write it; a missing value is a dash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FeatureValue::Missing => f.write_str("–"),
            FeatureValue::Number(number) => f.write_str(&format_number(*number)),
            FeatureValue::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            FeatureValue::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for FeatureValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            FeatureValue::Missing => serializer.serialize_none(),
            FeatureValue::Number(number) => json::short(number, serializer),
            FeatureValue::Flag(flag) => serializer.serialize_bool(*flag),
            FeatureValue::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for FeatureValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FeatureValue, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = FeatureValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a number, true, false or a text")
    }
    fn visit_unit<E>(self) -> Result<FeatureValue, E> {
        Ok(FeatureValue::Missing)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<FeatureValue, E> {
        Ok(FeatureValue::Flag(flag))
    }
    fn visit_i64<E>(self, number: i64) -> Result<FeatureValue, E> {
        Ok(FeatureValue::Number(number as f64))
    }
    fn visit_u64<E>(self, number: u64) -> Result<FeatureValue, E> {
        Ok(FeatureValue::Number(number as f64))
    }
    fn visit_f64<E>(self, number: f64) -> Result<FeatureValue, E> {
        Ok(FeatureValue::Number(number))
    }
    fn visit_str<E>(self, text: &str) -> Result<FeatureValue, E> {
        Ok(FeatureValue::Text(text.to_owned()))
    }
}

/// Feature values by name, in their order; as JSON one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureValues(Vec<NamedValue>);

impl FeatureValues {
    /// The value of a feature, if it is among them.
    pub fn get(&self, name: &str) -> Option<&FeatureValue> {
        self.0.iter().find(|own| *own.name == *name).map(|own| &own.value)
    }

    /// Names and values in their order.
    pub fn as_slice(&self) -> &[NamedValue] {
        &self.0
    }

    /// Goes through names and values in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, NamedValue> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<NamedValue> for FeatureValues {
    fn from_iter<I: IntoIterator<Item = NamedValue>>(values: I) -> FeatureValues {
        FeatureValues(values.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a FeatureValues {
    type Item = &'a NamedValue;
    type IntoIter = std::slice::Iter<'a, NamedValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for FeatureValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|own| (&own.name, &own.value)))
    }
}

impl<'de> Deserialize<'de> for FeatureValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FeatureValues, D::Error> {
        deserializer.deserialize_map(NamedVisitor)
    }
}

struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = FeatureValues;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of feature values")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FeatureValues, A::Error> {
        let mut values = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, FeatureValue>()? {
            values.push(NamedValue::new(name, value));
        }
        Ok(FeatureValues(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_values_are_gone_through_in_their_order() {
        let own = [("b", FeatureValue::Number(2.0)), ("a", FeatureValue::Flag(true))];
        let values: FeatureValues =
            own.iter().map(|(name, value)| NamedValue::new(*name, value.clone())).collect();
        let names = |found: &mut dyn Iterator<Item = &NamedValue>| -> Vec<String> {
            found.map(|one| one.name.to_string()).collect()
        };
        assert_eq!(names(&mut (&values).into_iter()), ["b", "a"]);
        assert_eq!(names(&mut values.iter()), ["b", "a"]);
        assert_eq!(names(&mut values.as_slice().iter()), ["b", "a"]);
        assert_eq!((values.len(), values.is_empty()), (2, false));
        assert_eq!((values.get("a"), values.get("c")), (Some(&FeatureValue::Flag(true)), None));
        let none = FeatureValues::default();
        assert_eq!((none.len(), none.is_empty(), none.iter().count()), (0, true, 0));
    }
}
