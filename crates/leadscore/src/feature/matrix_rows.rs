//! Matrices in whatever form a caller has them, copied out block by block.

use std::ops::Range;

use ndarray::s;

use super::FeatureMatrix;
use crate::Error;

/// Rows of numbers, of which several threads copy blocks.
///
/// A caller whose numbers are f32, strided or bytes implements it and so needs no second copy of the whole.
pub trait MatrixRows: Sync {
    /// How many rows there are.
    fn row_count(&self) -> usize;

    /// Some of the rows, or all of them, as a matrix of their own.
    ///
    /// # Errors
    /// `invalid_matrix` where they are no whole rows.
    fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error>;
}

impl MatrixRows for FeatureMatrix {
    fn row_count(&self) -> usize {
        FeatureMatrix::row_count(self)
    }

    fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        Ok(FeatureMatrix {
            values: self.values.slice(s![rows, ..]).to_owned(),
            column_names: self.column_names.clone(),
        })
    }
}
