//! Decides from the sample what each column holds.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::notes::WarningLog;
use super::options::{CsvOptions, DateOrder};
use super::plan::{ColumnPlan, DateOrderPolicy, DecimalPolicy};
use super::shape::{flag, is_date_name, is_id_name, is_yes_no_name, marker, spreadsheet_text};
use super::table::ColumnKind;
use super::{date, excerpt, number};

/// What the sample says about one column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    /// Cells that are neither blank nor a missing marker.
    cell_count: u64,
    number_count: u64,
    zero_or_one_count: u64,
    code_count: u64,
    first_code: Option<(u64, String)>,
    flag_count: u64,
    date_count: u64,
    possible_date_count: u64,
    decimals: Evidence,
    orders: Evidence,
    /// A bit for each currency.
    currencies: u32,
    percent_count: u64,
    /// The first cell that is neither a number nor a date, and the first that is no date.
    first_text: Option<(u64, String)>,
    first_non_date: Option<(u64, String)>,
    distinct: Distinct,
}

/// Whether the cells of a column differ from each other; hashes are kept until two are alike.
#[derive(Debug, Clone, Default)]
struct Distinct {
    seen: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    is_over: bool,
}

impl Distinct {
    fn add(&mut self, text: &str) {
        if self.is_over {
            return;
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        if text.is_empty() || marker(text).is_some() || !self.seen.insert(hasher.finish()) {
            *self = Distinct { seen: HashSet::default(), is_over: true };
        }
    }
}

/// Cells that can only be read one way, only the other way, or both ways.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent observations")]
struct Evidence {
    only_first: bool,
    only_second: bool,
    ambiguous: bool,
    /// Some numbers that can be read both ways are written with a dot; some dates with dots have the month first.
    dotted: bool,
}

/// A cell for messages: its text and line.
fn describe_cell(cell: Option<&(u64, String)>) -> String {
    cell.map_or_else(String::new, |(line, text)| format!("`{text}` on line {line}"))
}

impl Evidence {
    fn add<T: PartialEq + Copy>(&mut self, first: Option<T>, second: Option<T>) {
        match (first, second) {
            (Some(_), None) => self.only_first = true,
            (None, Some(_)) => self.only_second = true,
            (Some(a), Some(b)) if a != b => self.ambiguous = true,
            _ => {}
        }
    }

    fn merge(&mut self, other: Evidence) {
        self.only_first |= other.only_first;
        self.only_second |= other.only_second;
    }
}

impl Profile {
    /// Whether every row had a value, and no two the same.
    pub(crate) fn is_distinct(&self) -> bool {
        !self.distinct.is_over && self.distinct.seen.len() > 1
    }

    /// Takes in a trimmed cell of the sample.
    pub(crate) fn add(&mut self, text: &str, line: u64) {
        self.distinct.add(text);
        if text.is_empty() || marker(text).is_some() {
            return;
        }
        self.cell_count += 1;
        if spreadsheet_text(text).is_some() {
            self.code_count += 1;
            self.first_code.get_or_insert_with(|| (line, excerpt(text)));
            return;
        }
        let date = date::parse(text);
        if date.is_none() && self.first_non_date.is_none() {
            self.first_non_date = Some((line, excerpt(text)));
        }
        if let Some(number) = number::parse(text) {
            self.number_count += 1;
            self.zero_or_one_count += u64::from(matches!(text, "0" | "1"));
            self.percent_count += u64::from(number.percent);
            self.decimals.add(number.point, number.comma);
            self.decimals.dotted |= number.is_ambiguous() && text.contains('.');
            if let Some(currency) = number.currency {
                self.currencies |= 1 << number::currency_group(currency);
            }
        } else if number::is_code(text) {
            self.code_count += 1;
            self.first_code.get_or_insert_with(|| (line, excerpt(text)));
        } else if flag(text.as_bytes()).is_some() {
            self.flag_count += 1;
        } else if let Some(date) = date {
            self.date_count += 1;
            self.possible_date_count += u64::from(date.is_possible());
            if !date.two_digit_year {
                self.orders.add(date.day_first, date.month_first);
                self.orders.dotted |= date.dotted && date.day_first.is_none();
            }
        } else {
            self.first_text.get_or_insert_with(|| (line, excerpt(text)));
        }
    }

