//! The activity log of an input, held in memory or read along with the leads.

use std::path::Path;
use std::sync::Arc;

use leadscore::{Error, Lead, Timestamp, Zone};

use super::Rejection;
use super::activity_log::{ActivityLog, LogForm, LogRemarks, LogStream, OF_LOG};
use super::table_rows::{TableBlock, TablePlan};
use super::times::Times;
use crate::Notes;

/// The activity log of an input.
pub(super) enum Log {
    /// Held in memory.
    Loaded { log: Arc<ActivityLog>, remarks: Box<LogRemarks> },
    /// Read along with the leads.
    Streamed(Box<LogStream>),
}

impl Log {
    pub(super) fn open(
        path: &Path,
        form: &LogForm,
        zone: &Zone,
        small_log_bytes: u64,
        notes: &mut dyn Notes,
    ) -> Result<Log, Error> {
        notes.reading("the activity log", &path.to_string_lossy());
        if let Some(stream) = LogStream::open(path, form, zone, small_log_bytes, notes)? {
            return Ok(Log::Streamed(Box::new(stream)));
        }
        let (log, remarks) = ActivityLog::load(path, form, zone, notes)?;
        Ok(Log::Loaded { log: Arc::new(log), remarks: Box::new(remarks) })
    }

    /// Adds the log's activities of the next lead to its own.
    pub(super) fn attach(&mut self, lead: &mut Lead) -> Result<(), Error> {
        match self {
            Log::Loaded { log, .. } => log.attach(lead),
            Log::Streamed(stream) => stream.attach(lead)?,
        }
        Ok(())
    }

    /// A log with the activities of some rows, which come next.
    pub(super) fn for_rows(
        &mut self,
        block: &TableBlock,
        plan: &TablePlan,
    ) -> Result<Arc<ActivityLog>, Error> {
        match self {
            Log::Loaded { log, .. } => Ok(log.clone()),
            Log::Streamed(stream) => {
                let ids = plan.ids(block);
                stream.log(ids.iter().copied())
            }
        }
    }

    pub(super) fn note_lead(&self, id: &str) {
        match self {
            Log::Loaded { log, .. } => log.note_lead(id),
            Log::Streamed(stream) => stream.note_lead(id),
        }
    }

    /// There are no more leads.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        match self {
            Log::Loaded { .. } => Ok(()),
            Log::Streamed(stream) => stream.finish(),
        }
    }

    /// How many bytes of memory it takes, where it is held as a whole.
    pub(super) fn byte_count(&self) -> Option<usize> {
        match self {
            Log::Loaded { log, .. } => Some(log.byte_count()),
            Log::Streamed(_) => None,
        }
    }

    /// Whether an activity belongs to a lead that was read.
    pub(super) fn has_matches(&self) -> bool {
        match self {
            Log::Loaded { log, .. } => log.has_matches(),
            Log::Streamed(stream) => stream.has_matches(),
        }
    }

    /// Says that all activities lie after the as-of time, where that is so.
    pub(super) fn all_later(&self) -> Option<String> {
        let times = self.times();
        times.message(OF_LOG).filter(|_| times.is_all_later())
    }

    /// The time of the newest activity.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.times().newest()
    }

    fn times(&self) -> &Times {
        match self {
            Log::Loaded { remarks, .. } => &remarks.times,
            Log::Streamed(stream) => stream.times(),
        }
    }

    pub(super) fn messages(&self) -> Vec<String> {
        match self {
            Log::Loaded { log, .. } => log.messages(),
            Log::Streamed(stream) => stream.messages(),
        }
    }

    pub(super) fn take_rejections(&mut self) -> (Vec<Rejection>, u64) {
        match self {
            Log::Loaded { remarks, .. } => remarks.take_rejections(),
            Log::Streamed(stream) => stream.take_rejections(),
        }
    }
}
