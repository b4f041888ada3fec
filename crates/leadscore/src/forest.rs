//! Boosted trees as XGBoost and LightGBM write them, in one canonical form.

mod engine;
mod format;
mod lightgbm;
mod model;
mod predict;
mod shap;
#[cfg(test)]
mod tests;
mod ubjson;
mod xgboost;

pub use model::Forest;
pub(crate) use model::{Body, FeatureKind, Leaf, Link, ModelFeature, Node, Precision, Split, Test, Tree};
pub use predict::Iterations;

use crate::Error;

impl Forest {
    /// Loads a model file, told by its content: XGBoost's JSON or UBJSON, or LightGBM's text.
    ///
    /// # Errors
    /// `invalid_model` with tree and node for a malformed file; `unsupported_model` for what cannot be represented
    /// exactly, with what to do instead.
    ///
    /// ```
    /// use leadscore::{FeatureMatrix, Forest, forest::Iterations};
    /// let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\
    ///     feature_names=visits\nfeature_infos=[0:9]\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=2.5\n\
    ///     decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_count=6 4\ninternal_count=10\n\nend of trees\n";
    /// let forest = Forest::from_bytes(model.as_bytes())?;
    /// let rows = FeatureMatrix::new(1, vec![1.0, 7.0])?;
    /// assert_eq!(forest.margin(&rows, Iterations::All)?, [-1.0, 1.0]);
    /// // For each row the contribution of every feature, then the bias.
    /// let shap = forest.shap(&rows, Iterations::All)?;
    /// assert!((shap[0] + shap[1] + 1.0).abs() < 1e-12 && (shap[1] + 0.2).abs() < 1e-12);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Forest, Error> {
        let mut forest =
            if lightgbm::looks_like(bytes) { lightgbm::load(bytes)? } else { xgboost::load(bytes)? };
        forest.engine = engine::Engine::new(&forest);
        Ok(forest)
    }
}
