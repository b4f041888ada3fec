//! Parses the cells of a column as was decided from the sample.

use leadscore::DateTime;

use super::date::{self, ParsedDate};
use super::fault::Fault;
use super::notes::Note;
use super::number::{self, Number};
use super::placeholder::{Placeholder, TextPlaceholders, is_placeholder};
use super::shape::flag;
use super::table::ColumnKind;

/// How the cells of one column are parsed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ColumnPlan {
    pub(crate) kind: ColumnKind,
    pub(crate) decimal: DecimalPolicy,
    pub(crate) date_order: DateOrderPolicy,
    /// What means missing where the cells are texts.
    pub(crate) placeholders: TextPlaceholders,
    /// Whether letters that multiply are read in numbers.
    pub(crate) reads_multiples: bool,
}

/// Which of two readings of a number is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum DecimalPolicy {
    Point,
    Comma,
    /// `1.234` is a decimal because the comma separates the cells; `1,234` stays ambiguous.
    DotDecimal,
    /// Only what can mean one thing.
    Strict,
}

/// Which of two readings of a date is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum DateOrderPolicy {
    DayFirst,
    MonthFirst,
    /// As `MonthFirst`, where even dates with dots have the month first.
    MonthFirstDotted,
    /// Only what can mean one day.
    Strict,
}

/// A parsed cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Missing,
    Number(f64),
    Flag(bool),
    /// A date, and whether its reading with the month first was taken.
    Date {
        date: DateTime,
        month_first: bool,
    },
    /// The text as written.
    Text,
}

impl ColumnPlan {
    /// Parses a trimmed cell.
    pub(crate) fn parse(self, text: &str) -> (Value, Option<Note>) {
        if text.is_empty() {
            return (Value::Missing, None);
        }
        match self.kind {
            ColumnKind::Number => match number::parse(text) {
                Some(number) => self.decimal.resolve(text, &number),
                None if self.reads_multiples => self.multiple(text),
                None => unparsed(text, Note::NotANumber),
            },
            ColumnKind::Date => match date::parse(text) {
                Some(date) => self.date_order.resolve(&date),
                None => unparsed(text, Note::NotADate),
            },
            ColumnKind::Flag => match (flag(text.as_bytes()), text) {
                (Some(value), _) => (Value::Flag(value), None),
                (None, "1") => (Value::Flag(true), None),
                (None, "0") => (Value::Flag(false), None),
                (None, _) => unparsed(text, Note::NotAFlag),
            },
            ColumnKind::Empty => {
                let found = match self.placeholders {
                    // Nothing else was in the sample.
                    TextPlaceholders::AsWritten if is_placeholder(text) => Placeholder::find(text.as_bytes()),
                    decided => decided.find(text.as_bytes()),
                };
                match found {
                    Some(found) => (Value::Missing, Some(found.note())),
                    // A column may hold nothing but a level that elsewhere means missing.
                    None if is_placeholder(text) => (Value::Text, None),
                    None => (Value::Text, Some(Note::LateText)),
                }
            }
            ColumnKind::Text | ColumnKind::Id => match self.placeholders.find(text.as_bytes()) {
                Some(found) => (Value::Missing, Some(found.note())),
                None if self.kind == ColumnKind::Id && number::is_rounded_code(text) => {
                    (Value::Text, Some(Note::RoundedId))
                }
                None => (Value::Text, None),
            },
        }
    }
}

impl ColumnPlan {
    /// A number with a letter or word that multiplies it.
    fn multiple(self, text: &str) -> (Value, Option<Note>) {
        let Some((bare, factor)) = number::without_multiplier(text) else {
            return unparsed(text, Note::NotANumber);
        };
        let found = number::parse(bare).map(|number| self.decimal.resolve(bare, &number));
        match found {
            Some((Value::Number(number), None)) => (Value::Number(number * factor), Some(Note::Multiple)),
            Some((Value::Missing, note)) => (Value::Missing, note),
            _ => unparsed(text, Note::NotANumber),
        }
    }
}

