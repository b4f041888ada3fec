//! The activity log, held in memory by lead.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use leadscore::record::Activities;
use leadscore::{Activity, Attribute, Error, Lead, Timestamp, Zone};
use leadscore_csv::{Cell, CsvOptions, CsvReader, ReadRow, Row};
use serde::Deserialize;

use super::mapping::find_column;
use super::{InputFile, InputFormat};
use crate::wording::counted;
use crate::{Notes, in_file, unreadable};

/// Activities by lead id.
#[derive(Debug, Default)]
pub(crate) struct ActivityLog {
    by_lead: HashMap<String, LeadActivities>,
    activity_count: u64,
    byte_count: u64,
    refused_count: u64,
    first_refused: Option<String>,
    /// A lead of the input, for the message that none was met.
    some_lead: OnceLock<String>,
}

/// The activities of a lead.
#[derive(Debug, Default)]
struct LeadActivities {
    activities: Vec<Activity>,
    /// Whether the lead was met in the input.
    is_matched: AtomicBool,
}

impl ActivityLog {
    /// Reads a log: CSV with the columns `lead_id`, kind and at, or JSON lines with these fields.
    pub(super) fn load(path: &Path, zone: &Zone, notes: &mut dyn Notes) -> Result<ActivityLog, Error> {
        let file = InputFile::open(&path.to_string_lossy())?;
        let mut log = ActivityLog::default();
        match file.format {
            InputFormat::Csv => log.read_table(file, zone)?,
            InputFormat::Jsonl => log.read_lines(file, zone)?,
            InputFormat::Json => {
                return Err(unreadable(&file.name, "activities come as CSV or as JSON lines (.jsonl)"));
            }
        }
        if log.activity_count > 0 {
            notes.assumed(format!(
                "{} of {} held in memory, about {} bytes each",
                counted(log.activity_count, "activity", "activities"),
                counted(log.by_lead.len() as u64, "lead", "leads"),
                log.byte_count / log.activity_count
            ));
        }
        if let Some(first) = &log.first_refused {
            let refused = counted(log.refused_count, "activity", "activities");
            notes.assumed(format!("{refused} could not be used; the first: {first}"));
        }
        Ok(log)
    }

    /// The log's activities of a lead of the input.
    pub(super) fn activities(&self, lead_id: &str) -> Activities<'_> {
        let Some(lead) = self.by_lead.get(lead_id) else { return Activities::default() };
        if !lead.is_matched.load(Ordering::Relaxed) {
            lead.is_matched.store(true, Ordering::Relaxed);
        }
        lead.activities.as_slice().into()
    }

    /// Remembers the id of the first lead of the input, as an example.
    pub(super) fn note_lead(&self, lead_id: &str) {
        self.some_lead.get_or_init(|| lead_id.to_owned());
    }

    /// Adds the log's activities of a lead to its own.
    pub(crate) fn attach(&self, lead: &mut Lead) {
        let Some(id) = lead.id.as_deref() else { return };
        self.note_lead(id);
        self.activities(id);
        if let Some(found) = self.by_lead.get(id) {
            lead.activities.extend_from_slice(&found.activities);
        }
    }

    /// What to say of activities whose lead was not in the input.
    pub(super) fn unmatched_note(&self) -> Option<String> {
        let is_matched = |lead: &LeadActivities| lead.is_matched.load(Ordering::Relaxed);
        let unmatched = || self.by_lead.iter().filter(|(_, lead)| !is_matched(lead)).map(|(id, _)| id);
        // The map has no order of its own: every run is to name the same one.
        let first = unmatched().min()?;
        let count = counted(unmatched().count() as u64, "lead that is", "leads that are");
        let own = self.some_lead.get().map(String::as_str).unwrap_or_default();
        Some(if self.by_lead.values().any(is_matched) {
            format!("the log speaks of {count} not in the input, such as `{first}`")
        } else {
            format!(
                "no activity belongs to a lead of the input: its ids look like `{own}`, the log's like `{first}`"
            )
        })
    }

    fn read_table(&mut self, file: InputFile, zone: &Zone) -> Result<(), Error> {
        let name = file.name;
        let mut reader =
            CsvReader::open(file.bytes, CsvOptions::default()).map_err(|error| in_file(&name, error))?;
        let header: Vec<String> = reader.columns().iter().map(|column| column.name.clone()).collect();
        let columns = LogColumns::find(&name, &header)?;
        let mut row = Row::default();
        loop {
            match reader.next_row(&mut row).map_err(|error| in_file(&name, error))? {
                ReadRow::Row => match columns.activity(&row, &header, zone) {
                    Ok(activity) => self.add(columns.lead_id(&row), activity),
                    Err(reason) => self.refuse(row.line(), &reason),
                },
                ReadRow::Rejected(rejected) => self.refuse(rejected.line, &rejected.reason),
                ReadRow::End => return Ok(()),
            }
        }
    }

    fn read_lines(&mut self, file: InputFile, zone: &Zone) -> Result<(), Error> {
        for (index, line) in file.bytes.lines().enumerate() {
            let line = line.map_err(|error| in_file(&file.name, error))?;
            if line.trim().is_empty() {
                continue;
            }
            match read_record(&line, zone) {
                Ok((lead_id, activity)) => self.add(lead_id, activity),
                Err(reason) => self.refuse(index as u64 + 1, &reason),
            }
        }
        Ok(())
    }

    fn add(&mut self, lead_id: String, activity: Activity) {
        let texts = activity.kind.len() + activity.id.as_ref().map_or(0, String::len);
        // A map entry costs its key, its value and about half as much again for the tree.
        let properties: usize = activity
            .properties
            .iter()
            .map(|(name, value)| {
                let text = if let Attribute::Text(text) = value { text.len() } else { 0 };
                name.len() + text + 72
            })
            .sum();
        self.byte_count += (size_of::<Activity>() + texts + properties) as u64;
        self.activity_count += 1;
        self.by_lead.entry(lead_id).or_default().activities.push(activity);
    }

    fn refuse(&mut self, line: u64, reason: &str) {
        self.refused_count += 1;
        self.first_refused.get_or_insert_with(|| format!("line {line}: {reason}"));
    }
}

