//! The activity log, held in memory by lead.

mod compact;
mod leads;
mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use leadscore::record::Activities;
use leadscore::{Activity, Attribute, Error, FeatureSchema, Lead, Timestamp, Zone};

use self::compact::{CompactLog, CompactLogBuilder};
use self::leads::LeadNumbers;
use super::{InputFile, InputFormat};
use crate::wording::counted;
use crate::{Notes, unreadable};

/// Activities by lead.
#[derive(Debug)]
pub(crate) struct ActivityLog {
    leads: LeadNumbers,
    /// Whether a lead was met in the input, by number.
    is_matched: Vec<AtomicBool>,
    store: Store,
    /// A lead of the input, for the message that none was met.
    some_lead: OnceLock<String>,
}

/// The activities by the number of the lead.
#[derive(Debug)]
enum Store {
    Full(FullLog),
    Compact(CompactLog),
}

/// How a log is held.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogForm<'s> {
    pub(super) schema: &'s FeatureSchema,
    /// Whether leads may bring activities of their own: where these have ids, the log's doubles of them must be found.
    pub(super) leads_have_activities: bool,
}

/// What a row of a log says besides properties.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    lead: &'a str,
    kind: &'a str,
    at: Timestamp,
    id: Option<&'a str>,
}

impl ActivityLog {
    /// Reads a log: CSV with the columns `lead_id`, kind and at, or JSON lines with these fields.
    pub(super) fn load(
        path: &Path,
        form: &LogForm<'_>,
        zone: &Zone,
        notes: &mut dyn Notes,
    ) -> Result<ActivityLog, Error> {
        let file = InputFile::open(&path.to_string_lossy())?;
        let builder = match file.format {
            InputFormat::Csv => rows::read_table(file, form, zone)?,
            InputFormat::Jsonl => rows::read_lines(file, form, zone)?,
            InputFormat::Json => {
                return Err(unreadable(&file.name, "activities come as CSV or as JSON lines (.jsonl)"));
            }
        };
        Ok(builder.finish(notes))
    }

    /// The log's activities of a lead of the input.
    pub(super) fn activities(&self, lead_id: &str) -> Activities<'_> {
        let Some(lead) = self.matched(lead_id) else { return Activities::default() };
        match &self.store {
            Store::Full(log) => log.by_lead[lead].as_slice().into(),
            Store::Compact(log) => log.activities(lead),
        }
    }

    /// Remembers the id of the first lead of the input, as an example.
    pub(super) fn note_lead(&self, lead_id: &str) {
        self.some_lead.get_or_init(|| lead_id.to_owned());
    }

    /// Adds the log's activities of a lead to its own.
    pub(crate) fn attach(&self, lead: &mut Lead) {
        let Some(id) = lead.id.as_deref() else { return };
        self.note_lead(id);
        let Some(number) = self.matched(id) else { return };
        match &self.store {
            Store::Full(log) => lead.activities.extend_from_slice(&log.by_lead[number]),
            Store::Compact(log) => {
                let activities = log.kinds_and_times(number).map(|(kind, at)| Activity::new(kind, at));
                lead.activities.extend(activities);
            }
        }
    }

    /// The number of a lead of the input in the log, which is met by that.
    fn matched(&self, lead_id: &str) -> Option<usize> {
        let number = self.leads.find(lead_id)?;
        if !self.is_matched(number) {
            self.is_matched[number].store(true, Ordering::Relaxed);
        }
        Some(number)
    }

    fn is_matched(&self, number: usize) -> bool {
        self.is_matched[number].load(Ordering::Relaxed)
    }

    /// What to say of activities whose lead was not in the input.
    pub(super) fn unmatched_note(&self) -> Option<String> {
        let unmatched =
            || self.leads.iter().filter(|(_, number)| !self.is_matched(*number)).map(|(id, _)| id);
        // The ids have no order of their own: every run is to name the same one.
        let first = unmatched().min()?;
        let unmatched_count = unmatched().count();
        let count = counted(unmatched_count as u64, "lead that is", "leads that are");
        let own = self.some_lead.get().map(String::as_str).unwrap_or_default();
        Some(if unmatched_count < self.leads.len() {
            format!("the log speaks of {count} not in the input, such as `{first}`")
        } else {
            format!(
                "no activity belongs to a lead of the input: its ids look like `{own}`, the log's like `{first}`"
            )
        })
    }
}

impl<'s> LogForm<'s> {
    /// A log of this form, to be read from a file whose activities have ids or not.
    ///
    /// The full form keeps all properties, also those that no feature reads: they decide which of two activities of the
    /// same time and kind comes first.
    fn builder(&self, has_ids: bool) -> LogBuilder<'s> {
        let needs_ids = has_ids && self.leads_have_activities;
        let store = if needs_ids || self.schema.reads_activity_properties() {
            StoreBuilder::Full(FullLog::default())
        } else {
            StoreBuilder::Compact(CompactLogBuilder::new(self.schema, has_ids))
        };
        LogBuilder { leads: LeadNumbers::default(), store, refused_count: 0, first_refused: None }
    }
}

