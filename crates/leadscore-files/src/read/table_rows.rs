//! Rows of a table as records: blocks are cut on one thread, and read, scored and written on others.

use std::borrow::Cow;
use std::sync::Arc;

use leadscore::record::{Activities, AttributeKey, AttributeRef, Record};
use leadscore::{Attribute, FeatureSchema, Lead, Timestamp, Zone};
use leadscore_csv::{Cell, CellBuffer, CellNotes, Column, ColumnKind, RowBlock, RowParser, RowRef};

use super::activity_log::ActivityLog;
use super::carried::{CarriedColumn, CarriedColumns};
use super::columns::{NAME, full_name};
use super::duplicates::Identity;
use super::ids::{MissingIds, is_id};
use super::money::{AmountTally, scaled};
use super::{Rejection, row_id};

/// The start of the year 9999, in milliseconds since 1970.
const YEAR_9999: i64 = 253_370_764_800_000;

/// How the rows of a table become leads; shared by the threads that score.
pub(crate) struct TablePlan {
    parser: RowParser,
    id: Option<usize>,
    email: Option<usize>,
    /// The columns of a first and a last name, where no column holds the whole.
    pub(super) name_parts: Vec<usize>,
    /// The columns of the attributes that are weighed.
    weighed: Vec<usize>,
    /// The columns of dates.
    dates: Vec<usize>,
    /// The columns of amounts in US dollars.
    pub(super) amounts: Vec<AmountColumn>,
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

/// A column of amounts in US dollars.
pub(super) struct AmountColumn {
    pub(super) attribute: String,
    pub(super) column: usize,
    /// What its numbers are multiplied by.
    pub(super) scale: f64,
}

/// Which columns hold what.
pub(super) struct HeldColumns {
    pub(super) id: Option<usize>,
    pub(super) name_parts: Vec<usize>,
    pub(super) weighed: Vec<usize>,
    pub(super) columns: Vec<AttributeColumn>,
    pub(super) amounts: Vec<AmountColumn>,
}

#[derive(Clone, Copy)]
enum AttributeSource {
    /// A column of the table.
    Column(ColumnSource),
    /// The first and the last name together.
    NameParts,
}

#[derive(Clone, Copy)]
struct ColumnSource {
    column: usize,
    /// Whether the column holds dates, and some feature wants them as the texts they are.
    wants_date_text: bool,
    /// Whether a model's levels are looked up in it, letter for letter.
    as_written: bool,
    /// What its numbers are multiplied by.
    scale: f64,
}

/// Rows that were cut but not yet read.
#[derive(Default)]
pub(crate) struct TableBlock {
    pub(super) rows: RowBlock,
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
    pub(super) missing_ids: MissingIds,
    /// The id of the block's first lead that has one.
    pub(super) first_id: Option<String>,
    /// Who its leads are, each with its place in the block.
    pub(super) identities: Vec<(usize, Identity)>,
    /// Whether some lead has a value of an attribute that is weighed.
    pub(super) has_weighed_value: bool,
    /// The newest date in a column that is read.
    pub(super) newest_date: Option<Timestamp>,
    /// By the amounts of the plan.
    pub(super) amount_tallies: Vec<AmountTally>,
}

/// One row as a record.
pub(crate) struct TableRow<'a> {
    plan: &'a TablePlan,
    row: RowRef<'a>,
    /// The id as it is written, or made of the row's number.
    id: Cow<'a, str>,
    /// Whether the id is written.
    has_id: bool,
    activities: Activities<'a>,
    /// Texts that are no cell as it stands, by attribute.
    own_texts: Vec<OwnText>,
    /// Its block and its place there, for cells that are not read but go through to the output.
    written: Option<(&'a RowBlock, usize)>,
}

struct OwnText {
    attribute: usize,
    text: String,
}

impl TablePlan {
    pub(super) fn new(
        parser: RowParser,
        held: HeldColumns,
        table_columns: &[Column],
        schema: &FeatureSchema,
        is_strict: bool,
    ) -> TablePlan {
        let HeldColumns { id, name_parts, weighed, columns, amounts } = held;
        let column_of = |name: &str| Some(columns.iter().find(|own| own.attribute == name)?.column);
        let source = |name: &str| {
            let Some(column) = column_of(name) else {
                return (name == NAME && !name_parts.is_empty()).then_some(AttributeSource::NameParts);
            };
            let holds_dates = table_columns[column].kind == ColumnKind::Date;
            let wants_date_text = holds_dates && !schema.reads_only_dates(name);
            let as_written = schema.reads_as_written(name);
            let scale = amounts.iter().find(|own| own.column == column).map_or(1.0, |own| own.scale);
            Some(AttributeSource::Column(ColumnSource { column, wants_date_text, as_written, scale }))
        };
        let sources = schema.attribute_names().iter().map(source).collect();
        let holds_dates = |column: &usize| table_columns[*column].kind == ColumnKind::Date;
        let dates = columns.iter().map(|own| own.column).filter(holds_dates).collect();
        let email = column_of("email");
        let column_names = table_columns.iter().map(|column| column.name.clone()).collect();
        TablePlan {
            parser,
            id,
            email,
            name_parts,
            weighed,
            dates,
            amounts,
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
        let TableBuffers {
            cells,
            notes,
            missing_ids,
            first_id,
            identities,
            has_weighed_value,
            newest_date,
            amount_tallies,
        } = buffers;
        amount_tallies.clear();
        amount_tallies.resize(self.amounts.len(), AmountTally::default());
        let log = block.log();
        let mut rejected = block.rows.rejected().iter();
        let mut next_rejected = rejected.next();
        identities.clear();
        *has_weighed_value = false;
        let row_count = block.rows.row_count();
        if cells.len() < row_count {
            cells.resize_with(row_count, CellBuffer::default);
        }
        let mut records: Vec<TableRow<'_>> = Vec::with_capacity(row_count);
        for (index, cells) in cells.iter_mut().take(row_count).enumerate() {
            let row = self.parser.parse(&block.rows, index, cells, notes);
            while let Some(earlier) = next_rejected.filter(|rejected| rejected.line < row.line()) {
                rejections.push(Rejection::new(earlier.line, &*earlier.reason, &*earlier.raw));
                next_rejected = rejected.next();
            }
            if let Some(reason) = self.refusal(row) {
                let written = self.columns.iter().filter_map(|own| row.raw(own.column));
                let raw = written.collect::<Vec<_>>().join(",");
                rejections.push(Rejection::new(row.line(), reason, raw));
                continue;
            }
            *has_weighed_value = *has_weighed_value || self.has_weighed_value(row);
            *newest_date = (*newest_date).max(self.newest_date(row));
            self.count_amounts(row, amount_tallies);
            let email = self.email.and_then(|column| row.raw(column));
            identities.push((index, Identity::new(row.number(), self.written_id(row), email)));
            let mut record = self.record(row, log, missing_ids);
            record.written = Some((&block.rows, index));
            records.push(record);
        }
        rejections.extend(
            next_rejected
                .into_iter()
                .chain(rejected)
                .map(|rejected| Rejection::new(rejected.line, &*rejected.reason, &*rejected.raw)),
        );
        let first = records.iter().find(|record| record.has_id).filter(|_| log.is_some());
        *first_id = first.map(|record| record.id.to_string());
        records
    }

    /// The ids of a block's rows, of those that have one.
    pub(super) fn ids<'b>(&self, block: &'b TableBlock) -> Vec<&'b str> {
        let rows = 0..block.rows.row_count();
        rows.filter_map(|row| self.id_at(block, row)).collect()
    }

