//! JSON without surprises: no key twice, no deep nesting, no character U+0000, a byte order mark is passed over.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::fault::Fault;

/// As deep as the records of the core.
const MAX_DEPTH: usize = 64;
const NUL: &[u8] = br"\u0000";
/// The message for a text with the character U+0000, which PostgreSQL cannot store.
pub(crate) const NO_NUL: &str = "must not have the character U+0000";

/// Reads a value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Fault> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(Fault::invalid("", "a JSON body is required"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Nested(MAX_DEPTH).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let value = value.map_err(|error| Fault::invalid("", format!("the body is not valid JSON: {error}")))?;
    // Only this notation gives the character, so most bodies need no second look.
    if bytes.windows(NUL.len()).any(|own| own == NUL)
        && let Some(field) = field_with_nul(&value)
    {
        return Err(Fault::invalid(field, NO_NUL));
    }
    Ok(value)
}

/// The path of the first text with the character U+0000; where a key has it, that of the object.
fn field_with_nul(value: &Value) -> Option<String> {
    let joined = |own: String, inner: &str| {
        if inner.is_empty() || inner.starts_with('[') { own + inner } else { own + "." + inner }
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| field_with_nul(item).map(|inner| joined(format!("[{at}]"), &inner))),
        Value::Object(fields) if fields.keys().any(|name| name.contains('\0')) => Some(String::new()),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, own)| field_with_nul(own).map(|inner| joined(name.clone(), &inner))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A value that may nest so much deeper.
struct Nested(usize);

impl Nested {
    fn inner<E: Error>(&self) -> Result<Nested, E> {
        self.0.checked_sub(1).map(Nested).ok_or_else(|| E::custom(format!("nested deeper than {MAX_DEPTH}")))
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(self.inner()?)?;
            if all.contains_key(&name) {
                return Err(A::Error::custom(format!("the key `{name}` is there twice")));
            }
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
        let table = [
            ("{\"a\": 1, \"a\": 2}", "the key `a` is there twice"),
            (&deep, "nested deeper than 64"),
            ("", "required"),
            ("{\"a\": 1e999}", "out of range"),
            ("{} x", "trailing"),
            ("{\"a\": NaN}", "expected value"),
        ];
        for (text, message) in table {
            let fault = parse(text.as_bytes()).unwrap_err();
            assert!(fault.message.contains(message), "{text}: {}", fault.message);
        }
        for (text, field) in [
            (r#""a\u0000""#, ""),
            (r#"{"a": {"b": [1, {"c": "x\u0000"}]}}"#, "a.b[1].c"),
            (r#"[["\u0000"]]"#, "[0][0]"),
            (r#"{"a": {"b\u0000": 1}}"#, "a"),
        ] {
            let fault = parse(text.as_bytes()).unwrap_err();
            assert_eq!((fault.issues[0].field.as_str(), fault.issues[0].message.as_str()), (field, NO_NUL));
        }
        // A backslash, and what is written after it.
        assert_eq!(parse(br#"["\\u0000"]"#).unwrap()[0], "\\u0000");
        assert_eq!(parse(b"\xEF\xBB\xBF{\"a\":[1,2.5,null,true]}").unwrap()["a"][1], 2.5);
    }
}
