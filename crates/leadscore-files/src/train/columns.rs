//! What the columns of a file of past leads hold.

use std::collections::HashMap;

use leadscore::{Error, ErrorKind, Zone, did_you_mean};
use leadscore_csv::{Cell, ColumnKind, CsvOptions, CsvReader, ReadRow, Row, RowRef};

use super::sentinels::{self, Sentinels};
use super::weights::Weights;
use crate::read::{InputFile, InputFormat, TargetCells};
use crate::wording::counted;
use crate::{Notes, in_file, unreadable};

/// Texts of more different values are no levels.
pub(super) const MAX_LEVELS: usize = 5000;
/// A value of more characters is a text to read.
const LONG_TEXT: usize = 100;

/// The columns with a part of their own.
pub(super) struct Named<'a> {
    /// The column that says what became of the lead, where one does.
    pub(super) target: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    /// The column that says how much each row counts.
    pub(super) weight: Option<&'a str>,
    pub(super) drop: &'a [String],
    /// Columns, each with a value that means missing.
    pub(super) missing: &'a [(String, String)],
    pub(super) dates: Vec<NamedDate<'a>>,
}

/// A column of dates with a part of its own.
pub(super) struct NamedDate<'a> {
    /// The option that names it.
    pub(super) option: &'static str,
    pub(super) column: &'a str,
    /// Why it is not learned from.
    pub(super) reason: &'static str,
}

/// A file of past leads.
pub(super) struct PastLeads {
    pub(super) columns: Vec<PastColumn>,
    pub(super) target: TargetCells,
    /// The number of each row that counts, in their order.
    pub(super) rows: Vec<u64>,
    pub(super) dates: Dates,
    pub(super) weights: Weights,
}

/// The columns of dates with a part of their own: the option that names each, and what the file calls it.
#[derive(Debug, Default)]
pub(super) struct Dates(Vec<(&'static str, String)>);

impl Dates {
    /// The column that an option names.
    pub(super) fn of(&self, option: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == option).map(|(_, column)| column.as_str())
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, column)| column.as_str())
    }
}

/// What a column holds.
pub(super) struct PastColumn {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
    /// Why it is not learned from, if it is not.
    pub(super) left_out: Option<String>,
    /// Texts, in lower case, with how they are written first and how often they occur.
    pub(super) levels: HashMap<String, (String, u64)>,
    pub(super) has_more_levels: bool,
    pub(super) has_long_texts: bool,
    pub(super) value_count: u64,
    pub(super) row_count: u64,
    /// The first number, flag or date, and whether another one follows.
    first: Option<u64>,
    pub(super) varies: bool,
    /// Values that mean missing; numbers in the form in which features read them.
    pub(super) missing: Vec<String>,
    missing_count: u64,
    sentinels: Sentinels,
    /// Whether all numbers are whole and none occurs twice; only followed for as long as it holds.
    seen: Option<std::collections::HashSet<u64>>,
}

impl PastColumn {
    fn new(name: &str, kind: ColumnKind) -> PastColumn {
        PastColumn {
            name: name.to_owned(),
            kind,
            left_out: None,
            levels: HashMap::new(),
            has_more_levels: false,
            has_long_texts: false,
            value_count: 0,
            row_count: 0,
            first: None,
            varies: false,
            missing: Vec::new(),
            missing_count: 0,
            sentinels: Sentinels::default(),
            seen: (kind == ColumnKind::Number).then(std::collections::HashSet::new),
        }
    }

    /// Whether it holds another whole number in every row, which measures nothing.
    pub(super) fn counts_rows(&self) -> bool {
        self.seen.is_some() && self.value_count == self.row_count && self.row_count > 20
    }

