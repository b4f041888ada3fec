//! Measures pipelines on a file of leads whose outcome is known.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use leadscore::capacity::Top;
use leadscore::evaluate::{Evaluation, EvaluationOptions, PipelineScores, SegmentColumn};
use leadscore::parallel::Workers;
use leadscore::{AsOf, Attribute, Error, ErrorKind, Mode, Pipeline, Zone};
use serde::Deserialize;

use crate::report::evaluation::{self as page, FileEvaluation, TargetSummary};
use crate::score::{Judged, Judging};
use crate::wording::{as_typed, counted};
use crate::{
    LeadInput, LeadReader, Note, Notes, OutputFile, Progress, Stop, Target, TargetCells, note_pipeline,
    refuse_overwriting, unreadable, worthless,
};

/// More threads than this bring nothing.
const MAX_THREADS: usize = 64;
/// The options that name a column, as errors call them.
const TARGET: &str = "target";
const SEGMENT: &str = "segment";

/// Which leads pipelines are measured on, and how.
///
/// ```
/// use leadscore::{AsOf, Pipeline, Zone};
/// use leadscore_files::{EvaluationJob, never_stop};
///
/// # let folder = std::env::temp_dir().join(format!("leadscore-evaluate-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let leads = folder.join("leads.csv");
/// std::fs::write(&leads, "lead_id,company,title,won\n7,Acme,CEO,yes\n8,,Intern,no\n9,Beta,,no\n")?;
///
/// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
/// let job = EvaluationJob::new(leads.to_string_lossy(), "won", as_of);
/// let found = job.run(&[Pipeline::builtin("conversion")?], &mut Vec::new(), &never_stop)?;
/// assert_eq!((found.evaluation.leads, found.evaluation.won), (3, 1));
/// assert_eq!(found.evaluation.pipelines[0].measures.auc.value, 1.0);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EvaluationJob {
    input: LeadInput,
    target: String,
    positive: Vec<String>,
    segments: Vec<String>,
    as_of: AsOf,
    typed_as_of: Option<String>,
    mode: Mode,
    options: EvaluationOptions,
    threads: Option<usize>,
    rejects: Option<PathBuf>,
    report: Option<PathBuf>,
    allows_worthless: bool,
}

impl EvaluationJob {
    /// Measures on the leads of a file (CSV, JSON lines or JSON, also gzipped; `-` is standard input), of which a column
    /// says whether they were won, as of a time: in lenient mode, with the best 10 and 20 %.
    pub fn new(input: impl Into<String>, target: impl Into<String>, as_of: AsOf) -> EvaluationJob {
        EvaluationJob {
            input: LeadInput::new(input).zone(as_of.zone.clone()).as_of(as_of.time),
            target: target.into(),
            positive: Vec::new(),
            segments: Vec::new(),
            as_of,
            typed_as_of: None,
            mode: Mode::Lenient,
            options: EvaluationOptions::new(),
            threads: None,
            rejects: None,
            report: None,
            allows_worthless: false,
        }
    }

    /// Reads a job from the options of other languages:
    ///
    /// `{"input", "target", "as_of", "positive"? (a list of values that mean won), "segments"? (a list of columns), "top"? (a
    /// list of shares and numbers of leads), "draws"?, "seed"?, "map"?, "activities"?, "zone"?, "strict"?, "rejects"?, "report"? (an HTML
    /// page to write), "threads"?, "allow_worthless"?}`
    ///
    /// # Errors
    /// `invalid_context` with the path `options` for what is no such object; `invalid_time` for a time or zone that
    /// cannot be read.
    pub fn from_json(options: &str) -> Result<EvaluationJob, Error> {
        let options = Options::parse(options)?;
        if !options.others.is_empty() {
            let message = "`others` goes with evaluate_file; EvaluationJob::run is given all pipelines";
            return Err(Error::new(ErrorKind::InvalidContext, "options", message));
        }
        EvaluationJob::from_options(options)
    }

