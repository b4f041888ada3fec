//! The model that scores: the built-in one, or one from a file.

mod info;
mod load;
#[cfg(test)]
mod tests;

use std::fmt;

use leadscore::pipeline::ScoreWorkspace;
use leadscore::{FeatureMatrix, Pipeline, TierScheme};

pub use self::info::{Importance, ModelInfo, ModelMetadata};
pub use self::load::{ModelError, TIER_SCHEMES};
use super::fields::Fields;

/// The tiers, from the best bucket down.
const TIERS: [Tier; 5] = [Tier::A, Tier::B, Tier::C, Tier::D, Tier::E];

/// A model of the B2B API, with all that is computed once: what bodies may say, and what is told of it.
///
/// ```
/// use leadscore_server::b2b::model::B2bModel;
/// let model = B2bModel::builtin()?;
/// assert_eq!((model.name(), model.version()), ("xgboost_lead_score_v100", "1.0.0"));
/// assert_eq!(model.info().n_features, 50);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct B2bModel {
    pipeline: Pipeline,
    /// A to E, on the probability.
    tiers: TierScheme,
    fields: Fields,
    info: ModelInfo,
    name: String,
    importance: Result<Importance, leadscore::Error>,
    /// `"model":{…}` of every answer.
    answer_part: String,
}

/// The score of a lead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// How likely the lead converts, 0–1.
    pub raw_score: f64,
    /// 1–5, 5 is best.
    pub bucket: u8,
    /// The bucket as a letter.
    pub tier: Tier,
}

/// The tier of a bucket: 5 is A, 1 is E.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are letters")]
pub enum Tier {
    A,
    B,
    C,
    D,
    E,
}

impl Tier {
    /// The tier in answers and metrics.
    pub fn letter(self) -> &'static str {
        match self {
            Tier::A => "A",
            Tier::B => "B",
            Tier::C => "C",
            Tier::D => "D",
            Tier::E => "E",
        }
    }
}

impl B2bModel {
    /// The model's name, `<library>_lead_score_v<version without dots>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model's version.
    pub fn version(&self) -> &str {
        &self.info.version
    }

    /// What the model says of itself.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// The pipeline behind it.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// How much each feature matters, the most important first: for a model the mean gain of its splits, as XGBoost
    /// tells it, and 0 for a feature that no split reads; for rules the share of the largest points.
    ///
    /// # Errors
    /// `contributions_unsupported` or `cover_missing` where the model has no such measure.
    pub fn importance(&self) -> Result<&Importance, &leadscore::Error> {
        self.importance.as_ref()
    }

    /// Scores one row of features, in the order of the model's. A workspace is used again and again, one for each thread.
    ///
    /// # Errors
    /// `invalid_matrix` when the row does not have one value for each feature of this model.
    pub fn score_row(
        &self,
        row: Vec<f64>,
        workspace: &mut ScoreWorkspace,
    ) -> Result<Scored, leadscore::Error> {
        let matrix = FeatureMatrix::new(row.len(), row)?;
        let mut found = None;
        self.visit_scores(&matrix, workspace, |scored| found = Some(scored))?;
        Ok(only(found))
    }

    /// Scores the rows of leads that were read for this model, in order.
    ///
    /// # Errors
    /// `invalid_matrix` when the rows were read for a model with another number of features.
    pub fn score_rows(
        &self,
        rows: Vec<f64>,
        workspace: &mut ScoreWorkspace,
    ) -> Result<Vec<Scored>, leadscore::Error> {
        let matrix = FeatureMatrix::new(self.fields.all().len(), rows)?;
        let mut scores = Vec::with_capacity(matrix.row_count());
        self.visit_scores(&matrix, workspace, |scored| scores.push(scored))?;
        Ok(scores)
    }

    fn visit_scores(
        &self,
        matrix: &FeatureMatrix,
        workspace: &mut ScoreWorkspace,
        mut visit: impl FnMut(Scored),
    ) -> Result<(), leadscore::Error> {
        self.pipeline.score_rows(matrix, 0, workspace, |_, row| {
            visit(self.scored(row.probability.expect("looked at when the model was loaded")));
        })
    }

    fn scored(&self, raw_score: f64) -> Scored {
        let tier = self.tiers.tier(100.0 * raw_score, Some(raw_score));
        let at = self.tiers.tiers().iter().position(|own| tier.is_some_and(|tier| std::ptr::eq(own, tier)));
        let at = at.expect("tiers on a probability cover all of it");
        Scored { raw_score, bucket: 5 - at as u8, tier: TIERS[at] }
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    pub(super) fn answer_part(&self) -> &str {
        &self.answer_part
    }
}

/// The score of a matrix of one row.
fn only(found: Option<Scored>) -> Scored {
    found.expect("a row has a score")
}

impl fmt::Debug for B2bModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("B2bModel")
            .field("name", &self.name)
            .field("version", &self.info.version)
            .finish_non_exhaustive()
    }
}
