//! The next reply of a chat, in a model's words.

use serde::{Deserialize, Serialize};

use super::advice::grounded;
use super::data::{DATA_RULE, block};
use super::detail::without_details;
use super::grounding::Sources;
use super::reply::read;
use super::{Prompt, Rejection, RejectionKind, Task};
use crate::chat::{ContactDetails, Conversation, Question, Reply, Sender, Turn};
use crate::intent::{Classification, Intent};
use crate::text::clean;
use crate::{Error, ErrorKind};

/// A better wording of the reply that a [`Turn`] already has, with what the caller knows of its products.
///
/// The turn decides what is asked, and a model's reply asks that and nothing else. It may state only what was said in the
/// chat and what the facts say, numbers exactly so; in particular it can promise no price and no discount that is not there.
///
/// ```
/// use leadscore::chat::{Chat, Conversation, Question};
/// use leadscore::task::{ChatReplyTask, Completion, NotAsked, Outcome, conclude};
/// let turn = Chat::new().advance(&Conversation::new(), "Hi, how much is the oak desk?");
/// let task = ChatReplyTask::new(&turn).facts(["The oak desk costs 420 euros."])?;
/// assert_eq!(conclude(&task, Outcome::NotAsked(NotAsked::NoModel)).output.reply, turn.reply);
///
/// let reply = r#"{"reply": "The oak desk costs 420 euros. May I ask your name?"}"#;
/// let asked = conclude(&task, Outcome::Replied(Completion::new("gpt-4o-mini", reply))).output;
/// assert_eq!((asked.reply.asks, asked.conversation.messages.len()), (Some(Question::Name), 2));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChatReplyTask {
    turn: Turn,
    facts: Vec<String>,
    contact_details: bool,
}

/// What a [`ChatReplyTask`] gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChatReply {
    /// What to answer.
    pub reply: Reply,
    /// The conversation with the message and the reply, as it is once that was sent.
    pub conversation: Conversation,
    /// The intent of the message.
    pub classification: Classification,
    /// The details that the message gave, as far as they are new.
    pub captured: ContactDetails,
}

#[derive(Serialize)]
struct Data<'a> {
    messages: Vec<Said>,
    contact: Known,
    intent: Intent,
    asks: Option<Question>,
    facts: &'a [String],
    suggestion: &'a str,
}

#[derive(Serialize)]
struct Said {
    sender: Sender,
    text: String,
}

/// What is known of the lead: words a reply may use, and whether there is an address or a number.
#[derive(Serialize)]
struct Known {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interest: Option<String>,
    knows_email: bool,
    knows_phone: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    reply: String,
}

const SCHEMA: &str = r#"{"type":"object","properties":{"reply":{"type":"string"}},"required":["reply"],"additionalProperties":false}"#;
const SYSTEM: &str = "You answer a lead in a chat, kindly and without pressure, in one to three sentences and in the lead's \
    language. The data holds the newest messages, what is known of the lead, what the last message says about the wish to \
    buy, facts about what is sold, a suggested reply, and what to ask. Answer the last message from the facts; what they \
    do not say you do not know. If `asks` is a word, end with one question for it: `name` is what to call the lead, \
    `interest` is what they are looking for, `contact` is an e-mail address or a telephone number. If `asks` is null, ask \
    nothing. ";
const MAX_MESSAGES: usize = 12;
/// The last message is sent whole.
const MAX_EARLIER_CHARS: usize = 500;
const MAX_REPLY: usize = 600;

impl ChatReplyTask {
    /// The most facts.
    pub const MAX_FACTS: usize = 20;
    /// The longest fact, in characters.
    pub const MAX_FACT_CHARS: usize = 1_000;

    /// The question for a reply to the last message of a turn. Addresses and telephone numbers in the chat are not sent.
    pub fn new(turn: &Turn) -> ChatReplyTask {
        ChatReplyTask { turn: turn.clone(), facts: Vec::new(), contact_details: false }
    }

    /// The same with facts about what is sold, which the reply may state.
    ///
    /// # Errors
    /// `invalid_task` for more than [`ChatReplyTask::MAX_FACTS`], or one that is too long.
    pub fn facts<F: Into<String>>(
        mut self,
        facts: impl IntoIterator<Item = F>,
    ) -> Result<ChatReplyTask, Error> {
        let wrong =
            |path: String, message: String| Err(Error::new(ErrorKind::InvalidTask, path.as_str(), message));
        for (at, fact) in facts.into_iter().map(Into::into).enumerate() {
            if at >= ChatReplyTask::MAX_FACTS {
                return wrong("facts".into(), format!("more than {} facts", ChatReplyTask::MAX_FACTS));
            }
            if fact.chars().count() > ChatReplyTask::MAX_FACT_CHARS {
                let message = format!("has more than {} characters", ChatReplyTask::MAX_FACT_CHARS);
                return wrong(format!("facts[{at}]"), message);
            }
            self.facts.push(clean(&fact, ChatReplyTask::MAX_FACT_CHARS));
        }
        Ok(self)
    }

    /// The same with the messages as they are: for a model that may see contact details, or for [`Masked`](super::Masked).
    #[must_use]
    pub fn with_contact_details(mut self) -> ChatReplyTask {
        self.contact_details = true;
        self
    }

