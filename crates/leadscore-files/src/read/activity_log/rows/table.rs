//! A log as a table.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::ControlFlow;

use leadscore::{Attribute, Error, Zone};
use leadscore_csv::{Cell, CellBuffer, CellNotes, ColumnKind, CsvReader, Fault, RowBlock, RowParser, RowRef};

use super::roles::{Roles, TimeEvidence};
use super::time::LogTime;
use super::{Entry, LogRow, Properties, Refusal, check_lead, has_word_as_id};
use crate::read::activity_log::LogForm;
use crate::read::{InputFile, is_id};
use crate::{in_file, unreadable};

/// Rows that are cut before their cells are parsed: few enough to stay in the processor's cache.
const BLOCK_ROWS: usize = 256;

pub(in super::super) struct TableRows {
    name: String,
    reader: CsvReader<Box<dyn BufRead>>,
    columns: LogColumns,
    /// What was assumed about its columns.
    assumed: Option<String>,
    reads_properties: bool,
    parser: RowParser,
    block: RowBlock,
    /// The row of the block that is shown next.
    next: usize,
    cells: CellBuffer,
    notes: CellNotes,
}

impl TableRows {
    /// Opens a table, of which only some columns are read unless there is no choice.
    pub(super) fn open(
        file: InputFile,
        form: &LogForm,
        select: impl FnOnce(&LogColumns) -> Option<Vec<usize>>,
    ) -> Result<TableRows, Error> {
        let name = file.name;
        let mut reader =
            CsvReader::open(file.bytes, form.mapping.csv_options()).map_err(|error| in_file(&name, error))?;
        let header: Vec<String> = reader.columns().iter().map(|column| column.name.clone()).collect();
        let names: Vec<&str> = header.iter().map(String::as_str).collect();
        let evidence = |column: usize| match reader.columns()[column].kind {
            ColumnKind::Date => TimeEvidence::Dates,
            _ if reader.is_mostly_dates(column) => TimeEvidence::Dates,
            ColumnKind::Number => TimeEvidence::Numbers,
            _ => TimeEvidence::None,
        };
        let roles = Roles::find(&names, &form.mapping, |_| true, evidence)
            .map_err(|message| unreadable(&name, message))?;
        let assumed = roles.assumed(&names, &form.mapping);
        if reader.columns()[roles.at].kind == ColumnKind::Text {
            // Times are wanted of it, whatever else is in it.
            reader.read_as_dates(roles.at);
        }
        let columns = LogColumns { roles, header, is_strict: form.is_strict };
        let mut parser = reader.parser();
        let selected = select(&columns);
        let reads_properties = selected.is_none();
        if let Some(selected) = selected {
            reader.select(&selected);
            // Of all others the text is enough.
            parser = reader.parser().only(&[columns.roles.at]);
        }
        Ok(TableRows {
            parser,
            name,
            reader,
            columns,
            assumed,
            reads_properties,
            block: RowBlock::default(),
            next: 0,
            cells: CellBuffer::default(),
            notes: CellNotes::default(),
        })
    }

    /// What was assumed about the file, and what was noticed in the rows shown so far.
    pub(super) fn messages(&mut self) -> Vec<String> {
        self.reader.merge(std::mem::take(&mut self.notes));
        let LogColumns { roles, header, .. } = &self.columns;
        let own: Vec<&str> = roles.columns().map(|column| &*header[column]).collect();
        // Of ids and kinds the text is read, whatever it looks like; of a property, nothing as a rule.
        let matters =
            |name: &str| name == header[roles.at] || (self.reads_properties && !own.contains(&name));
        let warnings = self.reader.warnings();
        let warnings = warnings.iter().filter(|warning| warning.column.as_deref().is_none_or(matters));
        let warnings = warnings.map(|warning| format!("activity log: {warning}"));
        self.assumed.iter().cloned().chain(warnings).collect()
    }

