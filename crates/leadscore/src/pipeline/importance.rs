//! Which features or rules matter, as shares of one.

use serde::Serialize;

use super::scorer::{SumBuffers, SumDetail};
use super::{ForestScorer, Pipeline, Scorer};
use crate::feature::FeatureMatrix;
use crate::forest::{Booster, Forest, Iterations, Node};
use crate::scorecard::{Rule, RuleGroup};
use crate::scorer::ContributionKind;
use crate::{Error, ErrorKind, Scorecard};

/// What importance is measured by.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ImportanceBy<'a> {
    /// The mean gain of the splits on a feature: XGBoost's `gain`.
    Gain,
    /// Their sum: XGBoost's `total_gain`, LightGBM's `gain`.
    TotalGain,
    /// The mean training weight that passed the splits on a feature: XGBoost's `cover`.
    Cover,
    /// Its sum.
    TotalCover,
    /// The mean absolute contribution over these leads, rows of the pipeline's schema: of a feature to a model's margins
    /// (mean |SHAP|), or of a rule, after its own cap, to the points.
    Leads(&'a FeatureMatrix),
    /// The largest points a rule of a scorecard can give or take, after every cap.
    Largest,
}

/// How much a feature or rule matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FeatureImportance {
    /// The feature's name, or the rule's code.
    pub code: String,
    /// The name people read.
    pub label: String,
    /// The group it belongs to, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The share of the whole; all sum to 1, or are 0 where nothing matters.
    pub importance: f64,
}

impl Pipeline {
    /// Which features of a model, or which rules of a scorecard, matter how much: the most important first, ties in the
    /// pipeline's order. Computed from the model or the leads at every call.
    ///
    /// # Errors
    /// `contributions_unsupported` where the scorer has no such measure; `cover_missing` where the model's file keeps no
    /// gain or cover; `invalid_matrix` when the width is not the schema's.
    ///
    /// ```
    /// use leadscore::{Pipeline, pipeline::ImportanceBy};
    /// let rules = Pipeline::builtin("conversion-compat")?.importance(ImportanceBy::Largest)?;
    /// let sum: f64 = rules.iter().map(|rule| rule.importance).sum();
    /// assert!((sum - 1.0).abs() < 1e-12 && rules[0].importance >= rules[1].importance);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn importance(&self, by: ImportanceBy<'_>) -> Result<Vec<FeatureImportance>, Error> {
        let mut all = match (self.scorer(), by) {
            (Scorer::Scorecard(card), ImportanceBy::Leads(matrix)) => self.mean_points(card, matrix)?,
            (Scorer::Scorecard(card), ImportanceBy::Largest) => self.largest(card)?,
            (Scorer::Scorecard(_), _) => {
                return Err(unsupported(
                    "rules have neither gain nor cover; measure by their largest points, or over leads",
                ));
            }
            (Scorer::Forest(_), ImportanceBy::Largest) => {
                return Err(unsupported("a model has no rules; measure by gain or cover, or over leads"));
            }
            (Scorer::Forest(model), by) => {
                let values = match by {
                    ImportanceBy::Leads(matrix) => {
                        matrix.check(self.schema())?;
                        let rows = (0..matrix.row_count()).map(|row| matrix.row(row));
                        mean_shap(model.forest(), &model.matrix(rows))?
                    }
                    by => split_importance(model.forest(), by)?,
                };
                let of_input = |(input, importance): (&super::scorer::Input, f64)| FeatureImportance {
                    code: input.name.clone(),
                    label: input.label.clone(),
                    group: input.group.clone(),
                    importance,
                };
                model.inputs().iter().zip(values).map(of_input).collect()
            }
        };
        let sum = all.iter().fold(0.0, |sum, one| sum + one.importance);
        if sum > 0.0 {
            for one in &mut all {
                one.importance /= sum;
            }
        }
        all.sort_by(|a, b| b.importance.total_cmp(&a.importance));
        Ok(all)
    }

    fn largest(&self, card: &Scorecard) -> Result<Vec<FeatureImportance>, Error> {
        let ranges: Vec<_> = self.schema().columns().map(crate::Feature::bounds).collect();
        let mut all = rules(card);
        for (one, largest) in all.iter_mut().zip(card.largest_points(&ranges)) {
            if !largest.is_finite() {
                return Err(unsupported(&format!(
                    "the rule `{}` has no largest points, as nothing caps it; measure over leads",
                    one.code
                )));
            }
            one.importance = largest;
        }
        Ok(all)
    }

    fn mean_points(&self, card: &Scorecard, matrix: &FeatureMatrix) -> Result<Vec<FeatureImportance>, Error> {
        matrix.check(self.schema())?;
        let mut all = rules(card);
        let mut rule_of_part = vec![None; card.parts().len()];
        let parts = card.groups().iter().flat_map(RuleGroup::rules).map(Rule::part);
        for (rule, part) in parts.enumerate() {
            rule_of_part[part as usize] = Some(rule);
        }
        let mut buffers = SumBuffers::default();
        for row in 0..matrix.row_count() {
            let sum = self.scorer().row_sum(matrix.row(row), self.scale(), SumDetail::Lines, &mut buffers);
            for line in &sum.lines {
                let part = card.parts().get(line.part);
                if let Some(rule) = rule_of_part[line.part as usize]
                    && part.kind != ContributionKind::Limit
                {
                    all[rule].importance += line.capped_points.abs();
                }
            }
        }
        Ok(all)
    }
}

