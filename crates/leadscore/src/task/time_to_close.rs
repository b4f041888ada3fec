//! How many days a deal takes.

use serde::{Deserialize, Serialize};

use super::advice::grounded;
use super::data::{DATA_RULE, block};
use super::lead_data::LeadData;
use super::reply::{in_range, read};
use super::{Prompt, Rejection, RejectionKind, Task};
use crate::{Basis, Error, ErrorKind, Interval, Lead, Prediction, RiskFactor};

/// How many days it takes until a lead signs, if it does.
///
/// A model's answer has to lie within the pipeline's own interval widened by half of its width on either side, or within
/// half of the pipeline's days where there is no interval.
///
/// ```
/// use leadscore::task::{NotAsked, Outcome, TimeToCloseTask, conclude};
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let lead = Lead::new("l-1").with("company", "Acme Ltd").with("title", "VP Sales");
/// let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let task = TimeToCloseTask::new(&lead, &prediction)?;
/// let days = conclude(&task, Outcome::NotAsked(NotAsked::NoModel)).output;
/// assert_eq!(Some(days.days), prediction.estimate("days_to_close").and_then(|days| days.number()));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TimeToCloseTask {
    data: LeadData,
    own: TimeToClose,
}

/// What a [`TimeToCloseTask`] gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimeToClose {
    /// The lead's id.
    pub lead_id: String,
    /// Days from the as-of time.
    pub days: f64,
    /// What they rest on.
    pub basis: Basis,
    /// The pipeline's own days.
    pub pipeline_days: f64,
    /// The pipeline's interval around its own days.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<Interval>,
    /// Why, in words.
    pub explanation: String,
    /// What speeds the deal up or slows it down.
    pub risks: Vec<RiskFactor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    days: f64,
    explanation: String,
}

const SCHEMA: &str = r#"{"type":"object","properties":{"days":{"type":"integer","minimum":1,"maximum":730},"explanation":{"type":"string"}},"required":["days","explanation"],"additionalProperties":false}"#;
const MAX_EXPLANATION: usize = 800;

impl TimeToCloseTask {
    /// The question about a lead, by the prediction that the pipeline made for it.
    ///
    /// # Errors
    /// `invalid_task` where the pipeline does not estimate `days_to_close`.
    pub fn new(lead: &Lead, prediction: &Prediction) -> Result<TimeToCloseTask, Error> {
        let estimate = prediction.estimate("days_to_close");
        let Some((estimate, days)) = estimate.and_then(|estimate| Some((estimate, estimate.number()?)))
        else {
            let message = format!("the pipeline `{}` gives no days_to_close", prediction.provenance.pipeline);
            return Err(Error::new(ErrorKind::InvalidTask, "", message));
        };
        let strongest = prediction.risks.first().map(|risk| format!(" {}.", risk.text)).unwrap_or_default();
        let by = match estimate.method.as_deref() {
            Some("rule_of_thumb") => "a rule of thumb of the pipeline, which was not fitted to outcomes",
            _ => "the estimate of the pipeline",
        };
        let own = TimeToClose {
            lead_id: prediction.lead_id.clone(),
            days,
            basis: Basis::Rules,
            pipeline_days: days,
            interval: estimate.interval.or_else(|| interval(prediction)),
            explanation: format!("{days:.0} days by {by}.{strongest}"),
            risks: prediction.risks.clone(),
        };
        Ok(TimeToCloseTask { data: LeadData::new(lead, prediction, false), own })
    }

    /// The same with the lead's texts that have addresses or telephone numbers in them, which are left out otherwise: for a
    /// model that may see them, or for [`Masked`](super::Masked).
    #[must_use]
    pub fn with_contact_details(mut self) -> TimeToCloseTask {
        self.data = self.data.with_contact_details();
        self
    }

    /// The days that are taken from a model.
    fn band(&self) -> (f64, f64) {
        let (low, high) = match self.own.interval {
            Some(Interval { low, high }) => (low - (high - low) / 2.0, high + (high - low) / 2.0),
            None => (self.own.days * 0.5, self.own.days * 1.5),
        };
        (low.floor().max(1.0), high.ceil().max(1.0))
    }
}

/// The interval that a pipeline gives as two estimates.
fn interval(prediction: &Prediction) -> Option<Interval> {
    let number = |name: &str| prediction.estimate(name)?.number();
    Some(Interval { low: number("days_to_close_low")?, high: number("days_to_close_high")? })
}

impl Task for TimeToCloseTask {
    type Output = TimeToClose;

    fn name(&self) -> &'static str {
        "time_to_close"
    }

    fn version(&self) -> u32 {
        1
    }

    fn prompt(&self) -> Prompt {
        let (low, high) = self.band();
        let system = format!(
            "You judge how many days it takes until a sales lead signs, if it does. The data holds the lead's attributes and \
             what a scoring pipeline says. Give whole days between {low} and {high}, and why, in one to three sentences. \
             {DATA_RULE}"
        );
        let prompt = Prompt::new(self.name(), self.version(), system, block(&self.data), SCHEMA.to_owned());
        prompt.max_output_tokens(600)
    }

    fn accept(&self, reply: &str) -> Result<TimeToClose, Rejection> {
        let answer: Reply = read(reply)?;
        let days = answer.days;
        if days.fract() != 0.0 {
            return Err(Rejection::new(
                RejectionKind::WrongForm,
                "days",
                format!("{days} is no whole number"),
            ));
        }
        in_range("days", days, 1.0, 730.0)?;
        let (low, high) = self.band();
        if !(low..=high).contains(&days) {
            let message = format!("{days} days; by the pipeline it is {low} to {high}");
            return Err(Rejection::new(RejectionKind::Inconsistent, "days", message));
        }
        let sources = self.data.sources().for_answer(reply).number(days);
        let explanation = grounded("explanation", &answer.explanation, MAX_EXPLANATION, &sources)?;
        Ok(TimeToClose { days, basis: Basis::Llm, explanation, ..self.own.clone() })
    }

    fn fallback(&self) -> TimeToClose {
        self.own.clone()
    }
}
