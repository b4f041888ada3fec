//! Leads and activities in Arrow tables (feature `arrow`): a row is a [`Record`](crate::Record), and a table is scored into columns.

mod activities;
mod column;
mod features;
mod leads;
mod model;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, LargeStringArray, RecordBatch};
use arrow_schema::{DataType, Schema};

use self::column::Column;
pub use self::features::FeatureTable;
pub use self::leads::{LeadReport, LeadRow, LeadTable, RowError, TableScores};
pub use self::model::{ModelTable, UnseenLevels};
use crate::error::Path;
use crate::json::{self, Cursor, Document};
use crate::record::{AttributeRef, read_attribute};
use crate::{Attribute, Error, ErrorKind, Timestamp, Zone};

/// What errors call a table of leads.
const LEADS: &str = "leads";

/// A table whose columns are read when they are asked for; the batches are shared, not copied.
#[derive(Debug, Clone)]
pub struct Table {
    names: Vec<String>,
    batches: Vec<RecordBatch>,
    row_count: usize,
    /// Columns that are given as values, after those of the batches.
    given: BTreeMap<usize, Given>,
}

/// A column that is no part of the batches.
#[derive(Debug, Clone)]
enum Given {
    Arrays(Vec<ArrayRef>),
    Values { codes: Vec<u32>, distinct: Vec<Attribute>, is_category: bool },
}

impl Table {
    /// A table of batches with one schema.
    pub fn new(schema: &Schema, batches: Vec<RecordBatch>) -> Table {
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let row_count = batches.iter().map(RecordBatch::num_rows).sum();
        Table { names, batches, row_count, given: BTreeMap::new() }
    }

    /// A table of so many rows without columns, which are given to it.
    pub fn of_rows(row_count: usize) -> Table {
        Table { names: Vec::new(), batches: Vec::new(), row_count, given: BTreeMap::new() }
    }

    /// The same with a column of numbers; NaN is absent.
    ///
    /// # Errors
    /// `invalid_lead` for too few or many numbers.
    pub fn with_numbers(self, name: &str, numbers: Vec<f64>) -> Result<Table, Error> {
        self.with_arrays(name, vec![Arc::new(Float64Array::from(numbers))])
    }

    /// The same with a column of arrays of one type, one after another.
    ///
    /// # Errors
    /// `invalid_lead` for too few or many values.
    pub fn with_arrays(mut self, name: &str, arrays: Vec<ArrayRef>) -> Result<Table, Error> {
        self.check_count(name, arrays.iter().map(|array| array.len()).sum())?;
        self.give(name, Given::Arrays(arrays));
        Ok(self)
    }

    /// The same with a column whose values Arrow cannot hold, such as texts among numbers: for every row the place of its
    /// value in a JSON list of texts, numbers and flags, or a place beyond its end; and whether they are a category.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_lead` for something else in the list, or too few or many places.
    pub fn with_values(
        mut self,
        name: &str,
        places: Vec<u32>,
        values: &str,
        is_category: bool,
    ) -> Result<Table, Error> {
        let node = json::parse(values)?;
        let root = Cursor::root(&node, name, Document::Lead);
        self.check_count(name, places.len())?;
        // A null has a place of its own, and is no value.
        let value = |item: &Cursor<'_>| Ok(read_attribute(item)?.unwrap_or(Attribute::Text(String::new())));
        let distinct = root.items()?.iter().map(value).collect::<Result<Vec<_>, Error>>()?;
        self.give(name, Given::Values { codes: places, distinct, is_category });
        Ok(self)
    }

