//! Leads from a file, whatever its format: CSV, JSON lines or JSON, plain or gzipped, or standard input.

mod activity_log;
mod carried;
mod columns;
mod date_order;
mod duplicates;
mod frame;
mod ids;
mod json_list;
mod json_records;
mod line_reader;
mod log;
mod mapping;
mod money;
mod open;
mod records;
mod table;
mod table_rows;
mod target;
mod times;
mod worth;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use leadscore::{Attribute, Capacity, Error, Lead, Mode, Pipeline, Timestamp, Zone};
use leadscore_csv::Warning;

use carried::Wanted;
pub(crate) use carried::{CarriedColumn, write_cells};
pub use carried::{CarriedColumns, id_column};
pub use columns::full_name;
pub use frame::{match_columns, name_columns, worthless_columns};
pub use ids::is_id;
pub use json_records::JsonRecords;
pub use line_reader::FoundRecord;
pub use mapping::Mapping;
pub use open::{ByteCounter, InputFile, InputFormat};

use crate::Notes;
use crate::notes::KeptNotes;
pub(crate) use activity_log::ActivityLog;
use activity_log::{LogForm, SMALL_LOG_BYTES};
use duplicates::{Duplicates, Identity};
use ids::MissingIds;
use log::Log;
use table::TableUse;
pub use table_rows::cell_value;
pub(crate) use table_rows::{TableBlock, TableBuffers, TablePlan, TableRow};
pub use target::{Target, TargetCells};
use times::Times;
pub(crate) use times::day_and_distance;
use worth::Worth;
pub(crate) use worth::is_most;

/// Attributes shown beside a lead even where the pipeline does not read them.
const SHOWN: [&str; 6] = ["name", "company", "title", "email", "owner", "last_activity_at"];

/// The id of a lead that has none: its row, in a form that no column and no log brings into play.
pub(crate) fn row_id(number: u64) -> String {
    format!("row:{number}")
}

/// Where leads come from: a file of leads, and perhaps a mapping of its columns and an activity log.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LeadInput {
    pub(crate) path: String,
    pub(crate) mapping: Option<PathBuf>,
    pub(crate) activities: Option<PathBuf>,
    /// Which column is which attribute, instead of the mapping file.
    settled: Option<Mapping>,
    zone: Zone,
    as_of: Option<Timestamp>,
    mode: Mode,
    /// A log of fewer bytes is held in memory however it is sorted.
    small_log_bytes: u64,
    /// Attribute → column, beside the mapping file.
    columns: BTreeMap<String, String>,
    is_whole: bool,
    pads_short_rows: bool,
    carried: Vec<Wanted>,
}

impl LeadInput {
    /// The leads of a file: CSV, JSON lines or JSON, also gzipped; `-` is standard input.
    pub fn new(path: impl Into<String>) -> LeadInput {
        LeadInput {
            path: path.into(),
            mapping: None,
            activities: None,
            settled: None,
            zone: Zone::utc(),
            as_of: None,
            mode: Mode::Lenient,
            small_log_bytes: SMALL_LOG_BYTES,
            columns: BTreeMap::new(),
            is_whole: false,
            pads_short_rows: false,
            carried: Vec::new(),
        }
    }

    /// The same where a row of a table with fewer cells than the header lacks the last ones; it is rejected otherwise.
    #[must_use]
    pub fn pad_short_rows(mut self) -> LeadInput {
        self.pads_short_rows = true;
        self
    }

