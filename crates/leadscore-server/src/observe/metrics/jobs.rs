//! What is counted of the work that is done later.

use prometheus::{IntCounterVec, IntGaugeVec};

use super::MetricsError;
use super::families::Builder;

/// How an attempt at a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    /// It is done.
    Done,
    /// It is tried again later.
    Again,
    /// It was given up.
    Dead,
    /// Another server took it over.
    Lost,
}

#[derive(Debug)]
pub(super) struct Jobs {
    pub(super) kept: IntGaugeVec,
    pub(super) ended: IntCounterVec,
}

impl JobOutcome {
    pub(super) const ALL: [JobOutcome; 4] =
        [JobOutcome::Done, JobOutcome::Again, JobOutcome::Dead, JobOutcome::Lost];

    /// The value of the label `outcome`.
    pub fn label(self) -> &'static str {
        match self {
            JobOutcome::Done => "done",
            JobOutcome::Again => "again",
            JobOutcome::Dead => "dead",
            JobOutcome::Lost => "lost",
        }
    }
}

impl Jobs {
    pub(super) fn new(build: &Builder<'_>) -> Result<Jobs, MetricsError> {
        Ok(Jobs {
            kept: build.gauges(
                "leadscore_jobs",
                "Jobs in the store that wait, run or were given up: the same on every server.",
                &["kind", "state"],
            )?,
            ended: build.counters(
                "leadscore_jobs_total",
                "Attempts at jobs that this server ended, by how.",
                &["kind", "outcome"],
            )?,
        })
    }
}
