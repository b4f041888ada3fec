//! A look at a whole file: its columns, what they hold, and what could not be read.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};
use std::io::Read;

use serde::{Serialize, Serializer};

use super::{Cell, CsvOptions, CsvReader, Kind, Outcome, Rejected, Row};
use crate::{Error, Timestamp, Zone, json};

/// Up to here the distinct values of a column are counted exactly.
const DISTINCT: usize = 10_000;
/// The hashes kept over all columns.
const HASHES: usize = 4 << 20;
/// The rejected rows listed.
const REJECTED: usize = 1000;
/// How long an example may be, in characters.
const EXAMPLE: usize = 200;

/// What a CSV file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The encoding, as in [`super::Dialect`].
    pub encoding: String,
    /// The character between two cells.
    pub delimiter: char,
    /// Whether the first row holds the column names.
    pub has_header: bool,
    /// The number of rows read right.
    pub rows: u64,
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
    pub kind: Kind,
    /// The number of cells without a value.
    pub missing: u64,
    /// The number of different texts among the others.
    pub distinct: u64,
    /// Whether there are more than `distinct` says.
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
            Bound::Number(number) => json::short(number, serializer),
            Bound::Date(date) => serializer.serialize_str(date),
        }
    }
}

/// Reads a whole file, with flat memory, and sums up what it holds.
///
/// ```
/// use leadscore::csv::{CsvOptions, inspect};
///
/// let seen = inspect("id,score\n1,5\n2,7\n".as_bytes(), CsvOptions::default())?;
/// assert_eq!((seen.rows, seen.columns[1].distinct), (2, 2));
/// # Ok::<(), leadscore::Error>(())
/// ```
///
/// # Errors
/// As [`CsvReader::open`] and [`CsvReader::next_row`].
pub fn inspect<R: Read>(input: R, options: CsvOptions) -> Result<Inspection, Error> {
    let mut reader = CsvReader::open(input, options)?;
    let mut tallies: Vec<Tally> = reader.columns().iter().map(|column| Tally::new(column.kind)).collect();
    let (mut rows, mut row, mut rejected, mut refused) = (0, Row::default(), Vec::new(), 0_u64);
    let mut budget = HASHES;
    while let Some(outcome) = reader.next_row(&mut row)? {
        match outcome {
            Outcome::Row => {
                rows += 1;
                tallies.iter_mut().enumerate().for_each(|(index, tally)| tally.add(&row, index, &mut budget));
            }
            Outcome::Rejected(row) => {
                refused += 1;
                if rejected.len() < REJECTED {
                    rejected.push(Rejected { raw: String::new(), ..row });
                }
            }
        }
    }
    let mut warnings: Vec<String> = reader.warnings().iter().map(ToString::to_string).collect();
    if refused > rejected.len() as u64 {
        warnings.push(format!("{refused} rows were rejected; the first {REJECTED} are listed"));
    }
    let columns = reader.columns().iter().zip(tallies);
    Ok(Inspection {
        encoding: reader.dialect().encoding.clone(),
        delimiter: reader.dialect().delimiter,
        has_header: reader.dialect().has_header,
        rows,
        columns: columns.map(|(column, tally)| tally.summary(column.name.clone())).collect(),
        rejected,
        warnings,
    })
}

/// Whether one ISO date lies before another; by the moment where one has an offset.
fn is_earlier(one: &str, other: &str) -> bool {
    let plain = "2026-11-22T10:30:00".len();
    if one.len() > plain || other.len() > plain {
        let moment = |text| Timestamp::parse(text, &Zone::utc());
        if let (Ok(one), Ok(other)) = (moment(one), moment(other)) {
            return one < other;
        }
    }
    one < other
}

#[derive(Debug)]
struct Tally {
    kind: Kind,
    missing: u64,
    seen: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    overflow: bool,
    numbers: Option<(f64, f64)>,
    dates: Option<(String, String)>,
    examples: Vec<String>,
}

impl Tally {
    fn new(kind: Kind) -> Tally {
        let (seen, examples) = (HashSet::default(), Vec::new());
        Tally { kind, missing: 0, seen, overflow: false, numbers: None, dates: None, examples }
    }

    fn add(&mut self, row: &Row, column: usize, budget: &mut usize) {
        let Some(value) = row.value(column) else { return };
        match value {
            Cell::Missing => {
                self.missing += 1;
                return;
            }
            Cell::Number(number) => {
                let (low, high) = self.numbers.unwrap_or((number, number));
                self.numbers = Some((low.min(number), high.max(number)));
            }
            Cell::Text(_) if self.kind != Kind::Date => {}
            Cell::Text(text) => match &mut self.dates {
                None => self.dates = Some((text.to_owned(), text.to_owned())),
                Some((low, _)) if is_earlier(text, low) => text.clone_into(low),
                Some((_, high)) if is_earlier(high, text) => text.clone_into(high),
                Some(_) => {}
            },
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
        if self.seen.len() == DISTINCT || *budget == 0 {
            self.overflow = true;
            return;
        }
        *budget -= 1;
        self.seen.insert(hash);
        if self.examples.len() < 3 {
            self.examples.push(text.chars().take(EXAMPLE).collect());
        }
    }

    fn summary(self, name: String) -> ColumnSummary {
        let (min, max) = match (self.numbers, self.dates) {
            (Some((low, high)), _) => (Some(Bound::Number(low)), Some(Bound::Number(high))),
            (_, Some((low, high))) => (Some(Bound::Date(low)), Some(Bound::Date(high))),
            _ => (None, None),
        };
        let distinct = self.seen.len() as u64;
        let (kind, missing, examples) = (self.kind, self.missing, self.examples);
        ColumnSummary { name, kind, missing, distinct, distinct_at_least: self.overflow, min, max, examples }
    }
}
