//! Pipelines.

use leadscore::{Context, Error, FeatureMatrix, ImportOptions, ScoreColumns, Stop, never_stop};
use napi::Env;
use napi::bindgen_prelude::{AbortSignal, AsyncTask, Float64Array, Int32Array, ObjectFinalize};
use napi_derive::napi;

use crate::enter::{Later, enter, enter_later, workers};
use crate::matrix::{Matrix, Values};

/// The event loop's own thread cannot be told to stop.
pub(crate) const NEVER: &dyn Stop = &(never_stop as fn() -> bool);
/// What a pipeline without a model takes, more or less.
const SMALL: usize = 1 << 16;

/// Everything that turns a lead into a prediction.
#[napi(custom_finalize)]
#[derive(Debug)]
pub struct Pipeline {
    inner: leadscore::Pipeline,
    /// Bytes that the garbage collector was told of.
    size: i64,
}

impl ObjectFinalize for Pipeline {
    fn finalize(self, env: Env) -> napi::Result<()> {
        env.adjust_external_memory(-self.size).map(drop)
    }
}

/// The scores of a matrix, as columns.
#[napi(object)]
pub struct MatrixScores {
    /// 0–100.
    pub scores: Float64Array,
    /// 0–1, NaN where there is none.
    pub probabilities: Float64Array,
    /// Indexes into the pipeline's list of tiers, −1 where there is none.
    pub tiers: Int32Array,
    /// The probability of every class, row after row.
    pub classes: Float64Array,
}

/// The features of leads, one row each.
#[napi(object)]
pub struct Features {
    /// Row after row; NaN is missing.
    pub values: Float64Array,
    /// How many features there are in a row.
    pub columns: u32,
}

impl From<FeatureMatrix> for Features {
    fn from(matrix: FeatureMatrix) -> Features {
        Features { columns: matrix.column_count() as u32, values: matrix.values().to_vec().into() }
    }
}

impl Pipeline {
    fn new(env: Env, pipeline: leadscore::Pipeline, size: usize) -> napi::Result<Pipeline> {
        let size = i64::try_from(size.max(SMALL)).unwrap_or(i64::MAX);
        env.adjust_external_memory(size)?;
        Ok(Pipeline { inner: pipeline, size })
    }

    pub(crate) fn core(&self) -> &leadscore::Pipeline {
        &self.inner
    }
}

