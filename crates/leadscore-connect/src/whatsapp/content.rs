//! What a message of WhatsApp holds.

use serde_json::Value;

use crate::meta::Object;

/// What a person sent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// A text.
    Text {
        /// The text.
        body: String,
    },
    /// A reply button of ours was pressed.
    ButtonReply {
        /// Our id of it.
        id: String,
        /// What stands on it.
        title: String,
    },
    /// A row of a list of ours was chosen.
    ListReply {
        /// Our id of it.
        id: String,
        /// What stands on it.
        title: String,
        /// What stands below.
        description: Option<String>,
    },
    /// A quick reply of a template was pressed.
    TemplateButton {
        /// Our text behind it.
        payload: Option<String>,
        /// What stands on it.
        text: String,
    },
    /// A form was filled in.
    FlowReply {
        /// What the platform shows for it.
        body: Option<String>,
        /// The answers, as JSON in a text: nobody has checked them.
        response: String,
    },
    /// A picture, video, document, recording or sticker. It is never fetched here.
    Media {
        /// Which.
        kind: MediaKind,
        /// The platform's id of it.
        id: Option<String>,
        /// Its media type.
        mime_type: Option<String>,
        /// What is written below it.
        caption: Option<String>,
        /// A document's name.
        filename: Option<String>,
    },
    /// A reaction to a message; without an emoji it was taken back.
    Reaction {
        /// To which message.
        message_id: String,
        /// Which.
        emoji: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees to the north.
        latitude: f64,
        /// Degrees to the east.
        longitude: f64,
        /// Its name.
        name: Option<String>,
        /// Its address.
        address: Option<String>,
    },
    /// Cards of people.
    Contacts(Vec<ContactCard>),
    /// An order from a catalogue.
    Order {
        /// The catalogue.
        catalog_id: Option<String>,
        /// What was written with it.
        text: Option<String>,
        /// What was ordered.
        items: Vec<OrderItem>,
    },
    /// News about the person, such as another number.
    System {
        /// Which.
        kind: SystemKind,
        /// What the platform shows for it.
        body: Option<String>,
        /// The new number, as digits.
        wa_id: Option<String>,
    },
    /// An earlier message has another content now.
    Edit {
        /// Which message.
        message_id: String,
        /// What it holds now.
        content: Box<Content>,
    },
    /// An earlier message was taken back: what is stored of it must go.
    Revoke {
        /// Which message.
        message_id: String,
    },
    /// The chat was opened for the first time.
    WelcomeRequest,
    /// The platform itself cannot hand it on.
    Unsupported {
        /// The type, where it is told.
        kind: Option<String>,
        /// Why.
        errors: Vec<Note>,
    },
    /// A type that is not known here, or one without what belongs to it.
    Unknown {
        /// The type.
        kind: String,
        /// The message as it came.
        raw: Value,
    },
}

/// The kinds of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum MediaKind {
    Image,
    Video,
    Document,
    Audio,
    Sticker,
}

/// A card of a person that somebody sent. It may hold what a lead is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContactCard {
    /// The whole name.
    pub name: Option<String>,
    /// Numbers as they are written.
    pub phones: Vec<String>,
    /// Addresses of e-mail.
    pub emails: Vec<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OrderItem {
    /// Our id of the product.
    pub product_retailer_id: String,
    /// How many.
    pub quantity: Option<f64>,
    /// The price of one, in units of the currency.
    pub item_price: Option<f64>,
    /// The currency, as three letters.
    pub currency: Option<String>,
}

/// News about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SystemKind {
    /// Another number.
    ChangedNumber,
    /// Another business-scoped id.
    ChangedUserId,
    /// Another person or device may be behind the number.
    ChangedIdentity,
    /// Another word of the platform's.
    Other(String),
}

/// An error as the platform notes it in a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The code.
    pub code: i64,
    /// A few words.
    pub title: Option<String>,
    /// More words.
    pub details: Option<String>,
}

impl Content {
    /// What a person wrote or chose, for scoring; nothing where there are no words, and for what is taken back.
    pub fn text(&self) -> Option<String> {
        let text = match self {
            Content::Text { body } => Some(body.clone()),
            Content::ButtonReply { title, .. } | Content::ListReply { title, .. } => Some(title.clone()),
            Content::TemplateButton { text, .. } => Some(text.clone()),
            Content::FlowReply { body, .. } => body.clone(),
            Content::Media { caption, .. } => caption.clone(),
            Content::Location { name, address, .. } => {
                let words: Vec<&str> =
                    [name, address].into_iter().filter_map(|text| text.as_deref()).collect();
                Some(words.join(", "))
            }
            Content::Order { text, .. } => text.clone(),
            Content::Edit { content, .. } => content.text(),
            _ => None,
        };
        text.filter(|text| !text.trim().is_empty())
    }

