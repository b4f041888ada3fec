//! One row, read into a buffer that is used again for the next.

use super::column::{Plan, Value};
use super::notes::Notes;
use super::trim;

/// One cell's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Text without the blanks around it; dates as `2026-11-22` or `2026-11-22T10:30:00`, with an offset if one was
    /// written.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// No value, or none that could be read for certain.
    Missing,
}

/// A buffer for one row, to be used again for the next.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub(super) line: u64,
    pub(super) number: u64,
    pub(super) buffer: String,
    pub(super) cells: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) raw: (u32, u32),
    pub(super) value: SlotValue,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum SlotValue {
    Skipped,
    Missing,
    Number(f64),
    Text(u32, u32),
}

impl Row {
    /// The physical line where the row starts, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The number of the row among the rows read, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The value in a column, counted from 0; `None` if there is no such column or it was not selected.
    pub fn value(&self, column: usize) -> Option<Cell<'_>> {
        match self.cells.get(column)?.value {
            SlotValue::Skipped => None,
            SlotValue::Missing => Some(Cell::Missing),
            SlotValue::Number(number) => Some(Cell::Number(number)),
            SlotValue::Text(start, end) => Some(Cell::Text(&self.buffer[start as usize..end as usize])),
        }
    }

    /// The text in a column as written, without its quotes; `None` as in [`Row::value`].
    pub fn raw(&self, column: usize) -> Option<&str> {
        let slot = self.cells.get(column)?;
        let (start, end) = slot.raw;
        (!matches!(slot.value, SlotValue::Skipped)).then(|| &self.buffer[start as usize..end as usize])
    }
}

impl Plan {
    /// Reads one cell that stands in the row's buffer.
    pub(super) fn value(
        self,
        column: usize,
        line: u64,
        raw: (u32, u32),
        buffer: &mut String,
        notes: &mut Notes,
    ) -> SlotValue {
        let written = &buffer[raw.0 as usize..raw.1 as usize];
        let text = trim(written);
        let start = raw.0 as usize + (text.as_ptr() as usize - written.as_ptr() as usize);
        let end = start + text.len();
        let mut iso = String::new();
        let (value, note) = self.read(text, &mut iso);
        if let Some(note) = note {
            notes.cell(column, line, note, text);
        }
        match value {
            Value::Missing => SlotValue::Missing,
            Value::Number(number) => SlotValue::Number(number),
            Value::Text => SlotValue::Text(start as u32, end as u32),
            Value::Iso => {
                let from = buffer.len() as u32;
                buffer.push_str(&iso);
                SlotValue::Text(from, buffer.len() as u32)
            }
        }
    }
}
