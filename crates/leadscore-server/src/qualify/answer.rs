//! The details of a qualification: stored with the lead, and part of the answer.

use leadscore::Prediction;
use leadscore::task::{Author, FailureKind, FallbackReason, NotAsked, Provenance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fault::{Fault, FaultKind};
use crate::knowledge::Found;
use crate::knowledge::{Fact, FactKind, FactSource};

/// The details of a qualification beside its score and tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = QualificationDetails)]
pub(crate) struct Details {
    pub(crate) reasoning: String,
    /// `route_to_ae`, `route_to_enterprise_ae`, `manual_review`, `add_to_nurture`, `add_to_marketing` or `archive`.
    pub(crate) recommended_action: String,
    pub(crate) enrichment: Enrichment,
    pub(crate) scoring_breakdown: Breakdown,
    /// Every fact that is known, with where it is from.
    pub(crate) enrichment_sources: Vec<Fact>,
    /// The sources that could not be asked.
    pub(crate) enrichment_problems: Vec<Problem>,
    /// How much is known of the lead and its company, 0 to 1.
    pub(crate) enrichment_confidence: f64,
    /// In points, of the language model; 0 without one.
    pub(crate) model_adjustment: f64,
    pub(crate) provenance: Origin,
}

/// What is known of the company; null where nothing says it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CompanyEnrichment)]
pub(crate) struct Enrichment {
    pub(crate) company_size: Option<String>,
    pub(crate) industry: Option<String>,
    pub(crate) estimated_revenue: Option<String>,
    pub(crate) linkedin_url: Option<String>,
    pub(crate) location: Option<String>,
}

/// The factors of the score, each 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = QualificationBreakdown)]
pub(crate) struct Breakdown {
    #[schema(minimum = 0, maximum = 1)]
    company_fit: f64,
    #[schema(minimum = 0, maximum = 1)]
    intent_signal: f64,
    #[schema(minimum = 0, maximum = 1)]
    budget_indicator: f64,
    #[schema(minimum = 0, maximum = 1)]
    urgency: f64,
}

/// A source that could not be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = EnrichmentProblem)]
pub(crate) struct Problem {
    source: FactSource,
    message: String,
}

/// Who made the reasoning and the adjustment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = QualificationProvenance)]
pub(crate) struct Origin {
    /// `model` or `rules`.
    author: String,
    /// The model that was asked, even if its answer was not taken.
    model: Option<String>,
    /// Why the answer is not a model's: `no_model`, `over_budget`, `timeout`, `failed` or `rejected`.
    reason: Option<String>,
    /// The pipeline that scored, and its version.
    pipeline: String,
    pipeline_version: Option<String>,
}

/// Below this so little is known that a person has to look.
const LITTLE: f64 = 0.3;
const ENTERPRISE_REVENUE: f64 = 1e8;

impl Details {
    pub(crate) fn new(
        prediction: &Prediction,
        found: &Found,
        reasoning: String,
        model_adjustment: f64,
        provenance: &Provenance,
        has_person: bool,
    ) -> Result<Details, Fault> {
        let confidence = confidence(&found.facts, has_person);
        let tier = prediction.tier.as_deref().unwrap_or_default();
        let problem =
            |(source, message): &(FactSource, String)| Problem { source: *source, message: message.clone() };
        Ok(Details {
            reasoning,
            recommended_action: action(tier, &found.facts, confidence).to_owned(),
            enrichment: Enrichment::new(&found.facts),
            scoring_breakdown: Breakdown::new(prediction)?,
            enrichment_sources: found.facts.clone(),
            enrichment_problems: found.problems.iter().map(problem).collect(),
            enrichment_confidence: confidence,
            model_adjustment,
            provenance: Origin::new(prediction, provenance),
        })
    }

    /// Whether the lead goes to somebody in sales now.
    pub(crate) fn is_routed(&self) -> bool {
        self.recommended_action.starts_with("route_to")
    }
}

/// What to do, by the tier of the pipeline and what is known.
fn action(tier: &str, facts: &[Fact], confidence: f64) -> &'static str {
    let revenue = facts.iter().find(|fact| fact.field == FactKind::EstimatedRevenue);
    let is_enterprise = revenue.and_then(|fact| fact.number).is_some_and(|own| own > ENTERPRISE_REVENUE);
    match tier {
        "HOT" | "WARM" if confidence < LITTLE => "manual_review",
        "HOT" | "WARM" if is_enterprise => "route_to_enterprise_ae",
        "HOT" => "route_to_ae",
        "WARM" => "add_to_nurture",
        "COLD" => "add_to_marketing",
        _ => "archive",
    }
}

