//! The same answers with several threads: blocks of rows, whose results have the bits and the order of one thread.

use super::{Forest, Iterations};
use crate::parallel::{MatrixRows, Workers};
use crate::{Error, FeatureMatrix};

/// Rows of a block: few enough that work on a deep model can be stopped soon.
const MARGIN_BLOCK: usize = 1024;
/// Contributions take much longer.
const SHAP_BLOCK: usize = 64;

impl Forest {
    /// [`margin`](Forest::margin) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn margin_parallel(
        &self,
        rows: &impl MatrixRows,
        iterations: Iterations,
        workers: &Workers<'_>,
    ) -> Result<Vec<f64>, Error> {
        in_blocks(rows, MARGIN_BLOCK, workers, |block| self.margin(block, iterations))
    }

    /// [`predict`](Forest::predict) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn predict_parallel(
        &self,
        rows: &impl MatrixRows,
        iterations: Iterations,
        workers: &Workers<'_>,
    ) -> Result<Vec<f64>, Error> {
        in_blocks(rows, MARGIN_BLOCK, workers, |block| self.predict(block, iterations))
    }

    /// [`shap`](Forest::shap) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn shap_parallel(
        &self,
        rows: &impl MatrixRows,
        iterations: Iterations,
        workers: &Workers<'_>,
    ) -> Result<Vec<f64>, Error> {
        in_blocks(rows, SHAP_BLOCK, workers, |block| self.shap(block, iterations))
    }
}

fn in_blocks(
    rows: &impl MatrixRows,
    block_size: usize,
    workers: &Workers<'_>,
    work: impl Fn(&FeatureMatrix) -> Result<Vec<f64>, Error> + Sync,
) -> Result<Vec<f64>, Error> {
    let mut blocks = workers.run_blocks(rows.row_count(), block_size, |block| work(&rows.block(block)?))?;
    Ok(if blocks.len() == 1 { blocks.remove(0) } else { blocks.concat() })
}
