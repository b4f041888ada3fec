//! Where scored batches go: every lead as a row at once, or the best as a ranking at the end.

use leadscore::{Attribute, Error, Lead, Pipeline, Prediction, Score};

use super::batch::{BATCH_ROWS, Batch, Job, ScoreFloor, in_batches};
use super::best::BestLeads;
use super::{Destination, Scoring, Tally};
use crate::report::{Detail as LeadDetail, RankedLead, Report, html};
use crate::wording::to_the_minute;
use crate::write::{Rows, render_csv, render_json};
use crate::{FileFormat, LeadReader, OutputFile, lead_title};

/// The best leads on a page and in a report, where the caller does not say how many.
const PAGE_LEADS: usize = 50;
const REPORT_LEADS: usize = 20;

/// Takes scored batches in the order of the input.
pub(super) enum Sink<'a> {
    /// Every lead is a row, in the order of the input.
    Rows(FileFormat, Rows<'a>),
    /// The best leads are written when all are scored.
    Ranking(BestLeads, Destination<'a>),
}

impl<'a> Sink<'a> {
    pub(super) fn open(
        destination: Destination<'a>,
        top: Option<usize>,
        pipeline: &Pipeline,
    ) -> Result<Sink<'a>, Error> {
        let default = match &destination {
            Destination::Write(FileFormat::Html, _) => Some(PAGE_LEADS),
            Destination::Report(_) => Some(REPORT_LEADS),
            Destination::Write(..) => None,
        };
        Ok(match (top.or(default), destination) {
            (None, Destination::Write(format, output)) => {
                Sink::Rows(format, Rows::new(output, format, pipeline.classes())?)
            }
            (limit, destination) => Sink::Ranking(BestLeads::new(limit.unwrap_or(REPORT_LEADS)), destination),
        })
    }

    /// How batches are scored for it. A ranking wants only the scores at first.
    pub(super) fn job<'p>(&self, pipeline: &'p Pipeline, scoring: &Scoring, leads: &LeadReader) -> Job<'p> {
        let (row_format, reasons) = match self {
            Sink::Rows(format, _) => (Some(*format), scoring.reasons),
            Sink::Ranking(..) => (None, 0),
        };
        Job {
            pipeline,
            as_of: scoring.as_of.clone(),
            options: scoring.options(reasons),
            row_format,
            table: leads.table_plan(),
            floor: ScoreFloor::new(),
        }
    }

    /// Takes in a scored batch.
    pub(super) fn take(&mut self, batch: &mut Batch, floor: &ScoreFloor) -> Result<(), Error> {
        match self {
            Sink::Rows(_, rows) => rows.append(&batch.rendered),
            Sink::Ranking(best, _) => {
                batch.outcomes.iter_mut().for_each(|outcome| best.offer(outcome));
                if let Some(score) = best.floor() {
                    floor.set(score);
                }
                Ok(())
            }
        }
    }

    /// Completes the rows, or explains and writes the best leads, if there are any.
    pub(super) fn finish(
        self,
        pipeline: &Pipeline,
        scoring: &Scoring,
        input: &str,
        tally: &Tally,
    ) -> Result<(), Error> {
        match self {
            Sink::Rows(_, rows) => rows.finish(),
            Sink::Ranking(..) if tally.scored_count == 0 => Ok(()),
            Sink::Ranking(best, destination) => {
                let best = explain(best, pipeline, scoring)?;
                publish(best, destination, pipeline, scoring, input, tally)
            }
        }
    }
}

/// A lead of the ranking with its row in the input.
struct Best {
    row: u64,
    lead: Lead,
    prediction: Prediction,
}

/// Scores the best leads once more, now with their reasons, and on the same threads.
fn explain(best: BestLeads, pipeline: &Pipeline, scoring: &Scoring) -> Result<Vec<Best>, Error> {
    let options = scoring.options(scoring.reasons);
    let mut slots = best.into_sorted().peekable();
    let mut explained = Vec::new();
    in_batches(
        scoring.thread_count(),
        |batch| {
            while !batch.is_full() {
                let Some(mut slot) = slots.next() else { return Ok(false) };
                std::mem::swap(batch.push_slot(slot.row, slot.line), &mut slot.lead);
            }
            Ok(slots.peek().is_some())
        },
        |batch| {
            let leads = batch.slots.iter().map(|slot| &slot.lead);
            batch.predictions = pipeline.score_each(leads, &scoring.as_of, &options);
        },
        |batch| {
            for (slot, prediction) in batch.slots.drain(..).zip(batch.predictions.drain(..)) {
                explained.push(Best { row: slot.row, lead: slot.lead, prediction: prediction? });
            }
            Ok(())
        },
    )?;
    Ok(explained)
}

fn publish(
    best: Vec<Best>,
    destination: Destination<'_>,
    pipeline: &Pipeline,
    scoring: &Scoring,
    input: &str,
    tally: &Tally,
) -> Result<(), Error> {
    match destination {
        Destination::Report(receive) => receive(&report(best, pipeline, scoring, input, tally)),
        Destination::Write(FileFormat::Html, mut output) => {
            html::write(&mut output, &report(best, pipeline, scoring, input, tally))?;
            output.finish()
        }
        Destination::Write(format, output) => write_rows(&best, format, output, pipeline),
    }
}

fn write_rows(
    best: &[Best],
    format: FileFormat,
    output: OutputFile<'_>,
    pipeline: &Pipeline,
) -> Result<(), Error> {
    let mut rows = Rows::new(output, format, pipeline.classes())?;
    let mut rendered = Vec::new();
    for batch in best.chunks(BATCH_ROWS) {
        rendered.clear();
        if format == FileFormat::Csv {
            let scores: Vec<Score> = batch.iter().map(|best| Score::from(best.prediction.clone())).collect();
            render_csv(&mut rendered, batch.iter().map(|best| best.row).zip(&scores));
        } else {
            for best in batch {
                render_json(&mut rendered, format, best.row, &best.prediction);
            }
        }
        rows.append(&rendered)?;
    }
    rows.finish()
}

fn report(best: Vec<Best>, pipeline: &Pipeline, scoring: &Scoring, input: &str, tally: &Tally) -> Report {
    let warnings = tally.reader_warnings.iter().cloned();
    Report {
        title: pipeline.name().to_owned(),
        // The file alone: a page is passed on to people who do not know our folders.
        source: std::path::Path::new(input)
            .file_name()
            .map_or_else(|| input.to_owned(), |name| name.to_string_lossy().into_owned()),
        as_of: to_the_minute(scoring.as_of.time),
        scored_count: tally.scored_count,
        rejected_count: tally.rejected_count,
        tiers: tally.tiers.clone(),
        leads: (1..).zip(best).map(|(rank, best)| ranked_lead(rank, best, pipeline)).collect(),
        notes: warnings.chain(tally.value_warnings.sentences()).collect(),
    }
}

fn ranked_lead(rank: u64, best: Best, pipeline: &Pipeline) -> RankedLead {
    let Best { lead, prediction, .. } = best;
    let shown = [("Company", "company"), ("Title", "title"), ("E-mail", "email"), ("Phone", "phone")];
    let name = lead_title(&lead);
    let details = shown
        .iter()
        .filter_map(|(label, attribute)| match lead.attributes.get(*attribute)? {
            Attribute::Text(text) if !text.trim().is_empty() && !name.contains(text.trim()) => {
                Some(LeadDetail { label: (*label).to_owned(), value: text.clone() })
            }
            _ => None,
        })
        .collect();
    let score = pipeline.tiers().shown_score(prediction.score);
    RankedLead { rank, name, score, details, prediction }
}
