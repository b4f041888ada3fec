//! The cells of a table as a model reads them.

use std::io::Read;

use leadscore::Forest;
use leadscore::record::AttributeRef;
use leadscore_csv::{CsvReader, RowParser, RowRef};
use leadscore_files::wording::first_of;
use leadscore_files::{ValueWarnings, cell_value};

/// Reads the cells of rows into a model's values, and counts those that it does not know.
pub(super) struct ModelCells<'m> {
    forest: &'m Forest,
    parser: RowParser,
    /// The table's column for every column of the model, and its name.
    places: &'m [usize],
    names: &'m [String],
    values: Vec<f64>,
    warnings: ValueWarnings,
    row_count: u64,
    has_value: bool,
}

impl<'m> ModelCells<'m> {
    pub(super) fn new(
        forest: &'m Forest,
        parser: RowParser,
        places: &'m [usize],
        names: &'m [String],
    ) -> ModelCells<'m> {
        let (values, warnings) = (Vec::new(), ValueWarnings::default());
        ModelCells { forest, parser, places, names, values, warnings, row_count: 0, has_value: false }
    }

    /// Appends the values of a row.
    ///
    /// # Errors
    /// What is wrong with a cell that holds something without a certain value.
    pub(super) fn read(&mut self, row: RowRef<'_>) -> Result<(), String> {
        self.row_count += 1;
        for (feature, (place, name)) in self.places.iter().zip(self.names).enumerate() {
            let refuse = |fault: String| format!("line {}: column `{name}`: {fault}", row.line());
            let raw = row.raw(*place).unwrap_or_default().trim();
            let value = match cell_value(row, *place, !self.forest.levels(feature).is_empty()) {
                None if self.parser.has_two_meanings(*place, raw) => {
                    let fault = self.parser.fault(*place, raw).map_or("", |fault| fault.what);
                    return Err(refuse(format!("`{raw}` {fault}")));
                }
                // What is no number to the table may be one to the model, such as `inf`; else the model refuses it.
                None if self.parser.is_unread(*place, raw) => AttributeRef::Text(raw),
                None => {
                    self.values.push(f64::NAN);
                    continue;
                }
                Some(value) => value,
            };
            let number = self
                .forest
                .encode_value(feature, value)
                .map_err(|error| refuse(error.message().to_owned()))?;
            if number.is_nan() && self.forest.is_unseen(feature, value) {
                self.warnings.add_unseen(row.line(), name, raw);
            }
            self.has_value |= !number.is_nan();
            self.values.push(number);
        }
        Ok(())
    }

    /// The values of the rows read since they were taken last.
    pub(super) fn take_values(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.values)
    }

    /// The cells that the model does not know.
    pub(super) fn warnings(&self) -> &ValueWarnings {
        &self.warnings
    }

    /// Why the predictions are worth nothing, once all rows are read; none where they are worth something.
    pub(super) fn worthless(&self) -> Vec<String> {
        if !self.has_value {
            let names = first_of(self.names);
            return vec![format!("no row has a value of anything that the model reads; it reads {names}")];
        }
        self.warnings.unusable_in_most(self.row_count)
    }
}

/// Tells the reader which words for missing are levels of the model.
pub(super) fn name_levels<R: Read>(reader: &mut CsvReader<R>, forest: &Forest, places: &[usize]) {
    for place in places {
        let own = || (0..).zip(places).filter(|(_, other)| *other == place).map(|(feature, _)| feature);
        reader.read_placeholders_as_missing(*place, |text| {
            own()
                .any(|feature| forest.levels(feature).iter().any(|level| level.trim().to_lowercase() == text))
        });
    }
}
