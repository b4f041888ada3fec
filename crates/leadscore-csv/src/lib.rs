//! Reads CSV files as they are found in the wild: any encoding, any delimiter, decimal commas, five ways to write
//! a date.
//!
//! [`csv_core`] cuts every record that is regular by RFC 4180. This crate finds out how the file is to be
//! understood (encoding, delimiter, header, column kinds, decimal sign, order of day and month) from a sample at its
//! start, repairs the records that a plain CSV parser would misread (stray quotes, backslash escapes, blanks around
//! quotes), and parses cells into numbers, flags and dates. All rows are streamed with flat memory.
//!
//! What cannot be read is rejected with its line and a reason; what had to be assumed is said in a warning; a number
//! or date with two possible meanings is missing, never wrong.
//!
//! ```
//! use leadscore_csv::{Cell, CsvOptions, CsvReader, ReadRow, Row};
//!
//! let file = "name;revenue;since\nAnn;1.250,50;22.11.2026\n";
//! let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default())?;
//! let mut row = Row::default();
//! assert_eq!(reader.next_row(&mut row)?, ReadRow::Row);
//! assert_eq!(row.value(1), Some(Cell::Number(1250.5)));
//! assert_eq!(row.text(2).as_deref(), Some("2026-11-22"));
//! assert_eq!(reader.next_row(&mut row)?, ReadRow::End);
//! # Ok::<(), leadscore::Error>(())
//! ```
//!
//! * [`CsvReader`] reads row by row, or cuts [`RowBlock`]s whose cells a [`RowParser`] parses on another thread.
//! * [`inspect`] summarises a whole file: its columns, what they hold, and what could not be read.
//! * [`CsvWriter`] writes CSV that no spreadsheet runs as a formula.

mod block;
mod date;
mod encoding;
mod fault;
mod fields;
mod footer;
mod formats;
mod inspect;
mod layout;
mod line;
mod missing_words;
mod names;
mod notes;
mod number;
mod options;
mod placeholder;
mod plan;
mod profile;
mod reader;
mod record;
mod row;
mod sample;
mod shape;
mod source;
mod table;
mod values;
mod writer;

pub use block::{CellBuffer, Row, RowBlock, RowParser};
pub use fault::{Fault, Setting};
pub use inspect::{Bound, ColumnSummary, Inspection, inspect};
pub use missing_words::MissingWords;
pub use notes::CellNotes;
pub use options::{CsvOptions, DateOrder};
pub use placeholder::is_unknown;
pub use reader::{CsvReader, ReadRow};
pub use row::{Cell, RowRef};
pub use table::{Column, ColumnKind, Dialect, Rejected, UnreadableColumn, Warning};
pub use writer::CsvWriter;

use leadscore::{Error, ErrorKind};

/// The error for a table that cannot be read at all.
fn unreadable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnreadableTable, "", message)
}

/// Cuts whitespace and invisible characters from both ends of a cell.
#[inline]
fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        // Fast path: visible ASCII at both ends.
        (Some(first), Some(last)) if (0x21..0x80).contains(first) && (0x21..0x80).contains(last) => text,
        (None, _) => text,
        _ => text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || c == '\0'),
    }
}

/// Zero-width characters and the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// The start of a value on one line, for messages.
fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 40;
    let mut short: String = text.chars().take(MAX_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.replace(['\n', '\r'], " ")
}
