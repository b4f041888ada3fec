//! Boosted trees as XGBoost and LightGBM write them, in one canonical form.

mod engine;
mod model;
mod predict;
mod shap;
#[cfg(test)]
mod tests;

pub use model::Forest;
pub(crate) use model::{Body, Leaf, Link, ModelFeature, Node, Precision, Split, Test, Tree};
pub use predict::Iterations;
impl Forest { pub fn from_bytes(_b: &[u8]) -> Result<Forest, crate::Error> { todo!() } }
