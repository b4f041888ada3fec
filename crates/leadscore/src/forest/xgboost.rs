//! XGBoost models as `save_model` writes them, JSON or UBJSON.

mod categories;
mod container;
pub(in crate::forest) mod document;
mod objective;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::collections::BTreeMap;

use self::document::{Doc, Place};
use self::objective::Objective;
use super::model::{Body, FeatureKind, Forest, ModelFeature, Node, Precision, Test, Tree};
use crate::{Error, ErrorKind};

/// A file may name this many columns, however small it is; beyond, it needs a byte for each.
const COLUMNS: usize = 65_536;

/// Reads a model of any version that wrote JSON or UBJSON.
///
/// # Errors
/// `invalid_model` for what is malformed, `unsupported_model` for what is something else; both say what to do.
pub(crate) fn load(bytes: &[u8]) -> Result<Forest, Error> {
    let document = container::read(bytes)?;
    let root = Place::new(&document, String::new());
    let version = Version::of(&root)?;
    let learner = root.need("learner")?;
    let objective = Objective::of(&learner, &version)?;
    let attributes = attributes(&learner)?;
    let size = Size::of(&learner, bytes.len(), &attributes)?;
    let mut base = objective.base(&learner, size.outputs)?;
    let mut features = features(&learner, size.features)?;

    let booster = learner.need("gradient_booster")?;
    let name = booster.need("name")?;
    let (body, rounds) = match name.text()? {
        // Dart wraps a gbtree, with the weights beside it; by 3.4 it calls itself gbtree, with the weights inside.
        "gbtree" | "dart" => {
            let inner = booster.field("gbtree").unwrap_or_else(|| booster.clone());
            let model = inner.need("model")?;
            let weights = booster.field("weight_drop").or_else(|| model.field("weight_drop"));
            if weights.is_none() && name.text()? == "dart" {
                return Err(booster.need("weight_drop").unwrap_err());
            }
            trees(&model, size, weights.as_ref(), &version, &mut features)?
        }
        "gblinear" => {
            // The file keeps a base score for each class since 3.1, but gblinear takes the first for all of them.
            let first = base.first().copied().unwrap_or_default();
            base.fill(first);
            (linear(&booster.need("model")?.need("weights")?, size)?, Vec::new())
        }
        other => {
            return Err(Error::new(
                ErrorKind::UnsupportedModel,
                "learner.gradient_booster.name",
                format!("the booster `{other}` is not known; gbtree, dart and gblinear are"),
            ));
        }
    };
    // A model cut after training may name a round it no longer has.
    let best_iteration = number(&attributes, "best_iteration");
    Ok(Forest {
        library: "xgboost",
        version: version.text(),
        objective: objective.name.to_owned(),
        link: objective.link,
        precision: Precision::F32,
        features,
        base,
        body,
        best_iteration: best_iteration.filter(|best| *best < rounds.len()),
        rounds,
        average: false,
        engine: super::engine::Engine::Plain,
        attributes,
    })
}

/// How many columns go in and how many margins come out.
#[derive(Debug, Clone, Copy)]
struct Size {
    features: usize,
    outputs: usize,
    /// Trees for each output in a round, where the model itself does not tell.
    parallel: usize,
}

impl Size {
    fn of(learner: &Place, bytes: usize, attributes: &BTreeMap<String, String>) -> Result<Size, Error> {
        let param = learner.need("learner_model_param")?;
        let features = param.need("num_feature")?.count()?;
        if features > bytes.max(COLUMNS) {
            return Err(Error::new(
                ErrorKind::UnsupportedModel,
                "learner.learner_model_param.num_feature",
                format!(
                    "{features} columns in a file of {bytes} bytes; train without the columns that are not used"
                ),
            ));
        }
        let classes = param.count_of("num_class", 0)?;
        let targets = param.count_of("num_target", 1)?;
        let outputs = classes.max(targets).max(1);
        if outputs > bytes {
            return Err(param.error(format!("{outputs} classes or targets in a file of {bytes} bytes")));
        }
        // Before 1.6 only the trees up to the best round, if it was sought, betray a forest.
        let [limit, best] = ["best_ntree_limit", "best_iteration"].map(|key| number(attributes, key));
        let parallel = limit.zip(best).map_or(1, |(limit, best)| limit / best.saturating_add(1));
        Ok(Size { features, outputs, parallel })
    }
}

/// The version that wrote the file; no parts where the file does not tell.
#[derive(Debug)]
struct Version<'a>(&'a [i64]);

