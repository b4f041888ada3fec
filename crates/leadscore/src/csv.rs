//! Reads CSV files as they are found in the wild: any encoding, any delimiter, decimal commas, five ways to write
//! a date.
//!
//! A sample from the start of the file settles how it is to be understood; then all rows are streamed with flat
//! memory. What cannot be read is refused with its line and a reason; what had to be assumed is said in a warning;
//! a number or date with two possible meanings is missing, never wrong.

mod column;
mod date;
mod decode;
mod detect;
mod inspect;
mod layout;
mod line;
mod names;
mod notes;
mod number;
mod profile;
mod reader;
mod record;
mod row;
mod sample;
mod shape;
mod sniff;
mod writer;

use std::fmt;

use serde::Serialize;

pub use inspect::{Bound, ColumnSummary, Inspection, inspect};
pub use reader::{CsvReader, Outcome};
pub use row::{Cell, Row};
pub use writer::CsvWriter;

/// What the caller knows about a file; everything left out is found in the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CsvOptions {
    /// The byte between two cells.
    pub delimiter: Option<u8>,
    /// The encoding by its WHATWG label, such as `windows-1252`; a byte order mark wins over it.
    pub encoding: Option<String>,
    /// The decimal sign of every number column, `.` or `,`.
    pub decimal: Option<char>,
    /// The order of day and month in dates such as `05/06/2026`.
    pub date_order: Option<DateOrder>,
    /// Whether the first row of the table holds the column names.
    pub header: Option<bool>,
    /// The names of columns to be kept as text whatever they look like.
    pub text_columns: Vec<String>,
}

/// The order of day and month in a date such as `05/06/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// The 5th of June.
    DayFirst,
    /// The 6th of May.
    MonthFirst,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text as written.
    Text,
    /// Text as written although it may look like numbers: an id, a phone number, a postal code.
    Id,
    /// Numbers.
    Number,
    /// Yes or no, true or false.
    Flag,
    /// Dates, with or without a time of day.
    Date,
    /// No value in the sample.
    Empty,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The name, unique within the table.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
}

/// How the file is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dialect {
    /// The encoding in lower case, or `mixed` for UTF-8 and windows-1252 in one file.
    pub encoding: String,
    /// The character between two cells; a comma where the table has one column only.
    pub delimiter: char,
    /// Whether the first row holds the column names.
    pub has_header: bool,
    /// The physical line of the column names, from 1.
    pub header_line: Option<u64>,
}

/// Something that was assumed, skipped or read as missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The first physical line it concerns, from 1.
    pub line: Option<u64>,
    /// The column it concerns.
    pub column: Option<String>,
    /// What happened, in plain words.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.column, self.line) {
            (Some(column), _) => write!(f, "column `{column}`: {}", self.message),
            (None, Some(line)) => write!(f, "line {line}: {}", self.message),
            (None, None) => f.write_str(&self.message),
        }
    }
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The physical line where it starts, from 1.
    pub line: u64,
    /// Why, in plain words.
    pub reason: String,
    /// The row as it stands in the file, cut after 64 KiB.
    #[serde(skip)]
    pub raw: String,
}

/// A table that cannot be read at all.
fn unreadable(message: impl Into<String>) -> crate::Error {
    crate::Error::new(crate::ErrorKind::UnreadableTable, "", message)
}

/// Cuts blanks and invisible characters from both ends of a cell.
fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        // The common case without decoding characters.
        (Some(first), Some(last)) if (0x21..0x80).contains(first) && (0x21..0x80).contains(last) => text,
        _ => text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || c == '\0'),
    }
}

/// Zero-width characters and the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// The start of a value, for messages.
fn clip(text: &str) -> String {
    crate::time::clip(text).replace(['\n', '\r'], " ")
}
