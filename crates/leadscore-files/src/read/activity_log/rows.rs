//! Reads the rows of a log: a table, or JSON lines.

use std::collections::BTreeMap;
use std::io::BufRead;

use leadscore::{Attribute, Error, Timestamp, Zone};
use leadscore_csv::{Cell, CellBuffer, CellNotes, CsvOptions, CsvReader, RowBlock, RowRef};
use serde::Deserialize;

use super::{Entry, LogBuilder, LogForm};
use crate::read::InputFile;
use crate::read::mapping::find_column;
use crate::{in_file, unreadable};

/// Rows that are cut before their cells are parsed: few enough to stay in the processor's cache.
const BLOCK_ROWS: usize = 256;

/// Reads a table.
pub(super) fn read_table<'s>(
    file: InputFile,
    form: &LogForm<'s>,
    zone: &Zone,
) -> Result<LogBuilder<'s>, Error> {
    let name = file.name;
    let mut reader =
        CsvReader::open(file.bytes, CsvOptions::default()).map_err(|error| in_file(&name, error))?;
    let header: Vec<String> = reader.columns().iter().map(|column| column.name.clone()).collect();
    let columns = LogColumns::find(&name, &header)?;
    let mut log = form.builder(columns.id.is_some());
    if !log.keeps_properties() {
        reader.select(&columns.own());
    }
    let parser = reader.parser();
    let (mut block, mut cells, mut notes) =
        (RowBlock::default(), CellBuffer::default(), CellNotes::default());
    while reader.next_block(&mut block, BLOCK_ROWS).map_err(|error| in_file(&name, error))? {
        for rejected in block.rejected() {
            log.refuse(rejected.line, &rejected.reason);
        }
        for index in 0..block.row_count() {
            let row = parser.parse(&block, index, &mut cells, &mut notes);
            match columns.entry(row, zone) {
                Ok(entry) => log.add(&entry, || columns.properties(row, &header)),
                Err(reason) => log.refuse(row.line(), &reason),
            }
        }
    }
    Ok(log)
}

/// Reads JSON lines.
pub(super) fn read_lines<'s>(
    file: InputFile,
    form: &LogForm<'s>,
    zone: &Zone,
) -> Result<LogBuilder<'s>, Error> {
    let mut log = form.builder(true);
    for (index, line) in file.bytes.lines().enumerate() {
        let line = line.map_err(|error| in_file(&file.name, error))?;
        if line.trim().is_empty() {
            continue;
        }
        let read = serde_json::from_str::<Record>(&line).map_err(|error| error.to_string());
        let timed = read.and_then(|record| {
            let at = Timestamp::parse(&record.at, zone).map_err(|error| error.to_string())?;
            Ok((record, at))
        });
        match timed {
            Ok((record, at)) => {
                let (lead, id) = (record.lead_id.into_text(), record.id.map(Id::into_text));
                let entry = Entry { lead: &lead, kind: &record.kind, at, id: id.as_deref() };
                log.add(&entry, || attributes(record.properties));
            }
            Err(reason) => log.refuse(index as u64 + 1, &reason),
        }
    }
    Ok(log)
}

/// Which column of a table holds what; all others are properties.
struct LogColumns {
    lead: usize,
    kind: usize,
    at: usize,
    id: Option<usize>,
}

impl LogColumns {
    fn find(name: &str, header: &[String]) -> Result<LogColumns, Error> {
        let names: Vec<&str> = header.iter().map(String::as_str).collect();
        let find = |wanted: &str| {
            find_column(wanted, &names).ok_or_else(|| {
                let has = header.join(", ");
                unreadable(name, format!("an activity log has a column `{wanted}`; this one has: {has}"))
            })
        };
        let lead = names.iter().position(|name| *name == "lead_id").map_or_else(|| find("lead_id"), Ok)?;
        let (kind, at) = (find("kind")?, find("at")?);
        let is_id = |name: &&str| matches!(*name, "id" | "activity_id");
        let id = names.iter().position(is_id).filter(|&column| column != lead);
        Ok(LogColumns { lead, kind, at, id })
    }

    /// The columns that are no properties.
    fn own(&self) -> Vec<usize> {
        [self.lead, self.kind, self.at].into_iter().chain(self.id).collect()
    }

    /// The activity of a row without its properties, or why it is none.
    fn entry<'a>(&self, row: RowRef<'a>, zone: &Zone) -> Result<Entry<'a>, String> {
        let at = match row.value(self.at) {
            Some(Cell::Date(date)) => date.to_timestamp(zone).map_err(|error| error.to_string())?,
            Some(Cell::Text(text)) => Timestamp::parse(text, zone).map_err(|error| error.to_string())?,
            _ => return Err(format!("`{}` is not a time", trimmed(row, self.at))),
        };
        let kind = trimmed(row, self.kind);
        if kind.is_empty() {
            return Err("the kind is blank".to_owned());
        }
        let id = self.id.map(|id| trimmed(row, id)).filter(|id| !id.is_empty());
        Ok(Entry { lead: trimmed(row, self.lead), kind, at, id })
    }

    fn properties(&self, row: RowRef<'_>, header: &[String]) -> BTreeMap<String, Attribute> {
        let own = self.own();
        let property = |(column, name): (usize, &String)| {
            let value = match row.value(column) {
                Some(Cell::Number(number)) => Attribute::Number(number),
                _ => Attribute::Text(row.text(column)?.into_owned()),
            };
            Some((name.clone(), value))
        };
        header.iter().enumerate().filter(|(column, _)| !own.contains(column)).filter_map(property).collect()
    }
}

fn trimmed(row: RowRef<'_>, column: usize) -> &str {
    row.raw(column).map(str::trim).unwrap_or_default()
}

/// One line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    lead_id: Id,
    kind: String,
    at: String,
    #[serde(default)]
    id: Option<Id>,
    #[serde(default)]
    properties: BTreeMap<String, serde_json::Value>,
}

fn attributes(properties: BTreeMap<String, serde_json::Value>) -> BTreeMap<String, Attribute> {
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

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

impl Id {
    fn into_text(self) -> String {
        match self {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }
    }
}
