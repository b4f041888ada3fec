//! Boosted trees as XGBoost and LightGBM write them, in one canonical form.

mod model;
mod ubjson;
mod xgboost;

pub use model::Forest;
pub(crate) use model::{Body, Leaf, Link, ModelFeature, Node, Precision, Split, Test, Tree};
