//! Rows of a table as records: blocks are cut on one thread, and read, scored and written on others.

use std::borrow::Cow;
use std::sync::Arc;

use leadscore::record::{Activities, AttributeKey, AttributeRef, Record};
use leadscore::{Attribute, FeatureSchema, Lead};
use leadscore_csv::{Cell, CellBuffer, CellNotes, Column, ColumnKind, RowBlock, RowParser, RowRef};

use super::Rejection;
use super::activity_log::ActivityLog;
use super::carried::{CarriedColumn, CarriedColumns};

/// How the rows of a table become leads; shared by the threads that score.
pub(crate) struct TablePlan {
    parser: RowParser,
    id: Option<usize>,
    /// The columns by the number of the attribute in the schema.
    sources: Vec<Option<AttributeSource>>,
    /// Every attribute that is shown or read, with its column.
    pub(super) columns: Vec<AttributeColumn>,
    column_names: Vec<String>,
    is_strict: bool,
    /// The columns that go through to the output.
    pub(super) carried: CarriedColumns,
}

/// An attribute and the column it comes from.
#[derive(Clone)]
pub(super) struct AttributeColumn {
    pub(super) attribute: String,
    pub(super) column: usize,
}

#[derive(Clone, Copy)]
struct AttributeSource {
    column: usize,
    /// Whether the column holds dates, and some feature wants them as the texts they are.
    wants_date_text: bool,
    /// Whether a model's levels are looked up in it, letter for letter.
    as_written: bool,
}

/// Rows that were cut but not yet read.
#[derive(Default)]
pub(crate) struct TableBlock {
    pub(super) rows: RowBlock,
    /// How many rows, rejected ones among them, came before the block.
    pub(super) row_offset: u64,
    /// The activities of its leads, if there is a log.
    pub(super) log: Option<Arc<ActivityLog>>,
}

impl TableBlock {
    /// The activities of its leads, if there is a log.
    pub(crate) fn log(&self) -> Option<&ActivityLog> {
        self.log.as_deref()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.row_count() == 0 && self.rows.rejected().is_empty()
    }
}

/// Buffers for reading a block, used again for the next.
#[derive(Default)]
pub(crate) struct TableBuffers {
    cells: Vec<CellBuffer>,
    pub(super) notes: CellNotes,
    pub(super) blank_ids: BlankIds,
    /// The id of the block's first lead.
    pub(super) first_id: Option<String>,
}

/// The leads whose id is blank.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BlankIds {
    pub(super) count: u64,
    pub(super) first_line: u64,
}

impl BlankIds {
    pub(super) fn add(&mut self, other: BlankIds) {
        if self.count == 0 {
            self.first_line = other.first_line;
        }
        self.count += other.count;
    }
}

/// One row as a record.
pub(crate) struct TableRow<'a> {
    plan: &'a TablePlan,
    row: RowRef<'a>,
    /// The number of the row among all data rows, from 1.
    pub(crate) number: u64,
    id: Cow<'a, str>,
    activities: Activities<'a>,
    /// Dates that a feature wants as text, by attribute.
    date_texts: Vec<DateText>,
    /// Its block and its place there, for cells that are not read but go through to the output.
    written: Option<(&'a RowBlock, usize)>,
}

struct DateText {
    attribute: usize,
    text: String,
}

impl TablePlan {
    pub(super) fn new(
        parser: RowParser,
        id: Option<usize>,
        columns: Vec<AttributeColumn>,
        table_columns: &[Column],
        schema: &FeatureSchema,
        is_strict: bool,
    ) -> TablePlan {
        let source = |name: &str| {
            let column = columns.iter().find(|own| own.attribute == name)?.column;
            let holds_dates = table_columns[column].kind == ColumnKind::Date;
            let wants_date_text = holds_dates && !schema.reads_only_dates(name);
            Some(AttributeSource { column, wants_date_text, as_written: schema.reads_as_written(name) })
        };
        let sources = schema.attribute_names().iter().map(source).collect();
        let column_names = table_columns.iter().map(|column| column.name.clone()).collect();
        TablePlan {
            parser,
            id,
            sources,
            columns,
            column_names,
            is_strict,
            carried: CarriedColumns::default(),
        }
    }

