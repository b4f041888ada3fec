//! Pipelines.

use leadscore::{Context, Error, FeatureMatrix, ImportOptions, ScoreColumns, Stop, never_stop};
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Int32Array, Object, ObjectFinalize};
use napi_derive::napi;

use crate::enter::{enter, workers};
use crate::handle::Handle;
use crate::later::{Stopper, enter_later};
use crate::matrix::{Matrix, Values};
use crate::rows::RowReader;

/// The event loop's own thread cannot be told to stop.
pub(crate) const NEVER: &dyn Stop = &(never_stop as fn() -> bool);
/// What a built-in pipeline adds in memory: all handles of one share it.
const SHARED: usize = 1 << 10;
/// Memory for every byte of a model's file, as measured on our own.
pub(crate) const MEMORY_PER_BYTE: usize = 7;

/// Everything that turns a lead into a prediction.
#[napi(custom_finalize)]
#[derive(Debug)]
pub struct Pipeline(Handle<leadscore::Pipeline>);

impl ObjectFinalize for Pipeline {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.0.close(env)
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
    fn new(env: Env, pipeline: leadscore::Pipeline, bytes: usize) -> napi::Result<Pipeline> {
        Handle::new(env, pipeline, bytes).map(Pipeline)
    }

    pub(crate) fn core(&self) -> Result<leadscore::Pipeline, Error> {
        self.0.get()
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
        Pipeline::new(env, enter(env, || leadscore::Pipeline::builtin(&name))?, SHARED)
    }

    /// Reads the text of a pipeline file.
    #[napi(factory)]
    pub fn from_json(env: Env, text: String) -> napi::Result<Pipeline> {
        Pipeline::new(
            env,
            enter(env, || leadscore::Pipeline::from_json(&text))?,
            text.len() * MEMORY_PER_BYTE,
        )
    }

    /// Loads a pipeline file.
    #[napi(factory)]
    pub fn load(env: Env, path: String) -> napi::Result<Pipeline> {
        let bytes = enter(env, || read(&path))?;
        Pipeline::new(
            env,
            enter(env, || leadscore::Pipeline::from_bytes(&bytes))?,
            bytes.len() * MEMORY_PER_BYTE,
        )
    }

    /// Makes a pipeline of the bytes of an XGBoost or LightGBM model.
    #[napi(factory)]
    pub fn import_model(env: Env, bytes: &[u8], options: String) -> napi::Result<Pipeline> {
        let import = || leadscore::Pipeline::import_model(bytes, &ImportOptions::from_json(&options)?);
        Pipeline::new(env, enter(env, import)?, bytes.len() * MEMORY_PER_BYTE)
    }

