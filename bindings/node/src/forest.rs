//! Boosted trees.

use std::sync::Arc;

use leadscore::Error;
use leadscore::forest::Iterations;
use napi::Env;
use napi::bindgen_prelude::{AbortSignal, AsyncTask, Float64Array, ObjectFinalize};
use napi_derive::napi;

use crate::enter::{Later, Wanted, enter, enter_later, in_blocks};
use crate::matrix::{Matrix, Values};
use crate::pipeline::read;

/// Rows of a block: few enough that work on a deep model can be stopped soon.
const BLOCK: usize = 256;

/// An XGBoost or LightGBM model.
#[napi(custom_finalize)]
#[derive(Debug)]
pub struct Forest {
    inner: Arc<leadscore::Forest>,
    /// Bytes that the garbage collector was told of.
    size: i64,
}

impl ObjectFinalize for Forest {
    fn finalize(self, env: Env) -> napi::Result<()> {
        env.adjust_external_memory(-self.size).map(drop)
    }
}

impl Forest {
    fn new(env: Env, forest: leadscore::Forest, size: usize) -> napi::Result<Forest> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        env.adjust_external_memory(size)?;
        Ok(Forest { inner: Arc::new(forest), size })
    }
}

#[napi]
impl Forest {
    /// Loads a model from the bytes of its file.
    #[napi(factory)]
    pub fn from_bytes(env: Env, bytes: &[u8]) -> napi::Result<Forest> {
        Forest::new(env, enter(env, || leadscore::Forest::from_bytes(bytes))?, bytes.len())
    }

    /// Loads a model file.
    #[napi(factory)]
    pub fn load(env: Env, path: String) -> napi::Result<Forest> {
        let bytes = enter(env, || read(&path))?;
        Forest::new(env, enter(env, || leadscore::Forest::from_bytes(&bytes))?, bytes.len())
    }

    /// Reads what `toJson` wrote.
    #[napi(factory)]
    pub fn from_json(env: Env, text: String) -> napi::Result<Forest> {
        Forest::new(env, enter(env, || leadscore::Forest::from_json(&text))?, text.len())
    }

    /// The same model with a value that stands for missing besides NaN.
    #[napi]
    pub fn with_missing(&self, env: Env, value: f64) -> napi::Result<Forest> {
        let forest = enter(env, || Ok(leadscore::Forest::clone(&self.inner).with_missing(value)))?;
        Forest::new(env, forest, usize::try_from(self.size).unwrap_or(0))
    }

    /// The model in the library's own JSON.
    #[napi(catch_unwind)]
    pub fn to_json(&self) -> String {
        self.inner.to_json()
    }

    /// What the model is, as a JSON object.
    #[napi(catch_unwind)]
    pub fn describe_json(&self) -> String {
        self.inner.describe_json()
    }

    /// The margins of a matrix, row after row.
    #[napi]
    pub fn margin(
        &self,
        env: Env,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
    ) -> napi::Result<Float64Array> {
        self.now(env, leadscore::Forest::margin, &values, columns, &iterations, threads)
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<Float64Array>")]
    pub fn margin_async(
        &self,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<Vec<f64>, Float64Array>> {
        self.later(leadscore::Forest::margin, &values, columns, iterations, threads, signal)
    }

    /// The predictions of a matrix, row after row.
    #[napi]
    pub fn predict(
        &self,
        env: Env,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
    ) -> napi::Result<Float64Array> {
        self.now(env, leadscore::Forest::predict, &values, columns, &iterations, threads)
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<Float64Array>")]
    pub fn predict_async(
        &self,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<Vec<f64>, Float64Array>> {
        self.later(leadscore::Forest::predict, &values, columns, iterations, threads, signal)
    }

    /// The contributions of every feature and then the bias, for each output of each row.
    #[napi]
    pub fn shap(
        &self,
        env: Env,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
    ) -> napi::Result<Float64Array> {
        self.now(env, leadscore::Forest::shap, &values, columns, &iterations, threads)
    }

    /// The same off the event loop.
    #[napi(ts_return_type = "Promise<Float64Array>")]
    pub fn shap_async(
        &self,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<Vec<f64>, Float64Array>> {
        self.later(leadscore::Forest::shap, &values, columns, iterations, threads, signal)
    }
}

/// One of the three things a forest makes of a matrix.
type Question = fn(&leadscore::Forest, &leadscore::FeatureMatrix, Iterations) -> Result<Vec<f64>, Error>;

impl Forest {
    fn now(
        &self,
        env: Env,
        question: Question,
        values: &Values<'_>,
        columns: u32,
        iterations: &str,
        threads: Option<u32>,
    ) -> napi::Result<Float64Array> {
        let matrix = Matrix::new(values, columns);
        let answer =
            enter(env, || answer(&self.inner, question, &matrix, iterations, threads, &Wanted::default()))?;
        Ok(answer.into())
    }

    fn later(
        &self,
        question: Question,
        values: &Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<Vec<f64>, Float64Array>> {
        let (forest, matrix) = (self.inner.clone(), Matrix::new(values, columns));
        enter_later(signal, move |wanted| answer(&forest, question, &matrix, &iterations, threads, wanted))
    }
}

fn answer(
    forest: &leadscore::Forest,
    question: Question,
    matrix: &Matrix,
    iterations: &str,
    threads: Option<u32>,
    wanted: &Wanted,
) -> Result<Vec<f64>, Error> {
    let iterations: Iterations = iterations.parse()?;
    let parts = in_blocks(matrix.rows(), BLOCK, threads, wanted, |rows| {
        question(forest, &matrix.block(rows)?, iterations)
    })?;
    Ok(parts.concat())
}