    fn from_options(options: Options) -> Result<EvaluationJob, Error> {
        let zone = Zone::named(options.zone.as_deref().unwrap_or("UTC"))?;
        let as_of = AsOf::parse(&options.as_of, &zone)?;
        let mut job = EvaluationJob::new(options.input, options.target, as_of).typed_as_of(options.as_of);
        job = job.mode(if options.strict { Mode::Strict } else { Mode::Lenient });
        (job.input.mapping, job.input.activities) = (options.map, options.activities);
        (job.rejects, job.report, job.threads) = (options.rejects, options.report, options.threads);
        (job.positive, job.segments) = (options.positive, options.segments);
        job.allows_worthless = options.allow_worthless;
        if let Some(tops) = options.top {
            let parse = |text: &String| Top::parse(text).map_err(|error| error.within("top"));
            job.options = job.options.tops(tops.iter().map(parse).collect::<Result<Vec<_>, Error>>()?);
        }
        if let Some(count) = options.draws {
            job.options = job.options.draws(count);
        }
        if let Some(seed) = options.seed {
            job.options = job.options.seed(seed);
        }
        Ok(job)
    }

    /// The same with the values of the target that mean won, all others being lost; without them the values tell it
    /// themselves, such as yes and no. See [`TargetCells::judge`].
    #[must_use]
    pub fn positive(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> EvaluationJob {
        self.positive = values.into_iter().map(Into::into).collect();
        self
    }

    /// The same with columns by whose values the leads are divided.
    #[must_use]
    pub fn segments(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> EvaluationJob {
        self.segments = columns.into_iter().map(Into::into).collect();
        self
    }

    /// The same with what is measured, and how.
    #[must_use]
    pub fn options(mut self, options: EvaluationOptions) -> EvaluationJob {
        self.options = options;
        self
    }

    /// The same with a mapping file, which says which column is which attribute.
    #[must_use]
    pub fn mapping(mut self, path: impl Into<PathBuf>) -> EvaluationJob {
        self.input = self.input.mapping(path);
        self
    }

    /// The same with an activity log: CSV or JSON lines with the lead's id, the kind and the time.
    #[must_use]
    pub fn activities(mut self, path: impl Into<PathBuf>) -> EvaluationJob {
        self.input = self.input.activities(path);
        self
    }

    /// The same with what to do about missing and unusable values.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> EvaluationJob {
        self.input = self.input.mode(mode);
        self.mode = mode;
        self
    }

    /// The same with the as-of time as somebody typed it, which reports show instead of the time in its zone.
    #[must_use]
    pub fn typed_as_of(mut self, text: impl Into<String>) -> EvaluationJob {
        self.typed_as_of = Some(text.into());
        self
    }

    /// The same with a CSV file of the rows that the first pipeline rejected, with line and reason.
    #[must_use]
    pub fn rejects(mut self, path: impl Into<PathBuf>) -> EvaluationJob {
        self.rejects = Some(path.into());
        self
    }

    /// The same with a page for people, as a file.
    #[must_use]
    pub fn report(mut self, path: impl Into<PathBuf>) -> EvaluationJob {
        self.report = Some(path.into());
        self
    }

    /// The same with the number of threads, 1–64; one per core by default. The result does not depend on it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> EvaluationJob {
        self.threads = Some(count);
        self
    }

    /// The same where measures that are worth nothing are given all the same, instead of the error `worthless_result`.
    #[must_use]
    pub fn allow_worthless(mut self) -> EvaluationJob {
        self.allows_worthless = true;
        self
    }

