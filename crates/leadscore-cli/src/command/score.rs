//! `leadscore score`: every lead of a file, ranked or row by row.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use leadscore::{Attribute, Detail, Prediction};

use crate::args::{Format, ScoreArgs};
use crate::failure::Failure;
use crate::input::{LeadReader, Next, Rejection, Work};
use crate::output::notes::{Rejects, ValueWarnings, tell};
use crate::output::rows::Rows;
use crate::output::{destination, table};
use crate::report::{Ranked, Report, TierCount, html};
use crate::terminal::Look;

/// Scores the input; true when no row was rejected.
pub(crate) fn run(args: &ScoreArgs) -> Result<bool, Failure> {
    let mut work = Work::new(&args.input)?;
    work.context.reasons = args.explain;
    let most = match (args.top, args.format) {
        (Some(most), _) => Some(most),
        (None, Format::Table) => Some(20),
        (None, Format::Html) => Some(50),
        _ => None,
    };
    let mut rejects = Rejects::new(args.input.rejects.as_deref())?;
    let mut rows = match (most, args.format) {
        (None, format) => Some(Rows::new(destination(args.output.as_deref())?, format)?),
        _ => None,
    };
    let full_rows = matches!(args.format, Format::Json | Format::Jsonl);
    let mut best = Best::new(most.unwrap_or(0));
    let mut warnings = ValueWarnings::default();
    let mut tiers = TierCounts::new(&work);
    let progress = progress(&work, rows.is_some() && args.output.is_none());
    let mut scored = 0_u64;
    loop {
        match work.leads.next()? {
            Next::End => break,
            Next::Rejected(rejection) => rejects.add(&rejection)?,
            Next::Lead => {
                work.context.detail = if full_rows && most.is_none() { Detail::Full } else { Detail::Brief };
                let prediction = match work.pipeline.score(&work.leads.lead, &work.context) {
                    Ok(prediction) => prediction,
                    Err(error) => {
                        let raw = serde_json::to_string(&work.leads.lead).unwrap_or_default();
                        rejects.add(&Rejection { line: work.leads.line, reason: error.to_string(), raw })?;
                        continue;
                    }
                };
                scored += 1;
                tiers.add(&prediction);
                warnings.add(work.leads.line, &prediction);
                if let Some(rows) = &mut rows {
                    rows.write(work.leads.row, &prediction)?;
                } else if best.wants(prediction.score) {
                    work.context.detail = Detail::Full;
                    let prediction = work.pipeline.score(&work.leads.lead, &work.context)?;
                    best.add(work.leads.row, ranked(&work.leads, prediction));
                }
            }
        }
        if (scored + rejects.count).is_multiple_of(1_024) {
            progress.set_position(work.progress.bytes());
        }
    }
    progress.finish_and_clear();
    let rejected = rejects.count;
    rejects.finish()?;
    let reader_warnings = work.leads.warnings();
    if scored == 0 {
        tell(&reader_warnings, &warnings);
        let why = if rejected == 0 { "there is no row below the header" } else { "every row was rejected" };
        return Err(Failure::said(format!("{}: no lead was scored: {why}", work.name)));
    }
    if let Some(rows) = rows {
        rows.finish()?;
        tell(&reader_warnings, &warnings);
        return Ok(rejected == 0);
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
            tiers: tiers.counts,
            leads: (1..).zip(ranked).map(|(rank, (_, lead))| Ranked { rank, ..lead }).collect(),
            synthetic_note: None,
            notes: reader_warnings.iter().map(ToString::to_string).chain(warnings.lines()).collect(),
        };
        let mut out = destination(args.output.as_deref())?;
        if args.format == Format::Table {
            table::write(&mut out, &work.pipeline, &report, Look::of_stdout(args.output.is_some()))?;
        } else {
            html::write(&mut out, &report)?;
            out.flush()?;
        }
    } else {
        let mut rows = Rows::new(destination(args.output.as_deref())?, args.format)?;
        for (row, lead) in &ranked {
            rows.write(*row, &lead.prediction)?;
        }
        rows.finish()?;
    }
    tell(&reader_warnings, &warnings);
    Ok(rejected == 0)
}

/// The as-of time in the words of a reader: minutes, and the zone.
pub(crate) fn as_of(work: &Work) -> String {
    let text = work.context.as_of.to_string();
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

fn ranked(leads: &LeadReader, prediction: Prediction) -> Ranked {
    let shown = [("Company", "company"), ("Title", "title"), ("E-mail", "email"), ("Phone", "phone")];
    let name = leads.title();
    let details = shown
        .iter()
        .filter_map(|(label, attribute)| match leads.lead.attributes.get(*attribute)? {
            Attribute::Text(text) if !text.trim().is_empty() && !name.contains(text.trim()) => {
                Some(((*label).to_owned(), text.clone()))
            }
            _ => None,
        })
        .collect();
    Ranked { rank: 0, name, details, prediction }
}

/// Leads per tier.
struct TierCounts {
    counts: Vec<TierCount>,
}

impl TierCounts {
    fn new(work: &Work) -> TierCounts {
        let tiers = work.pipeline.tiers().tiers().iter();
        let count = |tier: &leadscore::Tier| TierCount {
            name: tier.name().to_owned(),
            action: tier.action().to_owned(),
            leads: 0,
        };
        TierCounts { counts: tiers.map(count).collect() }
    }

    fn add(&mut self, prediction: &Prediction) {
        let tier = prediction.tier.as_deref();
        if let Some(count) = self.counts.iter_mut().find(|count| Some(count.name.as_str()) == tier) {
            count.leads += 1;
        }
    }
}

/// The best leads so far; of equal scores the earlier row is better.
struct Best {
    most: usize,
    heap: BinaryHeap<Reverse<Place>>,
}

struct Place {
    row: u64,
    lead: Ranked,
}

impl Best {
    fn new(most: usize) -> Best {
        Best { most, heap: BinaryHeap::new() }
    }

    fn wants(&self, score: f64) -> bool {
        self.heap.len() < self.most
            || self.heap.peek().is_some_and(|Reverse(worst)| score > worst.lead.prediction.score)
    }

    fn add(&mut self, row: u64, lead: Ranked) {
        self.heap.push(Reverse(Place { row, lead }));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    fn into_sorted(self) -> Vec<(u64, Ranked)> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(place)| (place.row, place.lead)).collect()
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Place) -> std::cmp::Ordering {
        let (own, others) = (self.lead.prediction.score, other.lead.prediction.score);
        own.total_cmp(&others).then(other.row.cmp(&self.row))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Place) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}