impl<'a> Version<'a> {
    fn of(root: &Place<'a>) -> Result<Version<'a>, Error> {
        root.ints_of("version").map(Version)
    }

    /// Whether the file is from before `version`; not where it does not tell.
    fn before(&self, version: [i64; 2]) -> bool {
        !self.0.is_empty() && self.0 < version.as_slice()
    }

    fn text(&self) -> String {
        self.0.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
    }
}

fn features(learner: &Place, count: usize) -> Result<Vec<ModelFeature>, Error> {
    let mut features = vec![ModelFeature::default(); count];
    let fitting = |key: &str| {
        let texts = learner.texts_of(key)?;
        if texts.is_empty() || texts.len() == count {
            return Ok(texts);
        }
        Err(learner.need(key)?.error(format!("has {} entries for {count} features", texts.len())))
    };
    for (feature, name) in features.iter_mut().zip(fitting("feature_names")?) {
        feature.name = Some(name.to_owned());
    }
    for (feature, kind) in features.iter_mut().zip(fitting("feature_types")?) {
        feature.kind = match kind {
            "c" => FeatureKind::Category,
            "i" => FeatureKind::Flag,
            _ => FeatureKind::Number,
        };
    }
    Ok(features)
}

fn attributes(learner: &Place) -> Result<BTreeMap<String, String>, Error> {
    let Some(place) = learner.field("attributes") else { return Ok(BTreeMap::new()) };
    let texts = place.fields()?.iter().filter_map(|(key, value)| match value {
        Doc::Text(text) => Some((key.clone(), text.clone())),
        _ => None,
    });
    Ok(texts.collect())
}

fn number(attributes: &BTreeMap<String, String>, key: &str) -> Option<usize> {
    attributes.get(key)?.trim().parse().ok()
}

/// The trees and the end of every round.
fn trees(
    model: &Place,
    size: Size,
    weights: Option<&Place>,
    version: &Version,
    features: &mut [ModelFeature],
) -> Result<(Body, Vec<usize>), Error> {
    let param = model.field("gbtree_model_param");
    let param_of =
        |key: &str, default| param.as_ref().map_or(Ok(default), |param| param.count_of(key, default));
    let place = model.need("trees")?;
    let list = in_order(&place)?;
    let claimed = param_of("num_trees", list.len())?;
    if claimed != list.len() {
        return Err(place.error(format!("holds {} trees, but the file speaks of {claimed}", list.len())));
    }
    let outputs = tree_outputs(model, list.len(), size)?;
    let weights = weights.map_or(Ok(Vec::new()), |place| fitting_weights(place, list.len()))?;
    let mut trees = Vec::with_capacity(list.len());
    for (number, (doc, output)) in list.into_iter().zip(outputs).enumerate() {
        let weight = weights.get(number).copied();
        let place = Place::new(doc, format!("trees[{number}]"));
        trees.push(tree::read(number, &place, output, size, weight)?);
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
    Ok((Body::Trees(trees), rounds))
}

/// The trees sorted by their `id`, which is where XGBoost puts them.
fn in_order<'a>(place: &Place<'a>) -> Result<Vec<&'a Doc>, Error> {
    let mut trees = Vec::new();
    for (position, doc) in place.list()?.iter().enumerate() {
        let id = Place::new(doc, format!("trees[{position}]")).count_of("id", position)?;
        trees.push((id, doc));
    }
    trees.sort_by_key(|(id, _)| *id);
    if trees.iter().enumerate().any(|(position, (id, _))| *id != position) {
        return Err(place.error("the trees' `id` do not count up from 0"));
    }
    Ok(trees.into_iter().map(|(_, doc)| doc).collect())
}

/// The output each tree adds to.
fn tree_outputs(model: &Place, trees: usize, size: Size) -> Result<Vec<usize>, Error> {
    let Some(place) = model.field("tree_info") else {
        return if size.outputs == 1 {
            Ok(vec![0; trees])
        } else {
            Err(model.need("tree_info").unwrap_err())
        };
    };
    let info = place.ints()?;
    if info.len() != trees {
        return Err(place.error(format!("has {} entries for {trees} trees", info.len())));
    }
    let outputs = info.iter().enumerate().map(|(tree, &output)| {
        usize::try_from(output).ok().filter(|output| *output < size.outputs).ok_or_else(|| {
            place.error(format!("tree {tree} adds to output {output}, but there are {}", size.outputs))
        })
    });
    outputs.collect()
}

fn fitting_weights(place: &Place, trees: usize) -> Result<Vec<f32>, Error> {
    let weights = place.reals()?;
    if weights.len() == trees {
        Ok(weights.into_owned())
    } else {
        Err(place.error(format!("has {} weights for {trees} trees", weights.len())))
    }
}

fn mark_categorical(tree: &Tree, features: &mut [ModelFeature]) {
    for node in &tree.nodes {
        if let Node::Split(split) = node
            && matches!(split.test, Test::Among { .. })
            && let Some(feature) = features.get_mut(split.feature)
        {
            feature.kind = FeatureKind::Category;
        }
    }
}

fn given_rounds(place: &Place, trees: usize) -> Result<Vec<usize>, Error> {
    let ends: Option<Vec<usize>> = place.ints()?.iter().map(|&end| usize::try_from(end).ok()).collect();
    match ends.as_deref() {
        Some([]) if trees == 0 => Ok(Vec::new()),
        Some([0, ends @ ..]) if ends.is_sorted() && ends.last().copied().unwrap_or(0) == trees => {
            Ok(ends.to_vec())
        }
        _ => Err(place.error(format!("must rise from 0 to the number of trees, {trees}"))),
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

fn linear(place: &Place, size: Size) -> Result<Body, Error> {
    let weights = place.reals()?;
    let wanted = (size.features + 1).checked_mul(size.outputs);
    if wanted != Some(weights.len()) {
        return Err(place.error(format!(
            "has {} weights; {} features and {} outputs need one each, and a bias for every output",
            weights.len(),
            size.features,
            size.outputs
        )));
    }
    match weights.iter().position(|weight| !weight.is_finite()) {
        Some(at) => Err(place.error(format!("weight {at} is not finite"))),
        None => Ok(Body::Linear(weights.into_owned())),
    }
}
