//! A prediction as the API writes it, and as it is kept.

use leadscore::pipeline::{Impact, Priority, Trend};
use leadscore::task::{Assisted, Author, Cost, Usage};
use leadscore::{Basis, Recommendation, RiskFactor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fault::Fault;
use crate::store::{PredictionKind, StoreError, StoredPrediction};

/// A prediction for a lead. What it says besides depends on its type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MlPrediction {
    /// `CONVERSION`, `TIME_TO_CLOSE`, `SCORE` or `PRIORITY`.
    pub(crate) prediction_type: String,
    /// How probable it is that the lead becomes a customer.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) probability: f64,
    /// How much is known of the lead.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) confidence: f64,
    #[serde(flatten)]
    pub(crate) detail: MlDetail,
    /// Its number, by which it is validated; 0 until it is kept.
    #[serde(default)]
    pub(crate) prediction_id: i64,
    /// What speaks for or against the deal.
    pub(crate) risk_factors: Vec<MlRiskFactor>,
    /// Why, in words; absent where it is not wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) explanation: Option<String>,
    /// What to do next.
    pub(crate) recommendations: Vec<MlRecommendation>,
    /// What it rests on: `rules`, `model`, `calibrated` or `llm`.
    #[schema(value_type = String)]
    pub(crate) basis: Basis,
    /// The probability by the pipeline alone.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) pipeline_probability: f64,
    /// The call of the language model; absent where rules made the prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) llm_metadata: Option<MlLlmMetadata>,
}

/// What a prediction says according to its type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum MlDetail {
    /// `CONVERSION`.
    #[serde(rename_all = "camelCase")]
    Conversion {
        /// The value of the deal; null, as no pipeline estimates one.
        predicted_value: Option<f64>,
        /// Days until the lead signs, if it does.
        predicted_days: Option<i64>,
        /// `HOT`, `WARM`, `COLD` or `DEAD`, by the probability.
        predicted_score_level: String,
    },
    /// `TIME_TO_CLOSE`.
    #[serde(rename_all = "camelCase")]
    Time {
        /// Days until the lead signs, if it does.
        predicted_days: i64,
        confidence_interval: DayInterval,
    },
    /// `SCORE`.
    #[serde(rename_all = "camelCase")]
    Score {
        /// From 0 to 100.
        predicted_score: i64,
        score_breakdown: ScoreBreakdown,
    },
    /// `PRIORITY`.
    #[serde(rename_all = "camelCase")]
    Priority {
        /// The place in the ranking that it was made for, from 1.
        priority_rank: i64,
        /// `top`, `high`, `medium` or `low`.
        priority_tier: String,
        /// From 0 to 100.
        priority_score: i64,
    },
}

/// The days between which the predicted ones lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DayInterval {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// The parts of a score; they sum to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ScoreBreakdown {
    pub(crate) demographic: i64,
    pub(crate) behavioral: i64,
    pub(crate) temporal: i64,
    pub(crate) engagement: i64,
}

/// What speaks for or against the deal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MlRiskFactor {
    factor: String,
    /// `high`, `medium` or `low`.
    #[schema(value_type = String)]
    impact: Impact,
    /// The number it was judged by, if there is one.
    current_value: Option<f64>,
    /// `improving`, `stable` or `declining`.
    #[schema(value_type = String)]
    trend: Trend,
    description: String,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MlRecommendation {
    /// `urgent`, `high`, `medium` or `low`.
    #[schema(value_type = String)]
    priority: Priority,
    action: String,
    rationale: String,
    expected_impact: String,
    timeframe: String,
}

/// The call of the language model that an answer comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MlLlmMetadata {
    model: String,
    /// Input and output together; 0 for an answer that was asked for before.
    tokens_used: u64,
    latency_ms: u64,
    /// In US dollars; null where the price is not known.
    estimated_cost: Option<f64>,
}

impl MlPrediction {
    /// A prediction that is kept.
    pub(crate) fn parse(stored: &StoredPrediction) -> Result<MlPrediction, Fault> {
        let damaged =
            |error: serde_json::Error| StoreError::Damaged { what: "prediction", message: error.to_string() };
        let mut own: MlPrediction = serde_json::from_str(&stored.body).map_err(damaged)?;
        own.prediction_id = stored.number;
        Ok(own)
    }

