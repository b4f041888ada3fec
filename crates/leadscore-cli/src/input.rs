//! Leads from a file, whatever its form: CSV, JSONL or JSON, plain or gzipped, or standard input.

mod activities;
mod mapping;
mod open;
mod records;
mod table;

use std::cell::RefCell;
use std::path::Path;

use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Timestamp, Zone};
use leadscore_csv::Warning;

pub(crate) use activities::ActivityLog;
pub(crate) use mapping::Mapping;
pub(crate) use open::{Form, open};

use crate::args::InputArgs;
use crate::failure::Failure;
use crate::output::keep_apart;

/// Attributes shown beside a lead even where the pipeline does not read them.
const SHOWN: [&str; 4] = ["name", "company", "title", "email"];

/// A row that could not be used.
#[derive(Debug, Clone)]
pub(crate) struct Rejection {
    /// The line it starts on, 1-based.
    pub(crate) line: u64,
    pub(crate) reason: String,
    /// The row as it stood, cut to a sensible length.
    pub(crate) raw: String,
}

/// What the next row of an input is. The lead itself is in [`LeadReader::lead`].
pub(crate) enum Next {
    Lead,
    Rejected(Rejection),
    End,
}

/// One lead after another, in the same buffer.
pub(crate) struct LeadReader {
    source: Source,
    /// The lead last read.
    pub(crate) lead: Lead,
    /// Its row among the data rows, 1-based.
    pub(crate) row: u64,
    /// The line it starts on, 1-based.
    pub(crate) line: u64,
    log: Option<ActivityLog>,
}

enum Source {
    Table(Box<table::Table>),
    Records(records::Records),
}

/// Everything a command needs to go through leads.
pub(crate) struct Work {
    pub(crate) pipeline: Pipeline,
    pub(crate) as_of: AsOf,
    pub(crate) options: ScoreOptions,
    pub(crate) leads: LeadReader,
    /// The input's name for messages.
    pub(crate) name: String,
    /// Bytes of the file as it lies on disk, where known.
    pub(crate) size: Option<u64>,
    pub(crate) progress: open::Counter,
}

impl Work {
    /// Opens what the arguments name, and says on standard error what was assumed.
    ///
    /// `writes` are the files to be written, by the option that names them; none may be one that is read.
    pub(crate) fn new(args: &InputArgs, writes: &[(&str, Option<&Path>)]) -> Result<Work, Failure> {
        Work::of(pipeline(&args.pipeline)?, args, writes)
    }

    /// The same for a pipeline that is loaded already.
    pub(crate) fn of(
        pipeline: Pipeline,
        args: &InputArgs,
        writes: &[(&str, Option<&Path>)],
    ) -> Result<Work, Failure> {
        apart(args, writes)?;
        if let Some(card) = pipeline.model_card().filter(|card| card.is_stub) {
            note_line(&format!(
                "the model {} was trained on made-up leads; it is a stand-in for one of your own",
                card.name
            ));
        }
        let zone = Zone::named(&args.zone)?;
        let as_of = match &args.as_of {
            Some(text) => AsOf::parse(text, &zone).map_err(|error| Failure::about("--as-of", &error))?,
            None => AsOf::new(now()?).in_zone(zone),
        };
        let options = if args.strict { ScoreOptions::new().strict() } else { ScoreOptions::new() };
        let mapping = args.map.as_deref().map(Mapping::load).transpose()?.unwrap_or_default();
        let log =
            args.activities.as_deref().map(|path| ActivityLog::load(path, &as_of.zone)).transpose()?;
        let opened = open(&args.input)?;
        let name = opened.name.clone();
        let (size, progress) = (opened.size, opened.counter.clone());
        for note in &opened.notes {
            note_line(note);
        }
        let read = pipeline.schema().attributes();
        let unknown: Vec<&str> = mapping
            .attributes
            .keys()
            .map(String::as_str)
            .filter(|name| !read.contains(name) && !SHOWN.contains(name))
            .collect();
        if !unknown.is_empty() {
            let (unknown, read) = (unknown.join(", "), read.join(", "));
            note_line(&format!(
                "the mapping names {unknown}, which the pipeline does not read; it reads: {read}"
            ));
        }
        let source = match opened.form {
            Form::Csv => Source::Table(Box::new(table::Table::open(
                opened.bytes,
                &name,
                &mapping,
                &pipeline,
                args.strict,
            )?)),
            Form::Jsonl | Form::Json => Source::Records(records::Records::new(
                opened.bytes,
                opened.form,
                mapping,
                as_of.zone.clone(),
            )),
        };
        let leads = LeadReader { source, lead: Lead::default(), row: 0, line: 0, log };
        Ok(Work { pipeline, as_of, options, leads, name, size, progress })
    }
}

