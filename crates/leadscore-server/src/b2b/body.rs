//! From the bytes of a body straight to rows of features: no map and no struct of 50 fields in between.
//!
//! A body that has nothing wrong is read by `fast` in one pass, if it is plain. Every other body is read again by
//! `checked`, which lists all that is wrong.

mod checked;
mod fast;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::fields::Fields;
use super::invalid::{Invalid, Place, Problem};
use super::model::B2bModel;

/// How many leads a batch may have.
pub const MAX_BATCH: usize = 100;

/// How many characters a lead's id may have.
pub const MAX_ID_LENGTH: usize = 200;

/// One lead of a body, its id borrowed from it where possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead<'a> {
    /// 1 to [`MAX_ID_LENGTH`] characters.
    pub lead_id: Cow<'a, str>,
    /// One value for each feature of the model, in its order.
    pub row: Vec<f64>,
}

/// The leads of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch<'a> {
    /// The ids, in the order of the body.
    pub lead_ids: Vec<Cow<'a, str>>,
    /// The rows of all leads, one after the other.
    pub values: Vec<f64>,
}

/// Why a batch is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BatchError {
    /// More than [`MAX_BATCH`] leads, valid or not: a 400.
    #[error("Maximum {MAX_BATCH} leads per batch request")]
    TooMany,
    /// At least one lead is invalid, or the body is no list: a 422.
    #[error("the body is invalid")]
    Invalid(Invalid),
}

impl Batch<'_> {
    /// How many leads.
    pub fn len(&self) -> usize {
        self.lead_ids.len()
    }

    /// Whether there is no lead.
    pub fn is_empty(&self) -> bool {
        self.lead_ids.is_empty()
    }
}

/// Reads the body of one lead, `{"lead_id": …, "features": {…}}`.
///
/// Unknown keys are ignored, duplicates of known ones refused. JSON booleans are taken for flags, whole numbers in any
/// notation for integers; texts never.
///
/// # Errors
/// Everything that is wrong with the body.
///
/// ```
/// use leadscore_server::b2b::body::read_one;
/// use leadscore_server::b2b::model::B2bModel;
/// let model = B2bModel::builtin()?;
/// let invalid = read_one(br#"{"lead_id": "L-1", "features": {"bounce_rate": 1.5}}"#, &model).unwrap_err();
/// assert_eq!(invalid.detail.len(), 23);
/// assert_eq!(invalid.detail[0].msg, "field required");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_one<'a>(body: &'a [u8], model: &B2bModel) -> Result<Lead<'a>, Invalid> {
    let (text, fields) = (text(body)?, model.fields());
    if let Some(lead) = fast::one(text, fields) {
        return Ok(lead);
    }
    checked::one(text, fields)
}

/// Reads the body of a batch, a list of up to [`MAX_BATCH`] leads.
///
/// # Errors
/// [`BatchError::TooMany`], even where leads are invalid; else everything that is wrong with any of them.
///
/// ```
/// use leadscore_server::b2b::body::{BatchError, read_batch};
/// use leadscore_server::b2b::model::B2bModel;
/// let model = B2bModel::builtin()?;
/// assert!(read_batch(b"[]", &model)?.is_empty());
/// let many = format!("[{}{{}}]", "{},".repeat(100));
/// assert_eq!(read_batch(many.as_bytes(), &model), Err(BatchError::TooMany));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_batch<'a>(body: &'a [u8], model: &B2bModel) -> Result<Batch<'a>, BatchError> {
    let (text, fields) = (text(body).map_err(BatchError::Invalid)?, model.fields());
    if let Some(batch) = fast::batch(text, fields) {
        return Ok(batch);
    }
    checked::batch(text, fields)
}

/// The body as text, without a byte order mark.
fn text(body: &[u8]) -> Result<&str, Invalid> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.is_empty() {
        return Err(Invalid { detail: vec![Problem::Missing.at(vec![Place::from("body")])] });
    }
    std::str::from_utf8(body).map_err(|error| {
        let valid = String::from_utf8_lossy(&body[..error.valid_up_to()]);
        Invalid::syntax(valid.chars().count(), "the body is not UTF-8".to_owned())
    })
}

/// What is wrong with an id, if anything.
fn id_problem(id: &str) -> Option<Problem> {
    if id.is_empty() {
        return Some(Problem::TooShort(1));
    }
    // No character is shorter than a byte.
    let is_long = id.len() > MAX_ID_LENGTH && id.chars().count() > MAX_ID_LENGTH;
    is_long.then_some(Problem::TooLong(MAX_ID_LENGTH))
}

/// Appends the defaults of a new row and gives where it starts.
fn begin_row(fields: &Fields, values: &mut Vec<f64>) -> usize {
    let start = values.len();
    values.extend_from_slice(fields.defaults());
    start
}
