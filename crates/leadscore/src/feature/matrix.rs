//! Features of many leads as one table of numbers.

use crate::{Error, ErrorKind, FeatureSchema};

/// Rows are leads, columns are the schema's, in its order; NaN is missing. Row-major f64.
///
/// ```
/// let matrix = leadscore::FeatureMatrix::new(2, vec![1.0, f64::NAN, 3.0, 4.0])?;
/// assert_eq!(matrix.row(1), [3.0, 4.0]);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureMatrix {
    columns: usize,
    values: Vec<f64>,
}

impl FeatureMatrix {
    /// A matrix of `values.len() / columns` rows.
    ///
    /// # Errors
    /// `invalid_matrix` when the values do not fill whole rows.
    pub fn new(columns: usize, values: Vec<f64>) -> Result<FeatureMatrix, Error> {
        if columns == 0 || !values.len().is_multiple_of(columns) {
            let message = format!("{} values do not fill whole rows of {columns} columns", values.len());
            return Err(Error::new(ErrorKind::InvalidMatrix, "", message));
        }
        Ok(FeatureMatrix { columns, values })
    }

    /// How many leads.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// How many features.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One lead's features.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn check(&self, schema: &FeatureSchema) -> Result<(), Error> {
        let wanted = schema.columns().len();
        if self.columns == wanted {
            return Ok(());
        }
        let message = format!("{} columns where the schema has {wanted}", self.columns);
        Err(Error::new(ErrorKind::InvalidMatrix, "", message))
    }
}
