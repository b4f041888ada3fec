//! Matrices of numpy: two dimensions, f32 or f64, rows anywhere in memory.

use std::ops::Range;

use leadscore::arrow::ModelTable;
use leadscore::parallel::MatrixRows;
use leadscore::{Error, ErrorKind, FeatureMatrix};
use numpy::ndarray::{Array2, ArrayView2, Axis, Slice};
use numpy::{Element, IntoPyArray, PyArray2, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::{Borrowed, PyAny, PyErr};

use crate::error::LeadscoreError;
use crate::frame::ModelRows;

/// A matrix argument.
pub(crate) enum Matrix<'py> {
    F64(PyReadonlyArray2<'py, f64>),
    F32(PyReadonlyArray2<'py, f32>),
    /// Of a table, as a model reads it.
    Model(Bound<'py, ModelRows>),
}

/// A look at its values that other threads may share.
#[derive(Clone, Copy)]
pub(crate) enum View<'a> {
    F64(ArrayView2<'a, f64>),
    F32(ArrayView2<'a, f32>),
    Model(&'a ModelTable),
}

impl<'py> FromPyObject<'_, 'py> for Matrix<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Matrix<'py>> {
        let matrix = if is_aligned::<f64>(object) {
            object.extract().ok().map(Matrix::F64)
        } else if is_aligned::<f32>(object) {
            object.extract().ok().map(Matrix::F32)
        } else if let Ok(rows) = object.cast::<ModelRows>() {
            Some(Matrix::Model(rows.to_owned()))
        } else {
            None
        };
        let wanted =
            "wants an aligned numpy array with two dimensions of float64 or float32 in native byte order";
        matrix.ok_or_else(|| LeadscoreError::new(ErrorKind::InvalidMatrix, "", wanted).into())
    }
}

/// Whether it is a matrix of the type with every value where its type may lie. A view into packed records may have them anywhere.
fn is_aligned<T: Element>(object: Borrowed<'_, '_, PyAny>) -> bool {
    use numpy::PyArrayMethods;
    let Ok(array) = object.cast::<PyArray2<T>>() else { return false };
    let size = size_of::<T>();
    let mut steps = array.strides().iter().zip(array.shape());
    (array.data() as usize).is_multiple_of(align_of::<T>())
        && steps.all(|(step, &count)| count < 2 || step.unsigned_abs().is_multiple_of(size))
}

impl Matrix<'_> {
    pub(crate) fn view(&self) -> View<'_> {
        match self {
            Matrix::F64(values) => View::F64(values.as_array()),
            Matrix::F32(values) => View::F32(values.as_array()),
            Matrix::Model(rows) => View::Model(&rows.get().0),
        }
    }
}

/// A matrix of the library as numpy's, without a copy.
pub(crate) fn to_array(py: Python<'_>, matrix: FeatureMatrix) -> Bound<'_, PyArray2<f64>> {
    Array2::from(matrix).into_pyarray(py)
}

impl View<'_> {
    /// All rows, copied and widened.
    pub(crate) fn to_matrix(self) -> Result<FeatureMatrix, Error> {
        self.block(0..self.row_count())
    }
}

impl MatrixRows for View<'_> {
    fn row_count(&self) -> usize {
        match self {
            View::F64(values) => values.nrows(),
            View::F32(values) => values.nrows(),
            View::Model(table) => table.row_count(),
        }
    }

    fn block(&self, rows: Range<usize>) -> Result<FeatureMatrix, Error> {
        match self {
            View::F64(values) => block(values, rows, |value| value),
            View::F32(values) => block(values, rows, f64::from),
            View::Model(table) => table.block(rows),
        }
    }
}

fn block<T: Copy>(
    values: &ArrayView2<'_, T>,
    rows: Range<usize>,
    widen: impl Fn(T) -> f64,
) -> Result<FeatureMatrix, Error> {
    let columns = values.ncols();
    let part = values.slice_axis(Axis(0), Slice::from(rows));
    let mut copy = Vec::with_capacity(part.len());
    match part.as_slice() {
        Some(values) => copy.extend(values.iter().map(|value| widen(*value))),
        None => part.rows().into_iter().for_each(|row| copy.extend(row.iter().map(|value| widen(*value)))),
    }
    FeatureMatrix::new(columns, copy)
}
