//! Messages of approved templates, which may be sent at any time.

use serde_json::{Value, json};

use super::User;
use super::sender::Sender;
use crate::meta::{Limit, ReplyError, Sent, TemplateError, TextError};

/// A template that Meta has approved, with what is put into it.
///
/// ```
/// use leadscore_connect::whatsapp::Template;
///
/// let template = Template::new("demo_reminder", "en_US").body(["Ana", "Tuesday, 10:00"]).quick_reply(0, "confirm:17");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    name: String,
    language: String,
    header: Option<String>,
    body: Vec<(Option<String>, String)>,
    buttons: Vec<(&'static str, usize, String)>,
}

const MAX_NAME: usize = 512;
/// The longest value, in characters; the text as a whole has at most as many, which only the platform can count.
const MAX_VALUE_CHARS: usize = 1_024;
const MAX_HEADER_CHARS: usize = 60;
const MAX_PAYLOAD_CHARS: usize = 128;
const MAX_URL_CHARS: usize = 2_000;
const MAX_BUTTONS: usize = 10;

impl Template {
    /// A template by its name and the code of its language, such as `en` or `pt_BR`.
    pub fn new(name: impl Into<String>, language: impl Into<String>) -> Template {
        Template {
            name: name.into(),
            language: language.into(),
            header: None,
            body: Vec::new(),
            buttons: Vec::new(),
        }
    }

    /// With the value of the heading.
    #[must_use]
    pub fn header(mut self, value: impl Into<String>) -> Template {
        self.header = Some(value.into());
        self
    }

    /// With the values of the text, `{{1}}` first.
    #[must_use]
    pub fn body<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Template {
        self.body.extend(values.into_iter().map(|value| (None, value.into())));
        self
    }

    /// With a value of the text by its name, for templates with names such as `{{first_name}}`.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>, value: impl Into<String>) -> Template {
        self.body.push((Some(name.into()), value.into()));
        self
    }

    /// With what comes back when a button for an answer is pressed; buttons are counted from 0.
    #[must_use]
    pub fn quick_reply(mut self, button: usize, payload: impl Into<String>) -> Template {
        self.buttons.push(("quick_reply", button, payload.into()));
        self
    }

    /// With the end of a button's web address; buttons are counted from 0.
    #[must_use]
    pub fn url_ending(mut self, button: usize, ending: impl Into<String>) -> Template {
        self.buttons.push(("url", button, ending.into()));
        self
    }

    fn check(&self) -> Result<(), ReplyError> {
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.chars().all(is_word) {
            return Err(TemplateError::BadName.into());
        }
        if !is_language(&self.language) {
            return Err(TemplateError::BadLanguage.into());
        }
        let values = self.body.iter().map(|(_, value)| ("template.body", MAX_VALUE_CHARS, value));
        let header = self.header.iter().map(|value| ("template.header", MAX_HEADER_CHARS, value));
        for (path, limit, value) in header.chain(values) {
            Limit::Characters(limit).check(value, path)?;
            if value.chars().any(char::is_control) || value.contains("     ") {
                return Err(TemplateError::BadValue { path }.into());
            }
        }
        let is_name =
            |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_word);
        for (at, (name, _)) in self.body.iter().enumerate() {
            if name.is_some() != self.body[0].0.is_some() {
                return Err(TemplateError::MixedValues.into());
            }
            if name.as_ref().is_some_and(|name| name.len() > MAX_NAME || !is_name(name)) {
                return Err(TemplateError::BadValueName.into());
            }
            if name.is_some() && self.body[..at].iter().any(|(other, _)| other == name) {
                return Err(TextError::Repeated { path: "template.body" }.into());
            }
        }
        for (at, (kind, button, text)) in self.buttons.iter().enumerate() {
            if *button >= MAX_BUTTONS {
                return Err(TemplateError::BadButton { at: *button }.into());
            }
            if self.buttons[..at].iter().any(|(_, other, _)| other == button) {
                return Err(TextError::Repeated { path: "template.buttons" }.into());
            }
            let limit = if *kind == "url" { MAX_URL_CHARS } else { MAX_PAYLOAD_CHARS };
            Limit::Characters(limit).check(text, "template.buttons")?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let text = |name: &Option<String>, value: &str| match name {
            Some(name) => json!({"type": "text", "parameter_name": name, "text": value}),
            None => json!({"type": "text", "text": value}),
        };
        let mut components = Vec::new();
        if let Some(header) = &self.header {
            components.push(json!({"type": "header", "parameters": [text(&None, header)]}));
        }
        if !self.body.is_empty() {
            let values: Vec<Value> = self.body.iter().map(|(name, value)| text(name, value)).collect();
            components.push(json!({"type": "body", "parameters": values}));
        }
        for (kind, button, value) in &self.buttons {
            let value = match *kind {
                "url" => text(&None, value),
                _ => json!({"type": "payload", "payload": value}),
            };
            let index = button.to_string();
            components
                .push(json!({"type": "button", "sub_type": kind, "index": index, "parameters": [value]}));
        }
        json!({"name": self.name, "language": {"code": self.language}, "components": components})
    }
}

impl Sender {
    /// Sends an approved template, which is what the platform takes after the 24 hours in which a person may be answered freely.
    ///
    /// Whether the person has agreed to be written to is the caller's to know.
    ///
    /// # Errors
    /// Why nothing was sent, or what the platform says.
    pub async fn send_template(&self, user: &User, template: &Template) -> Result<Sent, ReplyError> {
        template.check()?;
        self.post(user, json!({"type": "template", "template": template.json()}), None).await
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

fn is_language(code: &str) -> bool {
    let (language, country) =
        code.split_once('_').map_or((code, None), |(own, country)| (own, Some(country)));
    let fits =
        |text: &str, is: fn(&u8) -> bool| (2..=3).contains(&text.len()) && text.as_bytes().iter().all(is);
    fits(language, u8::is_ascii_lowercase)
        && country.is_none_or(|country| fits(country, u8::is_ascii_uppercase))
}
