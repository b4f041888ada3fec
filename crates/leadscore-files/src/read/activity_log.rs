//! The activity log: held in memory by lead, or read along with the leads where it is sorted like them.

mod compact;
mod full;
mod leads;
mod rows;
mod stream;

use std::ops::ControlFlow;
use std::path::Path;

use leadscore::record::Activities;
use leadscore::{Activity, Error, Lead, Pipeline, Zone};

use self::compact::{CompactLog, CompactLogBuilder};
use self::full::FullLog;
use self::leads::{LeadNumbers, LogLeads};
use self::rows::{Entry, LogRows};
pub(super) use self::stream::{LogStream, SMALL_LOG_BYTES};
use crate::Notes;
use crate::wording::counted;

/// Activities by lead.
#[derive(Debug)]
pub(crate) struct ActivityLog {
    leads: LogLeads,
    store: Store,
}

/// The activities by the number of the lead.
#[derive(Debug)]
enum Store {
    Full(FullLog),
    Compact(CompactLog),
}

/// How a log is held.
#[derive(Debug, Clone)]
pub(super) struct LogForm {
    pub(super) pipeline: Pipeline,
    /// Whether leads may bring activities of their own: where these have ids, the log's doubles of them must be found.
    pub(super) leads_have_activities: bool,
    /// Whether all is kept, also what the pipeline does not read.
    pub(super) is_whole: bool,
}

impl ActivityLog {
    /// Reads a log: CSV with the columns `lead_id`, kind and at, or JSON lines with these fields.
    pub(super) fn load(
        path: &Path,
        form: &LogForm,
        zone: &Zone,
        notes: &mut dyn Notes,
    ) -> Result<ActivityLog, Error> {
        let (log, refused) = ActivityLog::read(path, form, zone)?;
        let (activity_count, store_bytes) = match &log.store {
            Store::Full(store) => (store.activity_count(), store.byte_count()),
            Store::Compact(store) => (store.activity_count(), store.byte_count()),
        };
        let numbers = log.leads.numbers();
        if activity_count > 0 {
            notes.assumed(format!(
                "{} of {} held in memory, about {} bytes each",
                counted(activity_count as u64, "activity", "activities"),
                counted(numbers.len() as u64, "lead", "leads"),
                (store_bytes + numbers.byte_count() + numbers.len()) / activity_count
            ));
        }
        if let Some(message) = refused.message() {
            notes.assumed(message);
        }
        Ok(log)
    }

    /// Reads a log without a word about it.
    fn read(path: &Path, form: &LogForm, zone: &Zone) -> Result<(ActivityLog, RefusedRows), Error> {
        let mut rows = LogRows::open(path, form)?;
        let (mut builder, mut refused) = (form.builder(rows.has_ids()), RefusedRows::default());
        rows.visit(zone, |row| {
            match row.entry {
                Ok(entry) => builder.add(entry),
                Err(reason) => refused.add(row.line, &reason),
            }
            ControlFlow::Continue(())
        })?;
        Ok((builder.finish(), refused))
    }

    /// The log's activities of a lead of the input.
    pub(super) fn activities(&self, lead_id: &str) -> Activities<'_> {
        let Some(lead) = self.leads.matched(lead_id) else { return Activities::default() };
        match &self.store {
            Store::Full(log) => log.activities(lead as usize).into(),
            Store::Compact(log) => log.activities(lead as usize),
        }
    }

    /// Remembers the id of the first lead of the input, as an example.
    pub(super) fn note_lead(&self, lead_id: &str) {
        self.leads.note_lead(lead_id);
    }

    /// Whether some lead of the input was met.
    pub(super) fn has_matches(&self) -> bool {
        self.leads.has_matches(|_| true)
    }

    /// Adds the log's activities of a lead to its own.
    pub(crate) fn attach(&self, lead: &mut Lead) {
        let Some(id) = lead.id.as_deref() else { return };
        self.note_lead(id);
        let Some(number) = self.leads.matched(id) else { return };
        match &self.store {
            Store::Full(log) => lead.activities.extend_from_slice(log.activities(number as usize)),
            Store::Compact(log) => {
                let activities = log.kinds_and_times(number as usize);
                lead.activities.extend(activities.map(|(kind, at)| Activity::new(kind, at)));
            }
        }
    }

    /// What to say of activities whose lead was not in the input.
    pub(super) fn unmatched_note(&self) -> Option<String> {
        self.leads.unmatched_note(|_| true)
    }
}