    /// The id of a block's row, if it has one.
    pub(super) fn id_at<'b>(&self, block: &'b TableBlock, row: usize) -> Option<&'b str> {
        cell(&block.rows, row, self.id).filter(|id| is_id(id))
    }

    /// The e-mail address of a block's row, if it has one.
    pub(super) fn email_at<'b>(&self, block: &'b TableBlock, row: usize) -> Option<&'b str> {
        cell(&block.rows, row, self.email)
    }

    /// Whether a row has a value of an attribute that is weighed.
    pub(super) fn has_weighed_value(&self, row: RowRef<'_>) -> bool {
        self.weighed.iter().any(|column| !matches!(row.value(*column), None | Some(Cell::Missing)))
    }

    /// The newest date of a row in the columns that are read; the year 9999 means that there is no end.
    pub(super) fn newest_date(&self, row: RowRef<'_>) -> Option<Timestamp> {
        let utc = Zone::utc();
        let date = |column: &usize| match row.value(*column)? {
            Cell::Date(date) => date.to_timestamp(&utc).ok().filter(|at| at.as_millis() < YEAR_9999),
            _ => None,
        };
        self.dates.iter().filter_map(date).max()
    }

    /// Counts the amounts of a row.
    pub(super) fn count_amounts(&self, row: RowRef<'_>, tallies: &mut [AmountTally]) {
        for (own, tally) in self.amounts.iter().zip(tallies) {
            if let Some(amount) = row.value(own.column).and_then(|cell| scaled(cell, own.scale)) {
                tally.add(amount);
            }
        }
    }

    /// The amount of a cell in a column whose name states a unit; none where it is not to be multiplied.
    fn multiplied(&self, column: usize, cell: Cell<'_>) -> Option<f64> {
        let own = self.amounts.iter().find(|own| own.column == column && own.scale != 1.0)?;
        scaled(cell, own.scale)
    }

    /// Whether the pipeline reads a column as an attribute.
    pub(super) fn is_attribute(&self, column: usize) -> bool {
        let is_own =
            |source: &AttributeSource| matches!(source, AttributeSource::Column(own) if own.column == column);
        self.sources.iter().flatten().any(is_own)
    }

    /// Reads one row.
    pub(super) fn record<'a>(
        &'a self,
        row: RowRef<'a>,
        log: Option<&'a ActivityLog>,
        missing_ids: &mut MissingIds,
    ) -> TableRow<'a> {
        let written = self.written_id(row);
        let (id, activities) = if let Some(id) = written {
            (Cow::Borrowed(id), log.map_or_else(Activities::default, |log| log.activities(id)))
        } else {
            // No log can mean a lead whose id is not known.
            let placeholder = self.id.and_then(|column| row.raw(column)).unwrap_or_default();
            missing_ids.add((row.number(), row.line()), placeholder);
            (Cow::Owned(row_id(row.number())), Activities::default())
        };
        let mut own_texts = Vec::new();
        for (attribute, source) in self.sources.iter().enumerate() {
            let text = match source {
                Some(AttributeSource::Column(ColumnSource { column, wants_date_text: true, .. })) => {
                    match row.value(*column) {
                        Some(Cell::Date(_)) => row.text(*column).map(Cow::into_owned),
                        _ => None,
                    }
                }
                Some(AttributeSource::NameParts) => self.full_name(row),
                _ => None,
            };
            own_texts.extend(text.map(|text| OwnText { attribute, text }));
        }
        TableRow { plan: self, row, id, has_id: written.is_some(), activities, own_texts, written: None }
    }

    /// The first and the last name of a row, where they stand in columns of their own.
    fn full_name(&self, row: RowRef<'_>) -> Option<String> {
        full_name(self.name_parts.iter().filter_map(|column| match row.value(*column)? {
            Cell::Missing => None,
            _ => row.raw(*column),
        }))
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
        let Some(fault) = self.parser.fault(column, raw) else {
            return Some(format!("column `{name}`: `{raw}` has no one meaning"));
        };
        let settled = fault.setting.map(|setting| format!("; {} reads it", setting.in_mapping(None)));
        Some(format!("column `{name}`: `{raw}` {}{}", fault.what, settled.unwrap_or_default()))
    }

    /// The lead's id as it was written, if it was.
    pub(super) fn written_id<'a>(&self, row: RowRef<'a>) -> Option<&'a str> {
        Some(row.raw(self.id?)?.trim()).filter(|id| is_id(id))
    }

    pub(super) fn id_column_name(&self) -> Option<&str> {
        self.column_names.get(self.id?).map(String::as_str)
    }
}