/// What is wrong with a cell that was noted and has no value.
pub(crate) fn fault(note: Note) -> Fault {
    let what = match note {
        Note::AmbiguousDate => "is ambiguous (day or month first?)",
        Note::ContraryDate => "is written with day and month in the other order than the rest",
        Note::ImpossibleDate => "is no day that exists",
        Note::TwoDigitYear => "has a year of two digits",
        Note::NotADate => "is no date",
        Note::AmbiguousNumber => "is ambiguous (thousands or decimals?)",
        Note::ContraryNumber => "is written with another decimal sign than the rest",
        Note::NotANumber => "is no number",
        Note::NotAFlag => "is neither yes nor no",
        _ => "means that there is no value",
    };
    Fault { what, setting: note.setting() }
}

fn unparsed(text: &str, note: Note) -> (Value, Option<Note>) {
    (Value::Missing, Some(Placeholder::find(text.as_bytes()).map_or(note, Placeholder::note)))
}

impl DecimalPolicy {
    fn resolve(self, text: &str, number: &Number) -> (Value, Option<Note>) {
        let Number { point, comma, percent, .. } = *number;
        let (value, problem) = match self {
            _ if point == comma => (point, None),
            DecimalPolicy::Comma => (comma, Some(Note::ContraryNumber)),
            DecimalPolicy::DotDecimal if comma.is_some() && !text.contains('.') => {
                (None, Some(if point.is_some() { Note::AmbiguousNumber } else { Note::ContraryNumber }))
            }
            DecimalPolicy::Point | DecimalPolicy::DotDecimal => (point, Some(Note::ContraryNumber)),
            DecimalPolicy::Strict if point.is_some() && comma.is_some() => {
                (None, Some(Note::AmbiguousNumber))
            }
            DecimalPolicy::Strict => (point.or(comma), None),
        };
        match value {
            Some(value) => (Value::Number(value), percent.then_some(Note::Percent)),
            None => (Value::Missing, problem),
        }
    }
}

impl DateOrderPolicy {
    /// What comes first, if that is known.
    pub(crate) fn in_words(self) -> Option<&'static str> {
        match self {
            DateOrderPolicy::DayFirst => Some("day"),
            DateOrderPolicy::MonthFirst | DateOrderPolicy::MonthFirstDotted => Some("month"),
            DateOrderPolicy::Strict => None,
        }
    }

    fn resolve(self, parsed: &ParsedDate<'_>) -> (Value, Option<Note>) {
        let (day_first, month_first) = (parsed.day_first, parsed.month_first);
        if !parsed.is_possible() {
            return (Value::Missing, Some(Note::ImpossibleDate));
        }
        if parsed.two_digit_year {
            return (Value::Missing, Some(Note::TwoDigitYear));
        }
        let (day, problem) = match self {
            DateOrderPolicy::MonthFirstDotted
                if parsed.dotted && day_first == month_first && parsed.could_be_swapped() =>
            {
                (None, Note::AmbiguousDate)
            }
            _ if day_first == month_first => (day_first, Note::ImpossibleDate),
            DateOrderPolicy::DayFirst => (day_first, Note::ContraryDate),
            DateOrderPolicy::MonthFirst | DateOrderPolicy::MonthFirstDotted => {
                (month_first, Note::ContraryDate)
            }
            DateOrderPolicy::Strict if day_first.is_some() && month_first.is_some() => {
                (None, Note::AmbiguousDate)
            }
            DateOrderPolicy::Strict => (day_first.or(month_first), Note::AmbiguousDate),
        };
        match day.and_then(|day| parsed.date_time(day)) {
            Some(date) => (Value::Date { date, month_first: day != day_first }, None),
            None => (Value::Missing, Some(problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_a_decimal_point_between_commas_only() {
        let number = number::parse("1.861").unwrap();
        assert_eq!(DecimalPolicy::DotDecimal.resolve("1.861", &number), (Value::Number(1.861), None));
        assert_eq!(
            DecimalPolicy::Strict.resolve("1.861", &number),
            (Value::Missing, Some(Note::AmbiguousNumber))
        );
        let number = number::parse("1,234").unwrap();
        assert_eq!(
            DecimalPolicy::DotDecimal.resolve("1,234", &number),
            (Value::Missing, Some(Note::AmbiguousNumber))
        );
    }
}
