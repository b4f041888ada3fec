//! Whether what the server depends on answers: asked for, and not taken from what went wrong last.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::checks::Checked;
use crate::crm::CrmName;
use crate::state::AppState;

/// How long one may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long an answer of another system counts: whoever asks for our health often does not ask for theirs as often.
const COUNTS_FOR: Duration = Duration::from_secs(30);

/// A system beside the database that is asked whether it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependency {
    LanguageModel,
    Smtp,
    Crm(CrmName),
}

/// Whether the database answers, and has room.
pub(crate) async fn database(state: &AppState) -> Checked {
    timed(state, async {
        state.store.ping().await.map_err(|error| {
            tracing::error!(%error, "the store does not answer");
            if error.is_full() { "it has no room left" } else { "it does not answer" }.to_owned()
        })
    })
    .await
}

/// What a dependency says, or said a moment ago; none where it is not set up.
pub(crate) async fn check(state: &AppState, dependency: Dependency) -> Option<Checked> {
    let is_set_up = match dependency {
        Dependency::LanguageModel => state.words.checked_model.is_some(),
        Dependency::Smtp => state.words.mail.is_some(),
        Dependency::Crm(crm) => state.crms.has(crm),
    };
    if !is_set_up {
        return None;
    }
    let place = match dependency {
        Dependency::LanguageModel => 0,
        Dependency::Smtp => 1,
        Dependency::Crm(CrmName::Hubspot) => 2,
        Dependency::Crm(CrmName::Salesforce) => 3,
    };
    // Who comes while it is being asked waits for the same answer.
    let mut kept = state.answers.0[place].lock().await;
    if let Some((asked, answer)) = kept.as_ref()
        && asked.elapsed() < COUNTS_FOR
    {
        return Some(answer.clone());
    }
    let answer = timed(state, ask(state, dependency)).await;
    *kept = Some((Instant::now(), answer.clone()));
    Some(answer)
}

async fn ask(state: &AppState, dependency: Dependency) -> Result<(), String> {
    match dependency {
        Dependency::LanguageModel => match &state.words.checked_model {
            Some(model) => model.check().await.map_err(|failure| failure.to_string()),
            None => Ok(()),
        },
        Dependency::Smtp => match &state.words.mail {
            Some(mail) => mail.mailer.check().await.map_err(|error| error.to_string()),
            None => Ok(()),
        },
        Dependency::Crm(crm) => {
            state.crms.check(crm).await.unwrap_or(Ok(())).map_err(|failure| failure.to_string())
        }
    }
}

async fn timed(state: &AppState, asked: impl Future<Output = Result<(), String>>) -> Checked {
    let began = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    let late = || Err(format!("no answer within {} seconds", PATIENCE.as_secs()));
    let error = answer.unwrap_or_else(|_| late()).err();
    Checked { latency: began.elapsed(), at: state.now(), error }
}
