//! The loader's errors, by the path in the model.

use crate::{Error, ErrorKind};

pub(super) fn invalid(path: &str, message: String) -> Error {
    Error::new(ErrorKind::InvalidModel, path, message)
}

pub(super) fn unsupported(path: &str, message: String) -> Error {
    Error::new(ErrorKind::UnsupportedModel, path, message)
}
