//! A log as a table.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::ControlFlow;

use leadscore::{Attribute, Error, Timestamp, Zone};
use leadscore_csv::{Cell, CellBuffer, CellNotes, CsvOptions, CsvReader, RowBlock, RowParser, RowRef};

use super::{Entry, LogRow, Properties};
use crate::read::InputFile;
use crate::read::columns::find_column;
use crate::{in_file, unreadable};

/// Rows that are cut before their cells are parsed: few enough to stay in the processor's cache.
const BLOCK_ROWS: usize = 256;

pub(in super::super) struct TableRows {
    name: String,
    reader: CsvReader<Box<dyn BufRead>>,
    columns: LogColumns,
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
        select: impl FnOnce(&LogColumns) -> Option<Vec<usize>>,
    ) -> Result<TableRows, Error> {
        let name = file.name;
        let mut reader =
            CsvReader::open(file.bytes, CsvOptions::default()).map_err(|error| in_file(&name, error))?;
        let header = reader.columns().iter().map(|column| column.name.clone()).collect();
        let columns = LogColumns::find(&name, header)?;
        let mut parser = reader.parser();
        if let Some(selected) = select(&columns) {
            reader.select(&selected);
            // Of all others the text is enough.
            parser = reader.parser().only(&[columns.at]);
        }
        Ok(TableRows {
            parser,
            name,
            reader,
            columns,
            block: RowBlock::default(),
            next: 0,
            cells: CellBuffer::default(),
            notes: CellNotes::default(),
        })
    }

    pub(super) fn has_ids(&self) -> bool {
        self.columns.id.is_some()
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
                let row = self.parser.parse(&self.block, self.next, &mut self.cells, &mut self.notes);
                let entry = self.columns.entry(&self.block, self.next, row, zone);
                if visitor(LogRow { line: row.line(), entry }).is_break() {
                    return Ok(());
                }
                self.next += 1;
            }
            if !self.next_block()? {
                return Ok(());
            }
            for rejected in self.block.rejected() {
                let entry = Err(rejected.reason.clone());
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
                if visitor(trimmed(&self.block, self.next, self.columns.lead)).is_break() {
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
    pub(super) lead: usize,
    kind: usize,
    at: usize,
    pub(super) id: Option<usize>,
    header: Vec<String>,
}

impl LogColumns {
    fn find(name: &str, header: Vec<String>) -> Result<LogColumns, Error> {
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
        Ok(LogColumns { lead, kind, at, id, header })
    }

    /// The columns that are no properties.
    pub(super) fn own(&self) -> Vec<usize> {
        [self.lead, self.kind, self.at].into_iter().chain(self.id).collect()
    }

    /// The activity of a row, or why it is none.
    fn entry<'a>(
        &'a self,
        block: &'a RowBlock,
        index: usize,
        row: RowRef<'a>,
        zone: &Zone,
    ) -> Result<Entry<'a>, String> {
        let trimmed = |column| trimmed(block, index, column);
        let at = match row.value(self.at) {
            Some(Cell::Date(date)) => date.to_timestamp(zone).map_err(|error| error.to_string())?,
            Some(Cell::Text(text)) => Timestamp::parse(text, zone).map_err(|error| error.to_string())?,
            _ => return Err(format!("`{}` is not a time", trimmed(self.at))),
        };
        let kind = trimmed(self.kind);
        if kind.is_empty() {
            return Err("the kind is blank".to_owned());
        }
        let id = self.id.map(&trimmed).filter(|id| !id.is_empty());
        let properties = Properties::Table { row, columns: self };
        Ok(Entry { lead: trimmed(self.lead), kind, at, id, properties })
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

fn trimmed(block: &RowBlock, row: usize, column: usize) -> &str {
    block.raw(row, column).map(str::trim).unwrap_or_default()
}
