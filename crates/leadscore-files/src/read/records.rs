//! Leads from JSON lines or from one JSON list, record by record.

use std::collections::{BTreeMap, BTreeSet};

use leadscore::record::{JsonReader, NestedValues, SkippedField};
use leadscore::{Attribute, Error, Lead, Pipeline, Zone};
use leadscore_csv::{MissingWords, Warning};

use super::carried::{CarriedColumns, as_written};
use super::columns::{NAME, NAME_PARTS, find_column, full_name};
use super::ids::is_id;
use super::json_records::JsonRecords;
use super::mapping::Mapping;
use super::{InputFile, ReadLead, SHOWN};
use crate::wording::counted;

pub(super) struct Records {
    source: JsonRecords,
    mapping: Mapping,
    reader: JsonReader,
    skipped: SkippedFields,
    /// The number of the record last read, from 1; rejected ones and those without a value count too.
    row: u64,
    /// How many records hold nothing at all, and the line of the first.
    empty: (u64, u64),
    carried: CarriedColumns,
    /// Which of them any record had.
    seen: Vec<bool>,
    record_count: u64,
    pipeline: Pipeline,
    /// The words for missing that were met, by field.
    words: BTreeMap<String, MissingWords>,
}

impl Records {
    pub(super) fn new(
        file: InputFile,
        mapping: Mapping,
        zone: Zone,
        carried: CarriedColumns,
        pipeline: &Pipeline,
    ) -> Records {
        let reader = JsonReader::new(zone).nested_values(NestedValues::Skip);
        let seen = vec![false; carried.headings().count()];
        Records {
            source: JsonRecords::new(file),
            mapping,
            reader,
            skipped: SkippedFields::default(),
            carried,
            seen,
            record_count: 0,
            row: 0,
            empty: (0, 0),
            pipeline: pipeline.clone(),
            words: BTreeMap::new(),
        }
    }

    pub(super) fn read_lead(&mut self, lead: &mut Lead, line: &mut u64) -> Result<ReadLead, Error> {
        loop {
            let Some(found) = self.source.next_record()? else { return Ok(ReadLead::End) };
            *line = found.line;
            self.row += 1;
            let read = match found.fault {
                Some(reason) => Err(reason),
                None => read_record(self.source.text(), &self.reader, &mut self.skipped),
            };
            match read {
                Ok(read) => *lead = read,
                Err(reason) => return Ok(ReadLead::Rejected(self.source.rejection(found.line, reason))),
            }
            self.apply_mapping(lead);
            for (own, seen) in self.carried.iter().zip(&mut self.seen) {
                *seen |= own.is_in(lead);
            }
            self.leave_out_words(lead, found.line);
            if !is_empty(lead) {
                complete_name(lead);
                self.record_count += 1;
                return Ok(ReadLead::Lead);
            }
            if self.empty.0 == 0 {
                self.empty.1 = found.line;
            }
            self.empty.0 += 1;
        }
    }

    /// The number of the record last read.
    pub(super) fn row_number(&self) -> u64 {
        self.row
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

    /// Takes words for missing, such as `N/A`, as missing in what is read or shown, as in a table: unless the pipeline tells
    /// them from other values. What goes through to the output stays as it was written.
    fn leave_out_words(&mut self, lead: &mut Lead, line: u64) {
        let Records { pipeline, words, carried, .. } = self;
        let schema = pipeline.schema();
        let names: Vec<&str> = lead.attributes.keys().map(String::as_str).collect();
        let parts = NAME_PARTS.map(|part| find_column(part, &names).map(|at| names[at].to_owned()));
        let is_read = |name: &str| {
            schema.attribute_names().iter().chain(SHOWN).any(|own| own == name)
                || parts.iter().flatten().any(|own| own == name)
        };
        let mut kept = Vec::new();
        for (name, value) in lead.attributes.iter_mut().filter(|(name, _)| is_read(name)) {
            let Attribute::Text(text) = value else { continue };
            if !words.contains_key(name) {
                words.insert(name.clone(), MissingWords::default());
            }
            let is_word = words
                .get_mut(name)
                .is_some_and(|words| words.take(line, text, |word| schema.names_text(name, word)));
            if is_word {
                if carried.iter().any(|own| own.reads(name)) {
                    kept.push((as_written(name), value.clone()));
                }
                *value = Attribute::Number(f64::NAN);
            }
        }
        lead.attributes.extend(kept);
    }

    /// What was left out.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let warning = |line, message| Warning { line, column: None, message };
        let mut warnings = Vec::new();
        if let (count @ 1.., line) = self.empty {
            let records = counted(count, "record", "records");
            let message = format!("{records} without any value, skipped; the first on line {line}");
            warnings.push(warning(Some(line), message));
        }
        if !self.skipped.names.is_empty() {
            let names: Vec<&str> = self.skipped.names.iter().map(String::as_str).collect();
            let message = format!("fields that are lists or objects are not read: {}", names.join(", "));
            warnings.push(warning(None, message));
        }
        warnings.extend(self.words.iter().filter_map(|(name, words)| words.warning(name)));
        let absent = self.carried.absent(&self.seen);
        if self.record_count > 0 && !absent.is_empty() {
            let message = format!("no record has a field to carry through called {}", absent.join(", "));
            warnings.push(warning(None, message));
        }
        warnings
    }

    /// The attribute that is read from a field.
    pub(super) fn attribute_of<'a>(&'a self, field: &'a str) -> &'a str {
        let mapped = self.mapping.attributes.iter().find(|(_, own)| *own == field);
        mapped.map_or(field, |(attribute, _)| attribute)
    }

    /// The fields that go through to the output.
    pub(super) fn carried(&self) -> &CarriedColumns {
        &self.carried
    }
}

/// Whether a record says nothing at all but words for missing, and so is no lead.
fn is_empty(lead: &Lead) -> bool {
    let is_blank = |value: &Attribute| match value {
        Attribute::Text(text) => !is_id(text),
        Attribute::Number(number) => number.is_nan(),
        _ => false,
    };
    lead.id.as_deref().is_none_or(|id| !is_id(id))
        && lead.activities.is_empty()
        && lead.attributes.values().all(is_blank)
}

/// Makes the name of a lead that has a first and a last name.
fn complete_name(lead: &mut Lead) {
    if lead.attributes.contains_key(NAME) {
        return;
    }
    let names: Vec<&str> = lead.attributes.keys().map(String::as_str).collect();
    let part = |attribute| match lead.attributes.get(names[find_column(attribute, &names)?])? {
        Attribute::Text(text) => Some(text.as_str()),
        _ => None,
    };
    if let Some(name) = full_name(NAME_PARTS.into_iter().filter_map(part)) {
        lead.attributes.insert(NAME.to_owned(), Attribute::Text(name));
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