    /// Reads the rows of a block into records. Rows that strict mode refuses go to `rejections`, with those that were
    /// rejected when the block was cut.
    pub(crate) fn read<'a>(
        &'a self,
        block: &'a TableBlock,
        buffers: &'a mut TableBuffers,
        rejections: &mut Vec<Rejection>,
    ) -> Vec<TableRow<'a>> {
        let TableBuffers { cells, notes, blank_ids, first_id } = buffers;
        let log = block.log();
        let mut rejected = block.rows.rejected().iter();
        let mut next_rejected = rejected.next();
        let mut number = block.row_offset;
        let row_count = block.rows.row_count();
        if cells.len() < row_count {
            cells.resize_with(row_count, CellBuffer::default);
        }
        let mut records: Vec<TableRow<'_>> = Vec::with_capacity(row_count);
        for (index, cells) in cells.iter_mut().take(row_count).enumerate() {
            let row = self.parser.parse(&block.rows, index, cells, notes);
            while let Some(earlier) = next_rejected.filter(|rejected| rejected.line < row.line()) {
                rejections.push(Rejection::new(earlier.line, &*earlier.reason, &*earlier.raw));
                number += 1;
                next_rejected = rejected.next();
            }
            number += 1;
            if let Some(reason) = self.refusal(row) {
                let written = self.columns.iter().filter_map(|own| row.raw(own.column));
                let raw = written.collect::<Vec<_>>().join(",");
                rejections.push(Rejection::new(row.line(), reason, raw));
                continue;
            }
            let mut record = self.record(row, number, log, blank_ids);
            record.written = Some((&block.rows, index));
            records.push(record);
        }
        rejections.extend(
            next_rejected
                .into_iter()
                .chain(rejected)
                .map(|rejected| Rejection::new(rejected.line, &*rejected.reason, &*rejected.raw)),
        );
        *first_id = records.first().filter(|_| log.is_some()).map(|record| record.id.to_string());
        records
    }

    /// The ids of a block's rows.
    pub(super) fn ids<'b>(&self, block: &'b TableBlock) -> Vec<Cow<'b, str>> {
        let mut rejected = block.rows.rejected().iter().peekable();
        let mut number = block.row_offset;
        let id = |row: usize| {
            while rejected.next_if(|rejected| Some(rejected.line) < block.rows.line(row)).is_some() {
                number += 1;
            }
            number += 1;
            let written = self.id.and_then(|column| block.rows.raw(row, column)).map(str::trim);
            match written {
                Some(id) if !id.is_empty() => Cow::Borrowed(id),
                _ => Cow::Owned(number.to_string()),
            }
        };
        (0..block.rows.row_count()).map(id).collect()
    }

    /// Reads one row.
    pub(super) fn record<'a>(
        &'a self,
        row: RowRef<'a>,
        number: u64,
        log: Option<&'a ActivityLog>,
        blank_ids: &mut BlankIds,
    ) -> TableRow<'a> {
        let written = self.id.and_then(|column| row.raw(column)).map(str::trim);
        if written == Some("") {
            blank_ids.add(BlankIds { count: 1, first_line: row.line() });
        }
        let id = match written {
            Some(id) if !id.is_empty() => Cow::Borrowed(id),
            _ => Cow::Owned(number.to_string()),
        };
        let activities = log.map_or_else(Activities::default, |log| log.activities(&id));
        let mut date_texts = Vec::new();
        for (attribute, source) in self.sources.iter().enumerate() {
            if let Some(source) = source
                && source.wants_date_text
                && let Some(Cell::Date(_)) = row.value(source.column)
            {
                let text = row.text(source.column).unwrap_or_default().into_owned();
                date_texts.push(DateText { attribute, text });
            }
        }
        TableRow { plan: self, row, number, id, activities, date_texts, written: None }
    }

    /// In strict mode, why a row is refused: a cell that holds something and still has no value, because it can be read
    /// in two ways, or not as its column's kind. Words for missing, such as `N/A`, have no digit.
    pub(super) fn refusal(&self, row: RowRef<'_>) -> Option<String> {
        if !self.is_strict {
            return None;
        }
        let column = self.columns.iter().map(|own| own.column).find(|column| {
            let is_missing = matches!(row.value(*column), None | Some(Cell::Missing));
            is_missing && row.raw(*column).is_some_and(|raw| raw.contains(|c: char| c.is_ascii_digit()))
        })?;
        let name = &self.column_names[column];
        let raw = row.raw(column).unwrap_or_default().trim();
        Some(format!("column `{name}`: `{raw}` has no one meaning"))
    }

    /// The lead's id as it was written, if it was.
    pub(super) fn written_id(&self, row: RowRef<'_>) -> Option<String> {
        let written = row.raw(self.id?)?.trim();
        (!written.is_empty()).then(|| written.to_owned())
    }

    pub(super) fn id_column_name(&self) -> Option<&str> {
        self.column_names.get(self.id?).map(String::as_str)
    }
}

impl TableRow<'_> {
    /// The physical line where the row starts, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.row.line()
    }

    /// What a column that goes through to the output holds.
    pub(crate) fn carried(&self, own: &CarriedColumn) -> Attribute {
        own.of_row(|column| self.written.and_then(|(rows, index)| rows.raw(index, column)))
    }

    /// The row as a lead, with all attributes that are read or shown, but without its activities.
    pub(crate) fn to_lead(&self) -> Lead {
        let mut lead = Lead::new(&*self.id);
        for AttributeColumn { attribute, column } in &self.plan.columns {
            let as_written =
                self.plan.sources.iter().flatten().any(|own| own.as_written && own.column == *column);
            let value = match self.row.value(*column).unwrap_or(Cell::Missing) {
                _ if as_written => Attribute::Text(self.row.raw(*column).unwrap_or_default().to_owned()),
                Cell::Number(number) => Attribute::Number(number),
                Cell::Missing => Attribute::Number(f64::NAN),
                Cell::Text(_) | Cell::Flag(_) | Cell::Date(_) => {
                    Attribute::Text(self.row.text(*column).unwrap_or_default().into_owned())
                }
            };
            lead.attributes.insert(attribute.clone(), value);
        }
        lead
    }
}

impl Record for TableRow<'_> {
    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        let source = (*self.plan.sources.get(key.index())?)?;
        if source.as_written {
            return self.row.raw(source.column).map(AttributeRef::Text);
        }
        match self.row.value(source.column)? {
            Cell::Text(text) => Some(AttributeRef::Text(text)),
            Cell::Number(number) => Some(AttributeRef::Number(number)),
            Cell::Missing => None,
            Cell::Date(date) if !source.wants_date_text => Some(AttributeRef::Date(date)),
            Cell::Date(_) => {
                let own = self.date_texts.iter().find(|date| date.attribute == key.index())?;
                Some(AttributeRef::Text(&own.text))
            }
            // As it was written: to a category or a text, `Yes` is not `true`.
            Cell::Flag(_) => self.row.raw(source.column).map(|raw| AttributeRef::Text(raw.trim())),
        }
    }

    fn activities(&self) -> Activities<'_> {
        self.activities
    }
}
