//! From the value of a cell to the number a model reads: the one reader of `predict` and of imported pipelines.

use super::flag_word::flag_word;
use super::levels::Levels;
use super::missing::MissingCause;
use super::number::parse_number;
use crate::record::AttributeRef;

/// What the cells of a column hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CellKind {
    /// Numbers; a flag by its type is 0 or 1.
    Number,
    /// Numbers, or flags in words.
    NumberOrFlag,
    /// Codes of levels whose names are not known.
    Code,
    /// Flags.
    Flag,
    /// Levels; an ordered one is a number to the model.
    Levels(Levels),
}

/// How the cells of a column are read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CellReader {
    pub(crate) kind: CellKind,
    /// Lists of names of which it is not known whether they are the column's. A cell that is in one of them has no
    /// sure value.
    pub(crate) unclear: Vec<Levels>,
}

/// What people and pandas write where there is no value.
const NO_VALUE: [&str; 10] = ["NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None"];

impl CellReader {
    /// The number of a value; NaN where there is none.
    ///
    /// # Errors
    /// `Unseen` for none of the levels, `Unreadable` for everything else that has no number.
    pub(crate) fn read(&self, value: Option<AttributeRef<'_>>) -> Result<f64, MissingCause> {
        let Some(value) = value else { return Ok(f64::NAN) };
        if self.unclear.iter().any(|levels| levels.code(value).is_some()) {
            return Err(MissingCause::Unreadable);
        }
        let text = match value {
            AttributeRef::Number(number) if number.is_nan() => return Ok(f64::NAN),
            AttributeRef::Text(text) => text.trim(),
            _ => "",
        };
        if let CellKind::Levels(levels) = &self.kind
            && let Some(code) = levels.code(value)
        {
            return Ok(code as f64);
        }
        if matches!(value, AttributeRef::Text(_)) && (text.is_empty() || NO_VALUE.contains(&text)) {
            return Ok(f64::NAN);
        }
        let unreadable = MissingCause::Unreadable;
        match (&self.kind, value) {
            (CellKind::Levels(_), _) => Err(MissingCause::Unseen),
            (CellKind::Code, AttributeRef::Flag(_)) | (_, AttributeRef::Date(_)) => Err(unreadable),
            (CellKind::Flag, AttributeRef::Number(number)) => {
                if [0.0, 1.0].contains(&number) { Ok(number) } else { Err(unreadable) }
            }
            (_, AttributeRef::Number(number)) => Ok(number),
            (_, AttributeRef::Flag(flag)) => Ok(f64::from(u8::from(flag))),
            (CellKind::Flag, AttributeRef::Text(_)) => flag_word(text).map(flag_value).ok_or(unreadable),
            (CellKind::NumberOrFlag, AttributeRef::Text(_)) => {
                parse_number(text).or_else(|| flag_word(text).map(flag_value)).ok_or(unreadable)
            }
            (CellKind::Number | CellKind::Code, AttributeRef::Text(_)) => parse_number(text).ok_or(unreadable),
        }
    }
}

fn flag_value(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}
