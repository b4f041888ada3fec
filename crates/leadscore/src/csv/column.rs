//! Decides from the sample what a column holds, and reads its cells by that decision.

use super::notes::{Note, Notes};
use super::shape::{TEXT_MARKERS, is_flag, is_id_name, marker};
use super::{CsvOptions, DateOrder, Kind, clip, date, number};

/// How the cells of one column are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    decimal: DecimalRule,
    order: OrderRule,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum DecimalRule {
    Point,
    Comma,
    /// `1.234` is a decimal because the comma separates the cells; `1,234` stays ambiguous.
    DotDecimal,
    /// Only what can mean one thing.
    Strict,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum OrderRule {
    DayFirst,
    MonthFirst,
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
            Kind::Flag if is_flag(text) => (Value::Text, None),
            Kind::Flag => unread(text, Note::NotAFlag),
            Kind::Empty => match marker(text) {
                Some(marker) => (Value::Missing, Some(marker)),
                None => (Value::Text, Some(Note::LateText)),
            },
            Kind::Text | Kind::Id if text.len() <= 4 && TEXT_MARKERS.contains(&text) => {
                (Value::Missing, marker(text))
            }
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
            _ if day_first == month_first => (day_first, Note::ImpossibleDate),
            OrderRule::DayFirst => (day_first, Note::ContraryDate),
            OrderRule::MonthFirst => (month_first, Note::ContraryDate),
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

/// What the sample says about one column.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    /// Cells that are neither blank nor a missing marker.
    cells: u64,
    numbers: u64,
    zeros_and_ones: u64,
    codes: u64,
    first_code: Option<(u64, String)>,
    flags: u64,
    dates: u64,
    possible_dates: u64,
    decimals: Evidence,
    orders: Evidence,
    currencies: u32,
    percents: u64,
}

/// Cells that can only be read one way, only the other way, or both ways.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    first: bool,
    second: bool,
    either: bool,
}

impl Evidence {
    fn add<T: PartialEq + Copy>(&mut self, first: Option<T>, second: Option<T>) {
        match (first, second) {
            (Some(_), None) => self.first = true,
            (None, Some(_)) => self.second = true,
            (Some(a), Some(b)) if a != b => self.either = true,
            _ => {}
        }
    }

    fn merge(&mut self, other: Evidence) {
        self.first |= other.first;
        self.second |= other.second;
    }
}

impl Profile {
    /// Takes in a trimmed cell of the sample.
    pub(super) fn add(&mut self, text: &str, line: u64) {
        if text.is_empty() || marker(text).is_some() {
            return;
        }
        self.cells += 1;
        if let Some(number) = number::read(text) {
            self.numbers += 1;
            self.zeros_and_ones += u64::from(matches!(text, "0" | "1"));
            self.percents += u64::from(number.percent);
            self.decimals.add(number.point, number.comma);
            if let Some(currency) = number.currency {
                self.currencies |= 1 << number::currency_group(currency);
            }
        } else if number::is_code(text) {
            self.codes += 1;
            self.first_code.get_or_insert_with(|| (line, clip(text)));
        } else if is_flag(text) {
            self.flags += 1;
        } else if let Some(moment) = date::read(text) {
            self.dates += 1;
            self.possible_dates += u64::from(moment.is_possible());
            if !moment.two_digit_year {
                self.orders.add(moment.day_first, moment.month_first);
            }
        }
    }

    /// The kind that at least 95 % of the cells agree on.
    fn kind(&self, name: &str) -> Kind {
        let enough = |count: u64| count * 20 >= self.cells * 19;
        let named = is_id_name(name) && self.zeros_and_ones < self.cells && self.flags < self.cells;
        if self.cells == 0 {
            Kind::Empty
        } else if named || (self.codes > 0 && enough(self.numbers + self.codes)) {
            Kind::Id
        } else if enough(self.numbers) {
            Kind::Number
        } else if enough(self.flags) {
            Kind::Flag
        } else if enough(self.dates) && self.possible_dates * 2 >= self.dates {
            Kind::Date
        } else {
            Kind::Text
        }
    }
}

