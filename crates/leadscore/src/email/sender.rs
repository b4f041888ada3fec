//! Who writes.

use serde::{Deserialize, Serialize};

use crate::text::clean;
use crate::{Error, ErrorKind};

/// Who a message is from, with what law asks for: a postal address and a way to unsubscribe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
#[non_exhaustive]
pub struct Sender {
    /// The person who signs.
    pub name: String,
    /// The company.
    pub company: String,
    /// The company's postal address.
    pub address: String,
    /// Where the lead can unsubscribe: an `https:` or `mailto:` address.
    pub unsubscribe: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: String,
    company: String,
    address: String,
    unsubscribe: String,
}

const MAX_FIELD: usize = 200;
const MAX_LINK: usize = 1_000;

impl Sender {
    /// A sender.
    ///
    /// # Errors
    /// `invalid_sender` for a text that is blank, too long or not of one line, and for a way to unsubscribe that is
    /// neither an `https:` nor a `mailto:` address.
    ///
    /// ```
    /// use leadscore::email::Sender;
    /// let error = Sender::new("Mara Quill", "Oriole", "1 Sample Street", "oriole.example/u").unwrap_err();
    /// assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_sender", "unsubscribe"));
    /// ```
    pub fn new(
        name: impl Into<String>,
        company: impl Into<String>,
        address: impl Into<String>,
        unsubscribe: impl Into<String>,
    ) -> Result<Sender, Error> {
        let sender = Sender {
            name: line("name", &name.into(), MAX_FIELD)?,
            company: line("company", &company.into(), MAX_FIELD)?,
            address: line("address", &address.into(), MAX_FIELD)?,
            unsubscribe: line("unsubscribe", &unsubscribe.into(), MAX_LINK)?,
        };
        let link = &sender.unsubscribe;
        let is_web = link.strip_prefix("https://").is_some_and(|rest| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            host.contains('.') && !host.starts_with('.') && !host.contains('@')
        });
        let is_mail = link.strip_prefix("mailto:").is_some_and(|rest| {
            rest.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'))
        });
        if !(is_web || is_mail) || link.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
        {
            return Err(invalid("unsubscribe", "wants an `https:` or `mailto:` address"));
        }
        Ok(sender)
    }
}

impl TryFrom<Fields> for Sender {
    type Error = Error;

    fn try_from(fields: Fields) -> Result<Sender, Error> {
        Sender::new(fields.name, fields.company, fields.address, fields.unsubscribe)
    }
}

fn line(path: &str, text: &str, max_chars: usize) -> Result<String, Error> {
    if text.trim().is_empty() {
        return Err(invalid(path, "is blank"));
    }
    if text.chars().count() > max_chars {
        return Err(invalid(path, &format!("has more than {max_chars} characters")));
    }
    if text.chars().any(char::is_control) || clean(text, max_chars) != text {
        return Err(invalid(
            path,
            "wants one line without characters that are not seen and without double blanks",
        ));
    }
    Ok(text.to_owned())
}

fn invalid(path: &str, message: &str) -> Error {
    Error::new(ErrorKind::InvalidSender, path, message)
}
