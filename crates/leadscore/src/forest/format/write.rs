//! The model to JSON.

use std::sync::Arc;

use super::words::{KINDS, LIBRARIES, LINKS, PRECISIONS, RAW_LOGIT, SIDES};
use crate::feature::Levels;
use crate::forest::model::{Booster, FeatureKind, Link, Model, ModelFeature};
use crate::forest::precision::{Precision, narrow_threshold};
use crate::forest::tree::{Leaf, Node, Test, Tree};
use crate::json::{self, Object, word_for};

/// Adds the model's fields to an object that names its kind.
pub(in crate::forest) fn write(model: &Model, object: Object) -> Object {
    let slope = match model.link {
        Link::Sigmoid(slope) if slope != 1.0 => Some(slope),
        _ => None,
    };
    let link = match model.link {
        Link::Sigmoid(_) => Link::Sigmoid(1.0),
        Link::LogOdds if model.objective == RAW_LOGIT => Link::Identity,
        link => link,
    };
    let attributes = model.attributes.iter().map(|(name, text)| (name.clone(), text.into()));
    let rounds = model.round_ends.iter().map(|&end| end.into()).collect();
    let object = object
        .with("library", word_for(&LIBRARIES, &model.source_library))
        .with("library_version", &model.library_version)
        .maybe("objective", (!model.objective.is_empty()).then_some(&model.objective))
        .with("link", word_for(&LINKS, &link))
        .maybe("slope", slope)
        .with("precision", word_for(&PRECISIONS, &model.precision))
        .flag("average", model.average_output)
        .maybe("missing", model.missing.map(number))
        .maybe("best_iteration", model.best_iteration)
        .maybe("attributes", (!model.attributes.is_empty()).then(|| json::Node::Object(attributes.collect())))
        .with("features", json::Node::List(model.features.iter().map(json::Node::from).collect()))
        .with("base", list(model.base_score.iter().map(|value| model_number(model, *value))))
        .with("rounds", json::Node::List(rounds));
    match &model.booster {
        Booster::Trees(trees) => object.with("trees", list(trees.iter().map(|tree| write_tree(model, tree)))),
        Booster::Linear(weights) => {
            object.with("weights", list(weights.iter().map(|weight| model_number(model, f64::from(*weight)))))
        }
    }
}

/// What the model is, for people and bindings.
pub(in crate::forest) fn describe(model: &Model, names: &[String]) -> Object {
    let feature = |(feature, name): (&ModelFeature, &String)| -> json::Node {
        Object::default()
            .with("name", name)
            .with("type", word_for(&KINDS, &feature.kind))
            .with("levels", feature.levels.names())
            .into()
    };
    let outputs = model.output_count();
    Object::default()
        .with("library", word_for(&LIBRARIES, &model.source_library))
        .with("library_version", &model.library_version)
        .with("objective", &model.objective)
        .with("features", list(model.features.iter().zip(names).map(feature)))
        .with("named", json::Node::Flag(model.features.iter().all(|feature| feature.name.is_some())))
        .with("outputs", outputs)
        .with("predictions", model.link.prediction_width(outputs))
        .with("trees", model.tree_count())
        .with("rounds", model.round_ends.len())
        .maybe("best_iteration", model.best_iteration)
        .maybe("missing", model.missing.map(number))
        .with("precision", word_for(&PRECISIONS, &model.precision))
}

/// A number in the model's precision, as the shortest decimal that reads back the same.
fn model_number(model: &Model, value: f64) -> json::Node {
    if model.precision == Precision::F64 {
        return number(value);
    }
    let short = (value as f32).to_string().parse().unwrap_or(value);
    number(if short as f32 == value as f32 { short } else { value })
}

fn write_tree(model: &Model, tree: &Tree) -> json::Node {
    let mut columns = TreeColumns::default();
    for (index, node) in tree.nodes.iter().enumerate() {
        columns.add(model, index, node);
    }
    let covers = || list(tree.nodes.iter().map(|node| model_number(model, node.cover())));
    let known = tree.nodes.iter().any(|node| !node.cover().is_nan());
    let unless_empty = |items: Vec<json::Node>| (!items.is_empty()).then_some(json::Node::List(items));
    Object::default()
        .with("output", tree.output)
        .with("features", json::Node::List(columns.features))
        .with("values", json::Node::List(columns.values))
        .maybe("missing_left", unless_empty(columns.default_left))
        .maybe("zero_is_missing", unless_empty(columns.zero_is_missing))
        .maybe("sets", unless_empty(columns.sets))
        .maybe("vectors", unless_empty(columns.vectors))
        .maybe("linear", unless_empty(columns.linear))
        .maybe("cover", known.then(covers))
        .maybe("gain", unless_empty(columns.gain))
        .into()
}

