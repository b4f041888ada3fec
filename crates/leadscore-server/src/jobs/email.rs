//! Sends an e-mail.

use super::{again, again_with_store};
use crate::mail::{EmailKind, Outgoing, Posted, post, sender};
use crate::state::AppState;
use crate::store::{Job, JobConclusion};

pub(super) async fn send(state: &AppState, job: &Job) -> JobConclusion {
    let dead = |error: &str| JobConclusion::Dead { error: error.to_owned() };
    let outgoing: Outgoing = match serde_json::from_str(&job.body) {
        Ok(outgoing) => outgoing,
        Err(error) => return dead(&format!("the e-mail cannot be read: {error}")),
    };
    let (words, config) = (&state.words, &state.config);
    if outgoing.kind == EmailKind::Marketing {
        match state.store.is_suppressed(&job.tenant, &outgoing.to).await {
            Ok(false) => {}
            Ok(true) => return dead("whoever reads at the address has refused e-mails"),
            Err(error) => return again_with_store(state, job, &error),
        }
        if words.mail.is_some() && !words.is_sender_set {
            return dead(
                "set sender.name, company, address and unsubscribe: no e-mail goes out without them",
            );
        }
    }
    match post(words, config, &outgoing.email(sender(words, config))).await {
        Ok(Posted::Sent | Posted::Saved(_)) => JobConclusion::Done,
        Err(error) if error.is_temporary() => again(state, job, &error.to_string()),
        Err(error) => dead(&error.to_string()),
    }
}