    /// The same with columns that go through to the output as they are: by their names, by the attribute they are read as,
    /// or `all`.
    #[must_use]
    pub fn carry(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> LeadInput {
        self.carried.extend(columns.into_iter().map(|name| Wanted::column(name.into())));
        self
    }

    /// The same with the column that a capacity is divided by, if it is; see [`Scoring::capacity`](crate::Scoring::capacity).
    /// It goes through to the output too.
    #[must_use]
    pub fn capacity(mut self, capacity: &Capacity) -> LeadInput {
        self.carried.extend(capacity.column().map(Wanted::group));
        self
    }

    /// The same with a [`Mapping`] file.
    #[must_use]
    pub fn mapping(mut self, path: impl Into<PathBuf>) -> LeadInput {
        self.mapping = Some(path.into());
        self
    }

    /// The same with a mapping that was read already.
    pub(crate) fn settled(self, mapping: Mapping) -> LeadInput {
        LeadInput { settled: Some(mapping), ..self }
    }

    /// The same with an activity log: CSV or JSON lines with the lead's id, the kind and the time.
    #[must_use]
    pub fn activities(mut self, path: impl Into<PathBuf>) -> LeadInput {
        self.activities = Some(path.into());
        self
    }

    /// The same with a column that holds an attribute, or the lead's id where the attribute is `lead_id`; it wins over the
    /// mapping file.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>, attribute: impl Into<String>) -> LeadInput {
        self.columns.insert(attribute.into(), column.into());
        self
    }

    /// The same with everything that is in the files, and not only what a pipeline reads: every column of a table is an
    /// attribute, activities keep their ids and properties, and a lead without an id has none.
    #[must_use]
    pub fn whole(mut self) -> LeadInput {
        self.is_whole = true;
        self
    }

    /// The same with the zone of times without an offset; UTC by default.
    #[must_use]
    pub fn zone(mut self, zone: Zone) -> LeadInput {
        self.zone = zone;
        self
    }

    /// The same with the time that the leads are scored as of: activities after it are counted, and said.
    #[must_use]
    pub fn as_of(mut self, time: Timestamp) -> LeadInput {
        self.as_of = Some(time);
        self
    }

    /// The same in strict mode, where a cell that cannot be read rejects its row, or in lenient mode.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> LeadInput {
        self.mode = mode;
        self
    }

    /// The same with the size of a log from which on it is read along with the leads, if it is sorted like them, instead of
    /// being held in memory; 64 MiB by default. The scores do not depend on it.
    #[must_use]
    pub fn small_log_bytes(mut self, byte_count: u64) -> LeadInput {
        self.small_log_bytes = byte_count;
        self
    }

    /// Opens the files for a pipeline, and notes what was assumed about them. Of the activity log only what the pipeline
    /// reads is kept, unless the input is read [`whole`](LeadInput::whole).
    ///
    /// # Errors
    /// `not_found` and `io` with the file's name as the path, `invalid_context` for a mapping that cannot be used,
    /// `unreadable_table` for a file whose leads or activities cannot be read.
    pub fn open(&self, pipeline: &Pipeline, notes: &mut dyn Notes) -> Result<LeadReader, Error> {
        let mut kept = KeptNotes { inner: notes, texts: Vec::new() };
        let notes: &mut dyn Notes = &mut kept;
        let mut mapping = match &self.settled {
            Some(mapping) => mapping.clone(),
            None => self.mapping.as_deref().map(Mapping::load).transpose()?.unwrap_or_default(),
        };
        for (attribute, column) in &self.columns {
            mapping.set_column(column, attribute);
        }
        let opened = InputFile::open(&self.path);
        let is_table = opened.as_ref().is_ok_and(|file| file.format == InputFormat::Csv);
        let form = LogForm {
            pipeline: pipeline.clone(),
            as_of: self.as_of,
            leads_have_activities: !is_table,
            is_whole: self.is_whole,
            is_strict: self.mode == Mode::Strict,
            mapping: mapping.log(),
        };
        let open = |path| Log::open(path, &form, &self.zone, self.small_log_bytes, notes);
        let log = self.activities.as_deref().map(open).transpose()?;
        let file = opened?;
        for note in &file.notes {
            notes.assumed(note);
        }
        if !self.is_whole {
            mapping.note_unknown_attributes(pipeline, notes);
        }
        let (name, byte_count, bytes_read) = (file.name.clone(), file.byte_count, file.bytes_read.clone());
        let mut worth = Worth::new(pipeline, Times::new(self.as_of));
        let source = match file.format {
            InputFormat::Csv => {
                // Rows without any value are no leads.
                let mut options = mapping.csv_options().skip_empty_rows();
                options.short_rows_are_padded = self.pads_short_rows;
                let use_of = TableUse {
                    is_strict: self.mode == Mode::Strict,
                    is_whole: self.is_whole,
                    has_log: log.is_some(),
                };
                Source::Table(Box::new(table::Table::open(
                    file,
                    &mapping,
                    options,
                    pipeline,
                    (use_of, &self.carried),
                    &mut worth,
                    notes,
                )?))
            }
            InputFormat::Jsonl | InputFormat::Json => Source::Records(Box::new(records::Records::new(
                file,
                mapping,
                self.zone.clone(),
                CarriedColumns::of_records(&self.carried)?,
                pipeline,
            ))),
        };
        let is_whole = self.is_whole;
        Ok(LeadReader {
            source,
            lead: Lead::default(),
            row: 0,
            line: 0,
            log,
            worth,
            duplicates: Duplicates::default(),
            missing_ids: MissingIds::default(),
            name,
            byte_count,
            bytes_read,
            is_whole,
            notes: kept.texts,
        })
    }

    /// The files that are read, each with what it is called in messages.
    pub(crate) fn files(&self) -> Vec<(&'static str, &Path)> {
        let files = [
            ("the input", Some(Path::new(&self.path))),
            ("the mapping", self.mapping.as_deref()),
            ("the activity log", self.activities.as_deref()),
        ];
        files.into_iter().filter_map(|(what, path)| Some((what, path?))).collect()
    }
}

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The line it starts on, from 1.
    pub line: u64,
    /// Why it could not be used.
    pub reason: String,
    /// The row as it was written, cut to a sensible length.
    pub raw: String,
}

