//! The records of a JSON file as text: one in each line, or the items of one list.

use std::fmt;
use std::io::BufRead;

use leadscore::Error;

use super::json_list::{JsonListReader, ListItem};
use super::{InputFile, InputFormat, Rejection};
use crate::in_file;

/// A line longer than this is no lead.
const MAX_LINE_BYTES: usize = 64 << 20;
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

/// A record that was found; its text is in [`JsonRecords::text`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundRecord {
    /// The line it starts on, from 1.
    pub line: u64,
    /// What is wrong with it already, if anything.
    pub fault: Option<String>,
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
            Source::Lines(lines) => &lines.buffer,
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

/// Lines that are not blank, of any but an absurd length.
struct LineReader {
    bytes: Box<dyn BufRead>,
    buffer: Vec<u8>,
    /// The line that comes next, from 1.
    line: u64,
}

impl LineReader {
    fn new(bytes: Box<dyn BufRead>) -> LineReader {
        LineReader { bytes, buffer: Vec::new(), line: 1 }
    }

    /// Reads the next line that is not blank into the buffer.
    fn next_line(&mut self) -> std::io::Result<Option<FoundRecord>> {
        loop {
            self.buffer.clear();
            let Some(is_whole) = read_line(&mut self.bytes, &mut self.buffer)? else { return Ok(None) };
            let line = self.line;
            self.line += 1;
            if line == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
                self.buffer.drain(..3);
            }
            if !is_whole {
                let reason = format!("a record of more than {} MiB", MAX_LINE_BYTES >> 20);
                return Ok(Some(FoundRecord { line, fault: Some(reason) }));
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(FoundRecord { line, fault: None }));
            }
        }
    }
}

/// Reads up to the next line feed. None at the end; false where the line was too long to keep.
fn read_line(bytes: &mut dyn BufRead, out: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    let mut is_started = false;
    let mut is_whole = true;
    loop {
        let chunk = bytes.fill_buf()?;
        if chunk.is_empty() {
            return Ok(is_started.then_some(is_whole));
        }
        is_started = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |end| end + 1);
        if out.len() + used <= MAX_LINE_BYTES {
            out.extend_from_slice(&chunk[..end.unwrap_or(used)]);
        } else {
            is_whole = false;
        }
        bytes.consume(used);
        if end.is_some() {
            return Ok(Some(is_whole));
        }
    }
}