/// The parallel arrays of a tree, and the sparse ones with their nodes.
#[derive(Default)]
struct TreeColumns {
    features: Vec<json::Node>,
    values: Vec<json::Node>,
    /// Indices of nodes.
    default_left: Vec<json::Node>,
    zero_is_missing: Vec<json::Node>,
    sets: Vec<json::Node>,
    vectors: Vec<json::Node>,
    linear: Vec<json::Node>,
    /// One for each split.
    gain: Vec<json::Node>,
}

impl TreeColumns {
    fn add(&mut self, model: &Model, index: usize, node: &Node) {
        let in_precision = |value: f64| model_number(model, value);
        let entry = || Object::default().with("node", index);
        let mut value = json::Node::Integer(0);
        match node {
            Node::Split(split) => {
                self.features.push(split.feature.into());
                self.gain.push(in_precision(split.gain));
                if split.default_left {
                    self.default_left.push(index.into());
                }
                match &split.test {
                    Test::Numerical { threshold, zero_is_missing } => {
                        value = match model.precision {
                            Precision::F32 => in_precision(f64::from(narrow_threshold(*threshold))),
                            Precision::F64 => number(*threshold),
                        };
                        if *zero_is_missing {
                            self.zero_is_missing.push(index.into());
                        }
                    }
                    Test::Categorical { categories, members_left, negative_fraction_is_zero } => {
                        let codes =
                            categories.iter().map(|code| json::Node::Integer(i64::from(*code))).collect();
                        let set = entry()
                            .with("codes", json::Node::List(codes))
                            .with("members", word_for(&SIDES, members_left))
                            .flag("negative_fraction_is_zero", *negative_fraction_is_zero);
                        self.sets.push(set.into());
                    }
                }
            }
            Node::Leaf { leaf, .. } => {
                self.features.push(json::Node::Integer(-1));
                match leaf {
                    Leaf::Value(leaf) => value = in_precision(*leaf),
                    Leaf::Vector(leaf) => {
                        let values = list(leaf.iter().map(|value| in_precision(*value)));
                        self.vectors.push(entry().with("values", values).into());
                    }
                    Leaf::Linear { constant, terms, fallback } => {
                        let term =
                            |term: &(usize, f64)| json::Node::List(vec![term.0.into(), number(term.1)]);
                        let linear = entry()
                            .with("constant", number(*constant))
                            .with("terms", json::Node::List(terms.iter().map(term).collect()))
                            .with("fallback", number(*fallback));
                        self.linear.push(linear.into());
                    }
                }
            }
        }
        self.values.push(value);
    }
}

fn list(items: impl Iterator<Item = json::Node>) -> json::Node {
    json::Node::List(items.collect())
}

/// A number, also one that JSON has no syntax for.
fn number(value: f64) -> json::Node {
    if value.is_nan() {
        json::Node::Null
    } else if value.is_infinite() {
        json::Node::from(if value > 0.0 { "inf" } else { "-inf" })
    } else {
        json::Node::Number(value)
    }
}

impl From<&ModelFeature> for json::Node {
    fn from(feature: &ModelFeature) -> json::Node {
        let lists = |lists: &[Arc<Levels>]| {
            let lists: Vec<json::Node> = lists.iter().map(|levels| (&**levels).into()).collect();
            (!lists.is_empty()).then_some(json::Node::List(lists))
        };
        let lost: Vec<json::Node> = feature.lost.iter().map(|code| (*code).into()).collect();
        let kind = (feature.kind != FeatureKind::Numerical).then(|| word_for(&KINDS, &feature.kind));
        Object::default()
            .maybe("name", feature.name.as_ref())
            .maybe("type", kind)
            .maybe("levels", (!feature.levels.is_empty()).then(|| json::Node::from(&feature.levels)))
            .maybe("spellings", feature.levels.spellings_node())
            .maybe("lost", (!lost.is_empty()).then_some(json::Node::List(lost)))
            .maybe("unclear", lists(&feature.unclear))
            .maybe("assumed_flag", lists(&feature.assumed_flag))
            .flag("may_be_flag", feature.may_be_flag)
            .into()
    }
}
