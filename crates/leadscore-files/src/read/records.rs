//! Leads from JSON lines or from one JSON list, record by record.

use std::collections::BTreeSet;

use leadscore::record::{JsonReader, NestedValues, SkippedField};
use leadscore::{Attribute, Error, Lead, Zone};
use leadscore_csv::Warning;

use super::carried::CarriedColumns;
use super::json_records::JsonRecords;
use super::mapping::Mapping;
use super::{InputFile, ReadLead};

pub(super) struct Records {
    source: JsonRecords,
    mapping: Mapping,
    reader: JsonReader,
    skipped: SkippedFields,
    carried: CarriedColumns,
    /// Which of them any record had.
    seen: Vec<bool>,
    record_count: u64,
}

impl Records {
    pub(super) fn new(file: InputFile, mapping: Mapping, zone: Zone, carried: CarriedColumns) -> Records {
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
        }
    }

    pub(super) fn read_lead(&mut self, lead: &mut Lead, line: &mut u64) -> Result<ReadLead, Error> {
        let Some(found) = self.source.next_record()? else { return Ok(ReadLead::End) };
        *line = found.line;
        let read = match found.fault {
            Some(reason) => Err(reason),
            None => read_record(self.source.text(), &self.reader, &mut self.skipped),
        };
        match read {
            Ok(read) => *lead = read,
            Err(reason) => return Ok(ReadLead::Rejected(self.source.rejection(found.line, reason))),
        }
        self.apply_mapping(lead);
        self.record_count += 1;
        for (own, seen) in self.carried.iter().zip(&mut self.seen) {
            *seen |= own.is_in(lead);
        }
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
        let mut messages = Vec::new();
        if !self.skipped.names.is_empty() {
            let names: Vec<&str> = self.skipped.names.iter().map(String::as_str).collect();
            messages.push(format!("fields that are lists or objects are not read: {}", names.join(", ")));
        }
        let absent = self.carried.absent(&self.seen);
        if self.record_count > 0 && !absent.is_empty() {
            messages.push(format!("no record has a field to carry through called {}", absent.join(", ")));
        }
        let warning = |message| Warning { line: None, column: None, message };
        messages.into_iter().map(warning).collect()
    }

    /// The fields that go through to the output.
    pub(super) fn carried(&self) -> &CarriedColumns {
        &self.carried
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
