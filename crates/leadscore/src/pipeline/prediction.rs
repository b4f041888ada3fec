//! What comes out: a score, or a prediction with everything about it.

mod json;
mod rank;
mod warning;

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use warning::Warning;

use super::advice::{self, Recommendation, RiskFactor};
use super::estimate::{self, Estimate, Scored};
use super::outcome::sealed::Assemble;
use super::outcome::{Outcome, ScoreResult, ScoredRow};
use super::scorer::{Scorer, SumDetail};
use super::{Pipeline, ScoreOptions};
use crate::explain::{
    Disqualification, Explanation, ExplanationDetail, ExplanationOptions, PointSum, Reason, Wording,
};
use crate::feature::{Extraction, Gap, MissingCause, MissingFeature};
use crate::scale::Basis;
use crate::tier::RankTier;
use crate::{Tier, Timestamp};

/// The score of one lead without the whole explanation, estimates and advice: for tables, ranked lists and batches.
///
/// As JSON it is a [`Prediction`] whose summary is empty, and everything it does not have: see
/// [`Pipeline::score_json`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Score {
    /// The lead's id.
    pub lead_id: String,
    /// 0–100.
    pub score: f64,
    /// 0–1, where the pipeline has one.
    pub probability: Option<f64>,
    /// The probability of every class, where the model has classes, in its order.
    pub classes: Vec<ClassProbability>,
    /// What the probability, or those of the classes, rest on.
    pub basis: Option<Basis>,
    /// The tier's name; none where tiers hang on a probability that is not there, or on the rank of a lead scored alone.
    pub tier: Option<Arc<str>>,
    /// What to do with a lead of this tier.
    pub action: Option<Arc<str>>,
    /// The rule that ruled the lead out, if one did; the score is then the lowest there is.
    pub disqualified: Option<Disqualification>,
    /// The score at the baseline margin, in points; none where there are no reasons.
    pub baseline: Option<f64>,
    /// The strongest features and rules, by absolute points, as many as were asked for.
    pub reasons: Vec<Reason>,
    /// Clips of groups and of the score, rounding and disqualification.
    pub limits: Vec<Reason>,
    /// What rounding leaves over in the sum of all contributions, in points.
    pub rest: f64,
    /// The share of features that are known, 0–1.
    pub completeness: f64,
    /// What the record said that could not be used.
    pub warnings: Vec<Warning>,
    /// Which pipeline, which version of it and of the library, as of when.
    pub provenance: Provenance,
}

/// What leadscore says of one lead; always complete.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Prediction {
    /// The lead's id.
    pub lead_id: String,
    /// 0–100.
    pub score: f64,
    /// 0–1, where the pipeline has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The probability of every class, where the model has classes, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassProbability>,
    /// What the probability, or those of the classes, rest on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The tier's name; none where tiers hang on a probability that is not there, or on the rank of a lead scored alone.
    pub tier: Option<Arc<str>>,
    /// What to do with a lead of this tier.
    pub action: Option<Arc<str>>,
    /// The rule that ruled the lead out, if one did; the score is then the lowest there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disqualified: Option<Disqualification>,
    /// Why.
    pub explanation: Explanation,
    /// The score by groups of the scorecard, or the points of a model by groups of its features.
    pub breakdown: Vec<GroupScore>,
    /// Numbers computed after the score.
    pub estimates: Vec<Estimate>,
    /// What speaks for or against the deal, in the pipeline's order.
    pub risks: Vec<RiskFactor>,
    /// What to do next, in the pipeline's order.
    pub recommendations: Vec<Recommendation>,
    /// Features without a value of their own, among them counts that are 0 for want of anything to count.
    pub missing: Vec<MissingFeature>,
    /// The share of features that are known, 0–1.
    pub completeness: f64,
    /// What the record said that could not be used.
    pub warnings: Vec<Warning>,
    /// Which pipeline, which version of it and of the library, as of when.
    pub provenance: Provenance,
}

/// How probable one class is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassProbability {
    /// The class.
    pub class: Arc<str>,
    /// 0–1; those of all classes sum to 1.
    pub probability: f64,
}

/// The score by one group of the scorecard, or the points of a group of features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupScore {
    /// The group's code.
    pub group: String,
    /// The name people read.
    pub label: String,
    /// The group's own sum: clipped to its range, in the scorecard's unit; for a model, in points.
    pub value: f64,
    /// The same times the group's weight.
    pub weighted: f64,
}

