//! Margins and predictions of whole matrices.

use super::model::{Body, Forest, Link, Precision};
use crate::feature::FeatureMatrix;
use crate::{Error, ErrorKind, math};

/// How many boosting rounds speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Iterations {
    /// All of the file, as the libraries' low-level boosters do.
    #[default]
    All,
    /// Up to the best round where the file names one, else all, as XGBoost's scikit-learn wrapper does.
    Best,
}

impl Iterations {
    /// `all` or `best`.
    ///
    /// # Errors
    /// `unknown_name` for anything else.
    pub fn named(name: &str) -> Result<Iterations, Error> {
        match name {
            "all" => Ok(Iterations::All),
            "best" => Ok(Iterations::Best),
            _ => Err(Error::new(
                ErrorKind::UnknownName,
                "iterations",
                format!("unknown iterations `{name}`; known: all, best"),
            )),
        }
    }
}

impl Forest {
    /// The number of outputs: 1, or one for each class or target.
    pub fn outputs(&self) -> usize {
        self.base.len()
    }

    /// The number of predictions for a row: one for each output, or 1 where the objective predicts a class.
    pub fn predictions(&self) -> usize {
        if self.link == Link::ArgMax { 1 } else { self.outputs() }
    }

    /// The number of trees; 0 for a linear booster.
    pub fn trees(&self) -> usize {
        match &self.body {
            Body::Trees(trees) => trees.len(),
            Body::Linear(_) => 0,
        }
    }

    /// The names of the input columns, `f0`, `f1`, … where the file has none.
    pub fn feature_names(&self) -> Vec<String> {
        let name = |(at, feature): (usize, &super::ModelFeature)| {
            feature.name.clone().unwrap_or_else(|| format!("f{at}"))
        };
        self.features.iter().enumerate().map(name).collect()
    }

    /// Whether the file names its input columns.
    pub fn has_feature_names(&self) -> bool {
        self.features.iter().all(|feature| feature.name.is_some())
    }

    /// The names of a categorical column's levels where the file keeps them; the position is the code.
    pub fn levels(&self, feature: usize) -> &[String] {
        self.features.get(feature).map_or(&[], |feature| &feature.levels)
    }

    /// The best boosting round, from 0, where the file names one.
    pub fn best_iteration(&self) -> Option<usize> {
        self.best_iteration
    }

    /// The objective's name as in the file; empty for a custom one.
    pub fn objective(&self) -> &str {
        &self.objective
    }

    /// `xgboost` or `lightgbm`, and the version that wrote the file.
    pub fn writer(&self) -> (&str, &str) {
        (self.library, &self.version)
    }

    /// Whether margins are sums of f32 (XGBoost) rather than f64 (LightGBM).
    pub fn is_f32(&self) -> bool {
        self.precision == Precision::F32
    }

    /// The margins of a matrix: row after row, one for each output, to the last bit those of the library that wrote
    /// the model. XGBoost's are f32 values held in f64.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the model's.
    pub fn margin(&self, matrix: &FeatureMatrix, iterations: Iterations) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        let mut out = Vec::with_capacity(matrix.rows() * self.outputs());
        self.engine.margins(self, matrix.values(), self.trees_of(iterations), &mut out);
        Ok(out)
    }

    /// The predictions of a matrix, margins through the objective's link: row after row, one for each output, or the
    /// class number alone where the objective predicts a class.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the model's.
    pub fn predict(&self, matrix: &FeatureMatrix, iterations: Iterations) -> Result<Vec<f64>, Error> {
        let mut margins = self.margin(matrix, iterations)?;
        if self.average {
            let rounds = self.rounds_of(iterations).max(1) as f64;
            for margin in &mut margins {
                *margin /= rounds;
            }
        }
        let mut out = Vec::with_capacity(margins.len());
        margins.chunks_exact(self.outputs().max(1)).for_each(|row| self.link(row, &mut out));
        Ok(out)
    }

    fn link(&self, row: &[f64], out: &mut Vec<f64>) {
        let f32s = self.precision == Precision::F32;
        let exp = |x: f64| if f32s { f64::from(math::exp_f32(x as f32)) } else { math::exp_rounded(x) };
        let round = |x: f64| if f32s { f64::from(x as f32) } else { x };
        match self.link {
            Link::Identity => out.extend_from_slice(row),
            Link::Sigmoid(slope) => out.extend(row.iter().map(|m| {
                // f32 as XGBoost: 1 / (e^−m + 1), each step rounded, −m kept below overflow.
                if f32s {
                    f64::from(1.0 / (math::exp_f32((-*m as f32).min(88.7)) + 1.0))
                } else {
                    1.0 / (1.0 + exp(-slope * m))
                }
            })),
            Link::Softmax => {
                let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let parts: Vec<f64> = row.iter().map(|m| exp(round(m - most))).collect();
                let sum = parts.iter().fold(0.0, |sum, part| sum + part);
                out.extend(parts.iter().map(|part| round(part / round(sum))));
            }
            Link::ArgMax => {
                let mut best = 0;
                for (at, margin) in row.iter().enumerate() {
                    if *margin > row[best] {
                        best = at;
                    }
                }
                out.push(best as f64);
            }
            Link::Exp => out.extend(row.iter().map(|m| exp(*m))),
            Link::Step => out.extend(row.iter().map(|m| if *m > 0.0 { 1.0 } else { 0.0 })),
            Link::LogOnePlusExp => out.extend(row.iter().map(|m| math::ln_1p(exp(*m)))),
            Link::SignedSquare => out.extend(row.iter().map(|m| m.signum() * m * m)),
        }
    }

    pub(super) fn trees_of(&self, iterations: Iterations) -> usize {
        let rounds = self.rounds_of(iterations);
        if rounds == self.rounds.len() {
            self.trees()
        } else {
            self.rounds[..rounds].last().copied().unwrap_or(0)
        }
    }

    /// Leaves out the boosting rounds that do not speak.
    pub(crate) fn cut(&mut self, iterations: Iterations) {
        let (rounds, trees) = (self.rounds_of(iterations), self.trees_of(iterations));
        if rounds == self.rounds.len() {
            return;
        }
        self.rounds.truncate(rounds);
        self.best_iteration = None;
        // What the file says of rounds it no longer has.
        self.attributes.retain(|name, _| !name.starts_with("best_"));
        if let Body::Trees(own) = &mut self.body {
            own.truncate(trees);
        }
        self.engine = super::engine::Engine::new(self);
    }

    /// Whether there can be contributions.
    ///
    /// # Errors
    /// As [`Forest::shap`].
    pub(crate) fn check_reasons(&self) -> Result<(), Error> {
        // Nothing but the checks is done for no row.
        let none = FeatureMatrix::new(self.features.len().max(1), Vec::new())?;
        if self.features.is_empty() { Ok(()) } else { self.shap(&none, Iterations::All).map(drop) }
    }

    fn rounds_of(&self, iterations: Iterations) -> usize {
        match (iterations, self.best_iteration) {
            (Iterations::Best, Some(best)) => (best + 1).min(self.rounds.len()),
            _ => self.rounds.len(),
        }
    }

    pub(super) fn check(&self, matrix: &FeatureMatrix) -> Result<(), Error> {
        if matrix.columns() == self.features.len() {
            return Ok(());
        }
        let message = format!("{} columns where the model reads {}", matrix.columns(), self.features.len());
        Err(Error::new(ErrorKind::InvalidMatrix, "", message))
    }
}
