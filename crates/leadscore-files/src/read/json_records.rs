//! The records of a JSON file as text: one in each line, or the items of one list.

use std::fmt;

use leadscore::Error;

use super::json_list::{JsonListReader, ListItem};
use super::line_reader::{FoundRecord, LineReader};
use super::{InputFile, InputFormat, Rejection};
use crate::in_file;

/// How much of a rejected record is kept.
const KEPT_BYTES: usize = 2_000;

/// Reads a file of JSON lines, or one JSON list, record by record.
pub struct JsonRecords {
    source: Source,
    name: String,
}

enum Source {
    Lines(LineReader),
    List(JsonListReader),
}

impl JsonRecords {
    /// Reads an opened file: a list where its format is JSON, else lines.
    pub fn new(file: InputFile) -> JsonRecords {
        let source = match file.format {
            InputFormat::Json => Source::List(JsonListReader::new(file.bytes)),
            _ => Source::Lines(LineReader::new(file.bytes)),
        };
        JsonRecords { source, name: file.name }
    }

    /// The next record; none at the end.
    ///
    /// # Errors
    /// `io` with the file's name where reading fails.
    pub fn next_record(&mut self) -> Result<Option<FoundRecord>, Error> {
        let found = match &mut self.source {
            Source::Lines(lines) => lines.next_line(),
            Source::List(list) => list.next_item().map(|item| match item {
                ListItem::Value { line } => Some(FoundRecord { line, fault: None }),
                ListItem::Fault { line, reason } => Some(FoundRecord { line, fault: Some(reason) }),
                ListItem::End => None,
            }),
        };
        found.map_err(|error| in_file(&self.name, error))
    }

    /// The text of the record that was found last.
    pub fn text(&self) -> &[u8] {
        match &self.source {
            Source::Lines(lines) => lines.text(),
            Source::List(list) => list.text(),
        }
    }

    /// The record that was found last as a rejected one.
    pub fn rejection(&self, line: u64, reason: impl Into<String>) -> Rejection {
        let bytes = self.text();
        Rejection::new(line, reason, String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT_BYTES)]))
    }
}

impl fmt::Debug for JsonRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonRecords").field("name", &self.name).finish_non_exhaustive()
    }
}
