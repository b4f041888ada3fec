//! The forest as part of a pipeline file, and back.
//!
//! A tree is columns over its nodes in depth-first order, left before right: `features` holds the column a split reads,
//! −1 for a leaf, and so the shape; `values` the threshold or the leaf's value. Numbers that are f32 in the model are
//! written as f32, so that they are short and a threshold is the one of the file it came from.

mod read;
mod write;

use super::model::{FeatureKind, Forest, Link, ModelFeature, Precision};
use crate::Error;
use crate::json::{self, Cursor, Document, Object, word_for};

const LIBRARIES: [(&str, &str); 2] = [("xgboost", "xgboost"), ("lightgbm", "lightgbm")];
const PRECISIONS: [(&str, Precision); 2] = [("f32", Precision::F32), ("f64", Precision::F64)];
const KINDS: [(&str, FeatureKind); 3] =
    [("number", FeatureKind::Number), ("flag", FeatureKind::Flag), ("category", FeatureKind::Category)];
/// The sigmoid's slope stands beside it.
const LINKS: [(&str, Link); 8] = [
    ("identity", Link::Identity),
    ("sigmoid", Link::Sigmoid(1.0)),
    ("softmax", Link::Softmax),
    ("argmax", Link::ArgMax),
    ("exp", Link::Exp),
    ("step", Link::Step),
    ("log_one_plus_exp", Link::LogOnePlusExp),
    ("signed_square", Link::SignedSquare),
];
const SIDES: [(&str, bool); 2] = [("left", true), ("right", false)];
/// The field names of a forest, in the order they are written.
pub(crate) const FIELDS: [&str; 15] = [
    "kind",
    "reasons",
    "library",
    "library_version",
    "objective",
    "link",
    "slope",
    "precision",
    "average",
    "best_iteration",
    "attributes",
    "features",
    "base",
    "rounds",
    "trees",
];

impl Forest {
    /// The forest in the library's own JSON, the `scorer` of a pipeline file.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&json::Node::from(self.write(Object::default().with("kind", "forest"))))
            .unwrap_or_default()
    }

    /// Reads what [`Forest::to_json`] wrote.
    ///
    /// # Errors
    /// `invalid_json`; `invalid_model` with the path of what is wrong.
    pub fn from_json(text: &str) -> Result<Forest, Error> {
        let node = json::parse(text)?;
        Forest::read(&Cursor::root(&node, "", Document::Model))
    }

    /// What the model is, as a JSON object: library, version, objective, features with types and levels, counts of
    /// outputs, predictions, trees and rounds, best iteration, and the precision of its margins.
    pub fn describe_json(&self) -> String {
        let names = self.feature_names();
        let feature = |(feature, name): (&ModelFeature, &String)| -> json::Node {
            Object::default()
                .with("name", name)
                .with("type", word_for(&KINDS, &feature.kind))
                .with("levels", feature.levels.as_slice())
                .into()
        };
        let node: json::Node = Object::default()
            .with("library", self.library)
            .with("library_version", &self.version)
            .with("objective", &self.objective)
            .with("features", json::Node::List(self.features.iter().zip(&names).map(feature).collect()))
            .with("named", json::Node::Flag(self.has_feature_names()))
            .with("outputs", self.outputs())
            .with("predictions", self.predictions())
            .with("trees", self.trees())
            .with("rounds", self.rounds.len())
            .maybe("best_iteration", self.best_iteration)
            .with("precision", word_for(&PRECISIONS, &self.precision))
            .into();
        serde_json::to_string(&node).unwrap_or_default()
    }
}
