//! Scoring a file into a file.

use std::path::{Path, PathBuf};

use leadscore::{AsOf, Capacity, Error, ErrorKind, Mode, Pipeline, Zone};
use serde::{Deserialize, Serialize};

use crate::report::{CapacityGroup, CapacityReport};
use crate::{
    Destination, FileFormat, FileSummary, LeadInput, Note, Notes, OutputFile, ReceiveRows, Scoring, Stop,
    note_pipeline, refuse_overwriting, settle_format,
};

/// What is scored, how, and where to.
///
/// Made by [`FileJob::new`] or [`FileJob::from_json`], and done by [`FileJob::run`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileJob {
    input: LeadInput,
    output: PathBuf,
    format: Option<FileFormat>,
    scoring: Scoring,
}

impl FileJob {
    /// Scores the leads of a file (CSV, JSON lines or JSON, also gzipped; `-` is standard input) as of a time into
    /// another: in the format that its ending says, else as CSV, in UTC, in lenient mode, with three reasons for each
    /// lead.
    pub fn new(input: impl Into<String>, output: impl Into<PathBuf>, as_of: AsOf) -> FileJob {
        FileJob {
            input: LeadInput::new(input).zone(as_of.zone.clone()).as_of(as_of.time),
            output: output.into(),
            format: None,
            scoring: Scoring::new(as_of),
        }
    }

    /// Reads a job from the options of other languages:
    ///
    /// `{"input", "output", "as_of", "format"? (csv, jsonl, json or html; by default what the ending of `output` says),
    /// "map"?, "activities"?, "zone"?, "strict"?,
    /// "rejects"?, "reasons"?, "top"?, "capacity"? (`40`, `10 %` or `40/owner`), "threads"?, "columns"? (a list of columns to
    /// carry through), "excel"?, "allow_worthless"?}`
    ///
    /// # Errors
    /// `invalid_context` with the path `options` for what is no such object; `invalid_time` for a time or zone that
    /// cannot be read.
    ///
    /// ```
    /// use leadscore_files::FileJob;
    /// FileJob::from_json(r#"{"input": "a.csv", "output": "b.csv", "as_of": "2026-11-22", "top": 10}"#)?;
    /// assert_eq!(FileJob::from_json("{}").unwrap_err().code(), "invalid_context");
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn from_json(options: &str) -> Result<FileJob, Error> {
        let mut options = Options::parse(options)?;
        let missing = || Error::new(ErrorKind::InvalidContext, "options", "missing field `output`");
        let output = options.output.take().ok_or_else(missing)?;
        FileJob::from_options(options, output)
    }

    fn from_options(options: Options, output: PathBuf) -> Result<FileJob, Error> {
        let zone = Zone::named(options.zone.as_deref().unwrap_or("UTC"))?;
        let as_of = AsOf::parse(&options.as_of, &zone)?;
        let mut job = FileJob::new(options.input, output, as_of).mode(if options.strict {
            Mode::Strict
        } else {
            Mode::Lenient
        });
        job.format = options.format;
        job.scoring = job.scoring.typed_as_of(options.as_of.as_str());
        job.input = job.input.carry(options.columns);
        if options.excel {
            job.scoring = job.scoring.for_excel();
        }
        (job.input.mapping, job.input.activities) = (options.map, options.activities);
        if let Some(path) = options.rejects {
            job = job.rejects(path);
        }
        if options.allow_worthless {
            job = job.allow_worthless();
        }
        if let Some(count) = options.reasons {
            job = job.reasons(count);
        }
        if let Some(count) = options.top {
            job = job.top(count);
        }
        if let Some(capacity) = &options.capacity {
            job = job.capacity(Capacity::parse(capacity)?);
        }
        if let Some(count) = options.threads {
            job = job.threads(count);
        }
        Ok(job)
    }

    /// The same in another format, which the ending of the output's name must not contradict.
    #[must_use]
    pub fn format(mut self, format: FileFormat) -> FileJob {
        self.format = Some(format);
        self
    }

    /// The same with a mapping file, which says which column is which attribute.
    #[must_use]
    pub fn mapping(mut self, path: impl Into<PathBuf>) -> FileJob {
        self.input = self.input.mapping(path);
        self
    }

    /// The same with an activity log: CSV or JSON lines with the lead's id, the kind and the time.
    #[must_use]
    pub fn activities(mut self, path: impl Into<PathBuf>) -> FileJob {
        self.input = self.input.activities(path);
        self
    }