    /// The same with a column of texts that are made of other columns: in every row of what these have there, in their order.
    ///
    /// # Errors
    /// `invalid_lead` where a column is not there once, or holds values that no attribute can have.
    pub fn with_texts_of(
        mut self,
        name: &str,
        columns: &[&str],
        make: impl Fn(&[Cow<'_, str>]) -> Option<String>,
    ) -> Result<Table, Error> {
        let read = |column: &&str| self.column(LEADS, self.position(LEADS, column)?);
        let columns = columns.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        let text = |row: usize| {
            let values = columns.iter().filter_map(|column| column.value(row));
            make(&values.map(AttributeRef::to_text).collect::<Vec<_>>())
        };
        let texts: LargeStringArray = (0..self.row_count).map(text).collect();
        self.give(name, Given::Arrays(vec![Arc::new(texts)]));
        Ok(self)
    }

    fn give(&mut self, name: &str, column: Given) {
        self.given.insert(self.names.len(), column);
        self.names.push(name.to_owned());
    }

    fn check_count(&self, name: &str, count: usize) -> Result<(), Error> {
        if count == self.row_count {
            return Ok(());
        }
        let message = format!("{count} values for {} rows", self.row_count);
        Err(Error::new(ErrorKind::InvalidLead, Path::from_field(name), message))
    }

    /// The names of its columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.row_count
    }

    /// The times in a column, one for each lead: as a time, or as whole milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `invalid_lead` where there is no such column; `invalid_context` with the row for what is no time.
    pub fn times(&self, name: &str, zone: &Zone) -> Result<Vec<Timestamp>, Error> {
        let column = self.column(LEADS, self.position(LEADS, name)?)?;
        let mut known: HashMap<&str, Timestamp> = HashMap::new();
        let mut times = Vec::with_capacity(self.row_count);
        for row in 0..self.row_count {
            let error = |message: &str| {
                let path = Path::from(LEADS).index(row).field(name);
                Error::new(ErrorKind::InvalidContext, path, message)
            };
            times.push(match column.value(row) {
                Some(AttributeRef::Text(text)) => {
                    let time = match known.get(text) {
                        Some(time) => Ok(*time),
                        None => Timestamp::parse(text, zone),
                    };
                    let time = time.map_err(|problem| error(problem.message()))?;
                    known.insert(text, time);
                    time
                }
                Some(AttributeRef::Number(millis)) if millis == millis.trunc() => {
                    Timestamp::from_millis(millis as i64).map_err(|problem| error(problem.message()))?
                }
                Some(_) => return Err(error("wants a time, or whole milliseconds since 1970")),
                None => return Err(error("there is no time to score this lead as of")),
            });
        }
        Ok(times)
    }

    /// The position of a column that must be there once.
    fn position(&self, list: &'static str, name: &str) -> Result<usize, Error> {
        let error = |message| Err(Error::new(ErrorKind::InvalidLead, list, message));
        let mut positions = self.names.iter().enumerate().filter(|(_, own)| *own == name);
        match (positions.next(), positions.next()) {
            (Some((position, _)), None) => Ok(position),
            (Some(_), Some(_)) => error(format!("two columns are named `{name}`")),
            (None, _) => {
                let known = self.names.join(", ");
                error(format!("there is no column `{name}`; there are: {known}"))
            }
        }
    }

    fn column(&self, list: &'static str, position: usize) -> Result<Column, Error> {
        self.given(position)
            .unwrap_or_else(|| Column::new(list, &self.names[position], self.arrays(position)))
    }

    /// Some rows of a column; errors name the rows of the table.
    fn column_part(&self, list: &'static str, position: usize, rows: Range<usize>) -> Result<Column, Error> {
        if let Some(Given::Values { codes, distinct, .. }) = self.given.get(&position) {
            return Ok(Column::of_some_values(&codes[rows], distinct));
        }
        let (mut parts, mut from) = (Vec::new(), 0);
        for array in self.arrays(position) {
            let end = from + array.len();
            let (start, stop) = (rows.start.clamp(from, end), rows.end.clamp(from, end));
            parts.push(array.slice(start - from, stop - start));
            from = end;
        }
        // One without rows still tells the type.
        let is_any = parts.iter().any(|array| !array.is_empty());
        parts.retain(|array| !is_any || !array.is_empty());
        Column::part(list, &self.names[position], parts, rows.start)
    }

    /// Whether a column is a category: pandas' and polars' categories come as dictionaries.
    fn is_dictionary(&self, position: usize) -> bool {
        if let Some(given) = self.given.get(&position) {
            return matches!(given, Given::Values { is_category: true, .. });
        }
        let kind = self.batches.first().map(|batch| batch.schema().fields().get(position).cloned());
        kind.flatten().is_some_and(|field| matches!(field.data_type(), DataType::Dictionary(..)))
    }

    /// A column of ids.
    fn ids(&self, list: &'static str, position: usize) -> Result<Column, Error> {
        self.given(position)
            .unwrap_or_else(|| Column::ids(list, &self.names[position], self.arrays(position)))
    }

    /// A column as places among its distinct values.
    fn coded(&self, list: &'static str, position: usize) -> Result<Column, Error> {
        self.given(position)
            .unwrap_or_else(|| Column::coded(list, &self.names[position], &self.arrays(position)))
    }

    fn given(&self, position: usize) -> Option<Result<Column, Error>> {
        match self.given.get(&position)? {
            Given::Arrays(_) => None,
            Given::Values { codes, distinct, .. } => {
                Some(Ok(Column::of_values(codes.clone(), distinct.clone())))
            }
        }
    }

    fn arrays(&self, position: usize) -> Vec<ArrayRef> {
        if let Some(Given::Arrays(arrays)) = self.given.get(&position) {
            return arrays.clone();
        }
        self.batches.iter().map(|batch| batch.column(position).clone()).collect()
    }
}
