//! Wakes the loops that do jobs.

use tokio::sync::Notify;

use crate::store::JobKind;

/// Wakes the loops when there is something to do.
#[derive(Default)]
pub(crate) struct Wakes([Notify; JobKind::ALL.len()]);

impl Wakes {
    /// Has the loop of a kind look for jobs now.
    pub(crate) fn wake(&self, kind: JobKind) {
        self.0[kind as usize].notify_one();
    }

    /// Waits until somebody wakes the loop of a kind.
    pub(crate) async fn wait(&self, kind: JobKind) {
        self.0[kind as usize].notified().await;
    }
}
