//! Boosted trees as XGBoost and LightGBM write them, in one canonical form.

mod engine;
mod lightgbm;
mod model;
mod predict;
mod shap;
#[cfg(test)]
mod tests;
mod ubjson;
mod xgboost;

pub use model::Forest;
pub(crate) use model::{Body, Leaf, Link, ModelFeature, Node, Precision, Split, Test, Tree};
pub use predict::Iterations;

use crate::Error;

impl Forest {
    /// Loads a model file, told by its content: XGBoost's JSON or UBJSON, or LightGBM's text.
    ///
    /// # Errors
    /// `invalid_model` with tree and node for a malformed file; `unsupported_model` for what cannot be represented
    /// exactly, with what to do instead.
    pub fn from_bytes(bytes: &[u8]) -> Result<Forest, Error> {
        let mut forest = if lightgbm::looks_like(bytes) {
            lightgbm::load(bytes)?
        } else {
            return Err(Error::UnsupportedModel { path: String::new(), message: "not yet".to_owned() });
        };
        forest.engine = engine::Engine::new(&forest);
        Ok(forest)
    }
}