impl ForestScorer {
    /// The gain or cover of the splits on each feature, as the model's library tells it: no shares, in the model's own
    /// order, 0 for a feature that no split reads.
    ///
    /// # Errors
    /// `contributions_unsupported` for a linear model, and for a measure that is not of splits; `cover_missing` where the
    /// model's file keeps no gain or cover.
    ///
    /// ```
    /// use leadscore::pipeline::ImportanceBy;
    /// use leadscore::{Pipeline, Scorer};
    /// let pipeline = Pipeline::builtin("b2b")?;
    /// let Scorer::Forest(model) = pipeline.scorer() else { unreachable!() };
    /// let gains = model.split_importance(ImportanceBy::Gain)?;
    /// assert_eq!((gains.len(), gains[0].0), (50, "company_revenue"));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn split_importance(&self, by: ImportanceBy<'_>) -> Result<Vec<(&str, f64)>, Error> {
        if matches!(by, ImportanceBy::Largest | ImportanceBy::Leads(_)) {
            return Err(unsupported("splits have gain and cover alone"));
        }
        let values = split_importance(self.forest(), by)?;
        Ok(self.inputs().iter().map(|input| &*input.name).zip(values).collect())
    }
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::ContributionsUnsupported, "scorer", message)
}

/// Every rule, with importance 0.
fn rules(card: &Scorecard) -> Vec<FeatureImportance> {
    let measured = |group: &RuleGroup, rule: &Rule| FeatureImportance {
        code: rule.code().to_owned(),
        label: rule.label().to_owned(),
        group: Some(group.code().to_owned()),
        importance: 0.0,
    };
    card.groups()
        .iter()
        .flat_map(|group| group.rules().iter().map(move |rule| measured(group, rule)))
        .collect()
}

/// For every feature the mean |SHAP|, summed over the outputs.
fn mean_shap(forest: &Forest, matrix: &FeatureMatrix) -> Result<Vec<f64>, Error> {
    let features = forest.feature_count();
    let mut sums = vec![0.0; features];
    for from in (0..matrix.row_count()).step_by(super::BLOCK) {
        let to = matrix.row_count().min(from + super::BLOCK);
        let block = FeatureMatrix::new(features, matrix.values()[from * features..to * features].to_vec())?;
        for phi in forest.shap(&block, Iterations::All)?.chunks_exact(features + 1) {
            sums.iter_mut().zip(phi).for_each(|(sum, phi)| *sum += phi.abs());
        }
    }
    Ok(sums)
}

/// For every feature the gain or cover of its splits.
fn split_importance(forest: &Forest, by: ImportanceBy<'_>) -> Result<Vec<f64>, Error> {
    let Booster::Trees(trees) = &forest.model().booster else {
        return Err(unsupported("a linear model has no splits; measure over leads"));
    };
    let mut sums = vec![(0.0, 0.0); forest.feature_count()];
    for (index, tree) in trees.iter().enumerate() {
        for (at, node) in tree.nodes.iter().enumerate() {
            let Node::Split(split) = node else { continue };
            let value = match by {
                ImportanceBy::Gain | ImportanceBy::TotalGain => split.gain,
                _ => split.cover,
            };
            if !value.is_finite() {
                return Err(Error::new(
                    ErrorKind::CoverMissing,
                    format!("trees[{index}].nodes[{at}]"),
                    "the file keeps no gain or cover here; measure over leads",
                ));
            }
            let (sum, count) = &mut sums[split.feature];
            *sum += value;
            *count += 1.0;
        }
    }
    let mean = matches!(by, ImportanceBy::Gain | ImportanceBy::Cover);
    Ok(sums
        .into_iter()
        .map(|(sum, count): (f64, f64)| if mean && count > 0.0 { sum / count } else { sum })
        .collect())
}