/// Which column of a table holds what; all others are properties.
struct LogColumns {
    lead: usize,
    kind: usize,
    at: usize,
    id: Option<usize>,
}

impl LogColumns {
    fn find(name: &str, header: &[String]) -> Result<LogColumns, Error> {
        let names: Vec<&str> = header.iter().map(String::as_str).collect();
        let find = |wanted: &str| {
            find_column(wanted, &names).ok_or_else(|| {
                let has = header.join(", ");
                unreadable(name, format!("an activity log has a column `{wanted}`; this one has: {has}"))
            })
        };
        let lead = names.iter().position(|name| *name == "lead_id").map_or_else(|| find("lead_id"), Ok)?;
        let (kind, at) = (find("kind")?, find("at")?);
        let is_id = |name: &&str| matches!(*name, "id" | "activity_id");
        let id = names.iter().position(is_id).filter(|&column| column != lead);
        Ok(LogColumns { lead, kind, at, id })
    }

    fn lead_id(&self, row: &Row) -> String {
        trimmed(row, self.lead).to_owned()
    }

    /// The activity of a row, or why it is none.
    fn activity(&self, row: &Row, header: &[String], zone: &Zone) -> Result<Activity, String> {
        let at = match row.value(self.at) {
            Some(Cell::Date(date)) => date.to_timestamp(zone).map_err(|error| error.to_string())?,
            Some(Cell::Text(text)) => Timestamp::parse(text, zone).map_err(|error| error.to_string())?,
            _ => return Err(format!("`{}` is not a time", trimmed(row, self.at))),
        };
        let kind = trimmed(row, self.kind);
        if kind.is_empty() {
            return Err("the kind is blank".to_owned());
        }
        let mut activity = Activity::new(kind, at);
        activity.id = self.id.map(|id| trimmed(row, id)).filter(|id| !id.is_empty()).map(str::to_owned);
        for (column, name) in header.iter().enumerate() {
            if [Some(self.lead), Some(self.kind), Some(self.at), self.id].contains(&Some(column)) {
                continue;
            }
            let value = match row.value(column) {
                Some(Cell::Number(number)) => Attribute::Number(number),
                _ => match row.text(column) {
                    Some(text) => Attribute::Text(text.into_owned()),
                    None => continue,
                },
            };
            activity.properties.insert(name.clone(), value);
        }
        Ok(activity)
    }
}

fn trimmed(row: &Row, column: usize) -> &str {
    row.raw(column).map(str::trim).unwrap_or_default()
}

/// One line of JSON: the lead's id and the activity, or why it is none.
fn read_record(line: &str, zone: &Zone) -> Result<(String, Activity), String> {
    let record = serde_json::from_str::<Record>(line).map_err(|error| error.to_string())?;
    let at = Timestamp::parse(&record.at, zone).map_err(|error| error.to_string())?;
    let mut activity = Activity::new(record.kind, at);
    activity.id = record.id.map(Id::into_text);
    for (name, value) in record.properties {
        let value = match value {
            serde_json::Value::String(text) => Attribute::Text(text),
            serde_json::Value::Bool(flag) => Attribute::Flag(flag),
            serde_json::Value::Number(number) => Attribute::Number(number.as_f64().unwrap_or(f64::NAN)),
            _ => continue,
        };
        activity.properties.insert(name, value);
    }
    Ok((record.lead_id.into_text(), activity))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    lead_id: Id,
    kind: String,
    at: String,
    #[serde(default)]
    id: Option<Id>,
    #[serde(default)]
    properties: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

impl Id {
    fn into_text(self) -> String {
        match self {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }
    }
}