/// The share of what could be known that is, weighted by what it is worth. The company's name is always known; what it
/// works with never is.
fn confidence(facts: &[Fact], has_person: bool) -> f64 {
    let weights = [
        (FactKind::Industry, 12_u32),
        (FactKind::CompanySize, 12),
        (FactKind::EstimatedRevenue, 10),
        // The title, and the seniority that follows from it.
        (FactKind::Title, 12 + 8),
        (FactKind::LinkedinUrl, 8),
        (FactKind::Location, 5),
    ];
    let known = weights.iter().filter(|(kind, _)| facts.iter().any(|fact| fact.field == *kind));
    let person = if has_person { 12 } else { 0 };
    f64::from(15 + person + known.map(|(_, weight)| weight).sum::<u32>()) / 100.0
}

impl Enrichment {
    pub(crate) fn new(facts: &[Fact]) -> Enrichment {
        let value =
            |kind: FactKind| facts.iter().find(|fact| fact.field == kind).map(|fact| fact.value.clone());
        Enrichment {
            company_size: value(FactKind::CompanySize),
            industry: value(FactKind::Industry),
            estimated_revenue: value(FactKind::EstimatedRevenue),
            linkedin_url: value(FactKind::LinkedinUrl),
            location: value(FactKind::Location),
        }
    }
}

impl Breakdown {
    fn new(prediction: &Prediction) -> Result<Breakdown, Fault> {
        let factor = |code: &str| {
            let group = prediction.breakdown.iter().find(|group| group.group == code);
            let missing =
                || Fault::new(FaultKind::Internal, "the pipeline of qualification has other groups");
            group.map(|group| (group.value / 100.0).clamp(0.0, 1.0)).ok_or_else(missing)
        };
        Ok(Breakdown {
            company_fit: factor("company_fit")?,
            intent_signal: factor("intent_signal")?,
            budget_indicator: factor("budget")?,
            urgency: factor("urgency")?,
        })
    }
}

impl Origin {
    fn new(prediction: &Prediction, own: &Provenance) -> Origin {
        let reason = own.reason.as_ref().map(|reason| match reason {
            FallbackReason::NotAsked { why: NotAsked::NoModel } => "no_model",
            FallbackReason::NotAsked { .. } => "over_budget",
            FallbackReason::Failed { failure } if failure.kind == FailureKind::Timeout => "timeout",
            FallbackReason::Rejected { .. } => "rejected",
            _ => "failed",
        });
        Origin {
            author: if own.author == Author::Model { "model" } else { "rules" }.to_owned(),
            model: own.model.clone(),
            reason: reason.map(str::to_owned),
            pipeline: prediction.provenance.pipeline.to_string(),
            pipeline_version: prediction.provenance.version.as_ref().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_by_tier_and_knowledge() {
        let fact = |field, number| Fact {
            field,
            value: "x".to_owned(),
            number,
            at_least: false,
            source: FactSource::Lead,
            quote: None,
        };
        let revenue = |number| vec![fact(FactKind::EstimatedRevenue, Some(number))];
        for (tier, facts, confidence, wanted) in [
            ("HOT", vec![], 0.3, "route_to_ae"),
            ("HOT", vec![], 0.29, "manual_review"),
            ("WARM", vec![], 0.29, "manual_review"),
            ("WARM", vec![], 0.9, "add_to_nurture"),
            ("HOT", revenue(1.01e8), 0.9, "route_to_enterprise_ae"),
            ("WARM", revenue(1.01e8), 0.9, "route_to_enterprise_ae"),
            ("HOT", revenue(1e8), 0.9, "route_to_ae"),
            ("COLD", revenue(1.01e8), 0.1, "add_to_marketing"),
            ("DISQUALIFIED", vec![], 0.1, "archive"),
        ] {
            assert_eq!(action(tier, &facts, confidence), wanted, "{tier} {confidence}");
        }
        // All but the technologies.
        let all: Vec<Fact> = FactKind::ALL.into_iter().map(|kind| fact(kind, None)).collect();
        assert_eq!((confidence(&all, true), confidence(&[], false)), (0.94, 0.15));
    }
}
