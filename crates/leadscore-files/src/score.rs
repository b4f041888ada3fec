//! Scores the leads of an open input in batches, into rows or a ranking.

mod batch;
mod best;
mod judge;
mod ranks;
mod sink;

use std::cell::RefCell;
use std::path::PathBuf;

use leadscore::error::Path;
use leadscore::{AsOf, Capacity, Error, ErrorKind, Mode, Pipeline, ScoreOptions, Timestamp};

use crate::read::day_and_distance;
use crate::report::{CapacityReport, Report, TierCount};
use crate::wording::as_typed;
use crate::write::{MAX_REMARKS, ReceiveRows, RowLayout};
use crate::{
    FileFormat, LeadReader, Note, Notes, OutputFile, Progress, Rejects, Stop, ValueWarnings, note_warnings,
    unreadable,
};
use batch::{Batch, in_batches};
pub(crate) use judge::{Judged, Judging};
use ranks::{Ranked, Ranks};
use sink::Sink;

/// Is given the finished report.
pub type ReceiveReport<'a> = Box<dyn FnOnce(&Report) -> Result<(), Error> + 'a>;

/// Where scored leads go.
pub enum Destination<'a> {
    /// To a file or stream, in some format.
    Write(FileFormat, OutputFile<'a>),
    /// To a function that is given the rows as they are scored, in the order of the input; where they say a rank, when all
    /// are scored. Scoring waits while it does not return.
    Rows(ReceiveRows<'a>),
    /// To a function that is given the best leads when all are scored.
    Report(ReceiveReport<'a>),
}

impl std::fmt::Debug for Destination<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Destination::Write(format, output) => f.debug_tuple("Write").field(format).field(output).finish(),
            Destination::Rows(_) => f.write_str("Rows(…)"),
            Destination::Report(_) => f.write_str("Report(…)"),
        }
    }
}

/// How the leads of an open input are scored.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scoring {
    as_of: AsOf,
    mode: Mode,
    reasons: usize,
    top: Option<usize>,
    pub(crate) capacity: Option<Capacity>,
    allows_worthless: bool,
    pub(crate) rejects: Option<PathBuf>,
    threads: Option<usize>,
    /// The as-of time as it was typed.
    typed_as_of: Option<String>,
    is_for_excel: bool,
}

/// What came of scoring a file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FileSummary {
    /// How many leads got a score.
    pub scored_count: u64,
    /// How many rows were rejected, those of the activity log among them.
    pub rejected_count: u64,
    /// How many leads are in each tier, the best tier first.
    pub tiers: Vec<TierCount>,
    /// Who is within the capacity, where one was given.
    pub capacity: Option<CapacityReport>,
    /// Why the result is worth nothing, if it is; see [`LeadReader::worthless`].
    pub worthless: Vec<String>,
}

impl Scoring {
    /// Scores as of a time, in lenient mode, with three reasons.
    pub fn new(as_of: AsOf) -> Scoring {
        Scoring {
            as_of,
            mode: Mode::Lenient,
            reasons: 3,
            top: None,
            capacity: None,
            allows_worthless: false,
            rejects: None,
            threads: None,
            typed_as_of: None,
            is_for_excel: false,
        }
    }

