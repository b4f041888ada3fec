//! What comes out: rows of scored leads, rejected rows, and remarks.

mod format;
mod json_rows;
mod output;
mod rejects;
mod rows;
mod warnings;

pub use format::settle_format;
pub use json_rows::{JsonForm, JsonRows};
pub use output::{OutputFile, abandon_unfinished_files, refuse_overwriting};
pub use rejects::Rejects;
pub use rows::FileFormat;
pub(crate) use rows::{CsvRows, RowLayout, Rows, render_csv, render_json};
pub use warnings::{ValueWarnings, note_warnings};

/// At most so many remarks of a kind are spelled out.
pub(crate) const MAX_REMARKS: usize = 8;
