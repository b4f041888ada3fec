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
    /// Lists of names of which it is not known whether they are the column's. A cell whose value that would change has
    /// none.
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
        let found = self.kind.read(value);
        let is_other = |levels: &Levels| {
            let code = levels.code(value).map(|code| code as f64);
            code.is_some() && code != found.ok()
        };
        if self.unclear.iter().any(is_other) { Err(MissingCause::Unreadable) } else { found }
    }
}

impl CellKind {
    fn read(&self, value: AttributeRef<'_>) -> Result<f64, MissingCause> {
        let text = match value {
            AttributeRef::Number(number) if number.is_nan() => return Ok(f64::NAN),
            AttributeRef::Text(text) => text.trim(),
            _ => "",
        };
        if matches!(value, AttributeRef::Text(_)) && text.is_empty() {
            return Ok(f64::NAN);
        }
        if let CellKind::Levels(levels) = self
            && let Some(code) = levels.code(value)
        {
            return Ok(code as f64);
        }
        if NO_VALUE.contains(&text) {
            return Ok(f64::NAN);
        }
        let unreadable = MissingCause::Unreadable;
        match (self, value) {
            (CellKind::Levels(_), _) => Err(MissingCause::Unseen),
            (CellKind::Code, AttributeRef::Flag(_)) | (_, AttributeRef::Date(_)) => Err(unreadable),
            (CellKind::Flag, AttributeRef::Number(number)) => {
                if [0.0, 1.0].contains(&number) {
                    Ok(number)
                } else {
                    Err(unreadable)
                }
            }
            (_, AttributeRef::Number(number)) => Ok(number),
            (_, AttributeRef::Flag(flag)) => Ok(f64::from(u8::from(flag))),
            (CellKind::Flag, AttributeRef::Text(_)) => flag_word(text).map(flag_value).ok_or(unreadable),
            (CellKind::NumberOrFlag, AttributeRef::Text(_)) => {
                number(text).or_else(|| flag_word(text).map(flag_value)).ok_or(unreadable)
            }
            (CellKind::Number | CellKind::Code, AttributeRef::Text(_)) => number(text).ok_or(unreadable),
        }
    }
}

/// A number as tables have it; the libraries take infinities.
fn number(text: &str) -> Option<f64> {
    parse_number(text).or_else(|| {
        let (sign, word) = match text.strip_prefix('-') {
            Some(word) => (-1.0, word),
            None => (1.0, text.strip_prefix('+').unwrap_or(text)),
        };
        let is_infinite = ["inf", "infinity"].iter().any(|own| word.eq_ignore_ascii_case(own));
        is_infinite.then_some(sign * f64::INFINITY)
    })
}

fn flag_value(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: CellKind, unclear: &[Levels], cells: &[&str]) -> Vec<String> {
        let reader = CellReader { kind, unclear: unclear.to_vec() };
        let shown = |cell: &&str| match reader.read(Some(AttributeRef::Text(cell))) {
            Ok(number) => number.to_string(),
            Err(cause) => format!("{cause:?}"),
        };
        cells.iter().map(shown).collect()
    }

    #[test]
    fn each_kind_reads_what_it_can_and_nothing_else() {
        let cells = ["1", " 2.5 ", "-inf", "TRUE", "no", "de", "", "NA"];
        let unread = "Unreadable";
        for (kind, wanted) in [
            (CellKind::Number, ["1", "2.5", "-inf", unread, unread, unread, "NaN", "NaN"]),
            (CellKind::NumberOrFlag, ["1", "2.5", "-inf", "1", "0", unread, "NaN", "NaN"]),
            (CellKind::Code, ["1", "2.5", "-inf", unread, unread, unread, "NaN", "NaN"]),
            (CellKind::Flag, ["1", unread, unread, "1", "0", unread, "NaN", "NaN"]),
        ] {
            assert_eq!(read(kind.clone(), &[], &cells), wanted, "{kind:?}");
        }
        // A level may be called what elsewhere stands for no value.
        let levels = |names: &[&str]| CellKind::Levels(Levels::texts(names.iter().copied()));
        assert_eq!(read(levels(&["NA", "de"]), &[], &["NA", "de", "null", "1"]), ["0", "1", "NaN", "Unseen"]);
        let typed = |kind: CellKind, value| CellReader { kind, unclear: Vec::new() }.read(Some(value));
        assert_eq!(typed(CellKind::Number, AttributeRef::Flag(true)), Ok(1.0));
        assert_eq!(typed(CellKind::Code, AttributeRef::Flag(true)), Err(MissingCause::Unreadable));
        assert_eq!(typed(CellKind::Flag, AttributeRef::Number(2.0)), Err(MissingCause::Unreadable));
    }

    #[test]
    fn a_cell_that_two_readings_take_for_different_values_has_none() {
        let years = Levels::typed(&["2", "3", "5"].map(str::to_owned));
        let cells = ["2", "3", "4", "5.0", "de", ""];
        assert_eq!(
            read(CellKind::Number, &[years], &cells),
            ["Unreadable", "Unreadable", "4", "Unreadable", "Unreadable", "NaN"]
        );
        // 0 is no, as a number and as the place of a name; a name needs its list.
        let answers = Levels::texts(["no", "yes"]);
        let cells = ["0", "1", "yes", "2"];
        assert_eq!(
            read(CellKind::Number, std::slice::from_ref(&answers), &cells),
            ["0", "1", "Unreadable", "2"]
        );
        assert_eq!(read(CellKind::NumberOrFlag, &[answers], &cells), ["0", "1", "1", "2"]);
    }
}
