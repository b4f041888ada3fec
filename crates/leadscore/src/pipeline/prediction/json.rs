//! Scores and predictions as JSON and back.
//!
//! What is absent is left out, but for `tier`, `action`, `explanation.baseline`, the values of estimates, risks and features:
//! they are always there, and null where there is none. Lists are always there, but for `classes`. Reading takes null
//! and absent as the same, and ignores fields it does not know, so that older and newer predictions can be read.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    ClassProbability, Disqualification, Estimate, Explanation, GroupScore, MissingFeature, Prediction,
    Provenance, Reason, Recommendation, RiskFactor, Score, Warning,
};
use crate::scale::Basis;

/// A score in the fields of a prediction.
#[derive(Serialize)]
struct ScoreFields<'a> {
    lead_id: &'a str,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(skip_serializing_if = "<[ClassProbability]>::is_empty")]
    classes: &'a [ClassProbability],
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<Basis>,
    tier: Option<&'a str>,
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disqualified: Option<&'a Disqualification>,
    explanation: ExplanationFields<'a>,
    breakdown: [(); 0],
    estimates: [(); 0],
    risks: [(); 0],
    recommendations: [(); 0],
    missing: [(); 0],
    completeness: f64,
    warnings: &'a [Warning],
    provenance: &'a Provenance,
}

#[derive(Serialize)]
struct ExplanationFields<'a> {
    baseline: Option<f64>,
    contributions: [(); 0],
    reasons: &'a [Reason],
    limits: &'a [Reason],
    rest: f64,
    summary: &'static str,
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explanation = ExplanationFields {
            baseline: self.baseline,
            contributions: [],
            reasons: &self.reasons,
            limits: &self.limits,
            rest: self.rest,
            summary: "",
        };
        let fields = ScoreFields {
            lead_id: &self.lead_id,
            score: self.score,
            probability: self.probability,
            classes: &self.classes,
            basis: self.basis,
            tier: self.tier.as_deref(),
            action: self.action.as_deref(),
            disqualified: self.disqualified.as_ref(),
            explanation,
            breakdown: [],
            estimates: [],
            risks: [],
            recommendations: [],
            missing: [],
            completeness: self.completeness,
            warnings: &self.warnings,
            provenance: &self.provenance,
        };
        fields.serialize(serializer)
    }
}

/// A prediction, or a score, as it is read: sentences are not yet data.
#[derive(Deserialize)]
struct Stored {
    lead_id: String,
    score: f64,
    probability: Option<f64>,
    #[serde(default)]
    classes: Vec<ClassProbability>,
    basis: Option<Basis>,
    tier: Option<Arc<str>>,
    action: Option<Arc<str>>,
    disqualified: Option<String>,
    explanation: Explanation,
    breakdown: Vec<GroupScore>,
    estimates: Vec<Estimate>,
    risks: Vec<RiskFactor>,
    recommendations: Vec<Recommendation>,
    missing: Vec<MissingFeature>,
    completeness: f64,
    warnings: Vec<String>,
    provenance: Provenance,
}

impl From<Stored> for Prediction {
    fn from(stored: Stored) -> Prediction {
        let Stored { disqualified, explanation, missing, warnings, .. } = stored;
        let warning = |sentence| Warning::from_sentence(sentence, &missing);
        Prediction {
            lead_id: stored.lead_id,
            score: stored.score,
            probability: stored.probability,
            classes: stored.classes,
            basis: stored.basis,
            tier: stored.tier,
            action: stored.action,
            disqualified: disqualified.map(|text| disqualification(text, &explanation.limits)),
            warnings: warnings.into_iter().map(warning).collect(),
            explanation,
            breakdown: stored.breakdown,
            estimates: stored.estimates,
            risks: stored.risks,
            recommendations: stored.recommendations,
            missing,
            completeness: stored.completeness,
            provenance: stored.provenance,
        }
    }
}

/// A disqualification is the last limit, and has its words.
fn disqualification(text: String, limits: &[Reason]) -> Disqualification {
    let line = limits.iter().rev().find(|limit| *limit.text == *text);
    Disqualification { code: line.map_or_else(|| "".into(), |limit| limit.code.clone()), text: text.into() }
}

impl<'de> Deserialize<'de> for Prediction {
    /// Reads what was written; refuses a score, which is no complete prediction.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Prediction, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        if stored.explanation.summary.is_empty() {
            return Err(D::Error::custom("this is a score in brief, not a whole prediction"));
        }
        Ok(stored.into())
    }
}

impl<'de> Deserialize<'de> for Score {
    /// Reads what was written, or what a whole prediction has of it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Score, D::Error> {
        Ok(Prediction::from(Stored::deserialize(deserializer)?).into())
    }
}