    /// Measures the pipelines on the leads that all of them can score and whose outcome is known; the file is read once
    /// for each. Remarks go to `notes`, and `stop` is asked between batches of leads and of draws.
    ///
    /// # Errors
    /// `not_found` and `io` for files; `invalid_context` for a column that is not there (with the path `target` or `segment`),
    /// for a target that does not say who was won (`positive`, `target`), for standard input with several pipelines
    /// (`input`) and without a pipeline (`pipelines`); `unreadable_table` for a file without leads; `worthless_result` where a
    /// pipeline reads the target, or its scores say nothing of the leads; `cancelled`.
    pub fn run(
        &self,
        pipelines: &[Pipeline],
        notes: &mut dyn Notes,
        stop: &dyn Stop,
    ) -> Result<FileEvaluation, Error> {
        if self.target.trim().is_empty() {
            let message = "name the column that says what became of the leads";
            return Err(Error::new(ErrorKind::InvalidContext, TARGET, message));
        }
        if self.input.path == "-" && pipelines.len() > 1 {
            let message = "standard input can be read once only: name a file, or one pipeline";
            return Err(Error::new(ErrorKind::InvalidContext, "input", message));
        }
        let writes = [("rejects", self.rejects.as_deref()), ("report", self.report.as_deref())];
        let writes: Vec<(&str, &Path)> =
            writes.into_iter().filter_map(|(what, path)| Some((what, path?))).collect();
        refuse_overwriting(&self.input.files(), &writes)?;
        let mut told = Told { inner: notes, pipeline: None, said: HashSet::new() };
        let Some(AllJudged { source, cells, judged, reasons, said }) =
            self.judge_all(pipelines, &mut told, stop)?
        else {
            return Err(Error::new(
                ErrorKind::InvalidContext,
                "pipelines",
                "there is no pipeline to evaluate",
            ));
        };
        if !reasons.is_empty() && !self.allows_worthless {
            return Err(worthless(&source, &reasons));
        }
        if !reasons.is_empty() {
            told.note(Note::Worthless(reasons.join("; ")));
        }
        let target = cells.target.judge(&self.positive)?;
        told.pipeline = None;
        let shared = shared_rows(&judged);
        let mut remarks = target.notes.clone();
        let apart = judged.iter().map(|own| own.scores.count()).max().unwrap_or(0) - shared.len();
        if apart > 0 {
            let leads = counted(apart as u64, "lead", "leads");
            remarks.push(format!("{leads} that not every pipeline can score are left out of all measures"));
        }
        for text in &remarks {
            told.note(Note::Assumed(text.clone()));
        }
        let rejected = judged.first().map_or(0, |own| own.rejected_count);
        let scores: Vec<PipelineScores> = judged.into_iter().map(|own| own.scores).collect();
        let evaluation = self.measure(scores, cells, &target, &shared, stop)?;
        let mut seen = HashSet::new();
        remarks.extend(said.into_iter().filter(|note| seen.insert(note.clone())));
        let found = FileEvaluation {
            // The file alone: a page is passed on to people who do not know our folders.
            source: Path::new(&source)
                .file_name()
                .map_or(source.clone(), |name| name.to_string_lossy().into_owned()),
            as_of: match &self.typed_as_of {
                Some(text) => as_typed(text, &self.as_of.zone),
                None => self.as_of.to_local_minute(),
            },
            target: TargetSummary { column: target.column, won: target.won_values, lost: target.lost_values },
            rejected,
            without_outcome: target.without_count,
            evaluation,
            notes: remarks,
            worthless: reasons,
            library: env!("CARGO_PKG_VERSION"),
        };
        if let Some(path) = &self.report {
            let mut output = OutputFile::create(path)?;
            page::write(&mut output, &found)?;
            output.finish()?;
        }
        Ok(found)
    }

    /// Scores the leads by every pipeline; none without a pipeline.
    fn judge_all(
        &self,
        pipelines: &[Pipeline],
        told: &mut Told<'_>,
        stop: &dyn Stop,
    ) -> Result<Option<AllJudged>, Error> {
        let mut first: Option<(String, Cells)> = None;
        let (mut all, mut reasons, mut said): (Vec<Judged>, Vec<String>, Vec<String>) = Default::default();
        for pipeline in pipelines {
            told.pipeline = (!all.is_empty()).then(|| pipeline.id().to_owned());
            note_pipeline(pipeline, told);
            let mut leads = self.open(pipeline, told)?;
            let is_first = first.is_none();
            let (source, cells) =
                first.get_or_insert_with(|| (leads.name().to_owned(), Cells::new(self, &leads)));
            let judging = Judging {
                pipeline,
                as_of: &self.as_of,
                mode: self.mode,
                threads: self.thread_count(),
                rejects: self.rejects.as_deref().filter(|_| is_first),
            };
            let take = |row, texts: &[Attribute]| {
                if is_first {
                    cells.add(row, texts);
                }
            };
            let judged = judging.run(&mut leads, take, told, stop)?;
            if judged.scores.count() == 0 {
                let why = if judged.rejected_count == 0 {
                    "there is no row below the header"
                } else {
                    "every row was rejected"
                };
                return Err(unreadable(source, format!("no lead was scored: {why}")));
            }
            let own = self
                .reads_target(pipeline, &leads, cells.target_place)
                .into_iter()
                .chain(judged.worthless.iter().cloned());
            reasons.extend(own.map(|reason| told.of_pipeline(&reason)));
            said.extend(judged.notes.iter().map(|note| told.of_pipeline(note)));
            all.push(judged);
        }
        Ok(first.map(|(source, cells)| AllJudged { source, cells, judged: all, reasons, said }))
    }

