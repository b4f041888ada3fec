//! The model as data, in one canonical form for every library.
//!
//! Loaders and the JSON reader return a [`Model`]; [`Forest::new`](super::Forest::new) makes it ready for scoring.
//! Nothing here knows of the engine or of SHAP.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::iterations::Iterations;
use super::precision::Precision;
use super::tree::{Node, Test, Tree};
use crate::feature::Levels;

/// Everything that is known of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    pub(crate) source_library: Library,
    /// The version that wrote the file, as the file gives it; may be empty.
    pub(crate) library_version: String,
    /// The objective's name as in the file; empty for a custom one.
    pub(crate) objective: String,
    pub(crate) link: Link,
    /// The precision in which the library compares categories, adds leaves and applies the link.
    pub(crate) precision: Precision,
    pub(crate) features: Vec<ModelFeature>,
    /// XGBoost's `base_score` on the scale of the margin: what every sum starts from, one for each output.
    pub(crate) base_score: Vec<f64>,
    pub(crate) booster: Booster,
    /// For every boosting round the number of trees up to its end.
    pub(crate) round_ends: Vec<usize>,
    /// The best round, from 0, where the file names one.
    pub(crate) best_iteration: Option<usize>,
    /// LightGBM's `average_output` (random forests): the prediction is the mean over the rounds; the margin stays the
    /// sum.
    pub(crate) average_output: bool,
    /// The value besides NaN that stood for missing in training (XGBoost's argument `missing`). No model file keeps
    /// it, so loaders leave it empty.
    pub(crate) missing: Option<f64>,
    /// Further facts of the file worth showing, such as a `scikit_learn` attribute.
    pub(crate) attributes: BTreeMap<String, String>,
}

/// The library that trained a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Library {
    /// XGBoost.
    XgBoost,
    /// LightGBM.
    LightGbm,
    /// This library (feature `learn`).
    Leadscore,
}

impl Library {
    /// The library's name in lower case: `xgboost`, `lightgbm` or `leadscore`.
    pub fn name(self) -> &'static str {
        match self {
            Library::XgBoost => "xgboost",
            Library::LightGbm => "lightgbm",
            Library::Leadscore => "leadscore",
        }
    }
}

impl std::fmt::Display for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A column of the model's input.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ModelFeature {
    /// The name in the file, if it has names.
    pub(crate) name: Option<String>,
    pub(crate) kind: FeatureKind,
    /// The names of the categories where the file keeps them; the index is the code.
    pub(crate) levels: Levels,
    /// The codes whose names the file has lost.
    pub(crate) lost: Vec<usize>,
    /// Lists of names of which the file does not settle whether one is the column's.
    pub(crate) unclear: Vec<Arc<Levels>>,
    /// Lists of names that the column could have and is taken not to, since it looks like a flag.
    pub(crate) assumed_flag: Vec<Arc<Levels>>,
    /// Whether a number may have been a flag in training.
    pub(crate) may_be_flag: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FeatureKind {
    #[default]
    Numerical,
    /// 0 or 1.
    Indicator,
    /// Codes of categories.
    Categorical,
    /// The place of a category among its levels, as a number.
    Ordered,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Booster {
    Trees(Vec<Tree>),
    /// XGBoost's gblinear: (features + 1) × outputs weights, feature by feature, the biases last.
    Linear(Vec<f32>),
}

/// The inverse link: how margins become predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Link {
    Identity,
    /// The identity on a margin that is known to be log-odds: XGBoost's `binary:logitraw`.
    LogOdds,
    /// 1 / (1 + e^(−slope·m)) of each output by itself.
    Sigmoid(f64),
    Softmax,
    /// The index of the largest output, the first of equal ones.
    ArgMax,
    Exp,
    /// 1 where m > 0, else 0.
    Step,
    /// ln(1 + e^m).
    LogOnePlusExp,
    /// sign(m)·m².
    SignedSquare,
}

impl Model {
    /// The number of outputs: 1, or one for each class or target.
    pub(crate) fn output_count(&self) -> usize {
        self.base_score.len()
    }

    pub(crate) fn tree_count(&self) -> usize {
        match &self.booster {
            Booster::Trees(trees) => trees.len(),
            Booster::Linear(_) => 0,
        }
    }

    /// One more than the highest code that a split on a feature knows.
    pub(crate) fn code_bound(&self, feature: usize) -> usize {
        let Booster::Trees(trees) = &self.booster else { return 0 };
        let code = |node: &Node| match node {
            Node::Split(split) if split.feature == feature => match &split.test {
                Test::Categorical { categories, .. } => categories.last().map(|code| *code as usize + 1),
                Test::Numerical { .. } => None,
            },
            _ => None,
        };
        trees.iter().flat_map(|tree| &tree.nodes).filter_map(code).max().unwrap_or(0)
    }

    /// How many boosting rounds are used.
    pub(crate) fn rounds_used(&self, iterations: Iterations) -> usize {
        match (iterations, self.best_iteration) {
            (Iterations::Best, Some(best)) => (best + 1).min(self.round_ends.len()),
            _ => self.round_ends.len(),
        }
    }

    /// How many trees, from the first, are used.
    pub(crate) fn trees_used(&self, iterations: Iterations) -> usize {
        let rounds = self.rounds_used(iterations);
        if rounds == self.round_ends.len() {
            self.tree_count()
        } else {
            self.round_ends[..rounds].last().copied().unwrap_or(0)
        }
    }

    /// The model without the boosting rounds that are not used.
    pub(crate) fn truncate_rounds(mut self, iterations: Iterations) -> Model {
        let (rounds, trees) = (self.rounds_used(iterations), self.trees_used(iterations));
        if rounds == self.round_ends.len() {
            return self;
        }
        self.round_ends.truncate(rounds);
        self.best_iteration = None;
        // What the file says of rounds that are gone.
        self.attributes.retain(|name, _| !name.starts_with("best_"));
        if let Booster::Trees(all) = &mut self.booster {
            all.truncate(trees);
        }
        self
    }
}
