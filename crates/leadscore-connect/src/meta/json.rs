//! Payloads read as they come: fields may be missing, be of another type, or be ones that nobody has heard of.

use jiff::Timestamp;
use serde_json::Value;

use super::DeliveryError;

/// Numbers below it are seconds, above it milliseconds; it is in the year 5138 as the one, in 1973 as the other.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// A part of a delivery that is not understood, and so is no event. It is to be counted, not to be refused: Meta would send it again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unread {
    /// Where it stands: `entry[0].changes[0].value.messages[1]`.
    pub path: String,
    /// Why it is no event.
    pub reason: String,
}

impl Unread {
    pub(crate) fn new(path: impl Into<String>, reason: impl Into<String>) -> Unread {
        Unread { path: path.into(), reason: reason.into() }
    }
}

/// The envelopes of a body: one, or one documentation page's list of them.
pub(crate) fn envelopes(body: &[u8]) -> Result<Vec<Value>, DeliveryError> {
    match serde_json::from_slice(body) {
        Ok(Value::Array(envelopes)) => Ok(envelopes),
        Ok(envelope) => Ok(vec![envelope]),
        Err(_) => Err(DeliveryError::NotJson),
    }
}

/// A JSON value of which fields are asked for; of what is no object, all are missing.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a>(pub(crate) &'a Value);

impl<'a> Object<'a> {
    pub(crate) fn has(self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }

    pub(crate) fn object(self, key: &str) -> Object<'a> {
        Object(self.0.get(key).unwrap_or(&Value::Null))
    }

    pub(crate) fn list(self, key: &str) -> &'a [Value] {
        self.0.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_list(self, key: &str) -> bool {
        self.0.get(key).is_some_and(Value::is_array)
    }

    /// A text that is not empty.
    pub(crate) fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(crate) fn owned(self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    /// An id: a text, or a number where somebody has written one.
    pub(crate) fn id(self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) if number.is_u64() => Some(number.to_string()),
            _ => None,
        }
    }

    #[cfg(feature = "whatsapp")]
    pub(crate) fn number(self, key: &str) -> Option<f64> {
        match self.0.get(key)? {
            Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            value => value.as_f64(),
        }
    }

    pub(crate) fn integer(self, key: &str) -> Option<i64> {
        self.0.get(key).and_then(Value::as_i64)
    }

    pub(crate) fn flag(self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A time: seconds or milliseconds since 1970 as number or text, or an RFC 3339 text.
    pub(crate) fn time(self, key: &str) -> Option<Timestamp> {
        let number = match self.0.get(key)? {
            Value::String(text) => match text.parse::<i64>() {
                Ok(number) => number,
                Err(_) => return text.parse().ok(),
            },
            value => value.as_i64()?,
        };
        match number {
            ..=0 => None,
            1..FIRST_MILLISECONDS => Timestamp::from_second(number).ok(),
            _ => Timestamp::from_millisecond(number).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_come_in_every_form() {
        for (value, expected) in [
            (json!("1749416383"), Some("2025-06-08T20:59:43Z")),
            (json!(1_749_416_383), Some("2025-06-08T20:59:43Z")),
            (json!(1_749_416_382_345_i64), Some("2025-06-08T20:59:42.345Z")),
            (json!("1749416382345"), Some("2025-06-08T20:59:42.345Z")),
            (json!("2025-06-08T20:59:43+0000"), Some("2025-06-08T20:59:43Z")),
            (json!(0), None),
            (json!(-5), None),
            (json!(i64::MAX), None),
            (json!(1.5), None),
            (json!("soon"), None),
            (json!(null), None),
            (json!({}), None),
        ] {
            let time = Object(&json!({"t": value})).time("t").map(|time| time.to_string());
            assert_eq!(time.as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn what_is_of_another_type_is_missing() {
        for value in [json!(null), json!([]), json!({}), json!(true), json!(-1.5), json!("")] {
            let whole = json!({"x": value});
            let object = Object(&whole);
            assert_eq!((object.text("x"), object.id("x"), object.time("x")), (None, None, None));
            assert!(object.list("x").is_empty() && object.object("x").text("y").is_none());
            assert!(Object(&value).text("x").is_none());
        }
        assert_eq!(Object(&json!({"x": 12_334})).id("x").as_deref(), Some("12334"));
    }
}