impl Rejection {
    /// A row that starts on some line, why it could not be used, and how it was written.
    pub fn new(line: u64, reason: impl Into<String>, raw: impl Into<String>) -> Rejection {
        Rejection { line, reason: reason.into(), raw: raw.into() }
    }
}

/// What the next row of an input is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadLead {
    /// A lead; it is in [`LeadReader::lead`].
    Lead,
    /// A row that could not be used; reading goes on behind it.
    Rejected(Rejection),
    /// There are no more rows.
    End,
}

/// Reads the leads of a file one by one, always into the same buffer.
pub struct LeadReader {
    source: Source,
    lead: Lead,
    row: u64,
    line: u64,
    log: Option<Log>,
    worth: Worth,
    duplicates: Duplicates,
    /// The records without an id; a table counts its own.
    missing_ids: MissingIds,
    name: String,
    byte_count: Option<u64>,
    bytes_read: ByteCounter,
    is_whole: bool,
    /// What was assumed when it was opened.
    notes: Vec<String>,
}

/// A column of a table, and the attribute it is read as; `lead_id` is the lead's id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadColumn {
    /// The column's name.
    pub column: String,
    /// The attribute.
    pub attribute: String,
}

enum Source {
    Table(Box<table::Table>),
    Records(Box<records::Records>),
}

impl LeadReader {
    /// Which columns of a table are read, and as what; none for records in JSON, whose fields are attributes by name.
    pub fn columns(&self) -> Vec<ReadColumn> {
        match &self.source {
            Source::Table(table) => table.used_columns(),
            Source::Records(_) => Vec::new(),
        }
    }

    /// The column of a table that is named like an id and has another value in every row looked at, where no column is
    /// known to hold the leads' ids.
    pub fn id_candidate(&self) -> Option<&str> {
        match &self.source {
            Source::Table(table) => table.id_candidate(),
            Source::Records(_) => None,
        }
    }

