//! Leads from CSV: one row, one lead.

use std::io::BufRead;
use std::sync::Arc;

use leadscore::{Attribute, Error, Lead, Pipeline};
use leadscore_csv::{ColumnKind, CsvOptions, CsvReader, ReadRow, Row, Warning};

use super::carried::CarriedColumns;
use super::mapping::{Mapping, find_column};
use super::table_rows::{AttributeColumn, BlankIds, TableBlock, TableBuffers, TablePlan};
use super::{InputFile, ReadColumn, ReadLead, Rejection, SHOWN};
use crate::wording::first_of;
use crate::{Notes, in_file, unreadable};

pub(super) struct Table {
    reader: CsvReader<Box<dyn BufRead>>,
    row: Row,
    plan: Arc<TablePlan>,
    blank_ids: BlankIds,
    name: String,
    is_whole: bool,
}

/// What its rows are read for.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableUse {
    /// Whether a cell that cannot be read rejects its row.
    pub(super) is_strict: bool,
    /// Whether every column is an attribute, and an id that is not there stays away.
    pub(super) is_whole: bool,
}

/// Numbers in these are written as they stand: a zero at their start counts.
const AS_WRITTEN: &str = "phone";

impl Table {
    pub(super) fn open(
        file: InputFile,
        mapping: &Mapping,
        options: CsvOptions,
        pipeline: &Pipeline,
        (TableUse { is_strict, is_whole }, carried): (TableUse, &[String]),
        notes: &mut dyn Notes,
    ) -> Result<Table, Error> {
        let name = file.name;
        let mut reader = CsvReader::open(file.bytes, options).map_err(|e| in_file(&name, e))?;
        let header: Vec<&str> = reader.columns().iter().map(|column| column.name.as_str()).collect();
        let (id, mut columns) = mapped_columns(&name, mapping, &header)?;
        let id = id.or_else(|| find_column("lead_id", &header));
        let mut assumed = Vec::new();
        let contact: &[&str] = if is_whole { &[AS_WRITTEN, "created_at"] } else { &[] };
        let wanted = pipeline.schema().attribute_names().iter().chain(SHOWN).chain(contact.iter().copied());
        for attribute in wanted {
            if columns.iter().any(|own| own.attribute == attribute) {
                continue;
            }
            let Some(column) = find_column(attribute, &header) else { continue };
            let found = &reader.columns()[column];
            if found.name != attribute {
                // A column called like a time that holds no dates is something else.
                if attribute.ends_with("_at") && found.kind != ColumnKind::Date {
                    continue;
                }
                assumed.push(format!("`{}` as {attribute}", found.name));
            }
            columns.push(AttributeColumn { attribute: attribute.to_owned(), column });
        }
        if is_whole {
            columns.extend(other_columns(&header, &columns, id));
        }
        if !is_whole {
            note_missing(&name, pipeline, &header, &columns, id, notes)?;
        }
        if !assumed.is_empty() {
            notes.assumed(format!("reading {}", assumed.join(", ")));
        }
        let carried = CarriedColumns::find(carried, &header, |name| {
            let read = columns.iter().find(|own| own.attribute == name).map(|own| own.column);
            read.or_else(|| find_column(name, &header)).or(id.filter(|_| name == "lead_id"))
        })?;
        let schema = pipeline.schema();
        for own in &columns {
            // What a column holds is known of those that are read or shown; others of a whole input stay as they are.
            let is_known = schema.attribute_names().iter().chain(SHOWN).any(|name| name == own.attribute);
            // Two attributes may come from one column: what one of them tells apart is a value.
            let readers = || columns.iter().filter(|other| other.column == own.column);
            if is_known {
                reader.read_placeholders_as_missing(own.column, |text| {
                    readers().any(|other| schema.names_text(&other.attribute, text))
                });
            }
        }
        let mut used: Vec<usize> = columns.iter().map(|own| own.column).chain(id).collect();
        used.sort_unstable();
        used.dedup();
        reader.select(&used);
        let parser = reader.parser();
        let mut plan = TablePlan::new(parser, id, columns, reader.columns(), schema, is_strict);
        plan.carried = carried;
        let blank_ids = BlankIds::default();
        Ok(Table { reader, row: Row::default(), plan: Arc::new(plan), blank_ids, name, is_whole })
    }

    /// Reads the next row, which is that of some number, into a lead.
    pub(super) fn read_lead(
        &mut self,
        lead: &mut Lead,
        number: u64,
        line: &mut u64,
    ) -> Result<ReadLead, Error> {
        match self.reader.next_row(&mut self.row).map_err(|error| in_file(&self.name, error))? {
            ReadRow::End => return Ok(ReadLead::End),
            ReadRow::Rejected(rejected) => {
                return Ok(ReadLead::Rejected(Rejection::new(rejected.line, rejected.reason, rejected.raw)));
            }
            ReadRow::Row => {}
        }
        let row = self.row.view();
        *line = row.line();
        if let Some(reason) = self.plan.refusal(row) {
            let cells = self.plan.columns.iter().filter_map(|own| row.raw(own.column));
            let raw = cells.collect::<Vec<_>>().join(",");
            return Ok(ReadLead::Rejected(Rejection::new(*line, reason, raw)));
        }
        if self.is_whole {
            *lead = self.plan.record(row, number, None, &mut BlankIds::default()).to_lead();
            lead.id = self.plan.written_id(row);
            for own in self.plan.columns.iter().filter(|own| own.attribute == AS_WRITTEN) {
                let text = row.raw(own.column).unwrap_or_default().trim();
                lead.attributes.insert(own.attribute.clone(), Attribute::Text(text.to_owned()));
            }
        } else {
            *lead = self.plan.record(row, number, None, &mut self.blank_ids).to_lead();
        }
        Ok(ReadLead::Lead)
    }

