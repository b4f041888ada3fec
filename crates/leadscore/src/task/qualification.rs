//! A model's reading of a lead as a bounded adjustment of its score.

use serde::{Deserialize, Serialize};

use super::advice::grounded;
use super::data::{DATA_RULE, block};
use super::lead_data::LeadData;
use super::reply::{in_range, read};
use super::{Prompt, Rejection, Task};
use crate::{Error, ErrorKind, Lead, Pipeline, Prediction, Range};

/// What a lead's own words say beyond the rules: an adjustment within the range that the pipeline declares.
///
/// The adjustment is no score. It is the attribute `model_adjustment` of the lead, which the pipeline weighs as a
/// contribution of its own: [`Qualification::apply`] puts it there, and the lead is scored again.
///
/// ```
/// use leadscore::task::{Completion, Outcome, QualificationTask, conclude};
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let (pipeline, as_of) = (Pipeline::builtin("qualify")?, AsOf::parse("2026-11-22", &Zone::utc())?);
/// let lead = Lead::new("l-1").with("message", "We want to replace our CRM this quarter, budget is approved.");
/// let before = pipeline.score(&lead, &as_of)?;
/// let task = QualificationTask::new(&pipeline, &lead, &before)?;
/// let reply = r#"{"reasoning": "The budget is approved and the CRM is to be replaced this quarter.", "adjustment": 6}"#;
/// let qualified = conclude(&task, Outcome::Replied(Completion::new("gpt-4o-mini", reply))).output;
/// let after = pipeline.score(&qualified.apply(lead), &as_of)?;
/// assert_eq!((qualified.adjustment, after.score - before.score), (6.0, 6.0));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct QualificationTask {
    data: LeadData,
    range: Range,
    reasoning: String,
}

/// What a [`QualificationTask`] gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Qualification {
    /// In points of the pipeline's rule, within its range; 0 without a model.
    pub adjustment: f64,
    /// Why, in words.
    pub reasoning: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    reasoning: String,
    adjustment: f64,
}

/// The attribute, and the feature that reads it.
const ADJUSTMENT: &str = "model_adjustment";
const MAX_REASONING: usize = 800;

impl QualificationTask {
    /// The question about a lead, by the prediction that the pipeline made for it without an adjustment.
    ///
    /// # Errors
    /// `invalid_task` where the pipeline has no feature `model_adjustment` with a finite range.
    pub fn new(
        pipeline: &Pipeline,
        lead: &Lead,
        prediction: &Prediction,
    ) -> Result<QualificationTask, Error> {
        let feature = pipeline.schema().features().iter().find(|feature| feature.name == ADJUSTMENT);
        let range = feature.and_then(|feature| feature.range);
        let Some(range) = range.filter(|range| range.low.is_finite() && range.high.is_finite()) else {
            let message =
                format!("the pipeline `{}` has no feature `{ADJUSTMENT}` with a range", pipeline.id());
            return Err(Error::new(ErrorKind::InvalidTask, "", message));
        };
        let reasoning = prediction.explanation.summary.clone();
        Ok(QualificationTask { data: LeadData::new(lead, prediction, false), range, reasoning })
    }

    /// The same with the lead's texts that have addresses or telephone numbers in them, which are left out otherwise: for a
    /// model that may see them, or for [`Masked`](super::Masked).
    #[must_use]
    pub fn with_contact_details(mut self) -> QualificationTask {
        self.data = self.data.with_contact_details();
        self
    }
}

impl Qualification {
    /// The lead with the adjustment as its attribute.
    #[must_use]
    pub fn apply(&self, lead: Lead) -> Lead {
        lead.with(ADJUSTMENT, self.adjustment)
    }
}

impl Task for QualificationTask {
    type Output = Qualification;

    fn name(&self) -> &'static str {
        "qualification"
    }

    fn version(&self) -> u32 {
        1
    }

    fn prompt(&self) -> Prompt {
        let Range { low, high } = self.range;
        let system = format!(
            "You read what a sales lead says, and correct the score that rules gave it. The data holds the lead's attributes, \
             its message among them, the score and its reasons. Give the reasoning first, in one to three sentences, then an \
             adjustment between {low} and {high} points: above 0 where the lead's words show more readiness to buy than the \
             rules saw, below 0 where they show less, 0 where they add nothing. {DATA_RULE}"
        );
        let schema = format!(
            r#"{{"type":"object","properties":{{"reasoning":{{"type":"string"}},"adjustment":{{"type":"number","minimum":{low},"maximum":{high}}}}},"required":["reasoning","adjustment"],"additionalProperties":false}}"#
        );
        let prompt = Prompt::new(self.name(), self.version(), system, block(&self.data), schema);
        prompt.max_output_tokens(600)
    }

    fn accept(&self, reply: &str) -> Result<Qualification, Rejection> {
        let answer: Reply = read(reply)?;
        let adjustment = in_range("adjustment", answer.adjustment, self.range.low, self.range.high)?;
        let sources = self.data.sources().for_answer(reply).number(adjustment).number(adjustment.abs());
        let reasoning = grounded("reasoning", &answer.reasoning, MAX_REASONING, &sources)?;
        Ok(Qualification { adjustment, reasoning })
    }

    fn fallback(&self) -> Qualification {
        Qualification { adjustment: 0.0, reasoning: self.reasoning.clone() }
    }
}
