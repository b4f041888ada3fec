//! An e-mail, what is wrong with it, and what it is on the wire.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox as Written, MessageBuilder, MultiPart, SinglePart};
use thiserror::Error;
use url::{Host, Url};

/// The longest subject and name, in characters.
const MAX_HEADER: usize = 250;
/// The longest text and the longest HTML, in bytes.
const MAX_BODY_BYTES: usize = 2 << 20;
/// The longest address in `List-Unsubscribe`, in bytes: a line of a header has at most 998.
const MAX_UNSUBSCRIBE_BYTES: usize = 450;

/// An e-mail to one recipient, so that its outcome is one outcome.
///
/// Nothing is checked before [`Email::message`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Email {
    /// Who sends it.
    pub from: Mailbox,
    /// Who gets it.
    pub to: Mailbox,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Mailbox>,
    /// The subject.
    pub subject: String,
    /// The text, for everyone.
    pub text: String,
    /// The same as HTML. Whatever comes from a lead must be escaped in it.
    pub html: Option<String>,
    /// How to get no more of these: demanded of everything that advertises.
    pub unsubscribe: Option<Unsubscribe>,
    /// No person has written it: `Auto-Submitted: auto-generated`, which keeps other machines from answering.
    pub automatic: bool,
    /// What the Message-ID begins with; without it a random one.
    pub id: Option<String>,
}

/// An address with the name that is shown for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    address: String,
    name: String,
}

/// Unsubscribing by one click, after RFC 8058.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsubscribe {
    /// The `https` address to which a mail program posts `List-Unsubscribe=One-Click`. It must hold a token that nobody can guess.
    pub https: String,
    /// An address for those that write a mail instead: `mailto:leave@example.com?subject=token`.
    pub mailto: Option<String>,
}

/// A message as it is sent. Sent again, it is the same message: Message-ID and date stay.
#[derive(Clone)]
pub struct Message {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
    id: String,
}

/// What is wrong with an e-mail, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {problem}")]
#[non_exhaustive]
pub struct EmailError {
    /// The field: `to.address`, `subject` and so on.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Mailbox {
    /// An address without a name.
    pub fn new(address: impl Into<String>) -> Mailbox {
        Mailbox { address: address.into(), name: String::new() }
    }

    /// The name that is shown for it.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Mailbox {
        self.name = name.into();
        self
    }

    fn written(&self, path: &str) -> Result<Written, EmailError> {
        let address = address(&self.address, &format!("{path}.address"))?;
        header_text(&self.name, &format!("{path}.name"))?;
        let name = Some(self.name.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(Written::new(name, address))
    }
}

impl Unsubscribe {
    /// By an `https` address.
    pub fn new(https: impl Into<String>) -> Unsubscribe {
        Unsubscribe { https: https.into(), mailto: None }
    }

    /// By mail too.
    #[must_use]
    pub fn mailto(mut self, mailto: impl Into<String>) -> Unsubscribe {
        self.mailto = Some(mailto.into());
        self
    }

    fn headers(&self) -> Result<[HeaderValue; 2], EmailError> {
        let https = list_address(&self.https, "https", "unsubscribe.https")?;
        let mailto = self.mailto.as_deref();
        let mailto = mailto.map(|url| list_address(url, "mailto", "unsubscribe.mailto")).transpose()?;
        // Folded by hand: addresses are never broken, each has a line of its own.
        let folded = match &mailto {
            Some(mailto) => format!("<{https}>,\r\n <{mailto}>"),
            None => format!("<{https}>"),
        };
        let name = HeaderName::new_from_ascii_str("List-Unsubscribe");
        let one_click = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");
        Ok([
            HeaderValue::dangerous_new_pre_encoded(name, folded.clone(), folded),
            HeaderValue::new(one_click, "List-Unsubscribe=One-Click".to_owned()),
        ])
    }
}

impl Email {
    /// An e-mail of text.
    pub fn new(from: Mailbox, to: Mailbox, subject: impl Into<String>, text: impl Into<String>) -> Email {
        Email {
            from,
            to,
            reply_to: None,
            subject: subject.into(),
            text: text.into(),
            html: None,
            unsubscribe: None,
            automatic: false,
            id: None,
        }
    }

    /// The same as HTML, in which whatever comes from a lead must be escaped.
    #[must_use]
    pub fn html(mut self, html: impl Into<String>) -> Email {
        self.html = Some(html.into());
        self
    }

    /// Where answers go.
    #[must_use]
    pub fn reply_to(mut self, mailbox: Mailbox) -> Email {
        self.reply_to = Some(mailbox);
        self
    }

    /// How to get no more of these.
    #[must_use]
    pub fn unsubscribe(mut self, unsubscribe: Unsubscribe) -> Email {
        self.unsubscribe = Some(unsubscribe);
        self
    }

    /// No person has written it.
    #[must_use]
    pub fn automatic(mut self) -> Email {
        self.automatic = true;
        self
    }

