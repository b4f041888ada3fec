//! Tables whose columns are the features of a pipeline.

use std::ops::Range;

use super::Table;
use super::column::{Buffer, Column};
use crate::feature::{UnusableTally, UnusableValues};
use crate::parallel::{MatrixRows, Workers};
use crate::pipeline::{QUICK_BLOCK, ScoreWorkspace};
use crate::{AttributeColumn, ColumnReader, Error, ErrorKind, FeatureMatrix, Pipeline, ScoreColumns};

/// What errors call the table.
const MATRIX: &str = "X";

/// The features of a table as a pipeline reads them. A column of an attribute's name is read as in a record, so that a
/// table of leads and the same table as features give the same.
#[derive(Debug)]
pub struct FeatureTable<'a> {
    pipeline: &'a Pipeline,
    columns: Vec<Column>,
    reader: ColumnReader<'a>,
    row_count: usize,
}

impl<'a> FeatureTable<'a> {
    /// Reads the columns of features: for each the name of the feature, and that of the column.
    ///
    /// # Errors
    /// `invalid_matrix` for features without a column; `invalid_lead` with the column for values that no feature can have.
    pub fn new(
        table: &Table,
        pipeline: &'a Pipeline,
        columns_of: &[(&str, &str)],
    ) -> Result<FeatureTable<'a>, Error> {
        let has = |name: &str| columns_of.iter().any(|(feature, _)| *feature == name);
        let names = || pipeline.schema().columns().map(|feature| feature.name.as_str());
        let absent: Vec<&str> = names().filter(|name| !has(name)).take(5).collect();
        if !absent.is_empty() {
            let message = format!("the frame has no column {}", absent.join(", "));
            return Err(Error::new(ErrorKind::InvalidMatrix, "", message));
        }
        let column = |(_, name): &(&str, &str)| table.column(MATRIX, table.position(MATRIX, name)?);
        let columns = columns_of.iter().map(column).collect::<Result<Vec<Column>, Error>>()?;
        let read: Vec<_> =
            columns_of.iter().zip(&columns).map(|((name, _), column)| (*name, column.distinct())).collect();
        let reader = pipeline.schema().feature_reader(&read);
        Ok(FeatureTable { pipeline, reader, columns, row_count: table.row_count })
    }

    /// The scores of all rows.
    ///
    /// # Errors
    /// `cancelled` and `internal`.
    pub fn score_columns(&self, workers: &Workers<'_>) -> Result<ScoreColumns, Error> {
        let blocks = workers.run_blocks(self.row_count, QUICK_BLOCK, |rows| {
            let mut unusable = Vec::new();
            let matrix = self.read(rows, &mut unusable)?;
            let mut columns = self.pipeline.matrix_columns(&matrix, 0, &mut ScoreWorkspace::default())?;
            columns.unusable = unusable;
            Ok(columns)
        })?;
        Ok(self.pipeline.ranked(ScoreColumns::concat(blocks)))
    }

    fn read(&self, rows: Range<usize>, unusable: &mut Vec<UnusableValues>) -> Result<FeatureMatrix, Error> {
        let mut tally = UnusableTally::default();
        let mut buffers: Vec<Buffer> = self.columns.iter().map(|_| Buffer::default()).collect();
        let columns = self.columns.iter().zip(&mut buffers);
        let columns: Vec<AttributeColumn<'_>> =
            columns.map(|(column, buffer)| column.read(rows.clone(), buffer)).collect();
        let matrix = self.reader.read_noting(rows.len(), &columns, &mut tally)?;
        *unusable = tally.describe(self.pipeline.schema());
        Ok(matrix)
    }
}

impl MatrixRows for FeatureTable<'_> {
    fn row_count(&self) -> usize {
        self.row_count
    }

    fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        self.read(rows, &mut Vec::new())
    }
}
