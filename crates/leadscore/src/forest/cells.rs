//! From a table's cells to the values a model reads.

use std::borrow::Cow;

use super::model::{Library, Model};
use super::precision::Precision;
use crate::{Error, ErrorKind};

/// The value of a cell for a feature, without regard to the marker for missing values.
///
/// # Errors
/// `invalid_feature` for a cell that is neither a number nor one of the levels.
pub(super) fn encode(model: &Model, feature: usize, cell: &str) -> Result<f64, Error> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Ok(f64::NAN);
    }
    let levels = model.features.get(feature).map_or(&[][..], |feature| &feature.levels);
    if let Some(code) = levels.iter().position(|level| level == cell) {
        return Ok(code as f64);
    }
    let number = cell.parse::<f64>().ok();
    // Levels that are numbers themselves are looked up by value; other levels may be given by their code.
    let values = || levels.iter().map(|level| level.parse::<f64>().ok());
    let numeric_levels = values().any(|value| value.is_some());
    let code = match number {
        Some(number) if numeric_levels => {
            values().position(|value| value == Some(number)).map(|code| code as f64)
        }
        number => number,
    };
    match code {
        Some(code) => Ok(code),
        None if levels.is_empty() => Err(unreadable(model, feature, format!("`{cell}` is not a number"))),
        // LightGBM takes a level it has not seen in training as missing; XGBoost refuses it.
        None if model.source_library == Library::LightGbm => Ok(f64::NAN),
        None => Err(unreadable(
            model,
            feature,
            format!("`{cell}` is none of the levels the model was trained on"),
        )),
    }
}

fn unreadable(model: &Model, feature: usize, message: String) -> Error {
    let name = model.features.get(feature).and_then(|feature| feature.name.as_deref());
    let path = name.map_or_else(|| format!("f{feature}"), str::to_owned);
    Error::new(ErrorKind::InvalidFeature, crate::error::Path::from_field(path), message)
}

/// The values with NaN in place of the model's marker for missing ones; copied only if the marker occurs.
///
/// As the libraries do it, a value is compared in the model's precision: XGBoost rounds value and marker to f32 first.
pub(super) fn mark_missing<'v>(model: &Model, values: &'v [f64]) -> Cow<'v, [f64]> {
    let Some(marker) = model.missing else { return Cow::Borrowed(values) };
    let is_missing = |value: f64| match model.precision {
        Precision::F32 => value as f32 == marker as f32,
        Precision::F64 => value == marker,
    };
    if !values.iter().any(|value| is_missing(*value)) {
        return Cow::Borrowed(values);
    }
    values.iter().map(|value| if is_missing(*value) { f64::NAN } else { *value }).collect()
}
