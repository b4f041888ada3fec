//! A log as JSON lines.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::ops::ControlFlow;

use leadscore::{Attribute, Error, Zone};
use serde::Deserialize;

use super::roles::{Roles, TimeEvidence};
use super::time::LogTime;
use super::{Entry, LogRow, Properties, Refusal};
use crate::in_file;
use crate::read::InputFile;
use crate::read::activity_log::{LogForm, LogMapping};

pub(in super::super) struct LineRows {
    name: String,
    bytes: Box<dyn BufRead>,
    mapping: LogMapping,
    /// What fields of other names were taken for.
    assumed: BTreeSet<String>,
    /// The line last read, without its end.
    text: String,
    /// Its number, from 1.
    line: u64,
    /// Whether it is to be shown again.
    is_pending: bool,
}

impl LineRows {
    pub(super) fn new(file: InputFile, form: &LogForm) -> LineRows {
        let InputFile { name, bytes, .. } = file;
        let (mapping, assumed) = (form.mapping.clone(), BTreeSet::new());
        LineRows { name, bytes, mapping, assumed, text: String::new(), line: 0, is_pending: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What was assumed about the fields shown so far.
    pub(super) fn messages(&self) -> Vec<String> {
        self.assumed.iter().cloned().collect()
    }

    pub(super) fn visit(
        &mut self,
        zone: &Zone,
        mut visitor: impl FnMut(LogRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        while self.is_pending || self.next_line()? {
            self.is_pending = false;
            let mut timed = record(&self.text, &self.mapping, &mut self.assumed).and_then(|record| {
                let at = LogTime::parse(record.at.0.trim(), zone)?;
                if record.lead_id.0.trim().is_empty() {
                    return Err("the lead's id is blank".to_owned());
                }
                if record.kind.trim().is_empty() {
                    return Err("the kind is blank".to_owned());
                }
                Ok((record, at))
            });
            let entry = match &mut timed {
                Ok((record, at)) => Ok(Entry {
                    lead: record.lead_id.0.trim(),
                    kind: &record.kind,
                    at: *at,
                    id: record.id.as_ref().map(|id| &*id.0).filter(|id| !id.is_empty()),
                    has_rounded_id: false,
                    properties: Properties::Json(&mut record.properties),
                }),
                Err(reason) => Err(Refusal::new(std::mem::take(reason), &self.text)),
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
            let lead = match serde_json::from_str::<Owned>(&self.text) {
                Ok(owned) if !self.mapping.names_columns() => Some(owned.lead_id),
                _ => loose_record(&self.text, &self.mapping, &mut self.assumed)
                    .ok()
                    .map(|record| record.lead_id),
            };
            if let Some(lead) = lead
                && visitor(lead.0.trim()).is_break()
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
    at: Id<'a>,
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(default)]
    properties: BTreeMap<String, serde_json::Value>,
}

/// The record of a line: with fields of its own names, or of others as a mapping or their names say.
fn record<'a>(
    text: &'a str,
    mapping: &LogMapping,
    assumed: &mut BTreeSet<String>,
) -> Result<Record<'a>, String> {
    if !mapping.names_columns()
        && let Ok(record) = serde_json::from_str(text)
    {
        return Ok(record);
    }
    loose_record(text, mapping, assumed)
}

/// A record whose fields have other names; those that are left are properties, as in a table.
fn loose_record(
    text: &str,
    mapping: &LogMapping,
    assumed: &mut BTreeSet<String>,
) -> Result<Record<'static>, String> {
    let mut fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let names: Vec<String> = fields.keys().cloned().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let evidence = |column: usize| match fields.get(names[column]).and_then(plain_text) {
        Some(text) if LogTime::parse(text.trim(), &Zone::utc()).is_ok() => TimeEvidence::Dates,
        _ => TimeEvidence::None,
    };
    // A record need not have an id where others have.
    let mut wanted = mapping.clone();
    wanted.id = wanted.id.filter(|id| fields.contains_key(id));
    let roles = Roles::find(&names, &wanted, evidence)?;
    assumed.extend(roles.assumed(&names, &wanted));
    let mut take = |column: usize| fields.remove(names[column]).unwrap_or_default();
    let (lead, kind, at, id) = (take(roles.lead), take(roles.kind), take(roles.at), roles.id.map(take));
    let text = |name: &str, value: &serde_json::Value| {
        plain_text(value).ok_or_else(|| format!("`{name}` is neither a text nor a number"))
    };
    let mut properties = match fields.remove("properties") {
        Some(serde_json::Value::Object(own)) => own.into_iter().collect(),
        Some(other) => BTreeMap::from([("properties".to_owned(), other)]),
        None => BTreeMap::new(),
    };
    properties.extend(fields);
    Ok(Record {
        lead_id: Id(text(names[roles.lead], &lead)?.into()),
        kind: text(names[roles.kind], &kind)?.into(),
        at: Id(text(names[roles.at], &at)?.into()),
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
