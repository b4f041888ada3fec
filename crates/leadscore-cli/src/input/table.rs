//! Leads from CSV: one row, one lead.

use std::io::BufRead;

use leadscore::{Attribute, Lead, Pipeline};
use leadscore_csv::{Cell, ColumnKind, CsvReader, ReadRow, Row, RowRef, Warning};

use super::mapping::{Mapping, column_for};
use super::{Next, Rejection, SHOWN, note_line};
use crate::failure::Failure;

pub(super) struct Table {
    reader: CsvReader<Box<dyn BufRead>>,
    row: Row,
    id: Option<usize>,
    /// Attribute name and the column it comes from.
    wires: Vec<(String, usize)>,
    /// How many leads have a blank id, and the line of the first.
    nameless: (u64, u64),
    name: String,
    strict: bool,
}

impl Table {
    pub(super) fn open(
        bytes: Box<dyn BufRead>,
        name: &str,
        mapping: &Mapping,
        pipeline: &Pipeline,
        strict: bool,
    ) -> Result<Table, Failure> {
        let mut reader =
            CsvReader::open(bytes, mapping.options()).map_err(|error| Failure::about(name, &error))?;
        let columns: Vec<&str> = reader.columns().iter().map(|column| column.name.as_str()).collect();
        let find = |column: &str| columns.iter().position(|own| own.trim() == column.trim());
        let absent = |what: &str, column: &str| {
            Failure::said(format!(
                "{name}: the mapping reads {what} from a column `{column}` that the file does not have; its columns: {}",
                listed(&columns)
            ))
        };
        let id = match &mapping.lead_id {
            Some(column) => Some(find(column).ok_or_else(|| absent("lead_id", column))?),
            None => column_for("lead_id", &columns),
        };
        let mut wires = Vec::new();
        for (attribute, column) in &mapping.attributes {
            wires.push((attribute.clone(), find(column).ok_or_else(|| absent(attribute, column))?));
        }
        let attributes = pipeline.schema().attributes();
        let mut assumed = Vec::new();
        for attribute in attributes.iter().copied().chain(SHOWN) {
            if wires.iter().any(|(own, _)| own == attribute) {
                continue;
            }
            if let Some(column) = column_for(attribute, &columns) {
                // A column called like a moment that holds no dates is something else.
                let kind = reader.columns()[column].kind;
                if columns[column] != attribute && attribute.ends_with("_at") && kind != ColumnKind::Date {
                    continue;
                }
                if columns[column] != attribute {
                    assumed.push(format!("`{}` as {attribute}", columns[column]));
                }
                wires.push((attribute.to_owned(), column));
            }
        }
        let read: Vec<&str> =
            attributes.iter().copied().filter(|a| wires.iter().any(|(own, _)| own == a)).collect();
        if read.is_empty() {
            return Err(Failure::said(format!(
                "{name}: no column is an attribute that the pipeline `{}` reads. It reads: {}. The file has: {}. Say which is which with --map",
                pipeline.id(),
                listed(&attributes),
                listed(&columns)
            )));
        }
        let absent: Vec<&str> = attributes.iter().copied().filter(|a| !read.contains(a)).collect();
        if !absent.is_empty() {
            note_line(&format!("no column for {}: missing for every lead", listed(&absent)));
        }
        if id.is_none() {
            note_line("no column holds the lead's id; the row number stands for it");
        }
        if !assumed.is_empty() {
            note_line(&format!("reading {}", assumed.join(", ")));
        }
        let mut used: Vec<usize> = wires.iter().map(|(_, column)| *column).chain(id).collect();
        used.sort_unstable();
        used.dedup();
        reader.select(&used);
        Ok(Table { reader, row: Row::default(), id, wires, nameless: (0, 0), name: name.to_owned(), strict })
    }

    pub(super) fn next(&mut self, lead: &mut Lead, line: &mut u64) -> Result<Next, Failure> {
        let read = self.reader.next_row(&mut self.row);
        match read.map_err(|error| Failure::about(&self.name, &error))? {
            ReadRow::End => return Ok(Next::End),
            ReadRow::Rejected(rejected) => {
                return Ok(Next::Rejected(Rejection {
                    line: rejected.line,
                    reason: rejected.reason,
                    raw: rejected.raw,
                }));
            }
            ReadRow::Row => {}
        }
        *line = self.row.line();
        if self.strict
            && let Some(reason) = self.unusable()
        {
            let cells = self.wires.iter().filter_map(|(_, column)| self.row.raw(*column));
            let raw = cells.collect::<Vec<_>>().join(",");
            return Ok(Next::Rejected(Rejection { line: *line, reason, raw }));
        }
        lead.id.clear();
        lead.activities.clear();
        if let Some(id) = self.id.and_then(|column| self.row.raw(column)) {
            lead.id.push_str(id.trim());
            if lead.id.is_empty() {
                self.nameless =
                    (self.nameless.0 + 1, if self.nameless.0 == 0 { *line } else { self.nameless.1 });
            }
        }
        for (attribute, column) in &self.wires {
            let row = self.row.view();
            if let Some(own) = lead.attributes.get_mut(attribute.as_str()) {
                set(own, row, *column);
            } else {
                let mut own = Attribute::Number(f64::NAN);
                set(&mut own, row, *column);
                lead.attributes.insert(attribute.clone(), own);
            }
        }
        Ok(Next::Lead)
    }

    /// A cell that holds something, and yet has no value: it can be read in two ways, or not as its column's kind.
    /// Words for missing, such as `N/A`, have no digit.
    fn unusable(&self) -> Option<String> {
        let (_, column) = self.wires.iter().find(|(_, column)| {
            let lost = matches!(self.row.value(*column), None | Some(Cell::Missing));
            lost && self.row.raw(*column).is_some_and(|raw| raw.contains(|c: char| c.is_ascii_digit()))
        })?;
        let name = &self.reader.columns()[*column].name;
        Some(format!(
            "column `{name}`: `{}` has no one meaning",
            self.row.raw(*column).unwrap_or_default().trim()
        ))
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.reader.warnings();
        let (leads, first) = self.nameless;
        if leads > 0 {
            let column =
                self.id.and_then(|id| self.reader.columns().get(id)).map(|column| column.name.clone());
            let cells = if leads == 1 { "1 cell is".to_owned() } else { format!("{leads} cells are") };
            let message =
                format!("{cells} blank; the row number stands for the lead's id; first at line {first}");
            warnings.push(Warning { line: Some(first), column, message });
        }
        warnings
    }
}

/// Sets an attribute from a cell; a text keeps its buffer. NaN is missing.
fn set(own: &mut Attribute, row: RowRef<'_>, column: usize) {
    match (row.value(column).unwrap_or(Cell::Missing), own) {
        (Cell::Number(number), own) => *own = Attribute::Number(number),
        (Cell::Missing, own) => *own = Attribute::Number(f64::NAN),
        (_, Attribute::Text(buffer)) => {
            buffer.clear();
            row.push_text(column, buffer);
        }
        (_, own) => *own = Attribute::Text(row.text(column).unwrap_or_default().into_owned()),
    }
}

/// The first names of a list.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 20;
    let mut text = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text += &format!(" … and {} more", names.len() - MOST);
    }
    text
}
