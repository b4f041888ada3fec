//! A log as JSON lines.

mod fields;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use leadscore::{Attribute, Error, Zone};
use serde::Deserialize;

use self::fields::{Fields, FieldsSample};
use super::time::LogTime;
use super::{Entry, LogRow, Properties, Refusal, check_lead, has_word_as_id};
use crate::read::activity_log::LogForm;
use crate::read::line_reader::{FoundRecord, LineReader};
use crate::read::{InputFile, is_id};
use crate::{in_file, unreadable};

/// Which field is what is decided from so many lines, or so many bytes, at the start of the file.
const SAMPLE_LINES: usize = 1_000;
const SAMPLE_BYTES: usize = 4 << 20;

pub(in super::super) struct LineRows {
    name: String,
    lines: LineReader,
    /// Lines read to decide which field is what, which are still to be shown.
    sampled: VecDeque<Line>,
    fields: Fields,
    /// The line last read.
    current: Line,
    /// Whether it is to be shown again.
    is_pending: bool,
}

/// A line that is not blank.
#[derive(Default)]
struct Line {
    number: u64,
    text: Vec<u8>,
    /// Why it cannot be read, if so.
    fault: Option<String>,
}

impl LineRows {
    /// Opens a log, and decides which of its fields is what.
    pub(super) fn open(file: InputFile, form: &LogForm) -> Result<LineRows, Error> {
        let InputFile { name, bytes, .. } = file;
        let mut lines = LineReader::new(bytes);
        let (mut sampled, mut sample) = (VecDeque::new(), FieldsSample::default());
        let mut byte_count = 0;
        while sampled.len() < SAMPLE_LINES && byte_count < SAMPLE_BYTES {
            let mut line = Line::default();
            if !line.read(&mut lines).map_err(|error| in_file(&name, error))? {
                break;
            }
            if line.fault.is_none() {
                sample.add(&line.text);
            }
            byte_count += line.text.len();
            sampled.push_back(line);
        }
        let fields = sample.decide(&form.mapping).map_err(|message| unreadable(&name, message))?;
        Ok(LineRows { name, lines, sampled, fields, current: Line::default(), is_pending: false })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn has_ids(&self) -> bool {
        self.fields.id.is_some()
    }

    /// What was assumed about the fields.
    pub(super) fn messages(&self) -> Vec<String> {
        self.fields.assumed.iter().cloned().collect()
    }

    pub(super) fn visit(
        &mut self,
        zone: &Zone,
        mut visitor: impl FnMut(LogRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        while self.is_pending || self.next_line()? {
            self.is_pending = false;
            let mut timed = record(&self.current, &self.fields).and_then(|record| {
                let at = LogTime::parse(record.at.0.trim(), zone)?;
                check_lead(&record.lead_id.0)?;
                if record.kind.trim().is_empty() {
                    return Err("the kind is blank".to_owned());
                }
                Ok((record, at))
            });
            let entry = match &mut timed {
                Ok((record, at)) => {
                    let id = record.id.as_ref().map(|id| &*id.0);
                    Ok(Entry {
                        lead: record.lead_id.0.trim(),
                        kind: &record.kind,
                        at: *at,
                        id: id.filter(|id| is_id(id)),
                        has_rounded_id: false,
                        has_word_as_id: has_word_as_id(id),
                        properties: Properties::Json(&mut record.properties),
                    })
                }
                Err(reason) => {
                    let text = String::from_utf8_lossy(&self.current.text);
                    Err(Refusal::new(std::mem::take(reason), &text))
                }
            };
            if visitor(LogRow { line: self.current.number, entry }).is_break() {
                self.is_pending = true;
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) fn visit_leads(
        &mut self,
        mut visitor: impl FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        while self.next_line()? {
            // What is no record here is none for `visit` either, which reads more of it.
            let Ok(lead) = lead_of(&self.current, &self.fields) else { continue };
            let lead = lead.0.trim();
            if is_id(lead) && visitor(lead).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads the next line that is not blank; false at the end.
    fn next_line(&mut self) -> Result<bool, Error> {
        if let Some(line) = self.sampled.pop_front() {
            self.current = line;
            return Ok(true);
        }
        self.current.read(&mut self.lines).map_err(|error| in_file(&self.name, error))
    }
}

impl Line {
    fn read(&mut self, lines: &mut LineReader) -> std::io::Result<bool> {
        let Some(FoundRecord { line, fault }) = lines.next_line()? else { return Ok(false) };
        (self.number, self.fault) = (line, fault);
        self.text.clear();
        self.text.extend_from_slice(lines.text());
        Ok(true)
    }
}

/// One line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record<'a> {
    #[serde(borrow)]
    lead_id: Id<'a>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    at: Id<'a>,
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(default)]
    properties: BTreeMap<String, serde_json::Value>,
}

/// Whose a line is.
#[derive(Deserialize)]
struct Owned<'a> {
    #[serde(borrow)]
    lead_id: Id<'a>,
}

/// Whose a line is, or why it is no record.
fn lead_of<'a>(line: &'a Line, fields: &Fields) -> Result<Id<'a>, String> {
    // Fast path: the other fields need not be read.
    if fields.are_own
        && line.fault.is_none()
        && let Ok(owned) = serde_json::from_slice::<Owned<'_>>(&line.text)
    {
        return Ok(owned.lead_id);
    }
    record(line, fields).map(|record| record.lead_id)
}

/// The record of a line, or why it is none.
fn record<'a>(line: &'a Line, fields: &Fields) -> Result<Record<'a>, String> {
    if let Some(fault) = &line.fault {
        return Err(fault.clone());
    }
    let text = std::str::from_utf8(&line.text).map_err(|_| "not UTF-8".to_owned())?;
    if fields.are_own
        && let Ok(record) = serde_json::from_str(text)
    {
        return Ok(record);
    }
    loose_record(text, fields)
}

