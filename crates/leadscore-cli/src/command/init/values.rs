//! The values of a file's columns: the levels of texts, and of a sample of rows what stands in each cell.

use std::collections::{BTreeSet, HashMap};

use leadscore_csv::{Cell, ColumnKind, CsvOptions, CsvReader, Inspection, ReadRow, Row, RowRef};
use leadscore_files::InputFile;

use crate::failure::Failure;

/// Texts of more different values are not told apart.
pub(super) const MAX_TOLD_APART: usize = 50;
/// The most rows and cells that are compared.
const MAX_ROWS: usize = 200_000;
const MAX_CELLS: usize = 10_000_000;

/// The class of a cell without a value.
pub(super) const MISSING: u16 = 0;

/// What stands in a column.
pub(super) struct ColumnValues {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
    /// The different texts of a text column of few, in the order of their classes from 1; of all rows.
    pub(super) texts: Vec<String>,
    /// For each row looked at: [`MISSING`], else which text, no or yes (1, 2), 0 or another number (1, 2), or that there is
    /// something (1).
    pub(super) classes: Vec<u16>,
    /// The numbers of a number column for the same rows, NaN where there is none.
    pub(super) numbers: Vec<f64>,
}

/// Reads a file once more, column by column as [`Inspection`] has them.
pub(super) fn read(input: &str, inspection: &Inspection) -> Result<Vec<ColumnValues>, Failure> {
    let about = |error| Failure::about(input, error);
    let mut reader =
        CsvReader::open(InputFile::open(input)?.bytes, CsvOptions::new().skip_empty_rows()).map_err(about)?;
    let mut columns: Vec<Reading> = reader
        .columns()
        .iter()
        .zip(&inspection.columns)
        .map(|(column, summary)| {
            let distinct = summary.distinct_count as usize;
            let is_told_apart =
                column.kind == ColumnKind::Text && !summary.distinct_at_least && distinct <= MAX_TOLD_APART;
            Reading::new(column.name.clone(), column.kind, is_told_apart)
        })
        .collect();
    let most_rows = MAX_ROWS.min(MAX_CELLS / columns.len().max(1));
    let (mut row, mut row_count) = (Row::default(), 0);
    loop {
        match reader.next_row(&mut row).map_err(about)? {
            ReadRow::End => break,
            ReadRow::Rejected(_) => {}
            ReadRow::Row => {
                row_count += 1;
                for (at, column) in columns.iter_mut().enumerate() {
                    column.add(row.view(), at, row_count <= most_rows);
                }
            }
        }
    }
    Ok(columns.into_iter().map(|reading| reading.values).collect())
}

struct Reading {
    values: ColumnValues,
    /// The classes of texts that are told apart; levels that differ in case alone are one, as to a pipeline.
    levels: Option<HashMap<String, u16>>,
}

impl Reading {
    fn new(name: String, kind: ColumnKind, is_told_apart: bool) -> Reading {
        let values = ColumnValues { name, kind, texts: Vec::new(), classes: Vec::new(), numbers: Vec::new() };
        Reading { values, levels: is_told_apart.then(HashMap::new) }
    }

    fn add(&mut self, row: RowRef<'_>, at: usize, is_compared: bool) {
        let cell = row.value(at).unwrap_or(Cell::Missing);
        let class = match cell {
            Cell::Missing => MISSING,
            Cell::Number(0.0) | Cell::Flag(false) | Cell::Date(_) => 1,
            Cell::Number(_) | Cell::Flag(true) => 2,
            Cell::Text(text) => match &mut self.levels {
                Some(levels) => {
                    let next = levels.len() as u16 + 1;
                    *levels.entry(text.to_lowercase()).or_insert_with(|| {
                        self.values.texts.push(text.to_owned());
                        next
                    })
                }
                None => 1,
            },
        };
        if !is_compared {
            return;
        }
        self.values.classes.push(class);
        if self.values.kind == ColumnKind::Number {
            self.values.numbers.push(if let Cell::Number(number) = cell { number } else { f64::NAN });
        }
    }
}

impl ColumnValues {
    /// The levels of a text column in alphabetical order.
    pub(super) fn levels(&self) -> Vec<String> {
        let sorted: BTreeSet<&String> = self.texts.iter().collect();
        sorted.into_iter().cloned().collect()
    }
}
