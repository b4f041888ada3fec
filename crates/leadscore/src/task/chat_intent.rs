//! What a chat message says about its sender's wish to buy, as a model reads it.

use serde::{Deserialize, Serialize};

use super::data::{DATA_RULE, block};
use super::detail::without_details;
use super::grounding::single_spaced;
use super::reply::read;
use super::{Prompt, Rejection, RejectionKind, Task};
use crate::Basis;
use crate::intent::{Classification, Intent, IntentClassifier, IntentMethod};
use crate::text::{MAX_MESSAGE_CHARS, clean};

/// The intent of one chat message, also in languages that the classifier does not know.
///
/// A model has to quote the words that it goes by. The classifier's own answer is kept beside its, and who refuses in words
/// that the lists know is cold, whatever a model says.
///
/// ```
/// use leadscore::intent::{Intent, IntentClassifier};
/// use leadscore::task::{ChatIntentTask, Completion, NotAsked, Outcome, conclude};
/// let task = ChatIntentTask::new(&IntentClassifier::builtin(), "Was kostet der Schreibtisch?");
/// assert_eq!(conclude(&task, Outcome::NotAsked(NotAsked::NoModel)).output.intent, Intent::Neutral);
///
/// let reply = r#"{"intent": "HOT", "words": "was kostet"}"#;
/// let asked = conclude(&task, Outcome::Replied(Completion::new("gpt-4o-mini", reply)));
/// assert_eq!((asked.output.intent, asked.output.own.intent), (Intent::Hot, Intent::Neutral));
/// ```
#[derive(Debug, Clone)]
pub struct ChatIntentTask {
    message: String,
    sent: String,
    own: Classification,
}

/// What a [`ChatIntentTask`] gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatIntent {
    /// The intent.
    pub intent: Intent,
    /// What it rests on.
    pub basis: Basis,
    /// The words of the message that a model went by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub words: Option<String>,
    /// What the classifier says.
    pub own: Classification,
}

#[derive(Serialize)]
struct Data<'a> {
    message: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    intent: Intent,
    words: String,
}

const SCHEMA: &str = r#"{"type":"object","properties":{"intent":{"type":"string","enum":["HOT","WARM","COLD","NEUTRAL"]},"words":{"type":"string"}},"required":["intent","words"],"additionalProperties":false}"#;
const SYSTEM: &str = "You tell what a chat message says about its sender's wish to buy. HOT: wants to buy, asks for the price, \
    a payment plan, a shop or a call. WARM: is interested, asks about the product, compares, hesitates. COLD: does not want \
    it, says no, cancels, gives back. NEUTRAL: says nothing about buying, such as a greeting or a question about an order \
    that was placed. Give the intent and the few words of the message that it rests on, as they are written there; for \
    NEUTRAL they may be empty. ";

impl ChatIntentTask {
    /// The question about a message, of which the first 4,000 characters are read. Addresses and telephone numbers in it
    /// are not sent.
    pub fn new(classifier: &IntentClassifier, message: &str) -> ChatIntentTask {
        let message = clean(message, MAX_MESSAGE_CHARS);
        ChatIntentTask { sent: without_details(&message), own: classifier.classify(&message), message }
    }

    /// The same with the message as it is: for a model that may see contact details, or for [`Masked`](super::Masked).
    #[must_use]
    pub fn with_contact_details(mut self) -> ChatIntentTask {
        self.sent.clone_from(&self.message);
        self
    }
}

impl Task for ChatIntentTask {
    type Output = ChatIntent;

    fn name(&self) -> &'static str {
        "chat_intent"
    }

    fn version(&self) -> u32 {
        1
    }

    fn prompt(&self) -> Prompt {
        let (system, user) = (format!("{SYSTEM}{DATA_RULE}"), block(&Data { message: &self.sent }));
        Prompt::new(self.name(), self.version(), system, user, SCHEMA.to_owned()).max_output_tokens(300)
    }

    fn accept(&self, reply: &str) -> Result<ChatIntent, Rejection> {
        let Reply { intent, words } = read(reply)?;
        let words = words.trim();
        let quoted = single_spaced(words);
        if !single_spaced(&self.sent).contains(&quoted) {
            let message = format!("the words `{words}` are not in the message");
            return Err(Rejection::new(RejectionKind::Ungrounded, "words", message));
        }
        if quoted.is_empty() && intent != Intent::Neutral {
            let message = format!("{intent} wants the words that it rests on");
            return Err(Rejection::new(RejectionKind::Inconsistent, "words", message));
        }
        let refuses = self.own.intent == Intent::Cold && self.own.method == IntentMethod::Rules;
        if refuses && intent != Intent::Cold {
            let message = format!("{intent}; by its own words the message is a refusal");
            return Err(Rejection::new(RejectionKind::Inconsistent, "intent", message));
        }
        let words = Some(words.to_owned()).filter(|words| !words.is_empty());
        Ok(ChatIntent { intent, basis: Basis::Llm, words, own: self.own.clone() })
    }

    fn fallback(&self) -> ChatIntent {
        let basis = match self.own.method {
            IntentMethod::Class => Basis::Model,
            _ => Basis::Rules,
        };
        ChatIntent { intent: self.own.intent, basis, words: None, own: self.own.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(message: &str) -> ChatIntentTask {
        ChatIntentTask::new(&IntentClassifier::builtin(), message)
    }

    fn refused(task: &ChatIntentTask, reply: &str) -> RejectionKind {
        task.accept(reply).unwrap_err().kind
    }

    #[test]
    fn an_intent_needs_words_of_the_message() {
        let task = task("Combien coûte  le bureau en chêne ?");
        let taken = task.accept(r#"{"intent":"HOT","words":"combien coûte le bureau"}"#).unwrap();
        assert_eq!((taken.intent, taken.basis), (Intent::Hot, Basis::Llm));
        assert_eq!(task.accept(r#"{"intent":"NEUTRAL","words":""}"#).unwrap().words, None);
        assert_eq!(refused(&task, r#"{"intent":"HOT","words":"how much"}"#), RejectionKind::Ungrounded);
        assert_eq!(refused(&task, r#"{"intent":"HOT","words":" "}"#), RejectionKind::Inconsistent);
        assert_eq!(refused(&task, r#"{"intent":"BOILING","words":""}"#), RejectionKind::WrongForm);
    }

    #[test]
    fn a_refusal_stays_one() {
        let task = task("I don't want to buy anything");
        let reply = r#"{"intent":"HOT","words":"want to buy"}"#;
        assert_eq!(refused(&task, reply), RejectionKind::Inconsistent);
        assert_eq!(task.accept(&reply.replace("HOT", "COLD")).unwrap().intent, Intent::Cold);
        assert_eq!(task.fallback().intent, Intent::Cold);
    }

    #[test]
    fn contact_details_are_not_sent() {
        let task = task("How much is it? ann@acme.example, 0172 5550100");
        let user = task.prompt().user;
        assert!(user.contains("How much is it? (e-mail address), (telephone number)"), "{user}");
        assert!(task.with_contact_details().prompt().user.contains("ann@acme.example"));
    }
}
