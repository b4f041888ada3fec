//! What platforms deliver, in one form for both: as it is kept until it is worked at.

use leadscore_connect::instagram::{self, EventKind};
use leadscore_connect::whatsapp::{self, Content, DeliveryState, MediaKind, OrderItem};
use serde::{Deserialize, Serialize};

/// The longest text that is kept, in characters; WhatsApp's are shorter.
const MOST_CHARACTERS: usize = 4_096;

/// A platform, by the name of its leads' source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    Whatsapp,
    Instagram,
}

/// Something that a platform delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlatformEvent {
    pub(crate) place: Place,
    pub(crate) person: Person,
    /// Which of our numbers or accounts.
    pub(crate) account: Option<String>,
    /// When, in milliseconds since 1970.
    pub(crate) at: Option<i64>,
    pub(crate) what: What,
}

/// A person, as far as the platform tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Person {
    /// The number of WhatsApp, or the id of Instagram.
    pub(crate) id: Option<String>,
    /// The id that WhatsApp has for people who hide their number.
    pub(crate) user_id: Option<String>,
    pub(crate) name: Option<String>,
    /// The telephone number in E.164.
    pub(crate) phone: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum What {
    /// A person wrote.
    Message { id: String, content: String, text: Option<String>, is_order: bool, wants_reply: bool },
    /// The business itself wrote.
    Echo { id: String, content: String },
    /// A message of ours has come further.
    Status { id: String, status: String, rank: i64 },
    /// A message has another text.
    Edit { id: String, content: String },
    /// A message was taken back.
    Removal { id: String },
    /// A person has another number.
    NewNumber { number: String },
}

/// An event, the key by which a second delivery of it is known, and the word under which it is counted.
pub(crate) struct Delivered {
    pub(crate) key: String,
    pub(crate) event: PlatformEvent,
}

/// What a delivery holds.
#[derive(Default)]
pub(crate) struct Deliveries {
    pub(crate) events: Vec<Delivered>,
    /// What nothing is done with, by the word for it.
    pub(crate) ignored: Vec<&'static str>,
}

impl Place {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Place::Whatsapp => "whatsapp",
            Place::Instagram => "instagram",
        }
    }
}

impl Person {
    /// The ids of the person's conversation, the one that counts first.
    pub(crate) fn ids(&self, place: Place) -> Vec<String> {
        let known = self.user_id.iter().chain(&self.id);
        known.map(|id| format!("{}:{id}", place.as_str())).collect()
    }
}

impl What {
    /// The word under which it is counted.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            What::Message { .. } => "message",
            What::Echo { .. } => "echo",
            What::Status { .. } => "status",
            What::Edit { .. } => "edit",
            What::Removal { .. } => "removal",
            What::NewNumber { .. } => "new_number",
        }
    }
}

/// What a delivery of WhatsApp's holds.
pub(crate) fn whatsapp_events(delivery: whatsapp::Delivery) -> Deliveries {
    let mut deliveries =
        Deliveries { ignored: vec!["other"; delivery.unread.len()], ..Deliveries::default() };
    for event in delivery.events {
        let key = event.key();
        let read = match event {
            whatsapp::Event::Message(message) => from_whatsapp(&message),
            whatsapp::Event::Echo(message) => {
                let content = shown(&message.content).map(|(content, _)| content);
                match content {
                    Some(content) => {
                        let what = What::Echo { id: message.id.clone(), content };
                        Ok(whatsapp_event(
                            &message.user,
                            message.phone_number_id.as_ref(),
                            message.sent_at,
                            what,
                        ))
                    }
                    None => Err("other"),
                }
            }
            whatsapp::Event::Status(status) => {
                for error in &status.errors {
                    tracing::warn!(
                        code = error.code,
                        title = error.title.as_deref().unwrap_or_default(),
                        "WhatsApp could not deliver a reply"
                    );
                }
                match rank(&status.state) {
                    Some(rank) => {
                        let status_word = status.state.as_str().to_owned();
                        let what = What::Status { id: status.id.clone(), status: status_word, rank };
                        Ok(whatsapp_event(&status.user, status.phone_number_id.as_ref(), status.at, what))
                    }
                    None => Err("other"),
                }
            }
            whatsapp::Event::AccountProblem { problem, .. } => {
                tracing::error!(
                    code = problem.code,
                    title = problem.title.as_deref().unwrap_or_default(),
                    "WhatsApp has a problem with the account"
                );
                Err("account_problem")
            }
            _ => Err("other"),
        };
        deliveries.push(key, read);
    }
    deliveries
}

/// What a delivery of Instagram's holds.
pub(crate) fn instagram_events(delivery: instagram::Delivery) -> Deliveries {
    let mut deliveries =
        Deliveries { ignored: vec!["other"; delivery.unread.len()], ..Deliveries::default() };
    for event in delivery.events {
        let key = event.key();
        let read = from_instagram(event, key.as_deref());
        deliveries.push(key, read);
    }
    deliveries
}

impl Deliveries {
    fn push(&mut self, key: Option<String>, read: Result<PlatformEvent, &'static str>) {
        match (key, read) {
            (Some(key), Ok(event)) => self.events.push(Delivered { key, event }),
            (None, Ok(_)) => self.ignored.push("other"),
            (_, Err(word)) => self.ignored.push(word),
        }
    }
}