    /// Reads the next row.
    ///
    /// # Errors
    /// `io` with the file's name where reading fails.
    pub fn read_lead(&mut self) -> Result<ReadLead, Error> {
        let (read, row) = match &mut self.source {
            Source::Table(table) => {
                (table.read_lead(&mut self.lead, &mut self.worth, &mut self.line)?, table.row_number())
            }
            Source::Records(records) => {
                (records.read_lead(&mut self.lead, &mut self.line)?, records.row_number())
            }
        };
        if read == ReadLead::End {
            self.log.as_mut().map_or(Ok(()), Log::finish)?;
            return Ok(read);
        }
        self.row = row;
        if read == ReadLead::Lead {
            self.take_lead()?;
        }
        Ok(read)
    }

    /// Completes the lead that was read, and takes in what it tells of the input.
    fn take_lead(&mut self) -> Result<(), Error> {
        let LeadReader { lead, source, log, worth, duplicates, missing_ids, row, line, is_whole, .. } = self;
        if matches!(source, Source::Records(_)) {
            // What is no id in a table is none here either.
            if let Some(written) = lead.id.take_if(|id| !is_id(id)) {
                missing_ids.add((*row, *line), &written);
            } else if lead.id.is_none() {
                missing_ids.add((*row, *line), "");
            }
            lead.id = lead.id.take().map(|id| id.trim().to_owned());
            worth.add_lead(lead);
        }
        let text = |name: &str| match lead.attributes.get(name) {
            Some(Attribute::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let identity = Identity::new(*row, lead.id.as_deref(), text("email").as_deref());
        duplicates.add(identity, || lead.id.clone(), || text("email"));
        if let Some(log) = log {
            log.attach(lead)?;
        }
        if lead.id.is_none() && !*is_whole {
            lead.id = Some(row_id(*row));
        }
        Ok(())
    }

    /// How the rows of a table become records on other threads; `None` where the input is no table.
    pub(crate) fn table_plan(&self) -> Option<Arc<TablePlan>> {
        match &self.source {
            Source::Table(table) => Some(table.plan().clone()),
            Source::Records(_) => None,
        }
    }

    /// The columns that go through to the output.
    pub(crate) fn carried(&self) -> &CarriedColumns {
        match &self.source {
            Source::Table(table) => &table.plan().carried,
            Source::Records(records) => records.carried(),
        }
    }

    /// Cuts the next rows of a table, at most so many; false at its end, and where the input is no table.
    pub(crate) fn next_block(&mut self, block: &mut TableBlock, max_rows: usize) -> Result<bool, Error> {
        let Source::Table(table) = &mut self.source else { return Ok(false) };
        let has_rows = table.next_block(block, max_rows)?;
        if let Some(log) = &mut self.log {
            if has_rows {
                block.log = Some(log.for_rows(block, table.plan())?);
            } else {
                log.finish()?;
            }
        }
        self.row = table.row_number();
        Ok(has_rows)
    }

    /// Takes in what was noticed when a block was read.
    pub(crate) fn merge(&mut self, block: &mut TableBlock, buffers: &mut TableBuffers) {
        if let (Some(log), Some(id)) = (&self.log, buffers.first_id.take()) {
            log.note_lead(&id);
        }
        if let (Some(Log::Streamed(stream)), Some(log)) = (&self.log, block.log.take()) {
            stream.take_matches(&log);
        }
        self.worth.add_values(buffers.has_weighed_value);
        self.worth.add_date(buffers.newest_date.take());
        if let Source::Table(table) = &mut self.source {
            let plan = table.plan();
            for (index, identity) in buffers.identities.drain(..) {
                let id = || plan.id_at(block, index).map(str::to_owned);
                let email = || plan.email_at(block, index).map(str::to_owned);
                self.duplicates.add(identity, id, email);
            }
            table.merge(buffers);
        }
    }

    /// Why a result from this input is worth nothing, in sentences; none where it is worth something. Complete once all
    /// rows have been read; `unusable` is what [`ValueWarnings::unusable`](crate::ValueWarnings::unusable) says of their values.
    ///
    /// That is so where no lead has a value of anything that the pipeline weighs, where much of what decides the score rests on
    /// columns that are absent, where a column that is read could not be understood in most rows (more than half, and more
    /// than one), where there is an activity log of which nothing belongs to a lead, and where all activities lie after the
    /// as-of time.
    pub fn worthless(&self, unusable: Vec<String>) -> Vec<String> {
        let has_log = self.log.as_ref().map(Log::has_matches);
        let later = self.log.as_ref().and_then(Log::all_later);
        // What is wrong with a log is a reason of its own.
        let mut reasons: Vec<String> = self.worth.reason(self.log.is_some()).into_iter().collect();
        if let Source::Table(table) = &self.source {
            reasons.extend(table.unreadable_columns());
        }
        if has_log == Some(false) {
            reasons
                .push("no activity of the log that could be read belongs to a lead of the input".to_owned());
        }
        reasons.extend(later);
        reasons.extend(self.worth.all_later());
        reasons.extend(unusable);
        reasons
    }

    /// The lead last read.
    pub fn lead(&self) -> &Lead {
        &self.lead
    }

    /// Swaps the lead last read with another, whose buffers are used for the next one.
    pub fn swap_lead(&mut self, other: &mut Lead) {
        std::mem::swap(&mut self.lead, other);
    }

    /// The number of the row last read among the data rows, from 1; rejected rows count too.
    pub fn row(&self) -> u64 {
        self.row
    }

    /// The line on which the row last read starts, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The input's name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size of the file as it lies on the disk, where known.
    pub fn byte_count(&self) -> Option<u64> {
        self.byte_count
    }

    /// Says that much of what a pipeline of rules weighs is absent, where the result is worth something all the same.
    pub(crate) fn thin(&self) -> Option<String> {
        self.worth.thin(self.log.is_some())
    }

    /// The newest date or activity that was met in what the pipeline reads.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.worth.newest().max(self.log.as_ref().and_then(Log::newest))
    }

    /// How many bytes of memory the activity log takes; none without one, and where it is read along with the leads.
    pub fn log_memory(&self) -> Option<u64> {
        self.log.as_ref().and_then(Log::byte_count).map(|bytes| bytes as u64)
    }

    /// What was assumed when the input was opened.
    pub(crate) fn opening_notes(&self) -> &[String] {
        &self.notes
    }

    /// How many bytes of it have been read.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.get()
    }

