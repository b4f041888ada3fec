//! Reads the cells of a column by what was decided about it.

use super::notes::Note;
use super::shape::{TEXT_MARKERS, is_flag, marker};
use super::{Kind, date, number};

/// How the cells of one column are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) decimal: DecimalRule,
    pub(super) order: OrderRule,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum DecimalRule {
    Point,
    Comma,
    /// `1.234` is a decimal because the comma separates the cells; `1,234` stays ambiguous.
    DotDecimal,
    /// Only what can mean one thing.
    Strict,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum OrderRule {
    DayFirst,
    MonthFirst,
    /// As `MonthFirst`, where even dates with dots have the month first.
    MonthFirstDotted,
    Strict,
}

/// A cell read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Missing,
    Number(f64),
    /// The text as written.
    Text,
    /// The ISO text appended to the buffer.
    Iso,
}

impl Plan {
    /// Reads a trimmed cell; a date's ISO text is appended to `iso`.
    pub(super) fn read(self, text: &str, iso: &mut String) -> (Value, Option<Note>) {
        if text.is_empty() {
            return (Value::Missing, None);
        }
        match self.kind {
            Kind::Number => match number::read(text) {
                Some(number) => self.decimal.choose(text, &number),
                None => unread(text, Note::NotANumber),
            },
            Kind::Date => match date::read(text) {
                Some(moment) => self.order.choose(&moment, iso),
                None => unread(text, Note::NotADate),
            },
            Kind::Flag if is_flag(text) || matches!(text, "0" | "1") => (Value::Text, None),
            Kind::Flag => unread(text, Note::NotAFlag),
            Kind::Empty => match marker(text) {
                Some(marker) => (Value::Missing, Some(marker)),
                None => (Value::Text, Some(Note::LateText)),
            },
            Kind::Text | Kind::Id if text.len() <= 8 && TEXT_MARKERS.contains(&text) => {
                (Value::Missing, marker(text))
            }
            Kind::Id if number::is_rounded_code(text) => (Value::Text, Some(Note::RoundedId)),
            Kind::Text | Kind::Id => (Value::Text, None),
        }
    }
}

fn unread(text: &str, note: Note) -> (Value, Option<Note>) {
    (Value::Missing, Some(marker(text).unwrap_or(note)))
}

impl DecimalRule {
    fn choose(self, text: &str, number: &number::Number) -> (Value, Option<Note>) {
        let number::Number { point, comma, percent, .. } = *number;
        let (value, problem) = match self {
            _ if point == comma => (point, None),
            DecimalRule::Comma => (comma, Some(Note::ContraryNumber)),
            DecimalRule::DotDecimal if comma.is_some() && !text.contains('.') => {
                (None, Some(if point.is_some() { Note::AmbiguousNumber } else { Note::ContraryNumber }))
            }
            DecimalRule::Point | DecimalRule::DotDecimal => (point, Some(Note::ContraryNumber)),
            DecimalRule::Strict if point.is_some() && comma.is_some() => (None, Some(Note::AmbiguousNumber)),
            DecimalRule::Strict => (point.or(comma), None),
        };
        match value {
            Some(value) => (Value::Number(value), percent.then_some(Note::Percent)),
            None => (Value::Missing, problem),
        }
    }
}

impl OrderRule {
    fn choose(self, moment: &date::Moment<'_>, iso: &mut String) -> (Value, Option<Note>) {
        let (day_first, month_first) = (moment.day_first, moment.month_first);
        if !moment.is_possible() {
            return (Value::Missing, Some(Note::ImpossibleDate));
        }
        if moment.two_digit_year {
            return (Value::Missing, Some(Note::TwoDigitYear));
        }
        let (day, problem) = match self {
            OrderRule::MonthFirstDotted
                if moment.dotted && day_first == month_first && moment.could_be_swapped() =>
            {
                (None, Note::AmbiguousDate)
            }
            _ if day_first == month_first => (day_first, Note::ImpossibleDate),
            OrderRule::DayFirst => (day_first, Note::ContraryDate),
            OrderRule::MonthFirst | OrderRule::MonthFirstDotted => (month_first, Note::ContraryDate),
            OrderRule::Strict if day_first.is_some() && month_first.is_some() => (None, Note::AmbiguousDate),
            OrderRule::Strict => (day_first.or(month_first), Note::AmbiguousDate),
        };
        match day {
            Some(day) => {
                moment.write_iso(day, iso);
                (Value::Iso, None)
            }
            None => (Value::Missing, Some(problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_a_decimal_point_between_commas_only() {
        let number = number::read("1.861").unwrap();
        assert_eq!(DecimalRule::DotDecimal.choose("1.861", &number), (Value::Number(1.861), None));
        assert_eq!(
            DecimalRule::Strict.choose("1.861", &number),
            (Value::Missing, Some(Note::AmbiguousNumber))
        );
        let number = number::read("1,234").unwrap();
        assert_eq!(
            DecimalRule::DotDecimal.choose("1,234", &number),
            (Value::Missing, Some(Note::AmbiguousNumber))
        );
    }
}
