//! A chat with a lead: what was said, who they are, what they want, and what to ask next.
//!
//! A [`Conversation`] is plain data; [`Chat::advance`] takes it with the next message and gives the next one, with a reply that
//! is fit to send. Nothing is kept in between, and no language model is needed: one may write a better reply, and
//! [`Turn::reply`] stays what is sent where it fails. Words are found **in English only**.
//!
//! ```
//! use leadscore::chat::{Chat, Conversation, Question};
//! use leadscore::intent::Intent;
//!
//! let chat = Chat::new().country("GB")?;
//! let turn = chat.advance(&Conversation::new(), "Hi, how much is the oak desk?");
//! assert_eq!((turn.conversation.intent, turn.reply.asks), (Intent::Hot, Some(Question::Name)));
//! println!("{}", turn.reply.text);
//!
//! let conversation = turn.conversation.replied(&turn.reply.text);
//! let turn = chat.advance(&conversation, "Ann Smith, my number is 020 7946 0958");
//! assert_eq!(turn.conversation.contact.name.as_deref(), Some("Ann Smith"));
//! assert_eq!(turn.conversation.contact.phone.as_deref(), Some("+442079460958"));
//!
//! let stored = turn.conversation.to_json();
//! assert_eq!(Conversation::from_json(&stored)?, turn.conversation);
//! # Ok::<(), leadscore::Error>(())
//! ```

mod contact;
mod conversation;
mod reply;
mod text;

use serde::{Deserialize, Serialize};

pub use conversation::{ChatMessage, Conversation, Sender};

use crate::Error;
use crate::intent::{Classification, Intent, IntentClassifier};
use contact::Country;

/// How often one thing is asked; who does not answer twice is not asked again.
const MAX_ASKED: usize = 2;

/// A phone number in E.164, such as `+442079460958`: where it is written with `+` and a calling code that is assigned, and
/// nothing else stands beside it.
///
/// ```
/// use leadscore::chat::e164;
///
/// assert_eq!(e164("+44 (0)20 7946 0958").as_deref(), Some("+442079460958"));
/// assert_eq!(e164("020 7946 0958"), None);
/// ```
pub fn e164(written: &str) -> Option<String> {
    contact::e164_of_international(written)
}

/// What a lead may be asked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Question {
    /// Who they are.
    Name,
    /// What they are looking for.
    Interest,
    /// An e-mail address or a phone number.
    Contact,
}

impl Question {
    /// Every question there is.
    pub const ALL: [Question; 3] = [Question::Name, Question::Interest, Question::Contact];

    /// The word for it: `name`, `interest` or `contact`.
    pub fn as_str(self) -> &'static str {
        match self {
            Question::Name => "name",
            Question::Interest => "interest",
            Question::Contact => "contact",
        }
    }
}

/// What is known of a lead from a chat; what was not said is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ContactDetails {
    /// The name as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address as written, its domain in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number: with a `+` in E.164, where the country is certain; otherwise its digits as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What they are looking for, in their own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interest: Option<String>,
}

impl ContactDetails {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == ContactDetails::default()
    }

    /// Whether the question has its answer.
    pub fn answers(&self, question: Question) -> bool {
        match question {
            Question::Name => self.name.is_some(),
            Question::Interest => self.interest.is_some(),
            Question::Contact => self.email.is_some() || self.phone.is_some(),
        }
    }

    /// These details, with newer ones in their place where there are any.
    fn updated(&self, newer: &ContactDetails) -> ContactDetails {
        let either = |new: &Option<String>, old: &Option<String>| new.as_ref().or(old.as_ref()).cloned();
        ContactDetails {
            name: either(&newer.name, &self.name),
            email: either(&newer.email, &self.email),
            phone: either(&newer.phone, &self.phone),
            interest: either(&newer.interest, &self.interest),
        }
    }
}

/// What came of one message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Turn {
    /// The conversation with the message, and without the reply: see [`Conversation::replied`].
    pub conversation: Conversation,
    /// The intent of this message alone.
    pub classification: Classification,
    /// The details that the message gave, as far as they are new.
    pub captured: ContactDetails,
    /// What to answer, if nobody has something better.
    pub reply: Reply,
}