    pub(super) fn has_ids(&self) -> bool {
        self.columns.roles.id.is_some()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn visit(
        &mut self,
        zone: &Zone,
        mut visitor: impl FnMut(LogRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        loop {
            while self.next < self.block.row_count() {
                if self.columns.is_blank(&self.block, self.next) {
                    self.next += 1;
                    continue;
                }
                // A row at which the visitor breaks is parsed again, but noted once.
                let mut notes = CellNotes::default();
                let row = self.parser.parse(&self.block, self.next, &mut self.cells, &mut notes);
                let entry = self.columns.entry(&self.block, self.next, row, &self.parser, zone);
                if visitor(LogRow { line: row.line(), entry }).is_break() {
                    return Ok(());
                }
                self.notes.merge(notes);
                self.next += 1;
            }
            if !self.next_block()? {
                return Ok(());
            }
            for rejected in self.block.rejected() {
                let entry = Err(Refusal::new(&*rejected.reason, &rejected.raw));
                let _ = visitor(LogRow { line: rejected.line, entry });
            }
        }
    }

    pub(super) fn visit_leads(
        &mut self,
        mut visitor: impl FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        while self.next_block()? {
            while self.next < self.block.row_count() {
                let lead = trimmed(&self.block, self.next, self.columns.roles.lead);
                if is_id(lead) && visitor(lead).is_break() {
                    return Ok(());
                }
                self.next += 1;
            }
        }
        Ok(())
    }

    fn next_block(&mut self) -> Result<bool, Error> {
        self.next = 0;
        let has_rows = self.reader.next_block(&mut self.block, BLOCK_ROWS);
        has_rows.map_err(|error| in_file(&self.name, error))
    }
}

/// Which column of a table holds what; all others are properties.
pub(super) struct LogColumns {
    pub(super) roles: Roles,
    header: Vec<String>,
    is_strict: bool,
}

impl LogColumns {
    /// The columns that are no properties.
    pub(super) fn own(&self) -> Vec<usize> {
        self.roles.columns().collect()
    }

    /// Whether a row has no value in any cell that is read, and so is none.
    fn is_blank(&self, block: &RowBlock, index: usize) -> bool {
        let is_empty = |column| trimmed(block, index, column).is_empty();
        // Most rows have a lead.
        is_empty(self.roles.lead) && (0..self.header.len()).all(is_empty)
    }

    /// The activity of a row, or why it is none.
    fn entry<'a>(
        &'a self,
        block: &'a RowBlock,
        index: usize,
        row: RowRef<'a>,
        parser: &RowParser,
        zone: &Zone,
    ) -> Result<Entry<'a>, Refusal> {
        self.read(block, index, row, parser, zone).map_err(|reason| {
            let cells = (0..self.header.len()).map(|column| block.raw(index, column).unwrap_or_default());
            Refusal::new(reason, &cells.collect::<Vec<_>>().join(","))
        })
    }

    fn read<'a>(
        &'a self,
        block: &'a RowBlock,
        index: usize,
        row: RowRef<'a>,
        parser: &RowParser,
        zone: &Zone,
    ) -> Result<Entry<'a>, String> {
        let trimmed = |column| trimmed(block, index, column);
        let Roles { lead, kind, at, id } = self.roles;
        let time = trimmed(at);
        let at = match row.value(at) {
            Some(Cell::Date(date)) => match date.to_timestamp(zone) {
                Ok(at) => LogTime { at, unit: None },
                // Too late for a time of ours; this says so.
                Err(_) => LogTime::parse(&date.to_string(), zone)?,
            },
            _ => LogTime::parse(time, zone).map_err(|reason| match parser.fault(at, time) {
                Some(fault) if !time.is_empty() => format!("the time `{time}` {}", told(fault)),
                _ => reason,
            })?,
        };
        let (lead, kind) = (trimmed(lead), trimmed(kind));
        check_lead(lead)?;
        if kind.is_empty() {
            return Err("the kind is blank".to_owned());
        }
        if self.is_strict {
            self.refuse_unreadable(row, parser)?;
        }
        let written = id.map(&trimmed);
        let has_rounded_id = written.is_some_and(is_rounded);
        let id = written.filter(|id| is_id(id) && !has_rounded_id);
        let properties = Properties::Table { row, columns: self };
        Ok(Entry { lead, kind, at, id, has_rounded_id, has_word_as_id: has_word_as_id(written), properties })
    }

    /// In strict mode, refuses a row with a property that holds a digit and still has no value.
    fn refuse_unreadable(&self, row: RowRef<'_>, parser: &RowParser) -> Result<(), String> {
        let own = self.own();
        for (column, name) in self.header.iter().enumerate().filter(|(column, _)| !own.contains(column)) {
            let raw = row.raw(column).unwrap_or_default().trim();
            if row.value(column) == Some(Cell::Missing) && raw.contains(|c: char| c.is_ascii_digit()) {
                let fault = parser.fault(column, raw).map_or_else(|| "has no one meaning".to_owned(), told);
                return Err(format!("column `{name}`: `{raw}` {fault}"));
            }
        }
        Ok(())
    }

    pub(super) fn properties(&self, row: RowRef<'_>) -> BTreeMap<String, Attribute> {
        let own = self.own();
        let property = |(column, name): (usize, &String)| {
            let value = match row.value(column) {
                Some(Cell::Number(number)) => Attribute::Number(number),
                _ => Attribute::Text(row.text(column)?.into_owned()),
            };
            Some((name.clone(), value))
        };
        let columns = self.header.iter().enumerate();
        columns.filter(|(column, _)| !own.contains(column)).filter_map(property).collect()
    }
}

/// What is wrong with a cell of a log, and which mapping reads it.
fn told(fault: Fault) -> String {
    let settled =
        fault.setting.map(|setting| format!("; {} reads it", setting.in_mapping(Some("activities"))));
    format!("{}{}", fault.what, settled.unwrap_or_default())
}

fn trimmed(block: &RowBlock, row: usize, column: usize) -> &str {
    block.raw(row, column).map(str::trim).unwrap_or_default()
}

/// Whether a spreadsheet rounded an id to `1.23E+15`, which others have too then.
fn is_rounded(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once("E+") else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    is_digits(whole) && is_digits(fraction) && is_digits(exponent)
}
