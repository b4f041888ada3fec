//! Models.

use std::path::Path;

use leadscore::FeatureMatrix;
use leadscore::forest::Iterations;

use crate::enter::{FEW, MANY, enter_blocks};
use crate::matrix::{Rows, bytes_of};
use crate::problem::LeadscoreError;

/// Boosted trees as XGBoost and LightGBM write them.
#[derive(Debug, uniffi::Object)]
pub struct Forest(leadscore::Forest);

#[uniffi::export]
impl Forest {
    /// The model in these bytes, detected from the content.
    ///
    /// # Errors
    /// `invalid_model` and `unsupported_model`.
    #[uniffi::constructor]
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Forest, LeadscoreError> {
        Ok(Forest(leadscore::Forest::from_bytes(&bytes)?))
    }

    /// The model in this file.
    ///
    /// # Errors
    /// `io` with the file; as [`Forest::from_bytes`].
    #[uniffi::constructor]
    pub fn load(path: String) -> Result<Forest, LeadscoreError> {
        let path = Path::new(&path);
        Forest::from_bytes(std::fs::read(path).map_err(|error| LeadscoreError::io(path, &error))?)
    }

    /// The model in the library's own JSON.
    ///
    /// # Errors
    /// `invalid_json` and `invalid_model`.
    #[uniffi::constructor]
    pub fn from_json(text: String) -> Result<Forest, LeadscoreError> {
        Ok(Forest(leadscore::Forest::from_json(&text)?))
    }

    /// The same model with a value that stands for missing besides NaN.
    pub fn with_missing(&self, value: f64) -> Forest {
        Forest(self.0.clone().with_missing(value))
    }

    /// The library's own JSON.
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// What the model is, as a JSON object.
    pub fn describe_json(&self) -> String {
        self.0.describe_json()
    }

    /// Margins, row after row, with the bits of the library that wrote the model. Values are f64, little-endian, row after
    /// row, and so is what comes out; iterations are `all` or `best`; zero threads are one for each processor.
    ///
    /// # Errors
    /// `invalid_matrix` and `unknown_name`.
    pub fn margin(
        &self,
        values: &[u8],
        columns: u32,
        iterations: String,
        threads: u32,
    ) -> Result<Vec<u8>, LeadscoreError> {
        self.rows(Rows::new(values, columns)?, &iterations, MANY, threads, leadscore::Forest::margin)
    }

    /// Predictions, row after row: margins through the objective's link.
    ///
    /// # Errors
    /// As [`Forest::margin`].
    pub fn predict(
        &self,
        values: &[u8],
        columns: u32,
        iterations: String,
        threads: u32,
    ) -> Result<Vec<u8>, LeadscoreError> {
        self.rows(Rows::new(values, columns)?, &iterations, MANY, threads, leadscore::Forest::predict)
    }

    /// Contributions, row after row: for each output those of all features, then the bias.
    ///
    /// # Errors
    /// As [`Forest::margin`]; `cover_missing` and `contributions_unsupported`.
    pub fn shap(
        &self,
        values: &[u8],
        columns: u32,
        iterations: String,
        threads: u32,
    ) -> Result<Vec<u8>, LeadscoreError> {
        self.rows(Rows::new(values, columns)?, &iterations, FEW, threads, leadscore::Forest::shap)
    }
}

impl Forest {
    fn rows(
        &self,
        rows: Rows<'_>,
        iterations: &str,
        size: usize,
        threads: u32,
        work: fn(&leadscore::Forest, &FeatureMatrix, Iterations) -> Result<Vec<f64>, leadscore::Error>,
    ) -> Result<Vec<u8>, LeadscoreError> {
        let iterations: Iterations = iterations.parse()?;
        let parts = enter_blocks(rows, size, threads, |block| work(&self.0, block, iterations))?;
        Ok(bytes_of(&parts.concat()))
    }
}