    /// Whether a person wrote to us with it and may expect an answer. Reactions, news of the platform and what is taken back are
    /// no such messages.
    pub fn wants_answer(&self) -> bool {
        !matches!(
            self,
            Content::Reaction { .. }
                | Content::System { .. }
                | Content::Revoke { .. }
                | Content::Edit { .. }
                | Content::Unsupported { .. }
                | Content::Unknown { .. }
        )
    }

    /// Reads a message, or what an edited one holds now.
    pub(super) fn read(message: Object<'_>) -> Content {
        let kind = message.text("type").unwrap_or_default();
        // Kinds carry what belongs to them under their own name.
        known(message, kind, message.object(kind))
            .unwrap_or_else(|| Content::Unknown { kind: kind.to_owned(), raw: message.0.clone() })
    }
}

fn known(message: Object<'_>, kind: &str, own: Object<'_>) -> Option<Content> {
    let media = |kind| Content::Media {
        kind,
        id: own.id("id"),
        mime_type: own.owned("mime_type"),
        caption: own.owned("caption"),
        filename: own.owned("filename"),
    };
    let has_own = message.has(kind);
    Some(match kind {
        "text" => Content::Text { body: own.owned("body")? },
        "interactive" => return interactive(own),
        "button" => Content::TemplateButton { payload: own.owned("payload"), text: own.owned("text")? },
        "image" if has_own => media(MediaKind::Image),
        "video" if has_own => media(MediaKind::Video),
        "document" if has_own => media(MediaKind::Document),
        "audio" | "voice" if has_own => media(MediaKind::Audio),
        "sticker" if has_own => media(MediaKind::Sticker),
        "reaction" => Content::Reaction { message_id: own.id("message_id")?, emoji: own.owned("emoji") },
        "location" => Content::Location {
            latitude: own.number("latitude")?,
            longitude: own.number("longitude")?,
            name: own.owned("name"),
            address: own.owned("address"),
        },
        "contacts" if has_own => Content::Contacts(
            message.list("contacts").iter().map(|card| ContactCard::read(Object(card))).collect(),
        ),
        "order" if has_own => Content::Order {
            catalog_id: own.id("catalog_id"),
            text: own.owned("text"),
            items: own
                .list("product_items")
                .iter()
                .filter_map(|item| OrderItem::read(Object(item)))
                .collect(),
        },
        "system" if has_own => Content::System {
            kind: SystemKind::read(own.text("type").unwrap_or_default()),
            body: own.owned("body"),
            wa_id: own.id("wa_id").or_else(|| own.id("new_wa_id")),
        },
        "edit" => Content::Edit {
            message_id: own.id("original_message_id")?,
            content: Box::new(Content::read(own.object("message"))),
        },
        "revoke" => Content::Revoke { message_id: own.id("original_message_id")? },
        "request_welcome" => Content::WelcomeRequest,
        "unsupported" | "unknown" => {
            Content::Unsupported { kind: own.owned("type"), errors: Note::list(message) }
        }
        _ => return None,
    })
}

fn interactive(own: Object<'_>) -> Option<Content> {
    let kind = own.text("type")?;
    let reply = own.object(kind);
    Some(match kind {
        "button_reply" => Content::ButtonReply { id: reply.id("id")?, title: reply.owned("title")? },
        "list_reply" => Content::ListReply {
            id: reply.id("id")?,
            title: reply.owned("title")?,
            description: reply.owned("description"),
        },
        "nfm_reply" => {
            Content::FlowReply { body: reply.owned("body"), response: reply.owned("response_json")? }
        }
        _ => return None,
    })
}

impl ContactCard {
    fn read(card: Object<'_>) -> ContactCard {
        let texts = |list: &str, key: &str| {
            card.list(list).iter().filter_map(|entry| Object(entry).owned(key)).collect::<Vec<_>>()
        };
        ContactCard {
            name: card.object("name").owned("formatted_name"),
            phones: texts("phones", "phone"),
            emails: texts("emails", "email"),
        }
    }
}

impl OrderItem {
    fn read(item: Object<'_>) -> Option<OrderItem> {
        Some(OrderItem {
            product_retailer_id: item.id("product_retailer_id")?,
            quantity: item.number("quantity"),
            item_price: item.number("item_price"),
            currency: item.owned("currency"),
        })
    }
}

impl SystemKind {
    fn read(kind: &str) -> SystemKind {
        match kind {
            "user_changed_number" | "customer_changed_number" => SystemKind::ChangedNumber,
            "user_changed_user_id" => SystemKind::ChangedUserId,
            "customer_identity_changed" => SystemKind::ChangedIdentity,
            other => SystemKind::Other(other.to_owned()),
        }
    }
}

impl Note {
    pub(super) fn list(whole: Object<'_>) -> Vec<Note> {
        let read = |note| {
            let note = Object(note);
            Some(Note {
                code: note.integer("code")?,
                title: note.owned("title"),
                details: note.object("error_data").owned("details").or_else(|| note.owned("message")),
            })
        };
        whole.list("errors").iter().filter_map(read).collect()
    }
}