/// Where a prediction came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Provenance {
    /// The pipeline's id.
    pub pipeline: Arc<str>,
    /// The pipeline's declared version, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Arc<str>>,
    /// SHA-256 of the pipeline's JSON, in hex.
    pub content_hash: Arc<str>,
    /// Whether the model was trained on made-up leads.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_stub: bool,
    /// The library's version.
    pub library: Cow<'static, str>,
    /// The time the lead was scored as of.
    pub as_of: Timestamp,
    /// The zone's name.
    pub zone: String,
}

impl Prediction {
    /// The estimate of a name, such as `days_to_close`, if the pipeline has it.
    ///
    /// ```
    /// use leadscore::{AsOf, Lead, Pipeline, Zone};
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// let prediction = pipeline.score(&Lead::new("a"), &AsOf::parse("2026-11-22", &Zone::utc())?)?;
    /// assert!(prediction.estimate("days_to_close").is_some());
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn estimate(&self, name: &str) -> Option<&Estimate> {
        self.estimates.iter().find(|estimate| estimate.name == name)
    }
}

impl From<Prediction> for Score {
    /// The same without the whole explanation, estimates and advice.
    fn from(prediction: Prediction) -> Score {
        let Explanation { baseline, reasons, limits, rest, .. } = prediction.explanation;
        Score {
            lead_id: prediction.lead_id,
            score: prediction.score,
            probability: prediction.probability,
            classes: prediction.classes,
            basis: prediction.basis,
            tier: prediction.tier,
            action: prediction.action,
            disqualified: prediction.disqualified,
            baseline,
            reasons,
            limits,
            rest,
            completeness: prediction.completeness,
            warnings: prediction.warnings,
            provenance: prediction.provenance,
        }
    }
}

impl ScoreResult for Score {}

impl Assemble for Score {
    fn sum_detail(options: &ScoreOptions) -> SumDetail {
        if options.reasons > 0 { SumDetail::Lines } else { SumDetail::RuleLines }
    }

    fn assemble(pipeline: &Pipeline, row: &ScoredRow<'_>, options: &ScoreOptions) -> Score {
        let (sum, schema) = (row.sum, pipeline.schema());
        let Outcome { probability, tier, .. } = pipeline.outcome(sum);
        let wording = Wording { parts: pipeline.scorer().parts(), schema, row: &row.extraction.columns };
        let detail = ExplanationDetail::Reasons;
        let explained =
            ExplanationOptions { tier: None, tiers: pipeline.tiers(), reason_limit: options.reasons, detail };
        let Explanation { baseline, reasons, limits, rest, .. } = Explanation::new(sum, &wording, explained);
        Score {
            lead_id: row.lead_id.to_owned(),
            score: sum.score,
            probability,
            classes: pipeline.class_probabilities(sum),
            basis: pipeline.basis(),
            tier: tier.map(|tier| tier.shared_name().clone()),
            action: tier.map(|tier| tier.shared_action().clone()),
            disqualified: Disqualification::new(sum, &wording),
            baseline,
            reasons,
            limits,
            rest,
            completeness: row.extraction.completeness(schema),
            warnings: pipeline.warnings(row.extraction),
            provenance: pipeline.provenance(row),
        }
    }

    fn ranked_score(&self) -> f64 {
        if self.disqualified.is_some() { f64::NAN } else { self.score }
    }

    fn set_tier(&mut self, ranked: &RankTier<'_>) {
        self.set_rank_tier(ranked);
    }
}

impl ScoreResult for Prediction {}

impl Assemble for Prediction {
    fn sum_detail(_: &ScoreOptions) -> SumDetail {
        SumDetail::Lines
    }

