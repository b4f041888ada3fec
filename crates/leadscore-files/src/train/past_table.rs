//! Past leads as a table: a CSV file, or JSON records in the form of one, so that kinds and values of columns are told alike.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::rc::Rc;

use leadscore::record::{JsonReader, NestedValues, SkippedField};
use leadscore::{Error, Zone};
use leadscore_csv::{ColumnKind, CsvOptions, CsvReader, ReadRow, Row, RowRef};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::reading::{reading_pipeline, smallest_schema};
use crate::read::{InputFile, InputFormat, JsonRecords, LeadInput, LeadReader, Mapping, ReadLead, Rejection};
use crate::wording::count;
use crate::{Note, in_file, unreadable};

/// Records of more different fields are not leads of one kind.
const MAX_FIELDS: usize = 10_000;

/// A table of past leads.
pub(super) struct PastTable {
    reader: CsvReader<Box<dyn BufRead>>,
    row: Row,
    records: Option<RecordColumns>,
}

/// What is known of JSON records beside the cells.
struct RecordColumns {
    fields: Fields,
    rejected: Rc<RefCell<Rejected>>,
}

/// The records that could not be read: how many, and the first.
#[derive(Default)]
struct Rejected {
    count: u64,
    first: Option<Rejection>,
}

/// What the next row is.
pub(super) enum PastRow<'a> {
    /// A lead: the number of its row, and its cells.
    Lead(u64, Cells<'a>),
    Rejected,
    End,
}

/// The cells of a row, by column.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    row: RowRef<'a>,
    offset: usize,
}

impl<'a> Cells<'a> {
    pub(super) fn value(self, at: usize) -> Option<leadscore_csv::Cell<'a>> {
        self.row.value(at + self.offset)
    }

    pub(super) fn raw(self, at: usize) -> Option<&'a str> {
        self.row.raw(at + self.offset)
    }
}

impl PastTable {
    /// Opens a file.
    pub(super) fn open(input: &str, mapping: &Mapping, zone: &Zone) -> Result<PastTable, Error> {
        let file = InputFile::open(input)?;
        let options = mapping.csv_options().skip_empty_rows();
        match file.format {
            InputFormat::Csv => PastTable::new(input, file.bytes, options, None),
            InputFormat::Jsonl | InputFormat::Json => {
                let fields = Fields::read(file, zone)?;
                if fields.names.is_empty() {
                    return Err(unreadable(input, "no record has a field beside its id"));
                }
                let rejected = Rc::default();
                let table = RecordTable::open(input, mapping, zone, &fields, Rc::clone(&rejected))?;
                let bytes: Box<dyn BufRead> = Box::new(BufReader::new(table));
                // A comma in a text is no decimal sign to whoever reads the records.
                let options = options.delimiter(b',').encoding("utf-8").header(true).decimal('.');
                PastTable::new(input, bytes, options, Some(RecordColumns { fields, rejected }))
            }
        }
    }

    fn new(
        input: &str,
        bytes: Box<dyn BufRead>,
        options: CsvOptions,
        records: Option<RecordColumns>,
    ) -> Result<PastTable, Error> {
        let mut reader = CsvReader::open(bytes, options).map_err(|error| in_file(input, error))?;
        // A word such as `unknown` may be a level: whether it means missing is decided by the column, not here.
        for column in 0..reader.columns().len() {
            reader.read_placeholders_as_missing(column, |_| false);
        }
        Ok(PastTable { reader, row: Row::default(), records })
    }

    /// The names of the columns, and what they hold.
    pub(super) fn columns(&self) -> Vec<(String, ColumnKind)> {
        let columns = self.reader.columns();
        match &self.records {
            None => columns.iter().map(|column| (column.name.clone(), column.kind)).collect(),
            // As the fields are called, and without the column of the rows.
            Some(own) => {
                let kinds = columns.iter().skip(1).map(|column| column.kind);
                own.fields.names.iter().cloned().zip(kinds).collect()
            }
        }
    }

    /// Whether leads are JSON records.
    pub(super) fn is_of_records(&self) -> bool {
        self.records.is_some()
    }

    /// Whether leads bring activities along.
    pub(super) fn has_activities(&self) -> bool {
        self.records.as_ref().is_some_and(|own| own.fields.has_activities)
    }

    /// Why a field is no attribute, if it is none.
    pub(super) fn no_attribute(&self, name: &str) -> Option<&'static str> {
        let fields = &self.records.as_ref()?.fields;
        if fields.ids.contains(name) {
            return Some("the lead's id");
        }
        let is_nested = fields.nested.contains(name) && !fields.plain.contains(name);
        is_nested.then_some("lists or objects, which are not read")
    }

    /// Reads the next row.
    pub(super) fn next(&mut self, input: &str) -> Result<PastRow<'_>, Error> {
        let read = self.reader.next_row(&mut self.row).map_err(|error| in_file(input, error))?;
        let number = self.reader.row_number();
        Ok(match read {
            ReadRow::End => PastRow::End,
            ReadRow::Rejected(_) => PastRow::Rejected,
            ReadRow::Row if self.records.is_none() => {
                PastRow::Lead(number, Cells { row: self.row.view(), offset: 0 })
            }
            ReadRow::Row => {
                let row = self.row.view();
                // Each record brings its own number along.
                match row.raw(0).and_then(|text| text.parse().ok()) {
                    Some(number) => PastRow::Lead(number, Cells { row, offset: 1 }),
                    None => PastRow::Rejected,
                }
            }
        })
    }

    /// The records that could not be read, in a sentence.
    pub(super) fn rejected_records(&self) -> Option<String> {
        let rejected = self.records.as_ref()?.rejected.borrow();
        let first = rejected.first.as_ref()?;
        let records = crate::wording::counted(rejected.count, "record", "records");
        Some(format!("{records} could not be read; the first on line {}: {}", first.line, first.reason))
    }
}

