//! XGBoost models as `save_model` writes them, JSON or UBJSON.

mod categories;
mod container;
mod document;
mod header;
mod objective;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod ubjson;
#[cfg(feature = "learn")]
mod write;

#[cfg(feature = "learn")]
pub(crate) use objective::base_margin_of;
#[cfg(feature = "learn")]
pub(crate) use write::write;

use std::collections::BTreeMap;

use self::document::{Doc, DocCursor};
use self::header::{Size, Version, count_attribute};
use self::objective::Objective;
use super::model::{Booster, FeatureKind, Library, Model, ModelFeature};
use super::precision::Precision;
use super::tree::{Node, Test, Tree};
use crate::{Error, ErrorKind};

/// Reads a model of any version that wrote JSON or UBJSON.
///
/// # Errors
/// `invalid_model` for a malformed file, `unsupported_model` for something else; both say what to do.
pub(crate) fn load(bytes: &[u8]) -> Result<Model, Error> {
    let document = container::read(bytes)?;
    let root = DocCursor::new(&document, String::new());
    let version = Version::read(&root)?;
    let learner = root.required("learner")?;
    let objective = Objective::read(&learner, &version)?;
    let attributes = attributes(&learner)?;
    let size = Size::read(&learner, bytes.len(), &attributes)?;
    let mut base_score = objective.base_margins(&learner, size.outputs)?;
    let mut features = features(&learner, size.features)?;

    let booster = learner.required("gradient_booster")?;
    let name = booster.required("name")?;
    let (booster_model, round_ends) = match name.text()? {
        // Dart wraps a gbtree, with the weights beside it; since 3.4 it is called gbtree, with the weights inside.
        "gbtree" | "dart" => {
            let inner = booster.field("gbtree").unwrap_or_else(|| booster.clone());
            let model = inner.required("model")?;
            let weights = booster.field("weight_drop").or_else(|| model.field("weight_drop"));
            if weights.is_none() && name.text()? == "dart" {
                return Err(booster.required("weight_drop").unwrap_err());
            }
            trees(&model, size, weights.as_ref(), &version, &mut features)?
        }
        "gblinear" => {
            // The file keeps a base score for each class since 3.1, but gblinear takes the first for all of them.
            let first = base_score.first().copied().unwrap_or_default();
            base_score.fill(first);
            (linear(&booster.required("model")?.required("weights")?, size)?, Vec::new())
        }
        other => {
            return Err(Error::new(
                ErrorKind::UnsupportedModel,
                "learner.gradient_booster.name",
                format!("the booster `{other}` is not known; gbtree, dart and gblinear are"),
            ));
        }
    };
    // A model sliced after training may name a round it no longer has.
    let best_iteration = count_attribute(&attributes, "best_iteration");
    Ok(Model {
        source_library: Library::XgBoost,
        library_version: version.text(),
        objective: objective.name.to_owned(),
        link: objective.link,
        precision: Precision::F32,
        features,
        base_score,
        booster: booster_model,
        best_iteration: best_iteration.filter(|best| *best < round_ends.len()),
        round_ends,
        average_output: false,
        missing: None,
        attributes,
    })
}

fn features(learner: &DocCursor, count: usize) -> Result<Vec<ModelFeature>, Error> {
    let mut features = vec![ModelFeature::default(); count];
    let fitting = |key: &str| {
        let texts = learner.optional_texts(key)?;
        if texts.is_empty() || texts.len() == count {
            return Ok(texts);
        }
        Err(learner.required(key)?.error(format!("has {} entries for {count} features", texts.len())))
    };
    for (feature, name) in features.iter_mut().zip(fitting("feature_names")?) {
        feature.name = Some(name.to_owned());
    }
    let kinds = fitting("feature_types")?;
    // Without types a number may have been a flag.
    for feature in &mut features {
        feature.may_be_flag = kinds.is_empty();
    }
    for (feature, kind) in features.iter_mut().zip(kinds) {
        feature.kind = match kind {
            "c" => FeatureKind::Categorical,
            "i" => FeatureKind::Indicator,
            _ => FeatureKind::Numerical,
        };
    }
    Ok(features)
}

fn attributes(learner: &DocCursor) -> Result<BTreeMap<String, String>, Error> {
    let Some(cursor) = learner.field("attributes") else { return Ok(BTreeMap::new()) };
    let texts = cursor.fields()?.iter().filter_map(|(key, value)| match value {
        Doc::Text(text) => Some((key.clone(), text.clone())),
        _ => None,
    });
    Ok(texts.collect())
}

