//! Feature values for people and programs, by name.

use serde::de::MapAccess;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::expression::plain;
use crate::feature::{Feature, FeatureType};
use crate::json;

/// A feature's value as a person or a program would want it; as JSON null, a number, a flag or a text.
///
/// A text read back from JSON is a [`Level`](FeatureValue::Level): lines of an explanation have no other.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FeatureValue {
    /// The record does not say.
    Missing,
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A category's level.
    Level(String),
    /// A text.
    Text(String),
}

impl FeatureValue {
    pub(crate) fn new(feature: &Feature, value: f64) -> FeatureValue {
        match feature.kind {
            _ if value.is_nan() => FeatureValue::Missing,
            FeatureType::Flag => FeatureValue::Flag(value != 0.0),
            FeatureType::Category => feature
                .levels
                .get(value as usize)
                .map_or(FeatureValue::Missing, |l| FeatureValue::Level(l.clone())),
            _ => FeatureValue::Number(value),
        }
    }
}

impl std::fmt::Display for FeatureValue {
    /// As a person would write it; a missing value is a dash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FeatureValue::Missing => f.write_str("–"),
            FeatureValue::Number(number) => f.write_str(&plain(*number)),
            FeatureValue::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            FeatureValue::Level(text) | FeatureValue::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for FeatureValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            FeatureValue::Missing => serializer.serialize_none(),
            FeatureValue::Number(number) => json::short(number, serializer),
            FeatureValue::Flag(flag) => serializer.serialize_bool(*flag),
            FeatureValue::Level(text) | FeatureValue::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for FeatureValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FeatureValue, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Json {
            Null,
            Flag(bool),
            Number(f64),
            Text(String),
        }
        Ok(match Json::deserialize(deserializer)? {
            Json::Null => FeatureValue::Missing,
            Json::Flag(flag) => FeatureValue::Flag(flag),
            Json::Number(number) => FeatureValue::Number(number),
            Json::Text(text) => FeatureValue::Level(text),
        })
    }
}

/// A feature's name and value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamedValue {
    /// The feature's name.
    pub name: String,
    /// Its value.
    pub value: FeatureValue,
}

impl NamedValue {
    pub(crate) fn new(feature: &Feature, value: f64) -> NamedValue {
        NamedValue { name: feature.name.clone(), value: FeatureValue::new(feature, value) }
    }
}

/// Feature values by name, in their order; as JSON one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureValues(Vec<NamedValue>);

impl FeatureValues {
    /// The value of a feature, if it is among them.
    pub fn get(&self, name: &str) -> Option<&FeatureValue> {
        self.0.iter().find(|own| own.name == name).map(|own| &own.value)
    }

    /// Goes through names and values in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, NamedValue> {
        self.0.iter()
    }

    /// Names and values in their order.
    pub fn as_slice(&self) -> &[NamedValue] {
        &self.0
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
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = FeatureValues;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object of feature values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FeatureValues, A::Error> {
                let mut values = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    values.push(NamedValue { name, value });
                }
                Ok(FeatureValues(values))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}
