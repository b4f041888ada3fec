//! Pipelines.

use std::sync::Arc;

use leadscore::error::catch_panic;
use leadscore::{Context, Error, ImportOptions};

use crate::enter::{Stop, enter_parallel};
use crate::error::LeadscoreError;
use crate::matrix::{Matrix, Rows, bytes_of};
use crate::rows::RowKey;

/// A scoring system.
#[derive(Debug, uniffi::Object)]
pub struct Pipeline {
    core: leadscore::Pipeline,
    row_key: RowKey,
}

/// The scores of a matrix as columns, each as little-endian bytes.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MatrixScores {
    /// 0–100, f64.
    pub scores: Vec<u8>,
    /// 0–1, NaN where there is none, f64.
    pub probabilities: Vec<u8>,
    /// Indexes into the pipeline's list of tiers, −1 where there is none, i32.
    pub tiers: Vec<u8>,
    /// The probability of every class, row after row, f64; empty where there are no classes.
    pub classes: Vec<u8>,
}

/// The names of the pipelines that ship with the library.
#[uniffi::export]
pub fn builtin_names() -> Vec<String> {
    leadscore::Pipeline::builtin_names().map(str::to_owned).collect()
}

impl Pipeline {
    fn of(core: leadscore::Pipeline) -> Pipeline {
        Pipeline { core, row_key: RowKey::default() }
    }

    pub(crate) fn core(&self) -> &leadscore::Pipeline {
        &self.core
    }
}

#[uniffi::export]
impl Pipeline {
    /// The number by which [`leadscore_rows`](crate::leadscore_rows) knows this handle.
    pub fn row_key(self: Arc<Self>) -> u64 {
        self.row_key.of_pipeline(&self)
    }

    /// A pipeline that ships with the library.
    ///
    /// # Errors
    /// `unknown_name`.
    #[uniffi::constructor]
    pub fn builtin(name: String) -> Result<Pipeline, LeadscoreError> {
        Ok(Pipeline::of(leadscore::Pipeline::builtin(&name)?))
    }

    /// The pipeline in a JSON text.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_pipeline`, `unsupported_format` and what a model in it can have wrong.
    #[uniffi::constructor]
    pub fn from_json(text: String) -> Result<Pipeline, LeadscoreError> {
        Ok(Pipeline::of(leadscore::Pipeline::from_json(&text)?))
    }

    /// The pipeline in a JSON file.
    ///
    /// # Errors
    /// `not_found` and `io` with the file; as [`Pipeline::from_json`].
    #[uniffi::constructor]
    pub fn load(path: String) -> Result<Pipeline, LeadscoreError> {
        let bytes = std::fs::read(&path).map_err(|error| Error::io(&path, error))?;
        Ok(Pipeline::of(leadscore::Pipeline::from_bytes(&bytes)?))
    }

    /// Makes a pipeline of an XGBoost or LightGBM model.
    ///
    /// # Errors
    /// As the core's `ImportOptions::from_json` and `Pipeline::import_model`.
    #[uniffi::constructor]
    pub fn import_model(bytes: Vec<u8>, options: String) -> Result<Pipeline, LeadscoreError> {
        Ok(Pipeline::of(leadscore::Pipeline::import_model(&bytes, &ImportOptions::from_json(&options)?)?))
    }

    /// The pipeline as one self-contained JSON file.
    pub fn to_json(&self) -> String {
        self.core.to_json()
    }

    /// What the pipeline is, as a JSON object.
    pub fn describe_json(&self) -> String {
        self.core.describe_json()
    }

    /// Scores one lead record; the prediction as JSON.
    ///
    /// # Errors
    /// What is wrong with the record or the context.
    pub fn score_json(&self, record: String, context: String) -> Result<String, LeadscoreError> {
        Ok(self.core.score_json(&record, &Context::from_json(&context)?)?)
    }

