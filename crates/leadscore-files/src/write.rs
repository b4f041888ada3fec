//! What comes out: rows of scored leads, rejected rows, and remarks.

mod format;
mod json_rows;
mod output;
mod pieces;
mod rejects;
mod rows;
mod warnings;

pub use format::{FileFormat, JsonForm, settle_format};
pub use json_rows::JsonRows;
pub use output::{OutputFile, ScratchFile, abandon_unfinished_files, refuse_overwriting};
pub(crate) use pieces::{PieceFile, Place, render_placed};
pub use rejects::Rejects;
pub use rows::ReceiveRows;
pub(crate) use rows::{CsvRows, RowLayout, Rows, render_csv, render_json};
pub use warnings::{ValueWarnings, note_warnings};

/// At most so many remarks of a kind are spelled out.
pub(crate) const MAX_REMARKS: usize = 8;