    /// How it is kept.
    pub(crate) fn to_body(&self) -> String {
        serde_json::to_string(&MlPrediction { prediction_id: 0, ..self.clone() })
            .expect("a prediction serializes")
    }

    /// Whether a language model made it.
    pub(crate) fn is_by_model(&self) -> bool {
        self.basis == Basis::Llm
    }

    pub(crate) fn kind(&self) -> PredictionKind {
        match self.detail {
            MlDetail::Conversion { .. } => PredictionKind::Conversion,
            MlDetail::Time { .. } => PredictionKind::TimeToClose,
            MlDetail::Score { .. } => PredictionKind::Score,
            MlDetail::Priority { .. } => PredictionKind::Priority,
        }
    }
}

impl MlLlmMetadata {
    /// The calls that an answer comes from; none where no model's answer was taken.
    pub(crate) fn new<T>(all: &[Assisted<T>], latency: std::time::Duration) -> Option<MlLlmMetadata> {
        let taken = || all.iter().filter(|own| own.provenance.author == Author::Model);
        let model = taken().find_map(|own| own.provenance.model.clone());
        taken().next()?;
        let usage = all.iter().filter_map(|own| own.usage).fold(Usage::default(), Usage::saturating_add);
        // One call of unknown cost makes the sum unknown.
        let asked = || all.iter().filter(|own| own.provenance.model.is_some());
        let cost: Option<u64> = asked().map(|own| own.cost.map(Cost::picodollars)).sum();
        Some(MlLlmMetadata {
            model: model.unwrap_or_else(|| "unknown".to_owned()),
            tokens_used: usage.input_tokens.saturating_add(usage.output_tokens),
            latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            estimated_cost: cost.map(|cost| Cost::from_picodollars(cost).usd()),
        })
    }
}

impl From<&RiskFactor> for MlRiskFactor {
    fn from(own: &RiskFactor) -> MlRiskFactor {
        MlRiskFactor {
            factor: own.factor.clone(),
            impact: own.impact,
            current_value: own.value,
            trend: own.trend,
            description: own.text.clone(),
        }
    }
}

impl From<&Recommendation> for MlRecommendation {
    fn from(own: &Recommendation) -> MlRecommendation {
        MlRecommendation {
            priority: own.priority,
            action: own.action.clone(),
            rationale: own.rationale.clone(),
            expected_impact: own.expected_impact.clone(),
            timeframe: own.timeframe.clone(),
        }
    }
}

pub(crate) fn risk_factors(all: &[RiskFactor]) -> Vec<MlRiskFactor> {
    all.iter().map(MlRiskFactor::from).collect()
}

pub(crate) fn recommendations(all: &[Recommendation]) -> Vec<MlRecommendation> {
    all.iter().map(MlRecommendation::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back() {
        let details = [
            MlDetail::Conversion {
                predicted_value: None,
                predicted_days: None,
                predicted_score_level: "HOT".to_owned(),
            },
            MlDetail::Time { predicted_days: 21, confidence_interval: DayInterval { low: 14, high: 30 } },
            MlDetail::Score {
                predicted_score: 78,
                score_breakdown: ScoreBreakdown {
                    demographic: 22,
                    behavioral: 28,
                    temporal: 15,
                    engagement: 13,
                },
            },
            MlDetail::Priority { priority_rank: 1, priority_tier: "top".to_owned(), priority_score: 92 },
        ];
        let kinds = [
            PredictionKind::Conversion,
            PredictionKind::TimeToClose,
            PredictionKind::Score,
            PredictionKind::Priority,
        ];
        for (detail, kind) in details.into_iter().zip(kinds) {
            let own = MlPrediction {
                prediction_type: kind.as_str().to_owned(),
                probability: 0.1 + 0.2,
                confidence: 0.85,
                detail,
                prediction_id: 9,
                risk_factors: Vec::new(),
                explanation: Some("Why".to_owned()),
                recommendations: Vec::new(),
                basis: Basis::Rules,
                pipeline_probability: 0.3,
                llm_metadata: None,
            };
            let stored = StoredPrediction {
                number: 9,
                lead: 1,
                by_model: false,
                body: own.to_body(),
                created_at: 0,
                expires_at: 1,
            };
            assert_eq!((MlPrediction::parse(&stored).unwrap(), own.kind()), (own, kind));
        }
    }
}
