//! Does the work that the store keeps for later: one loop for each kind of job, on every server that is set up for it.
//!
//! A job belongs to a server for the time of a lease, which is extended while it works. A server that is killed extends
//! nothing, and another one, or the same after its restart, begins the job again. Whoever lost a job cannot conclude it.

mod batch;
pub(crate) mod crm_sync;
mod delivery;
mod email;
mod message;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::crm::CrmName;
use crate::family::Family;
use crate::observe::metrics::JobOutcome;
use crate::state::AppState;
use crate::store::{Job, JobConclusion, JobKind, StoreError};

/// How long a loop waits before it looks for jobs that other servers have added, or whose time has come.
const POLL: Duration = Duration::from_millis(500);
/// How long jobs may go on when the server stops.
const LAST_MOMENTS: Duration = Duration::from_secs(5);
const DAY: i64 = 86_400_000;
/// Messages are delivered again for a week: for as long their keys must be known.
const DONE_DAYS: i64 = 8;
const DEAD_DAYS: i64 = 30;
/// How long the results of batches are kept.
const BATCH_DAYS: i64 = 30;
/// How often servers may begin a job without an end of any kind.
const MOST_BEGINNINGS: i64 = 50;

/// How many jobs of a kind this server does at once, and how many of a lane are done at once by all.
struct Share {
    at_once: usize,
    per_lane: usize,
}

impl Share {
    fn new(kind: JobKind) -> Share {
        let (at_once, per_lane) = match kind {
            // A lane is a tenant: a large customer leaves room for the others.
            JobKind::Batch => (4, 3),
            // A lane is a webhook: one that does not answer holds two places for a while.
            JobKind::Delivery => (32, 2),
            // A lane is a lead in a CRM system: two at once might open two deals.
            JobKind::CrmSync => (8, 1),
            JobKind::Email => (4, 4),
            // A lane is a conversation: its messages are answered one after the other.
            JobKind::Message => (32, 1),
        };
        Share { at_once, per_lane }
    }
}

/// Does jobs until it is told to stop; then what is under way may end, and the rest is given back.
pub(crate) async fn run(state: AppState, mut stop: watch::Receiver<bool>) {
    let worker = Arc::<str>::from(format!("worker_{}", Uuid::now_v7().simple()));
    let mut loops = JoinSet::new();
    for kind in JobKind::ALL {
        state.metrics.declare_jobs(kind.as_str());
        if !can_do(&state, kind) {
            tracing::info!(
                kind = kind.as_str(),
                "jobs of this kind are left to servers that are set up for them"
            );
            continue;
        }
        loops.spawn(do_all(state.clone(), kind, Arc::clone(&worker), stop.clone()));
    }
    loops.spawn(forget_daily(state.clone()));
    let _ = stop.wait_for(|stopped| *stopped).await;
    let last = async { while loops.len() > 1 && loops.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(LAST_MOMENTS, last).await;
    loops.shutdown().await;
    if let Err(error) = state.store.release_jobs(&worker).await {
        tracing::warn!(%error, "jobs could not be given back: others take them when their lease ends");
    }
}

/// Whether this server is set up for jobs of a kind. An attempt that cannot succeed would count, and the job be given up.
fn can_do(state: &AppState, kind: JobKind) -> bool {
    match kind {
        JobKind::Batch => state.config.families.contains(&Family::Qualify),
        JobKind::CrmSync => CrmName::ALL.into_iter().any(|crm| state.crms.has(crm)),
        JobKind::Delivery | JobKind::Email | JobKind::Message => true,
    }
}

/// Does the jobs of a kind.
async fn do_all(state: AppState, kind: JobKind, worker: Arc<str>, mut stop: watch::Receiver<bool>) {
    let share = Share::new(kind);
    let free = Arc::new(Semaphore::new(share.at_once));
    let mut own = JoinSet::new();
    let lease = i64::try_from(state.config.job_lease.as_millis()).unwrap_or(i64::MAX / 4);
    while !*stop.borrow() {
        let now = state.now();
        let room = (free.available_permits(), share.per_lane);
        let claimed = state.store.claim_jobs(kind, &worker, room, now, now.as_millis() + lease).await;
        let claimed = claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, kind = kind.as_str(), "jobs could not be looked for");
            Vec::new()
        });
        let is_idle = claimed.is_empty();
        for job in claimed {
            let Ok(place) = Arc::clone(&free).try_acquire_owned() else { break };
            let (state, worker) = (state.clone(), Arc::clone(&worker));
            own.spawn(async move {
                do_one(&state, &job, &worker, lease).await;
                drop(place);
                state.wakes.wake(job.kind);
            });
        }
        while own.try_join_next().is_some() {}
        if is_idle {
            tokio::select! {
                () = state.wakes.wait(kind) => {}
                () = tokio::time::sleep(POLL) => {}
                _ = stop.wait_for(|stopped| *stopped) => {}
            }
        }
    }
    while own.join_next().await.is_some() {}
}

