//! Qualifies the leads of a batch in their order, several at once, each once.
//!
//! A lead is kept together with its place in the batch, so that whoever goes on after a crash finds what is left, and two
//! servers that work at one batch cannot keep a lead twice.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::{again, again_with_store};
use crate::body::typed;
use crate::fault::{Fault, FaultKind};
use crate::qualify::{self, QualifyRequest};
use crate::state::AppState;
use crate::store::{
    BATCH_PLACE, BatchEnd, BatchPlace, Job, JobConclusion, JobKind, NewLead, OpenBatch, StoreError,
    WaitingLead,
};

/// How many leads are read at once.
const PAGE: u32 = 500;
/// How many leads are qualified at once: so many questions to a language model for each batch, of which a server does a few.
const AT_ONCE: usize = 16;
/// How many leads are kept in one transaction.
const IN_ONE: usize = 100;
/// How long is waited for more of them: what a language model answered is kept as it comes.
const GATHERING: Duration = Duration::from_millis(50);

/// What came of a lead.
enum Outcome {
    Qualified(Box<NewLead>),
    /// Its place, and why.
    Failed(i64, String),
    /// The store could not be asked: the lead still waits.
    Later,
}

/// Does a batch, or what is left of it.
pub(super) async fn work(state: &AppState, job: &Job) -> JobConclusion {
    match qualify_all(state, job).await {
        Ok(true) => JobConclusion::Done,
        Ok(false) => again(state, job, "some of its leads could not be done yet"),
        Err(error) => again_with_store(state, job, &error),
    }
}

/// Ends a batch that is given up: its waiting leads fail, and whoever waits for its end is told.
pub(super) async fn give_up(state: &AppState, job: &Job, reason: &str) -> Result<(), StoreError> {
    state.store.end_batch(number(job)?, Some(reason), state.now()).await?;
    state.wakes.wake(JobKind::Delivery);
    Ok(())
}

/// Whether the batch is at its end.
async fn qualify_all(state: &AppState, job: &Job) -> Result<bool, StoreError> {
    let Some(batch) = state.store.begin_batch(number(job)?, state.now()).await? else { return Ok(true) };
    loop {
        let (mut after, mut kept) = (-1, 0);
        loop {
            let leads = state.store.waiting_leads(batch.number, after, PAGE).await?;
            let Some(last) = leads.last() else { break };
            after = last.place;
            kept += qualify_page(state, &batch, leads).await?;
        }
        let end = state.store.end_batch(batch.number, None, state.now()).await?;
        state.wakes.wake(JobKind::Delivery);
        match end {
            BatchEnd::Now | BatchEnd::Before => return Ok(true),
            BatchEnd::NotYet if kept == 0 => return Ok(false),
            BatchEnd::NotYet => {}
        }
    }
}

/// Qualifies and keeps leads; gives how many are kept, failed ones included. It stops where the batch was cancelled.
async fn qualify_page(
    state: &AppState,
    batch: &OpenBatch,
    leads: Vec<WaitingLead>,
) -> Result<u64, StoreError> {
    let apart = |lead| qualify_apart(state.clone(), batch.clone(), lead);
    let outcomes = stream::iter(leads).map(apart).buffer_unordered(AT_ONCE);
    let mut outcomes = pin!(outcomes);
    let mut kept = 0;
    while let Some(first) = outcomes.next().await {
        let (mut leads, mut failed) = (Vec::new(), Vec::new());
        let until = Instant::now() + GATHERING;
        let mut next = Some(first);
        while let Some(outcome) = next {
            match outcome {
                Outcome::Qualified(lead) => leads.push(*lead),
                Outcome::Failed(place, error) => failed.push((place, error)),
                Outcome::Later => {}
            }
            let is_full = leads.len() + failed.len() >= IN_ONE;
            next = if is_full { None } else { timeout_at(until, outcomes.next()).await.ok().flatten() };
        }
        kept += keep(state, batch, leads, &mut failed).await?;
        kept += state.store.fail_batch_leads(batch.number, &failed).await?;
        state.wakes.wake(JobKind::Delivery);
        // Who cancelled it does not pay for more answers.
        if !state.store.is_batch_open(batch.number).await? {
            break;
        }
    }
    Ok(kept)
}

