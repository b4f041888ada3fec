//! What a sales representative should do next with a lead.

use serde::{Deserialize, Serialize};

use super::advice::grounded;
use super::data::{DATA_RULE, block};
use super::lead_data::LeadData;
use super::reply::{plain_text, read};
use super::{Prompt, Rejection, Task};
use crate::pipeline::Priority;
use crate::{Lead, Prediction};

/// The one thing to do next with a lead, in words for the person who does it.
///
/// ```
/// use leadscore::task::{NextActionTask, NotAsked, Outcome, conclude};
/// use leadscore::{AsOf, Lead, Pipeline, Zone};
/// let lead = Lead::new("l-1").with("title", "VP Sales");
/// let prediction = Pipeline::builtin("conversion")?.score(&lead, &AsOf::parse("2026-11-22", &Zone::utc())?)?;
/// let task = NextActionTask::new(&lead, &prediction);
/// let next = conclude(&task, Outcome::NotAsked(NotAsked::NoModel)).output;
/// assert_eq!(next.action, prediction.recommendations[0].action);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NextActionTask {
    data: LeadData,
    own: NextAction,
}

/// What a [`NextActionTask`] gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NextAction {
    /// What to do.
    pub action: String,
    /// Why.
    pub rationale: String,
    /// How soon it matters.
    pub priority: Priority,
    /// By when.
    pub timeframe: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    action: String,
    rationale: String,
    priority: Priority,
    timeframe: String,
}

const SCHEMA: &str = r#"{"type":"object","properties":{"action":{"type":"string"},"rationale":{"type":"string"},"priority":{"type":"string","enum":["urgent","high","medium","low"]},"timeframe":{"type":"string"}},"required":["action","rationale","priority","timeframe"],"additionalProperties":false}"#;
const SYSTEM: &str = "You tell a sales representative the one thing to do next with a lead. The data holds the lead's \
    attributes and what a scoring pipeline says of it. Give the action in one sentence, why in one or two, how soon it \
    matters, and by when, such as `This week`. ";
const MAX_TEXT: usize = 400;
const MAX_TIMEFRAME: usize = 80;

impl NextActionTask {
    /// The question about a lead, by the prediction that the pipeline made for it.
    pub fn new(lead: &Lead, prediction: &Prediction) -> NextActionTask {
        let own = match prediction.recommendations.first() {
            Some(first) => NextAction {
                action: first.action.clone(),
                rationale: first.rationale.clone(),
                priority: first.priority,
                timeframe: first.timeframe.clone(),
            },
            None => NextAction {
                action: prediction.action.as_deref().unwrap_or("Look at the lead").to_owned(),
                rationale: prediction.explanation.summary.clone(),
                priority: Priority::Medium,
                timeframe: "This week".to_owned(),
            },
        };
        NextActionTask { data: LeadData::new(lead, prediction, false), own }
    }

    /// The same with the lead's texts that have addresses or telephone numbers in them, which are left out otherwise: for a
    /// model that may see them, or for [`Masked`](super::Masked).
    #[must_use]
    pub fn with_contact_details(mut self) -> NextActionTask {
        self.data = self.data.with_contact_details();
        self
    }
}

impl Task for NextActionTask {
    type Output = NextAction;

    fn name(&self) -> &'static str {
        "next_action"
    }

    fn version(&self) -> u32 {
        1
    }

    fn prompt(&self) -> Prompt {
        let system = format!("{SYSTEM}{DATA_RULE}");
        let prompt = Prompt::new(self.name(), self.version(), system, block(&self.data), SCHEMA.to_owned());
        prompt.max_output_tokens(500)
    }

    fn accept(&self, reply: &str) -> Result<NextAction, Rejection> {
        let answer: Reply = read(reply)?;
        let sources = self.data.sources().for_answer(reply);
        Ok(NextAction {
            action: grounded("action", &answer.action, MAX_TEXT, &sources)?,
            rationale: grounded("rationale", &answer.rationale, MAX_TEXT, &sources)?,
            priority: answer.priority,
            timeframe: plain_text("timeframe", &answer.timeframe, MAX_TIMEFRAME)?,
        })
    }

    fn fallback(&self) -> NextAction {
        self.own.clone()
    }
}
