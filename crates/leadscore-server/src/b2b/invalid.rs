//! The 422 of the B2B API: what is wrong with a body, in the style of pydantic v1.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Everything that is wrong with a body, as `{"detail": [{"loc", "msg", "type", "ctx"?}]}`.
///
/// The order is that of the leads, and of the model's features within each.
///
/// ```
/// use leadscore_server::b2b::body::read_one;
/// use leadscore_server::b2b::model::B2bModel;
/// let model = B2bModel::builtin()?;
/// let invalid = read_one(br#"{"lead_id": 7}"#, &model).unwrap_err();
/// assert_eq!(
///     serde_json::to_string(&invalid)?,
///     r#"{"detail":[{"loc":["body","lead_id"],"msg":"str type expected","type":"type_error.str"},"#.to_owned()
///         + r#"{"loc":["body","features"],"msg":"field required","type":"value_error.missing"}]}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Invalid {
    /// At least one.
    pub detail: Vec<Detail>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// Where: `body`, then keys and positions.
    pub loc: Vec<Place>,
    /// What people read.
    pub msg: Cow<'static, str>,
    /// What programs read.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The limit that a value went past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctx: Option<Limit>,
}

/// A step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Place {
    /// A key of an object.
    Key(Cow<'static, str>),
    /// A position in a list, or in the text.
    Index(usize),
}

/// The limit of a range or length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The last value that is allowed.
    pub limit_value: f64,
}

/// What can be wrong with one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Problem {
    Missing,
    Null,
    Duplicate,
    NotDict,
    NotList,
    NotText,
    NotInteger,
    NotNumber,
    BelowLimit(f64),
    AboveLimit(f64),
    TooShort(usize),
    TooLong(usize),
}

impl Invalid {
    /// A body that is not JSON; `offset` counts characters.
    pub(super) fn syntax(offset: usize, message: String) -> Invalid {
        let loc = vec![Place::from("body"), Place::Index(offset)];
        let detail = Detail { loc, msg: message.into(), kind: "value_error.jsondecode", ctx: None };
        Invalid { detail: vec![detail] }
    }
}

impl Problem {
    pub(super) fn at(self, loc: Vec<Place>) -> Detail {
        let limit = |limit_value| Some(Limit { limit_value });
        let (msg, kind, ctx): (Cow<'static, str>, _, _) = match self {
            Problem::Missing => ("field required".into(), "value_error.missing", None),
            Problem::Null => ("none is not an allowed value".into(), "type_error.none.not_allowed", None),
            Problem::Duplicate => ("the key is given twice".into(), "value_error.duplicate_key", None),
            Problem::NotDict => ("value is not a valid dict".into(), "type_error.dict", None),
            Problem::NotList => ("value is not a valid list".into(), "type_error.list", None),
            Problem::NotText => ("str type expected".into(), "type_error.str", None),
            Problem::NotInteger => ("value is not a valid integer".into(), "type_error.integer", None),
            Problem::NotNumber => ("value is not a valid float".into(), "type_error.float", None),
            Problem::BelowLimit(low) => (
                format!("ensure this value is greater than or equal to {low}").into(),
                "value_error.number.not_ge",
                limit(low),
            ),
            Problem::AboveLimit(high) => (
                format!("ensure this value is less than or equal to {high}").into(),
                "value_error.number.not_le",
                limit(high),
            ),
            Problem::TooShort(count) => (
                format!("ensure this value has at least {count} characters").into(),
                "value_error.any_str.min_length",
                limit(count as f64),
            ),
            Problem::TooLong(count) => (
                format!("ensure this value has at most {count} characters").into(),
                "value_error.any_str.max_length",
                limit(count as f64),
            ),
        };
        Detail { loc, msg, kind, ctx }
    }
}

impl From<&'static str> for Place {
    fn from(key: &'static str) -> Place {
        Place::Key(Cow::Borrowed(key))
    }
}

impl Serialize for Limit {
    /// A whole number goes without its `.0`, as the schema states it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Limit { limit_value } = *self;
        let mut object = serializer.serialize_struct("Limit", 1)?;
        if limit_value.trunc() == limit_value && limit_value.abs() < 9e15 {
            object.serialize_field("limit_value", &(limit_value as i64))?;
        } else {
            object.serialize_field("limit_value", &limit_value)?;
        }
        object.end()
    }
}
