//! The activity log, held in memory by lead.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use leadscore::{Activity, Attribute, Lead, Timestamp, Zone};
use leadscore_csv::{Cell, CsvOptions, CsvReader, ReadRow, Row};
use serde::Deserialize;

use super::mapping::column_for;
use super::note_line;
use super::open::{Form, open};
use crate::failure::Failure;
use crate::terminal::counted;

/// Activities by lead id.
#[derive(Default)]
pub(crate) struct ActivityLog {
    by_lead: HashMap<String, Vec<Activity>>,
    activities: u64,
    bytes: u64,
    refused: u64,
    first_refused: Option<String>,
    /// Leads of the log that were met in the input.
    met: HashSet<String>,
    /// A lead of the input, for the message that none was met.
    some_lead: Option<String>,
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
    fn text(self) -> String {
        match self {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }
    }
}

impl ActivityLog {
    /// Reads a log: CSV with the columns `lead_id`, kind and at, or JSON lines with these fields.
    pub(crate) fn load(path: &Path, zone: &Zone) -> Result<ActivityLog, Failure> {
        let opened = open(&path.to_string_lossy())?;
        let name = opened.name.clone();
        let mut log = ActivityLog::default();
        match opened.form {
            Form::Csv => log.read_table(opened.bytes, &name, zone)?,
            Form::Jsonl => log.read_lines(opened.bytes, zone)?,
            Form::Json => {
                return Err(Failure::said(format!(
                    "{name}: activities come as CSV or as JSON lines (.jsonl)"
                )));
            }
        }
        if log.activities > 0 {
            note_line(&format!(
                "{} of {} held in memory, about {} bytes each",
                counted(log.activities, "activity", "activities"),
                counted(log.by_lead.len() as u64, "lead", "leads"),
                log.bytes / log.activities
            ));
        }
        if let Some(first) = &log.first_refused {
            let refused = counted(log.refused, "activity", "activities");
            note_line(&format!("{refused} could not be used; the first: {first}"));
        }
        Ok(log)
    }

    /// Adds a lead's activities to its own.
    pub(super) fn give(&mut self, lead: &mut Lead) {
        if self.some_lead.is_none() {
            self.some_lead = Some(lead.id.clone());
        }
        if let Some(activities) = self.by_lead.get(&lead.id) {
            lead.activities.extend_from_slice(activities);
            if !self.met.contains(&lead.id) {
                self.met.insert(lead.id.clone());
            }
        }
    }

    /// What to say of activities whose lead was not in the input.
    pub(super) fn strangers(&self) -> Option<String> {
        let mut strange = self.by_lead.keys().filter(|id| !self.met.contains(*id));
        let first = strange.next()?;
        let count = counted(1 + strange.count() as u64, "lead that is", "leads that are");
        let own = self.some_lead.as_deref().unwrap_or_default();
        Some(if self.met.is_empty() {
            format!(
                "no activity belongs to a lead of the input: its ids look like `{own}`, the log's like `{first}`"
            )
        } else {
            format!("the log speaks of {count} not in the input, such as `{first}`")
        })
    }

    fn read_table(
        &mut self,
        bytes: Box<dyn std::io::BufRead>,
        name: &str,
        zone: &Zone,
    ) -> Result<(), Failure> {
        let said = |error: leadscore::Error| Failure::about(name, &error);
        let mut reader = CsvReader::open(bytes, CsvOptions::default()).map_err(said)?;
        let columns: Vec<String> = reader.columns().iter().map(|column| column.name.clone()).collect();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let find = |wanted: &str| {
            column_for(wanted, &names).ok_or_else(|| {
                Failure::said(format!(
                    "{name}: an activity log has a column `{wanted}`; this one has: {}",
                    columns.join(", ")
                ))
            })
        };
        let lead = names.iter().position(|n| *n == "lead_id").map_or_else(|| find("lead_id"), Ok)?;
        let (kind, at) = (find("kind")?, find("at")?);
        let id = names.iter().position(|n| *n == "id" || *n == "activity_id").filter(|&c| c != lead);
        let mut row = Row::default();
        loop {
            match reader.next_row(&mut row).map_err(said)? {
                ReadRow::Row => {}
                ReadRow::Rejected(rejected) => {
                    self.refuse(rejected.line, &rejected.reason);
                    continue;
                }
                ReadRow::End => return Ok(()),
            }
            let text = |column: usize| row.raw(column).map(str::trim).unwrap_or_default();
            let moment = match row.value(at) {
                Some(Cell::Date(date)) => date.to_timestamp(zone).map_err(|error| error.to_string()),
                Some(Cell::Text(text)) => Timestamp::parse(text, zone).map_err(|error| error.to_string()),
                _ => Err(format!("`{}` is not a time", text(at))),
            };
            let moment = match moment {
                Ok(moment) if !text(kind).is_empty() => moment,
                Ok(_) => {
                    self.refuse(row.line(), "the kind is blank");
                    continue;
                }
                Err(reason) => {
                    self.refuse(row.line(), &reason);
                    continue;
                }
            };
            let mut activity = Activity::new(text(kind), moment);
            activity.id = id.map(&text).filter(|id| !id.is_empty()).map(str::to_owned);
            for (column, name) in columns.iter().enumerate() {
                if [Some(lead), Some(kind), Some(at), id].contains(&Some(column)) {
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
            self.add(text(lead).to_owned(), activity);
        }
    }

    fn read_lines(&mut self, bytes: Box<dyn std::io::BufRead>, zone: &Zone) -> Result<(), Failure> {
        for (at, line) in std::io::BufRead::lines(bytes).enumerate() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let read = serde_json::from_str::<Record>(&line).map_err(|error| error.to_string());
            let read = read.and_then(|record| {
                let moment = Timestamp::parse(&record.at, zone).map_err(|error| error.to_string())?;
                Ok((record, moment))
            });
            match read {
                Err(reason) => self.refuse(at as u64 + 1, &reason),
                Ok((record, moment)) => {
                    let mut activity = Activity::new(record.kind, moment);
                    activity.id = record.id.map(Id::text);
                    for (name, value) in record.properties {
                        let value = match value {
                            serde_json::Value::String(text) => Attribute::Text(text),
                            serde_json::Value::Bool(flag) => Attribute::Flag(flag),
                            serde_json::Value::Number(number) => {
                                Attribute::Number(number.as_f64().unwrap_or(f64::NAN))
                            }
                            _ => continue,
                        };
                        activity.properties.insert(name, value);
                    }
                    self.add(record.lead_id.text(), activity);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, lead: String, activity: Activity) {
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
        self.bytes += (size_of::<Activity>() + texts + properties) as u64;
        self.activities += 1;
        self.by_lead.entry(lead).or_default().push(activity);
    }

    fn refuse(&mut self, line: u64, reason: &str) {
        self.refused += 1;
        self.first_refused.get_or_insert_with(|| format!("line {line}: {reason}"));
    }
}