    /// Scores a JSON list of lead records, the first of which has that index in a longer list; a JSON list of predictions
    /// and, for those refused, errors. Zero threads are one for each processor.
    ///
    /// # Errors
    /// What is wrong with the list or the context; `cancelled`.
    pub fn score_many_json(
        &self,
        records: String,
        context: String,
        first_index: u32,
        threads: u32,
        stop: Box<dyn Stop>,
    ) -> Result<String, LeadscoreError> {
        enter_parallel(threads, &*stop, |workers| {
            let context = Context::from_json(&context)?;
            self.core.score_many_json_parallel(&records, first_index as usize, &context, workers)
        })
    }

    /// The features of one lead record as a JSON object.
    ///
    /// # Errors
    /// What is wrong with the record or the context.
    pub fn features_json(&self, record: String, context: String) -> Result<String, LeadscoreError> {
        Ok(self.core.features_json(&record, &Context::from_json(&context)?)?)
    }

    /// The features of a JSON list of lead records, the first of which has that index in a longer list, as a matrix.
    ///
    /// # Errors
    /// What is wrong with the records or the context; `cancelled`.
    pub fn feature_matrix_json(
        &self,
        records: String,
        context: String,
        first_index: u32,
        threads: u32,
        stop: Box<dyn Stop>,
    ) -> Result<Matrix, LeadscoreError> {
        let matrix = enter_parallel(threads, &*stop, |workers| {
            let context = Context::from_json(&context)?;
            self.core.feature_matrix_json_parallel(&records, first_index as usize, &context, workers)
        })?;
        Ok(matrix.into())
    }

    /// Scores the rows of a matrix: f64, little-endian, row after row. Zero threads are one for each processor.
    ///
    /// # Errors
    /// `invalid_matrix` and `cancelled`.
    pub fn score_matrix(
        &self,
        values: &[u8],
        columns: u32,
        threads: u32,
        stop: Box<dyn Stop>,
    ) -> Result<MatrixScores, LeadscoreError> {
        let scores = enter_parallel(threads, &*stop, |workers| {
            self.core.score_matrix_parallel(&Rows::new(values, columns)?, workers)
        })?;
        Ok(MatrixScores {
            scores: bytes_of(&scores.score),
            probabilities: bytes_of(&scores.probability),
            tiers: scores.tier.iter().flat_map(|tier| tier.to_le_bytes()).collect(),
            classes: bytes_of(&scores.class_probabilities),
        })
    }

    /// Which features or rules matter how much, as a JSON list; by `leads` with a matrix, else without values and with zero
    /// columns.
    ///
    /// # Errors
    /// `unknown_name`, `contributions_unsupported`, `cover_missing`, `invalid_matrix`.
    pub fn importance_json(&self, by: String, values: &[u8], columns: u32) -> Result<String, LeadscoreError> {
        let given = !values.is_empty() || columns > 0;
        let leads = given.then(|| Rows::new(values, columns)?.to_matrix()).transpose()?;
        Ok(self.core.importance_json(&by, leads.as_ref())?)
    }

    /// The questions of a ranking of any number of leads, as a JSON list of requests.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_task`, and what is wrong with the leads or their options.
    pub fn ranking_parts_json(&self, request: String) -> Result<String, LeadscoreError> {
        Ok(catch_panic(|| self.core.ranking_parts_json(&request))?)
    }

    /// Scores a file of leads into another; options and summary are JSON.
    ///
    /// # Errors
    /// `invalid_context`, `not_found`, `io`, `unreadable_table`, `worthless_result`, `cancelled`.
    pub fn score_file(&self, options: String, stop: Box<dyn Stop>) -> Result<String, LeadscoreError> {
        let is_stopped = || stop.is_stopped();
        Ok(catch_panic(|| leadscore_files::score_file(&self.core, &options, &is_stopped))?)
    }

    /// Measures the pipeline on a file of leads whose outcome is known; options and result are JSON.
    ///
    /// # Errors
    /// `invalid_context`, `not_found`, `io`, `unreadable_table`, `worthless_result`, `cancelled`.
    pub fn evaluate_file(&self, options: String, stop: Box<dyn Stop>) -> Result<String, LeadscoreError> {
        let is_stopped = || stop.is_stopped();
        Ok(catch_panic(|| leadscore_files::evaluate_file(&self.core, &options, &is_stopped))?)
    }
}