    /// The same with what to do about missing and unusable values.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Scoring {
        self.mode = mode;
        self
    }

    /// The same with the most reasons to name for a lead.
    #[must_use]
    pub fn reasons(mut self, count: usize) -> Scoring {
        self.reasons = count;
        self
    }

    /// The same with only the best leads, best first. By default rows are all leads in the order of the input, a page
    /// has the best 50 and a report the best 20.
    #[must_use]
    pub fn top(mut self, count: usize) -> Scoring {
        self.top = Some(count);
        self
    }

    /// The same with how many leads can be worked on: every row says its rank, whether it is within the capacity, and
    /// whether it has the score at which the cut is made; a page and a report list those within. Rejected rows and leads
    /// that were ruled out take no place. The input is opened with the same capacity:
    /// [`LeadInput::capacity`](crate::LeadInput::capacity).
    ///
    /// Rows wait for the last lead in a file without a name in the folder for temporary files.
    #[must_use]
    pub fn capacity(mut self, capacity: Capacity) -> Scoring {
        self.capacity = Some(capacity);
        self
    }

    /// The same where a result that is worth nothing is written all the same, instead of an error; see
    /// [`LeadReader::worthless`].
    #[must_use]
    pub fn allow_worthless(mut self) -> Scoring {
        self.allows_worthless = true;
        self
    }

    /// The same with a CSV file of the rejected rows, with line and reason.
    #[must_use]
    pub fn rejects(mut self, path: impl Into<PathBuf>) -> Scoring {
        self.rejects = Some(path.into());
        self
    }

    /// The same with the number of scoring threads, 1–64; one per core by default. The result does not depend on it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> Scoring {
        self.threads = Some(count);
        self
    }

    /// The same with the as-of time as somebody typed it, which reports show instead of the time in its zone.
    #[must_use]
    pub fn typed_as_of(mut self, text: impl Into<String>) -> Scoring {
        self.typed_as_of = Some(text.into());
        self
    }

    /// The same with CSV that Excel reads as it is meant: with a byte order mark, and `-` for `−`.
    #[must_use]
    pub fn for_excel(mut self) -> Scoring {
        self.is_for_excel = true;
        self
    }

    /// Scores all leads of an input.
    ///
    /// # Errors
    /// `invalid_context` with the path `top` for no leads, and `capacity` where no lead has a group; `cancelled` where `stop` said so, `unreadable_table` where no
    /// lead could be scored, `worthless_result` where the result says nothing of the leads, `not_found` and `io`. Files
    /// that were not completed are removed, and earlier ones stay; a stream and a report get a worthless result too,
    /// which says what it is.
    pub fn run(
        &self,
        pipeline: &Pipeline,
        mut leads: LeadReader,
        destination: Destination<'_>,
        notes: &mut dyn Notes,
        stop: &dyn Stop,
    ) -> Result<FileSummary, Error> {
        if self.top == Some(0) {
            return Err(Error::new(ErrorKind::InvalidContext, "top", "wants 1 or more"));
        }
        if self.is_for_excel && !matches!(destination, Destination::Write(FileFormat::Csv, _)) {
            return Err(Error::new(ErrorKind::InvalidContext, "excel", "goes with the format csv only"));
        }
        let mut rejects = Rejects::create(self.rejects.as_deref())?;
        let mut sink = Sink::open(destination, self, pipeline, &leads)?;
        let mut tally = Tally::new(pipeline);
        let mut ranks = Ranks::new(pipeline, self.capacity.as_ref());
        let job = sink.job(pipeline, self, &leads)?;
        let (byte_count, bytes_read) = (leads.byte_count(), leads.byte_counter());
        // Filling and taking alternate on this thread.
        let reader = RefCell::new(&mut leads);
        in_batches(
            self.thread_count(),
            |batch| batch.fill(&mut reader.borrow_mut(), job.is_table()),
            |batch| job.score(batch),
            |batch| {
                stop.check()?;
                notes.progress(Progress::new(bytes_read.get(), byte_count, false));
                batch.merge_into(&mut reader.borrow_mut());
                tally.take(batch, &mut rejects, notes)?;
                ranks.take(&batch.outcomes);
                sink.take(batch, &job.floor)
            },
        )?;
        notes.progress(Progress::new(bytes_read.get(), byte_count, true));
        rejects.add_log(leads.take_log_rejections(), notes)?;
        tally.rejected_count = rejects.count();
        rejects.finish(notes)?;
        tally.notes.splice(0..0, about_pipeline(pipeline).chain(leads.opening_notes().iter().cloned()));
        let same = tally.all_the_same(pipeline, leads.newest(), &self.as_of);
        for text in [leads.thin(), same].into_iter().flatten() {
            notes.assumed(&text);
            tally.notes.push(text);
        }
        tally.notes.extend(leads.warnings().iter().map(ToString::to_string));
        // Before the output takes its place: an earlier one stays where nothing was scored.
        if let Err(error) = tally.check(leads.name()) {
            note_warnings(&leads.warnings(), &tally.value_warnings, notes);
            return Err(error);
        }
        let ranked = ranks.finish()?;
        tally.rank(&ranked, notes);
        tally.worthless = leads.worthless(tally.value_warnings.unusable());
        let is_refused = !tally.worthless.is_empty() && !self.allows_worthless;
        if !(is_refused && sink.is_file()) {
            sink.finish(pipeline, self, &leads, (&tally, &ranked))?;
        }
        note_warnings(&leads.warnings(), &tally.value_warnings, notes);
        if is_refused {
            return Err(worthless(leads.name(), &tally.worthless));
        }
        if !tally.worthless.is_empty() {
            notes.note(Note::Worthless(tally.worthless.join("; ")));
        }
        Ok(FileSummary { capacity: ranked.capacity, ..tally.summary() })
    }

    fn thread_count(&self) -> usize {
        const MAX_THREADS: usize = 64;
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(all).clamp(1, MAX_THREADS)
    }

    fn layout(&self, leads: &LeadReader) -> RowLayout {
        RowLayout {
            carried: leads.carried().clone(),
            is_for_excel: self.is_for_excel,
            has_capacity: self.capacity.is_some(),
            waits: false,
        }
    }

    /// The as-of time for people, with its zone.
    fn shown_as_of(&self) -> String {
        match &self.typed_as_of {
            Some(text) => as_typed(text, &self.as_of.zone),
            None => self.as_of.to_local_minute(),
        }
    }

    fn options(&self, reasons: usize) -> ScoreOptions {
        ScoreOptions::new().mode(self.mode).reasons(reasons)
    }
}

