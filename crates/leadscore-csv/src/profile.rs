//! Decides from the sample what each column holds.

use super::fault::Setting;
use super::notes::WarningLog;
use super::options::{CsvOptions, DateOrder};
use super::placeholder::{Placeholder, TextPlaceholders, is_placeholder};
use super::plan::{ColumnPlan, DateOrderPolicy, DecimalPolicy};
use super::shape::{flag, is_date_name, is_id_name, is_yes_no_name, spreadsheet_text};
use super::table::ColumnKind;
use super::values::{Distinct, Levels};
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
    /// Placeholders that are words, such as `unknown`, which are cells too.
    word_count: u64,
    /// The first cell that is no number.
    first_non_number: Option<(u64, String)>,
    /// Cells that are no dates, those words left out, and days that do not exist.
    non_dates: Repetition,
    impossible_dates: Repetition,
    distinct: Distinct,
    levels: Levels,
}

/// What a sample says of a column besides its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleFacts {
    pub(crate) is_mostly_dates: bool,
    /// Whether there are at most three values, each on average twice or more.
    pub(crate) has_few_values: bool,
    /// The only currency that is written with numbers.
    pub(crate) currency: Option<&'static str>,
}

/// The first of some cells, and how many are like it.
#[derive(Debug, Clone, Default)]
struct Repetition {
    first: Option<(u64, String)>,
    is_number: bool,
    same_count: u64,
    count: u64,
}

impl Repetition {
    fn add(&mut self, line: u64, text: &str, is_number: bool) {
        self.count += 1;
        let (_, first) = self.first.get_or_insert_with(|| (line, text.to_owned()));
        if first == text {
            self.same_count += 1;
            self.is_number = is_number;
        }
    }

    /// Whether there are several, and all are the same.
    fn is_one_text(&self) -> bool {
        self.count > 1 && self.same_count == self.count
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
    cell.map_or_else(String::new, |(line, text)| format!("`{}` on line {line}", excerpt(text)))
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
        self.distinct.holds()
    }

    /// Takes in a trimmed cell of the sample.
    pub(crate) fn add(&mut self, text: &str, line: u64) {
        self.distinct.add(text);
        if text.is_empty() || is_placeholder(text) {
            return;
        }
        let is_word = Placeholder::find(text.as_bytes()).is_some();
        self.cell_count += 1;
        self.levels.add(text);
        self.word_count += u64::from(is_word);
        if spreadsheet_text(text).is_some() {
            self.code_count += 1;
            self.first_code.get_or_insert_with(|| (line, excerpt(text)));
            return;
        }
        let (date, number) = (date::parse(text), number::parse(text));
        match &date {
            None if !is_word => self.non_dates.add(line, text, number.is_some()),
            Some(date) if !date.is_possible() => self.impossible_dates.add(line, text, false),
            _ => {}
        }
        if number.is_none() {
            self.first_non_number.get_or_insert_with(|| (line, text.to_owned()));
        }
        if let Some(number) = number {
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
        }
    }

    /// What is known besides the kind.
    pub(crate) fn facts(&self) -> SampleFacts {
        let is_one = self.currencies.is_power_of_two();
        SampleFacts {
            is_mostly_dates: self.is_mostly_dates(),
            has_few_values: self.levels.are_repeated(self.cell_count),
            currency: is_one.then(|| number::CURRENCIES[self.currencies.trailing_zeros() as usize]),
        }
    }

    /// Whether at least half of the cells are dates.
    fn is_mostly_dates(&self) -> bool {
        self.possible_date_count > 0 && self.possible_date_count * 2 >= self.cell_count - self.word_count
    }

    /// The first cell that is no date in a form that is read, or else no day that exists.
    fn first_non_date(&self) -> Option<&(u64, String)> {
        self.non_dates.first.as_ref().or(self.impossible_dates.first.as_ref())
    }

    /// Whether the column holds dates: at least 95 % of the cells that are no placeholders. Words such as `unknown` are
    /// such, and so is a text that stands in every cell that is no date, where enough cells are dates.
    fn holds_dates(&self, name: &str) -> bool {
        let possible = self.possible_date_count;
        let is_clear = possible > 0 && (is_date_name(name) || possible * 20 >= self.cell_count);
        let is_placeholder = is_clear && self.non_dates.is_one_text();
        let repeated = if is_placeholder { self.non_dates.count } else { 0 };
        let others = self.cell_count - self.word_count - repeated;
        let exist = possible * 2 >= self.date_count || (is_clear && self.impossible_dates.is_one_text());
        self.date_count > 0 && exist && self.date_count * 20 >= others * 19
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
        } else if self.holds_dates(name) && self.non_dates.is_number && !named {
            // A number such as 0 in place of every date that is not known.
            ColumnKind::Date
        } else if named || (self.code_count > 0 && enough(self.number_count + self.code_count)) {
            ColumnKind::Id
        } else if enough(self.number_count) {
            ColumnKind::Number
        } else if enough(self.flag_count + self.zero_or_one_count) {
            ColumnKind::Flag
        } else if self.holds_dates(name) {
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
        let mut plan = ColumnPlan {
            kind,
            decimal: DecimalPolicy::Strict,
            date_order: DateOrderPolicy::Strict,
            placeholders: TextPlaceholders::default(),
            reads_multiples: false,
        };
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
            // The caller may read it as dates nevertheless.
            _ if profile.date_count > 0 => {
                plan.date_order = date_order_policy(profile, orders, options.date_order, &mut |_| {});
            }
            _ => {}
        }
        match kind {
            ColumnKind::Id if profile.code_count > 0 && !is_id_name(name) && !is_yes_no_name(name) => {
                let (line, code) = profile.first_code.clone().unwrap_or_default();
                warn(format!("kept as text: `{code}` on line {line} is a code, no quantity"));
            }
            ColumnKind::Text if !forced(name) => {
                // Nearly numbers or nearly dates deserve a warning.
                let cells = profile.cell_count;
                for (count, what, other) in [
                    (profile.number_count, "numbers", profile.first_non_number.as_ref()),
                    (profile.possible_date_count, "dates", profile.first_non_date()),
                ] {
                    if count > 0 && count * 2 >= cells {
                        let first = describe_cell(other);
                        warn(format!(
                            "kept as text: {count} of {cells} cells looked at are {what}, but {first} is not"
                        ));
                    }
                }
                if profile.impossible_dates.count * 2 > profile.date_count {
                    let (count, first) = (
                        profile.impossible_dates.count,
                        describe_cell(profile.impossible_dates.first.as_ref()),
                    );
                    warn(format!(
                        "kept as text: {count} of {cells} cells looked at are written like dates of days that do not exist, such as {first}"
                    ));
                }
            }
            _ => {}
        }
        let is_other =
            profile.non_dates.first.is_some() && matches!(kind, ColumnKind::Number | ColumnKind::Text);
        if is_date_name(name) && is_other && !forced(name) {
            let (first, kind) = (
                describe_cell(profile.non_dates.first.as_ref()),
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
            // A point among other points is nothing that has to be said.
            if column.ambiguous && !first {
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
                warn(format!(
                    "`.` read as the decimal sign, since commas separate the cells; {} reads it as the sign between thousands",
                    Setting::DECIMAL.with_value(",")
                ));
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
