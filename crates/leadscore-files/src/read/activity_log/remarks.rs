//! What is noticed while a log is read.

use std::collections::HashMap;

use leadscore::{FeatureSchema, Timestamp};

use super::LogForm;
use super::rows::{Entry, Refusal, UnixUnit};
use crate::Rejection;
use crate::read::times::Times;
use crate::wording::counted;

/// Rejected rows kept with their texts; more are counted.
const MAX_REJECTIONS: usize = 100_000;
/// Kinds counted each by itself.
const MAX_KINDS: usize = 10_000;
/// Whose the activities of a log are.
pub(in crate::read) const OF_LOG: &str = "of the log";
/// Kinds named in a note.
const MAX_NAMED: usize = 10;

/// Rows that are no activities, kinds that no rule knows, and how times were read.
#[derive(Debug, Default)]
pub(in crate::read) struct LogRemarks {
    rejections: Vec<Rejection>,
    rejected_count: u64,
    /// The line and the reason of the first of them.
    first_rejected: Option<(u64, String)>,
    kinds: HashMap<String, u64>,
    seconds_count: u64,
    milliseconds_count: u64,
    rounded_id_count: u64,
    word_as_id_count: u64,
    pub(in crate::read) times: Times,
    /// What is said of the file, once it is read.
    pub(super) file: Vec<String>,
}

impl LogRemarks {
    /// Of a log whose activities are judged by an as-of time, if there is one.
    pub(super) fn new(as_of: Option<Timestamp>) -> LogRemarks {
        LogRemarks { times: Times::new(as_of), ..LogRemarks::default() }
    }

    /// Takes a row that is no activity; rows may come in any order.
    pub(super) fn refuse(&mut self, line: u64, refusal: Refusal) {
        self.rejected_count += 1;
        if self.first_rejected.as_ref().is_none_or(|(first, _)| line < *first) {
            self.first_rejected = Some((line, refusal.reason.clone()));
        }
        if self.rejections.len() < MAX_REJECTIONS {
            let reason = format!("activity log: {}", refusal.reason);
            self.rejections.push(Rejection::new(line, reason, refusal.raw));
        }
    }

    /// Counts an activity.
    pub(super) fn count(&mut self, entry: &Entry<'_>) {
        match entry.at.unit {
            None => {}
            Some(UnixUnit::Seconds) => self.seconds_count += 1,
            Some(UnixUnit::Milliseconds) => self.milliseconds_count += 1,
        }
        self.times.add_activity(entry.at.at);
        self.rounded_id_count += u64::from(entry.has_rounded_id);
        self.word_as_id_count += u64::from(entry.has_word_as_id);
        if let Some(count) = self.kinds.get_mut(entry.kind) {
            *count += 1;
        } else if self.kinds.len() < MAX_KINDS {
            self.kinds.insert(entry.kind.to_owned(), 1);
        }
    }

    /// The rejected rows in the order of their lines, and how many there were in all.
    pub(in crate::read) fn take_rejections(&mut self) -> (Vec<Rejection>, u64) {
        let mut rejections = std::mem::take(&mut self.rejections);
        rejections.sort_by_key(|rejection| rejection.line);
        (rejections, self.rejected_count)
    }

    /// All of it in sentences; the form of the log tells which kinds are known.
    pub(in crate::read) fn messages(&self, form: &LogForm) -> Vec<String> {
        let mut messages = self.file.clone();
        for (count, unit) in [(self.seconds_count, "seconds"), (self.milliseconds_count, "milliseconds")] {
            if count > 0 {
                let times = counted(
                    count,
                    "time of the activity log is a number",
                    "times of the activity log are numbers",
                );
                messages.push(format!("{times}, read as {unit} since 1970-01-01 UTC"));
            }
        }
        if self.rounded_id_count > 0 {
            let ids = counted(self.rounded_id_count, "id of an activity was", "ids of activities were");
            messages.push(format!("{ids} rounded by a spreadsheet, as in `1.23E+15`, and not read"));
        }
        if self.word_as_id_count > 0 {
            let ids = counted(self.word_as_id_count, "activity has", "activities have");
            messages.push(format!("{ids} a word such as `N/A` in place of an id, and so none"));
        }
        messages.extend(self.times.message(OF_LOG).filter(|_| !self.times.is_all_later()));
        messages.extend(self.refused_message());
        messages.extend(form.schema_of_kinds().and_then(|schema| self.unknown_kinds(schema)));
        messages
    }

    fn refused_message(&self) -> Option<String> {
        let (line, reason) = self.first_rejected.as_ref()?;
        let refused = counted(self.rejected_count, "activity", "activities");
        Some(format!("{refused} could not be used; the first: line {line}: {reason}"))
    }

    fn unknown_kinds(&self, schema: &FeatureSchema) -> Option<String> {
        let is_unknown = |(kind, _): &(&String, &u64)| !schema.names_activity(kind);
        let mut unknown: Vec<(&String, &u64)> = self.kinds.iter().filter(is_unknown).collect();
        if unknown.is_empty() {
            return None;
        }
        unknown.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let named =
            unknown.iter().take(MAX_NAMED).map(|(kind, count)| format!("`{}` ({count})", shortened(kind)));
        let mut text = named.collect::<Vec<_>>().join(", ");
        if unknown.len() > MAX_NAMED {
            text += &format!(" and {} more", unknown.len() - MAX_NAMED);
        }
        Some(format!(
            "the pipeline has no rule for these kinds of activity: {text}. They count only where all kinds do, such as in how \
             many activities there are and how lately; to weigh them, call them in the log as the pipeline does, or add them to \
             `activity_types` in a pipeline of your own"
        ))
    }
}

/// A kind on one line and of a readable length.
fn shortened(kind: &str) -> String {
    const MAX_CHARS: usize = 40;
    let mut short: String =
        kind.chars().take(MAX_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if kind.chars().nth(MAX_CHARS).is_some() {
        short.push('…');
    }
    short
}