/// Does one job, and keeps how it ended.
async fn do_one(state: &AppState, job: &Job, worker: &str, lease: i64) {
    let work = AssertUnwindSafe(begin(state, job)).catch_unwind();
    let conclusion = tokio::select! {
        ended = work => ended.unwrap_or_else(|_| {
            tracing::error!(job = job.id, kind = job.kind.as_str(), "a job ended in a panic");
            again(state, job, "it ended in a panic: a defect")
        }),
        () = extend(state, job, worker, lease) => {
            tracing::warn!(job = job.id, kind = job.kind.as_str(), "a job was taken over by another server");
            state.metrics.record_job(job.kind.as_str(), JobOutcome::Lost);
            return;
        }
    };
    if let JobConclusion::Dead { error } = &conclusion {
        tracing::error!(job = job.id, kind = job.kind.as_str(), error, "a job was given up");
        // Only whoever has it may give it up.
        if let Ok(true) = state.store.extend_job(job, worker, state.now().as_millis() + lease).await {
            give_up(state, job, error).await;
        }
    }
    loop {
        match state.store.conclude_job(job, worker, &conclusion, state.now()).await {
            Ok(true) => return state.metrics.record_job(job.kind.as_str(), outcome(&conclusion)),
            Ok(false) => {
                tracing::warn!(job = job.id, "the end of a job does not count: another server has it");
                return state.metrics.record_job(job.kind.as_str(), JobOutcome::Lost);
            }
            // Until the lease ends it is ours; after that somebody else does it again.
            Err(error) => {
                tracing::warn!(%error, job = job.id, "the end of a job could not be kept");
                tokio::time::sleep(Duration::from_secs(1)).await;
                if !matches!(
                    state.store.extend_job(job, worker, state.now().as_millis() + lease).await,
                    Ok(true)
                ) {
                    return;
                }
            }
        }
    }
}

/// Extends the lease of a job for as long as it is ours.
async fn extend(state: &AppState, job: &Job, worker: &str, lease: i64) {
    let pause = state.config.job_lease / 3;
    let mut until = state.now().as_millis() + lease;
    loop {
        tokio::time::sleep(pause).await;
        let now = state.now().as_millis();
        match state.store.extend_job(job, worker, now + lease).await {
            Ok(true) => until = now + lease,
            // The database may be back before the lease ends.
            Err(_) if now < until => {}
            Ok(false) | Err(_) => return,
        }
    }
}

/// Does a job, unless all who began it before came to no end: it may be what ended them.
async fn begin(state: &AppState, job: &Job) -> JobConclusion {
    if job.attempts > MOST_BEGINNINGS {
        let error = format!("it was begun {MOST_BEGINNINGS} times, and each time its server went away");
        return JobConclusion::Dead { error };
    }
    work(state, job).await
}

/// What a job does.
async fn work(state: &AppState, job: &Job) -> JobConclusion {
    match job.kind {
        JobKind::CrmSync => crm_sync::work(state, job).await,
        JobKind::Batch => batch::work(state, job).await,
        JobKind::Delivery => delivery::deliver(state, job).await,
        JobKind::Email => email::send(state, job).await,
        JobKind::Message => message::work(state, job).await,
    }
}

/// What follows where a job is given up.
async fn give_up(state: &AppState, job: &Job, reason: &str) {
    let told = match job.kind {
        JobKind::Batch => batch::give_up(state, job, reason).await,
        _ => Ok(()),
    };
    if let Err(error) = told {
        tracing::error!(%error, job = job.id, "what follows from a job that was given up could not be kept");
    }
}

/// Another attempt after a while, which doubles each time from two seconds to an hour; given up after twelve.
pub(crate) fn again(state: &AppState, job: &Job, error: &str) -> JobConclusion {
    const MOST_ATTEMPTS: i64 = 12;
    if job.attempts >= MOST_ATTEMPTS {
        return JobConclusion::Dead { error: error.to_owned() };
    }
    let wait = 1_000 << job.attempts.clamp(1, 12);
    JobConclusion::Again { at: state.now().as_millis() + wait.min(3_600_000), error: error.to_owned() }
}

/// Another attempt where the store could not be used. What the database says may hold values of the statement, and is for the
/// log alone.
fn again_with_store(state: &AppState, job: &Job, error: &StoreError) -> JobConclusion {
    tracing::error!(%error, job = job.id, kind = job.kind.as_str(), "a job could not use the store");
    again(state, job, "the database could not be used")
}

fn outcome(conclusion: &JobConclusion) -> JobOutcome {
    match conclusion {
        JobConclusion::Done => JobOutcome::Done,
        JobConclusion::Again { .. } => JobOutcome::Again,
        JobConclusion::Dead { .. } => JobOutcome::Dead,
    }
}

/// Forgets old jobs, at the start and each day.
async fn forget_daily(state: AppState) {
    let mut clock = tokio::time::interval(Duration::from_secs(24 * 3_600));
    loop {
        clock.tick().await;
        let now = state.now().as_millis();
        if let Err(error) = state.store.forget_jobs(now - DONE_DAYS * DAY, now - DEAD_DAYS * DAY).await {
            tracing::error!(%error, "old jobs could not be removed");
        }
        if let Err(error) = state.store.forget_batches(now - BATCH_DAYS * DAY).await {
            tracing::error!(%error, "old batches could not be removed");
        }
    }
}
