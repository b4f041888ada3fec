//! Models.

use std::sync::Arc;

use leadscore::Error;
use leadscore::forest::Iterations;
use leadscore::parallel::Workers;

use crate::enter::{Stop, enter_parallel};
use crate::error::LeadscoreError;
use crate::matrix::{Rows, bytes_of};
use crate::rows::RowKey;

/// Boosted trees as XGBoost and LightGBM write them.
#[derive(Debug, uniffi::Object)]
pub struct Forest {
    core: leadscore::Forest,
    row_key: RowKey,
}

#[uniffi::export]
impl Forest {
    /// The number by which [`leadscore_rows`](crate::leadscore_rows) knows this handle.
    pub fn row_key(self: Arc<Self>) -> u64 {
        self.row_key.of_forest(&self)
    }

    /// The model in these bytes, detected from the content.
    ///
    /// # Errors
    /// `invalid_model` and `unsupported_model`.
    #[uniffi::constructor]
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Forest, LeadscoreError> {
        Ok(Forest::of(leadscore::Forest::from_bytes(&bytes)?))
    }

    /// The model in this file.
    ///
    /// # Errors
    /// `not_found` and `io` with the file; as [`Forest::from_bytes`].
    #[uniffi::constructor]
    pub fn load(path: String) -> Result<Forest, LeadscoreError> {
        Forest::from_bytes(std::fs::read(&path).map_err(|error| Error::io(&path, error))?)
    }

    /// The model in the library's own JSON.
    ///
    /// # Errors
    /// `invalid_json` and `invalid_model`.
    #[uniffi::constructor]
    pub fn from_json(text: String) -> Result<Forest, LeadscoreError> {
        Ok(Forest::of(leadscore::Forest::from_json(&text)?))
    }

    /// The same model with a value besides NaN that is read as missing.
    #[must_use]
    pub fn with_missing(&self, value: f64) -> Forest {
        Forest::of(self.core.clone().with_missing(value))
    }

    /// The same model with levels that its file does not give: `{"country": ["DE", "FR"]}`.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_context`, `unknown_name` and `invalid_feature`.
    pub fn with_levels_json(&self, levels: String) -> Result<Forest, LeadscoreError> {
        Ok(Forest::of(self.core.clone().with_levels_json(&levels)?))
    }

    /// The numbers of one column's cells, given as a JSON list: f64, little-endian. Levels that the model has not seen are
    /// `missing`, an error (`refuse`), or what they are to the `library` that wrote it.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_matrix`, `invalid_feature` and `unknown_name`.
    pub fn encode_json(
        &self,
        feature: u32,
        values: String,
        unseen: String,
    ) -> Result<Vec<u8>, LeadscoreError> {
        let numbers = self.core.encode_json_with(feature as usize, &values, unseen.parse()?)?;
        Ok(numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    /// What the file leaves open about its columns.
    pub fn notes(&self) -> Vec<String> {
        self.core.notes()
    }

    /// The library's own JSON.
    pub fn to_json(&self) -> String {
        self.core.to_json()
    }

    /// What the model is, as a JSON object.
    pub fn describe_json(&self) -> String {
        self.core.describe_json()
    }

    /// Margins, row after row, with the bits of the library that wrote the model. Values are f64, little-endian, row after
    /// row, and so is what comes out; iterations are `all` or `best`; zero threads are one for each processor.
    ///
    /// # Errors
    /// `invalid_matrix`, `unknown_name` and `cancelled`.
    pub fn margin(
        &self,
        values: &[u8],
        columns: u32,
        iterations: String,
        threads: u32,
        stop: Box<dyn Stop>,
    ) -> Result<Vec<u8>, LeadscoreError> {
        Forest::rows(values, columns, &iterations, threads, &*stop, |rows, iterations, workers| {
            self.core.margin_parallel(rows, iterations, workers)
        })
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
        stop: Box<dyn Stop>,
    ) -> Result<Vec<u8>, LeadscoreError> {
        Forest::rows(values, columns, &iterations, threads, &*stop, |rows, iterations, workers| {
            self.core.predict_parallel(rows, iterations, workers)
        })
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
        stop: Box<dyn Stop>,
    ) -> Result<Vec<u8>, LeadscoreError> {
        Forest::rows(values, columns, &iterations, threads, &*stop, |rows, iterations, workers| {
            self.core.shap_parallel(rows, iterations, workers)
        })
    }
}

impl Forest {
    fn of(core: leadscore::Forest) -> Forest {
        Forest { core, row_key: RowKey::default() }
    }

    pub(crate) fn core(&self) -> &leadscore::Forest {
        &self.core
    }

    /// One of the three things a forest makes of a matrix, row after row.
    fn rows(
        values: &[u8],
        columns: u32,
        iterations: &str,
        threads: u32,
        stop: &dyn Stop,
        work: impl FnOnce(&Rows<'_>, Iterations, &Workers<'_>) -> Result<Vec<f64>, Error>,
    ) -> Result<Vec<u8>, LeadscoreError> {
        let found = enter_parallel(threads, stop, |workers| {
            work(&Rows::new(values, columns)?, iterations.parse()?, workers)
        })?;
        Ok(bytes_of(&found))
    }
}
