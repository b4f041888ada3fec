//! Boosted trees as XGBoost and LightGBM write them, in one canonical form.

mod lightgbm;
mod model;

pub use model::Forest;
pub(crate) use model::{Body, Leaf, Link, ModelFeature, Node, Precision, Split, Test, Tree};
