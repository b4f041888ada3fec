//! How probable it is that a lead becomes a customer.

use serde::{Deserialize, Serialize};

use super::advice::{FactorReply, RecommendationReply, factors, recommendations, schema_of_advice};
use super::data::{DATA_RULE, block};
use super::lead_data::LeadData;
use super::reply::{in_range, plain_text, read};
use super::{Prompt, Rejection, RejectionKind, Task};
use crate::{Basis, Error, ErrorKind, Lead, Prediction, Recommendation, RiskFactor};

/// How probable it is that a lead becomes a customer, with the reasons for and against it, in words.
///
/// A model's probability is given beside the pipeline's own, which is kept; one that is further away than the band is not
/// taken. Without a model everything is the pipeline's.
///
/// ```
/// use leadscore::task::{Completion, ConversionTask, NotAsked, Outcome, Task, conclude};
/// use leadscore::{AsOf, Basis, Lead, Pipeline, Zone};
/// let lead = Lead::new("l-1").with("company", "Acme Ltd").with("title", "VP Sales");
/// let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let task = ConversionTask::new(&lead, &prediction)?;
/// assert!(task.prompt().user.contains("VP Sales"));
///
/// let alone = conclude(&task, Outcome::NotAsked(NotAsked::NoModel));
/// assert_eq!((Some(alone.output.probability), alone.output.basis), (prediction.probability, Basis::Rules));
///
/// let reply = r#"{"probability": 0.3, "explanation": "A VP Sales decides.", "risk_factors": [], "recommendations": []}"#;
/// let asked = conclude(&task, Outcome::Replied(Completion::new("gpt-4o-mini", reply)));
/// assert_eq!((asked.output.probability, asked.output.basis), (0.3, Basis::Llm));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConversionTask {
    data: LeadData,
    own: ConversionPrediction,
    band: f64,
}

/// What a [`ConversionTask`] gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversionPrediction {
    /// The lead's id.
    pub lead_id: String,
    /// 0–1.
    pub probability: f64,
    /// What it rests on.
    pub basis: Basis,
    /// The pipeline's own probability, 0–1.
    pub pipeline_probability: f64,
    /// What the pipeline's own rests on.
    pub pipeline_basis: Basis,
    /// How much is known of the lead, 0–1, where the pipeline tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<f64>,
    /// Why, in words.
    pub explanation: String,
    /// Risk factors, good ones too.
    pub risks: Vec<RiskFactor>,
    /// What to do next.
    pub recommendations: Vec<Recommendation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    probability: f64,
    explanation: String,
    risk_factors: Vec<FactorReply>,
    recommendations: Vec<RecommendationReply>,
}

/// How far a model's probability may lie from the pipeline's own.
const DEFAULT_BAND: f64 = 0.25;
const MAX_EXPLANATION: usize = 1_200;
const HORIZON_DAYS: f64 = 90.0;

impl ConversionTask {
    /// The question about a lead, by the prediction that the pipeline made for it.
    ///
    /// # Errors
    /// `invalid_task` where the pipeline has no probability.
    pub fn new(lead: &Lead, prediction: &Prediction) -> Result<ConversionTask, Error> {
        let (Some(probability), Some(basis)) = (prediction.probability, prediction.basis) else {
            let message = format!("the pipeline `{}` gives no probability", prediction.provenance.pipeline);
            return Err(Error::new(ErrorKind::InvalidTask, "", message));
        };
        let own = ConversionPrediction {
            lead_id: prediction.lead_id.clone(),
            probability,
            basis,
            pipeline_probability: probability,
            pipeline_basis: basis,
            confidence: prediction.estimate("confidence").and_then(crate::Estimate::number),
            explanation: prediction.explanation.summary.clone(),
            risks: prediction.risks.clone(),
            recommendations: prediction.recommendations.clone(),
        };
        Ok(ConversionTask { data: LeadData::new(lead, prediction, false), own, band: DEFAULT_BAND })
    }

    /// The same with how far a model's probability may lie from the pipeline's own, 0–1; 0.25 by default.
    ///
    /// # Errors
    /// `invalid_task` for a band outside 0 to 1.
    pub fn band(mut self, band: f64) -> Result<ConversionTask, Error> {
        if !(0.0..=1.0).contains(&band) {
            return Err(Error::new(ErrorKind::InvalidTask, "band", format!("{band} lies outside 0 to 1")));
        }
        self.band = band;
        Ok(self)
    }

    /// The same with the lead's texts that have addresses or telephone numbers in them, which are left out otherwise: for a
    /// model that may see them, or for [`Masked`](super::Masked).
    #[must_use]
    pub fn with_contact_details(mut self) -> ConversionTask {
        self.data = self.data.with_contact_details();
        self
    }
}

impl Task for ConversionTask {
    type Output = ConversionPrediction;

    fn name(&self) -> &'static str {
        "conversion"
    }

    fn version(&self) -> u32 {
        1
    }

    fn prompt(&self) -> Prompt {
        let system = format!(
            "You judge how probable it is that a sales lead becomes a customer within {HORIZON_DAYS} days. The data holds the lead's \
             attributes and what a scoring pipeline says: score 0-100, probability, reasons with points, risks. Give a \
             probability between 0 and 1, at most {:.2} away from the pipeline's; why, in two to four sentences; up to six \
             risk factors, good ones too; and up to five recommendations. {DATA_RULE}",
            self.band
        );
        let schema = format!(
            r#"{{"type":"object","properties":{{"probability":{{"type":"number","minimum":0,"maximum":1}},"explanation":{{"type":"string"}},{}}},"required":["probability","explanation","risk_factors","recommendations"],"additionalProperties":false}}"#,
            schema_of_advice()
        );
        Prompt::new(self.name(), self.version(), system, block(&self.data), schema).max_output_tokens(1_500)
    }

    fn accept(&self, reply: &str) -> Result<ConversionPrediction, Rejection> {
        let answer: Reply = read(reply)?;
        let probability = in_range("probability", answer.probability, 0.0, 1.0)?;
        let own = self.own.pipeline_probability;
        if (probability - own).abs() > self.band {
            let message = format!("{probability} lies more than {} from the pipeline's {own}", self.band);
            return Err(Rejection::new(RejectionKind::Inconsistent, "probability", message));
        }
        // The horizon of the question is no statement either.
        let sources = self.data.sources().for_answer(reply).number(probability).number(HORIZON_DAYS);
        let explanation = plain_text("explanation", &answer.explanation, MAX_EXPLANATION)?;
        sources.check("explanation", &explanation)?;
        Ok(ConversionPrediction {
            probability,
            basis: Basis::Llm,
            explanation,
            risks: factors(answer.risk_factors, &sources)?,
            recommendations: recommendations(answer.recommendations, &sources)?,
            ..self.own.clone()
        })
    }

    fn fallback(&self) -> ConversionPrediction {
        self.own.clone()
    }
}
