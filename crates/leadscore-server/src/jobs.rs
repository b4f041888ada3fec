//! Does the work that the store keeps for later: one loop for each kind of job, on every server.
//!
//! A job belongs to a server for the time of a lease, which is extended while it works. A server that is killed extends
//! nothing, and another one, or the same after its restart, begins the job again. Whoever lost a job cannot conclude it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::state::AppState;
use crate::store::{Job, JobConclusion, JobKind};

/// How long a loop waits before it looks for jobs that other servers have added, or whose time has come.
const POLL: Duration = Duration::from_millis(500);
/// How long jobs may go on when the server stops.
const LAST_MOMENTS: Duration = Duration::from_secs(5);
const DAY: i64 = 86_400_000;
/// Messages are delivered again for a week: for as long their keys must be known.
const DONE_DAYS: i64 = 8;
const DEAD_DAYS: i64 = 30;

/// Wakes the loops when there is something to do.
#[derive(Default)]
pub(crate) struct Wakes([Notify; JobKind::ALL.len()]);

/// How many jobs of a kind this server does at once, and how many of a lane are done at once by all.
struct Share {
    at_once: usize,
    per_lane: usize,
}

impl Wakes {
    /// Has the loop of a kind look for jobs now.
    pub(crate) fn wake(&self, kind: JobKind) {
        self.0[kind as usize].notify_one();
    }

    async fn wait(&self, kind: JobKind) {
        self.0[kind as usize].notified().await;
    }
}

impl Share {
    fn new(kind: JobKind) -> Share {
        let (at_once, per_lane) = match kind {
            // A lane is a tenant: a large customer leaves room for the others.
            JobKind::Batch => (4, 20),
            // A lane is a webhook: one that does not answer holds two places for a while.
            JobKind::Delivery => (32, 2),
            // A lane is a CRM system of a tenant.
            JobKind::CrmSync => (8, 4),
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
    let work = AssertUnwindSafe(work(state, job)).catch_unwind();
    let conclusion = tokio::select! {
        ended = work => ended.unwrap_or_else(|_| {
            tracing::error!(job = job.id, kind = job.kind.as_str(), "a job ended in a panic");
            again(state, job, "it ended in a panic: a defect")
        }),
        () = extend(state, job, worker, lease) => {
            tracing::warn!(job = job.id, kind = job.kind.as_str(), "a job was taken over by another server");
            return;
        }
    };
    if let JobConclusion::Dead { error } = &conclusion {
        tracing::error!(job = job.id, kind = job.kind.as_str(), error, "a job was given up");
    }
    loop {
        match state.store.conclude_job(job, worker, &conclusion, state.now()).await {
            Ok(true) => return,
            Ok(false) => {
                tracing::warn!(job = job.id, "the end of a job does not count: another server has it");
                return;
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
            Ok(false) => return,
            // The database may be back before the lease ends.
            Err(_) if now < until => {}
            Err(_) => return,
        }
    }
}

/// What a job does.
async fn work(state: &AppState, job: &Job) -> JobConclusion {
    let error = format!("this server cannot do jobs of the kind {}", job.kind.as_str());
    again(state, job, &error)
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

/// Forgets old jobs, at the start and each day.
async fn forget_daily(state: AppState) {
    let mut clock = tokio::time::interval(Duration::from_secs(24 * 3_600));
    loop {
        clock.tick().await;
        let now = state.now().as_millis();
        if let Err(error) = state.store.forget_jobs(now - DONE_DAYS * DAY, now - DEAD_DAYS * DAY).await {
            tracing::error!(%error, "old jobs could not be removed");
        }
    }
}