/// The value of a table's cell as features and models read it: a number as the table writes numbers, a flag as it was
/// written, and nothing where the cell has no certain value. `as_written` is for levels, which are compared letter for
/// letter.
#[inline]
pub fn cell_value(row: RowRef<'_>, column: usize, as_written: bool) -> Option<AttributeRef<'_>> {
    if as_written {
        return row.raw(column).map(AttributeRef::Text);
    }
    match row.value(column)? {
        Cell::Text(text) => Some(AttributeRef::Text(text)),
        Cell::Number(number) => Some(AttributeRef::Number(number)),
        Cell::Date(date) => Some(AttributeRef::Date(date)),
        Cell::Missing => None,
        // To a category or a text, `Yes` is not `true`.
        Cell::Flag(_) => row.raw(column).map(|raw| AttributeRef::Text(raw.trim())),
    }
}

/// A cell of a block that is not blank, as it is written.
fn cell(rows: &RowBlock, row: usize, column: Option<usize>) -> Option<&str> {
    Some(rows.raw(row, column?)?.trim()).filter(|text| !text.is_empty())
}

impl TableRow<'_> {
    /// The number of the row among all data rows, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.row.number()
    }

    /// Whether the lead's id is written, and not made of the row's number.
    pub(crate) fn has_id(&self) -> bool {
        self.has_id
    }

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
            let as_written = self.plan.sources.iter().flatten().any(
                |own| matches!(own, AttributeSource::Column(own) if own.as_written && own.column == *column),
            );
            let cell = self.row.value(*column).unwrap_or(Cell::Missing);
            if let Some(amount) = self.plan.multiplied(*column, cell) {
                lead.attributes.insert(attribute.clone(), Attribute::Number(amount));
                continue;
            }
            let value = match cell {
                _ if as_written => Attribute::Text(self.row.raw(*column).unwrap_or_default().to_owned()),
                Cell::Number(number) => Attribute::Number(number),
                Cell::Missing => Attribute::Number(f64::NAN),
                Cell::Text(_) | Cell::Flag(_) | Cell::Date(_) => {
                    Attribute::Text(self.row.text(*column).unwrap_or_default().into_owned())
                }
            };
            lead.attributes.insert(attribute.clone(), value);
        }
        if let Some(name) = self.plan.full_name(self.row) {
            lead.attributes.insert(NAME.to_owned(), Attribute::Text(name));
        }
        lead
    }
}

impl Record for TableRow<'_> {
    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }

    fn attribute(&self, key: AttributeKey<'_>) -> Option<AttributeRef<'_>> {
        let own_text = || {
            let own = self.own_texts.iter().find(|own| own.attribute == key.index())?;
            Some(AttributeRef::Text(&own.text))
        };
        let source = (*self.plan.sources.get(key.index())?)?;
        let AttributeSource::Column(source) = source else { return own_text() };
        let ColumnSource { column, wants_date_text, as_written, scale } = source;
        if scale != 1.0
            && let Some(amount) = self.row.value(column).and_then(|cell| scaled(cell, scale))
        {
            return Some(AttributeRef::Number(amount));
        }
        match cell_value(self.row, column, as_written)? {
            AttributeRef::Date(_) if wants_date_text => own_text(),
            value => Some(value),
        }
    }

    fn activities(&self) -> Activities<'_> {
        self.activities
    }
}
