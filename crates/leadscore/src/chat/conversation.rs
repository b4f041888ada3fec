//! The state of a chat as plain data.

use serde::{Deserialize, Deserializer, Serialize};

use super::{ContactDetails, MAX_ASKED, Question};
use crate::Error;
use crate::intent::Intent;
use crate::json::{self, Cursor, Document, Node};
use crate::text::clean;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sender {
    /// The person who may buy.
    Lead,
    /// The program or person who answers.
    Assistant,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChatMessage {
    /// Who wrote it.
    pub sender: Sender,
    /// Without control characters.
    pub text: String,
}

/// What is known in a chat so far. As JSON it is read back to the byte.
///
/// ```
/// use leadscore::chat::Conversation;
/// let new = Conversation::new();
/// assert_eq!(new.to_json(), r#"{"messages":[],"contact":{},"intent":"COLD","asked":[]}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Conversation {
    /// The newest messages, the oldest of them first; at most [`Conversation::MAX_MESSAGES`].
    pub messages: Vec<ChatMessage>,
    /// Who the lead is.
    pub contact: ContactDetails,
    /// The intent of the last message that had one; cold before there is any.
    pub intent: Intent,
    /// The question that waits for its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_question: Option<Question>,
    /// The questions asked so far.
    pub asked: Vec<Question>,
}

impl Default for Conversation {
    fn default() -> Self {
        Conversation::new()
    }
}

impl Conversation {
    /// How many characters of a message are stored.
    pub const MAX_MESSAGE_CHARS: usize = crate::text::MAX_MESSAGE_CHARS;
    /// How many messages are stored.
    pub const MAX_MESSAGES: usize = 50;
    /// How many characters a detail of the lead may have.
    pub const MAX_DETAIL_CHARS: usize = 320;

    /// Nothing said and nothing known.
    pub fn new() -> Conversation {
        Conversation {
            messages: Vec::new(),
            contact: ContactDetails::default(),
            intent: Intent::Cold,
            open_question: None,
            asked: Vec::new(),
        }
    }

    /// The conversation with the reply that was sent.
    #[must_use]
    pub fn replied(&self, text: &str) -> Conversation {
        self.with_message(Sender::Assistant, clean(text, Conversation::MAX_MESSAGE_CHARS))
    }

    /// The conversation with an intent that someone else decided, such as a language model; neutral changes nothing.
    #[must_use]
    pub fn with_intent(&self, message: Intent) -> Conversation {
        Conversation { intent: self.intent.after(message), ..self.clone() }
    }

    /// Reads what [`Conversation::to_json`] wrote.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_context` with the path of what is wrong or too long.
    pub fn from_json(text: &str) -> Result<Conversation, Error> {
        Conversation::read(&json::parse(text)?)
    }

    /// The conversation as JSON.
    pub fn to_json(&self) -> String {
        json_text(self)
    }

    pub(super) fn with_message(&self, sender: Sender, text: String) -> Conversation {
        let mut next = self.clone();
        next.messages.push(ChatMessage { sender, text });
        next.bound();
        next
    }

    /// Forgets the oldest messages, and how often something was asked beyond the limit.
    pub(super) fn bound(&mut self) {
        let surplus = self.messages.len().saturating_sub(Conversation::MAX_MESSAGES);
        self.messages.drain(..surplus);
        let mut counts = [0; Question::ALL.len()];
        self.asked.retain(|question| {
            let count = &mut counts[*question as usize];
            *count += 1;
            *count <= MAX_ASKED
        });
    }

    fn read(node: &Node) -> Result<Conversation, Error> {
        let root = Cursor::root(node, "", Document::Context);
        let fields = root.object(&["messages", "contact", "intent", "open_question", "asked"])?;
        let messages = fields.required("messages")?;
        let contact = fields.required("contact")?;
        let asked = fields.required("asked")?;
        let conversation = Conversation {
            messages: messages.items()?.iter().map(read_message).collect::<Result<_, _>>()?,
            contact: read_contact(&contact)?,
            intent: fields.required("intent")?.word(&Intent::ALL.map(|intent| (intent.as_str(), intent)))?,
            open_question: fields.optional("open_question").as_ref().map(read_question).transpose()?,
            asked: asked.items()?.iter().map(read_question).collect::<Result<_, _>>()?,
        };
        if conversation.messages.len() > Conversation::MAX_MESSAGES {
            return Err(messages.error(format!("holds more than {} messages", Conversation::MAX_MESSAGES)));
        }
        if conversation.asked.len() > MAX_ASKED * Question::ALL.len() {
            return Err(asked.error("holds more questions than are ever asked"));
        }
        Ok(conversation)
    }
}

impl<'de> Deserialize<'de> for Conversation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Conversation::read(&Node::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn json_text(conversation: &Conversation) -> String {
    serde_json::to_string(conversation).expect("a conversation has a JSON form")
}

fn read_message(cursor: &Cursor<'_>) -> Result<ChatMessage, Error> {
    let fields = cursor.object(&["sender", "text"])?;
    Ok(ChatMessage {
        sender: fields
            .required("sender")?
            .word(&[("lead", Sender::Lead), ("assistant", Sender::Assistant)])?,
        text: read_text(&fields.required("text")?, Conversation::MAX_MESSAGE_CHARS)?,
    })
}

fn read_contact(cursor: &Cursor<'_>) -> Result<ContactDetails, Error> {
    let fields = cursor.object(&["name", "email", "phone", "interest"])?;
    let detail =
        |name| fields.optional(name).map(|c| read_text(&c, Conversation::MAX_DETAIL_CHARS)).transpose();
    Ok(ContactDetails {
        name: detail("name")?,
        email: detail("email")?,
        phone: detail("phone")?,
        interest: detail("interest")?,
    })
}

/// A text as it would have been stored: no control characters, not too long.
fn read_text(cursor: &Cursor<'_>, max_chars: usize) -> Result<String, Error> {
    let text = cursor.text()?;
    if text.chars().count() > max_chars {
        return Err(cursor.error(format!("has more than {max_chars} characters")));
    }
    if clean(text, max_chars) != text {
        return Err(cursor.error("holds control characters or blanks that are never stored"));
    }
    Ok(text.to_owned())
}

fn read_question(cursor: &Cursor<'_>) -> Result<Question, Error> {
    cursor.word(&Question::ALL.map(|question| (question.as_str(), question)))
}
