//! A forest by itself.

use std::path::PathBuf;

use leadscore::Error;
use leadscore::forest::Iterations;
use leadscore::parallel::{MatrixRows, Workers};
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::enter::{Progress, enter, enter_telling};
use crate::error::{Text, bytes_of};
use crate::matrix::{Matrix, View};

#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Forest(pub(crate) leadscore::Forest);

impl Forest {
    /// One of the three things a forest makes of a matrix, row after row.
    fn rows<'py>(
        py: Python<'py>,
        values: &Matrix<'_>,
        iterations: &str,
        (threads, progress): (Option<usize>, Option<Py<PyAny>>),
        work: impl FnOnce(&View<'_>, Iterations, &Workers<'_>) -> Result<Vec<f64>, Error> + Send,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let view = values.view();
        let progress = progress.map(|call| Progress { call, total: view.row_count() });
        let rows = enter_telling(py, threads, progress, |workers| work(&view, iterations.parse()?, workers))?;
        Ok(PyArray1::from_vec(py, rows))
    }
}

#[pymethods]
impl Forest {
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Forest> {
        let bytes = bytes_of(data)?;
        enter(py, || leadscore::Forest::from_bytes(&bytes)).map(Forest)
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Forest> {
        enter(py, || {
            let bytes = std::fs::read(&path).map_err(|error| Error::io(&path, error))?;
            leadscore::Forest::from_bytes(&bytes)
        })
        .map(Forest)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: Text<'_>) -> PyResult<Forest> {
        enter(py, || leadscore::Forest::from_json(&text.0)).map(Forest)
    }

    fn with_missing(&self, py: Python<'_>, value: f64) -> Forest {
        Forest(py.detach(|| self.0.clone().with_missing(value)))
    }

    fn with_levels_json(&self, py: Python<'_>, levels: Text<'_>) -> PyResult<Forest> {
        enter(py, || self.0.clone().with_levels_json(&levels.0)).map(Forest)
    }

    /// The numbers of one column's cells, given as a JSON list.
    fn encode_json<'py>(
        &self,
        py: Python<'py>,
        feature: usize,
        values: Text<'_>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let numbers = enter(py, || self.0.encode_json(feature, &values.0))?;
        Ok(PyArray1::from_vec(py, numbers))
    }

    /// What the file leaves open about its columns.
    fn notes(&self) -> Vec<String> {
        self.0.notes()
    }

    /// Whether the file settles what a column's cells mean.
    fn is_settled(&self, feature: usize) -> bool {
        self.0.is_settled(feature)
    }

    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json())
    }

    fn describe_json(&self) -> String {
        self.0.describe_json()
    }

    #[pyo3(signature = (values, iterations = "best", threads = None, progress = None))]
    fn margin<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        iterations: &str,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Forest::rows(py, &values, iterations, (threads, progress), |rows, iterations, workers| {
            self.0.margin_parallel(rows, iterations, workers)
        })
    }

    #[pyo3(signature = (values, iterations = "best", threads = None, progress = None))]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        iterations: &str,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Forest::rows(py, &values, iterations, (threads, progress), |rows, iterations, workers| {
            self.0.predict_parallel(rows, iterations, workers)
        })
    }

    #[pyo3(signature = (values, iterations = "best", threads = None, progress = None))]
    fn shap<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        iterations: &str,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Forest::rows(py, &values, iterations, (threads, progress), |rows, iterations, workers| {
            self.0.shap_parallel(rows, iterations, workers)
        })
    }
}
