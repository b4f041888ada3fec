//! The native half of the Python package `leadscore`: records as JSON text, matrices as numpy arrays, tables as Arrow,
//! handles that never change. What a Python programmer sees is in `python/src/leadscore`.

#![expect(clippy::needless_pass_by_value, reason = "arguments come by value from Python")]

mod enter;
mod error;
mod forest;
mod frame;
mod matrix;
mod pipeline;
mod task;
mod train;

use std::ffi::OsString;

use pyo3::prelude::*;

use crate::enter::enter;
use crate::error::Text;

/// Native part of leadscore. Private: use the package `leadscore`.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::{error_codes, rank_capacity_json, run_command, version};
    #[pymodule_export]
    use crate::forest::Forest;
    #[pymodule_export]
    use crate::frame::{Frame, ModelRows};
    #[pymodule_export]
    use crate::pipeline::Pipeline;
    #[pymodule_export]
    use crate::task::{Task, merge_rankings_json};
    #[pymodule_export]
    use crate::train::{train_file, train_matrix};
}

/// The library's version.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Every code an error can have.
#[pyfunction]
fn error_codes() -> Vec<&'static str> {
    leadscore::ErrorKind::ALL.iter().map(|kind| kind.code()).collect()
}

/// Runs the command; the first argument is its own name. The exit status.
#[pyfunction]
fn run_command(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| leadscore_cli::run(args))
}

/// Who of a list is within a capacity; request and ranking as JSON.
#[pyfunction]
fn rank_capacity_json(py: Python<'_>, request: Text<'_>) -> PyResult<String> {
    enter(py, || leadscore::capacity::rank_json(&request.0))
}