    /// Takes a value for missing.
    fn take_for_missing(&mut self, value: &str) -> Result<(), Error> {
        let written = match (self.kind, value.trim().parse::<f64>()) {
            (ColumnKind::Date, _) => {
                let message = format!("`{}` holds dates; leave it out, or empty these cells", self.name);
                return Err(Error::new(ErrorKind::InvalidContext, "missing", message));
            }
            (ColumnKind::Number, Ok(number)) => number.to_string(),
            _ => value.trim().to_owned(),
        };
        self.missing.push(written);
        Ok(())
    }

    fn is_missing(&self, row: RowRef<'_>, at: usize) -> bool {
        if let Some(Cell::Number(number)) = row.value(at) {
            return self.missing.contains(&number.to_string());
        }
        let text = row.raw(at).unwrap_or_default().trim().to_lowercase();
        self.missing.iter().any(|own| own.to_lowercase() == text)
    }

    fn add(&mut self, row: RowRef<'_>, at: usize) {
        self.row_count += 1;
        if !self.missing.is_empty() && self.is_missing(row, at) {
            self.missing_count += 1;
            return;
        }
        let bits = match row.value(at).unwrap_or(Cell::Missing) {
            Cell::Missing => return,
            Cell::Text(text) => {
                self.value_count += 1;
                self.add_text(text);
                return;
            }
            Cell::Number(number) => {
                if self
                    .seen
                    .as_mut()
                    .is_some_and(|seen| number.fract() != 0.0 || !seen.insert(number.to_bits()))
                {
                    self.seen = None;
                }
                self.sentinels.add(number);
                number.to_bits()
            }
            Cell::Flag(flag) => u64::from(flag),
            Cell::Date(time) => {
                let time = time.to_timestamp(&Zone::utc()).map_or(i64::MIN, leadscore::Timestamp::as_millis);
                time.cast_unsigned()
            }
        };
        self.value_count += 1;
        self.varies |= *self.first.get_or_insert(bits) != bits;
    }

    fn add_text(&mut self, text: &str) {
        if text.chars().nth(LONG_TEXT).is_some() {
            self.has_long_texts = true;
        }
        if let Some((_, count)) = self.levels.get_mut(&text.to_lowercase()) {
            *count += 1;
        } else if self.levels.len() < MAX_LEVELS {
            self.levels.insert(text.to_lowercase(), (text.to_owned(), 1));
        } else {
            self.has_more_levels = true;
        }
    }
}

