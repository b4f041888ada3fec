//! What the systems that the server depends on answered last.

use std::time::{Duration, Instant};

use leadscore::Timestamp;
use tokio::sync::Mutex;

/// What a dependency answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked {
    pub(crate) latency: Duration,
    pub(crate) at: Timestamp,
    /// Why it is of no use now.
    pub(crate) error: Option<String>,
}

/// The latest answers.
#[derive(Debug, Default)]
pub(crate) struct Answers(pub(crate) [Mutex<Option<(Instant, Checked)>>; 4]);