    /// Frees the pipeline, but for work that still goes on.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        self.0.close(env)
    }

    /// The pipeline as one self-contained JSON file.
    #[napi]
    pub fn to_json(&self, env: Env) -> napi::Result<String> {
        enter(env, || Ok(self.core()?.to_json()))
    }

    /// What the pipeline is, as a JSON object.
    #[napi]
    pub fn describe_json(&self, env: Env) -> napi::Result<String> {
        enter(env, || Ok(self.core()?.describe_json()))
    }

    /// Scores a lead record; the prediction.
    #[napi]
    pub fn score_json(&self, env: Env, record: String, context: String) -> napi::Result<String> {
        enter(env, || self.core()?.score_json(&record, &Context::from_json(&context)?))
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
        enter(env, || score_many(&self.core()?, &records, &context, first_index, threads, NEVER))
    }

    /// The same off the event loop for some lists, each with the index of its first record; a list of predictions for each.
    /// There is one context for all lists, or one for each.
    #[napi(ts_return_type = "Promise<Texts>")]
    pub fn score_lists_json_async(
        &self,
        env: Env,
        lists: Vec<String>,
        contexts: Vec<String>,
        first_indexes: Vec<u32>,
        threads: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        let pipeline = enter(env, || self.core())?;
        enter_later::<_, Texts>(env, stopper, move |stop| {
            // One list, such as all leads of a pipeline with tiers by rank, is divided among the threads itself.
            if let ([list], [context]) = (lists.as_slice(), contexts.as_slice()) {
                let first_index = first_indexes.first().copied().unwrap_or(0) as usize;
                let (context, workers) = (Context::from_json(context)?, workers(threads, stop));
                return Ok(vec![pipeline.score_many_json_parallel(list, first_index, &context, &workers)?]);
            }
            let score = |at: usize| {
                let context = contexts.get(at).or(contexts.first()).map_or("{}", String::as_str);
                let first_index = first_indexes.get(at).copied().unwrap_or(0) as usize;
                let context = Context::from_json(context)?;
                pipeline.score_many_json_parallel(&lists[at], first_index, &context, &workers(Some(1), NEVER))
            };
            let blocks = workers(threads, stop).run_blocks(lists.len(), 1, |block| {
                block.map(score).collect::<Result<Vec<String>, Error>>()
            })?;
            Ok(blocks.concat())
        })
    }

    /// The features of a lead record, name by name.
    #[napi]
    pub fn features_json(&self, env: Env, record: String, context: String) -> napi::Result<String> {
        enter(env, || self.core()?.features_json(&record, &Context::from_json(&context)?))
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
        enter(env, || feature_matrix(&self.core()?, &records, &context, first_index, threads, NEVER))
            .map(Features::from)
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<Features>")]
    pub fn feature_matrix_json_async(
        &self,
        env: Env,
        records: String,
        context: String,
        first_index: Option<u32>,
        threads: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        let pipeline = enter(env, || self.core())?;
        enter_later::<_, Features>(env, stopper, move |stop| {
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
        enter(env, || self.core()?.score_matrix_parallel(&matrix, &workers(threads, NEVER)))
            .map(MatrixScores::from)
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<MatrixScores>")]
    pub fn score_matrix_async(
        &self,
        env: Env,
        values: Values<'_>,
        columns: u32,
        threads: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        let (pipeline, matrix) = (enter(env, || self.core())?, Matrix::new(&values, columns));
        enter_later::<_, MatrixScores>(env, stopper, move |stop| {
            pipeline.score_matrix_parallel(&matrix, &workers(threads, stop))
        })
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
            self.core()?.importance_json(&by, leads.as_ref())
        })
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn importance_json_async(
        &self,
        env: Env,
        by: String,
        values: Option<Values<'_>>,
        columns: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        let pipeline = enter(env, || self.core())?;
        let matrix = values.map(|values| Matrix::new(&values, columns.unwrap_or(0)));
        enter_later::<_, String>(env, stopper, move |_| {
            pipeline.importance_json(&by, matrix.map(Matrix::into_matrix).transpose()?.as_ref())
        })
    }

    /// The questions of a ranking of any number of leads, as a JSON list of requests.
    #[napi]
    pub fn ranking_parts_json(&self, env: Env, request: String) -> napi::Result<String> {
        enter(env, || self.core()?.ranking_parts_json(&request))
    }

    /// Begins to score a file of leads row by row; the options are those of `scoreFile`, without an output.
    #[napi]
    pub fn score_rows(&self, env: Env, options: String) -> napi::Result<RowReader> {
        RowReader::open(env, enter(env, || self.core())?, options)
    }

    /// Scores a file of leads into another; what came of it.
    #[napi]
    pub fn score_file(&self, env: Env, options: String) -> napi::Result<String> {
        enter(env, || leadscore_files::score_file(&self.core()?, &options, NEVER))
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn score_file_async(
        &self,
        env: Env,
        options: String,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        let pipeline = enter(env, || self.core())?;
        enter_later::<_, String>(env, stopper, move |stop| {
            leadscore_files::score_file(&pipeline, &options, stop)
        })
    }

    /// Measures the pipeline on a file of leads whose outcome is known.
    #[napi]
    pub fn evaluate_file(&self, env: Env, options: String) -> napi::Result<String> {
        enter(env, || leadscore_files::evaluate_file(&self.core()?, &options, NEVER))
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn evaluate_file_async(
        &self,
        env: Env,
        options: String,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        let pipeline = enter(env, || self.core())?;
        enter_later::<_, String>(env, stopper, move |stop| {
            leadscore_files::evaluate_file(&pipeline, &options, stop)
        })
    }
}

/// Texts that become JavaScript's one by one, so that the event loop can turn between them.
#[napi]
#[derive(Debug)]
pub struct Texts(Vec<String>);

#[napi]
impl Texts {
    /// Takes out the text of an index, which is empty from then on.
    #[napi]
    pub fn take(&mut self, index: u32) -> String {
        self.0.get_mut(index as usize).map(std::mem::take).unwrap_or_default()
    }
}

impl From<Vec<String>> for Texts {
    fn from(texts: Vec<String>) -> Texts {
        Texts(texts)
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