/// A record whose fields have other names or more than these; those that are left are properties, as in a table.
fn loose_record(text: &str, fields: &Fields) -> Result<Record<'static>, String> {
    let mut values: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    fields.check(&values)?;
    let mut take = |name: &str| {
        let value = values.remove(name).ok_or_else(|| format!("the field `{name}` is missing"))?;
        plain_text(&value).ok_or_else(|| format!("`{name}` is neither a text nor a number"))
    };
    let (lead, kind, at) = (take(&fields.lead)?, take(&fields.kind)?, take(&fields.at)?);
    let id = fields.id.as_ref().and_then(|name| values.remove(name));
    let mut properties = match values.remove("properties") {
        Some(serde_json::Value::Object(own)) => own.into_iter().collect(),
        Some(other) => BTreeMap::from([("properties".to_owned(), other)]),
        None => BTreeMap::new(),
    };
    properties.extend(values);
    Ok(Record {
        lead_id: Id(lead.into()),
        kind: kind.into(),
        at: Id(at.into()),
        id: id.as_ref().and_then(plain_text).map(|id| Id(id.into())),
        properties,
    })
}

/// A text or a number as text.
fn plain_text(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An id, which is a text or a whole number.
struct Id<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Id<'a>, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl<'de> serde::de::Visitor<'de> for IdVisitor {
    type Value = Id<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an id, which is a text or a whole number")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Id<'de>, E> {
        Ok(Id(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Id<'de>, E> {
        Ok(Id(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Id<'de>, E> {
        Ok(Id(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Id<'de>, E> {
        let number = i64::try_from(number).map_err(|_| E::custom(format!("the id {number} is too large")))?;
        self.visit_i64(number)
    }
}

pub(super) fn attributes(properties: BTreeMap<String, serde_json::Value>) -> BTreeMap<String, Attribute> {
    let attribute = |(name, value)| {
        let value = match value {
            serde_json::Value::String(text) => Attribute::Text(text),
            serde_json::Value::Bool(flag) => Attribute::Flag(flag),
            serde_json::Value::Number(number) => Attribute::Number(number.as_f64().unwrap_or(f64::NAN)),
            _ => return None,
        };
        Some((name, value))
    };
    properties.into_iter().filter_map(attribute).collect()
}