fn whatsapp_event(
    user: &whatsapp::User,
    account: Option<&String>,
    at: Option<jiff::Timestamp>,
    what: What,
) -> PlatformEvent {
    let person = Person {
        id: user.wa_id.clone(),
        user_id: user.user_id.clone(),
        name: user.name.clone(),
        phone: user.phone(),
    };
    PlatformEvent {
        place: Place::Whatsapp,
        person,
        account: account.cloned(),
        at: at.map(jiff::Timestamp::as_millisecond),
        what,
    }
}

fn from_whatsapp(message: &whatsapp::Message) -> Result<PlatformEvent, &'static str> {
    let id = message.id.clone();
    let what = match &message.content {
        Content::Edit { message_id, content } => {
            let (content, _) = shown(content).ok_or("other")?;
            What::Edit { id: message_id.clone(), content }
        }
        Content::Revoke { message_id } => What::Removal { id: message_id.clone() },
        Content::System { kind: whatsapp::SystemKind::ChangedNumber, wa_id: Some(number), .. } => {
            What::NewNumber { number: number.clone() }
        }
        Content::Reaction { .. } => return Err("reaction"),
        Content::System { .. } | Content::WelcomeRequest => return Err("system"),
        own => {
            let (content, text) = shown(own).ok_or("other")?;
            let is_order = matches!(own, Content::Order { .. });
            What::Message { id, content, text, is_order, wants_reply: own.wants_answer() }
        }
    };
    if message.user.key().is_none() {
        return Err("nobody");
    }
    Ok(whatsapp_event(&message.user, message.phone_number_id.as_ref(), message.sent_at, what))
}

fn from_instagram(event: instagram::Event, key: Option<&str>) -> Result<PlatformEvent, &'static str> {
    let wants_reply = event.wants_answer();
    let text = event.text().map(cut);
    let message = |id: String, content: String| What::Message {
        id,
        content,
        text: text.clone(),
        is_order: false,
        wants_reply,
    };
    let words_of = |text: &Option<String>, attachments: &[instagram::Attachment]| {
        let placeholder = || {
            let first = attachments.first().map(|own| own.kind.as_str()).filter(|kind| !kind.is_empty());
            format!("[{}]", cut(first.unwrap_or("message")))
        };
        text.as_deref().filter(|text| !text.trim().is_empty()).map_or_else(placeholder, cut)
    };
    let what = match event.kind {
        EventKind::Message { mid, text, attachments, .. } => message(mid, words_of(&text, &attachments)),
        EventKind::Postback { mid, title, .. } => {
            message(mid.or_else(|| key.map(str::to_owned)).ok_or("other")?, cut(&title))
        }
        EventKind::Unsupported { mid } => message(mid, "[unsupported]".to_owned()),
        EventKind::Echo { mid, text, attachments } => {
            What::Echo { id: mid, content: words_of(&text, &attachments) }
        }
        EventKind::Deleted { mid } => What::Removal { id: mid },
        EventKind::Edit { mid, text: Some(text), .. } => What::Edit { id: mid, content: cut(&text) },
        EventKind::Read { mid: Some(mid) } => What::Status { id: mid, status: "read".to_owned(), rank: 3 },
        EventKind::Reaction { .. } => return Err("reaction"),
        _ => return Err("other"),
    };
    let person = event.person.ok_or("nobody")?;
    Ok(PlatformEvent {
        place: Place::Instagram,
        person: Person { id: Some(person), ..Person::default() },
        account: event.account,
        at: event.at.map(jiff::Timestamp::as_millisecond),
        what,
    })
}

/// What is kept of a message, and its words; nothing of what is not known here.
fn shown(content: &Content) -> Option<(String, Option<String>)> {
    let text = content.text().map(|text| cut(&text));
    let placeholder = match content {
        Content::Media { kind, .. } => match kind {
            MediaKind::Image => "[image]",
            MediaKind::Video => "[video]",
            MediaKind::Document => "[document]",
            MediaKind::Audio => "[audio]",
            MediaKind::Sticker => "[sticker]",
            _ => "[media]",
        }
        .to_owned(),
        Content::Location { .. } => "[location]".to_owned(),
        Content::Contacts(_) => "[contact]".to_owned(),
        Content::Order { items, .. } => {
            let items: Vec<String> = items.iter().map(line_of).collect();
            cut(&format!("[order: {}]", items.join(", ")))
        }
        Content::FlowReply { .. } => "[form]".to_owned(),
        Content::Unsupported { .. } => "[unsupported]".to_owned(),
        _ => return Some((text.clone()?, text)),
    };
    let content = match (&text, content) {
        (Some(text), Content::Order { .. }) => cut(&format!("{text} {placeholder}")),
        (Some(text), _) => text.clone(),
        (None, _) => placeholder,
    };
    Some((content, text))
}

fn line_of(item: &OrderItem) -> String {
    match item.quantity {
        Some(quantity) => format!("{quantity} × {}", item.product_retailer_id),
        None => item.product_retailer_id.clone(),
    }
}

fn cut(text: &str) -> String {
    // NUL is in no text of PostgreSQL.
    text.chars().filter(|c| *c != '\0').take(MOST_CHARACTERS).collect()
}

/// How far a state is; none for words that are not known here.
fn rank(state: &DeliveryState) -> Option<i64> {
    match state {
        DeliveryState::Sent => Some(1),
        DeliveryState::Delivered => Some(2),
        DeliveryState::Read => Some(3),
        DeliveryState::Played => Some(4),
        DeliveryState::Failed => Some(5),
        _ => None,
    }
}
