//! `leadscore score`: every lead of a file, ranked or row by row.

mod batch;
mod best;

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use leadscore::{Attribute, Lead, Prediction, Score};

use crate::args::{Format, ScoreArgs};
use crate::failure::Failure;
use crate::input::{Rejection, Work, note_line, title};
use crate::output::notes::{Rejects, ValueWarnings, tell};
use crate::output::rows::{self, Rows};
use crate::output::{Output, table};
use crate::report::{Ranked, Report, TierCount, html};
use crate::terminal::Look;

use batch::{Batch, Job};
use best::Best;

/// Scores the input; true when no row was rejected.
pub(crate) fn run(args: &ScoreArgs) -> Result<bool, Failure> {
    let work = Work::new(&args.input, &[("--output", args.output.as_deref())])?;
    Ok(score(work, args)?.rejected == 0)
}

/// What came of it.
pub(crate) struct Done {
    pub(crate) scored: u64,
    pub(crate) rejected: u64,
    pub(crate) tiers: Vec<TierCount>,
}

/// Scores the input of some work.
pub(crate) fn score(work: Work, args: &ScoreArgs) -> Result<Done, Failure> {
    score_while(work, args, &|| true)
}

/// The same, for as long as `go_on` says so; it is asked before every batch.
pub(crate) fn score_while(
    mut work: Work,
    args: &ScoreArgs,
    go_on: &dyn Fn() -> bool,
) -> Result<Done, Failure> {
    work.options.reasons = args.explain;
    if args.top == Some(0) {
        return Err(Failure::said("--top wants 1 or more"));
    }
    let most = match (args.top, args.format) {
        (Some(most), _) => Some(most),
        (None, Format::Table) => Some(20),
        (None, Format::Html) => Some(50),
        _ => None,
    };
    let mut rejects = Rejects::new(args.input.rejects.as_deref())?;
    let rows = match most {
        None => Some(Rows::new(Output::new(args.output.as_deref())?, args.format, work.pipeline.classes())?),
        Some(_) => None,
    };
    let mut sheet = Sheet {
        rows,
        best: Best::new(most.unwrap_or(0)),
        tiers: tier_counts(&work),
        warnings: ValueWarnings::default(),
        scored: 0,
        ends: (f64::INFINITY, f64::NEG_INFINITY),
    };
    if sheet.rows.is_some() && args.input.as_of.is_none() {
        note_line(&format!("judged as of now, {}; --as-of sets another moment", as_of(&work)));
    }
    let progress = progress(&work, sheet.rows.is_some() && args.output.is_none());
    let job = Job {
        pipeline: &work.pipeline,
        as_of: &work.as_of,
        options: &work.options,
        rows: most.is_none().then_some(args.format),
    };
    let bytes = work.progress.clone();
    batch::run(&job, &mut work.leads, threads(args.threads), |batch| {
        if !go_on() {
            return Err(Failure::said("stopped before the end"));
        }
        progress.set_position(bytes.bytes());
        sheet.take(batch, &job, &mut rejects)
    })?;
    progress.finish_and_clear();
    let rejected = rejects.count;
    rejects.finish()?;
    let reader_warnings = work.leads.warnings();
    let Sheet { rows, best, tiers, warnings, scored, ends } = sheet;
    if scored == 0 {
        if let Some(rows) = rows {
            rows.finish()?;
        }
        tell(&reader_warnings, &warnings);
        let why = if rejected == 0 { "there is no row below the header" } else { "every row was rejected" };
        return Err(Failure::said(format!("{}: no lead was scored: {why}", work.name)));
    }
    if scored > 1 && ends.0 == ends.1 {
        note_line(
            "every lead has the same score: the input tells this pipeline nothing; see `leadscore inspect` and --map",
        );
    }
    let done = Done { scored, rejected, tiers };
    if let Some(rows) = rows {
        rows.finish()?;
        tell(&reader_warnings, &warnings);
        return Ok(done);
    }
    let ranked = best.into_sorted();
    if matches!(args.format, Format::Table | Format::Html) {
        let report = Report {
            title: work.pipeline.name().to_owned(),
            // The file alone: a page is passed on to people who do not know our folders.
            source: std::path::Path::new(&work.name)
                .file_name()
                .map_or_else(|| work.name.clone(), |name| name.to_string_lossy().into_owned()),
            as_of: as_of(&work),
            scored,
            rejected,
            tiers: done.tiers.clone(),
            leads: (1..).zip(ranked).map(|(rank, (_, lead))| Ranked { rank, ..lead }).collect(),
            notes: reader_warnings.iter().map(ToString::to_string).chain(warnings.lines()).collect(),
        };
        let mut out = Output::new(args.output.as_deref())?;
        if args.format == Format::Table {
            table::write(&mut out, &work.pipeline, &report, Look::of_stdout(args.output.is_some()))?;
        } else {
            html::write(&mut out, &report)?;
        }
        out.finish()?;
    } else {
        let mut rows = Rows::new(Output::new(args.output.as_deref())?, args.format, work.pipeline.classes())?;
        for (row, lead) in &ranked {
            let mut rendered = Vec::new();
            if args.format == Format::Csv {
                rows::render_csv(&mut rendered, *row, &Score::from(lead.prediction.clone()));
            } else {
                rows::render_json(&mut rendered, args.format, *row, &lead.prediction);
            }
            rows.append(&rendered)?;
        }
        rows.finish()?;
    }
    tell(&reader_warnings, &warnings);
    Ok(done)
}

