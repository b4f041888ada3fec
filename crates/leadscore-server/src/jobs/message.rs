//! Works at what a platform delivered: answers messages, and keeps what became of replies.

use std::time::Duration;

use leadscore::Timestamp;
use leadscore_connect::instagram::MAX_TEXT_BYTES;
use leadscore_connect::meta::{ReplyError, is_window_open, split_text};
use leadscore_connect::whatsapp::User;

use super::again;
use crate::channels::{Place, PlatformEvent, What};
use crate::chat::{self, Begun, Exchange, Inbound};
use crate::fault::Fault;
use crate::state::AppState;
use crate::store::{Chatter, Job, JobConclusion, NewReply};

/// How long to wait for the answer to an earlier message of the conversation.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often something is looked for that may come later than what is said about it.
const MOST_LOOKS: i64 = 6;

pub(super) async fn work(state: &AppState, job: &Job) -> JobConclusion {
    let event: PlatformEvent = match serde_json::from_str(&job.body) {
        Ok(event) => event,
        Err(error) => return JobConclusion::Dead { error: format!("the event cannot be read: {error}") },
    };
    match attempt(state, job, &event).await {
        Ok(conclusion) => conclusion,
        Err(fault) => again(state, job, &fault.message),
    }
}

async fn attempt(state: &AppState, job: &Job, event: &PlatformEvent) -> Result<JobConclusion, Fault> {
    let source = event.place.as_str();
    let ids = event.person.ids(event.place);
    let at = event.at.unwrap_or(job.created_at);
    let found = match &event.what {
        What::Message { .. } => return answer(state, job, event).await,
        What::Echo { id, content } => {
            let message = (id.as_str(), content.as_str(), at);
            state.store.keep_echo(&job.tenant, (source, &ids), message).await?;
            // Whoever never wrote to us is no lead of this server's.
            true
        }
        What::Status { id, status, rank } => {
            state.store.set_message_status(&job.tenant, (source, id), (status, *rank)).await?
        }
        What::Edit { id, content } => amend(state, job, event, id, Some(content)).await?,
        What::Removal { id } => amend(state, job, event, id, None).await?,
        What::NewNumber { number } => {
            let number = number.trim_start_matches('+');
            let phone = format!("+{number}");
            state
                .store
                .move_number(&job.tenant, (source, &ids), &format!("{source}:{number}"), &phone)
                .await?
        }
    };
    // Deliveries come in no order: what is spoken of may be on its way, or is none of this server's.
    if found || job.attempts >= MOST_LOOKS {
        return Ok(JobConclusion::Done);
    }
    Ok(again(state, job, "the message is not known yet"))
}

async fn amend(
    state: &AppState,
    job: &Job,
    event: &PlatformEvent,
    id: &str,
    content: Option<&str>,
) -> Result<bool, Fault> {
    match chatter(event) {
        Some(chatter) => chat::amend(state, &job.tenant, &chatter, id, content).await,
        None => Ok(true),
    }
}

fn chatter(event: &PlatformEvent) -> Option<Chatter> {
    let mut ids = event.person.ids(event.place).into_iter();
    let source = event.place.as_str().to_owned();
    Some(Chatter { source, user_id: ids.next()?, former_id: ids.next() })
}

