//! Errors of the library as Python's `leadscore.LeadscoreError`, and arguments that are refused with one.

use leadscore::error::{Issue, Path};
use leadscore::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use pyo3::{Borrowed, Bound, PyAny, PyErr};

/// An error of the library on its way to Python.
pub(crate) struct LeadscoreError(Error);

impl LeadscoreError {
    pub(crate) fn new(kind: ErrorKind, path: impl Into<Path>, message: impl Into<String>) -> LeadscoreError {
        LeadscoreError(Error::new(kind, path, message))
    }
}

impl From<Error> for LeadscoreError {
    fn from(error: Error) -> LeadscoreError {
        LeadscoreError(error)
    }
}

impl From<LeadscoreError> for PyErr {
    fn from(LeadscoreError(error): LeadscoreError) -> PyErr {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        Python::attach(|py| {
            let class = CLASS.import(py, "leadscore._errors", "LeadscoreError")?;
            let issues =
                error.issues().iter().map(|issue| issue_dict(py, issue)).collect::<PyResult<Vec<_>>>()?;
            let arguments = (error.code(), error.path().to_string(), error.message(), issues);
            Ok(PyErr::from_value(class.call1(arguments)?))
        })
        .unwrap_or_else(|failed: PyErr| failed)
    }
}

/// `{code, feature, path, message, found?}`, as in JSON.
fn issue_dict<'py>(py: Python<'py>, issue: &Issue) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("code", issue.kind().code())?;
    dict.set_item("feature", issue.feature())?;
    dict.set_item("path", issue.path().to_string())?;
    dict.set_item("message", issue.message())?;
    if let Some(found) = issue.found() {
        dict.set_item("found", found)?;
    }
    Ok(dict)
}

/// A text argument; anything else, also a text with half a surrogate pair, is a `LeadscoreError`.
pub(crate) struct Text<'a>(pub(crate) std::borrow::Cow<'a, str>);

impl<'a, 'py> FromPyObject<'a, 'py> for Text<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Text<'a>> {
        let refused = |message: String| PyErr::from(LeadscoreError::new(ErrorKind::InvalidJson, "", message));
        if !object.is_instance_of::<pyo3::types::PyString>() {
            return Err(refused(format!("wants a str, found {}", object.get_type().name()?)));
        }
        let surrogate = "the text holds a lone surrogate, which no Unicode text has";
        object.extract().map(Text).map_err(|_| refused(surrogate.to_owned()))
    }
}

/// The bytes of a model: `bytes`, `bytearray` and the like.
pub(crate) fn bytes_of(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let refused = |_| {
        let found = object.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
        PyErr::from(LeadscoreError::new(ErrorKind::InvalidModel, "", format!("wants bytes, found {found}")))
    };
    if let Ok(bytes) = object.cast::<pyo3::types::PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(bytes) = object.cast::<pyo3::types::PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    // A memoryview, or whatever else can be made into bytes without being a number or a text.
    let view = object.py().import("builtins")?.getattr("memoryview")?.call1((object,)).map_err(refused)?;
    Ok(view.call_method0("tobytes")?.cast_into::<pyo3::types::PyBytes>()?.as_bytes().to_vec())
}
