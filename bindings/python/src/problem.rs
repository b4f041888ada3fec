//! What goes wrong, as Python's `leadscore.LeadscoreError`.

use leadscore::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use pyo3::{Borrowed, Bound, PyAny, PyErr};

/// An error of the library on its way to Python, with a path that may have grown on the way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    code: &'static str,
    path: String,
    message: String,
}

impl Problem {
    pub(crate) fn new(code: &'static str, path: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { code, path: path.into(), message: message.into() }
    }

    /// A file that cannot be read.
    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> Problem {
        Problem::new("io", path.display().to_string(), error.to_string())
    }

    /// The same problem of a lead that stands so many places further down.
    pub(crate) fn further(mut self, rows: usize) -> Problem {
        let place = self.path.strip_prefix("leads[").and_then(|rest| rest.split_once(']'));
        if let Some((at, rest)) = place
            && let Ok(at) = at.parse::<usize>()
        {
            self.path = format!("leads[{}]{rest}", at + rows);
        }
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem::new(error.code(), error.path().to_string(), error.message())
    }
}

impl From<Problem> for PyErr {
    fn from(problem: Problem) -> PyErr {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        Python::attach(|py| match CLASS.import(py, "leadscore._errors", "LeadscoreError") {
            Ok(class) => PyErr::from_type(class.clone(), (problem.code, problem.path, problem.message)),
            Err(error) => error,
        })
    }
}

/// A text argument; anything else, also a text with half a surrogate pair, is a `LeadscoreError`.
pub(crate) struct Text<'a>(pub(crate) std::borrow::Cow<'a, str>);

impl<'a, 'py> FromPyObject<'a, 'py> for Text<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Text<'a>> {
        if !object.is_instance_of::<pyo3::types::PyString>() {
            let found = object.get_type().name()?;
            return Err(Problem::new("invalid_json", "", format!("wants a str, found {found}")).into());
        }
        object.extract().map(Text).map_err(|_| {
            Problem::new("invalid_json", "", "the text holds a lone surrogate, which no Unicode text has")
                .into()
        })
    }
}

/// The bytes of a model: `bytes`, `bytearray` and the like.
pub(crate) fn bytes_of(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let wanted = |_| {
        let found = object.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
        PyErr::from(Problem::new("invalid_model", "", format!("wants bytes, found {found}")))
    };
    if let Ok(bytes) = object.cast::<pyo3::types::PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(bytes) = object.cast::<pyo3::types::PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    // A memoryview, or whatever else can be made into bytes without being a number or a text.
    let view = object.py().import("builtins")?.getattr("memoryview")?.call1((object,)).map_err(wanted)?;
    Ok(view.call_method0("tobytes")?.cast_into::<pyo3::types::PyBytes>()?.as_bytes().to_vec())
}
