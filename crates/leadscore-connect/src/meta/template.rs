//! Why a template message is not sent.

use thiserror::Error;

/// Why a template cannot be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The name is none that a template can have.
    #[error("the name of the template is not of small letters a to z, digits and _, at most 512")]
    BadName,
    /// The language is none.
    #[error("the language of the template is no code such as en or pt_BR")]
    BadLanguage,
    /// The name of a value is none.
    #[error(
        "the name of a value is not of small letters a to z, digits and _, and does not begin with a letter"
    )]
    BadValueName,
    /// Some values have names, and others have none.
    #[error("either all values of the text have names, or none")]
    MixedValues,
    /// A value has what the platform refuses.
    #[error(
        "{path} has a line break, a tab or more than four spaces in a row, which the platform takes in no value"
    )]
    BadValue {
        /// Which one.
        path: &'static str,
    },
    /// A button is not there.
    #[error("there is no button {at}: a template has at most 10, counted from 0")]
    BadButton {
        /// Which one was named.
        at: usize,
    },
}