/// The trees and the end of every round.
fn trees(
    model: &DocCursor,
    size: Size,
    weights: Option<&DocCursor>,
    version: &Version,
    features: &mut [ModelFeature],
) -> Result<(Booster, Vec<usize>), Error> {
    let param = model.field("gbtree_model_param");
    let param_of =
        |key: &str, default| param.as_ref().map_or(Ok(default), |param| param.count_or(key, default));
    let cursor = model.required("trees")?;
    let list = in_order(&cursor)?;
    let claimed = param_of("num_trees", list.len())?;
    if claimed != list.len() {
        return Err(cursor.error(format!("holds {} trees, but `num_trees` is {claimed}", list.len())));
    }
    let outputs = tree_outputs(model, list.len(), size)?;
    let weights = weights.map_or(Ok(Vec::new()), |cursor| fitting_weights(cursor, list.len()))?;
    let mut trees = Vec::with_capacity(list.len());
    for (number, (doc, output)) in list.into_iter().zip(outputs).enumerate() {
        let weight = weights.get(number).copied();
        let cursor = DocCursor::new(doc, format!("trees[{number}]"));
        trees.push(tree::read(number, &cursor, output, size, weight)?);
    }

    for tree in &trees {
        mark_categorical(tree, features);
    }
    if let Some(cats) = model.field("cats") {
        categories::fill(&cats, version, features)?;
    }
    let rounds = match model.field("iteration_indptr") {
        Some(ends) => given_rounds(&ends, trees.len())?,
        None => equal_rounds(&trees, size.outputs, param_of("num_parallel_tree", size.parallel)?),
    };
    Ok((Booster::Trees(trees), rounds))
}

/// The trees in the order of their `id`, which is XGBoost's.
fn in_order<'a>(cursor: &DocCursor<'a>) -> Result<Vec<&'a Doc>, Error> {
    let mut trees = Vec::new();
    for (position, doc) in cursor.list()?.iter().enumerate() {
        let id = DocCursor::new(doc, format!("trees[{position}]")).count_or("id", position)?;
        trees.push((id, doc));
    }
    trees.sort_by_key(|(id, _)| *id);
    if trees.iter().enumerate().any(|(position, (id, _))| *id != position) {
        return Err(cursor.error("the trees' `id` do not count up from 0"));
    }
    Ok(trees.into_iter().map(|(_, doc)| doc).collect())
}

/// The output each tree adds to.
fn tree_outputs(model: &DocCursor, trees: usize, size: Size) -> Result<Vec<usize>, Error> {
    let Some(cursor) = model.field("tree_info") else {
        return if size.outputs == 1 {
            Ok(vec![0; trees])
        } else {
            Err(model.required("tree_info").unwrap_err())
        };
    };
    let info = cursor.ints()?;
    if info.len() != trees {
        return Err(cursor.error(format!("has {} entries for {trees} trees", info.len())));
    }
    let outputs = info.iter().enumerate().map(|(tree, &output)| {
        usize::try_from(output).ok().filter(|output| *output < size.outputs).ok_or_else(|| {
            cursor.error(format!("tree {tree} adds to output {output}, but there are {}", size.outputs))
        })
    });
    outputs.collect()
}

fn fitting_weights(cursor: &DocCursor, trees: usize) -> Result<Vec<f32>, Error> {
    let weights = cursor.reals()?;
    if weights.len() == trees {
        Ok(weights.into_owned())
    } else {
        Err(cursor.error(format!("has {} weights for {trees} trees", weights.len())))
    }
}

/// Corrects the kinds of features by the splits on them.
fn mark_categorical(tree: &Tree, features: &mut [ModelFeature]) {
    for node in &tree.nodes {
        if let Node::Split(split) = node
            && let Some(feature) = features.get_mut(split.feature)
        {
            match split.test {
                Test::Categorical { .. } => feature.kind = FeatureKind::Categorical,
                // A number was called an indicator, which XGBoost takes as it is.
                Test::Numerical { threshold, .. }
                    if feature.kind == FeatureKind::Indicator && !(0.0..=1.0).contains(&threshold) =>
                {
                    feature.kind = FeatureKind::Numerical;
                    feature.may_be_flag = true;
                }
                Test::Numerical { .. } => {}
            }
        }
    }
}

fn given_rounds(cursor: &DocCursor, trees: usize) -> Result<Vec<usize>, Error> {
    let ends: Option<Vec<usize>> = cursor.ints()?.iter().map(|&end| usize::try_from(end).ok()).collect();
    match ends.as_deref() {
        Some([]) if trees == 0 => Ok(Vec::new()),
        Some([0, ends @ ..]) if ends.is_sorted() && ends.last().copied().unwrap_or(0) == trees => {
            Ok(ends.to_vec())
        }
        _ => Err(cursor.error(format!("must rise from 0 to the number of trees, {trees}"))),
    }
}

/// Before 2.0 every round has a tree for each output and each parallel tree.
fn equal_rounds(trees: &[Tree], outputs: usize, parallel: usize) -> Vec<usize> {
    let count = trees.len();
    let outputs = if trees.first().is_some_and(tree::has_vectors) { 1 } else { outputs };
    let step = outputs.saturating_mul(parallel.max(1));
    let inner = (1..).map_while(|round: usize| round.checked_mul(step).filter(|end| *end < count));
    inner.chain((count > 0).then_some(count)).collect()
}

fn linear(cursor: &DocCursor, size: Size) -> Result<Booster, Error> {
    let weights = cursor.reals()?;
    let wanted = (size.features + 1).checked_mul(size.outputs);
    if wanted != Some(weights.len()) {
        return Err(cursor.error(format!(
            "has {} weights; {} features and {} outputs need one each, and a bias for every output",
            weights.len(),
            size.features,
            size.outputs
        )));
    }
    match weights.iter().position(|weight| !weight.is_finite()) {
        Some(at) => Err(cursor.error(format!("weight {at} is not finite"))),
        None => Ok(Booster::Linear(weights.into_owned())),
    }
}
