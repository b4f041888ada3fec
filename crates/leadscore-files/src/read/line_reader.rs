//! The lines of a file of JSON lines.

use std::io::BufRead;

/// A line longer than this is no record.
const MAX_LINE_BYTES: usize = 64 << 20;

/// A record that was found; its text is in [`JsonRecords::text`](crate::JsonRecords::text).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundRecord {
    /// The line it starts on, from 1.
    pub line: u64,
    /// What is wrong with it already, if anything.
    pub fault: Option<String>,
}

/// Lines that are not blank, of any but an absurd length.
pub(super) struct LineReader {
    bytes: Box<dyn BufRead>,
    buffer: Vec<u8>,
    /// The line that comes next, from 1.
    line: u64,
}

impl LineReader {
    pub(super) fn new(bytes: Box<dyn BufRead>) -> LineReader {
        LineReader { bytes, buffer: Vec::new(), line: 1 }
    }

    /// The text of the line that was read last, without its end.
    pub(super) fn text(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads the next line that is not blank into the buffer.
    pub(super) fn next_line(&mut self) -> std::io::Result<Option<FoundRecord>> {
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
