//! Outbound webhooks: signed by both usual schemes, delivered past the [guard](crate::ssrf), and tried again on a schedule.
//!
//! Nothing is stored here. An [`Event`]'s bytes are made once and sent the same on every attempt; whoever keeps them calls
//! [`Deliverer::deliver`], and asks the [`Schedule`] when to do it again.

mod deliver;
mod schedule;

use secrecy::SecretString;

pub use deliver::{Deliverer, Delivery, DeliveryOutcome};
pub use schedule::Schedule;

use crate::signature::{body, standard, timestamped};

/// Something that happened, as it is told to every endpoint that wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    id: String,
    name: String,
    body: Vec<u8>,
}

/// Where events are sent, and the secrets they are signed with: the newest first, and one that it replaces for as long as
/// receivers may still have it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    url: String,
    secrets: Vec<SecretString>,
    scheme: SignatureScheme,
}

/// What stands in `X-Qualifier-Signature`. The headers of Standard Webhooks are sent in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SignatureScheme {
    /// `t=…,v1=…` over time and body.
    #[default]
    Timestamped,
    /// `sha256=…` over the body, for receivers that check nothing else. It does not keep an old event from being sent again.
    Body,
}

/// Why an event or an endpoint cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The id is signed with a full stop behind it, so it can have none itself.
    #[error("the id of an event has 1 to 128 letters, digits, - and _")]
    EventId,
    /// The name stands in a header.
    #[error("the name of an event has 1 to 64 lower-case letters, digits, full stops and _")]
    EventName,
    /// A secret can be guessed, or cannot be typed.
    #[error("a secret has 8 to 256 printable ASCII characters")]
    Secret,
    /// There is none, or there are more than can be in use.
    #[error("an endpoint has 1 to 4 secrets")]
    SecretCount,
}

const MAX_SECRETS: usize = 4;

impl Event {
    /// An event with an id that is the same on every attempt, its name such as `lead.qualified`, and its body.
    ///
    /// # Errors
    /// Where id or name could not be signed or sent.
    pub fn new(id: &str, name: &str, body: impl Into<Vec<u8>>) -> Result<Event, WebhookError> {
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if id.is_empty() || id.len() > 128 || !id.bytes().all(is_id) {
            return Err(WebhookError::EventId);
        }
        let is_name =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'_';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
            return Err(WebhookError::EventName);
        }
        Ok(Event { id: id.to_owned(), name: name.to_owned(), body: body.into() })
    }

    /// The id, by which a receiver knows an event that comes twice.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The bytes that are signed and sent.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Endpoint {
    /// An endpoint with its secrets. The address is checked when something is delivered.
    ///
    /// # Errors
    /// Where a secret is too short, too long, or has characters other than printable ASCII.
    pub fn new(url: impl Into<String>, secrets: Vec<SecretString>) -> Result<Endpoint, WebhookError> {
        use secrecy::ExposeSecret;
        if secrets.is_empty() || secrets.len() > MAX_SECRETS {
            return Err(WebhookError::SecretCount);
        }
        let is_sound = |secret: &SecretString| {
            let secret = secret.expose_secret();
            (8..=256).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !secrets.iter().all(is_sound) {
            return Err(WebhookError::Secret);
        }
        Ok(Endpoint { url: url.into(), secrets, scheme: SignatureScheme::default() })
    }

    /// The same with another scheme in `X-Qualifier-Signature`.
    #[must_use]
    pub fn scheme(mut self, scheme: SignatureScheme) -> Endpoint {
        self.scheme = scheme;
        self
    }

    /// The headers of one attempt, made at a time in seconds since 1970; `delivery` is new with every attempt.
    ///
    /// ```
    /// use leadscore_connect::webhook::{Endpoint, Event};
    /// let event = Event::new("evt_1", "lead.qualified", "{}")?;
    /// let endpoint = Endpoint::new("https://hooks.example.com/", vec!["whsec_your_signing_secret".to_owned().into()])?;
    /// let headers = endpoint.headers(&event, 1_742_034_600, "d-1");
    /// assert!(headers.iter().any(|(name, value)| *name == "webhook-id" && value == "evt_1"));
    /// # Ok::<(), leadscore_connect::webhook::WebhookError>(())
    /// ```
    pub fn headers(&self, event: &Event, seconds: i64, delivery: &str) -> Vec<(&'static str, String)> {
        let signature = match self.scheme {
            SignatureScheme::Timestamped => timestamped::sign(&self.secrets, seconds, &event.body),
            SignatureScheme::Body => body::sign(&self.secrets[0], &event.body),
        };
        vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", concat!("leadscore-webhooks/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("x-qualifier-signature", signature),
            ("x-qualifier-event", event.name.clone()),
            ("x-qualifier-delivery", delivery.to_owned()),
            ("webhook-id", event.id.clone()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", standard::sign(&self.secrets, &event.id, seconds, &event.body)),
        ]
    }
}
