//! A log as JSON lines.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::ControlFlow;

use leadscore::{Attribute, Error, Timestamp, Zone};
use serde::Deserialize;

use super::{Entry, LogRow, Properties};
use crate::in_file;
use crate::read::InputFile;

pub(in super::super) struct LineRows {
    name: String,
    bytes: Box<dyn BufRead>,
    /// The line last read, without its end.
    text: String,
    /// Its number, from 1.
    line: u64,
    /// Whether it is to be shown again.
    is_pending: bool,
}

impl LineRows {
    pub(super) fn new(file: InputFile) -> LineRows {
        let InputFile { name, bytes, .. } = file;
        LineRows { name, bytes, text: String::new(), line: 0, is_pending: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn visit(
        &mut self,
        zone: &Zone,
        mut visitor: impl FnMut(LogRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        while self.is_pending || self.next_line()? {
            self.is_pending = false;
            let read = serde_json::from_str::<Record>(&self.text).map_err(|error| error.to_string());
            let mut timed = read.and_then(|record| {
                let at = Timestamp::parse(&record.at, zone).map_err(|error| error.to_string())?;
                Ok((record, at))
            });
            let entry = match &mut timed {
                Ok((record, at)) => Ok(Entry {
                    lead: &record.lead_id.0,
                    kind: &record.kind,
                    at: *at,
                    id: record.id.as_ref().map(|id| &*id.0),
                    properties: Properties::Json(&mut record.properties),
                }),
                Err(reason) => Err(std::mem::take(reason)),
            };
            if visitor(LogRow { line: self.line, entry }).is_break() {
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
            if let Ok(owned) = serde_json::from_str::<Owned>(&self.text)
                && visitor(&owned.lead_id.0).is_break()
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads the next line that is not blank; false at the end.
    fn next_line(&mut self) -> Result<bool, Error> {
        loop {
            self.text.clear();
            let read = self.bytes.read_line(&mut self.text);
            if read.map_err(|error| in_file(&self.name, error))? == 0 {
                return Ok(false);
            }
            self.line += 1;
            let line = self.text.strip_suffix('\n').unwrap_or(&self.text);
            let line = line.strip_suffix('\r').unwrap_or(line);
            self.text.truncate(line.len());
            if !self.text.trim().is_empty() {
                return Ok(true);
            }
        }
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
    at: Cow<'a, str>,
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