/// An answer that can be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reply {
    /// One to three sentences.
    pub text: String,
    /// The one question they end with, `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks: Option<Question>,
}

impl Reply {
    /// An answer with the question that it ends with.
    pub(crate) fn new(text: String, asks: Option<Question>) -> Reply {
        Reply { text, asks }
    }
}

/// Leads conversations: a classifier of intents, and the country that phone numbers without a `+` belong to.
///
/// Immutable and cheap to clone; the same conversation and message always give the same turn.
#[derive(Debug, Clone)]
pub struct Chat {
    classifier: IntentClassifier,
    country: Option<Country>,
}

impl Default for Chat {
    fn default() -> Self {
        Chat::new()
    }
}

impl Chat {
    /// With the included classifier and no country.
    pub fn new() -> Chat {
        Chat { classifier: IntentClassifier::builtin(), country: None }
    }

    /// With a classifier of your own.
    #[must_use]
    pub fn classifier(self, classifier: IntentClassifier) -> Chat {
        Chat { classifier, ..self }
    }

    /// With the country (ISO 3166, such as `DE`) whose rules phone numbers without a `+` follow.
    ///
    /// # Errors
    /// `unknown_name`, with the countries whose rules are included.
    pub fn country(self, code: &str) -> Result<Chat, Error> {
        Ok(Chat { country: Some(contact::country(code)?), ..self })
    }

    /// The conversation after the lead's next message, and a reply.
    ///
    /// The message is stored without control characters, cut to [`Conversation::MAX_MESSAGE_CHARS`]. Details are taken from
    /// what it says, never guessed; a known one is replaced only where the message corrects it. A neutral message leaves
    /// the intent of the conversation. At most one question is open, the first of name, interest and contact that
    /// has no answer; each is asked at most twice, not at all after a refusal to answer it, and none of someone who
    /// is not interested.
    pub fn advance(&self, conversation: &Conversation, message: &str) -> Turn {
        let message = crate::text::clean(message, Conversation::MAX_MESSAGE_CHARS);
        let classification = self.classifier.classify(&message);
        let open = conversation.open_question;
        // A message about buying is not a bare name: "price", "desk chair".
        let is_about_buying = classification.intent != Intent::Neutral
            || classification.evidence.iter().any(|evidence| evidence.intent != Intent::Neutral);
        let refuses = classification.intent == Intent::Cold;
        let country = self.country.as_ref();
        let found =
            contact::capture(&message, &conversation.contact, open, refuses, is_about_buying, country);

        let mut next = conversation.with_message(Sender::Lead, message);
        next.contact = conversation.contact.updated(&found.details);
        next.intent = conversation.intent.after(classification.intent);
        if let (true, Some(open)) = (found.declines, open) {
            next.asked.extend([open; MAX_ASKED]);
        }
        let matter = reply::matter(&classification);
        let asks = next_question(&next, &classification, matter);
        next.open_question = asks;
        next.asked.extend(asks);
        next.bound();
        let last = next.messages.iter().rev().find(|message| message.sender == Sender::Assistant);
        let last = last.map(|message| message.text.as_str());
        let turn = next.messages.iter().filter(|message| message.sender == Sender::Lead).count() - 1;
        let text = reply::choose(classification.intent, matter, asks, &next.contact, turn, last);
        Turn { conversation: next, classification, captured: found.details, reply: Reply { text, asks } }
    }
}

fn next_question(
    conversation: &Conversation,
    said: &Classification,
    matter: Option<&str>,
) -> Option<Question> {
    let asked = |question: &Question| conversation.asked.iter().filter(|asked| *asked == question).count();
    let open = Question::ALL
        .into_iter()
        .find(|question| !conversation.contact.answers(*question) && asked(question) < MAX_ASKED);
    match matter {
        Some(matter) => open.filter(|question| reply::may_ask(matter, *question)),
        None => open.filter(|_| said.intent != Intent::Cold),
    }
}

#[cfg(test)]
mod tests;
