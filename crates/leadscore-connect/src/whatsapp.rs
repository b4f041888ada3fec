//! The WhatsApp Cloud API: messages in, replies out.
//!
//! ```
//! use leadscore_connect::whatsapp::{Delivery, Event};
//!
//! let body = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
//!     "messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},
//!     "contacts":[{"profile":{"name":"Ana"},"wa_id":"16505551234"}],
//!     "messages":[{"from":"16505551234","id":"wamid.A","timestamp":"1749416383","type":"text","text":{"body":"Price?"}}]}}]}]}"#;
//! let delivery = Delivery::read(body).unwrap();
//! let Event::Message(message) = &delivery.events[0] else { panic!() };
//! assert_eq!(message.content.text().as_deref(), Some("Price?"));
//! assert_eq!(message.user.phone().as_deref(), Some("+16505551234"));
//! ```
//!
//! Sources: Meta's pages "Create a webhook endpoint", "messages webhook reference" and "Send messages" of 2026, and the payloads
//! that pywa 4.5.0 is tested with.

mod content;
mod delivery;
mod sender;
mod template;

pub use crate::meta::TemplateError;
pub use content::{ContactCard, Content, MediaKind, Note, OrderItem, SystemKind};
pub use delivery::{Delivery, DeliveryState, Event, Message, Referral, Status, User};
pub use sender::{Button, MAX_BUTTONS_TEXT_CHARS, MAX_TEXT_CHARS, Sender};
pub use template::Template;
