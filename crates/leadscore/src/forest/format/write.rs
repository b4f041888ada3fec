//! The forest to JSON.

use super::{KINDS, LINKS, PRECISIONS, SIDES};
use crate::forest::model::{
    Body, FeatureKind, Forest, Leaf, Link, ModelFeature, Node, Precision, Test, Tree, narrow,
};
use crate::json::{self, Object, word_for};

impl Forest {
    pub(crate) fn write(&self, object: Object) -> Object {
        let number = |value: f64| self.number(value);
        let slope = match self.link {
            Link::Sigmoid(slope) if slope != 1.0 => Some(slope),
            _ => None,
        };
        let link = if let Link::Sigmoid(_) = self.link { Link::Sigmoid(1.0) } else { self.link };
        let attributes = self.attributes.iter().map(|(name, text)| (name.clone(), text.into()));
        let rounds = self.rounds.iter().map(|&end| end.into()).collect();
        let object = object
            .with("library", self.library)
            .with("library_version", &self.version)
            .maybe("objective", (!self.objective.is_empty()).then_some(&self.objective))
            .with("link", word_for(&LINKS, &link))
            .maybe("slope", slope)
            .with("precision", word_for(&PRECISIONS, &self.precision))
            .flag("average", self.average)
            .maybe("best_iteration", self.best_iteration)
            .maybe(
                "attributes",
                (!self.attributes.is_empty()).then(|| json::Node::Object(attributes.collect())),
            )
            .with("features", json::Node::List(self.features.iter().map(json::Node::from).collect()))
            .with("base", numbers(self.base.iter().map(|value| number(*value))))
            .with("rounds", json::Node::List(rounds));
        match &self.body {
            Body::Trees(trees) => object
                .with("trees", json::Node::List(trees.iter().map(|tree| self.write_tree(tree)).collect())),
            Body::Linear(weights) => {
                object.with("weights", numbers(weights.iter().map(|weight| number(f64::from(*weight)))))
            }
        }
    }

    /// A number in the model's precision, as short as it can be told from its neighbours.
    fn number(&self, value: f64) -> json::Node {
        if self.precision == Precision::F64 {
            return wide(value);
        }
        let short = (value as f32).to_string().parse().unwrap_or(value);
        wide(if short as f32 == value as f32 { short } else { value })
    }

    fn write_tree(&self, tree: &Tree) -> json::Node {
        let mut columns = Columns::default();
        for (at, node) in tree.nodes.iter().enumerate() {
            columns.add(self, at, node);
        }
        let covers = || numbers(tree.nodes.iter().map(|node| self.number(node.cover())));
        let known = tree.nodes.iter().any(|node| !node.cover().is_nan());
        let list = |items: Vec<json::Node>| (!items.is_empty()).then_some(json::Node::List(items));
        Object::default()
            .with("output", tree.output)
            .with("features", json::Node::List(columns.features))
            .with("values", json::Node::List(columns.values))
            .maybe("missing_left", list(columns.missing_left))
            .maybe("zero_is_missing", list(columns.zero_is_missing))
            .maybe("sets", list(columns.sets))
            .maybe("vectors", list(columns.vectors))
            .maybe("linear", list(columns.linear))
            .maybe("cover", known.then(covers))
            .maybe("gain", list(columns.gain))
            .into()
    }
}

/// What is written of a tree, node by node.
#[derive(Default)]
struct Columns {
    features: Vec<json::Node>,
    values: Vec<json::Node>,
    /// Numbers of nodes.
    missing_left: Vec<json::Node>,
    zero_is_missing: Vec<json::Node>,
    sets: Vec<json::Node>,
    vectors: Vec<json::Node>,
    linear: Vec<json::Node>,
    /// One for each split.
    gain: Vec<json::Node>,
}

impl Columns {
    fn add(&mut self, forest: &Forest, at: usize, node: &Node) {
        let number = |value: f64| forest.number(value);
        let here = || Object::default().with("node", at);
        let mut value = json::Node::Integer(0);
        match node {
            Node::Split(split) => {
                self.features.push(split.feature.into());
                self.gain.push(number(split.gain));
                if split.missing_left {
                    self.missing_left.push(at.into());
                }
                match &split.test {
                    Test::Below { threshold, zero_is_missing } => {
                        value = match forest.precision {
                            Precision::F32 => number(f64::from(narrow(*threshold))),
                            Precision::F64 => wide(*threshold),
                        };
                        if *zero_is_missing {
                            self.zero_is_missing.push(at.into());
                        }
                    }
                    Test::Among { set, members_left, negative_fraction_is_zero } => {
                        let codes = set.iter().map(|code| json::Node::Integer(i64::from(*code))).collect();
                        let set = here()
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
                    Leaf::Value(own) => value = number(*own),
                    Leaf::Vector(own) => {
                        let values = numbers(own.iter().map(|value| number(*value)));
                        self.vectors.push(here().with("values", values).into());
                    }
                    Leaf::Linear { constant, terms, fallback } => {
                        let term = |term: &(usize, f64)| json::Node::List(vec![term.0.into(), wide(term.1)]);
                        let linear = here()
                            .with("constant", wide(*constant))
                            .with("terms", json::Node::List(terms.iter().map(term).collect()))
                            .with("fallback", wide(*fallback));
                        self.linear.push(linear.into());
                    }
                }
            }
        }
        self.values.push(value);
    }
}

fn numbers(values: impl Iterator<Item = json::Node>) -> json::Node {
    json::Node::List(values.collect())
}

/// A number, also one that JSON has no form for.
fn wide(value: f64) -> json::Node {
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
        let kind = (feature.kind != FeatureKind::Number).then(|| word_for(&KINDS, &feature.kind));
        Object::default()
            .maybe("name", feature.name.as_ref())
            .maybe("type", kind)
            .texts("levels", &feature.levels)
            .into()
    }
}
