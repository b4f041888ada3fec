//! The right to answer a conversation, until it is given back or its holder is gone.

use std::time::{Duration, Instant};

use leadscore::chat::Conversation;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::Inbound;
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::{Beginning, Chatter, HeldConversation, StoreError};

/// How long to wait before a conversation that somebody else answers is asked for again.
const PAUSE: Duration = Duration::from_millis(25);

/// A conversation that nobody else answers; given back at the latest when this is dropped.
pub(super) struct Hold {
    state: AppState,
    name: String,
    held: HeldConversation,
    heartbeat: JoinHandle<()>,
    is_over: bool,
}

impl Hold {
    /// Waits for a conversation, at most so long.
    pub(super) async fn take(
        state: &AppState,
        tenant: &str,
        chatter: &Chatter,
        beginning: Option<&Beginning>,
        patience: Duration,
    ) -> Result<Option<Hold>, Fault> {
        let name = format!("hold_{}", Uuid::now_v7().simple());
        let until = Instant::now() + patience;
        let lease = i64::try_from(state.config.job_lease.as_millis()).unwrap_or(i64::MAX / 4);
        loop {
            let now = state.now();
            let holder = (name.as_str(), now.as_millis() + lease);
            if let Some(held) = state.store.hold_conversation(tenant, chatter, beginning, holder, now).await?
            {
                let heartbeat = tokio::spawn(extend(state.clone(), name.clone(), lease));
                return Ok(Some(Hold { state: state.clone(), name, held, heartbeat, is_over: false }));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// By what the store knows it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Notes that the store has given it back already.
    pub(super) fn is_over(&mut self) {
        self.is_over = true;
    }

    /// What the chat remembers, if there is anything.
    pub(super) fn remembered(&self) -> Result<Option<Conversation>, Fault> {
        let read = |state: &String| Conversation::from_json(state);
        let conversation = self.held.state.as_ref().map(read).transpose();
        Ok(conversation
            .map_err(|error| StoreError::Damaged { what: "conversation", message: error.to_string() })?)
    }

    /// What the chat remembers, with what the platform tells of the person. Nothing comes from the lead here: whoever names
    /// somebody else's address learns nothing of them.
    pub(super) fn conversation(&self, inbound: &Inbound) -> Result<Conversation, Fault> {
        let mut conversation = self.remembered()?.unwrap_or_default();
        let contact = &mut conversation.contact;
        contact.name = contact.name.take().or_else(|| inbound.name.as_deref().and_then(fit));
        contact.phone = contact.phone.take().or_else(|| inbound.phone.as_deref().and_then(fit));
        Ok(conversation)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.heartbeat.abort();
        if self.is_over {
            return;
        }
        let (state, name) = (self.state.clone(), std::mem::take(&mut self.name));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = state.store.release_conversation(&name).await {
                    tracing::warn!(%error, "a conversation could not be given back: it waits until its time ends");
                }
            });
        }
    }
}

async fn extend(state: AppState, name: String, lease: i64) {
    let pause = state.config.job_lease / 3;
    loop {
        tokio::time::sleep(pause).await;
        let until = state.now().as_millis() + lease;
        match state.store.extend_conversation(&name, until).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a conversation could not be held for longer"),
        }
    }
}

/// A detail as a conversation may hold it, cleaned as its messages are; none where nothing is left or it is too long.
fn fit(text: &str) -> Option<String> {
    let text = Conversation::new().replied(text).messages.pop()?.text;
    (!text.is_empty() && text.chars().count() <= Conversation::MAX_DETAIL_CHARS).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_platforms_can_be_read_back() {
        for name in ["Ana", " ~\u{202e}sunshine~ \u{0} ", "👨\u{200d}👩", &"x".repeat(320)] {
            let mut conversation = Conversation::new();
            conversation.contact.name = fit(name);
            assert!(conversation.contact.name.is_some(), "{name}");
            assert_eq!(Conversation::from_json(&conversation.to_json()).unwrap(), conversation);
        }
        for name in ["", " \u{202e} ", &"x".repeat(321)] {
            assert_eq!(fit(name), None, "{name}");
        }
    }
}