impl LeadReader {
    /// Reads the next row.
    pub(crate) fn next(&mut self) -> Result<Next, Failure> {
        let next = match &mut self.source {
            Source::Table(table) => table.next(&mut self.lead, &mut self.line)?,
            Source::Records(records) => records.next(&mut self.lead, &mut self.line)?,
        };
        if matches!(next, Next::End) {
            return Ok(next);
        }
        self.row += 1;
        if matches!(next, Next::Lead) {
            if self.lead.id.is_empty() {
                self.lead.id = self.row.to_string();
            }
            if let Some(log) = &mut self.log {
                log.give(&mut self.lead);
            }
        }
        Ok(next)
    }

    /// What the reader assumed or could not use.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = match &self.source {
            Source::Table(table) => table.warnings(),
            Source::Records(records) => records.warnings(),
        };
        let message = self.log.as_ref().and_then(ActivityLog::strangers);
        warnings.extend(message.map(|message| Warning { line: None, column: None, message }));
        warnings
    }
}

/// What to call a lead: its name and company, else its id.
pub(crate) fn title(lead: &Lead) -> String {
    let text = |name: &str| match lead.attributes.get(name) {
        Some(leadscore::Attribute::Text(text)) if !text.trim().is_empty() => Some(text.trim()),
        _ => None,
    };
    match (text("name"), text("company")) {
        (Some(name), Some(company)) => format!("{name} · {company}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => lead.id.clone(),
    }
}

/// A built-in pipeline by name, or the one in a file.
pub(crate) fn pipeline(name: &str) -> Result<Pipeline, Failure> {
    if Pipeline::builtin_names().any(|own| own == name) {
        return Ok(Pipeline::builtin(name)?);
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        let names: Vec<&str> = Pipeline::builtin_names().collect();
        Failure::said(format!(
            "{name}: neither a built-in pipeline ({}) nor a readable file: {error}",
            names.join(", ")
        ))
    })?;
    Pipeline::from_json(&text).map_err(|error| Failure::about(name, &error))
}

/// The one place where the command reads a clock.
fn now() -> Result<Timestamp, Failure> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis =
        since.map_err(|_| Failure::said("the system clock stands before 1970; use --as-of"))?.as_millis();
    Ok(Timestamp::from_millis(millis as i64)?)
}

fn apart(args: &InputArgs, writes: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let reads = [
        ("the input", Some(Path::new(&args.input))),
        ("the pipeline", Some(Path::new(&args.pipeline))),
        ("the mapping", args.map.as_deref()),
        ("the activity log", args.activities.as_deref()),
    ];
    let reads: Vec<(&str, &Path)> =
        reads.into_iter().filter_map(|(what, path)| Some((what, path?))).collect();
    let rejects = [("--rejects", args.rejects.as_deref())];
    let writes: Vec<(&str, &Path)> =
        writes.iter().chain(&rejects).filter_map(|(flag, path)| Some((*flag, (*path)?))).collect();
    keep_apart(&reads, &writes)
}

thread_local! {
    /// Where remarks are kept while a program, not a person, is told of them.
    static KEPT: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// A remark on standard error.
pub(crate) fn note_line(text: &str) {
    remark(&format!("note: {text}"));
}

/// A line on standard error.
pub(crate) fn remark(line: &str) {
    let kept = KEPT.with_borrow_mut(|kept| kept.as_mut().map(|kept| kept.push(line.to_owned())));
    if kept.is_none() {
        eprintln!("{line}");
    }
}

/// What some work gives, and its remarks instead of printing them.
pub(crate) fn notes_of<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    KEPT.set(Some(Vec::new()));
    let result = work();
    (result, KEPT.take().unwrap_or_default())
}
