//! Matrices as bytes: f64, little-endian, row after row, NaN where missing. A list of numbers would be boxed on the other
//! side, and many times slower.

use std::ops::Range;

use leadscore::parallel::MatrixRows;
use leadscore::{Error, ErrorKind, FeatureMatrix};

/// Numbers row after row; NaN is missing.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Matrix {
    /// All values, row after row, as little-endian f64.
    pub values: Vec<u8>,
    /// How many there are in a row.
    pub columns: u32,
}

impl From<FeatureMatrix> for Matrix {
    fn from(matrix: FeatureMatrix) -> Matrix {
        Matrix { values: bytes_of(matrix.values()), columns: matrix.column_count() as u32 }
    }
}

/// A matrix as it came, known to be made of whole rows.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    values: &'a [[u8; 8]],
    columns: usize,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(bytes: &'a [u8], columns: u32) -> Result<Rows<'a>, Error> {
        let (values, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            let text = format!("{} bytes are no list of numbers of 8 bytes", bytes.len());
            return Err(Error::new(ErrorKind::InvalidMatrix, "", text));
        }
        let rows = Rows { values, columns: columns as usize };
        if rows.columns == 0 || !values.len().is_multiple_of(rows.columns) {
            // Refused in the core's own words.
            rows.to_matrix()?;
        }
        Ok(rows)
    }

    /// The whole as one matrix.
    pub(crate) fn to_matrix(self) -> Result<FeatureMatrix, Error> {
        matrix(self.columns, self.values)
    }
}

impl MatrixRows for Rows<'_> {
    fn row_count(&self) -> usize {
        self.values.len() / self.columns
    }

    fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        matrix(self.columns, &self.values[rows.start * self.columns..rows.end * self.columns])
    }
}

fn matrix(columns: usize, values: &[[u8; 8]]) -> Result<FeatureMatrix, Error> {
    FeatureMatrix::new(columns, values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
}

/// Numbers as they cross.
pub(crate) fn bytes_of(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
