//! Replies from one of our numbers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::User;
use crate::meta::{
    GraphClient, GraphError, GraphSettingsError, Limit, Object, ReplyError, Sent, TextError, check_window,
    checked_id,
};

/// The longest text of one message, in characters.
pub const MAX_TEXT_CHARS: usize = 4_096;

/// The longest text above buttons, in characters.
pub const MAX_BUTTONS_TEXT_CHARS: usize = 1_024;
const MAX_BUTTONS: usize = 3;
const MAX_BUTTON_TITLE_CHARS: usize = 20;
const MAX_BUTTON_ID_CHARS: usize = 256;

/// A reply that a person may choose with one touch. It comes back as [`Content::ButtonReply`](super::Content::ButtonReply).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Our id of it, at most 256 characters; another one for each button of a message.
    pub id: String,
    /// What stands on it, at most 20 characters; another one for each button of a message.
    pub title: String,
}

/// Sends from one of our numbers, each message once: the API has no key by which a second one would be dropped. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    graph: GraphClient,
    phone_number_id: String,
}

impl Sender {
    /// A sender for a number, by the id that the platform has for it.
    ///
    /// # Errors
    /// The id is none.
    pub fn new(graph: GraphClient, phone_number_id: &str) -> Result<Sender, GraphSettingsError> {
        // A number has no `me`.
        if phone_number_id == "me" {
            return Err(GraphSettingsError::BadId { field: "phone_number_id" });
        }
        Ok(Sender { graph, phone_number_id: checked_id(phone_number_id, "phone_number_id")? })
    }

    /// Answers a person with a text of at most [`MAX_TEXT_CHARS`], within 24 hours of their last message. `quoted` is the id of the
    /// message that is shown above it.
    ///
    /// A person who hides their number is answered by the business-scoped id.
    ///
    /// # Errors
    /// Why nothing was sent, or what the platform says.
    pub async fn reply(
        &self,
        user: &User,
        text: &str,
        quoted: Option<&str>,
        last_inbound: Timestamp,
        now: Timestamp,
    ) -> Result<Sent, ReplyError> {
        Limit::Characters(MAX_TEXT_CHARS).check(text, "text")?;
        // No address in it is fetched for a preview.
        let content = json!({"type": "text", "text": {"body": text, "preview_url": false}});
        self.send(user, content, quoted, last_inbound, now).await
    }

    /// Answers a person with a text of at most [`MAX_BUTTONS_TEXT_CHARS`] and one to three buttons below it, within 24 hours of
    /// their last message.
    ///
    /// # Errors
    /// Why nothing was sent, or what the platform says.
    pub async fn reply_with_buttons(
        &self,
        user: &User,
        text: &str,
        buttons: &[Button],
        last_inbound: Timestamp,
        now: Timestamp,
    ) -> Result<Sent, ReplyError> {
        Limit::Characters(MAX_BUTTONS_TEXT_CHARS).check(text, "text")?;
        check_buttons(buttons)?;
        let reply =
            |button: &Button| json!({"type": "reply", "reply": {"id": button.id, "title": button.title}});
        let buttons: Vec<Value> = buttons.iter().map(reply).collect();
        let interactive = json!({"type": "button", "body": {"text": text}, "action": {"buttons": buttons}});
        let content = json!({"type": "interactive", "interactive": interactive});
        self.send(user, content, None, last_inbound, now).await
    }

    async fn send(
        &self,
        user: &User,
        body: Value,
        quoted: Option<&str>,
        last_inbound: Timestamp,
        now: Timestamp,
    ) -> Result<Sent, ReplyError> {
        check_window(last_inbound, now)?;
        self.post(user, body, quoted).await
    }

    pub(super) async fn post(
        &self,
        user: &User,
        mut body: Value,
        quoted: Option<&str>,
    ) -> Result<Sent, ReplyError> {
        let (key, recipient) = match (&user.wa_id, &user.user_id) {
            (Some(number), _) if user.phone().is_some() => ("to", number),
            (_, Some(id)) => ("recipient", id),
            _ => return Err(ReplyError::NoRecipient),
        };
        body["messaging_product"] = Value::from("whatsapp");
        body["recipient_type"] = Value::from("individual");
        body[key] = Value::from(recipient.as_str());
        if let Some(id) = quoted {
            body["context"] = json!({"message_id": id});
        }
        let answer = self.graph.post_message(&self.phone_number_id, &body).await?;
        let id = Object(&answer).list("messages").first().and_then(|message| Object(message).id("id"));
        let id = id.ok_or_else(|| GraphError::bad_response("the answer has no id of the message"))?;
        Ok(Sent { id })
    }

    /// Marks a person's message as read, and shows for some seconds that an answer is being written.
    ///
    /// # Errors
    /// What the platform says.
    pub async fn mark_read(&self, message_id: &str, is_typing: bool) -> Result<(), GraphError> {
        let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": message_id});
        if is_typing {
            body["typing_indicator"] = json!({"type": "text"});
        }
        self.graph.post_message(&self.phone_number_id, &body).await.map(|_| ())
    }
}

fn check_buttons(buttons: &[Button]) -> Result<(), TextError> {
    if !(1..=MAX_BUTTONS).contains(&buttons.len()) {
        return Err(TextError::WrongNumber { path: "buttons", limit: MAX_BUTTONS, actual: buttons.len() });
    }
    for (at, button) in buttons.iter().enumerate() {
        Limit::Characters(MAX_BUTTON_TITLE_CHARS).check(&button.title, "buttons.title")?;
        Limit::Characters(MAX_BUTTON_ID_CHARS).check(&button.id, "buttons.id")?;
        // Which one was chosen could not be told.
        if buttons[..at].iter().any(|other| other.id == button.id) {
            return Err(TextError::Repeated { path: "buttons.id" });
        }
        if buttons[..at].iter().any(|other| other.title == button.title) {
            return Err(TextError::Repeated { path: "buttons.title" });
        }
    }
    Ok(())
}
