//! What is known of a table: its columns, how it is written, and what was noticed while reading it.

use std::fmt;

use serde::Serialize;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
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
    pub kind: ColumnKind,
    /// Whether every row of the sample has a value in it, and no two rows the same.
    pub is_distinct: bool,
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

/// A column with cells that hold something and could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableColumn {
    /// The column, from 0.
    pub column: usize,
    /// How many of its cells could not be read.
    pub cell_count: u64,
    /// The line of the first of them, from 1.
    pub first_line: u64,
    /// The start of that cell.
    pub first_cell: String,
}

/// A row that was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The physical line where it starts, from 1.
    pub line: u64,
    /// Why, in plain words.
    pub reason: String,
    /// The row as written in the file, cut after 64 KiB.
    #[serde(skip)]
    pub raw: String,
}
