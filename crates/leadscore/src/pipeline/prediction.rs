//! What comes out.

use std::sync::Arc;

use serde::Serialize;

use super::advice::{self, EstimateValue, Recommendation, RiskFactor};
use super::{Context, Pipeline, Place, Scorer};
use crate::explain::{Explanation, ExplanationDetail, ExplanationOptions, PointSum, Wording};
use crate::feature::{Extraction, MissingCause, MissingFeature};
use crate::scale::Basis;
use crate::{Timestamp, Zone};

/// How much of a prediction is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Detail {
    /// Everything.
    #[default]
    Full,
    /// Score, probability, tier, action, top reasons and limits; the rest of the prediction stays empty.
    Brief,
}

/// What leadscore says of one lead.
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
    /// The tier's name; none only where tiers hang on a probability that is not there.
    pub tier: Option<Arc<str>>,
    /// What to do with a lead of this tier.
    pub action: Option<Arc<str>>,
    /// Why this is no lead at all, if a rule said so; the score is then the lowest there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disqualified: Option<String>,
    /// Why.
    pub explanation: Explanation,
    /// The score by groups of the scorecard, or the points of a model by groups of its features.
    pub breakdown: Vec<GroupScore>,
    /// Numbers computed after the score.
    pub estimates: Vec<EstimateValue>,
    /// What speaks for or against the deal, in the pipeline's order.
    pub risks: Vec<RiskFactor>,
    /// What to do next, in the pipeline's order.
    pub recommendations: Vec<Recommendation>,
    /// Features without a value of their own, and rules that could not be decided for want of one.
    pub missing: Vec<MissingFeature>,
    /// The share of features that had a value before defaults, 0–1.
    pub completeness: f64,
    /// What the record said that could not be used.
    pub warnings: Vec<String>,
    /// Which pipeline, which version of it and of the library, as of when.
    pub provenance: Provenance,
}

/// How probable one class is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClassProbability {
    /// The class.
    pub class: Arc<str>,
    /// 0–1; those of all classes sum to 1.
    pub probability: f64,
}

/// The score by one group of the scorecard, or the points of a group of features.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    #[serde(skip_serializing_if = "is_false")]
    pub is_stub: bool,
    /// The library's version.
    pub library: &'static str,
    /// The moment the lead was judged as of.
    pub as_of: Timestamp,
    /// The zone's name.
    pub zone: String,
}

/// A score without its reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Score {
    /// 0–100.
    pub score: f64,
    /// 0–1, where the pipeline has one.
    pub probability: Option<f64>,
    /// The tier's name.
    pub tier: Option<Arc<str>>,
    /// The probability of every class, in the order of [`Pipeline::classes`]; empty where there are none.
    pub classes: Vec<f64>,
}

impl Pipeline {
    /// The prediction for extracted features.
    pub(super) fn predict(
        &self,
        lead_id: &str,
        extraction: &Extraction,
        sum: &PointSum,
        context: &Context,
    ) -> Prediction {
        let row = &extraction.columns;
        let full = context.detail == Detail::Full;
        let score = sum.score;
        let Place { probability, tier, confidence } = self.place(sum);
        let wording = Wording { parts: self.scorer.parts(), schema: &self.schema, row };
        let options = ExplanationOptions {
            tier: tier.map(crate::Tier::name),
            reason_limit: context.reasons,
            detail: if full { ExplanationDetail::Full } else { ExplanationDetail::Reasons },
        };
        let explanation = Explanation::new(sum, &wording, options);
        let disqualified = sum.disqualified_by.map(|part| wording.text(part, &mut String::new()).to_string());
        let warnings = extraction
            .gaps
            .iter()
            .filter(|gap| gap.cause != MissingCause::Absent)
            .filter_map(|gap| gap.describe(&self.schema).warning())
            .collect();
        let (mut estimates, after) = if full {
            advice::estimate(&self.estimates, row, score, probability)
        } else {
            (Vec::new(), Vec::new())
        };
        if let (true, Some(confidence)) = (full, confidence) {
            estimates.insert(0, EstimateValue::confidence(confidence));
        }
        let brief_risks = if full { advice::risks(&self.risks, &after, self.most_risks) } else { Vec::new() };
        let recommendations = if full {
            advice::recommendations(&self.recommendations, &after, self.most_recommendations)
        } else {
            Vec::new()
        };
        Prediction {
            lead_id: lead_id.to_owned(),
            score,
            probability,
            classes: self.class_probabilities(sum),
            basis: self.basis(),
            tier: tier.map(|tier| tier.shared_name().clone()),
            action: tier.map(|tier| tier.shared_action().clone()),
            disqualified,
            explanation,
            breakdown: if full { self.breakdown(sum) } else { Vec::new() },
            estimates,
            risks: brief_risks,
            recommendations,
            missing: if full { self.missing(extraction, &sum.undecided) } else { Vec::new() },
            completeness: extraction.completeness(&self.schema),
            warnings,
            provenance: self.provenance(context.as_of, &context.zone),
        }
    }

    fn class_probabilities(&self, sum: &PointSum) -> Vec<ClassProbability> {
        let classes = self.scale.class_names().iter().zip(&sum.class_probabilities);
        classes.map(|(class, &probability)| ClassProbability { class: class.clone(), probability }).collect()
    }

    fn missing(&self, extraction: &Extraction, undecided: &[u32]) -> Vec<MissingFeature> {
        let shown = |feature: usize| !self.schema.features()[feature].helper;
        let features =
            extraction.gaps.iter().filter(|gap| shown(gap.feature)).map(|gap| gap.describe(&self.schema));
        let rules = undecided.iter().map(|part| {
            let part = self.scorer.parts().get(*part);
            MissingFeature {
                name: format!("{}.{}", part.group.as_deref().unwrap_or_default(), part.code),
                label: part.label.to_string(),
                cause: MissingCause::Undecided,
                found: None,
                default: None,
            }
        });
        features.chain(rules).collect()
    }

    /// The groups of a scorecard, or the points of a model's features by group.
    fn breakdown(&self, sum: &PointSum) -> Vec<GroupScore> {
        if let Scorer::Scorecard(card) = &self.scorer {
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
            let Some(group) = self.scorer.parts().get(line.part).group.as_deref() else { continue };
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

    fn provenance(&self, as_of: Timestamp, zone: &Zone) -> Provenance {
        Provenance {
            pipeline: self.id.clone(),
            version: self.version.clone(),
            content_hash: self.hash.clone(),
            is_stub: self.model.as_ref().is_some_and(|card| card.is_stub),
            library: env!("CARGO_PKG_VERSION"),
            as_of,
            zone: zone.name().to_owned(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(flag: &bool) -> bool {
    !flag
}
