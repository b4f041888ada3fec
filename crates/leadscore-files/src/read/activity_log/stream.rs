//! A log that is sorted like the leads, read along with them: what is held are the ids of its leads and the activities of
//! the rows that are being scored.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use leadscore::{Error, Lead, Zone};

use super::duplicates::Duplicates;
use super::leads::{LeadNumbers, LogLeads};
use super::rows::LogRows;
use super::{ActivityLog, LogForm, LogRemarks};
use crate::read::times::Times;
use crate::wording::counted;
use crate::{Notes, Rejection, unreadable};

/// A smaller log takes little memory, and is read once instead of twice.
pub(in crate::read) const SMALL_LOG_BYTES: u64 = 64 << 20;

/// Reads the activities of leads in their order.
pub(in crate::read) struct LogStream {
    path: PathBuf,
    form: LogForm,
    zone: Zone,
    /// The leads by the number of their group of rows in the log.
    leads: LogLeads,
    /// Whether a lead has an activity that can be used, by number.
    has_activities: Vec<bool>,
    rows: LogRows,
    /// The group that was read last, by the lead's id and number; earlier ones are gone.
    group: Option<(String, u32)>,
    remarks: LogRemarks,
    /// The duplicates of the leads read so far.
    duplicates: Duplicates,
    /// The activities of the leads asked for last.
    latest: Option<Arc<ActivityLog>>,
    /// The whole log, once the leads turned out to be sorted in another way.
    whole: Option<Arc<ActivityLog>>,
}

/// Where a row of the log lies.
enum Place {
    Before,
    Wanted,
    Behind,
}

