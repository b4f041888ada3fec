//! Answers the messages of a chat: one after the other in each conversation, on whichever server they come in.

mod hold;

use std::time::Duration;

use leadscore::Timestamp;
use leadscore::chat::{Conversation, Sender, Turn};
use leadscore::intent::Intent;
use leadscore::task::{ChatIntentTask, ChatReply, ChatReplyTask, Task};

use crate::fault::Fault;
use crate::notification;
use crate::state::AppState;
use crate::store::{
    Beginning, Chatter, InboundMessage, JobKind, KeptMessage, LearnedDetail, NewIntent, NewReply, NewTurn,
    StoreError,
};
use crate::words;
use hold::Hold;

/// How many passages of the knowledge base a reply may state.
const MOST_FACTS: usize = 3;
/// How often a lead's e-mail address may be taken by others while a message is kept.
const MOST_TRIES: u32 = 5;

/// A message of a person.
#[derive(Debug, Clone)]
pub(crate) struct Inbound {
    /// Its id: the same is kept and answered once.
    pub(crate) id: String,
    /// What is kept of it.
    pub(crate) content: String,
    /// Its words; none in a picture without any.
    pub(crate) text: Option<String>,
    pub(crate) at: Timestamp,
    /// Whether it is an order, which says more than words.
    pub(crate) is_order: bool,
    /// The name and the telephone number that the platform tells of the person.
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
}

/// A message that is kept and waits for its answer to be sent.
pub(crate) struct Exchange {
    hold: Hold,
    inbound: Inbound,
    source: String,
    before: Conversation,
    turn: Turn,
    reply: ChatReply,
}

/// What became of a message.
pub(crate) enum Begun {
    /// It waits for an answer.
    Open(Box<Exchange>),
    /// It was answered before.
    Answered,
    /// Another message of the conversation is still being answered.
    Busy,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    /// What the message says about the wish to buy.
    pub(crate) intent: Intent,
    /// What to say; empty where nothing fits.
    pub(crate) text: String,
    /// Whether it ends with a question.
    pub(crate) asks: bool,
}

/// Keeps a message and finds its answer, which [`Exchange::conclude`] keeps once it is sent. It waits for the answer to an earlier
/// message of the conversation for as long as it is told.
///
/// # Errors
/// A fault of the store.
pub(crate) async fn begin(
    state: &AppState,
    tenant: &str,
    chatter: &Chatter,
    inbound: Inbound,
    patience: Duration,
) -> Result<Begun, Fault> {
    let beginning =
        Beginning { phone: inbound.phone.clone(), at: inbound.at.as_millis().min(state.now().as_millis()) };
    let Some(hold) = Hold::take(state, tenant, chatter, Some(&beginning), patience).await? else {
        return Ok(Begun::Busy);
    };
    let before = hold.conversation(&inbound)?;
    let mut turn = state.channels.rules.advance(&before, inbound.text.as_deref().unwrap_or_default());
    if inbound.text.is_none()
        && let Some(last) = turn.conversation.messages.last_mut()
    {
        last.text.clone_from(&inbound.content);
    }
    let message = InboundMessage {
        id: inbound.id.clone(),
        source: chatter.source.clone(),
        content: inbound.content.clone(),
        at: inbound.at,
        details: details(&inbound, &before, &turn),
    };
    let Some(kept) = keep(state, &hold, &message).await? else { return Ok(Begun::Busy) };
    if kept.is_answered {
        return Ok(Begun::Answered);
    }
    let reply = ChatReplyTask::new(&turn).fallback();
    let source = chatter.source.clone();
    Ok(Begun::Open(Box::new(Exchange { hold, inbound, source, before, turn, reply })))
}

/// Keeps a message with what it tells of the lead. Where another lead has the e-mail address that was given, the two are one.
async fn keep(state: &AppState, hold: &Hold, message: &InboundMessage) -> Result<Option<KeptMessage>, Fault> {
    let email =
        message.details.iter().find(|detail| detail.name == "email").map(|detail| detail.value.as_str());
    let mut tries = 0;
    loop {
        if let Some(email) = email {
            state.store.unite_held(hold.name(), email, state.now()).await?;
        }
        match state.store.keep_message(hold.name(), message, state.now()).await {
            // It was given to somebody else in the meantime, whom it leads to now.
            Err(StoreError::Taken(_)) if email.is_some() && tries < MOST_TRIES => tries += 1,
            kept => return Ok(kept?),
        }
    }
}

