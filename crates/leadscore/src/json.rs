//! JSON read strictly: key order kept, repeated and unknown keys refused, a path in every error.

mod cursor;
mod decode;
mod indent;
mod place;

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::{Error, ErrorKind};

pub(crate) use cursor::{Cursor, Document, Fields};
pub(crate) use decode::decode;
pub use decode::decode_json;
pub use indent::indent_json;
pub(crate) use place::find as find_place;

/// A JSON document with its key order kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// The depth limit of a lead record; the record itself is the first level.
pub(crate) const MAX_RECORD_DEPTH: usize = 64;

/// So many keys of an object are compared with each other; of more, a set is kept.
const FEW_KEYS: usize = 16;

/// Reads one JSON document.
pub(crate) fn parse(text: &str) -> Result<Node, Error> {
    serde_json::from_str(text).map_err(|error| syntax_error(&error))
}

/// Reads a document that people write by hand: an error shows the line it is on.
pub(crate) fn parse_file(text: &str) -> Result<Node, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let line = error.line().checked_sub(1).and_then(|line| text.lines().nth(line)).unwrap_or_default();
        let shown = part_of_line(line, error.column());
        let shown = if shown.trim().is_empty() { String::new() } else { format!(": {}", shown.trim()) };
        Error::new(ErrorKind::InvalidJson, "", format!("{message}{shown}"))
    })
}

/// What stands around a column, which counts bytes.
fn part_of_line(line: &str, column: usize) -> String {
    const SHOWN: usize = 80;
    let before = line.char_indices().filter(|(at, _)| *at < column).count();
    let skipped = before.saturating_sub(SHOWN / 2);
    let shown: String = line.chars().skip(skipped).take(SHOWN).collect();
    let (front, back) =
        (if skipped > 0 { "… " } else { "" }, if line.chars().count() > skipped + SHOWN { " …" } else { "" });
    format!("{front}{}{back}", shown.trim())
}

/// The error of a text that is no JSON.
pub(crate) fn syntax_error(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::InvalidJson, "", error.to_string())
}

/// The SHA-256 of a text, in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The message about an object that names a key twice.
pub(crate) fn repeated_key(key: &str) -> String {
    format!("the key `{key}` appears twice in one object")
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The parser has its own limit.
        NodeSeed::new(1, usize::MAX).deserialize(deserializer)
    }
}

/// Reads any JSON value at some depth, down to a limit.
#[derive(Clone, Copy)]
pub(crate) struct NodeSeed {
    depth: usize,
    max_depth: usize,
}

impl NodeSeed {
    pub(crate) fn new(depth: usize, max_depth: usize) -> NodeSeed {
        NodeSeed { depth, max_depth }
    }

    fn inner<E: serde::de::Error>(self) -> Result<NodeSeed, E> {
        if self.depth > self.max_depth {
            return Err(E::custom(format!("nested more than {} levels deep", self.max_depth)));
        }
        Ok(NodeSeed { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Number(value as f64), Node::Integer))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let inner = self.inner()?;
        let mut fields: Vec<(String, Node)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            let is_repeated = if fields.len() < FEW_KEYS {
                fields.iter().any(|(own, _)| *own == key)
            } else {
                if seen.is_empty() {
                    seen.extend(fields.iter().map(|(own, _)| own.clone()));
                }
                !seen.insert(key.clone())
            };
            if is_repeated {
                return Err(serde::de::Error::custom(repeated_key(&key)));
            }
            fields.push((key, value));
        }
        Ok(Node::Object(fields))
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Node {
        Node::Text(text.to_owned())
    }
}
impl From<&String> for Node {
    fn from(text: &String) -> Node {
        Node::Text(text.clone())
    }
}
impl From<f64> for Node {
    fn from(number: f64) -> Node {
        Node::Number(number)
    }
}
impl From<usize> for Node {
    fn from(number: usize) -> Node {
        Node::Integer(number as i64)
    }
}
impl From<Range> for Node {
    fn from(range: Range) -> Node {
        let end = |value: f64, open: f64| if value == open { Node::Null } else { Node::Number(value) };
        Node::List(vec![end(range.low, f64::NEG_INFINITY), end(range.high, f64::INFINITY)])
    }
}
impl From<&[String]> for Node {
    fn from(items: &[String]) -> Node {
        Node::List(items.iter().map(Node::from).collect())
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Null => serializer.serialize_unit(),
            Node::Flag(flag) => serializer.serialize_bool(*flag),
            Node::Integer(number) => serializer.serialize_i64(*number),
            Node::Number(number) => short(number, serializer),
            Node::Text(text) => serializer.serialize_str(text),
            Node::List(items) => items.serialize(serializer),
            Node::Object(fields) => serializer.collect_map(fields.iter().map(|(key, value)| (key, value))),
        }
    }
}