impl fmt::Debug for PastTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PastTable").field("columns", &self.columns()).finish_non_exhaustive()
    }
}

/// The fields of JSON records, in the order in which they come up.
#[derive(Debug, Default)]
struct Fields {
    names: Vec<String>,
    known: HashSet<String>,
    /// Those that hold the lead's id.
    ids: BTreeSet<String>,
    /// Those with a list or an object, and those with a plain value.
    nested: BTreeSet<String>,
    plain: HashSet<String>,
    has_activities: bool,
}

impl Fields {
    /// Reads the fields of all records.
    fn read(file: InputFile, zone: &Zone) -> Result<Fields, Error> {
        let name = file.name.clone();
        let reader = JsonReader::new(zone.clone()).nested_values(NestedValues::Skip);
        let (mut fields, mut skipped) = (Fields::default(), Vec::new());
        let mut records = JsonRecords::new(file);
        while let Some(found) = records.next_record()? {
            let Ok(text) = std::str::from_utf8(records.text()) else { continue };
            // What is no lead is rejected when leads are read.
            let Some(lead) = found.fault.is_none().then(|| reader.lead(text, &mut skipped).ok()).flatten()
            else {
                continue;
            };
            fields.has_activities |= !lead.activities.is_empty();
            for name in lead.attributes.into_keys() {
                if !fields.plain.contains(&name) {
                    fields.plain.insert(name);
                }
            }
            fields.nested.extend(skipped.drain(..).filter_map(|own| match own {
                SkippedField::Nested { name } => Some(name),
                _ => None,
            }));
            let mut json = serde_json::Deserializer::from_str(text);
            let names = Names { fields: &mut fields, is_outer: true };
            names.deserialize(&mut json).map_err(|error| unreadable(&name, error.to_string()))?;
            if fields.names.len() > MAX_FIELDS {
                let most = count(MAX_FIELDS as u64);
                return Err(unreadable(&name, format!("its records have more than {most} different fields")));
            }
        }
        Ok(fields)
    }

    fn add(&mut self, name: String) {
        if !self.known.contains(&name) {
            self.known.insert(name.clone());
            self.names.push(name);
        }
    }
}

/// Takes in the names of a record's fields, of which the one of the attributes has more.
struct Names<'a> {
    fields: &'a mut Fields,
    is_outer: bool,
}

impl<'de> DeserializeSeed<'de> for Names<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Names<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "attributes" if self.is_outer => {
                    map.next_value_seed(Names { fields: &mut *self.fields, is_outer: false })?;
                    continue;
                }
                "activities" if self.is_outer => {}
                "id" | "lead_id" if self.is_outer => {
                    self.fields.ids.insert(name.clone());
                    self.fields.add(name);
                }
                _ => self.fields.add(name),
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// JSON records as the text of a table: the number of each, and its fields.
struct RecordTable {
    leads: LeadReader,
    names: Vec<String>,
    rejected: Rc<RefCell<Rejected>>,
    text: Vec<u8>,
    /// How much of the text was read.
    at: usize,
}

impl RecordTable {
    fn open(
        input: &str,
        mapping: &Mapping,
        zone: &Zone,
        fields: &Fields,
        rejected: Rc<RefCell<Rejected>>,
    ) -> Result<RecordTable, Error> {
        let pipeline = reading_pipeline(smallest_schema())?;
        // Warnings about the file are reported later, when its leads are read.
        let mut unheard: Vec<Note> = Vec::new();
        let own = LeadInput::new(input).zone(zone.clone()).settled(mapping.clone()).whole();
        let leads = own.open(&pipeline, &mut unheard)?;
        let mut table = RecordTable { leads, names: fields.names.clone(), rejected, text: Vec::new(), at: 0 };
        table.cell("record");
        for name in &fields.names {
            table.text.push(b',');
            table.cell(if name.trim().is_empty() { "field" } else { name });
        }
        table.text.push(b'\n');
        Ok(table)
    }

    fn cell(&mut self, text: &str) {
        let is_plain = !text.contains(['"', ',', '\n', '\r']) && text.trim() == text;
        if is_plain {
            self.text.extend_from_slice(text.as_bytes());
        } else {
            self.text.push(b'"');
            self.text.extend_from_slice(text.replace('"', "\"\"").as_bytes());
            self.text.push(b'"');
        }
    }

    /// Makes the text of the next lead; none is made at the end.
    fn advance(&mut self) -> Result<(), Error> {
        self.text.clear();
        self.at = 0;
        loop {
            match self.leads.read_lead()? {
                ReadLead::End => return Ok(()),
                ReadLead::Rejected(rejection) => {
                    let mut rejected = self.rejected.borrow_mut();
                    rejected.count += 1;
                    rejected.first.get_or_insert(rejection);
                }
                ReadLead::Lead => break,
            }
        }
        let _ = write!(self.text, "{}", self.leads.row());
        for at in 0..self.names.len() {
            self.text.push(b',');
            let value = self.leads.lead().attributes.get(&self.names[at]);
            let text = value.map(|value| value.as_ref().to_text().into_owned());
            self.cell(&text.unwrap_or_default());
        }
        self.text.push(b'\n');
        Ok(())
    }
}

impl Read for RecordTable {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.text.len() {
            self.advance().map_err(|error| std::io::Error::other(error.to_string()))?;
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
