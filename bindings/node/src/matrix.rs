//! Matrices as typed arrays.

use std::ops::Range;

use leadscore::parallel::MatrixRows;
use leadscore::{Error, FeatureMatrix};
use napi::bindgen_prelude::Either;
use napi_derive::napi;

/// Values of a matrix, row after row: 64-bit, or 32-bit numbers that are widened.
#[napi]
#[expect(unreachable_pub, reason = "the macro takes public types alone")]
pub type Values<'a> = Either<&'a [f64], &'a [f32]>;

/// A copy of the values, which work elsewhere can keep while JavaScript goes on with its own.
pub(crate) struct Matrix {
    values: Vec<f64>,
    columns: usize,
}

impl Matrix {
    pub(crate) fn new(values: &Values<'_>, columns: u32) -> Matrix {
        let values = match values {
            Either::A(values) => values.to_vec(),
            Either::B(values) => values.iter().copied().map(f64::from).collect(),
        };
        Matrix { values, columns: columns as usize }
    }

    pub(crate) fn into_matrix(self) -> Result<FeatureMatrix, Error> {
        FeatureMatrix::new(self.columns, self.values)
    }
}

impl MatrixRows for Matrix {
    fn row_count(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        let is_whole = self.columns > 0 && self.values.len().is_multiple_of(self.columns);
        // Values that do not fill whole rows are refused in the core's own words.
        let part = if is_whole {
            &self.values[rows.start * self.columns..rows.end * self.columns]
        } else {
            &self.values
        };
        FeatureMatrix::new(self.columns, part.to_vec())
    }
}
