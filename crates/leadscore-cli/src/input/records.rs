//! Leads from JSON lines or from one JSON list, record by record.

use std::collections::BTreeSet;
use std::io::BufRead;

use leadscore::{Lead, Zone};
use leadscore_csv::Warning;

use super::mapping::Mapping;
use super::open::Form;
use super::{Next, Rejection};
use crate::failure::Failure;

/// Where a record starts, and why it is none, if it is none. Its text is in the buffer.
struct Found {
    line: u64,
    problem: Option<String>,
}

/// A record longer than this is no lead.
const LONGEST: usize = 64 << 20;

pub(super) struct Records {
    bytes: Box<dyn BufRead>,
    form: Form,
    mapping: Mapping,
    zone: Zone,
    line: u64,
    buffer: Vec<u8>,
    started: bool,
    ended: bool,
    /// Fields that are lists or objects, and so no attributes.
    nested: BTreeSet<String>,
}

impl Records {
    pub(super) fn new(bytes: Box<dyn BufRead>, form: Form, mapping: Mapping, zone: Zone) -> Records {
        Records {
            bytes,
            form,
            mapping,
            zone,
            line: 1,
            buffer: Vec::new(),
            started: false,
            ended: false,
            nested: BTreeSet::new(),
        }
    }

    pub(super) fn next(&mut self, lead: &mut Lead, line: &mut u64) -> Result<Next, Failure> {
        let found = match self.form {
            Form::Jsonl => self.next_line()?,
            _ => self.next_item()?,
        };
        let Some(Found { line: at, problem }) = found else { return Ok(Next::End) };
        *line = at;
        let raw = || String::from_utf8_lossy(&self.buffer[..self.buffer.len().min(2_000)]).into_owned();
        let reject = |reason: String| Ok(Next::Rejected(Rejection { line: at, reason, raw: raw() }));
        if let Some(reason) = problem {
            return reject(reason);
        }
        let Ok(text) = std::str::from_utf8(&self.buffer) else {
            return reject("not UTF-8".to_owned());
        };
        match Lead::from_json(text, &self.zone) {
            Ok(found) => *lead = found,
            Err(error) => {
                let flat = flat(text, &mut self.nested).map(|text| Lead::from_json(&text, &self.zone));
                match flat {
                    Some(Ok(found)) => *lead = found,
                    _ => return reject(error.to_string()),
                }
            }
        }
        if let Some(column) = &self.mapping.lead_id
            && let Some(id) = lead.attributes.get(column)
        {
            lead.id = match id {
                leadscore::Attribute::Text(text) => text.clone(),
                other => serde_json::to_string(other).unwrap_or_default(),
            };
        }
        for (attribute, column) in &self.mapping.attributes {
            if let Some(value) = lead.attributes.get(column).cloned() {
                lead.attributes.insert(attribute.clone(), value);
            }
        }
        Ok(Next::Lead)
    }

    /// What was left out.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        if self.nested.is_empty() {
            return Vec::new();
        }
        let names: Vec<&str> = self.nested.iter().map(String::as_str).collect();
        let message = format!("fields that are lists or objects are not read: {}", names.join(", "));
        vec![Warning { line: None, column: None, message }]
    }

    /// The next line that is not blank: where it stands, and whether it is short enough.
    fn next_line(&mut self) -> Result<Option<Found>, Failure> {
        loop {
            self.buffer.clear();
            let whole = read_line(&mut self.bytes, &mut self.buffer)?;
            let Some(whole) = whole else { return Ok(None) };
            let at = self.line;
            self.line += 1;
            if at == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
                self.buffer.drain(..3);
            }
            if !whole {
                return Ok(Some(Found {
                    line: at,
                    problem: Some(format!("a record of more than {} MiB", LONGEST >> 20)),
                }));
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Found { line: at, problem: None }));
            }
        }
    }

    /// The next item of the list, or the one record that is the whole file.
    fn next_item(&mut self) -> Result<Option<Found>, Failure> {
        self.buffer.clear();
        let (mut depth, mut in_text, mut escaped, mut single) = (0_usize, false, false, false);
        let mut at = self.line;
        while !self.ended {
            let chunk = self.bytes.fill_buf()?;
            if chunk.is_empty() {
                self.ended = true;
                let cut = !self.buffer.iter().all(u8::is_ascii_whitespace)
                    || self.form == Form::Json && !single && self.started;
                let problem = "the file ends in the middle of the list".to_owned();
                return Ok(cut.then_some(Found { line: at, problem: Some(problem) }));
            }
            let mut used = 0;
            let mut done = false;
            for &byte in chunk {
                used += 1;
                self.line += u64::from(byte == b'\n');
                if self.buffer.is_empty() {
                    if byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf) {
                        continue;
                    }
                    at = self.line;
                    match (self.started, byte) {
                        (false, b'[') => {
                            self.started = true;
                            continue;
                        }
                        (false, b'{') => single = true,
                        (true, b',') => continue,
                        (true, b']') => {
                            self.ended = true;
                            done = true;
                            break;
                        }
                        _ => {}
                    }
                }
                if depth == 0 && !in_text && matches!(byte, b',' | b']') {
                    // A bare word or number ended: it is no record, and is told as one that cannot be read.
                    self.ended = byte == b']';
                    done = true;
                    break;
                }
                self.buffer.push(byte);
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if in_text => escaped = true,
                    b'"' => in_text = !in_text,
                    b'{' | b'[' if !in_text => depth += 1,
                    b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth == 0 && !in_text && matches!(byte, b'}' | b']') {
                    done = true;
                    break;
                }
                if self.buffer.len() > LONGEST {
                    self.ended = true;
                    return Ok(Some(Found {
                        line: at,
                        problem: Some(format!("a record of more than {} MiB", LONGEST >> 20)),
                    }));
                }
            }
            self.bytes.consume(used);
            if done {
                self.ended |= single;
                return Ok((!self.buffer.is_empty()).then_some(Found { line: at, problem: None }));
            }
        }
        Ok(None)
    }
}

/// A flat record without the fields that are lists or objects, if it has some; their names go to `nested`.
fn flat(text: &str, nested: &mut BTreeSet<String>) -> Option<String> {
    const MOST: usize = 20;
    let mut record: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    if record.get("attributes").is_some_and(serde_json::Value::is_object) {
        return None;
    }
    let before = record.len();
    record.retain(|name, value| {
        let keep = name == "activities" || !(value.is_array() || value.is_object());
        if !keep && nested.len() < MOST {
            nested.insert(name.clone());
        }
        keep
    });
    (record.len() < before).then(|| serde_json::Value::Object(record).to_string())
}

/// Reads up to the next line feed. None at the end; false where the line was too long to keep.
fn read_line(bytes: &mut dyn BufRead, out: &mut Vec<u8>) -> Result<Option<bool>, Failure> {
    let mut any = false;
    let mut whole = true;
    loop {
        let chunk = bytes.fill_buf()?;
        if chunk.is_empty() {
            return Ok(any.then_some(whole));
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |end| end + 1);
        if out.len() + used <= LONGEST {
            out.extend_from_slice(&chunk[..end.unwrap_or(used)]);
        } else {
            whole = false;
        }
        bytes.consume(used);
        if end.is_some() {
            return Ok(Some(whole));
        }
    }
}
