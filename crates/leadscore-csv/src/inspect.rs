//! A summary of a whole file: its columns, what they hold, and what could not be read.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};
use std::io::Read;

use serde::{Serialize, Serializer};

use leadscore::{Error, Timestamp, Zone};

use super::block::Row;
use super::options::CsvOptions;
use super::reader::{CsvReader, ReadRow};
use super::row::Cell;
use super::table::{ColumnKind, Rejected};

/// Up to here the distinct values of a column are counted exactly.
const MAX_DISTINCT: usize = 10_000;
/// The hashes kept over all columns.
const MAX_HASHES: usize = 4 << 20;
/// The rejected rows listed.
const MAX_REJECTED: usize = 1000;
/// The length of an example, in characters.
const MAX_EXAMPLE: usize = 200;

/// What a CSV file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The encoding, as in [`Dialect`](super::Dialect).
    pub encoding: String,
    /// The character between two cells.
    pub delimiter: char,
    /// Whether the first row holds the column names.
    pub has_header: bool,
    /// The number of rows read right.
    #[serde(rename = "rows")]
    pub row_count: u64,
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnSummary>,
    /// The first 1,000 rows refused.
    pub rejected: Vec<Rejected>,
    /// What was assumed, skipped or read as missing.
    pub warnings: Vec<String>,
}

/// What one column holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSummary {
    /// The name, unique within the table.
    pub name: String,
    /// What its cells are.
    pub kind: ColumnKind,
    /// The number of cells without a value.
    #[serde(rename = "missing")]
    pub missing_count: u64,
    /// The number of different texts among the others.
    #[serde(rename = "distinct")]
    pub distinct_count: u64,
    /// Whether there are more than `distinct_count` says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub distinct_at_least: bool,
    /// The least number or earliest date.
    pub min: Option<Bound>,
    /// The greatest number or latest date.
    pub max: Option<Bound>,
    /// The first three different values as written.
    pub examples: Vec<String>,
}

/// An end of a column's range.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// Of a number column.
    Number(f64),
    /// Of a date column, as ISO text.
    Date(String),
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Bound::Number(number) => serialize_number(*number, serializer),
            Bound::Date(date) => serializer.serialize_str(date),
        }
    }
}

/// Reads a whole file, with flat memory, and summarises what it holds.
///
/// ```
/// use leadscore_csv::{CsvOptions, inspect};
///
/// let seen = inspect("id,score\n1,5\n2,7\n".as_bytes(), CsvOptions::default())?;
/// assert_eq!((seen.row_count, seen.columns[1].distinct_count), (2, 2));
/// # Ok::<(), leadscore::Error>(())
/// ```
///
/// # Errors
/// As [`CsvReader::open`] and [`CsvReader::next_row`].
pub fn inspect<R: Read>(input: R, options: CsvOptions) -> Result<Inspection, Error> {
    let mut reader = CsvReader::open(input, options)?;
    let mut tallies: Vec<Tally> = reader.columns().iter().map(|column| Tally::new(column.kind)).collect();
    let (mut row_count, mut rejected_count, mut rejected) = (0, 0_u64, Vec::new());
    let (mut row, mut hashes_left) = (Row::default(), MAX_HASHES);
    loop {
        match reader.next_row(&mut row)? {
            ReadRow::Row => {
                row_count += 1;
                for (column, tally) in tallies.iter_mut().enumerate() {
                    tally.add(&row, column, &mut hashes_left);
                }
            }
            ReadRow::Rejected(row) => {
                rejected_count += 1;
                if rejected.len() < MAX_REJECTED {
                    rejected.push(Rejected { raw: String::new(), ..row });
                }
            }
            ReadRow::End => break,
        }
    }
    let mut warnings: Vec<String> = reader.warnings().iter().map(ToString::to_string).collect();
    if rejected_count > rejected.len() as u64 {
        warnings.push(format!("{rejected_count} rows were rejected; the first {MAX_REJECTED} are listed"));
    }
    let columns = reader.columns().iter().zip(tallies);
    Ok(Inspection {
        encoding: reader.dialect().encoding.clone(),
        delimiter: reader.dialect().delimiter,
        has_header: reader.dialect().has_header,
        row_count,
        columns: columns.map(|(column, tally)| tally.summary(column.name.clone())).collect(),
        rejected,
        warnings,
    })
}

/// Writes a number without a needless `.0`.
fn serialize_number<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    let whole = value as i64;
    let is_negative_zero = whole == 0 && value.is_sign_negative();
    if whole as f64 == value && whole.unsigned_abs() < (1 << 53) && !is_negative_zero {
        serializer.serialize_i64(whole)
    } else {
        serializer.serialize_f64(value)
    }
}

/// Whether one ISO date lies before another; compared as instants where one has an offset.
fn is_earlier(one: &str, other: &str) -> bool {
    let plain = "2026-11-22T10:30:00".len();
    if one.len() > plain || other.len() > plain {
        let instant = |text| Timestamp::parse(text, &Zone::utc());
        if let (Ok(one), Ok(other)) = (instant(one), instant(other)) {
            return one < other;
        }
    }
    one < other
}

#[derive(Debug)]
struct Tally {
    kind: ColumnKind,
    missing_count: u64,
    seen: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    overflow: bool,
    numbers: Option<(f64, f64)>,
    dates: Option<(String, String)>,
    examples: Vec<String>,
}

impl Tally {
    fn new(kind: ColumnKind) -> Tally {
        let (seen, examples) = (HashSet::default(), Vec::new());
        Tally { kind, missing_count: 0, seen, overflow: false, numbers: None, dates: None, examples }
    }

    fn add(&mut self, row: &Row, column: usize, hashes_left: &mut usize) {
        let Some(value) = row.value(column) else { return };
        match value {
            Cell::Missing => {
                self.missing_count += 1;
                return;
            }
            Cell::Number(number) => {
                let (low, high) = self.numbers.unwrap_or((number, number));
                self.numbers = Some((low.min(number), high.max(number)));
            }
            Cell::Date(_) => self.add_date(&row.text(column).unwrap_or_default()),
            Cell::Text(_) | Cell::Flag(_) => {}
        }
        if self.overflow {
            return;
        }
        let text = super::trim(row.raw(column).unwrap_or_default());
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        let hash = hasher.finish();
        if self.seen.contains(&hash) {
            return;
        }
        if self.seen.len() == MAX_DISTINCT || *hashes_left == 0 {
            self.overflow = true;
            return;
        }
        *hashes_left -= 1;
        self.seen.insert(hash);
        if self.examples.len() < 3 {
            self.examples.push(text.chars().take(MAX_EXAMPLE).collect());
        }
    }

    fn add_date(&mut self, text: &str) {
        match &mut self.dates {
            None => self.dates = Some((text.to_owned(), text.to_owned())),
            Some((low, _)) if is_earlier(text, low) => text.clone_into(low),
            Some((_, high)) if is_earlier(high, text) => text.clone_into(high),
            Some(_) => {}
        }
    }

    fn summary(self, name: String) -> ColumnSummary {
        let (min, max) = match (self.numbers, self.dates) {
            (Some((low, high)), _) => (Some(Bound::Number(low)), Some(Bound::Number(high))),
            (_, Some((low, high))) => (Some(Bound::Date(low)), Some(Bound::Date(high))),
            _ => (None, None),
        };
        ColumnSummary {
            name,
            kind: self.kind,
            missing_count: self.missing_count,
            distinct_count: self.seen.len() as u64,
            distinct_at_least: self.overflow,
            min,
            max,
            examples: self.examples,
        }
    }
}