/// The as-of time in the words of a reader: minutes, and the zone.
pub(crate) fn as_of(work: &Work) -> String {
    let text = work.as_of.time.to_string();
    let minute = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("{minute} UTC")
}

/// A bar over the file's bytes, where someone is looking at standard error and rows do not run through the terminal.
fn progress(work: &Work, rows_on_terminal: bool) -> ProgressBar {
    let seen = std::io::stderr().is_terminal() && !(rows_on_terminal && std::io::stdout().is_terminal());
    let bar = match work.size {
        Some(size) => ProgressBar::new(size),
        None => ProgressBar::new_spinner(),
    };
    if !seen {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let form = "{bar:30} {percent:>3} %  {bytes} of {total_bytes}  {eta} left";
    bar.with_style(ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn ranked(lead: &Lead, prediction: Prediction) -> Ranked {
    let shown = [("Company", "company"), ("Title", "title"), ("E-mail", "email"), ("Phone", "phone")];
    let name = title(lead);
    let details = shown
        .iter()
        .filter_map(|(label, attribute)| match lead.attributes.get(*attribute)? {
            Attribute::Text(text) if !text.trim().is_empty() && !name.contains(text.trim()) => {
                Some(((*label).to_owned(), text.clone()))
            }
            _ => None,
        })
        .collect();
    Ranked { rank: 0, name, details, prediction }
}

/// The tiers from the best down, still empty.
fn tier_counts(work: &Work) -> Vec<TierCount> {
    let tiers = work.pipeline.tiers().tiers().iter();
    tiers
        .map(|tier| TierCount { name: tier.name().to_owned(), action: tier.action().to_owned(), leads: 0 })
        .collect()
}

fn threads(wanted: Option<usize>) -> usize {
    wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).clamp(1, 64)
}

/// What a run adds up to.
struct Sheet {
    rows: Option<Rows>,
    best: Best,
    tiers: Vec<TierCount>,
    warnings: ValueWarnings,
    scored: u64,
    /// The lowest and highest score so far.
    ends: (f64, f64),
}

impl Sheet {
    /// Takes in a scored batch; batches come in the order of the input.
    fn take(
        &mut self,
        batch: &mut Batch,
        job: &Job<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Failure> {
        for rejection in batch.rejections.drain(..) {
            rejects.add(&rejection)?;
        }
        if let Some(rows) = &mut self.rows {
            rows.append(&batch.rendered)?;
        }
        for (slot, result) in batch.slots.iter().zip(&batch.results) {
            let score = match result {
                Ok(score) => score,
                Err(error) => {
                    let raw = serde_json::to_string(&slot.lead).expect("a lead serializes");
                    rejects.add(&Rejection { line: slot.line, reason: error.to_string(), raw })?;
                    continue;
                }
            };
            self.scored += 1;
            self.ends = (self.ends.0.min(score.score), self.ends.1.max(score.score));
            let tier = score.tier.as_deref();
            if let Some(count) = self.tiers.iter_mut().find(|count| Some(count.name.as_str()) == tier) {
                count.leads += 1;
            }
            self.warnings.add(slot.line, &score.warnings);
            if self.rows.is_none() && self.best.wants(score.score) {
                let prediction = job.pipeline.score_with(&slot.lead, job.as_of, job.options)?;
                self.best.add(slot.row, ranked(&slot.lead, prediction));
            }
        }
        Ok(())
    }
}
