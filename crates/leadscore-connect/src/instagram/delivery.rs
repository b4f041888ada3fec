//! A delivery of Instagram's, with everything in it.

use jiff::Timestamp;
use serde_json::Value;

use crate::meta::{DeliveryError, Object, Unread, envelopes};

/// What one POST holds: often several events, in no order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// What happened.
    pub events: Vec<Event>,
    /// What is no event that is known here.
    pub unread: Vec<Unread>,
}

/// What happened, and between whom.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Our account.
    pub account: Option<String>,
    /// The person, by the id that Instagram has for them and our account. Some events have none.
    pub person: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// What.
    pub kind: EventKind,
    /// Another app answers this person at the moment: it may be stored, and is not to be answered.
    pub is_standby: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// A person wrote to us.
    Message {
        /// The platform's id of the message.
        mid: String,
        /// What was written, if anything was.
        text: Option<String>,
        /// What came with it. Nothing of it is fetched here.
        attachments: Vec<Attachment>,
        /// Our text behind a quick reply that was chosen.
        quick_reply: Option<String>,
        /// What it answers.
        reply_to: Option<ReplyTo>,
        /// What brought the person: the reference of a link or the product of a shop, as it came.
        referral: Option<Value>,
    },
    /// Our own account wrote, by hand or through the API: never to be answered or scored.
    Echo {
        /// The platform's id of the message.
        mid: String,
        /// What was written.
        text: Option<String>,
        /// What came with it.
        attachments: Vec<Attachment>,
    },
    /// A message was taken back: what is stored of it must go.
    Deleted {
        /// Which message.
        mid: String,
    },
    /// A message that the platform itself cannot hand on.
    Unsupported {
        /// The platform's id of the message.
        mid: String,
    },
    /// A message has another text now.
    Edit {
        /// Which message.
        mid: String,
        /// What it says now.
        text: Option<String>,
        /// How often it was changed.
        num_edit: Option<i64>,
    },
    /// A reaction to a message; without a reaction it was taken back.
    Reaction {
        /// To which message.
        mid: String,
        /// Which.
        reaction: Option<String>,
    },
    /// A button of ours was pressed.
    Postback {
        /// The platform's id of it.
        mid: Option<String>,
        /// What stands on it.
        title: String,
        /// Our text behind it.
        payload: Option<String>,
    },
    /// A chat was opened through a link.
    Referral {
        /// What the link says.
        reference: Option<String>,
        /// Where the link was.
        source: Option<String>,
    },
    /// A message of ours was read.
    Read {
        /// Which message.
        mid: Option<String>,
    },
    /// Another event, which is kept as it came.
    Other {
        /// The word for it, or the field of a change: `comments`.
        kind: String,
        /// The event as it came.
        raw: Value,
    },
}

/// What came with a message. Addresses of Instagram's expire, and are not to be fetched with anybody's token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attachment {
    /// The word for it: `image`, `share`, `story_mention`, `template`, or one that is not known yet.
    pub kind: String,
    /// Where it is.
    pub url: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

/// What a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyTo {
    /// Another message.
    Message {
        /// Which.
        mid: String,
    },
    /// A story of ours.
    Story {
        /// Which.
        id: String,
    },
}

/// Events that may come without saying anything to a lead's score, by the word for them.
const OTHER: [&str; 8] = [
    "delivery",
    "optin",
    "policy_enforcement",
    "response_feedback",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
];

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
                Some("instagram") => {
                    if !envelope.is_list("entry") {
                        delivery.skip("entry", "it is no list");
                    }
                    for (at, entry) in envelope.list("entry").iter().enumerate() {
                        delivery.entry(at, Object(entry));
                    }
                }
                other => delivery.skip("object", format!("{:?} is not instagram", other.unwrap_or(""))),
            }
        }
        Ok(delivery)
    }

    fn entry(&mut self, at: usize, entry: Object<'_>) {
        let account = entry.id("id");
        if !["messaging", "standby", "changes"].iter().any(|list| entry.is_list(list)) {
            self.skip(format!("entry[{at}]"), "it has no list of events");
        }
        for list in ["messaging", "standby"] {
            for (number, event) in entry.list(list).iter().enumerate() {
                let path = format!("entry[{at}].{list}[{number}]");
                self.event(path, Object(event), account.as_ref(), list == "standby");
            }
        }
        for (number, change) in entry.list("changes").iter().enumerate() {
            let (path, change) = (format!("entry[{at}].changes[{number}]"), Object(change));
            match change.text("field") {
                // The test button of the dashboard sends direct messages so.
                Some("messages") => {
                    self.event(format!("{path}.value"), change.object("value"), account.as_ref(), false);
                }
                Some(field) => {
                    let value = change.object("value");
                    self.events.push(Event {
                        account: account.clone(),
                        person: value.object("from").id("id"),
                        at: entry.time("time"),
                        kind: EventKind::Other { kind: field.to_owned(), raw: value.0.clone() },
                        is_standby: false,
                    });
                }
                None => self.skip(path, "the change has no field"),
            }
        }
    }

    fn event(&mut self, path: String, event: Object<'_>, account: Option<&String>, is_standby: bool) {
        let (sender, recipient) = (event.object("sender").id("id"), event.object("recipient").id("id"));
        // Whatever our own account does is no person's doing, even if nobody says that it is an echo.
        let is_own =
            event.object("message").flag("is_echo") || (sender.is_some() && sender.as_ref() == account);
        let Some(kind) = EventKind::read(event, is_own) else {
            self.skip(path, "no kind of event that is known, or one without the id of its message");
            return;
        };
        let (own, person) = if is_own { (sender, recipient) } else { (recipient, sender) };
        let account = own.or_else(|| account.cloned());
        self.events.push(Event { account, person, at: event.time("timestamp"), kind, is_standby });
    }

    fn skip(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        self.unread.push(Unread::new(path, reason));
    }
}