    /// What the Message-ID begins with.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Email {
        self.id = Some(id.into());
        self
    }

    /// The message to send, and to send again where that makes sense.
    ///
    /// # Errors
    /// What is wrong with which field. Line breaks and other control characters are refused in everything that becomes a header,
    /// as are characters that turn the direction of writing: names and subjects are often what a stranger typed.
    ///
    /// ```
    /// use leadscore_connect::smtp::{Email, Mailbox};
    ///
    /// let to = Mailbox::new("ana@example.org").name("Ana\r\nBcc: everyone@example.org");
    /// let email = Email::new(Mailbox::new("sales@example.com"), to, "Hello", "Hello!");
    /// assert_eq!(email.message().unwrap_err().path, "to.name");
    /// ```
    pub fn message(&self) -> Result<Message, EmailError> {
        let from = self.from.written("from")?;
        let to = self.to.written("to")?;
        if self.subject.trim().is_empty() {
            return Err(wrong("subject", "is empty"));
        }
        header_text(&self.subject, "subject")?;
        body(&self.text, "text")?;
        let id = format!("<{}@{}>", self.unique()?, from.email.domain());
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()])
            .map_err(|error| wrong("to.address", &error.to_string()))?;
        let mut builder = MessageBuilder::new()
            .date(SystemTime::now())
            .from(from)
            .to(to)
            .subject(self.subject.trim())
            .message_id(Some(id.clone()));
        if let Some(mailbox) = &self.reply_to {
            builder = builder.reply_to(mailbox.written("reply_to")?);
        }
        if let Some(unsubscribe) = &self.unsubscribe {
            for header in unsubscribe.headers()? {
                builder = builder.raw_header(header);
            }
        }
        if self.automatic {
            let name = HeaderName::new_from_ascii_str("Auto-Submitted");
            builder = builder.raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
        }
        let text = SinglePart::plain(self.text.clone());
        let message = match &self.html {
            Some(html) => {
                body(html, "html")?;
                // From the plainest to the richest.
                let both =
                    MultiPart::alternative().singlepart(text).singlepart(SinglePart::html(html.clone()));
                builder.multipart(both)
            }
            None => builder.singlepart(text),
        };
        let message = message.map_err(|error| wrong("text", &error.to_string()))?;
        Ok(Message { envelope, bytes: message.formatted(), id })
    }

    fn unique(&self) -> Result<String, EmailError> {
        if let Some(id) = &self.id {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if id.is_empty() || id.len() > 100 || !id.chars().all(fits) {
                return Err(wrong("id", "is not of letters a to z, digits, - and _, at most 100"));
            }
            return Ok(id.clone());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        // Each state is seeded anew by the system.
        let random = || RandomState::new().hash_one(now);
        Ok(format!("{:016x}{:016x}", random(), random()))
    }
}

impl Message {
    /// The Message-ID with its angle brackets.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Headers and body as they go over the wire, but for the doubling of dots.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

fn wrong(path: &str, problem: &str) -> EmailError {
    EmailError { path: path.to_owned(), problem: problem.to_owned() }
}

/// Exactly one address: what a list, a comment, quotes or angle brackets would take is refused.
fn address(text: &str, path: &str) -> Result<Address, EmailError> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || is_invisible(c)) {
        return Err(wrong(path, "has a space, line break, control character or invisible character"));
    }
    if text.contains(['<', '>', '(', ')', '[', ']', ',', ';', ':', '"', '\\']) {
        return Err(wrong(path, "is not one plain address like name@example.com"));
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Err(wrong(path, "has no @"));
    };
    if local.is_empty() || local.len() > 64 || local.contains('@') {
        return Err(wrong(path, "has before the @ nothing, more than 64 bytes or another @"));
    }
    let domain = match Host::parse(domain) {
        Ok(Host::Domain(domain)) => domain,
        Ok(_) => return Err(wrong(path, "has an IP address instead of a domain")),
        Err(_) => return Err(wrong(path, "has no domain after the @")),
    };
    if local.len() + 1 + domain.len() > 254 {
        return Err(wrong(path, "has more than 254 bytes"));
    }
    Address::new(local, domain).map_err(|error| wrong(path, &error.to_string()))
}

fn header_text(text: &str, path: &str) -> Result<(), EmailError> {
    if text.chars().any(char::is_control) {
        return Err(wrong(path, "has a line break or another control character"));
    }
    if text.chars().any(is_invisible) {
        return Err(wrong(path, "has a character that breaks lines or turns the direction of writing"));
    }
    if text.chars().count() > MAX_HEADER {
        return Err(wrong(path, &format!("has more than {MAX_HEADER} characters")));
    }
    Ok(())
}

/// Separators of lines and paragraphs, and characters that turn the direction of writing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{61C}')
}

fn body(text: &str, path: &str) -> Result<(), EmailError> {
    if text.trim().is_empty() {
        return Err(wrong(path, "is empty"));
    }
    if text.len() > MAX_BODY_BYTES {
        return Err(wrong(path, &format!("has more than {} MiB", MAX_BODY_BYTES >> 20)));
    }
    if text.contains('\0') {
        return Err(wrong(path, "has a NUL character"));
    }
    Ok(())
}

fn list_address(text: &str, scheme: &str, path: &str) -> Result<String, EmailError> {
    // The URL parser drops line breaks in silence.
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(wrong(path, "has a space, line break or control character"));
    }
    let url = Url::parse(text).map_err(|error| wrong(path, &format!("is no URL: {error}")))?;
    if url.scheme() != scheme {
        return Err(wrong(path, &format!("has another scheme than {scheme}:")));
    }
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',');
    // The comma separates addresses for some readers.
    let written = url.as_str().replace(',', "%2C");
    if written.len() > MAX_UNSUBSCRIBE_BYTES || !written.chars().all(plain) {
        return Err(wrong(path, &format!("has more than {MAX_UNSUBSCRIBE_BYTES} bytes, < or >")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(path, "has a name or password in it"));
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
