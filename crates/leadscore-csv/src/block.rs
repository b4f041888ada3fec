//! Blocks of rows that are cut but not yet parsed, and the parser for their cells.

use std::borrow::Cow;
use std::sync::Arc;

use leadscore::DateTime;

use super::encoding::{Charset, MinorityEncoding};
use super::fault::Fault;
use super::fields::Fields;
use super::notes::{CellNotes, Note, WarningLog};
use super::plan::{self, ColumnPlan, DecimalPolicy, Value};
use super::row::{Cell, CellValue, ParsedCell, RowRef};
use super::shape::{flag, spreadsheet_text};
use super::table::{ColumnKind, Rejected};
use super::{date, number, trim};

/// Rows that are cut and decoded but not yet parsed: text and offsets only, cheap to send to another thread.
#[derive(Debug, Clone, Default)]
pub struct RowBlock {
    text: String,
    /// The ends of the fields in the text: as many for each row as there are columns.
    ends: Vec<u32>,
    width: usize,
    rows: Vec<RowPosition>,
    rejected: Vec<Rejected>,
}

#[derive(Debug, Clone, Copy)]
struct RowPosition {
    line: u64,
    number: u64,
    /// Where the row's first field starts in the text.
    start: u32,
}

impl RowBlock {
    /// The number of rows.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The rows rejected between, before or after the block's own, in the order of their lines.
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// The physical line where a row starts, from 1; `None` if there is no such row.
    pub fn line(&self, row: usize) -> Option<u64> {
        self.rows.get(row).map(|row| row.line)
    }

    /// What [`RowRef::raw`] gives for a selected column once the row is parsed; `None` if there is no such cell.
    pub fn raw(&self, row: usize, column: usize) -> Option<&str> {
        let ends = self.ends.get(row * self.width..(row + 1) * self.width)?;
        let start = match column.checked_sub(1) {
            Some(before) => *ends.get(before)?,
            None => self.rows.get(row)?.start,
        };
        let raw = self.text.get(start as usize..*ends.get(column)? as usize)?;
        Some(spreadsheet_text(trim(raw)).unwrap_or(raw))
    }

    pub(crate) fn clear(&mut self, width: usize) {
        self.text.clear();
        self.ends.clear();
        self.rows.clear();
        self.rejected.clear();
        self.width = width;
    }

    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn reject(&mut self, rejected: Rejected) {
        self.rejected.push(rejected);
    }

    /// Decodes a row's fields and appends them.
    pub(crate) fn push(
        &mut self,
        fields: &Fields,
        (line, number): (u64, u64),
        charset: Charset,
        plan: &RowPlan,
        warnings: &mut WarningLog,
    ) {
        let start = self.text.len() as u32;
        self.rows.push(RowPosition { line, number, start });
        let Some(text) = decoded_whole(fields, charset) else {
            self.push_cell_by_cell(fields, line, charset, plan, warnings);
            return;
        };
        self.text.push_str(text);
        let lossy = matches!(charset, Charset::Stream(_) | Charset::Utf32 { .. });
        if lossy && text.contains(char::REPLACEMENT_CHARACTER) {
            warnings.line(line, Note::Undecodable);
        }
        self.ends.extend(fields.ends().iter().take(self.width).map(|end| start + *end as u32));
    }

    fn push_cell_by_cell(
        &mut self,
        fields: &Fields,
        line: u64,
        charset: Charset,
        plan: &RowPlan,
        warnings: &mut WarningLog,
    ) {
        for (field, selected) in fields.iter().zip(&plan.selected) {
            if *selected {
                let (cell, is_minority) = charset.decode(field);
                if is_minority {
                    warnings.line(line, Note::OtherEncoding);
                }
                if cell.contains('\0') {
                    warnings.line(line, Note::Nul);
                    self.text.extend(cell.chars().filter(|c| *c != '\0'));
                } else {
                    self.text.push_str(&cell);
                }
            }
            self.ends.push(self.text.len() as u32);
        }
    }

    pub(crate) fn view<'a>(&'a self, row: usize, cells: &'a CellBuffer) -> RowRef<'a> {
        let text = &self.text;
        let Some(RowPosition { line, number, .. }) = self.rows.get(row).copied() else {
            return RowRef { line: 0, number: 0, text, cells: &[], dates: &[] };
        };
        RowRef { line, number, text, cells: &cells.cells, dates: &cells.dates }
    }
}