    /// The columns that are read, and as what.
    pub(super) fn used_columns(&self) -> Vec<ReadColumn> {
        let name = |column: usize| self.reader.columns()[column].name.clone();
        let id = self.plan.id_column_name();
        let id = id.map(|column| ReadColumn { column: column.to_owned(), attribute: "lead_id".to_owned() });
        let others = self.plan.columns.iter();
        let others =
            others.map(|own| ReadColumn { column: name(own.column), attribute: own.attribute.clone() });
        id.into_iter().chain(others).collect()
    }

    /// How its rows become leads, for the threads that score.
    pub(super) fn plan(&self) -> &Arc<TablePlan> {
        &self.plan
    }

    /// Cuts the next rows, at most so many; false at the end of the table.
    pub(super) fn next_block(&mut self, block: &mut TableBlock, max_rows: usize) -> Result<bool, Error> {
        self.reader.next_block(&mut block.rows, max_rows).map_err(|error| in_file(&self.name, error))
    }

    /// Takes in what was noticed when a block was read.
    pub(super) fn merge(&mut self, buffers: &mut TableBuffers) {
        self.reader.merge(std::mem::take(&mut buffers.notes));
        self.blank_ids.add(std::mem::take(&mut buffers.blank_ids));
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.reader.warnings();
        let BlankIds { count, first_line } = self.blank_ids;
        if count > 0 {
            let cells = if count == 1 { "1 cell is".to_owned() } else { format!("{count} cells are") };
            let message =
                format!("{cells} blank; the row number is used as the lead's id; first at line {first_line}");
            let column = self.plan.id_column_name().map(str::to_owned);
            warnings.push(Warning { line: Some(first_line), column, message });
        }
        warnings
    }
}

/// The columns that the mapping names: the id's and the attributes'.
fn mapped_columns(
    name: &str,
    mapping: &Mapping,
    header: &[&str],
) -> Result<(Option<usize>, Vec<AttributeColumn>), Error> {
    let find = |what: &str, wanted: &str| {
        header.iter().position(|own| own.trim() == wanted.trim()).ok_or_else(|| {
            unreadable(
                name,
                format!(
                    "the mapping reads {what} from a column `{wanted}` that the file does not have; its columns: {}",
                    first_of(header)
                ),
            )
        })
    };
    let id = mapping.lead_id.as_ref().map(|column| find("lead_id", column)).transpose()?;
    let columns = mapping.attributes.iter().map(|(attribute, column)| {
        Ok(AttributeColumn { attribute: attribute.clone(), column: find(attribute, column)? })
    });
    Ok((id, columns.collect::<Result<_, Error>>()?))
}

/// The columns that are no attribute yet, each under its own name.
fn other_columns(header: &[&str], columns: &[AttributeColumn], id: Option<usize>) -> Vec<AttributeColumn> {
    let is_free = |(column, name): &(usize, &&str)| {
        let name = name.trim();
        Some(*column) != id
            && !name.is_empty()
            && columns.iter().all(|own| own.column != *column && own.attribute != name)
    };
    let own = |(column, name): (usize, &&str)| AttributeColumn { attribute: name.trim().to_owned(), column };
    header.iter().enumerate().filter(is_free).map(own).collect()
}

/// Notes what is missing; refuses a table that holds nothing the pipeline reads.
fn note_missing(
    name: &str,
    pipeline: &Pipeline,
    header: &[&str],
    columns: &[AttributeColumn],
    id: Option<usize>,
    notes: &mut dyn Notes,
) -> Result<(), Error> {
    let attributes: Vec<&str> = pipeline.schema().attribute_names().iter().collect();
    let is_read = |attribute: &&str| columns.iter().any(|own| own.attribute == *attribute);
    let (read, absent): (Vec<&str>, Vec<&str>) = attributes.iter().copied().partition(is_read);
    if read.is_empty() {
        return Err(unreadable(
            name,
            format!(
                "no column is an attribute that the pipeline `{}` reads. It reads: {}. The file has: {}. Say which is which with --map",
                pipeline.id(),
                first_of(&attributes),
                first_of(header)
            ),
        ));
    }
    if !absent.is_empty() {
        notes.assumed(format!("no column for {}: missing for every lead", first_of(&absent)));
    }
    if id.is_none() {
        notes.assumed("no column holds the lead's id; the row number is used");
    }
    Ok(())
}
