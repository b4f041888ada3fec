//! The activity log: held in memory by lead, or read along with the leads where it is sorted like them.

mod compact;
mod duplicates;
mod full;
mod leads;
mod mapping;
mod remarks;
mod rows;
mod stream;

use std::ops::ControlFlow;
use std::path::Path;

use leadscore::record::Activities;
use leadscore::{Activity, Error, FeatureSchema, Lead, Pipeline, Timestamp, Zone};

use self::compact::{CompactLog, CompactLogBuilder};
use self::duplicates::Duplicates;
use self::full::FullLog;
use self::leads::{LeadNumbers, LogLeads};
pub(super) use self::mapping::LogMapping;
pub(super) use self::remarks::{LogRemarks, OF_LOG};
use self::rows::{Entry, LogRows};
pub(super) use self::stream::{LogStream, SMALL_LOG_BYTES};
use crate::Notes;
use crate::wording::counted;

/// Activities by lead.
#[derive(Debug)]
pub(crate) struct ActivityLog {
    leads: LogLeads,
    store: Store,
    /// The leads with duplicates, by their numbers.
    duplicates: Vec<(u32, Duplicates)>,
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
    /// The time that the leads are scored as of, where it is known.
    pub(super) as_of: Option<Timestamp>,
    /// Whether leads may bring activities of their own: where these have ids, the log's duplicates of them must be found.
    pub(super) leads_have_activities: bool,
    /// Whether all is kept, also what the pipeline does not read.
    pub(super) is_whole: bool,
    /// Whether a row with a property that cannot be read is none.
    pub(super) is_strict: bool,
    pub(super) mapping: LogMapping,
}

impl ActivityLog {
    /// Reads a log: CSV or JSON lines with the lead's id, the kind and the time.
    pub(super) fn load(
        path: &Path,
        form: &LogForm,
        zone: &Zone,
        notes: &mut dyn Notes,
    ) -> Result<(ActivityLog, LogRemarks), Error> {
        let (log, remarks) = ActivityLog::read(path, form, zone)?;
        let activity_count = match &log.store {
            Store::Full(store) => store.activity_count(),
            Store::Compact(store) => store.activity_count(),
        };
        if activity_count > 0 {
            let byte_count = log.byte_count();
            // Of a small log nobody needs to know what it takes.
            let memory = if byte_count as u64 >= SMALL_LOG_BYTES {
                format!("; it takes {} MiB of memory", byte_count >> 20)
            } else {
                String::new()
            };
            notes.assumed(format!(
                "the activity log has {} of {}{memory}",
                counted(activity_count as u64, "activity", "activities"),
                counted(log.leads.numbers().len() as u64, "lead", "leads"),
            ));
        }
        for message in remarks.messages(form) {
            notes.assumed(message);
        }
        Ok((log, remarks))
    }

    /// Reads a log without a word about it.
    fn read(path: &Path, form: &LogForm, zone: &Zone) -> Result<(ActivityLog, LogRemarks), Error> {
        let mut rows = LogRows::open(path, form)?;
        let (mut builder, mut remarks) = (form.builder(rows.has_ids()), LogRemarks::new(form.as_of));
        rows.visit(zone, |row| {
            match row.entry {
                Ok(entry) => {
                    remarks.count(&entry);
                    builder.add(entry);
                }
                Err(refusal) => remarks.refuse(row.line, refusal),
            }
            ControlFlow::Continue(())
        })?;
        remarks.file = rows.messages();
        Ok((builder.finish(), remarks))
    }

    /// How many bytes of memory it takes.
    pub(super) fn byte_count(&self) -> usize {
        let store_bytes = match &self.store {
            Store::Full(store) => store.byte_count(),
            Store::Compact(store) => store.byte_count(),
        };
        let numbers = self.leads.numbers();
        store_bytes + numbers.byte_count() + numbers.len()
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

    /// What to say of the log once all leads are read: of activities whose lead was not in the input, and of duplicates of
    /// those whose lead was.
    pub(super) fn messages(&self) -> Vec<String> {
        self.leads.unmatched_note(|_| true).into_iter().chain(self.duplicates().message()).collect()
    }

    /// The duplicates of the leads that were in the input.
    fn duplicates(&self) -> Duplicates {
        let mut duplicates = Duplicates::default();
        for (lead, own) in &self.duplicates {
            if self.leads.is_matched(*lead) {
                duplicates.merge(*own);
            }
        }
        duplicates
    }
}

impl LogForm {
    /// The schema by which kinds are known, unless all is kept anyway.
    fn schema_of_kinds(&self) -> Option<&FeatureSchema> {
        (!self.is_whole).then(|| self.pipeline.schema())
    }

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
        LogBuilder { leads: LeadNumbers::default(), store, copied: Vec::new() }
    }
}

/// A log while it is read.
#[derive(Debug)]
struct LogBuilder<'s> {
    leads: LeadNumbers,
    store: StoreBuilder<'s>,
    /// Leads whose activities come from another log of theirs.
    copied: Vec<u32>,
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
            StoreBuilder::Compact(log) => log.add(lead, entry.kind, entry.at.at, entry.id),
            StoreBuilder::Full(log) => {
                let mut activity = Activity::new(entry.kind, entry.at.at);
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
        self.copied.push(lead);
        match (&mut self.store, &other.store) {
            (StoreBuilder::Full(log), Store::Full(other)) => {
                for activity in other.activities(number as usize) {
                    log.add(lead as usize, activity.clone());
                }
            }
            (StoreBuilder::Compact(log), Store::Compact(other)) => {
                // Duplicates were removed there.
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
        let mut duplicates = match &store {
            Store::Full(log) => log.duplicates(),
            Store::Compact(log) => log.duplicates().to_vec(),
        };
        // Those of a copy were counted with the original.
        duplicates.retain(|(lead, _)| !self.copied.contains(lead));
        ActivityLog { leads: LogLeads::new(self.leads), store, duplicates }
    }
}
