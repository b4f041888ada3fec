//! A forest by itself.

use std::path::PathBuf;

use leadscore::forest::Iterations;
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::enter::{enter, enter_blocks};
use crate::matrix::Matrix;
use crate::problem::{Problem, Text, bytes_of};

/// Rows of a block: margins are quick, contributions are not.
const BLOCK: usize = 4096;
const SHAP_BLOCK: usize = 64;

#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Forest(leadscore::Forest);

impl Forest {
    fn each<'py>(
        py: Python<'py>,
        values: &Matrix<'_>,
        block: usize,
        threads: Option<usize>,
        work: impl Fn(&leadscore::FeatureMatrix) -> Result<Vec<f64>, leadscore::Error> + Send + Sync,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let view = values.view();
        let mut parts = enter_blocks(py, view.rows(), block, threads, |rows| Ok(work(&view.block(rows)?)?))?;
        Ok(if parts.len() == 1 {
            PyArray1::from_vec(py, parts.remove(0))
        } else {
            PyArray1::from_vec(py, parts.concat())
        })
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
            let bytes = std::fs::read(&path).map_err(|error| Problem::io(&path, &error))?;
            leadscore::Forest::from_bytes(&bytes).map_err(Problem::from)
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

    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json())
    }

    fn describe_json(&self) -> String {
        self.0.describe_json()
    }

    #[pyo3(signature = (values, iterations = "all", threads = None))]
    fn margin<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        iterations: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let iterations = iterations.parse::<Iterations>().map_err(Problem::from)?;
        Forest::each(py, &values, BLOCK, threads, |rows| self.0.margin(rows, iterations))
    }

    #[pyo3(signature = (values, iterations = "all", threads = None))]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        iterations: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let iterations = iterations.parse::<Iterations>().map_err(Problem::from)?;
        Forest::each(py, &values, BLOCK, threads, |rows| self.0.predict(rows, iterations))
    }

    #[pyo3(signature = (values, iterations = "all", threads = None))]
    fn shap<'py>(
        &self,
        py: Python<'py>,
        values: Matrix<'_>,
        iterations: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let iterations = iterations.parse::<Iterations>().map_err(Problem::from)?;
        Forest::each(py, &values, SHAP_BLOCK, threads, |rows| self.0.shap(rows, iterations))
    }
}
