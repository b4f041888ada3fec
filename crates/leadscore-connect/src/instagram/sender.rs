//! Replies from our account.

use jiff::Timestamp;
use serde_json::json;

use crate::meta::{
    GraphClient, GraphError, GraphSettingsError, Limit, Object, ReplyError, Sent, check_window, checked_id,
};

/// The longest text of one message, in bytes of UTF-8. [`split_text`](crate::meta::split_text) makes several of a longer one.
pub const MAX_TEXT_BYTES: usize = 1_000;

/// Sends from our account, each message once: the API has no key by which a second one would be dropped. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    graph: GraphClient,
    account_id: String,
}

impl Sender {
    /// A sender for an account, by its id, or `me` for the one of the token.
    ///
    /// # Errors
    /// The id is none.
    pub fn new(graph: GraphClient, account_id: &str) -> Result<Sender, GraphSettingsError> {
        Ok(Sender { graph, account_id: checked_id(account_id, "account_id")? })
    }

    /// Answers a person with a text of at most [`MAX_TEXT_BYTES`], within 24 hours of their last message.
    ///
    /// The tag for people who answer later, within seven days, is never set: a machine must not use it.
    ///
    /// # Errors
    /// Why nothing was sent, or what the platform says.
    pub async fn reply(
        &self,
        person: &str,
        text: &str,
        last_inbound: Timestamp,
        now: Timestamp,
    ) -> Result<Sent, ReplyError> {
        Limit::Bytes(MAX_TEXT_BYTES).check(text, "text")?;
        check_window(last_inbound, now)?;
        if person.is_empty() {
            return Err(ReplyError::NoRecipient);
        }
        let body = json!({"recipient": {"id": person}, "message": {"text": text}});
        let answer = self.graph.post_message(&self.account_id, &body).await?;
        let id = Object(&answer).id("message_id");
        let id = id.ok_or_else(|| GraphError::bad_response("the answer has no id of the message"))?;
        Ok(Sent { id })
    }

    /// Shows that an answer is being written.
    ///
    /// # Errors
    /// What the platform says.
    pub async fn show_typing(&self, person: &str) -> Result<(), GraphError> {
        let body = json!({"recipient": {"id": person}, "sender_action": "typing_on"});
        self.graph.post_message(&self.account_id, &body).await.map(|_| ())
    }
}