/// The error for a result that says nothing of the leads of a file.
pub fn worthless(name: &str, reasons: &[String]) -> Error {
    let message = format!(
        "the result is WORTHLESS: {}. The result was not kept; --allow-worthless keeps it all the same",
        reasons.join("; ")
    );
    Error::new(ErrorKind::WorthlessResult, Path::from_field(name), message)
}

/// Notes what a reader of scores should know of their pipeline: that its model is a stand-in for one of the user's own, and
/// what the file of a pipeline that is not built in says in its `note`.
pub fn note_pipeline(pipeline: &Pipeline, notes: &mut dyn Notes) {
    about_pipeline(pipeline).for_each(|text| notes.assumed(text));
}

fn about_pipeline(pipeline: &Pipeline) -> impl Iterator<Item = String> {
    let card = pipeline.model_card().filter(|card| card.is_stub);
    let stand_in = card.map(|card| {
        format!("the model {} was trained on made-up leads; it is a stand-in for one of your own", card.name)
    });
    let is_built_in = Pipeline::builtin(pipeline.id()).is_ok_and(|own| own == *pipeline);
    let note = pipeline.note().filter(|_| !is_built_in);
    let note = note.map(|note| format!("the pipeline `{}` says of itself: {note}", pipeline.id()));
    stand_in.into_iter().chain(note)
}

/// What is counted over all leads.
struct Tally {
    scored_count: u64,
    rejected_count: u64,
    tiers: Vec<TierCount>,
    value_warnings: ValueWarnings,
    /// What a reader of the result should know besides.
    notes: Vec<String>,
    worthless: Vec<String>,
    lowest: f64,
    highest: f64,
}

impl Tally {
    fn new(pipeline: &Pipeline) -> Tally {
        let tiers = pipeline.tiers().tiers().iter();
        let empty = |tier: &leadscore::Tier| TierCount {
            name: tier.name().to_owned(),
            action: tier.action().to_owned(),
            lead_count: 0,
        };
        Tally {
            scored_count: 0,
            rejected_count: 0,
            tiers: tiers.map(empty).collect(),
            value_warnings: ValueWarnings::default(),
            notes: Vec::new(),
            worthless: Vec::new(),
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        }
    }

    /// Counts a scored batch, and writes out its rejected rows.
    fn take(&mut self, batch: &mut Batch, rejects: &mut Rejects, notes: &mut dyn Notes) -> Result<(), Error> {
        for rejection in batch.rejections.drain(..) {
            if rejects.count() < MAX_REMARKS as u64 {
                self.notes.push(format!("line {}: not scored: {}", rejection.line, rejection.reason));
            }
            rejects.add(&rejection, notes)?;
        }
        for outcome in &batch.outcomes {
            self.scored_count += 1;
            self.lowest = self.lowest.min(outcome.score);
            self.highest = self.highest.max(outcome.score);
            if let Some(tier) = outcome.tier.and_then(|tier| self.tiers.get_mut(tier)) {
                tier.lead_count += 1;
            }
            self.value_warnings.add(outcome.line, &outcome.warnings);
        }
        Ok(())
    }

    /// Counts tiers by rank, and says what a reader should know of the ranks.
    fn rank(&mut self, ranked: &Ranked<'_>, notes: &mut dyn Notes) {
        for position in ranked.tier_positions() {
            self.tiers[position].lead_count += 1;
        }
        for sentence in ranked.sentences() {
            notes.assumed(sentence.as_str());
            self.notes.push(sentence);
        }
    }

    /// Says that all scores are shown as the same one, where they are.
    fn all_the_same(&self, pipeline: &Pipeline, newest: Option<Timestamp>, as_of: &AsOf) -> Option<String> {
        let [lowest, highest] = [self.lowest, self.highest].map(|score| pipeline.tiers().shown_score(score));
        (self.scored_count > 1 && lowest == highest).then(|| {
            let newest = newest.map_or_else(String::new, |newest| {
                let day = day_and_distance(newest, as_of.time);
                format!("; the newest date in it is {day}: --as-of scores as of another time")
            });
            format!(
                "every lead has the same score, {lowest}: the input tells this pipeline nothing; see `leadscore inspect` and \
                 --map{newest}"
            )
        })
    }

    /// Refuses an input of which nothing was scored.
    fn check(&self, name: &str) -> Result<(), Error> {
        match (self.scored_count, self.rejected_count) {
            (0, 0) => Err(unreadable(name, "no lead was scored: there is no row below the header")),
            (0, _) => Err(unreadable(name, "no lead was scored: every row was rejected")),
            _ => Ok(()),
        }
    }

    fn summary(self) -> FileSummary {
        FileSummary {
            scored_count: self.scored_count,
            rejected_count: self.rejected_count,
            tiers: self.tiers,
            capacity: None,
            worthless: self.worthless,
        }
    }
}