    fn open(&self, pipeline: &Pipeline, notes: &mut dyn Notes) -> Result<LeadReader, Error> {
        let with_target = self.input.clone().with_cells(TARGET, &self.target);
        let input = self.segments.iter().fold(with_target, |input, column| input.with_cells(SEGMENT, column));
        input.open(pipeline, notes)
    }

    fn thread_count(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(all).clamp(1, MAX_THREADS)
    }

    /// Says that a pipeline weighs the target, where it does: it knows the answer then.
    fn reads_target(&self, pipeline: &Pipeline, leads: &LeadReader, place: usize) -> Option<String> {
        let attribute = leads.weighed_attribute(place)?;
        let id = pipeline.id();
        Some(format!(
            "`{id}` reads {attribute} from the column `{}`, which is the target: it is told the answer, and no measure of it \
             means anything. Leave it out of the pipeline",
            self.target
        ))
    }

    /// Measures the leads that are shared and have an outcome.
    fn measure(
        &self,
        mut scores: Vec<PipelineScores>,
        cells: Cells,
        target: &Target,
        shared: &HashSet<u64>,
        stop: &dyn Stop,
    ) -> Result<Evaluation, Error> {
        let kept: Vec<bool> = cells
            .rows
            .iter()
            .zip(&target.labels)
            .map(|(row, label)| label.is_some() && shared.contains(row))
            .collect();
        let rows: HashSet<u64> =
            cells.rows.iter().zip(&kept).filter(|(_, is_kept)| **is_kept).map(|(row, _)| *row).collect();
        for own in &mut scores {
            own.retain(|row| rows.contains(&row));
        }
        let labels: Vec<bool> = target
            .labels
            .iter()
            .zip(&kept)
            .filter(|(_, is_kept)| **is_kept)
            .map(|(label, _)| *label == Some(1.0))
            .collect();
        let mut segments = cells.segments;
        for own in &mut segments {
            own.retain(|at| kept[at]);
        }
        let workers = Workers::new().threads(self.thread_count()).stop(stop);
        Evaluation::new(&scores, &labels, &segments, &self.options, &workers)
    }
}

/// The rows that all pipelines scored.
fn shared_rows(all: &[Judged]) -> HashSet<u64> {
    let mut rows: HashSet<u64> = HashSet::new();
    for (at, own) in all.iter().enumerate() {
        let numbers: HashSet<u64> = own.scores.numbers().iter().copied().collect();
        rows = if at == 0 { numbers } else { rows.intersection(&numbers).copied().collect() };
    }
    rows
}

/// The scores of all pipelines.
struct AllJudged {
    /// The name of the input.
    source: String,
    cells: Cells,
    judged: Vec<Judged>,
    /// Why measures of them are worth nothing, if they are.
    reasons: Vec<String>,
    /// What a reader of the result should know, in sentences.
    said: Vec<String>,
}

/// The cells beside the scores, and where they stand among those of a row.
struct Cells {
    rows: Vec<u64>,
    target: TargetCells,
    target_place: usize,
    segments: Vec<SegmentColumn>,
    segment_places: Vec<usize>,
}

impl Cells {
    fn new(job: &EvaluationJob, leads: &LeadReader) -> Cells {
        let place = |name: &String| leads.carried().position(name).unwrap_or(0);
        Cells {
            rows: Vec::new(),
            target: TargetCells::new(job.target.trim()),
            target_place: place(&job.target),
            segments: job.segments.iter().map(|name| SegmentColumn::new(name.trim())).collect(),
            segment_places: job.segments.iter().map(place).collect(),
        }
    }

