//! What WhatsApp and Instagram have in common: the handshake and signatures of webhooks, double deliveries, the window for
//! replies, and the Graph API.
//!
//! A server that takes deliveries does, in this order: [`Webhook::verify`] over the bytes as they came,
//! [`whatsapp::Delivery::read`](crate::whatsapp::Delivery::read) or
//! [`instagram::Delivery::read`](crate::instagram::Delivery::read), [`SeenIds::is_first`] for each event, and an answer of 200
//! within a second. Work follows after that.

mod failure;
mod graph;
mod json;
mod seen;
#[cfg(feature = "whatsapp")]
mod template;
mod text;
mod webhook;
mod window;

pub use failure::{GraphError, GraphFailure};
pub use graph::{GraphClient, GraphSettingsError};
pub use json::Unread;
pub use seen::SeenIds;
#[cfg(feature = "whatsapp")]
pub use template::TemplateError;
pub use text::{TextError, split_text};
pub use webhook::{DeliveryError, HandshakeError, MAX_BODY_BYTES, Webhook, WebhookSettingsError};
pub use window::{REPLY_WINDOW, ReplyError, Sent, is_window_open};

pub(crate) use graph::checked_id;
pub(crate) use json::{Object, envelopes};
pub(crate) use text::Limit;
pub(crate) use window::check_window;
