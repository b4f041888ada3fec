//! The words of the format.

use crate::forest::model::{FeatureKind, Library, Link};
use crate::forest::precision::Precision;

pub(super) const LIBRARIES: [(&str, Library); 3] =
    [("xgboost", Library::XgBoost), ("lightgbm", Library::LightGbm), ("leadscore", Library::Leadscore)];
pub(super) const PRECISIONS: [(&str, Precision); 2] = [("f32", Precision::F32), ("f64", Precision::F64)];
pub(super) const KINDS: [(&str, FeatureKind); 4] = [
    ("number", FeatureKind::Numerical),
    ("flag", FeatureKind::Indicator),
    ("category", FeatureKind::Categorical),
    ("ordered", FeatureKind::Ordered),
];
/// The sigmoid's slope is a field of its own.
pub(super) const LINKS: [(&str, Link); 9] = [
    ("identity", Link::Identity),
    ("log_odds", Link::LogOdds),
    ("sigmoid", Link::Sigmoid(1.0)),
    ("softmax", Link::Softmax),
    ("argmax", Link::ArgMax),
    ("exp", Link::Exp),
    ("step", Link::Step),
    ("log_one_plus_exp", Link::LogOnePlusExp),
    ("signed_square", Link::SignedSquare),
];
/// The objective whose link is written as `identity` though its margin is log-odds.
pub(super) const RAW_LOGIT: &str = "binary:logitraw";
pub(super) const SIDES: [(&str, bool); 2] = [("left", true), ("right", false)];
/// The fields of a forest, in the order they are written; a linear booster has `weights` instead of `trees`.
pub(super) const FIELDS: [&str; 17] = [
    "kind",
    "reasons",
    "library",
    "library_version",
    "objective",
    "link",
    "slope",
    "precision",
    "average",
    "missing",
    "best_iteration",
    "attributes",
    "features",
    "base",
    "rounds",
    "trees",
    "weights",
];
