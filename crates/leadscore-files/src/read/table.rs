//! Leads from CSV: one row, one lead.

use std::io::BufRead;

use leadscore::{Attribute, Error, Lead, Pipeline};
use leadscore_csv::{Cell, ColumnKind, CsvReader, ReadRow, Row, RowRef, Warning};

use super::mapping::{Mapping, find_column};
use super::{InputFile, ReadLead, Rejection, SHOWN};
use crate::wording::first_of;
use crate::{Notes, in_file, unreadable};

pub(super) struct Table {
    reader: CsvReader<Box<dyn BufRead>>,
    row: Row,
    id: Option<usize>,
    columns: Vec<AttributeColumn>,
    blank_ids: Option<BlankIds>,
    name: String,
    is_strict: bool,
}

/// An attribute and the column it comes from.
struct AttributeColumn {
    attribute: String,
    column: usize,
}

/// The leads whose id is blank.
struct BlankIds {
    count: u64,
    first_line: u64,
}

impl Table {
    pub(super) fn open(
        file: InputFile,
        mapping: &Mapping,
        pipeline: &Pipeline,
        is_strict: bool,
        notes: &mut dyn Notes,
    ) -> Result<Table, Error> {
        let name = file.name;
        let mut reader = CsvReader::open(file.bytes, mapping.csv_options()).map_err(|e| in_file(&name, e))?;
        let header: Vec<&str> = reader.columns().iter().map(|column| column.name.as_str()).collect();
        let (id, mut columns) = mapped_columns(&name, mapping, &header)?;
        let id = id.or_else(|| find_column("lead_id", &header));
        let mut assumed = Vec::new();
        for attribute in pipeline.schema().attribute_names().iter().chain(SHOWN) {
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
        note_assumptions(&name, pipeline, &header, &columns, id, &assumed, notes)?;
        let mut used: Vec<usize> = columns.iter().map(|own| own.column).chain(id).collect();
        used.sort_unstable();
        used.dedup();
        reader.select(&used);
        Ok(Table { reader, row: Row::default(), id, columns, blank_ids: None, name, is_strict })
    }

    pub(super) fn read_lead(&mut self, lead: &mut Lead, line: &mut u64) -> Result<ReadLead, Error> {
        match self.reader.next_row(&mut self.row).map_err(|error| in_file(&self.name, error))? {
            ReadRow::End => return Ok(ReadLead::End),
            ReadRow::Rejected(rejected) => {
                return Ok(ReadLead::Rejected(Rejection::new(rejected.line, rejected.reason, rejected.raw)));
            }
            ReadRow::Row => {}
        }
        *line = self.row.line();
        if self.is_strict
            && let Some(reason) = self.unusable_cell()
        {
            let cells = self.columns.iter().filter_map(|own| self.row.raw(own.column));
            return Ok(ReadLead::Rejected(Rejection::new(
                *line,
                reason,
                cells.collect::<Vec<_>>().join(","),
            )));
        }
        lead.id = None;
        lead.activities.clear();
        if let Some(id) = self.id.and_then(|column| self.row.raw(column)) {
            let id = id.trim();
            if !id.is_empty() {
                lead.id = Some(id.to_owned());
            } else {
                self.blank_ids.get_or_insert(BlankIds { count: 0, first_line: *line }).count += 1;
            }
        }
        let row = self.row.view();
        for AttributeColumn { attribute, column } in &self.columns {
            if let Some(value) = lead.attributes.get_mut(attribute.as_str()) {
                set(value, row, *column);
            } else {
                let mut value = Attribute::Number(f64::NAN);
                set(&mut value, row, *column);
                lead.attributes.insert(attribute.clone(), value);
            }
        }
        Ok(ReadLead::Lead)
    }

    /// A cell that holds something and still has no value: it can be read in two ways, or not as its column's kind.
    /// Words for missing, such as `N/A`, have no digit.
    fn unusable_cell(&self) -> Option<String> {
        let column = self.columns.iter().map(|own| own.column).find(|column| {
            let is_missing = matches!(self.row.value(*column), None | Some(Cell::Missing));
            is_missing && self.row.raw(*column).is_some_and(|raw| raw.contains(|c: char| c.is_ascii_digit()))
        })?;
        let name = &self.reader.columns()[column].name;
        let raw = self.row.raw(column).unwrap_or_default().trim();
        Some(format!("column `{name}`: `{raw}` has no one meaning"))
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.reader.warnings();
        if let Some(BlankIds { count, first_line }) = self.blank_ids {
            let column = self.id.and_then(|id| self.reader.columns().get(id));
            let cells = if count == 1 { "1 cell is".to_owned() } else { format!("{count} cells are") };
            let message =
                format!("{cells} blank; the row number stands for the lead's id; first at line {first_line}");
            let column = column.map(|column| column.name.clone());
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

/// Notes what is missing and what was assumed; refuses a table that holds nothing the pipeline reads.
fn note_assumptions(
    name: &str,
    pipeline: &Pipeline,
    header: &[&str],
    columns: &[AttributeColumn],
    id: Option<usize>,
    assumed: &[String],
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
        notes.assumed("no column holds the lead's id; the row number stands for it");
    }
    if !assumed.is_empty() {
        notes.assumed(format!("reading {}", assumed.join(", ")));
    }
    Ok(())
}

/// Sets an attribute from a cell; a text keeps its buffer. NaN is missing.
fn set(attribute: &mut Attribute, row: RowRef<'_>, column: usize) {
    match (row.value(column).unwrap_or(Cell::Missing), attribute) {
        (Cell::Number(number), attribute) => *attribute = Attribute::Number(number),
        (Cell::Missing, attribute) => *attribute = Attribute::Number(f64::NAN),
        (_, Attribute::Text(buffer)) => {
            buffer.clear();
            row.push_text(column, buffer);
        }
        (_, attribute) => *attribute = Attribute::Text(row.text(column).unwrap_or_default().into_owned()),
    }
}
