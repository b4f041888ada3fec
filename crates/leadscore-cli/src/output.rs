//! What comes out: rows, the ranked table, the waterfall.

pub(crate) mod notes;
pub(crate) mod rows;
pub(crate) mod table;
pub(crate) mod waterfall;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::failure::Failure;

/// The file to write, or standard output.
pub(crate) fn destination(path: Option<&Path>) -> Result<Box<dyn Write>, Failure> {
    Ok(match path {
        None => Box::new(BufWriter::with_capacity(1 << 16, std::io::stdout().lock())),
        Some(path) => Box::new(BufWriter::with_capacity(1 << 16, create(path)?)),
    })
}

/// A new file at a path; a failure names it.
pub(crate) fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| Failure::said(format!("{}: {error}", path.display())))
}
