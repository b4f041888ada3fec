//! Matrices as bytes: f64, little-endian, row after row, NaN where missing. A list of numbers would be boxed on the other
//! side, and many times slower.

use leadscore::FeatureMatrix;

use crate::problem::LeadscoreError;

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
        Matrix { values: bytes_of(matrix.values()), columns: matrix.columns() as u32 }
    }
}

/// A matrix as it came, known to be made of whole rows.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    values: &'a [[u8; 8]],
    columns: usize,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(bytes: &'a [u8], columns: u32) -> Result<Rows<'a>, LeadscoreError> {
        let (values, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            let text = format!("{} bytes are no list of numbers of 8 bytes", bytes.len());
            return Err(LeadscoreError::new("invalid_matrix", "", text));
        }
        let rows = Rows { values, columns: columns as usize };
        if rows.columns == 0 || !values.len().is_multiple_of(rows.columns) {
            // Refused in the core's own words.
            rows.matrix()?;
        }
        Ok(rows)
    }

    /// The whole as one matrix.
    pub(crate) fn matrix(self) -> Result<FeatureMatrix, LeadscoreError> {
        let values = self.values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        Ok(FeatureMatrix::new(self.columns, values)?)
    }

    /// The rows in blocks of so many; one block without rows where there are none.
    pub(crate) fn blocks(self, size: usize) -> Vec<Rows<'a>> {
        if self.values.is_empty() {
            return vec![self];
        }
        let columns = self.columns;
        self.values.chunks(size * columns).map(|values| Rows { values, columns }).collect()
    }
}

/// Numbers as they cross.
pub(crate) fn bytes_of(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