/// All fields of a row as one text, if none of them needs to be decoded by itself.
fn decoded_whole(fields: &Fields, charset: Charset) -> Option<&str> {
    let bytes = fields.bytes();
    let text = std::str::from_utf8(bytes).ok()?;
    if memchr::memchr(0, bytes).is_some() {
        return None;
    }
    if bytes.is_ascii() {
        return Some(text);
    }
    let minority_utf8 = Charset::Utf8OrWindows1252 { minority_encoding: MinorityEncoding::Utf8 };
    if charset == minority_utf8 || matches!(charset, Charset::Single(_)) {
        return None;
    }
    // Two fields may be valid together without each being so.
    fields.ends().iter().all(|end| text.is_char_boundary(*end)).then_some(text)
}

/// Buffers for the parsed cells of one row, to be used again for the next.
#[derive(Debug, Clone, Default)]
pub struct CellBuffer {
    cells: Vec<ParsedCell>,
    dates: Vec<DateTime>,
}

impl CellBuffer {
    fn add_date(&mut self, date: DateTime, month_first: bool) -> CellValue {
        let index = self.dates.len() as u32;
        self.dates.push(date);
        CellValue::Date { index, month_first }
    }

    fn value(&mut self, value: Value) -> CellValue {
        match value {
            Value::Missing => CellValue::Missing,
            Value::Number(number) => CellValue::Number(number),
            Value::Flag(flag) => CellValue::Flag(flag),
            Value::Date { date, month_first } => self.add_date(date, month_first),
            Value::Text => CellValue::Text,
        }
    }
}

/// A buffer for one row, to be used again for the next.
#[derive(Debug, Default)]
pub struct Row {
    pub(crate) block: RowBlock,
    pub(crate) cells: CellBuffer,
}

impl Row {
    pub(crate) fn clear(&mut self, width: usize) {
        self.block.clear(width);
    }

    /// The row as a view, which is what the methods below read from.
    pub fn view(&self) -> RowRef<'_> {
        self.block.view(0, &self.cells)
    }

    /// The physical line where the row starts, from 1.
    pub fn line(&self) -> u64 {
        self.view().line
    }

    /// The number of the row among the data rows, from 1; rejected rows and those without a value count too.
    pub fn number(&self) -> u64 {
        self.view().number
    }

    /// As [`RowRef::value`].
    pub fn value(&self, column: usize) -> Option<Cell<'_>> {
        self.view().value(column)
    }

    /// As [`RowRef::raw`].
    pub fn raw(&self, column: usize) -> Option<&str> {
        self.view().raw(column)
    }

    /// As [`RowRef::text`].
    pub fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        self.view().text(column)
    }
}

/// Parses the cells of rows; a cheap handle that any number of threads may share.
///
/// ```
/// use leadscore_csv::{Cell, CellBuffer, CellNotes, CsvOptions, CsvReader, RowBlock};
///
/// let mut reader = CsvReader::open("name,visits\nAnn,5\nBob,?\n".as_bytes(), CsvOptions::default())?;
/// let (parser, mut block) = (reader.parser(), RowBlock::default());
/// while reader.next_block(&mut block, 256)? {
///     // On another thread, if you like: `parser` and `block` are `Send`.
///     let (mut cells, mut notes) = (CellBuffer::default(), CellNotes::default());
///     for row in 0..block.row_count() {
///         let row = parser.parse(&block, row, &mut cells, &mut notes);
///         assert_eq!(row.value(1), Some(if row.number() == 1 { Cell::Number(5.0) } else { Cell::Missing }));
///     }
///     reader.merge(notes);
/// }
/// assert_eq!(reader.warnings().len(), 1); // `?` read as missing
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RowParser {
    pub(crate) plan: Arc<RowPlan>,
}

/// How the cells of a row are parsed, and which of them.
#[derive(Debug)]
pub(crate) struct RowPlan {
    pub(crate) columns: Vec<ColumnPlan>,
    pub(crate) selected: Vec<bool>,
}

impl RowParser {
    /// Parses a row of a block, counted from 0; what is noticed about its cells goes into `notes`.
    ///
    /// # Panics
    /// If the block has no such row.
    pub fn parse<'a>(
        &self,
        block: &'a RowBlock,
        row: usize,
        cells: &'a mut CellBuffer,
        notes: &mut CellNotes,
    ) -> RowRef<'a> {
        self.plan.parse(block, row, cells, notes);
        block.view(row, cells)
    }
}

impl RowParser {
    /// What is wrong with the text of a cell that holds something and is read as missing, such as `is no date`; none where it
    /// is read.
    pub fn fault(&self, column: usize, text: &str) -> Option<Fault> {
        self.note(column, text).map(plan::fault)
    }