    /// The same with what to do about missing and unusable values.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> FileJob {
        self.input = self.input.mode(mode);
        self.scoring = self.scoring.mode(mode);
        self
    }

    /// The same where a result that is worth nothing is written all the same, instead of the error `worthless_result`.
    #[must_use]
    pub fn allow_worthless(mut self) -> FileJob {
        self.scoring = self.scoring.allow_worthless();
        self
    }

    /// The same with a CSV file of the rejected rows, with line and reason.
    #[must_use]
    pub fn rejects(mut self, path: impl Into<PathBuf>) -> FileJob {
        self.scoring = self.scoring.rejects(path);
        self
    }

    /// The same with the most reasons to name for a lead.
    #[must_use]
    pub fn reasons(mut self, count: usize) -> FileJob {
        self.scoring = self.scoring.reasons(count);
        self
    }

    /// The same with only the best leads, best first; by default all, in the order of the input, and 50 on a page.
    #[must_use]
    pub fn top(mut self, count: usize) -> FileJob {
        self.scoring = self.scoring.top(count);
        self
    }

    /// The same with how many leads can be worked on, of all or for each value of a column; see [`Scoring::capacity`].
    #[must_use]
    pub fn capacity(mut self, capacity: Capacity) -> FileJob {
        self.input = self.input.capacity(&capacity);
        self.scoring = self.scoring.capacity(capacity);
        self
    }

    /// The same with columns of the input that go through to the output; see [`LeadInput::carry`].
    #[must_use]
    pub fn carry(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> FileJob {
        self.input = self.input.carry(columns);
        self
    }

    /// The same with CSV that Excel reads as it is meant; see [`Scoring::for_excel`].
    #[must_use]
    pub fn for_excel(mut self) -> FileJob {
        self.scoring = self.scoring.for_excel();
        self
    }

    /// The same with the number of scoring threads, 1–64; one per core by default. The result does not depend on it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> FileJob {
        self.scoring = self.scoring.threads(count);
        self
    }

    /// The same as [`run`](FileJob::run) where a function is given the rows as JSON lines instead of a file.
    fn run_rows(
        &self,
        pipeline: &Pipeline,
        receive: ReceiveRows<'_>,
        notes: &mut dyn Notes,
        stop: &dyn Stop,
    ) -> Result<FileSummary, Error> {
        let rejects = self.scoring.rejects.as_deref().map(|path| ("rejects", path));
        refuse_overwriting(&self.input.files(), &Vec::from_iter(rejects))?;
        note_pipeline(pipeline, notes);
        let leads = self.input.open(pipeline, notes)?;
        self.scoring.run(pipeline, leads, Destination::Rows(receive), notes, stop)
    }

    /// Scores the file on this thread and its scoring threads; remarks go to `notes`, and `stop` is asked before every
    /// batch of leads. The output takes its place only when it is complete.
    ///
    /// # Errors
    /// `not_found` and `io` for files, with the file's name in the path or message; `invalid_context` for options that
    /// contradict each other and for a mapping that cannot be used; `unreadable_table` for a file whose leads cannot be
    /// read, or of which none could be scored; `worthless_result` for a result that says nothing of the leads, which is not
    /// written; `cancelled` where `stop` ended the work.
    pub fn run(
        &self,
        pipeline: &Pipeline,
        notes: &mut dyn Notes,
        stop: &dyn Stop,
    ) -> Result<FileSummary, Error> {
        let rejects = self.scoring.rejects.as_deref().map(|path| ("rejects", path));
        let writes: Vec<(&str, &Path)> =
            [("output", self.output.as_path())].into_iter().chain(rejects).collect();
        refuse_overwriting(&self.input.files(), &writes)?;
        let format = settle_format(
            self.format.map(FileFormat::name),
            ("output", Some(&self.output)),
            &FileFormat::NAMED,
            FileFormat::Csv,
            Some(FileFormat::Csv),
        )?;
        note_pipeline(pipeline, notes);
        let leads = self.input.open(pipeline, notes)?;
        let destination = Destination::Write(format, OutputFile::create(&self.output)?);
        self.scoring.run(pipeline, leads, destination, notes, stop)
    }
}

/// [`FileJob::from_json`] and [`FileJob::run`] for other languages: options in, summary out as JSON text.
///
/// The summary is `{"scored", "rejected", "tiers": [{"tier", "leads"}], "notes": […]}`, with a capacity
/// `"capacity": {"capacity", "ruled_out", "groups": [{"group", "leads", "within", "tie"}]}`, where `tie` is null or
/// `{"score", "rows_within", "rows_beyond"}`, and `"worthless": […]` where the result says nothing of the leads and was allowed to.
///
/// # Errors
/// Those of [`FileJob::from_json`] and [`FileJob::run`].
///
/// ```
/// let pipeline = leadscore::Pipeline::builtin("conversion")?;
/// let folder = std::env::temp_dir().join(format!("leadscore-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("leads.csv"), "lead_id,company\n7,Acme\n")?;
/// let options = format!(
///     r#"{{"input": {:?}, "output": {:?}, "as_of": "2026-11-22"}}"#,
///     folder.join("leads.csv"),
///     folder.join("scores.csv")
/// );
/// let summary = leadscore_files::score_file(&pipeline, &options, &leadscore_files::never_stop)?;
/// assert!(summary.starts_with(r#"{"scored":1,"rejected":0,"#));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_file(pipeline: &Pipeline, options: &str, stop: &dyn Stop) -> Result<String, Error> {
    let mut notes: Vec<Note> = Vec::new();
    let summary = FileJob::from_json(options)?.run(pipeline, &mut notes, stop)?;
    Ok(summary_json(&summary, &notes))
}

