//! Replies from one of our numbers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::User;
use crate::meta::{
    GraphClient, GraphError, GraphSettingsError, Limit, Object, ReplyError, Sent, check_window, checked_id,
};

/// The longest text of one message, in characters.
pub const MAX_TEXT_CHARS: usize = 4_096;

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
        check_window(last_inbound, now)?;
        let mut body = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "type": "text",
            // No address in it is fetched for a preview.
            "text": {"body": text, "preview_url": false},
        });
        let (key, recipient) = match (&user.wa_id, &user.user_id) {
            (Some(number), _) if user.phone().is_some() => ("to", number),
            (_, Some(id)) => ("recipient", id),
            _ => return Err(ReplyError::NoRecipient),
        };
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
