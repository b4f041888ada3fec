//! Pipelines.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use leadscore::pipeline::Import;
use leadscore::{Context, FeatureMatrix, Score, Tier};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::enter::{enter, enter_blocks, enter_long};
use crate::matrix::Matrix;
use crate::problem::{Problem, Text, bytes_of};

/// Rows of a block.
pub(crate) const BLOCK: usize = 2048;

#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Pipeline(pub(crate) Arc<leadscore::Pipeline>);

impl Pipeline {
    fn new(pipeline: leadscore::Pipeline) -> Pipeline {
        Pipeline(Arc::new(pipeline))
    }
}

#[pymethods]
impl Pipeline {
    #[staticmethod]
    fn names() -> Vec<&'static str> {
        leadscore::Pipeline::names().collect()
    }

    #[staticmethod]
    fn builtin(py: Python<'_>, name: Text<'_>) -> PyResult<Pipeline> {
        enter(py, || leadscore::Pipeline::builtin(&name.0)).map(Pipeline::new)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: Text<'_>) -> PyResult<Pipeline> {
        enter(py, || leadscore::Pipeline::from_json(&text.0)).map(Pipeline::new)
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Pipeline> {
        enter(py, || {
            let bytes = std::fs::read(&path).map_err(|error| Problem::io(&path, &error))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Problem::new("invalid_json", "", "the file is not UTF-8 text"))?;
            leadscore::Pipeline::from_json(&text).map_err(Problem::from)
        })
        .map(Pipeline::new)
    }

    #[staticmethod]
    fn import_model(py: Python<'_>, data: &Bound<'_, PyAny>, options: Text<'_>) -> PyResult<Pipeline> {
        let bytes = bytes_of(data)?;
        enter(py, || leadscore::Pipeline::import(&bytes, &Import::from_json(&options.0)?)).map(Pipeline::new)
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
        enter(py, || self.0.score_many_json(&records.0, &Context::from_json(&context.0)?))
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
        let matrix = enter(py, || self.0.feature_matrix_json(&records.0, &Context::from_json(&context.0)?))?;
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
            let mut part = Scores::default();
            part.add_matrix(&self.0, &view.block(rows)?)?;
            Ok(part)
        })?;
        Scores::to_dict(py, &parts)
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

/// Scores as columns.
#[derive(Default)]
pub(crate) struct Scores {
    points: Vec<f64>,
    probabilities: Vec<f64>,
    tiers: Vec<i32>,
    classes: Vec<f64>,
}

impl Scores {
    pub(crate) fn add_matrix(
        &mut self,
        pipeline: &leadscore::Pipeline,
        matrix: &FeatureMatrix,
    ) -> Result<(), Problem> {
        let places = Places::new(pipeline);
        for Score { score, probability, tier, classes, .. } in pipeline.score_matrix(matrix)? {
            self.add(score, probability, places.of(tier.as_deref()), classes);
        }
        Ok(())
    }

    pub(crate) fn add(
        &mut self,
        score: f64,
        probability: Option<f64>,
        tier: i32,
        classes: impl IntoIterator<Item = f64>,
    ) {
        self.points.push(score);
        self.probabilities.push(probability.unwrap_or(f64::NAN));
        self.tiers.push(tier);
        self.classes.extend(classes);
    }

    /// The parts one after another: `scores`, `probabilities` (NaN where there is none), `tiers` (places in the
    /// pipeline's list, −1 where there is none) and `classes` (row after row).
    pub(crate) fn to_dict<'py>(py: Python<'py>, parts: &[Scores]) -> PyResult<Bound<'py, PyDict>> {
        fn all<'py, T: numpy::Element + Copy>(
            py: Python<'py>,
            parts: &[Scores],
            column: impl Fn(&Scores) -> &Vec<T>,
        ) -> Bound<'py, PyArray1<T>> {
            let mut values = Vec::with_capacity(parts.iter().map(|part| column(part).len()).sum());
            for part in parts {
                values.extend_from_slice(column(part));
            }
            PyArray1::from_vec(py, values)
        }
        let dict = PyDict::new(py);
        dict.set_item("scores", all(py, parts, |part| &part.points))?;
        dict.set_item("probabilities", all(py, parts, |part| &part.probabilities))?;
        dict.set_item("tiers", all(py, parts, |part| &part.tiers))?;
        dict.set_item("classes", all(py, parts, |part| &part.classes))?;
        Ok(dict)
    }
}

/// The places of tiers in a pipeline's list.
pub(crate) struct Places<'p>(HashMap<&'p str, i32>);

impl<'p> Places<'p> {
    pub(crate) fn new(pipeline: &'p leadscore::Pipeline) -> Places<'p> {
        Places(pipeline.tiers().tiers().iter().map(Tier::name).zip(0..).collect())
    }

    pub(crate) fn of(&self, tier: Option<&str>) -> i32 {
        tier.and_then(|tier| self.0.get(tier)).copied().unwrap_or(-1)
    }
}
