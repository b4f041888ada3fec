//! Boosted trees.

use leadscore::Error;
use leadscore::forest::Iterations;
use leadscore::parallel::Workers;
use napi::Env;
use napi::bindgen_prelude::{AbortSignal, AsyncTask, Float64Array, ObjectFinalize};
use napi_derive::napi;

use crate::enter::{Later, enter, enter_later, workers};
use crate::matrix::{Matrix, Values};
use crate::pipeline::{NEVER, read};

/// An XGBoost or LightGBM model.
#[napi(custom_finalize)]
#[derive(Debug)]
pub struct Forest {
    inner: leadscore::Forest,
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
        Ok(Forest { inner: forest, size })
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

    /// The same model with a value besides NaN that is read as missing.
    #[napi]
    pub fn with_missing(&self, env: Env, value: f64) -> napi::Result<Forest> {
        let forest = enter(env, || Ok(self.inner.clone().with_missing(value)))?;
        Forest::new(env, forest, usize::try_from(self.size).unwrap_or(0))
    }

    /// The same model with levels that its file does not give: `{"country": ["DE", "FR"]}`.
    #[napi]
    pub fn with_levels_json(&self, env: Env, levels: String) -> napi::Result<Forest> {
        let forest = enter(env, || self.inner.clone().with_levels_json(&levels))?;
        Forest::new(env, forest, usize::try_from(self.size).unwrap_or(0))
    }

    /// The numbers of one column's cells, given as a JSON list.
    #[napi]
    pub fn encode_json(&self, env: Env, feature: u32, values: String) -> napi::Result<Float64Array> {
        enter(env, || self.inner.encode_json(feature as usize, &values)).map(Float64Array::new)
    }

    /// What the file leaves open about its columns.
    #[napi(catch_unwind)]
    pub fn notes(&self) -> Vec<String> {
        self.inner.notes()
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
        self.now(env, leadscore::Forest::margin_parallel, &values, columns, &iterations, threads)
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
        self.later(leadscore::Forest::margin_parallel, &values, columns, iterations, threads, signal)
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
        self.now(env, leadscore::Forest::predict_parallel, &values, columns, &iterations, threads)
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
        self.later(leadscore::Forest::predict_parallel, &values, columns, iterations, threads, signal)
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
        self.now(env, leadscore::Forest::shap_parallel, &values, columns, &iterations, threads)
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
        self.later(leadscore::Forest::shap_parallel, &values, columns, iterations, threads, signal)
    }
}

/// One of the three things a forest makes of a matrix.
type Method = fn(&leadscore::Forest, &Matrix, Iterations, &Workers<'_>) -> Result<Vec<f64>, Error>;

impl Forest {
    fn now(
        &self,
        env: Env,
        method: Method,
        values: &Values<'_>,
        columns: u32,
        iterations: &str,
        threads: Option<u32>,
    ) -> napi::Result<Float64Array> {
        let matrix = Matrix::new(values, columns);
        enter(env, || method(&self.inner, &matrix, iterations.parse()?, &workers(threads, NEVER)))
            .map(Into::into)
    }

    fn later(
        &self,
        method: Method,
        values: &Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        signal: Option<AbortSignal>,
    ) -> AsyncTask<Later<Vec<f64>, Float64Array>> {
        let (forest, matrix) = (self.inner.clone(), Matrix::new(values, columns));
        enter_later(signal, move |stop| {
            method(&forest, &matrix, iterations.parse()?, &workers(threads, stop))
        })
    }
}
