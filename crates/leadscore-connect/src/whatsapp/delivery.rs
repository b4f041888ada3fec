//! A delivery of WhatsApp's, with everything in it.

use jiff::Timestamp;

use super::content::{Content, Note};
use crate::meta::{DeliveryError, Object, Unread, envelopes};

/// What one POST holds: often several events, of several numbers, in no order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// What happened.
    pub events: Vec<Event>,
    /// What is no event that is known here.
    pub unread: Vec<Unread>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A person wrote to us.
    Message(Message),
    /// We wrote to a person in the WhatsApp Business app: never to be answered or scored.
    Echo(Message),
    /// A message of ours has come further, or failed. It is never a message of a person's.
    Status(Status),
    /// The platform has a problem with the account.
    AccountProblem {
        /// Which of our numbers.
        phone_number_id: Option<String>,
        /// The problem.
        problem: Note,
    },
}

/// A message, with who sent it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The platform's id of it: `wamid.…`.
    pub id: String,
    /// Which of our numbers.
    pub phone_number_id: Option<String>,
    /// Who wrote it, or in an echo whom we wrote to.
    pub user: User,
    /// When.
    pub sent_at: Option<Timestamp>,
    /// What it holds.
    pub content: Content,
    /// Which message it answers.
    pub reply_to: Option<String>,
    /// Whether it was forwarded from another chat.
    pub is_forwarded: bool,
    /// The advertisement or post through which the chat began.
    pub referral: Option<Referral>,
}

/// A person. Since 2026 people may hide their number: then there is only the business-scoped id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct User {
    /// The number, as digits without a plus.
    pub wa_id: Option<String>,
    /// The business-scoped id: `US.13491208655302741918`.
    pub user_id: Option<String>,
    /// The name that the person has chosen.
    pub name: Option<String>,
    /// The user name that the person has chosen.
    pub username: Option<String>,
}

/// Where a chat began.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: Option<String>,
    /// The id of it.
    pub source_id: Option<String>,
    /// The address of it.
    pub source_url: Option<String>,
    /// Its headline.
    pub headline: Option<String>,
    /// The click.
    pub ctwa_clid: Option<String>,
}

/// How far a message of ours has come.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The platform's id of the message.
    pub id: String,
    /// Which of our numbers.
    pub phone_number_id: Option<String>,
    /// To whom.
    pub user: User,
    /// How far.
    pub state: DeliveryState,
    /// Since when.
    pub at: Option<Timestamp>,
    /// Why it failed.
    pub errors: Vec<Note>,
}

/// How far a message of ours has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliveryState {
    /// The platform has sent it.
    Sent,
    /// It is on the person's device.
    Delivered,
    /// It was read.
    Read,
    /// The recording was played.
    Played,
    /// It will not arrive.
    Failed,
    /// Another word of the platform's.
    Other(String),
}

impl Delivery {
    /// Reads a body whose signature is [checked](crate::meta::Webhook::verify). Whatever is JSON is read; answer it with 200.
    ///
    /// # Errors
    /// The body is no JSON.
    pub fn read(body: &[u8]) -> Result<Delivery, DeliveryError> {
        let mut delivery = Delivery { events: Vec::new(), unread: Vec::new() };
        for envelope in &envelopes(body)? {
            let envelope = Object(envelope);
            match envelope.text("object") {
                Some("whatsapp_business_account") => delivery.envelope(envelope),
                other => delivery
                    .skip("object", format!("{:?} is not whatsapp_business_account", other.unwrap_or(""))),
            }
        }
        Ok(delivery)
    }

    fn envelope(&mut self, envelope: Object<'_>) {
        if !envelope.is_list("entry") {
            self.skip("entry", "it is no list");
        }
        for (at, entry) in envelope.list("entry").iter().enumerate() {
            if !Object(entry).is_list("changes") {
                self.skip(format!("entry[{at}].changes"), "it is no list");
            }
            for (number, change) in Object(entry).list("changes").iter().enumerate() {
                let change = Object(change);
                let (path, value) = (format!("entry[{at}].changes[{number}]"), change.object("value"));
                match change.text("field") {
                    Some("messages") => self.messages(&format!("{path}.value"), value),
                    Some("smb_message_echoes") => self.echoes(&format!("{path}.value"), value),
                    field => {
                        let field = field.unwrap_or_default();
                        self.skip(path, format!("the field {field:?} is none of messages"));
                    }
                }
            }
        }
    }

    fn messages(&mut self, path: &str, value: Object<'_>) {
        let phone_number_id = value.object("metadata").id("phone_number_id");
        let before = (self.events.len(), self.unread.len());
        for (at, message) in value.list("messages").iter().enumerate() {
            let message = Object(message);
            let user = User::read(value, message, "from", "from_user_id");
            match Message::read(message, user, phone_number_id.as_ref()) {
                Some(message) => self.events.push(Event::Message(message)),
                None => self.skip(format!("{path}.messages[{at}]"), "the message has no id"),
            }
        }
        for (at, status) in value.list("statuses").iter().enumerate() {
            let status = Object(status);
            let user = User::read(value, status, "recipient_id", "recipient_user_id");
            match Status::read(status, user, phone_number_id.as_ref()) {
                Some(status) => self.events.push(Event::Status(status)),
                None => self.skip(format!("{path}.statuses[{at}]"), "the status has no id or no state"),
            }
        }
        for problem in Note::list(value) {
            self.events.push(Event::AccountProblem { phone_number_id: phone_number_id.clone(), problem });
        }
        if before == (self.events.len(), self.unread.len()) {
            self.skip(path, "neither messages nor statuses nor errors");
        }
    }

