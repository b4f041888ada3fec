//! Rows and their cells.

use std::borrow::Cow;

use leadscore::DateTime;

use super::{date, trim};

/// One cell's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Text, trimmed.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// Yes or no, in a column of kind [`Flag`](super::ColumnKind::Flag).
    Flag(bool),
    /// A date, with or without a time of day, in a column of kind [`Date`](super::ColumnKind::Date).
    Date(DateTime),
    /// No value, or none that could be read for certain.
    Missing,
}

/// A parsed row, borrowed from the buffers that hold it.
#[derive(Debug, Clone, Copy)]
pub struct RowRef<'a> {
    pub(crate) line: u64,
    pub(crate) number: u64,
    /// The text of the whole block.
    pub(crate) text: &'a str,
    pub(crate) cells: &'a [ParsedCell],
    pub(crate) dates: &'a [DateTime],
}

/// A cell's value, and its content's offsets in the text of the block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ParsedCell {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) value: CellValue,
}

/// Two machine words, so that it is returned in registers; a date is therefore kept aside.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum CellValue {
    #[default]
    NotSelected,
    Missing,
    Number(f64),
    Flag(bool),
    /// A date by its index among the row's, and whether its reading with the month first was taken.
    Date {
        index: u32,
        month_first: bool,
    },
    Text,
}

impl<'a> RowRef<'a> {
    /// The physical line where the row starts, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The number of the row among the data rows, from 1; rejected rows and those without a value count too.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The value in a column, counted from 0; `None` if there is no such column or it was not selected.
    #[inline]
    pub fn value(&self, column: usize) -> Option<Cell<'a>> {
        let cell = self.cells.get(column)?;
        match cell.value {
            CellValue::NotSelected => None,
            CellValue::Missing => Some(Cell::Missing),
            CellValue::Number(number) => Some(Cell::Number(number)),
            CellValue::Flag(flag) => Some(Cell::Flag(flag)),
            CellValue::Date { index, .. } => self.dates.get(index as usize).copied().map(Cell::Date),
            CellValue::Text => Some(Cell::Text(trim(self.content(cell)))),
        }
    }

    /// The text in a column as written, without its quotes; `None` as in [`RowRef::value`].
    #[inline]
    pub fn raw(&self, column: usize) -> Option<&'a str> {
        let cell = self.cells.get(column)?;
        (!matches!(cell.value, CellValue::NotSelected)).then(|| self.content(cell))
    }

    /// The value of a text, flag or date cell as text: a date as `2026-11-22` or `2026-11-22T10:30:00`, with the
    /// offset if one was written, everything else trimmed. `None` for numbers, missing values, and as in
    /// [`RowRef::value`].
    pub fn text(&self, column: usize) -> Option<Cow<'a, str>> {
        let cell = self.cells.get(column)?;
        match cell.value {
            CellValue::Text | CellValue::Flag(_) => Some(Cow::Borrowed(trim(self.content(cell)))),
            CellValue::Date { .. } => {
                let mut text = String::new();
                self.push_text(column, &mut text);
                Some(Cow::Owned(text))
            }
            CellValue::NotSelected | CellValue::Missing | CellValue::Number(_) => None,
        }
    }

    /// Appends what [`RowRef::text`] gives to a buffer; false if that is `None`.
    pub fn push_text(&self, column: usize, out: &mut String) -> bool {
        let Some(cell) = self.cells.get(column) else { return false };
        let text = trim(self.content(cell));
        match cell.value {
            CellValue::Text | CellValue::Flag(_) => out.push_str(text),
            CellValue::Date { month_first, .. } => {
                // From the text, since a `DateTime` does not know the digits of the fraction as written.
                let Some(parsed) = date::parse(text) else { return false };
                let Some(day) = (if month_first { parsed.month_first } else { parsed.day_first }) else {
                    return false;
                };
                parsed.write_iso(day, out);
            }
            CellValue::NotSelected | CellValue::Missing | CellValue::Number(_) => return false,
        }
        true
    }

    #[inline]
    fn content(&self, cell: &ParsedCell) -> &'a str {
        &self.text[cell.start as usize..cell.end as usize]
    }
}