impl Exchange {
    /// Has the language model find the intent and the words; the rules did so already.
    ///
    /// # Errors
    /// Where a failing language model is to be an error.
    pub(crate) async fn think(&mut self, state: &AppState) -> Result<(), Fault> {
        let words = &state.words;
        if self.inbound.is_order {
            self.set_intent(Intent::Hot);
        } else if let Some(text) = &self.inbound.text {
            let task = ChatIntentTask::new(&state.channels.classifier, text);
            let found = words.assist(&task).await;
            words::refuse_failure(&state.config, &found)?;
            self.set_intent(found.output.intent);
        }
        let mut task = ChatReplyTask::new(&self.turn);
        if state.config.knowledge.is_some()
            && let Some(text) = &self.inbound.text
        {
            let fits = |fact: &&str| fact.chars().count() <= ChatReplyTask::MAX_FACT_CHARS;
            let found = words.knowledge.search(text, MOST_FACTS);
            task = task.facts(found.iter().map(|passage| passage.text.as_str()).filter(fits))?;
        }
        let found = words.assist(&task).await;
        words::refuse_failure(&state.config, &found)?;
        self.reply = found.output;
        Ok(())
    }

    fn set_intent(&mut self, intent: Intent) {
        self.turn.classification.intent = intent;
        self.turn.conversation.intent = self.before.intent.after(intent);
    }

    /// What is to be sent.
    pub(crate) fn answer(&self) -> Answered {
        Answered {
            intent: self.turn.classification.intent,
            text: self.reply.reply.text.clone(),
            asks: self.reply.reply.asks.is_some(),
        }
    }

    /// Keeps what was sent, in its parts, and what follows from the message; with nothing sent, the question is not taken
    /// as asked. False where the conversation was taken over by somebody else, whose answer counts.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) async fn conclude(mut self, state: &AppState, replies: Vec<NewReply>) -> Result<bool, Fault> {
        let conversation = if replies.is_empty() {
            let mut silent = self.turn.conversation.clone();
            silent.open_question = self.before.open_question;
            silent.asked.clone_from(&self.before.asked);
            silent
        } else {
            self.reply.conversation.clone()
        };
        let intent = self.turn.classification.intent;
        let origin = if self.inbound.is_order { "order" } else { "chat" };
        let turn = NewTurn {
            state: conversation.to_json(),
            answers: self.inbound.id.clone(),
            source: self.source.clone(),
            replies,
            intent: (intent != Intent::Neutral).then(|| NewIntent {
                intent: intent.as_str(),
                origin,
                at: self.inbound.at.as_millis(),
            }),
        };
        let said = self.inbound.content.as_str();
        let on_hot =
            |lead: &_| notification::hot_lead(&state.config, lead, &self.source, said, self.inbound.at);
        let is_kept = state.store.keep_turn(self.hold.name(), &turn, &on_hot, state.now()).await?;
        self.hold.is_over();
        state.wakes.wake(JobKind::Email);
        Ok(is_kept)
    }
}

/// Gives a message of a person another text, or removes it where there is none, also from what the chat remembers. False
/// where it is not known, or its conversation is being answered at the moment.
///
/// # Errors
/// A fault of the store.
pub(crate) async fn amend(
    state: &AppState,
    tenant: &str,
    chatter: &Chatter,
    id: &str,
    content: Option<&str>,
) -> Result<bool, Fault> {
    let Some(mut hold) = Hold::take(state, tenant, chatter, None, Duration::ZERO).await? else {
        return Ok(false);
    };
    let Some(old) = state.store.amend_message(tenant, (&chatter.source, id), content).await? else {
        return Ok(false);
    };
    if let Some(mut conversation) = hold.remembered()? {
        // What the chat remembers is cleaned; the words are the same.
        let cleaned = |text: &str| Conversation::new().replied(text).messages.remove(0).text;
        let (old, new) = (cleaned(&old), content.map(cleaned));
        let place =
            conversation.messages.iter().rposition(|own| own.sender == Sender::Lead && own.text == old);
        match (place, new) {
            (Some(place), Some(new)) => conversation.messages[place].text = new,
            (Some(place), None) => drop(conversation.messages.remove(place)),
            (None, _) => {}
        }
        let turn = NewTurn { state: conversation.to_json(), ..NewTurn::default() };
        state.store.keep_turn(hold.name(), &turn, &|_: &_| Vec::new(), state.now()).await?;
        hold.is_over();
    }
    Ok(true)
}

/// What a message tells of its lead. Words of a chat fill gaps; they replace only what the same chat has said before.
fn details(inbound: &Inbound, before: &Conversation, turn: &Turn) -> Vec<LearnedDetail> {
    let (found, known) = (&turn.captured, &before.contact);
    let said = [
        ("name", &found.name, &known.name),
        ("email", &found.email, &known.email),
        ("phone", &found.phone, &known.phone),
        ("interest", &found.interest, &known.interest),
    ];
    let said = said.into_iter().filter_map(|(name, found, known)| {
        let value = found.as_deref()?;
        let value = if name == "email" { value.trim().to_lowercase() } else { value.to_owned() };
        Some(LearnedDetail { name, value, corrects: known.clone() })
    });
    // What the platform tells comes first, so that words may correct it.
    let told = [("name", &inbound.name), ("phone", &inbound.phone)]
        .into_iter()
        .filter_map(|(name, value)| Some(LearnedDetail { name, value: value.clone()?, corrects: None }));
    told.chain(said).collect()
}