    /// Counts the bytes read while the reader itself is in use.
    pub(crate) fn byte_counter(&self) -> ByteCounter {
        self.bytes_read.clone()
    }

    /// The rows of the activity log that are no activities, to be had once, after all leads are read; the first 100,000,
    /// with the number of all.
    pub fn take_log_rejections(&mut self) -> (Vec<Rejection>, u64) {
        self.log.as_mut().map(Log::take_rejections).unwrap_or_default()
    }

    /// What was assumed or could not be used; complete once all rows have been read.
    pub fn warnings(&self) -> Vec<Warning> {
        // What concerns whole leads comes first.
        let mut warnings = self.duplicates.warnings();
        warnings.extend(self.missing_ids.warning(!self.is_whole, None));
        warnings.extend(match &self.source {
            Source::Table(table) => table.warnings(),
            Source::Records(records) => records.warnings(),
        });
        let messages = self.log.as_ref().map(Log::messages).unwrap_or_default();
        let messages = self.worth.later_message().into_iter().chain(messages);
        warnings.extend(messages.map(|message| Warning { line: None, column: None, message }));
        warnings
    }
}

impl fmt::Debug for LeadReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadReader").field("name", &self.name).field("row", &self.row).finish_non_exhaustive()
    }
}

/// What to call a lead: its name and company, else its id.
pub fn lead_title(lead: &Lead) -> String {
    let text = |name: &str| match lead.attributes.get(name) {
        Some(Attribute::Text(text)) if !text.trim().is_empty() => Some(text.trim()),
        _ => None,
    };
    match (text("name"), text("company")) {
        (Some(name), Some(company)) => format!("{name} · {company}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => lead.id.clone().unwrap_or_default(),
    }
}