/// A log while it is read.
#[derive(Debug)]
struct LogBuilder<'s> {
    leads: LeadNumbers,
    store: StoreBuilder<'s>,
    refused_count: u64,
    /// The line and the reason.
    first_refused: Option<(u64, String)>,
}

#[derive(Debug)]
enum StoreBuilder<'s> {
    Full(FullLog),
    Compact(CompactLogBuilder<'s>),
}

impl LogBuilder<'_> {
    fn keeps_properties(&self) -> bool {
        matches!(self.store, StoreBuilder::Full(_))
    }

    fn add(&mut self, entry: &Entry<'_>, properties: impl FnOnce() -> BTreeMap<String, Attribute>) {
        let lead = self.leads.number(entry.lead);
        match &mut self.store {
            StoreBuilder::Compact(log) => log.add(lead, entry.kind, entry.at, entry.id),
            StoreBuilder::Full(log) => {
                let mut activity = Activity::new(entry.kind, entry.at);
                activity.id = entry.id.map(str::to_owned);
                activity.properties = properties();
                log.add(lead as usize, activity);
            }
        }
    }

    /// Notes a row that is no activity; rows may come in any order.
    fn refuse(&mut self, line: u64, reason: &str) {
        self.refused_count += 1;
        if self.first_refused.as_ref().is_none_or(|(first, _)| line < *first) {
            self.first_refused = Some((line, reason.to_owned()));
        }
    }

    /// The log, and a note on its size and on what could not be used.
    fn finish(self, notes: &mut dyn Notes) -> ActivityLog {
        let lead_count = self.leads.len();
        let store = match self.store {
            StoreBuilder::Full(log) => Store::Full(log),
            StoreBuilder::Compact(builder) => Store::Compact(builder.finish(lead_count)),
        };
        let (activity_count, store_bytes) = match &store {
            Store::Full(log) => (log.activity_count, log.byte_count()),
            Store::Compact(log) => (log.activity_count(), log.byte_count()),
        };
        let byte_count = store_bytes + self.leads.byte_count() + lead_count;
        if activity_count > 0 {
            notes.assumed(format!(
                "{} of {} held in memory, about {} bytes each",
                counted(activity_count as u64, "activity", "activities"),
                counted(lead_count as u64, "lead", "leads"),
                byte_count / activity_count
            ));
        }
        if let Some((line, reason)) = &self.first_refused {
            let refused = counted(self.refused_count, "activity", "activities");
            notes.assumed(format!("{refused} could not be used; the first: line {line}: {reason}"));
        }
        let is_matched = (0..lead_count).map(|_| AtomicBool::new(false)).collect();
        ActivityLog { leads: self.leads, is_matched, store, some_lead: OnceLock::new() }
    }
}

/// Whole activities by the number of the lead.
#[derive(Debug, Default)]
struct FullLog {
    by_lead: Vec<Vec<Activity>>,
    activity_count: usize,
    /// What the activities hold beside their own size.
    content_bytes: usize,
}

impl FullLog {
    /// Adds an activity of a lead, whose number is at most one more than those before.
    fn add(&mut self, lead: usize, activity: Activity) {
        self.activity_count += 1;
        self.content_bytes += content_bytes(&activity);
        if lead == self.by_lead.len() {
            self.by_lead.push(Vec::new());
        }
        self.by_lead[lead].push(activity);
    }

    /// About how much memory it takes.
    fn byte_count(&self) -> usize {
        let lists = self.by_lead.iter().map(|list| allocated_bytes(list.capacity() * size_of::<Activity>()));
        self.content_bytes + self.by_lead.capacity() * size_of::<Vec<Activity>>() + lists.sum::<usize>()
    }
}

/// About how much memory the texts and properties of an activity take.
fn content_bytes(activity: &Activity) -> usize {
    /// A node of a `BTreeMap` has room for so many entries.
    const NODE_ENTRIES: usize = 11;
    let node_bytes = allocated_bytes(NODE_ENTRIES * size_of::<(String, Attribute)>() + 16);
    let texts = activity.properties.iter().map(|(name, value)| {
        let text = if let Attribute::Text(text) = value { text.len() } else { 0 };
        allocated_bytes(name.len()) + allocated_bytes(text)
    });
    let nodes = activity.properties.len().div_ceil(NODE_ENTRIES) * node_bytes;
    let id = activity.id.as_ref().map_or(0, |id| allocated_bytes(id.len()));
    allocated_bytes(activity.kind.len()) + id + nodes + texts.sum::<usize>()
}

/// What an allocation of so many bytes takes with the allocator's own, in steps of 16 bytes.
fn allocated_bytes(len: usize) -> usize {
    if len == 0 { 0 } else { (len + 8).next_multiple_of(16).max(32) }
}
