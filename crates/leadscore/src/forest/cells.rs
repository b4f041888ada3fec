//! From a table's cells to the values a model reads, and what a model's file leaves open about them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::model::{FeatureKind, Library, Model, ModelFeature};
use super::precision::Precision;
use super::unseen::Unseen;
use crate::error::Path;
use crate::feature::{CellKind, CellReader, Levels, MissingCause};
use crate::record::AttributeRef;
use crate::{Error, ErrorKind};

/// How many names of a list a message shows.
const SHOWN: usize = 8;

/// The readers of the cells of every column.
pub(super) fn readers(model: &Model) -> Vec<CellReader> {
    let reader = |feature: &ModelFeature| CellReader {
        kind: match feature.kind {
            FeatureKind::Indicator => CellKind::Flag,
            _ if !feature.levels.is_empty() => CellKind::Levels(feature.levels.clone()),
            FeatureKind::Categorical => CellKind::Code,
            _ if feature.may_be_flag => CellKind::NumberOrFlag,
            _ => CellKind::Number,
        },
        unclear: feature.unclear.iter().map(|levels| Levels::clone(levels)).collect(),
    };
    model.features.iter().map(reader).collect()
}

/// The value of a cell for a feature, without regard to the marker for missing values.
///
/// # Errors
/// `invalid_feature` for a cell that has no value the model's file settles.
pub(super) fn encode(
    model: &Model,
    readers: &[CellReader],
    feature: usize,
    value: AttributeRef<'_>,
    unseen: Unseen,
) -> Result<f64, Error> {
    let Some(reader) = readers.get(feature) else {
        let message = format!("there is no feature {feature}; there are {}", readers.len());
        return Err(Error::new(ErrorKind::InvalidFeature, "", message));
    };
    match reader.read(Some(value)) {
        Ok(number) => Ok(number),
        Err(MissingCause::Unseen) if is_missing(unseen, model.source_library) => Ok(f64::NAN),
        Err(_) => {
            let message =
                format!("`{}` {}", value.to_text(), refusal(&reader.kind, &model.features[feature]));
            Err(Error::new(ErrorKind::InvalidFeature, Path::from_field(label(model, feature)), message))
        }
    }
}

/// LightGBM takes a level it has not seen in training as missing; XGBoost refuses it.
fn is_missing(unseen: Unseen, library: Library) -> bool {
    match unseen {
        Unseen::AsLibrary => library == Library::LightGbm,
        Unseen::Missing => true,
        Unseen::Refused => false,
    }
}

/// Why a cell has no value.
fn refusal(kind: &CellKind, feature: &ModelFeature) -> String {
    match kind {
        _ if !feature.unclear.is_empty() => {
            "has no sure value: the model's file does not settle whether the column has these names; the option \
             `levels` does"
                .to_owned()
        }
        CellKind::Levels(_) if !feature.lost.is_empty() => {
            "is none of the levels whose names the model's file has kept; the option `levels` gives all of them".to_owned()
        }
        CellKind::Levels(_) => "is none of the levels the model was trained on".to_owned(),
        CellKind::Code => {
            "is no code, and the model's file keeps no names for this column's categories; the option `levels` gives \
             them"
                .to_owned()
        }
        CellKind::Flag => "is neither yes nor no".to_owned(),
        CellKind::Number | CellKind::NumberOrFlag => "is not a number".to_owned(),
    }
}

fn label(model: &Model, feature: usize) -> String {
    let name = model.features.get(feature).and_then(|feature| feature.name.as_deref());
    name.map_or_else(|| format!("f{feature}"), str::to_owned)
}

