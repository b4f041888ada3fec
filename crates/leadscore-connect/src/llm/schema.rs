//! The subset of JSON Schema that Anthropic's structured outputs take.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// JSON whose objects keep the order they are written in: it is the order in which a model answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Object(Vec<(String, Json)>),
    List(Vec<Json>),
    Scalar(Value),
}

/// What Anthropic's API refuses in a schema with the status 400; its own SDKs move them to the description as well.
const LIMITS: [&str; 11] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// A schema without limits on values, each said in the description instead. The task's check holds the answer to them.
///
/// # Errors
/// What of it is no JSON.
pub(super) fn with_limits_as_words(schema: &str) -> Result<Json, serde_json::Error> {
    serde_json::from_str(schema).map(in_words)
}

fn in_words(schema: Json) -> Json {
    let Json::Object(entries) = schema else { return schema };
    let (mut kept, mut limits) = (Vec::with_capacity(entries.len()), Vec::new());
    for (key, value) in entries {
        match (key.as_str(), value) {
            (limit, Json::Scalar(value)) if LIMITS.contains(&limit) => {
                limits.push(format!("{key}: {value}"));
            }
            ("properties" | "$defs", Json::Object(schemas)) => {
                let schemas = schemas.into_iter().map(|(name, schema)| (name, in_words(schema)));
                kept.push((key, Json::Object(schemas.collect())));
            }
            ("anyOf" | "allOf", Json::List(schemas)) => {
                kept.push((key, Json::List(schemas.into_iter().map(in_words).collect())));
            }
            ("items", value) => kept.push((key, in_words(value))),
            (_, value) => kept.push((key, value)),
        }
    }
    if !limits.is_empty() {
        let words = format!("{{{}}}", limits.join(", "));
        match kept.iter_mut().find(|(key, _)| key == "description") {
            Some((_, Json::Scalar(Value::String(text)))) => *text = format!("{text}\n\n{words}"),
            _ => kept.push(("description".to_owned(), Json::Scalar(Value::String(words)))),
        }
    }
    Json::Object(kept)
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        struct AnyJson;
        impl<'de> Visitor<'de> for AnyJson {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Json::Object(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Scalar(text.into()))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_unit<E: Error>(self) -> Result<Json, E> {
                Ok(Json::Scalar(Value::Null))
            }
        }
        deserializer.deserialize_any(AnyJson)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Object(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Json::List(items) => serializer.collect_seq(items),
            Json::Scalar(value) => value.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_words_and_the_order_stays() {
        for (schema, expected) in [
            (
                r#"{"type":"object","properties":{"minimum":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":730}},"required":["minimum","days"],"additionalProperties":false}"#,
                r#"{"type":"object","properties":{"minimum":{"type":"string"},"days":{"type":"integer","description":"{minimum: 1, maximum: 730}"}},"required":["minimum","days"],"additionalProperties":false}"#,
            ),
            (
                r#"{"type":"array","items":{"anyOf":[{"type":"number","description":"A share.","minimum":-0.5},{"type":"null"}]},"maxItems":3}"#,
                r#"{"type":"array","items":{"anyOf":[{"type":"number","description":"A share.\n\n{minimum: -0.5}"},{"type":"null"}]},"description":"{maxItems: 3}"}"#,
            ),
            (r#"{"enum":["z","a",1,null,true]}"#, r#"{"enum":["z","a",1,null,true]}"#),
        ] {
            let words = with_limits_as_words(schema).unwrap();
            assert_eq!(serde_json::to_string(&words).unwrap(), expected);
        }
        assert!(with_limits_as_words("{").is_err() && with_limits_as_words(&"[".repeat(10_000)).is_err());
    }
}
