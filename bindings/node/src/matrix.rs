//! Matrices as typed arrays.

use std::ops::Range;

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

    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// Some rows as a matrix of their own; all of them where they do not fill whole rows, which is refused.
    pub(crate) fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        let whole = self.columns > 0 && self.values.len().is_multiple_of(self.columns);
        let part = if whole {
            &self.values[rows.start * self.columns..rows.end * self.columns]
        } else {
            &self.values
        };
        FeatureMatrix::new(self.columns, part.to_vec())
    }

    pub(crate) fn whole(self) -> Result<FeatureMatrix, Error> {
        FeatureMatrix::new(self.columns, self.values)
    }
}
