//! Leads from JSON lines or from one JSON list, record by record.

use std::collections::BTreeSet;
use std::io::BufRead;

use leadscore::record::{JsonReader, NestedValues, SkippedField};
use leadscore::{Attribute, Error, Lead, Zone};
use leadscore_csv::Warning;

use super::json_list::{JsonListReader, ListItem};
use super::mapping::Mapping;
use super::{InputFile, InputFormat, ReadLead, Rejection};
use crate::in_file;

/// A line longer than this is no lead.
const MAX_LINE_BYTES: usize = 64 << 20;
/// How much of a rejected record is kept.
const KEPT_BYTES: usize = 2_000;

pub(super) struct Records {
    source: Source,
    mapping: Mapping,
    reader: JsonReader,
    name: String,
    skipped: SkippedFields,
}

enum Source {
    Lines(LineReader),
    List(JsonListReader),
}

/// The start of the next record and what is wrong with it, if anything; its text is in the source.
struct Found {
    line: u64,
    fault: Option<String>,
}

impl Records {
    pub(super) fn new(file: InputFile, mapping: Mapping, zone: Zone) -> Records {
        let source = match file.format {
            InputFormat::Jsonl => Source::Lines(LineReader::new(file.bytes)),
            _ => Source::List(JsonListReader::new(file.bytes)),
        };
        let reader = JsonReader::new(zone).nested_values(NestedValues::Skip);
        Records { source, mapping, reader, name: file.name, skipped: SkippedFields::default() }
    }

    pub(super) fn read_lead(&mut self, lead: &mut Lead, line: &mut u64) -> Result<ReadLead, Error> {
        let found = match &mut self.source {
            Source::Lines(lines) => lines.next_line(),
            Source::List(list) => list.next_item().map(|item| match item {
                ListItem::Value { line } => Some(Found { line, fault: None }),
                ListItem::Fault { line, reason } => Some(Found { line, fault: Some(reason) }),
                ListItem::End => None,
            }),
        };
        let Some(found) = found.map_err(|error| in_file(&self.name, error))? else {
            return Ok(ReadLead::End);
        };
        *line = found.line;
        let bytes = match &self.source {
            Source::Lines(lines) => &lines.buffer,
            Source::List(list) => list.text(),
        };
        let read = match found.fault {
            Some(reason) => Err(reason),
            None => read_record(bytes, &self.reader, &mut self.skipped),
        };
        match read {
            Ok(read) => *lead = read,
            Err(reason) => {
                let raw = String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT_BYTES)]);
                return Ok(ReadLead::Rejected(Rejection::new(found.line, reason, raw)));
            }
        }
        self.apply_mapping(lead);
        Ok(ReadLead::Lead)
    }

    fn apply_mapping(&self, lead: &mut Lead) {
        if let Some(id) = self.mapping.lead_id.as_ref().and_then(|name| lead.attributes.get(name)) {
            lead.id = Some(match id {
                Attribute::Text(text) => text.clone(),
                other => serde_json::to_string(other).expect("an attribute is a JSON value"),
            });
        }
        for (attribute, field) in &self.mapping.attributes {
            if let Some(value) = lead.attributes.get(field).cloned() {
                lead.attributes.insert(attribute.clone(), value);
            }
        }
    }

    /// What was left out.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        if self.skipped.names.is_empty() {
            return Vec::new();
        }
        let names: Vec<&str> = self.skipped.names.iter().map(String::as_str).collect();
        let message = format!("fields that are lists or objects are not read: {}", names.join(", "));
        vec![Warning { line: None, column: None, message }]
    }
}

/// The names of fields that are lists or objects, and so no attributes.
#[derive(Default)]
struct SkippedFields {
    names: BTreeSet<String>,
}

/// The lead of a record, or why it is none. Fields that are lists or objects are skipped and named.
fn read_record(bytes: &[u8], reader: &JsonReader, skipped: &mut SkippedFields) -> Result<Lead, String> {
    const MAX_NAMES: usize = 20;
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    let mut fields = Vec::new();
    let lead = reader.lead(text, &mut fields).map_err(|error| error.to_string())?;
    for field in fields {
        if let SkippedField::Nested { name } = field
            && skipped.names.len() < MAX_NAMES
        {
            skipped.names.insert(name);
        }
    }
    Ok(lead)
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
    fn next_line(&mut self) -> std::io::Result<Option<Found>> {
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
                return Ok(Some(Found { line, fault: Some(reason) }));
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Found { line, fault: None }));
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