    /// Whether the text of a cell is read as missing because it may mean two numbers or days.
    pub fn has_two_meanings(&self, column: usize, text: &str) -> bool {
        self.note(column, text).is_some_and(Note::is_of_two_meanings)
    }

    /// Whether the text of a cell holds something that is read as missing and is no word for missing, such as `n/a`.
    pub fn is_unread(&self, column: usize, text: &str) -> bool {
        self.note(column, text).is_some_and(Note::is_unread)
    }

    /// What is noted of a cell that is read as missing.
    fn note(&self, column: usize, text: &str) -> Option<Note> {
        match self.plan.columns.get(column)?.parse(trim(text)) {
            (Value::Missing, note) => note,
            _ => None,
        }
    }

    /// The parser for some of the columns alone; of the others only [`RowBlock::raw`] tells.
    #[must_use]
    pub fn only(&self, columns: &[usize]) -> RowParser {
        let selected = self.plan.selected.iter().enumerate();
        let selected = selected.map(|(column, selected)| *selected && columns.contains(&column)).collect();
        RowParser { plan: Arc::new(RowPlan { columns: self.plan.columns.clone(), selected }) }
    }
}

impl RowPlan {
    pub(crate) fn parse(&self, block: &RowBlock, row: usize, buffer: &mut CellBuffer, notes: &mut CellNotes) {
        let RowPosition { line, mut start, .. } = block.rows[row];
        let ends = &block.ends[row * block.width..(row + 1) * block.width];
        buffer.dates.clear();
        let mut cells = std::mem::take(&mut buffer.cells);
        cells.resize(block.width, ParsedCell::default());
        let columns = self.columns.iter().zip(&self.selected).enumerate();
        for (((column, (plan, selected)), end), cell) in columns.zip(ends).zip(&mut cells) {
            *cell = ParsedCell { start, end: *end, value: CellValue::NotSelected };
            start = *end;
            if !*selected {
                continue;
            }
            let bytes = &block.text.as_bytes()[cell.start as usize..cell.end as usize];
            cell.value = if let Some(value) = plan.parse_plain(bytes, buffer) {
                value
            } else {
                *cell = unwrap_formula(*cell, &block.text, column, line, notes);
                let text = trim(&block.text[cell.start as usize..cell.end as usize]);
                let (value, note) = plan.parse(text);
                if let Some(note) = note {
                    notes.add(column, line, note, text);
                }
                buffer.value(value)
            };
        }
        buffer.cells = cells;
    }
}

impl ColumnPlan {
    /// Fast path of [`ColumnPlan::parse`] for what most cells are; `None` leaves the cell to it. It works on bytes, so
    /// that no character boundaries are checked.
    #[inline]
    fn parse_plain(self, cell: &[u8], buffer: &mut CellBuffer) -> Option<CellValue> {
        let (Some(first), Some(last)) = (cell.first(), cell.last()) else { return Some(CellValue::Missing) };
        // What may have to be trimmed or unwrapped.
        if !first.is_ascii_graphic() || !last.is_ascii_graphic() || *first == b'=' {
            return None;
        }
        match self.kind {
            // An integer, or a decimal point that cannot separate thousands.
            ColumnKind::Number => {
                let plain = number::parse_unambiguous(cell)?;
                (plain.is_integer || self.decimal != DecimalPolicy::Comma)
                    .then_some(CellValue::Number(plain.value))
            }
            // An ISO date means the same in every order.
            ColumnKind::Date => {
                let date = date::parse_iso_date_time(cell)?;
                Some(buffer.add_date(date, false))
            }
            ColumnKind::Flag => flag(cell).map(CellValue::Flag),
            ColumnKind::Text if self.placeholders.find(cell).is_none() => Some(CellValue::Text),
            ColumnKind::Id
                if self.placeholders.find(cell).is_none() && !number::may_be_rounded_code(cell) =>
            {
                Some(CellValue::Text)
            }
            ColumnKind::Text | ColumnKind::Id | ColumnKind::Empty => None,
        }
    }
}

/// The cell of the text in `="00123"`, which is how a spreadsheet is kept from reading a text as a number.
fn unwrap_formula(
    mut cell: ParsedCell,
    block: &str,
    column: usize,
    line: u64,
    notes: &mut CellNotes,
) -> ParsedCell {
    let raw = &block[cell.start as usize..cell.end as usize];
    if let Some(inner) = spreadsheet_text(trim(raw)) {
        notes.add(column, line, Note::SpreadsheetText, raw);
        cell.start += (inner.as_ptr() as usize - raw.as_ptr() as usize) as u32;
        cell.end = cell.start + inner.len() as u32;
    }
    cell
}