/// Reads what the columns hold.
pub(super) fn read(input: &str, named: &Named<'_>, notes: &mut dyn Notes) -> Result<PastLeads, Error> {
    if input == "-" {
        return Err(unreadable(input, "learning reads the file more than once; name a file instead of -"));
    }
    let file = InputFile::open(input)?;
    if file.format != InputFormat::Csv {
        return Err(unreadable(input, "is JSON; learning reads CSV"));
    }
    notes.reading("the columns", input);
    let mut reader = CsvReader::open(file.bytes, CsvOptions::new().skip_empty_rows())
        .map_err(|error| in_file(input, error))?;
    let mut columns: Vec<PastColumn> =
        reader.columns().iter().map(|column| PastColumn::new(&column.name, column.kind)).collect();
    for column in 0..columns.len() {
        reader.read_placeholders_as_missing(column, |_| false);
    }
    let target = named.target.map(|name| place(&columns, name, "target")).transpose()?;
    if let Some(target) = target {
        columns[target].left_out = Some("the target".to_owned());
    }
    if let Some(id) = named.id {
        let id = place(&columns, id, "id")?;
        columns[id].left_out = Some("the lead's id".to_owned());
    }
    let weight = named.weight.map(|name| place(&columns, name, "weight")).transpose()?;
    if let Some(weight) = weight {
        if Some(weight) == target {
            let message = format!("`{}` says what became of the lead", columns[weight].name);
            return Err(Error::new(ErrorKind::InvalidContext, "weight", message));
        }
        columns[weight].left_out = Some("the weight of a row".to_owned());
    }
    let mut dates = Dates::default();
    for date in &named.dates {
        let at = place(&columns, date.column, date.option)?;
        if columns[at].kind != ColumnKind::Date {
            let message = format!("`{}` does not hold dates", date.column);
            return Err(Error::new(ErrorKind::InvalidContext, date.option, message));
        }
        columns[at].left_out = Some(date.reason.to_owned());
        dates.0.push((date.option, columns[at].name.clone()));
    }
    for name in named.drop {
        let at = place(&columns, name, "drop")?;
        columns[at].left_out = Some("dropped".to_owned());
    }
    for (name, value) in named.missing {
        let at = place(&columns, name, "missing")?;
        columns[at].take_for_missing(value)?;
    }
    let mut cells = TargetCells::new(target.map_or("", |target| &columns[target].name));
    let (mut row, mut rows, mut rejected_count) = (Row::default(), Vec::new(), 0_u64);
    let mut weights = Weights::new(weight.map_or("", |weight| &columns[weight].name));
    loop {
        match reader.next_row(&mut row).map_err(|error| in_file(input, error))? {
            ReadRow::End => break,
            ReadRow::Rejected(_) => rejected_count += 1,
            ReadRow::Row => {
                let view = row.view();
                if let Some(weight) = weight
                    && !weights.add(reader.row_number(), view, weight)?
                {
                    continue;
                }
                rows.push(reader.row_number());
                if let Some(target) = target {
                    cells.add(reader.row_number(), view.raw(target).unwrap_or_default());
                }
                for (at, column) in columns.iter_mut().enumerate() {
                    if column.left_out.is_none() {
                        column.add(view, at);
                    }
                }
            }
        }
    }
    if weight.is_some() {
        weights.check()?;
    }
    propose(&columns, notes);
    if weights.zero_count > 0 {
        let rows = counted(weights.zero_count, "row", "rows");
        notes.assumed(format!("{rows} of weight 0 left out, as if they were not in the file"));
    }
    if rejected_count > 0 {
        let rows = counted(rejected_count, "row", "rows");
        notes.assumed(format!("{rows} could not be read; `leadscore inspect` tells which"));
    }
    Ok(PastLeads { columns, target: cells, rows, dates, weights })
}

/// Says which values may mean missing, and which that were to mean it do not occur.
fn propose(columns: &[PastColumn], notes: &mut dyn Notes) {
    let mut unchosen: Vec<String> = Vec::new();
    for column in columns.iter().filter(|column| column.left_out.is_none()) {
        if !column.missing.is_empty() && column.missing_count == 0 {
            let values = column.missing.join("`, `");
            notes.assumed(format!(
                "column `{}`: no cell is `{values}`, which was to mean missing",
                column.name
            ));
        }
        if let Some(proposal) = column.sentinels.proposal(&column.name, column.row_count) {
            notes.assumed(proposal);
        }
        let levels = column.levels.values().map(|(text, count)| (text.as_str(), *count));
        if let Some(level) = sentinels::unchosen(levels, column.row_count) {
            unchosen.push(format!("--missing \"{}={level}\"", column.name));
        }
    }
    if !unchosen.is_empty() {
        notes.assumed(format!(
            "a level that may mean that nothing was chosen is learned from like others; if it means missing, learn again \
             with {}",
            unchosen.join(" ")
        ));
    }
}

/// The place of the column of a name.
fn place(columns: &[PastColumn], name: &str, option: &'static str) -> Result<usize, Error> {
    let wanted = name.trim();
    let found = columns.iter().position(|column| column.name == wanted).or_else(|| {
        // However it is written, where that is one column.
        let mut same = (0..columns.len()).filter(|at| columns[*at].name.eq_ignore_ascii_case(wanted));
        same.next().filter(|_| same.next().is_none())
    });
    found.ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let more = match did_you_mean(wanted, names.iter().copied()) {
            hint if hint.is_empty() => format!("; its columns: {}", crate::wording::first_of(&names)),
            hint => hint,
        };
        let message = format!("the file has no column `{wanted}`{more}");
        Error::new(ErrorKind::InvalidContext, option, message)
    })
}