    /// The kind that at least 95 % of the cells agree on.
    fn kind(&self, name: &str) -> ColumnKind {
        let enough = |count: u64| count * 20 >= self.cell_count * 19;
        // `phone` may mean whether there is one; an id never does.
        let yes_no = is_yes_no_name(name)
            && (self.zero_or_one_count == self.cell_count || self.flag_count == self.cell_count);
        let named = is_id_name(name) && !yes_no;
        if self.cell_count == 0 {
            ColumnKind::Empty
        } else if named || (self.code_count > 0 && enough(self.number_count + self.code_count)) {
            ColumnKind::Id
        } else if enough(self.number_count) {
            ColumnKind::Number
        } else if enough(self.flag_count + self.zero_or_one_count) {
            ColumnKind::Flag
        } else if enough(self.date_count) && self.possible_date_count * 2 >= self.date_count {
            ColumnKind::Date
        } else {
            ColumnKind::Text
        }
    }
}

/// Decides how every column is parsed; what had to be assumed goes into `warnings`.
pub(crate) fn plan_columns(
    names: &[String],
    profiles: &[Profile],
    options: &CsvOptions,
    delimiter: u8,
    warnings: &mut WarningLog,
) -> Vec<ColumnPlan> {
    let forced = |name: &String| options.text_columns.contains(name);
    let kind = |(name, profile): (&String, &Profile)| {
        if forced(name) { ColumnKind::Text } else { profile.kind(name) }
    };
    let kinds: Vec<ColumnKind> = names.iter().zip(profiles).map(kind).collect();
    let (mut decimals, mut orders) = (Evidence::default(), Evidence::default());
    for (kind, profile) in kinds.iter().zip(profiles) {
        match kind {
            ColumnKind::Number => decimals.merge(profile.decimals),
            ColumnKind::Date => orders.merge(profile.orders),
            _ => {}
        }
    }
    let mut plans = Vec::with_capacity(names.len());
    for ((name, profile), kind) in names.iter().zip(profiles).zip(kinds) {
        let mut warn = |message: String| warnings.warn(None, Some(name), message);
        let mut plan =
            ColumnPlan { kind, decimal: DecimalPolicy::Strict, date_order: DateOrderPolicy::Strict };
        match kind {
            ColumnKind::Number => {
                plan.decimal = decimal_policy(profile, decimals, options.decimal, delimiter, &mut warn);
                if profile.currencies.count_ones() > 1 {
                    warn("holds several currencies; the numbers are not converted".to_owned());
                }
                if profile.percent_count > 0 && profile.percent_count < profile.number_count {
                    warn("holds numbers with % and without; `45%` is read as 0.45, `45` as 45".to_owned());
                }
            }
            ColumnKind::Date => {
                plan.date_order = date_order_policy(profile, orders, options.date_order, &mut warn);
            }
            ColumnKind::Id if profile.code_count > 0 && !is_id_name(name) => {
                let (line, code) = profile.first_code.clone().unwrap_or_default();
                warn(format!("kept as text: `{code}` on line {line} is a code, no quantity"));
            }
            ColumnKind::Text if !forced(name) => {
                // Nearly numbers or nearly dates deserve a warning.
                for (count, what) in [(profile.number_count, "numbers"), (profile.date_count, "dates")] {
                    if count * 2 >= profile.cell_count {
                        let (cells, first) = (profile.cell_count, describe_cell(profile.first_text.as_ref()));
                        warn(format!(
                            "kept as text: {count} of {cells} cells looked at are {what}, but {first} is not"
                        ));
                    }
                }
            }
            _ => {}
        }
        if is_date_name(name) && matches!(kind, ColumnKind::Number | ColumnKind::Text) && !forced(name) {
            let (first, kind) = (
                describe_cell(profile.first_non_date.as_ref()),
                if kind == ColumnKind::Text { "text" } else { "numbers" },
            );
            warn(format!("named like a date, but {first} is no date in a form that is read; kept as {kind}"));
        }
        plans.push(plan);
    }
    for name in options.text_columns.iter().filter(|name| !names.contains(name)) {
        warnings.warn(None, None, format!("there is no column `{}` to keep as text", excerpt(name)));
    }
    plans
}

fn decimal_policy(
    profile: &Profile,
    file: Evidence,
    wanted: Option<char>,
    delimiter: u8,
    warn: &mut impl FnMut(String),
) -> DecimalPolicy {
    match wanted {
        Some(',') => return DecimalPolicy::Comma,
        Some(_) => return DecimalPolicy::Point,
        None => {}
    }
    let column = profile.decimals;
    match (column.only_first, column.only_second) {
        (first, second) if first != second => {
            let (policy, sign) =
                if first { (DecimalPolicy::Point, '.') } else { (DecimalPolicy::Comma, ',') };
            if column.ambiguous {
                warn(format!("`{sign}` read as the decimal sign, as other cells of the column show"));
            }
            policy
        }
        (true, _) => {
            warn("holds decimal points and decimal commas; only what can mean one thing is read".to_owned());
            DecimalPolicy::Strict
        }
        _ => {
            let (policy, sign) = match (file.only_first, file.only_second) {
                (true, false) => (DecimalPolicy::Point, '.'),
                (false, true) => (DecimalPolicy::Comma, ','),
                (false, false) if delimiter == b',' => (DecimalPolicy::DotDecimal, '.'),
                _ => return DecimalPolicy::Strict,
            };
            if column.ambiguous && policy != DecimalPolicy::DotDecimal {
                warn(format!("`{sign}` read as the decimal sign, as in the other columns"));
            } else if column.dotted {
                warn("`.` read as the decimal sign, since commas separate the cells".to_owned());
            }
            policy
        }
    }
}

fn date_order_policy(
    profile: &Profile,
    file: Evidence,
    wanted: Option<DateOrder>,
    warn: &mut impl FnMut(String),
) -> DateOrderPolicy {
    match wanted {
        Some(DateOrder::DayFirst) => return DateOrderPolicy::DayFirst,
        Some(DateOrder::MonthFirst) => return DateOrderPolicy::MonthFirst,
        None => {}
    }
    let column = profile.orders;
    match (column.only_first, column.only_second) {
        (first, second) if first != second => {
            let (policy, what) = if first {
                (DateOrderPolicy::DayFirst, "day")
            } else {
                (DateOrderPolicy::MonthFirst, "month")
            };
            if column.ambiguous {
                warn(format!("dates read with the {what} first, as other cells of the column show"));
            }
            if second && column.dotted {
                return DateOrderPolicy::MonthFirstDotted;
            }
            policy
        }
        (true, _) => {
            warn(
                "holds dates with the day first and with the month first; only what can mean one day is read"
                    .to_owned(),
            );
            DateOrderPolicy::Strict
        }
        _ => {
            let (policy, what) = match (file.only_first, file.only_second) {
                (true, false) => (DateOrderPolicy::DayFirst, "day"),
                (false, true) => (DateOrderPolicy::MonthFirst, "month"),
                _ => return DateOrderPolicy::Strict,
            };
            if column.ambiguous {
                warn(format!("dates read with the {what} first, as in the other columns"));
            }
            policy
        }
    }
}