impl Event {
    /// What a person wrote or chose, for scoring.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            EventKind::Message { text, .. } | EventKind::Edit { text, .. } => text.as_deref(),
            EventKind::Postback { title, .. } => Some(title),
            _ => None,
        }
    }

    /// Whether a person wrote to us with it and we are the ones to answer.
    pub fn wants_answer(&self) -> bool {
        let is_said = matches!(self.kind, EventKind::Message { .. } | EventKind::Postback { .. });
        is_said && !self.is_standby && self.person.is_some()
    }

    /// What tells it from other events, and a second delivery of it does not: for [`SeenIds`](crate::meta::SeenIds). Events
    /// without an id of their own are told by person and time, or have no key.
    pub fn key(&self) -> Option<String> {
        let account = self.account.as_deref().unwrap_or_default();
        let by_time = |word: &str| {
            let (person, at) = (self.person.as_deref()?, self.at?.as_millisecond());
            Some(format!("instagram/{account}/{word}/{person}/{at}"))
        };
        let by_mid = |word: &str, mid: &str| Some(format!("instagram/{account}/{word}/{mid}"));
        match &self.kind {
            EventKind::Message { mid, .. } => by_mid("message", mid),
            EventKind::Echo { mid, .. } => by_mid("echo", mid),
            EventKind::Deleted { mid } => by_mid("deleted", mid),
            EventKind::Unsupported { mid } => by_mid("unsupported", mid),
            EventKind::Edit { mid, num_edit, .. } => {
                by_mid("edit", &format!("{mid}/{}", num_edit.unwrap_or_default()))
            }
            // The same reaction may be given, taken back and given again.
            EventKind::Reaction { mid, reaction } => {
                let at = self.at?.as_millisecond();
                by_mid("reaction", &format!("{mid}/{}/{at}", reaction.as_deref().unwrap_or_default()))
            }
            EventKind::Postback { mid: Some(mid), .. } => by_mid("postback", mid),
            EventKind::Postback { .. } => by_time("postback"),
            EventKind::Read { mid: Some(mid) } => by_mid("read", mid),
            EventKind::Read { .. } => by_time("read"),
            EventKind::Referral { .. } => by_time("referral"),
            EventKind::Other { .. } => None,
        }
    }
}

impl EventKind {
    fn read(event: Object<'_>, is_own: bool) -> Option<EventKind> {
        if event.has("message") {
            return EventKind::message(event.object("message"), is_own);
        }
        let own = |key: &str| event.object(key);
        if event.has("message_edit") {
            let edit = own("message_edit");
            let num_edit = edit.integer("num_edit");
            return Some(EventKind::Edit { mid: edit.id("mid")?, text: edit.owned("text"), num_edit });
        }
        if event.has("reaction") {
            let own = own("reaction");
            let is_removed = own.text("action") == Some("unreact");
            let reaction = own.owned("emoji").or_else(|| own.owned("reaction")).filter(|_| !is_removed);
            return Some(EventKind::Reaction { mid: own.id("mid")?, reaction });
        }
        if event.has("postback") {
            let own = own("postback");
            let title = own.owned("title").or_else(|| own.owned("payload"))?;
            return Some(EventKind::Postback { mid: own.id("mid"), title, payload: own.owned("payload") });
        }
        if event.has("referral") {
            let own = own("referral");
            return Some(EventKind::Referral { reference: own.owned("ref"), source: own.owned("source") });
        }
        if event.has("read") {
            return Some(EventKind::Read { mid: own("read").id("mid") });
        }
        let kind = OTHER.into_iter().find(|&kind| event.has(kind))?;
        Some(EventKind::Other { kind: kind.to_owned(), raw: event.0.clone() })
    }

    fn message(message: Object<'_>, is_own: bool) -> Option<EventKind> {
        let mid = message.id("mid")?;
        let text = message.owned("text");
        let attachments = message
            .list("attachments")
            .iter()
            .map(|attachment| Attachment::read(Object(attachment)))
            .collect();
        Some(if message.flag("is_deleted") {
            EventKind::Deleted { mid }
        } else if is_own || message.flag("is_self") {
            EventKind::Echo { mid, text, attachments }
        } else if message.flag("is_unsupported") {
            EventKind::Unsupported { mid }
        } else {
            EventKind::Message {
                mid,
                text,
                attachments,
                quick_reply: message.object("quick_reply").owned("payload"),
                reply_to: ReplyTo::read(message.object("reply_to")),
                referral: message.has("referral").then(|| message.object("referral").0.clone()),
            }
        })
    }
}

impl Attachment {
    fn read(attachment: Object<'_>) -> Attachment {
        let payload = attachment.object("payload");
        Attachment {
            kind: attachment.owned("type").unwrap_or_default(),
            url: payload.owned("url").or_else(|| payload.owned("story_media_url")),
            title: payload.owned("title"),
        }
    }
}

impl ReplyTo {
    fn read(reply_to: Object<'_>) -> Option<ReplyTo> {
        let story = reply_to.object("story").id("id").map(|id| ReplyTo::Story { id });
        reply_to.id("mid").map(|mid| ReplyTo::Message { mid }).or(story)
    }
}
