//! The rows of a log one after the other: a table, or JSON lines.

mod lines;
mod roles;
mod table;
mod time;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use leadscore::{Attribute, Error, Zone};

use self::lines::{LineRows, attributes};
use self::table::{LogColumns, TableRows};
use self::time::LogTime;
pub(super) use self::time::UnixUnit;
use super::LogForm;
use crate::read::{InputFile, InputFormat, is_id};
use crate::unreadable;
use leadscore_csv::RowRef;

/// A row of a log.
pub(super) struct LogRow<'a> {
    pub(super) line: u64,
    /// The activity, or why the row is none.
    pub(super) entry: Result<Entry<'a>, Refusal>,
}

/// A row that is no activity.
pub(super) struct Refusal {
    pub(super) reason: String,
    /// The row as it was written, cut to a sensible length.
    pub(super) raw: String,
}

impl Refusal {
    fn new(reason: impl Into<String>, raw: &str) -> Refusal {
        const MAX_CHARS: usize = 2_000;
        Refusal { reason: reason.into(), raw: raw.chars().take(MAX_CHARS).collect() }
    }
}

/// What a row of a log says.
pub(super) struct Entry<'a> {
    pub(super) lead: &'a str,
    pub(super) kind: &'a str,
    pub(super) at: LogTime,
    pub(super) id: Option<&'a str>,
    /// Whether a spreadsheet rounded the id, which then is none.
    pub(super) has_rounded_id: bool,
    /// Whether a word such as `N/A` stands in place of the id, which then is none.
    pub(super) has_word_as_id: bool,
    properties: Properties<'a>,
}

/// Refuses what is no lead's id.
fn check_lead(id: &str) -> Result<(), String> {
    match id.trim() {
        "" => Err("the lead's id is blank".to_owned()),
        id if !is_id(id) => Err(format!("the lead's id `{id}` says that there is none")),
        _ => Ok(()),
    }
}

/// Whether what is written in place of an activity's id is a word that says that there is none.
fn has_word_as_id(written: Option<&str>) -> bool {
    written.is_some_and(|text| !text.trim().is_empty() && !is_id(text))
}

enum Properties<'a> {
    Table { row: RowRef<'a>, columns: &'a LogColumns },
    Json(&'a mut BTreeMap<String, serde_json::Value>),
}

impl Entry<'_> {
    /// The properties, which only a log that keeps them has to read.
    pub(super) fn properties(self) -> BTreeMap<String, Attribute> {
        match self.properties {
            Properties::Table { row, columns } => columns.properties(row),
            Properties::Json(properties) => attributes(std::mem::take(properties)),
        }
    }
}

/// Reads the rows of a log.
pub(super) enum LogRows {
    Table(Box<TableRows>),
    Lines(Box<LineRows>),
}

impl LogRows {
    /// Opens a log to be held in some form.
    pub(super) fn open(path: &Path, form: &LogForm) -> Result<LogRows, Error> {
        LogRows::open_file(path, form, |columns| {
            if form.keeps_properties(columns.roles.id.is_some()) { None } else { Some(columns.own()) }
        })
    }

    /// Opens a log to read only whose the rows are.
    pub(super) fn open_leads(path: &Path, form: &LogForm) -> Result<LogRows, Error> {
        LogRows::open_file(path, form, |columns| Some(vec![columns.roles.lead]))
    }

    fn open_file(
        path: &Path,
        form: &LogForm,
        select: impl FnOnce(&LogColumns) -> Option<Vec<usize>>,
    ) -> Result<LogRows, Error> {
        let file = InputFile::open(&path.to_string_lossy())?;
        match file.format {
            InputFormat::Csv => Ok(LogRows::Table(Box::new(TableRows::open(file, form, select)?))),
            InputFormat::Jsonl => Ok(LogRows::Lines(Box::new(LineRows::open(file, form)?))),
            InputFormat::Json => {
                Err(unreadable(&file.name, "activities come as CSV or as JSON lines (.jsonl)"))
            }
        }
    }

    /// Whether activities may have ids.
    pub(super) fn has_ids(&self) -> bool {
        match self {
            LogRows::Table(rows) => rows.has_ids(),
            LogRows::Lines(rows) => rows.has_ids(),
        }
    }

    /// The name of the file.
    pub(super) fn name(&self) -> &str {
        match self {
            LogRows::Table(rows) => rows.name(),
            LogRows::Lines(rows) => rows.name(),
        }
    }

    /// What was assumed about the file, complete once its rows were shown.
    pub(super) fn messages(&mut self) -> Vec<String> {
        match self {
            LogRows::Table(rows) => rows.messages(),
            LogRows::Lines(rows) => rows.messages(),
        }
    }

    /// Shows rows until the visitor breaks; the row at which it does is the first one shown the next time. Rows that
    /// are none may come before others of earlier lines, and the visitor must not break at one.
    pub(super) fn visit(
        &mut self,
        zone: &Zone,
        visitor: impl FnMut(LogRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        match self {
            LogRows::Table(rows) => rows.visit(zone, visitor),
            LogRows::Lines(rows) => rows.visit(zone, visitor),
        }
    }

    /// Shows whose the rows are until the visitor breaks; those that cannot be read are left out.
    pub(super) fn visit_leads(&mut self, visitor: impl FnMut(&str) -> ControlFlow<()>) -> Result<(), Error> {
        match self {
            LogRows::Table(rows) => rows.visit_leads(visitor),
            LogRows::Lines(rows) => rows.visit_leads(visitor),
        }
    }
}
