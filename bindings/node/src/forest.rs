//! Boosted trees.

use leadscore::Error;
use leadscore::forest::Iterations;
use leadscore::parallel::Workers;
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object, ObjectFinalize};
use napi_derive::napi;

use crate::enter::{enter, workers};
use crate::handle::Handle;
use crate::later::{Stopper, enter_later};
use crate::matrix::{Matrix, Values};
use crate::pipeline::{MEMORY_PER_BYTE, NEVER, read};

/// An XGBoost or LightGBM model.
#[napi(custom_finalize)]
#[derive(Debug)]
pub struct Forest(Handle<leadscore::Forest>);

impl ObjectFinalize for Forest {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.0.close(env)
    }
}

impl Forest {
    fn new(env: Env, forest: leadscore::Forest, bytes: usize) -> napi::Result<Forest> {
        Handle::new(env, forest, bytes).map(Forest)
    }
}

#[napi]
impl Forest {
    /// Loads a model from the bytes of its file.
    #[napi(factory)]
    pub fn from_bytes(env: Env, bytes: &[u8]) -> napi::Result<Forest> {
        Forest::new(env, enter(env, || leadscore::Forest::from_bytes(bytes))?, bytes.len() * MEMORY_PER_BYTE)
    }

    /// Loads a model file.
    #[napi(factory)]
    pub fn load(env: Env, path: String) -> napi::Result<Forest> {
        let bytes = enter(env, || read(&path))?;
        Forest::new(env, enter(env, || leadscore::Forest::from_bytes(&bytes))?, bytes.len() * MEMORY_PER_BYTE)
    }

    /// Reads what `toJson` wrote.
    #[napi(factory)]
    pub fn from_json(env: Env, text: String) -> napi::Result<Forest> {
        Forest::new(env, enter(env, || leadscore::Forest::from_json(&text))?, text.len() * MEMORY_PER_BYTE)
    }

    /// The same model with a value besides NaN that is read as missing.
    #[napi]
    pub fn with_missing(&self, env: Env, value: f64) -> napi::Result<Forest> {
        let forest = enter(env, || Ok(self.0.get()?.with_missing(value)))?;
        Forest::new(env, forest, self.0.bytes())
    }

    /// The same model with levels that its file does not give: `{"country": ["DE", "FR"]}`.
    #[napi]
    pub fn with_levels_json(&self, env: Env, levels: String) -> napi::Result<Forest> {
        let forest = enter(env, || self.0.get()?.with_levels_json(&levels))?;
        Forest::new(env, forest, self.0.bytes())
    }

    /// The numbers of one column's cells, given as a JSON list, and what becomes of levels that the model has not seen.
    #[napi]
    pub fn encode_json(
        &self,
        env: Env,
        feature: u32,
        values: String,
        unseen: Option<String>,
    ) -> napi::Result<Float64Array> {
        let unseen = unseen.as_deref().unwrap_or("library");
        enter(env, || self.0.get()?.encode_json_with(feature as usize, &values, unseen.parse()?))
            .map(Float64Array::new)
    }

    /// Frees the model, but for work that still goes on.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        self.0.close(env)
    }

    /// What the file leaves open about its columns.
    #[napi]
    pub fn notes(&self, env: Env) -> napi::Result<Vec<String>> {
        enter(env, || Ok(self.0.get()?.notes()))
    }

    /// The model in the library's own JSON.
    #[napi]
    pub fn to_json(&self, env: Env) -> napi::Result<String> {
        enter(env, || Ok(self.0.get()?.to_json()))
    }

    /// What the model is, as a JSON object.
    #[napi]
    pub fn describe_json(&self, env: Env) -> napi::Result<String> {
        enter(env, || Ok(self.0.get()?.describe_json()))
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
        env: Env,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        self.later(env, leadscore::Forest::margin_parallel, &values, columns, iterations, threads, stopper)
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
        env: Env,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        self.later(env, leadscore::Forest::predict_parallel, &values, columns, iterations, threads, stopper)
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
        env: Env,
        values: Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        self.later(env, leadscore::Forest::shap_parallel, &values, columns, iterations, threads, stopper)
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
        enter(env, || method(&self.0.get()?, &matrix, iterations.parse()?, &workers(threads, NEVER)))
            .map(Into::into)
    }

    #[expect(clippy::too_many_arguments, reason = "those of the three methods, and which of them it is")]
    fn later(
        &self,
        env: Env,
        method: Method,
        values: &Values<'_>,
        columns: u32,
        iterations: String,
        threads: Option<u32>,
        stopper: Option<&Stopper>,
    ) -> napi::Result<Object<'static>> {
        let (forest, matrix) = (enter(env, || self.0.get())?, Matrix::new(values, columns));
        enter_later::<_, Float64Array>(env, stopper, move |stop| {
            method(&forest, &matrix, iterations.parse()?, &workers(threads, stop))
        })
    }
}