impl LogForm {
    /// Whether properties are kept, also those that no feature reads: they decide which of two activities of the same
    /// time and kind comes first.
    fn keeps_properties(&self, has_ids: bool) -> bool {
        self.is_whole
            || has_ids && self.leads_have_activities
            || self.pipeline.schema().reads_activity_properties()
    }

    /// A log of this form, to be read from a file whose activities have ids or not.
    fn builder(&self, has_ids: bool) -> LogBuilder<'_> {
        let store = if self.keeps_properties(has_ids) {
            StoreBuilder::Full(FullLog::default())
        } else {
            StoreBuilder::Compact(CompactLogBuilder::new(self.pipeline.schema(), has_ids))
        };
        LogBuilder { leads: LeadNumbers::default(), store }
    }
}

/// A log while it is read.
#[derive(Debug)]
struct LogBuilder<'s> {
    leads: LeadNumbers,
    store: StoreBuilder<'s>,
}

#[derive(Debug)]
enum StoreBuilder<'s> {
    Full(FullLog),
    Compact(CompactLogBuilder<'s>),
}

impl LogBuilder<'_> {
    fn add(&mut self, entry: Entry<'_>) {
        let lead = self.leads.number(entry.lead);
        match &mut self.store {
            StoreBuilder::Compact(log) => log.add(lead, entry.kind, entry.at, entry.id),
            StoreBuilder::Full(log) => {
                let mut activity = Activity::new(entry.kind, entry.at);
                activity.id = entry.id.map(str::to_owned);
                activity.properties = entry.properties();
                log.add(lead as usize, activity);
            }
        }
    }

    /// Adds what another log of the same form has of a lead.
    fn add_from(&mut self, other: &ActivityLog, lead_id: &str) {
        let Some(number) = other.leads.numbers().find(lead_id) else { return };
        let lead = self.leads.number(lead_id);
        match (&mut self.store, &other.store) {
            (StoreBuilder::Full(log), Store::Full(other)) => {
                for activity in other.activities(number as usize) {
                    log.add(lead as usize, activity.clone());
                }
            }
            (StoreBuilder::Compact(log), Store::Compact(other)) => {
                // Doubles were removed there.
                for (kind, at) in other.kinds_and_times(number as usize) {
                    log.add(lead, kind, at, None);
                }
            }
            _ => unreachable!("the form of a log does not change"),
        }
    }

    fn finish(self) -> ActivityLog {
        let store = match self.store {
            StoreBuilder::Full(log) => Store::Full(log),
            StoreBuilder::Compact(builder) => Store::Compact(builder.finish(self.leads.len())),
        };
        ActivityLog { leads: LogLeads::new(self.leads), store }
    }
}

/// Rows that are no activities.
#[derive(Debug, Default)]
struct RefusedRows {
    count: u64,
    /// The line and the reason.
    first: Option<(u64, String)>,
}

impl RefusedRows {
    /// Notes a row; rows may come in any order.
    fn add(&mut self, line: u64, reason: &str) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first, _)| line < *first) {
            self.first = Some((line, reason.to_owned()));
        }
    }

    fn message(&self) -> Option<String> {
        let (line, reason) = self.first.as_ref()?;
        let refused = counted(self.count, "activity", "activities");
        Some(format!("{refused} could not be used; the first: line {line}: {reason}"))
    }
}
