//! Pipelines.

use std::path::PathBuf;

use leadscore::{Context, Error, ImportOptions, ScoreColumns, Warning};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::enter::{enter, enter_long, enter_parallel};
use crate::error::{Text, bytes_of};
use crate::matrix::{Matrix, View, to_array};

#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Pipeline(pub(crate) leadscore::Pipeline);

#[pymethods]
impl Pipeline {
    #[staticmethod]
    fn builtin_names() -> Vec<&'static str> {
        leadscore::Pipeline::builtin_names().collect()
    }

    #[staticmethod]
    fn builtin(py: Python<'_>, name: Text<'_>) -> PyResult<Pipeline> {
        enter(py, || leadscore::Pipeline::builtin(&name.0)).map(Pipeline)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: Text<'_>) -> PyResult<Pipeline> {
        enter(py, || leadscore::Pipeline::from_json(&text.0)).map(Pipeline)
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Pipeline> {
        enter(py, || {
            let bytes = std::fs::read(&path).map_err(|error| Error::io(&path, error))?;
            leadscore::Pipeline::from_bytes(&bytes)
        })
        .map(Pipeline)
    }

    #[staticmethod]
    fn import_model(py: Python<'_>, data: &Bound<'_, PyAny>, options: Text<'_>) -> PyResult<Pipeline> {
        let bytes = bytes_of(data)?;
        enter(py, || leadscore::Pipeline::import_model(&bytes, &ImportOptions::from_json(&options.0)?))
            .map(Pipeline)
    }

    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json())
    }

    fn describe_json(&self) -> String {
        self.0.describe_json()
    }

    fn score_json(&self, py: Python<'_>, record: Text<'_>, context: Text<'_>) -> PyResult<String> {
        enter(py, || self.0.score_json(&record.0, &Context::from_json(&context.0)?))
    }

    #[pyo3(signature = (records, context, first_index = 0, threads = None))]
    fn score_many_json(
        &self,
        py: Python<'_>,
        records: Text<'_>,
        context: Text<'_>,
        first_index: usize,
        threads: Option<usize>,
    ) -> PyResult<String> {
        enter_parallel(py, threads, |workers| {
            let context = Context::from_json(&context.0)?;
            self.0.score_many_json_parallel(&records.0, first_index, &context, workers)
        })
    }

    fn features_json(&self, py: Python<'_>, record: Text<'_>, context: Text<'_>) -> PyResult<String> {
        enter(py, || self.0.features_json(&record.0, &Context::from_json(&context.0)?))
    }

    #[pyo3(signature = (records, context, first_index = 0, threads = None))]
    fn feature_matrix_json<'py>(
        &self,
        py: Python<'py>,
        records: Text<'_>,
        context: Text<'_>,
        first_index: usize,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let matrix = enter_parallel(py, threads, |workers| {
            let context = Context::from_json(&context.0)?;
            self.0.feature_matrix_json_parallel(&records.0, first_index, &context, workers)
        })?;
        Ok(to_array(py, matrix))
    }

    #[pyo3(signature = (values, threads = None))]
    fn score_matrix<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let view = values.view();
        let scores = enter_parallel(py, threads, |workers| self.0.score_matrix_parallel(&view, workers))?;
        to_dict(py, scores)
    }

    #[pyo3(signature = (by, values = None))]
    fn importance_json(&self, py: Python<'_>, by: Text<'_>, values: Option<Matrix<'_>>) -> PyResult<String> {
        let view = values.as_ref().map(Matrix::view);
        enter(py, || {
            let leads = view.map(View::to_matrix).transpose()?;
            self.0.importance_json(&by.0, leads.as_ref())
        })
    }

    fn ranking_parts_json(&self, py: Python<'_>, request: Text<'_>) -> PyResult<String> {
        enter(py, || self.0.ranking_parts_json(&request.0))
    }

    fn score_file(&self, py: Python<'_>, options: Text<'_>) -> PyResult<String> {
        enter_long(py, |stop| leadscore_files::score_file(&self.0, &options.0, stop))
    }

    fn evaluate_file(&self, py: Python<'_>, options: Text<'_>) -> PyResult<String> {
        enter_long(py, |stop| leadscore_files::evaluate_file(&self.0, &options.0, stop))
    }
}

/// Scores as columns: `scores`, `probabilities` (NaN where there is none), `tiers` (indexes into the pipeline's list, −1
/// where there is none) and `classes` (row after row).
fn to_dict(py: Python<'_>, scores: ScoreColumns) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("scores", PyArray1::from_vec(py, scores.score))?;
    dict.set_item("probabilities", PyArray1::from_vec(py, scores.probability))?;
    dict.set_item("tiers", PyArray1::from_vec(py, scores.tier))?;
    dict.set_item("classes", PyArray1::from_vec(py, scores.class_probabilities))?;
    Ok(dict)
}

/// The same with `reasons` as places in `reason_texts` (−1 where there is none) and their `points`, and with `unusable` as
/// sentence, first row and number of rows.
pub(crate) fn to_frame_dict(py: Python<'_>, mut scores: ScoreColumns) -> PyResult<Bound<'_, PyDict>> {
    let columns = std::mem::take(&mut scores.reasons);
    let (texts, told) = (std::mem::take(&mut scores.reason_texts), std::mem::take(&mut scores.unusable));
    let dict = to_dict(py, scores)?;
    let (mut reasons, mut points) = (Vec::new(), Vec::new());
    for column in columns {
        let numbers = column.text.iter().map(|number| number.map_or(-1, |number| number as i32));
        reasons.push(PyArray1::from_vec(py, numbers.collect()));
        points.push(PyArray1::from_vec(py, column.points));
    }
    dict.set_item("reasons", reasons)?;
    dict.set_item("points", points)?;
    dict.set_item("reason_texts", texts.as_slice().iter().map(|text| &**text).collect::<Vec<&str>>())?;
    let told = told
        .iter()
        .map(|own| (Warning::UnusableValue(own.first.clone()).to_string(), own.first_row, own.count));
    dict.set_item("unusable", told.collect::<Vec<_>>())?;
    Ok(dict)
}