    fn assemble(pipeline: &Pipeline, row: &ScoredRow<'_>, options: &ScoreOptions) -> Prediction {
        let (sum, schema, columns) = (row.sum, pipeline.schema(), &row.extraction.columns);
        let Outcome { probability, tier, confidence } = pipeline.outcome(sum);
        let wording = Wording { parts: pipeline.scorer().parts(), schema, row: columns };
        let (tier_name, detail) = (tier.map(Tier::name), ExplanationDetail::Full);
        let explained = ExplanationOptions {
            tier: tier_name,
            tiers: pipeline.tiers(),
            reason_limit: options.reasons,
            detail,
        };
        let inner = &pipeline.0;
        let tiers = inner.tiers.tiers();
        let place = tier.and_then(|tier| tiers.iter().position(|own| std::ptr::eq(own, tier)));
        let scored = Scored { score: sum.score, probability, tier: place.map(|place| (place, tiers.len())) };
        let (mut estimates, after) = estimate::evaluate(&inner.estimates, columns, &scored);
        if let Some(confidence) = confidence {
            estimates.insert(0, Estimate::confidence(confidence));
        }
        Prediction {
            lead_id: row.lead_id.to_owned(),
            score: sum.score,
            probability,
            classes: pipeline.class_probabilities(sum),
            basis: pipeline.basis(),
            tier: tier.map(|tier| tier.shared_name().clone()),
            action: tier.map(|tier| tier.shared_action().clone()),
            disqualified: Disqualification::new(sum, &wording),
            explanation: Explanation::new(sum, &wording, explained),
            breakdown: pipeline.breakdown(sum),
            estimates,
            risks: advice::risks(&inner.risks, &after),
            recommendations: advice::recommendations(&inner.recommendations, &after),
            missing: pipeline.missing(row.extraction),
            completeness: row.extraction.completeness(schema),
            warnings: pipeline.warnings(row.extraction),
            provenance: pipeline.provenance(row),
        }
    }

    fn ranked_score(&self) -> f64 {
        if self.disqualified.is_some() { f64::NAN } else { self.score }
    }

    fn set_tier(&mut self, ranked: &RankTier<'_>) {
        self.set_rank_tier(ranked);
    }
}

impl Pipeline {
    fn class_probabilities(&self, sum: &PointSum) -> Vec<ClassProbability> {
        let classes = self.classes().iter().zip(&sum.class_probabilities);
        classes.map(|(class, &probability)| ClassProbability { class: class.clone(), probability }).collect()
    }

    pub(super) fn missing(&self, extraction: &Extraction) -> Vec<MissingFeature> {
        let schema = self.schema();
        let shown =
            |gap: &&Gap| !schema.features()[gap.feature].helper && gap.cause != MissingCause::Outweighed;
        extraction.gaps.iter().filter(shown).map(|gap| gap.describe(schema)).collect()
    }

    /// The groups of a scorecard, or the points of a model's features by group.
    fn breakdown(&self, sum: &PointSum) -> Vec<GroupScore> {
        if let Scorer::Scorecard(card) = self.scorer() {
            let totals = card.groups().iter().zip(&sum.groups);
            return totals
                .map(|(group, total)| GroupScore {
                    group: group.code().to_owned(),
                    label: group.label().to_owned(),
                    value: total.value,
                    weighted: total.weighted,
                })
                .collect();
        }
        let mut groups: Vec<GroupScore> = Vec::new();
        for line in &sum.lines {
            let Some(group) = self.scorer().parts().get(line.part).group.as_deref() else { continue };
            let at = groups.iter().position(|own| own.group == group).unwrap_or(groups.len());
            if at == groups.len() {
                let (group, label) = (group.to_owned(), group.to_owned());
                groups.push(GroupScore { group, label, value: 0.0, weighted: 0.0 });
            }
            groups[at].value += line.points;
            groups[at].weighted += line.points;
        }
        groups
    }

    pub(super) fn warnings(&self, extraction: &Extraction) -> Vec<Warning> {
        let gaps = extraction.gaps.iter().filter(|gap| gap.cause != MissingCause::Absent);
        let unusable = gaps.map(|gap| Warning::UnusableValue(gap.describe(self.schema())));
        unusable.chain(self.has_ranks().then_some(Warning::NoRank)).collect()
    }

    fn provenance(&self, row: &ScoredRow<'_>) -> Provenance {
        let inner = &self.0;
        Provenance {
            pipeline: inner.id.clone(),
            version: inner.version.clone(),
            content_hash: inner.hash.clone(),
            is_stub: inner.model.as_ref().is_some_and(|card| card.is_stub),
            library: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
            as_of: row.time,
            zone: row.zone.name().to_owned(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(flag: &bool) -> bool {
    !flag
}