/// Settles how every column is read; what had to be assumed goes into `notes`.
pub(super) fn plans(
    names: &[String],
    profiles: &[Profile],
    options: &CsvOptions,
    delimiter: u8,
    notes: &mut Notes,
) -> Vec<Plan> {
    let forced = |name: &String| options.text_columns.contains(name);
    let kind =
        |(name, profile): (&String, &Profile)| if forced(name) { Kind::Text } else { profile.kind(name) };
    let kinds: Vec<Kind> = names.iter().zip(profiles).map(kind).collect();
    let (mut decimals, mut orders) = (Evidence::default(), Evidence::default());
    for (kind, profile) in kinds.iter().zip(profiles) {
        match kind {
            Kind::Number => decimals.merge(profile.decimals),
            Kind::Date => orders.merge(profile.orders),
            _ => {}
        }
    }
    let mut plans = Vec::with_capacity(names.len());
    for ((name, profile), kind) in names.iter().zip(profiles).zip(kinds) {
        let mut say = |message: String| notes.say(None, Some(name), message);
        let mut plan = Plan { kind, decimal: DecimalRule::Strict, order: OrderRule::Strict };
        match kind {
            Kind::Number => {
                plan.decimal = decimal_rule(profile, decimals, options.decimal, delimiter, &mut say);
                if profile.currencies.count_ones() > 1 {
                    say("holds several currencies; the numbers are not converted".to_owned());
                }
                if profile.percents > 0 && profile.percents < profile.numbers {
                    say("holds numbers with % and without; `45%` is read as 0.45, `45` as 45".to_owned());
                }
            }
            Kind::Date => plan.order = order_rule(profile, orders, options.date_order, &mut say),
            Kind::Id if profile.codes > 0 && !is_id_name(name) => {
                let (line, code) = profile.first_code.clone().unwrap_or_default();
                say(format!("kept as text: `{code}` on line {line} is a code, no quantity"));
            }
            _ => {}
        }
        plans.push(plan);
    }
    for name in options.text_columns.iter().filter(|name| !names.contains(name)) {
        notes.say(None, None, format!("there is no column `{}` to keep as text", clip(name)));
    }
    plans
}

fn decimal_rule(
    profile: &Profile,
    file: Evidence,
    wanted: Option<char>,
    delimiter: u8,
    say: &mut impl FnMut(String),
) -> DecimalRule {
    match wanted {
        Some(',') => return DecimalRule::Comma,
        Some(_) => return DecimalRule::Point,
        None => {}
    }
    let own = profile.decimals;
    match (own.first, own.second) {
        (true, false) => DecimalRule::Point,
        (false, true) => DecimalRule::Comma,
        (true, true) => {
            say("holds decimal points and decimal commas; only what can mean one thing is read".to_owned());
            DecimalRule::Strict
        }
        (false, false) => {
            let (rule, sign) = match (file.first, file.second) {
                (true, false) => (DecimalRule::Point, '.'),
                (false, true) => (DecimalRule::Comma, ','),
                (false, false) if delimiter == b',' => (DecimalRule::DotDecimal, '.'),
                _ => return DecimalRule::Strict,
            };
            if own.either && rule != DecimalRule::DotDecimal {
                say(format!("`{sign}` read as the decimal sign, as in the other columns"));
            }
            rule
        }
    }
}

fn order_rule(
    profile: &Profile,
    file: Evidence,
    wanted: Option<DateOrder>,
    say: &mut impl FnMut(String),
) -> OrderRule {
    match wanted {
        Some(DateOrder::DayFirst) => return OrderRule::DayFirst,
        Some(DateOrder::MonthFirst) => return OrderRule::MonthFirst,
        None => {}
    }
    let own = profile.orders;
    match (own.first, own.second) {
        (true, false) => OrderRule::DayFirst,
        (false, true) => OrderRule::MonthFirst,
        (true, true) => {
            say(
                "holds dates with the day first and with the month first; only what can mean one day is read"
                    .to_owned(),
            );
            OrderRule::Strict
        }
        (false, false) => {
            let (rule, what) = match (file.first, file.second) {
                (true, false) => (OrderRule::DayFirst, "day"),
                (false, true) => (OrderRule::MonthFirst, "month"),
                _ => return OrderRule::Strict,
            };
            if own.either {
                say(format!("dates read with the {what} first, as in the other columns"));
            }
            rule
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
