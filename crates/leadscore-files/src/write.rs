//! What comes out: rows of scored leads, rejected rows, and remarks.

mod output;
mod rejects;
mod rows;
mod warnings;

pub use output::{OutputFile, refuse_overwriting};
pub use rejects::Rejects;
pub use rows::FileFormat;
pub(crate) use rows::{CsvRows, Rows, render_csv, render_json};
pub use warnings::{ValueWarnings, note_warnings};

/// At most so many remarks of a kind are spelled out.
const MAX_REMARKS: usize = 8;