/// Builds an object field by field, in the order the format declares; what is absent is left out.
#[derive(Default)]
pub(crate) struct Object(Vec<(String, Node)>);

impl Object {
    pub(crate) fn with(mut self, name: &str, value: impl Into<Node>) -> Object {
        self.0.push((name.to_owned(), value.into()));
        self
    }
    pub(crate) fn maybe(self, name: &str, value: Option<impl Into<Node>>) -> Object {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
    pub(crate) fn flag(self, name: &str, value: bool) -> Object {
        if value { self.with(name, Node::Flag(true)) } else { self }
    }
    pub(crate) fn texts(self, name: &str, value: &[String]) -> Object {
        if value.is_empty() { self } else { self.with(name, value) }
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Node {
        Node::Object(object.0)
    }
}

impl Node {
    /// The document as compact JSON text.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a node has a JSON form")
    }

    /// Takes away every `$comment`, which is for people alone.
    pub(crate) fn drop_comments(&mut self) {
        match self {
            Node::List(items) => items.iter_mut().for_each(Node::drop_comments),
            Node::Object(fields) => {
                fields.retain(|(name, _)| name != "$comment");
                for (_, node) in fields {
                    node.drop_comments();
                }
            }
            _ => {}
        }
    }

    /// A field of an object, if it is one and has it.
    pub(crate) fn field(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Object(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What kind of JSON this is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Flag(_) => "true or false",
            Node::Integer(_) | Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::List(_) => "a list",
            Node::Object(_) => "an object",
        }
    }
}

/// A closed interval; an open end is infinite.
///
/// ```
/// use leadscore::Range;
/// let range = Range { low: 0.0, high: f64::INFINITY };
/// assert!(range.contains(0.0) && range.clip(-1.0) == 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The smallest value inside.
    pub low: f64,
    /// The largest value inside.
    pub high: f64,
}

impl Range {
    /// Whether the value lies inside, the ends included.
    pub fn contains(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// The nearest value inside.
    pub fn clip(&self, value: f64) -> f64 {
        value.max(self.low).min(self.high)
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Node::from(*self).serialize(serializer)
    }
}

/// Writes a number without a needless `.0`; for `serialize_with`.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
pub(crate) fn short<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let whole = *value as i64;
    if whole as f64 == *value && whole.unsigned_abs() < (1 << 53) && !(whole == 0 && value.is_sign_negative())
    {
        serializer.serialize_i64(whole)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// The word for a value in a table of both; the inverse of [`Cursor::word`].
pub(crate) fn word_for<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_is_found_in_objects_of_any_size() {
        for key_count in [1, 2, FEW_KEYS - 1, FEW_KEYS, FEW_KEYS + 1, 100] {
            let keys = (0..key_count).map(|at| format!(r#""k{at}":{at}"#)).collect::<Vec<_>>().join(",");
            assert!(parse(&format!("{{{keys}}}")).is_ok(), "{key_count}");
            for repeated in [0, key_count - 1] {
                let error = parse(&format!(r#"{{{keys},"k{repeated}":null}}"#)).unwrap_err();
                assert!(error.message().contains(&repeated_key(&format!("k{repeated}"))), "{error}");
            }
        }
    }
}