/// What the file leaves open about its columns, or what had to be concluded, in sentences.
pub(super) fn notes(model: &Model) -> Vec<String> {
    let mut notes = Vec::new();
    for (at, feature) in model.features.iter().enumerate() {
        let name = label(model, at);
        if !feature.unclear.is_empty() {
            let lists = match feature.unclear.as_slice() {
                [list] => format!("the names {}", shown(list.names())),
                lists => format!("one of its {} lists of names, and which", lists.len()),
            };
            notes.push(format!(
                "the file does not settle whether `{name}` has {lists}; cells that need them are refused, and the option \
                 `levels` settles it"
            ));
        } else if let [list, ..] = feature.assumed_flag.as_slice() {
            notes.push(format!(
                "`{name}` is taken for a flag; if it is an ordered category with the names {}, the option `levels` says so",
                shown(list.names())
            ));
        } else if feature.kind == FeatureKind::Ordered {
            let names = shown(feature.levels.names());
            notes.push(format!(
                "the file does not say which column has the names {names}: by their ranges it is `{name}`, whose value \
                 is the place in that list"
            ));
        } else if feature.kind == FeatureKind::Categorical
            && feature.levels.is_empty()
            && model.source_library == Library::XgBoost
        {
            notes.push(format!(
                "the file keeps no names for the categories of `{name}`: its cells are read as codes from 0, and the \
                 option `levels` gives the names in their order"
            ));
        }
        for (code, begins, characters) in feature.levels.cut() {
            notes.push(format!(
                "the file has lost the end of a name of `{name}`: a cell of {characters} characters that begins with \
                 `{begins}` is taken for category {code}"
            ));
        }
        if !feature.lost.is_empty() {
            let codes: Vec<String> = feature.lost.iter().take(SHOWN).map(usize::to_string).collect();
            notes.push(format!(
                "the file has lost the names of {} of the {} categories of `{name}` (codes {}); the option `levels` gives \
                 all of them in their order",
                feature.lost.len(),
                feature.levels.len(),
                codes.join(", ")
            ));
        }
    }
    notes
}

fn shown(names: &[String]) -> String {
    let mut text = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(", …");
    }
    text
}

/// Gives a column its levels, in the order of their codes.
///
/// # Errors
/// `unknown_name` for a column the model does not have; `invalid_feature` for levels that do not agree with the file.
pub(super) fn give_levels(model: &mut Model, column: &str, names: &[String]) -> Result<(), Error> {
    let plain = |text: &str| text.trim().replace(char::is_whitespace, "_");
    let labels: Vec<String> = (0..model.features.len()).map(|at| label(model, at)).collect();
    let same = labels.iter().position(|label| label == column);
    let Some(at) = same.or_else(|| labels.iter().position(|label| plain(label) == plain(column))) else {
        let message = format!("the model has no column `{column}`; it has {}", shown(&labels));
        return Err(Error::new(ErrorKind::UnknownName, "levels", message));
    };
    let refused = |message: String| {
        Err(Error::new(ErrorKind::InvalidFeature, Path::from_field(labels[at].clone()), message))
    };
    let mut seen = HashSet::new();
    if names.is_empty() || !names.iter().all(|name| seen.insert(name)) {
        return refused("wants levels, each once".to_owned());
    }
    let bound = model.code_bound(at);
    let feature = &mut model.features[at];
    if !feature.unclear.is_empty() || !feature.assumed_flag.is_empty() {
        let mut own = feature.unclear.iter().chain(&feature.assumed_flag);
        let Some(list) = own.find(|list| list.names() == names).cloned() else {
            let own = feature.unclear.iter().chain(&feature.assumed_flag);
            let lists: Vec<String> = own.map(|list| shown(list.names())).collect();
            return refused(format!("the file's lists of names are {}", lists.join("; ")));
        };
        if feature.kind == FeatureKind::Numerical {
            feature.kind = FeatureKind::Ordered;
        }
        let was_flag = !feature.assumed_flag.is_empty();
        feature.levels = Levels::clone(&list);
        // A list has one column.
        for (other, feature) in model.features.iter_mut().enumerate() {
            // Another list may have the same names.
            feature.unclear.retain(|own| other != at && !Arc::ptr_eq(own, &list));
            feature.assumed_flag.retain(|own| other != at && !Arc::ptr_eq(own, &list));
            if was_flag && other != at && feature.levels == *list {
                feature.levels = Levels::default();
            }
        }
        return Ok(());
    }
    if !matches!(feature.kind, FeatureKind::Categorical | FeatureKind::Ordered) {
        return refused("is no category to the model, and so has no levels".to_owned());
    }
    if names.len() < bound || (!feature.levels.is_empty() && names.len() != feature.levels.len()) {
        let wanted = bound.max(feature.levels.len());
        return refused(format!(
            "has {wanted} categories or more; {} levels are too few or many",
            names.len()
        ));
    }
    let known = |code: usize, name: &String| {
        feature.lost.contains(&code) || feature.levels.code(AttributeRef::Text(name)) == Some(code)
    };
    if feature.levels.is_empty() {
        feature.levels = Levels::typed(names);
        return Ok(());
    }
    if let Some((code, name)) = names.iter().enumerate().find(|(code, name)| !known(*code, name)) {
        let own = &feature.levels.names()[code];
        return refused(format!("category {code} is `{own}` in the file, not `{name}`"));
    }
    // Names that are whole keep their kind.
    if !feature.lost.is_empty() || feature.levels.cut().next().is_some() {
        feature.levels = Levels::texts(names);
    }
    feature.lost.clear();
    Ok(())
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
