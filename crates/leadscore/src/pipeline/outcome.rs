//! What can come out of scoring a lead, and what it is made of.

use std::sync::Arc;

use super::Pipeline;
use super::scorer::SumBuffers;
use crate::explain::PointSum;
use crate::feature::{Extraction, ExtractionBuffers};
use crate::tier::TierAxis;
use crate::{Tier, Timestamp, Zone};

/// What can come out of scoring a lead: a [`Score`](crate::Score) or a [`Prediction`](crate::Prediction).
pub trait ScoreResult: sealed::Assemble + Sized {}

pub(super) mod sealed {
    use super::ScoredRow;
    use crate::pipeline::scorer::SumDetail;
    use crate::pipeline::{Pipeline, ScoreOptions};
    use crate::tier::RankTier;

    pub trait Assemble {
        /// How much of the sum it needs.
        fn sum_detail(options: &ScoreOptions) -> SumDetail;

        fn assemble(pipeline: &Pipeline, row: &ScoredRow<'_>, options: &ScoreOptions) -> Self;

        /// The score by which it ranks in a list; NaN for a lead that was ruled out and takes no place.
        fn ranked_score(&self) -> f64;

        fn set_tier(&mut self, ranked: &RankTier<'_>);
    }
}

/// A lead with its features and the parts of its score.
#[derive(Debug)]
pub struct ScoredRow<'a> {
    pub(super) lead_id: &'a str,
    pub(super) extraction: &'a Extraction,
    pub(super) sum: &'a PointSum,
    pub(super) time: Timestamp,
    pub(super) zone: &'a Zone,
}

/// What is computed on the way to scores; reused from block to block.
#[derive(Debug, Clone, Default)]
pub(super) struct RowBuffers {
    pub(super) extractions: Vec<Extraction>,
    pub(super) sums: SumBuffers,
    /// Of the pipeline with this content hash.
    pub(super) extraction: ExtractionBuffers,
    extraction_of: Option<Arc<str>>,
}

impl RowBuffers {
    /// What matches made of texts is forgotten when another pipeline comes.
    pub(super) fn start(&mut self, pipeline: &Pipeline) {
        if self.extraction_of.as_ref() != Some(&pipeline.0.hash) {
            self.extraction = ExtractionBuffers::with_caches();
            self.extraction_of = Some(pipeline.0.hash.clone());
        }
    }
}

/// What follows from a score.
pub(super) struct Outcome<'a> {
    pub(super) probability: Option<f64>,
    pub(super) tier: Option<&'a Tier>,
    /// The probability of the class the tier is, where tiers are classes.
    pub(super) confidence: Option<f64>,
}

impl Pipeline {
    /// Probability, tier and confidence of a score.
    pub(super) fn outcome(&self, sum: &PointSum) -> Outcome<'_> {
        let (scale, tiers) = (self.scale(), self.tiers());
        // Every single probability a scale has is its score over 100: one clip, one disqualification for both.
        let probability = scale.has_probability().then_some(sum.score / 100.0);
        if tiers.axis() != TierAxis::Class {
            return Outcome { probability, tier: tiers.tier(sum.score, probability), confidence: None };
        }
        let class = tiers.tier_of_fitted_classes(&sum.class_probabilities);
        Outcome {
            probability,
            tier: class.map(|class| class.tier),
            confidence: class.map(|class| class.probability),
        }
    }
}
