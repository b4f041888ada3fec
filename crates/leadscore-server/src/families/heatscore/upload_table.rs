//! Leads from an uploaded CSV, read as `leadscore-files` reads every table.

use std::io;
use std::path::Path;

use leadscore::{Attribute, Pipeline};
use leadscore_files::{LeadInput, Note, ReadLead};
use serde_json::{Map, Value};

use super::lead_body::HeatLead;
use crate::fault::Fault;
use crate::schemas::Schemas;

/// The most rows of an upload.
pub(super) const MAX_ROWS: usize = 10_000;

/// A row of the table.
pub(super) struct Row {
    /// Among the data rows, from 1.
    pub(super) number: u64,
    /// The line it starts on, from 1.
    pub(super) line: u64,
    /// The lead, or why it cannot be used.
    pub(super) lead: Result<HeatLead, String>,
}

/// A table that was read.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// What was assumed about it.
    pub(super) notes: Vec<String>,
}

/// Why a table cannot be used.
pub(super) enum TableError {
    /// It is none.
    NotATable(String),
    /// It has more rows than an upload may have.
    TooLong,
    Io(io::Error),
}

/// Reads a table.
pub(super) fn read(file: &Path, columns: &Pipeline, schemas: &Schemas) -> Result<Table, TableError> {
    let start = start(file).map_err(TableError::Io)?;
    if !looks_like_text(&start) {
        return Err(TableError::NotATable("the file is no CSV".to_owned()));
    }
    if start.trim_ascii().is_empty() {
        return Err(TableError::NotATable("the file is empty; a CSV begins with a row of names".to_owned()));
    }
    let mut notes: Vec<Note> = Vec::new();
    let not_a_table = |error: leadscore::Error| TableError::NotATable(error.message().to_owned());
    let mut reader = LeadInput::new(file.to_string_lossy())
        .pad_short_rows()
        .open(columns, &mut notes)
        .map_err(not_a_table)?;
    let mut rows = Vec::new();
    loop {
        let (line, lead) = match reader.read_lead().map_err(not_a_table)? {
            ReadLead::End => break,
            ReadLead::Rejected(rejection) => (rejection.line, Err(rejection.reason)),
            ReadLead::Lead => (reader.line(), lead(reader.lead(), schemas)),
        };
        if rows.len() == MAX_ROWS {
            return Err(TableError::TooLong);
        }
        rows.push(Row { number: rows.len() as u64 + 1, line, lead });
    }
    if rows.iter().all(|row| row.lead.is_err())
        && let Some(reason) = reader.worthless(Vec::new()).into_iter().next()
    {
        return Err(TableError::NotATable(reason));
    }
    let notes = notes.iter().map(ToString::to_string).collect();
    Ok(Table { rows, notes })
}

/// A row as the body of a request, checked as one.
fn lead(lead: &leadscore::Lead, schemas: &Schemas) -> Result<HeatLead, String> {
    let mut body = Map::new();
    for (name, value) in &lead.attributes {
        let name = if name == "title" { "role" } else { name.as_str() };
        let value = match value {
            Attribute::Text(text) if name == "prior_course_interest" => text.trim().to_lowercase().into(),
            // Telephone numbers and names may look like numbers; only counts and times are.
            Attribute::Number(number) if ["recency_days", "page_views", "time_spent"].contains(&name) => {
                Value::from(*number)
            }
            other => other.as_ref().to_text().into_owned().into(),
        };
        body.insert(name.to_owned(), value);
    }
    let body = Value::Object(body);
    let told = |fault: &Fault| {
        let issues = fault.issues.iter().map(|issue| format!("{}: {}", issue.field, issue.message));
        issues.collect::<Vec<_>>().join("; ")
    };
    schemas.check("HeatLead", &body).map_err(|fault| told(&fault))?;
    serde_json::from_value(body).map_err(|error| error.to_string())
}

fn start(file: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(4_096).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether this may be a table: no archive, picture, document or JSON.
fn looks_like_text(start: &[u8]) -> bool {
    let is_utf16 = start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF");
    let magic: [&[u8]; 4] = [b"\x1F\x8B", b"PK\x03\x04", b"%PDF", b"\x89PNG"];
    let is_json = matches!(start.trim_ascii_start().first(), Some(b'{' | b'['));
    (is_utf16 || !start.contains(&0)) && !magic.iter().any(|own| start.starts_with(own)) && !is_json
}