/// Qualifies a lead in a task of its own. What is kept meanwhile waits for a connection to the database, which a question
/// that nobody goes on with would hold for ever.
async fn qualify_apart(state: AppState, batch: OpenBatch, lead: WaitingLead) -> Outcome {
    let place = lead.place;
    // With the set the task ends where nobody waits for it any more.
    let mut task = JoinSet::new();
    task.spawn(async move { qualify_one(&state, &batch, lead).await });
    match task.join_next().await {
        Some(Ok(outcome)) => outcome,
        _ => Outcome::Failed(place, "Internal server error".to_owned()),
    }
}

async fn qualify_one(state: &AppState, batch: &OpenBatch, lead: WaitingLead) -> Outcome {
    let WaitingLead { place, body } = lead;
    let qualified = async {
        let body: Value =
            serde_json::from_str(&body).map_err(|error| Fault::invalid("", error.to_string()))?;
        let request: QualifyRequest = typed(body, state)?;
        qualify::qualify(state, &batch.tenant, &request).await
    };
    // A defect that one lead meets is not the end of the others.
    match AssertUnwindSafe(qualified).catch_unwind().await {
        Ok(Ok(mut lead)) => {
            if let Some(own) = &mut lead.qualification {
                own.batch = Some(BatchPlace { batch: batch.number, place });
            }
            Outcome::Qualified(Box::new(lead))
        }
        // It would be refused each time, and must not hold up the others.
        Ok(Err(fault)) if fault.kind == FaultKind::Store && fault.is_refusal => {
            Outcome::Failed(place, "what is kept of the lead cannot be read".to_owned())
        }
        Ok(Err(fault)) if fault.kind == FaultKind::Store => Outcome::Later,
        Ok(Err(fault)) => Outcome::Failed(place, fault.message.into_owned()),
        Err(_) => {
            tracing::error!(batch = batch.number, place, "the qualification of a lead ended in a panic");
            Outcome::Failed(place, "Internal server error".to_owned())
        }
    }
}

/// Keeps leads in one transaction, or one by one where one of them cannot be kept: that one fails alone.
async fn keep(
    state: &AppState,
    batch: &OpenBatch,
    leads: Vec<NewLead>,
    failed: &mut Vec<(i64, String)>,
) -> Result<u64, StoreError> {
    if leads.is_empty() {
        return Ok(0);
    }
    let save = async |leads: &[NewLead]| state.store.save_leads(&batch.tenant, leads, state.now()).await;
    let count = |leads: &[NewLead]| u64::try_from(leads.len()).unwrap_or(u64::MAX);
    let leads = match save(&leads).await {
        Ok(_) => return Ok(count(&leads)),
        // Another server kept some of them, or the batch was cancelled: what is left is still to be kept.
        Err(StoreError::Taken(BATCH_PLACE)) => still_waiting(state, batch, leads).await?,
        Err(error) if error.is_refusal() => leads,
        Err(error) => return Err(error),
    };
    let mut kept = 0;
    for lead in leads {
        match save(std::slice::from_ref(&lead)).await {
            Ok(_) => kept += 1,
            Err(StoreError::Taken(BATCH_PLACE)) => {}
            Err(error) if error.is_refusal() => {
                tracing::warn!(%error, batch = batch.number, "a lead of a batch could not be kept");
                failed.extend(place(&lead).map(|place| (place, "the lead cannot be kept".to_owned())));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(kept)
}

async fn still_waiting(
    state: &AppState,
    batch: &OpenBatch,
    leads: Vec<NewLead>,
) -> Result<Vec<NewLead>, StoreError> {
    let first = leads.iter().filter_map(place).min().unwrap_or(0);
    let waiting = state.store.waiting_leads(batch.number, first - 1, PAGE).await?;
    let waiting: HashSet<i64> = waiting.into_iter().map(|lead| lead.place).collect();
    Ok(leads.into_iter().filter(|lead| place(lead).is_some_and(|place| waiting.contains(&place))).collect())
}

fn place(lead: &NewLead) -> Option<i64> {
    lead.qualification.as_ref()?.batch.map(|own| own.place)
}

fn number(job: &Job) -> Result<i64, StoreError> {
    job.body.parse().map_err(|_| StoreError::Damaged {
        what: "job",
        message: format!("a batch has a number, not {:?}", job.body),
    })
}
