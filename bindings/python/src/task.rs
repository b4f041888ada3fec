//! Questions to a language model.

use leadscore::task::{AnyTask, RankingTask};
use pyo3::prelude::*;

use crate::enter::enter;
use crate::error::Text;
use crate::pipeline::Pipeline;

#[pyclass(frozen, module = "leadscore._native")]
pub(crate) struct Task(AnyTask);

#[pymethods]
impl Task {
    #[staticmethod]
    #[pyo3(signature = (request, pipeline = None))]
    fn from_json(py: Python<'_>, request: Text<'_>, pipeline: Option<PyRef<'_, Pipeline>>) -> PyResult<Task> {
        let pipeline = pipeline.map(|pipeline| pipeline.0.clone());
        enter(py, || AnyTask::from_json(&request.0, pipeline.as_ref())).map(Task)
    }

    fn prompt_json(&self, py: Python<'_>) -> PyResult<String> {
        enter(py, || Ok(self.0.prompt_json()))
    }

    fn conclude_json(&self, py: Python<'_>, outcome: Text<'_>) -> PyResult<String> {
        enter(py, || self.0.conclude_json(&outcome.0))
    }
}

#[pyfunction]
pub(crate) fn merge_rankings_json(py: Python<'_>, rankings: Text<'_>) -> PyResult<String> {
    enter(py, || RankingTask::merge_json(&rankings.0))
}