    fn echoes(&mut self, path: &str, value: Object<'_>) {
        let phone_number_id = value.object("metadata").id("phone_number_id");
        for (at, message) in value.list("message_echoes").iter().enumerate() {
            let message = Object(message);
            let user = User::read(value, message, "to", "to_user_id");
            match Message::read(message, user, phone_number_id.as_ref()) {
                Some(message) => self.events.push(Event::Echo(message)),
                None => self.skip(format!("{path}.message_echoes[{at}]"), "the message has no id"),
            }
        }
    }

    fn skip(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        self.unread.push(Unread::new(path, reason));
    }
}

impl Event {
    /// What tells it from other events, and a second delivery of it does not: for [`SeenIds`](crate::meta::SeenIds). Problems of
    /// the account have no id and so no key.
    pub fn key(&self) -> Option<String> {
        let number = |id: &Option<String>| id.clone().unwrap_or_default();
        match self {
            Event::Message(message) => {
                Some(format!("whatsapp/{}/{}", number(&message.phone_number_id), message.id))
            }
            Event::Echo(message) => {
                Some(format!("whatsapp/{}/echo/{}", number(&message.phone_number_id), message.id))
            }
            Event::Status(status) => {
                let (number, state) = (number(&status.phone_number_id), status.state.as_str());
                Some(format!("whatsapp/{number}/status/{}/{state}", status.id))
            }
            Event::AccountProblem { .. } => None,
        }
    }
}

impl Message {
    fn read(message: Object<'_>, user: User, phone_number_id: Option<&String>) -> Option<Message> {
        let (context, referral) = (message.object("context"), message.object("referral"));
        Some(Message {
            id: message.id("id")?,
            phone_number_id: phone_number_id.cloned(),
            user,
            sent_at: message.time("timestamp"),
            content: Content::read(message),
            reply_to: context.id("id"),
            is_forwarded: context.flag("forwarded") || context.flag("frequently_forwarded"),
            referral: message.has("referral").then(|| Referral {
                source_type: referral.owned("source_type"),
                source_id: referral.id("source_id"),
                source_url: referral.owned("source_url"),
                headline: referral.owned("headline"),
                ctwa_clid: referral.id("ctwa_clid"),
            }),
        })
    }
}

impl User {
    /// The person of a message or status, with what the list of contacts has of the same person.
    fn read(value: Object<'_>, own: Object<'_>, number: &str, id: &str) -> User {
        let (wa_id, user_id) = (own.id(number), own.id(id));
        let contacts = value.list("contacts");
        let is_same = |contact: &&serde_json::Value| {
            let contact = Object(contact);
            let is = |key: &str, own: &Option<String>| own.is_some() && contact.id(key) == *own;
            is("user_id", &user_id) || is("wa_id", &wa_id)
        };
        let found = contacts.iter().find(is_same);
        // One contact without any id that could be compared is the one meant.
        let found = found.or_else(|| {
            contacts.first().filter(|_| contacts.len() == 1 && wa_id.is_none() && user_id.is_none())
        });
        let Some(contact) = found.map(Object) else { return User { wa_id, user_id, ..User::default() } };
        let profile = contact.object("profile");
        User {
            wa_id: contact.id("wa_id").or(wa_id),
            user_id: user_id.or_else(|| contact.id("user_id")),
            name: profile.owned("name"),
            username: profile.owned("username"),
        }
    }

    /// What tells the person from others: the business-scoped id, or else the number.
    pub fn key(&self) -> Option<&str> {
        self.user_id.as_deref().or(self.wa_id.as_deref())
    }

    /// The number after E.164, if the person shows it: `+16505551234`.
    pub fn phone(&self) -> Option<String> {
        let digits = self.wa_id.as_deref()?.trim_start_matches('+');
        let is_number = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        (is_number && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("+{digits}"))
    }
}

impl Status {
    fn read(status: Object<'_>, user: User, phone_number_id: Option<&String>) -> Option<Status> {
        Some(Status {
            id: status.id("id")?,
            phone_number_id: phone_number_id.cloned(),
            user,
            state: DeliveryState::read(status.text("status")?),
            at: status.time("timestamp"),
            errors: Note::list(status),
        })
    }
}

impl DeliveryState {
    fn read(word: &str) -> DeliveryState {
        match word {
            "sent" => DeliveryState::Sent,
            "delivered" => DeliveryState::Delivered,
            "read" => DeliveryState::Read,
            "played" => DeliveryState::Played,
            "failed" => DeliveryState::Failed,
            other => DeliveryState::Other(other.to_owned()),
        }
    }

    /// The platform's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            DeliveryState::Sent => "sent",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Read => "read",
            DeliveryState::Played => "played",
            DeliveryState::Failed => "failed",
            DeliveryState::Other(word) => word,
        }
    }

    /// Whether it takes the place of an earlier state. Statuses come in no order, and several times.
    ///
    /// ```
    /// use leadscore_connect::whatsapp::DeliveryState;
    /// assert!(DeliveryState::Read.replaces(&DeliveryState::Sent));
    /// assert!(!DeliveryState::Delivered.replaces(&DeliveryState::Read));
    /// ```
    pub fn replaces(&self, earlier: &DeliveryState) -> bool {
        self.rank() > earlier.rank()
    }

    fn rank(&self) -> u8 {
        match self {
            DeliveryState::Other(_) => 0,
            DeliveryState::Sent => 1,
            DeliveryState::Delivered => 2,
            DeliveryState::Read => 3,
            DeliveryState::Played => 4,
            // It stays.
            DeliveryState::Failed => 5,
        }
    }
}