    fn data(&self) -> Data<'_> {
        let open = |text: &str| if self.contact_details { text.to_owned() } else { without_details(text) };
        let Conversation { messages, contact, .. } = &self.turn.conversation;
        let newest = &messages[messages.len().saturating_sub(MAX_MESSAGES)..];
        let said = newest.iter().enumerate().map(|(at, message)| {
            let is_last = at + 1 == newest.len();
            let text = if is_last { message.text.clone() } else { clean(&message.text, MAX_EARLIER_CHARS) };
            Said { sender: message.sender, text: open(&text) }
        });
        Data {
            messages: said.collect(),
            contact: Known {
                name: contact.name.clone(),
                interest: contact.interest.as_deref().map(open),
                knows_email: contact.email.is_some(),
                knows_phone: contact.phone.is_some(),
            },
            intent: self.turn.classification.intent,
            asks: self.turn.reply.asks,
            facts: &self.facts,
            suggestion: &self.turn.reply.text,
        }
    }

    fn sources(&self) -> Sources {
        let Data { messages, contact, suggestion, .. } = self.data();
        let texts =
            messages.iter().map(|message| message.text.as_str()).chain(self.facts.iter().map(String::as_str));
        let known = contact.name.iter().chain(&contact.interest).map(String::as_str);
        texts.chain(known).chain([suggestion]).fold(Sources::default().exact(), Sources::text)
    }

    fn result(&self, reply: Reply) -> ChatReply {
        let Turn { conversation, classification, captured, .. } = &self.turn;
        let conversation =
            if reply.text.is_empty() { conversation.clone() } else { conversation.replied(&reply.text) };
        ChatReply { reply, conversation, classification: classification.clone(), captured: captured.clone() }
    }
}

impl Task for ChatReplyTask {
    type Output = ChatReply;

    fn name(&self) -> &'static str {
        "chat_reply"
    }

    fn version(&self) -> u32 {
        1
    }

    fn prompt(&self) -> Prompt {
        let (system, user) = (format!("{SYSTEM}{DATA_RULE}"), block(&self.data()));
        Prompt::new(self.name(), self.version(), system, user, SCHEMA.to_owned()).max_output_tokens(500)
    }

    fn accept(&self, reply: &str) -> Result<ChatReply, Rejection> {
        let answer: Answer = read(reply)?;
        let text = grounded("reply", &answer.reply, MAX_REPLY, &self.sources().for_answer(reply))?;
        let asks = self.turn.reply.asks;
        let questions = text.matches(['?', '？', '؟']).count();
        let inconsistent =
            |message: String| Err(Rejection::new(RejectionKind::Inconsistent, "reply", message));
        match asks {
            Some(asks) if questions != 1 || !text.ends_with(['?', '？', '؟']) => inconsistent(format!(
                "{questions} questions; wants one at the end, for the {}",
                asks.as_str()
            )),
            None if questions > 0 => inconsistent("a question where none is to be asked".to_owned()),
            _ => Ok(self.result(Reply::new(text, asks))),
        }
    }

    fn fallback(&self) -> ChatReply {
        self.result(self.turn.reply.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Chat;

    fn task(message: &str) -> ChatReplyTask {
        ChatReplyTask::new(&Chat::new().advance(&Conversation::new(), message))
    }

    fn refused(task: &ChatReplyTask, reply: &str) -> RejectionKind {
        task.accept(&format!(r#"{{"reply":"{reply}"}}"#)).unwrap_err().kind
    }

    #[test]
    fn a_reply_asks_what_the_turn_asks() {
        let asking = task("How much is the oak desk?").facts(["The oak desk costs 420 euros."]).unwrap();
        let taken = asking.accept(r#"{"reply":"It costs 420 euros. How may I call you?"}"#).unwrap();
        assert_eq!(taken.reply.asks, Some(Question::Name));
        assert_eq!(taken.conversation.messages[1].text, "It costs 420 euros. How may I call you?");
        for reply in ["It costs 420 euros.", "Your name? It costs 420 euros.", "Sure? How may I call you?"] {
            assert_eq!(refused(&asking, reply), RejectionKind::Inconsistent, "{reply}");
        }
        let ending = task("Not interested, thanks");
        assert_eq!(refused(&ending, "Understood. Why not?"), RejectionKind::Inconsistent);
        assert_eq!(ending.accept(r#"{"reply":"Understood, thank you."}"#).unwrap().reply.asks, None);
    }

    #[test]
    fn a_reply_states_only_what_is_known() {
        let task = task("How much is the oak desk?").facts(["The oak desk costs 420 euros."]).unwrap();
        for reply in [
            "It costs 400 euros. How may I call you?",
            "It costs 420 euros, with a discount today. How may I call you?",
            "Write to sales@oak.example. How may I call you?",
            "Marcus Miller will help. How may I call you?",
        ] {
            assert_eq!(refused(&task, reply), RejectionKind::Ungrounded, "{reply}");
        }
    }

    #[test]
    fn contact_details_are_not_sent() {
        let said = "I'm Ann Smith, ann@acme.example, how much is the desk?";
        let task = task(said);
        let user = task.prompt().user;
        assert!(!user.contains("ann@acme.example") && user.contains("(e-mail address)"), "{user}");
        assert!(user.contains(r#""knows_email":true"#), "{user}");
        assert!(task.with_contact_details().prompt().user.contains("ann@acme.example"));
    }

    #[test]
    fn facts_are_bounded() {
        let many = (0..=ChatReplyTask::MAX_FACTS).map(|_| "x");
        assert_eq!(task("Hi").facts(many).unwrap_err().path().to_string(), "facts");
        let error = task("Hi").facts(["a".to_owned(), "x".repeat(1_001)]).unwrap_err();
        assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_task", "facts[1]"));
    }
}
