//! Decides from the sample what each column holds.

use super::column::{DecimalRule, OrderRule, Plan};
use super::notes::Notes;
use super::shape::{is_date_name, is_flag, is_id_name, is_yes_no_name, marker, spreadsheet_text};
use super::{CsvOptions, DateOrder, Kind, clip, date, number};

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
    /// The first cell that is neither a number nor a date, and the first that is no date.
    first_text: Option<(u64, String)>,
    first_undated: Option<(u64, String)>,
}

/// Cells that can only be read one way, only the other way, or both ways.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // each is seen or not, by itself
struct Evidence {
    first: bool,
    second: bool,
    either: bool,
    /// Some numbers that can be read both ways are written with a dot; some dates with dots have the month first.
    dotted: bool,
}

/// A cell as messages name it.
fn place(cell: Option<&(u64, String)>) -> String {
    cell.map_or_else(String::new, |(line, text)| format!("`{text}` on line {line}"))
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
        if spreadsheet_text(text).is_some() {
            self.codes += 1;
            self.first_code.get_or_insert_with(|| (line, clip(text)));
            return;
        }
        let moment = date::read(text);
        if moment.is_none() && self.first_undated.is_none() {
            self.first_undated = Some((line, clip(text)));
        }
        if let Some(number) = number::read(text) {
            self.numbers += 1;
            self.zeros_and_ones += u64::from(matches!(text, "0" | "1"));
            self.percents += u64::from(number.percent);
            self.decimals.add(number.point, number.comma);
            self.decimals.dotted |= number.is_ambiguous() && text.contains('.');
            if let Some(currency) = number.currency {
                self.currencies |= 1 << number::currency_group(currency);
            }
        } else if number::is_code(text) {
            self.codes += 1;
            self.first_code.get_or_insert_with(|| (line, clip(text)));
        } else if is_flag(text) {
            self.flags += 1;
        } else if let Some(moment) = moment {
            self.dates += 1;
            self.possible_dates += u64::from(moment.is_possible());
            if !moment.two_digit_year {
                self.orders.add(moment.day_first, moment.month_first);
                self.orders.dotted |= moment.dotted && moment.day_first.is_none();
            }
        } else {
            self.first_text.get_or_insert_with(|| (line, clip(text)));
        }
    }

    /// The kind that at least 95 % of the cells agree on.
    fn kind(&self, name: &str) -> Kind {
        let enough = |count: u64| count * 20 >= self.cells * 19;
        // `phone` may mean whether there is one; an id never does.
        let yes_no = is_yes_no_name(name) && (self.zeros_and_ones == self.cells || self.flags == self.cells);
        let named = is_id_name(name) && !yes_no;
        if self.cells == 0 {
            Kind::Empty
        } else if named || (self.codes > 0 && enough(self.numbers + self.codes)) {
            Kind::Id
        } else if enough(self.numbers) {
            Kind::Number
        } else if enough(self.flags + self.zeros_and_ones) {
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
            Kind::Text if !forced(name) => {
                // Nearly numbers or nearly dates: worth a word.
                for (count, what) in [(profile.numbers, "numbers"), (profile.dates, "dates")] {
                    if count * 2 >= profile.cells {
                        let (cells, first) = (profile.cells, place(profile.first_text.as_ref()));
                        say(format!(
                            "kept as text: {count} of {cells} cells looked at are {what}, but {first} is not"
                        ));
                    }
                }
            }
            _ => {}
        }
        if is_date_name(name) && matches!(kind, Kind::Number | Kind::Text) && !forced(name) {
            let (first, kind) =
                (place(profile.first_undated.as_ref()), if kind == Kind::Text { "text" } else { "numbers" });
            say(format!("named like a date, but {first} is no date in a form that is read; kept as {kind}"));
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
        (first, second) if first != second => {
            let (rule, sign) = if first { (DecimalRule::Point, '.') } else { (DecimalRule::Comma, ',') };
            if own.either {
                say(format!("`{sign}` read as the decimal sign, as other cells of the column show"));
            }
            rule
        }
        (true, _) => {
            say("holds decimal points and decimal commas; only what can mean one thing is read".to_owned());
            DecimalRule::Strict
        }
        _ => {
            let (rule, sign) = match (file.first, file.second) {
                (true, false) => (DecimalRule::Point, '.'),
                (false, true) => (DecimalRule::Comma, ','),
                (false, false) if delimiter == b',' => (DecimalRule::DotDecimal, '.'),
                _ => return DecimalRule::Strict,
            };
            if own.either && rule != DecimalRule::DotDecimal {
                say(format!("`{sign}` read as the decimal sign, as in the other columns"));
            } else if own.dotted {
                say("`.` read as the decimal sign, since commas separate the cells".to_owned());
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
        (first, second) if first != second => {
            let (rule, what) =
                if first { (OrderRule::DayFirst, "day") } else { (OrderRule::MonthFirst, "month") };
            if own.either {
                say(format!("dates read with the {what} first, as other cells of the column show"));
            }
            if second && own.dotted {
                return OrderRule::MonthFirstDotted;
            }
            rule
        }
        (true, _) => {
            say(
                "holds dates with the day first and with the month first; only what can mean one day is read"
                    .to_owned(),
            );
            OrderRule::Strict
        }
        _ => {
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