    fn add(&mut self, row: u64, cells: &[Attribute]) {
        self.rows.push(row);
        self.target.add(row, &cells[self.target_place].as_ref().to_text());
        for (column, place) in self.segments.iter_mut().zip(&self.segment_places) {
            column.push(&cells[*place].as_ref().to_text());
        }
    }
}

/// Passes on remarks: those about a further pipeline with its name, unless they were made before.
struct Told<'n> {
    inner: &'n mut dyn Notes,
    pipeline: Option<String>,
    said: HashSet<String>,
}

impl Told<'_> {
    /// A remark with the name of the pipeline it is about, where it is new.
    fn of_pipeline(&self, text: &str) -> String {
        match &self.pipeline {
            Some(id) if !self.said.contains(text) => format!("`{id}`: {text}"),
            _ => text.to_owned(),
        }
    }
}

impl Notes for Told<'_> {
    fn note(&mut self, note: Note) {
        let note = match note {
            Note::Assumed(text) => Note::Assumed(self.of_pipeline(&text)),
            Note::Rejected(text) => Note::Rejected(self.of_pipeline(&text)),
            Note::Worthless(text) => Note::Worthless(text),
        };
        let (Note::Assumed(text) | Note::Rejected(text) | Note::Worthless(text)) = &note;
        if self.said.insert(text.clone()) {
            self.inner.note(note);
        }
    }

    fn reading(&mut self, what: &str, file: &str) {
        self.inner.reading(what, file);
    }

    fn progress(&mut self, progress: Progress) {
        self.inner.progress(progress);
    }
}

/// [`EvaluationJob::from_json`] and [`EvaluationJob::run`] for other languages: options in, [`FileEvaluation`] out as JSON text.
/// The options may have `others`, a list of the JSON texts of pipelines that are compared with this one.
///
/// # Errors
/// Those of [`EvaluationJob::from_json`] and [`EvaluationJob::run`], and of [`Pipeline::from_json`] within `others`.
///
/// ```
/// let pipeline = leadscore::Pipeline::builtin("conversion")?;
/// let input = std::env::temp_dir().join(format!("leadscore-evaluate-{}.csv", std::process::id()));
/// std::fs::write(&input, "company,title,won\nAcme,CEO,1\n,Intern,0\n")?;
/// let options = format!(r#"{{"input": {input:?}, "target": "won", "as_of": "2026-11-22"}}"#);
/// let found = leadscore_files::evaluate_file(&pipeline, &options, &leadscore_files::never_stop)?;
/// assert!(found.contains(r#""leads":2,"won":1,"#));
/// # std::fs::remove_file(input)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate_file(pipeline: &Pipeline, options: &str, stop: &dyn Stop) -> Result<String, Error> {
    let mut options = Options::parse(options)?;
    let mut pipelines = vec![pipeline.clone()];
    for (at, text) in std::mem::take(&mut options.others).iter().enumerate() {
        let other = Pipeline::from_json(text);
        pipelines
            .push(other.map_err(|error| error.within(leadscore::error::Path::from("others").index(at)))?);
    }
    let mut notes: Vec<Note> = Vec::new();
    Ok(EvaluationJob::from_options(options)?.run(&pipelines, &mut notes, stop)?.to_json())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    input: String,
    target: String,
    as_of: String,
    #[serde(default)]
    positive: Vec<String>,
    #[serde(default)]
    segments: Vec<String>,
    top: Option<Vec<String>>,
    draws: Option<usize>,
    seed: Option<u64>,
    map: Option<PathBuf>,
    activities: Option<PathBuf>,
    zone: Option<String>,
    #[serde(default)]
    strict: bool,
    rejects: Option<PathBuf>,
    report: Option<PathBuf>,
    threads: Option<usize>,
    #[serde(default)]
    allow_worthless: bool,
    #[serde(default)]
    others: Vec<String>,
}

impl Options {
    fn parse(options: &str) -> Result<Options, Error> {
        serde_json::from_str(options)
            .map_err(|error| Error::new(ErrorKind::InvalidContext, "options", error.to_string()))
    }
}