#[napi]
impl Pipeline {
    /// The names of the pipelines that ship with the library.
    #[napi]
    pub fn builtin_names() -> Vec<&'static str> {
        leadscore::Pipeline::builtin_names().collect()
    }

    /// A pipeline that ships with the library.
    #[napi(factory)]
    pub fn builtin(env: Env, name: String) -> napi::Result<Pipeline> {
        Pipeline::new(env, enter(env, || leadscore::Pipeline::builtin(&name))?, 0)
    }

    /// Reads the text of a pipeline file.
    #[napi(factory)]
    pub fn from_json(env: Env, text: String) -> napi::Result<Pipeline> {
        Pipeline::new(env, enter(env, || leadscore::Pipeline::from_json(&text))?, text.len())
    }

    /// Loads a pipeline file.
    #[napi(factory)]
    pub fn load(env: Env, path: String) -> napi::Result<Pipeline> {
        let bytes = enter(env, || read(&path))?;
        Pipeline::new(env, enter(env, || leadscore::Pipeline::from_bytes(&bytes))?, bytes.len())
    }

    /// Makes a pipeline of the bytes of an XGBoost or LightGBM model.
    #[napi(factory)]
    pub fn import_model(env: Env, bytes: &[u8], options: String) -> napi::Result<Pipeline> {
        let import = || leadscore::Pipeline::import_model(bytes, &ImportOptions::from_json(&options)?);
        Pipeline::new(env, enter(env, import)?, bytes.len())
    }

    /// The pipeline as one self-contained JSON file.
    #[napi(catch_unwind)]
    pub fn to_json(&self) -> String {
        self.inner.to_json()
    }

    /// What the pipeline is, as a JSON object.
    #[napi(catch_unwind)]
    pub fn describe_json(&self) -> String {
        self.inner.describe_json()
    }

    /// Scores a lead record; the prediction.
    #[napi]
    pub fn score_json(&self, env: Env, record: String, context: String) -> napi::Result<String> {
        enter(env, || self.inner.score_json(&record, &Context::from_json(&context)?))
    }

    /// Scores a list of lead records, the first of which has that index in a longer list; a list of predictions, with an
    /// error in place of a record that is refused.
    #[napi]
    pub fn score_many_json(
        &self,
        env: Env,
        records: String,
        context: String,
        first_index: Option<u32>,
        threads: Option<u32>,
    ) -> napi::Result<String> {
        enter(env, || score_many(&self.inner, &records, &context, first_index, threads, NEVER))
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn score_many_json_async(
        &self,
        records: String,
        context: String,
        first_index: Option<u32>,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<String, String>> {
        let pipeline = self.inner.clone();
        enter_later(signal, move |stop| score_many(&pipeline, &records, &context, first_index, threads, stop))
    }

    /// The features of a lead record, name by name.
    #[napi]
    pub fn features_json(&self, env: Env, record: String, context: String) -> napi::Result<String> {
        enter(env, || self.inner.features_json(&record, &Context::from_json(&context)?))
    }

    /// The features of a list of lead records, the first of which has that index in a longer list.
    #[napi]
    pub fn feature_matrix_json(
        &self,
        env: Env,
        records: String,
        context: String,
        first_index: Option<u32>,
        threads: Option<u32>,
    ) -> napi::Result<Features> {
        enter(env, || feature_matrix(&self.inner, &records, &context, first_index, threads, NEVER))
            .map(Features::from)
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<Features>")]
    pub fn feature_matrix_json_async(
        &self,
        records: String,
        context: String,
        first_index: Option<u32>,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<FeatureMatrix, Features>> {
        let pipeline = self.inner.clone();
        enter_later(signal, move |stop| {
            feature_matrix(&pipeline, &records, &context, first_index, threads, stop)
        })
    }

    /// Scores the rows of a matrix of features.
    #[napi]
    pub fn score_matrix(
        &self,
        env: Env,
        values: Values<'_>,
        columns: u32,
        threads: Option<u32>,
    ) -> napi::Result<MatrixScores> {
        let matrix = Matrix::new(&values, columns);
        enter(env, || self.inner.score_matrix_parallel(&matrix, &workers(threads, NEVER)))
            .map(MatrixScores::from)
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<MatrixScores>")]
    pub fn score_matrix_async(
        &self,
        values: Values<'_>,
        columns: u32,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<ScoreColumns, MatrixScores>> {
        let (pipeline, matrix) = (self.inner.clone(), Matrix::new(&values, columns));
        enter_later(signal, move |stop| pipeline.score_matrix_parallel(&matrix, &workers(threads, stop)))
    }

    /// Which features or rules matter, as a list; with a matrix, over its rows.
    #[napi]
    pub fn importance_json(
        &self,
        env: Env,
        by: String,
        values: Option<Values<'_>>,
        columns: Option<u32>,
    ) -> napi::Result<String> {
        enter(env, || {
            let leads =
                values.map(|values| Matrix::new(&values, columns.unwrap_or(0)).into_matrix()).transpose()?;
            self.inner.importance_json(&by, leads.as_ref())
        })
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn importance_json_async(
        &self,
        by: String,
        values: Option<Values<'_>>,
        columns: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<String, String>> {
        let pipeline = self.inner.clone();
        let matrix = values.map(|values| Matrix::new(&values, columns.unwrap_or(0)));
        enter_later(signal, move |_| {
            pipeline.importance_json(&by, matrix.map(Matrix::into_matrix).transpose()?.as_ref())
        })
    }

    /// The questions of a ranking of any number of leads, as a JSON list of requests.
    #[napi]
    pub fn ranking_parts_json(&self, env: Env, request: String) -> napi::Result<String> {
        enter(env, || self.inner.ranking_parts_json(&request))
    }

    /// Scores a file of leads into another; what came of it.
    #[napi]
    pub fn score_file(&self, env: Env, options: String) -> napi::Result<String> {
        enter(env, || leadscore_files::score_file(&self.inner, &options, NEVER))
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn score_file_async(
        &self,
        options: String,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<String, String>> {
        let pipeline = self.inner.clone();
        enter_later(signal, move |stop| leadscore_files::score_file(&pipeline, &options, stop))
    }
}

impl From<ScoreColumns> for MatrixScores {
    fn from(scores: ScoreColumns) -> MatrixScores {
        MatrixScores {
            scores: scores.score.into(),
            probabilities: scores.probability.into(),
            tiers: scores.tier.into(),
            classes: scores.class_probabilities.into(),
        }
    }
}

fn score_many(
    pipeline: &leadscore::Pipeline,
    records: &str,
    context: &str,
    first_index: Option<u32>,
    threads: Option<u32>,
    stop: &dyn Stop,
) -> Result<String, Error> {
    let (context, first_index) = (Context::from_json(context)?, first_index.unwrap_or(0) as usize);
    pipeline.score_many_json_parallel(records, first_index, &context, &workers(threads, stop))
}

fn feature_matrix(
    pipeline: &leadscore::Pipeline,
    records: &str,
    context: &str,
    first_index: Option<u32>,
    threads: Option<u32>,
    stop: &dyn Stop,
) -> Result<FeatureMatrix, Error> {
    let (context, first_index) = (Context::from_json(context)?, first_index.unwrap_or(0) as usize);
    pipeline.feature_matrix_json_parallel(records, first_index, &context, &workers(threads, stop))
}

/// The bytes of a file.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::io(path, error))
}