/// Scores a file like [`score_file`], without `output` and `format`: `receive` is given the rows as they are scored, as
/// JSON lines in the order of the file.
///
/// A result that says nothing of the leads is known at the end only: its rows have been given by the time of the error.
///
/// # Errors
/// Those of [`score_file`], and that of `receive`.
///
/// ```
/// let pipeline = leadscore::Pipeline::builtin("conversion")?;
/// let input = std::env::temp_dir().join(format!("leadscore-rows-{}.csv", std::process::id()));
/// std::fs::write(&input, "lead_id,company\n7,Acme\n8,Beta\n")?;
/// let options = format!(r#"{{"input": {input:?}, "as_of": "2026-11-22"}}"#);
/// let mut rows = Vec::new();
/// let receive = Box::new(|lines: &[u8]| {
///     rows.extend_from_slice(lines);
///     Ok(())
/// });
/// leadscore_files::score_rows(&pipeline, &options, receive, &leadscore_files::never_stop)?;
/// assert!(rows.starts_with(br#"{"row":1,"lead_id":"7","#));
/// assert_eq!(rows.iter().filter(|byte| **byte == b'\n').count(), 2);
/// # std::fs::remove_file(input)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_rows(
    pipeline: &Pipeline,
    options: &str,
    receive: ReceiveRows<'_>,
    stop: &dyn Stop,
) -> Result<String, Error> {
    let options = Options::parse(options)?;
    if options.output.is_some() || options.format.is_some() {
        let message = "rows go to no file: leave out `output` and `format`";
        return Err(Error::new(ErrorKind::InvalidContext, "options", message));
    }
    let mut notes: Vec<Note> = Vec::new();
    let job = FileJob::from_options(options, PathBuf::new())?;
    let summary = job.run_rows(pipeline, receive, &mut notes, stop)?;
    Ok(summary_json(&summary, &notes))
}

fn summary_json(summary: &FileSummary, notes: &[Note]) -> String {
    let tiers = summary.tiers.iter().map(|tier| TierJson { tier: &tier.name, leads: tier.lead_count });
    let summary = SummaryJson {
        scored: summary.scored_count,
        rejected: summary.rejected_count,
        tiers: tiers.collect(),
        capacity: summary.capacity.as_ref().map(CapacityJson::from),
        notes: notes.iter().map(ToString::to_string).collect(),
        worthless: &summary.worthless,
    };
    serde_json::to_string(&summary).expect("a summary is always JSON")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    input: String,
    output: Option<PathBuf>,
    format: Option<FileFormat>,
    map: Option<PathBuf>,
    activities: Option<PathBuf>,
    as_of: String,
    zone: Option<String>,
    #[serde(default)]
    strict: bool,
    rejects: Option<PathBuf>,
    reasons: Option<usize>,
    top: Option<usize>,
    capacity: Option<String>,
    threads: Option<usize>,
    #[serde(default)]
    allow_worthless: bool,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    excel: bool,
}

impl Options {
    fn parse(options: &str) -> Result<Options, Error> {
        serde_json::from_str(options)
            .map_err(|error| Error::new(ErrorKind::InvalidContext, "options", error.to_string()))
    }
}

#[derive(Serialize)]
struct SummaryJson<'a> {
    scored: u64,
    rejected: u64,
    tiers: Vec<TierJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<CapacityJson<'a>>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    worthless: &'a [String],
}

#[derive(Serialize)]
struct TierJson<'a> {
    tier: &'a str,
    leads: u64,
}

#[derive(Serialize)]
struct CapacityJson<'a> {
    capacity: &'a str,
    ruled_out: u64,
    groups: Vec<GroupJson<'a>>,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    group: Option<&'a str>,
    leads: u64,
    within: u64,
    tie: Option<TieJson<'a>>,
}

#[derive(Serialize)]
struct TieJson<'a> {
    score: f64,
    rows_within: &'a [u64],
    rows_beyond: &'a [u64],
}

impl<'a> From<&'a CapacityReport> for CapacityJson<'a> {
    fn from(report: &'a CapacityReport) -> CapacityJson<'a> {
        let group = |own: &'a CapacityGroup| GroupJson {
            group: own.name.as_deref(),
            leads: own.lead_count,
            within: own.within_count,
            tie: own.tie.as_ref().map(|tie| TieJson {
                score: tie.score,
                rows_within: &tie.rows_within,
                rows_beyond: &tie.rows_beyond,
            }),
        };
        CapacityJson {
            capacity: &report.capacity,
            ruled_out: report.ruled_out_count,
            groups: report.groups.iter().map(group).collect(),
        }
    }
}