async fn answer(state: &AppState, job: &Job, event: &PlatformEvent) -> Result<JobConclusion, Fault> {
    let (What::Message { id, content, text, is_order, wants_reply }, Some(chatter)) =
        (&event.what, chatter(event))
    else {
        return Ok(JobConclusion::Dead { error: "nobody wrote this message".to_owned() });
    };
    let now = state.now();
    let at = written_at(event, job).min(now.as_millis());
    let at = Timestamp::from_millis(at).unwrap_or(now);
    let inbound = Inbound {
        id: id.clone(),
        content: content.clone(),
        text: text.clone(),
        at,
        is_order: *is_order,
        name: event.person.name.clone(),
        phone: event.person.phone.clone(),
    };
    let mut exchange = match chat::begin(state, &job.tenant, &chatter, inbound, PATIENCE).await? {
        Begun::Open(exchange) => exchange,
        Begun::Answered => return Ok(JobConclusion::Done),
        Begun::Busy => return Ok(again(state, job, "an earlier message is still being answered")),
    };
    // Dropped where it fails, so that the next attempt finds the conversation as this one did.
    exchange.think(state).await?;
    let is_in_time = is_window_open(moment(at), moment(now));
    let text = exchange.answer().text;
    if !wants_reply || !is_in_time || text.is_empty() || !platform(state, event).is_answering() {
        return concluded(state, job, *exchange, Vec::new()).await;
    }
    match send(state, event, &text, at).await {
        Ok(parts) => {
            let waited = state.now().as_millis() - job.created_at;
            let replies = parts.into_iter().enumerate().map(|(place, (id, content))| NewReply {
                id,
                content,
                reply_ms: (place == 0).then_some(waited.max(0)),
            });
            concluded(state, job, *exchange, replies.collect()).await
        }
        Err(error) if error.is_temporary() => Ok(later(state, job, &error)),
        Err(error) => {
            tracing::error!(%error, platform = event.place.as_str(), "a message could not be answered");
            exchange.conclude(state, Vec::new()).await?;
            Ok(JobConclusion::Dead { error: error.to_string() })
        }
    }
}

/// When a message was written. WhatsApp tells seconds: within one, the order is that of arrival, so that a message does not
/// stand before the reply that it answers.
fn written_at(event: &PlatformEvent, job: &Job) -> i64 {
    const SOON: i64 = 10_000;
    match event.at {
        Some(at) if event.place == Place::Whatsapp && (0..SOON).contains(&(job.created_at - at)) => {
            job.created_at.min(at + 999)
        }
        Some(at) => at,
        None => job.created_at,
    }
}

async fn concluded(
    state: &AppState,
    job: &Job,
    exchange: Exchange,
    replies: Vec<NewReply>,
) -> Result<JobConclusion, Fault> {
    if exchange.conclude(state, replies).await? {
        Ok(JobConclusion::Done)
    } else {
        Ok(again(state, job, "the conversation was taken over by another server"))
    }
}

/// Another attempt, no sooner than the platform asks for.
fn later(state: &AppState, job: &Job, error: &ReplyError) -> JobConclusion {
    let asked = match error {
        ReplyError::Graph(error) => error.retry_after,
        _ => None,
    };
    match (again(state, job, &error.to_string()), asked) {
        (JobConclusion::Again { at, error }, Some(wait)) => {
            let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 4);
            JobConclusion::Again { at: at.max(state.now().as_millis() + wait), error }
        }
        (conclusion, _) => conclusion,
    }
}

fn platform<'a>(state: &'a AppState, event: &PlatformEvent) -> &'a crate::channels::Platform {
    match event.place {
        Place::Whatsapp => &state.channels.whatsapp,
        Place::Instagram => &state.channels.instagram,
    }
}

/// Sends a reply, in parts where the platform takes no longer ones; gives their ids and texts.
async fn send(
    state: &AppState,
    event: &PlatformEvent,
    text: &str,
    at: Timestamp,
) -> Result<Vec<(String, String)>, ReplyError> {
    let (last, person) = (moment(at), &event.person);
    match event.place {
        Place::Whatsapp => {
            let mut user = User::default();
            (user.wa_id, user.user_id) = (person.id.clone(), person.user_id.clone());
            let sender = state.channels.whatsapp.whatsapp_sender(event.account.as_deref());
            let sender = sender.ok_or(ReplyError::NoRecipient)?;
            let sent = sender.reply(&user, text, None, last, moment(state.now())).await?;
            Ok(vec![(sent.id, text.to_owned())])
        }
        Place::Instagram => {
            let sender = state.channels.instagram.instagram_sender().ok_or(ReplyError::NoRecipient)?;
            let person = person.id.as_deref().unwrap_or_default();
            let mut parts = Vec::new();
            for part in split_text(text, MAX_TEXT_BYTES) {
                match sender.reply(person, &part, last, moment(state.now())).await {
                    Ok(sent) => parts.push((sent.id, part)),
                    Err(error) if parts.is_empty() => return Err(error),
                    // What was sent stays sent: another attempt would repeat it.
                    Err(error) => {
                        tracing::error!(%error, "only the beginning of a reply was sent");
                        break;
                    }
                }
            }
            Ok(parts)
        }
    }
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MAX)
}