impl LogStream {
    /// A stream of a log in which the rows of each lead follow each other; `None` where they do not, or where the log is small or
    /// no file that can be read twice.
    ///
    /// # Errors
    /// `io`, and `unreadable_table` for a log that cannot be read.
    pub(in crate::read) fn open(
        path: &Path,
        form: &LogForm,
        zone: &Zone,
        smallest: u64,
        notes: &mut dyn Notes,
    ) -> Result<Option<LogStream>, Error> {
        let is_large = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() >= smallest);
        if !is_large {
            return Ok(None);
        }
        let (mut numbers, mut is_grouped) = (LeadNumbers::default(), true);
        LogRows::open_leads(path, form)?.visit_leads(|lead| {
            is_grouped = numbers.number_in_group(lead).is_some();
            if is_grouped { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if !is_grouped {
            return Ok(None);
        }
        notes.assumed(format!(
            "the activity log has {}; it is sorted by them, and read along with the leads of the input",
            counted(numbers.len() as u64, "lead", "leads")
        ));
        let rows = LogRows::open(path, form)?;
        Ok(Some(LogStream {
            path: path.to_owned(),
            form: form.clone(),
            zone: zone.clone(),
            has_activities: vec![false; numbers.len()],
            leads: LogLeads::new(numbers),
            rows,
            group: None,
            remarks: LogRemarks::new(form.as_of),
            duplicates: Duplicates::default(),
            latest: None,
            whole: None,
        }))
    }

    /// A log with the activities of some leads of the input, in its order.
    ///
    /// # Errors
    /// `io`, and `unreadable_table` where the log has changed since it was opened.
    pub(in crate::read) fn log<'a>(
        &mut self,
        ids: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Arc<ActivityLog>, Error> {
        if self.whole.is_none()
            && let Some(log) = self.read(ids)?
        {
            if log.leads.numbers().len() > 0 {
                self.latest = Some(log.clone());
            }
            return Ok(log);
        }
        if self.whole.is_none() {
            // The leads come in another order: from here on the whole log is held.
            let (log, remarks) = ActivityLog::read(&self.path, &self.form, &self.zone)?;
            log.leads.take_matches(&self.leads);
            (self.latest, self.remarks) = (None, remarks);
            self.whole = Some(Arc::new(log));
        }
        Ok(self.whole.clone().expect("it was read just now"))
    }

    /// Adds the log's activities of a lead to its own.
    ///
    /// # Errors
    /// As [`LogStream::log`].
    pub(in crate::read) fn attach(&mut self, lead: &mut Lead) -> Result<(), Error> {
        let Some(id) = lead.id.clone() else { return Ok(()) };
        self.note_lead(&id);
        let log = self.log(std::iter::once(id.as_str()))?;
        log.attach(lead);
        self.take_matches(&log);
        Ok(())
    }

    /// Takes over which leads were met in a log that [`LogStream::log`] gave.
    pub(in crate::read) fn take_matches(&self, log: &ActivityLog) {
        let all = self.whole.as_ref().map_or(&self.leads, |whole| &whole.leads);
        if !std::ptr::eq(all, &raw const log.leads) {
            all.take_matches(&log.leads);
        }
    }

    /// Reads to the end, so that all is known of the log's rows.
    ///
    /// # Errors
    /// As [`LogStream::log`].
    pub(in crate::read) fn finish(&mut self) -> Result<(), Error> {
        if self.whole.is_none() {
            self.visit(|_, _| Place::Before, |_| {})?;
            self.remarks.file = self.rows.messages();
        }
        Ok(())
    }

    /// Remembers the id of the first lead of the input, as an example.
    pub(in crate::read) fn note_lead(&self, id: &str) {
        self.leads.note_lead(id);
        if let Some(whole) = &self.whole {
            whole.note_lead(id);
        }
    }

    /// Whether some lead of the input was met.
    pub(in crate::read) fn has_matches(&self) -> bool {
        match &self.whole {
            Some(log) => log.has_matches(),
            None => self.leads.has_matches(|number| self.has_activities[number as usize]),
        }
    }

    /// What to say of the log once all leads are read.
    pub(in crate::read) fn messages(&self) -> Vec<String> {
        let order = self.whole.is_some().then(|| {
            "the leads stand in another order than in the activity log, which was therefore held in memory; where memory is \
             short, sort both alike"
                .to_owned()
        });
        let at_end = if let Some(log) = &self.whole {
            log.messages()
        } else {
            let unmatched = self.leads.unmatched_note(|number| self.has_activities[number as usize]);
            unmatched.into_iter().chain(self.duplicates.message()).collect()
        };
        order.into_iter().chain(self.remarks.messages(&self.form)).chain(at_end).collect()
    }

    /// When the activities were.
    pub(in crate::read) fn times(&self) -> &Times {
        &self.remarks.times
    }

    /// The rows that are no activities, and how many there were, once all leads are read.
    pub(in crate::read) fn take_rejections(&mut self) -> (Vec<Rejection>, u64) {
        self.remarks.take_rejections()
    }

    /// The activities of some leads; `None` where one of them lies before what was read.
    fn read<'a>(&mut self, ids: impl Iterator<Item = &'a str>) -> Result<Option<Arc<ActivityLog>>, Error> {
        let form = self.form.clone();
        let mut builder = form.builder(self.rows.has_ids());
        for id in ids {
            let Some(number) = self.leads.numbers().find(id) else { continue };
            if builder.leads.find(id).is_some() {
                continue;
            }
            let last = self.group.as_ref().map(|(_, last)| *last);
            match last {
                // A lead that comes twice, with other rows or another block of rows between.
                Some(last) if number == last => match &self.latest {
                    Some(latest) if latest.leads.numbers().find(id).is_some() => builder.add_from(latest, id),
                    _ => return Ok(None),
                },
                Some(last) if number < last => return Ok(None),
                _ => {
                    self.visit(
                        |_, row| match row.cmp(&number) {
                            std::cmp::Ordering::Less => Place::Before,
                            std::cmp::Ordering::Equal => Place::Wanted,
                            std::cmp::Ordering::Greater => Place::Behind,
                        },
                        |entry| builder.add(entry),
                    )?;
                }
            }
        }
        let log = builder.finish();
        for (_, duplicates) in &log.duplicates {
            self.duplicates.merge(*duplicates);
        }
        Ok(Some(Arc::new(log)))
    }

    /// Reads rows up to the first one behind what is wanted.
    fn visit(
        &mut self,
        place: impl Fn(&str, u32) -> Place,
        mut take: impl FnMut(super::Entry<'_>),
    ) -> Result<(), Error> {
        let LogStream { leads, has_activities, rows, group, remarks, zone, .. } = self;
        let mut has_changed = false;
        rows.visit(zone, |row| {
            let entry = match row.entry {
                Ok(entry) => entry,
                Err(refusal) => {
                    remarks.refuse(row.line, refusal);
                    return ControlFlow::Continue(());
                }
            };
            let number = match group {
                Some((id, number)) if id == entry.lead => *number,
                _ => {
                    let number = leads.numbers().find(entry.lead);
                    let earlier = group.as_ref().map(|(_, last)| *last);
                    let Some(number) = number.filter(|number| earlier.is_none_or(|last| last < *number))
                    else {
                        has_changed = true;
                        return ControlFlow::Break(());
                    };
                    number
                }
            };
            let place = place(entry.lead, number);
            if matches!(place, Place::Behind) {
                return ControlFlow::Break(());
            }
            if group.as_ref().is_none_or(|(_, last)| *last != number) {
                let (id, last) = group.get_or_insert_default();
                id.clear();
                id.push_str(entry.lead);
                *last = number;
            }
            remarks.count(&entry);
            has_activities[number as usize] = true;
            if matches!(place, Place::Wanted) {
                take(entry);
            }
            ControlFlow::Continue(())
        })?;
        if has_changed {
            return Err(unreadable(rows.name(), "the log has changed while it was read"));
        }
        Ok(())
    }
}

impl std::fmt::Debug for LogStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogStream").field("path", &self.path).finish_non_exhaustive()
    }
}
