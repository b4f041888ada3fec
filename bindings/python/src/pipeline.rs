//! Pipelines.

use std::path::PathBuf;

use leadscore::{Context, ImportOptions, ScoreColumns};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::enter::{enter, enter_blocks, enter_long};
use crate::matrix::Matrix;
use crate::problem::{Problem, Text, bytes_of};

/// Rows of a block.
pub(crate) const BLOCK: usize = 2048;

#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Pipeline(pub(crate) leadscore::Pipeline);

#[pymethods]
impl Pipeline {
    #[staticmethod]
    fn names() -> Vec<&'static str> {
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
            let bytes = std::fs::read(&path).map_err(|error| Problem::io(&path, &error))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Problem::new("invalid_json", "", "the file is not UTF-8 text"))?;
            leadscore::Pipeline::from_json(&text).map_err(Problem::from)
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

    fn score_many_json(&self, py: Python<'_>, records: Text<'_>, context: Text<'_>) -> PyResult<String> {
        enter(py, || self.0.score_many_json(&records.0, 0, &Context::from_json(&context.0)?))
    }

    fn features_json(&self, py: Python<'_>, record: Text<'_>, context: Text<'_>) -> PyResult<String> {
        enter(py, || self.0.features_json(&record.0, &Context::from_json(&context.0)?))
    }

    fn feature_matrix_json<'py>(
        &self,
        py: Python<'py>,
        records: Text<'_>,
        context: Text<'_>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let matrix =
            enter(py, || self.0.feature_matrix_json(&records.0, 0, &Context::from_json(&context.0)?))?;
        PyArray1::from_vec(py, matrix.values().to_vec()).reshape([matrix.rows(), matrix.columns()])
    }

    #[pyo3(signature = (values, threads = None))]
    fn score_matrix<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let view = values.view();
        let parts = enter_blocks(py, view.rows(), BLOCK, threads, |rows| {
            Ok(self.0.score_matrix(&view.block(rows)?)?)
        })?;
        to_dict(py, &parts)
    }

    #[pyo3(signature = (by, values = None))]
    fn importance_json(&self, py: Python<'_>, by: Text<'_>, values: Option<Matrix<'_>>) -> PyResult<String> {
        let view = values.as_ref().map(Matrix::view);
        enter(py, || {
            let leads = view.map(|view| view.block(0..view.rows())).transpose()?;
            self.0.importance_json(&by.0, leads.as_ref()).map_err(Problem::from)
        })
    }

    fn score_file(&self, py: Python<'_>, options: Text<'_>) -> PyResult<String> {
        let (pipeline, options) = (self.0.clone(), options.0.into_owned());
        enter_long(py, move |wanted| Ok(leadscore_files::score_file(&pipeline, &options, &|| !wanted())?))
    }
}

/// Columns one block after another: `scores`, `probabilities` (NaN where there is none), `tiers` (positions in the
/// pipeline's list, −1 where there is none) and `classes` (row after row).
pub(crate) fn to_dict<'py>(py: Python<'py>, parts: &[ScoreColumns]) -> PyResult<Bound<'py, PyDict>> {
    fn all<'py, T: numpy::Element + Copy>(
        py: Python<'py>,
        parts: &[ScoreColumns],
        column: impl Fn(&ScoreColumns) -> &Vec<T>,
    ) -> Bound<'py, PyArray1<T>> {
        let mut values = Vec::with_capacity(parts.iter().map(|part| column(part).len()).sum());
        for part in parts {
            values.extend_from_slice(column(part));
        }
        PyArray1::from_vec(py, values)
    }
    let dict = PyDict::new(py);
    dict.set_item("scores", all(py, parts, |part| &part.score))?;
    dict.set_item("probabilities", all(py, parts, |part| &part.probability))?;
    dict.set_item("tiers", all(py, parts, |part| &part.tier))?;
    dict.set_item("classes", all(py, parts, |part| &part.class_probabilities))?;
    Ok(dict)
}
