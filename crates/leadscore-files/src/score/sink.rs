//! Where scored batches go: every lead as a row at once, or the best as a ranking at the end.

use leadscore::{AsOf, Attribute, Error, Lead, Pipeline, Prediction, Score, TierScheme, Timestamp};

use super::batch::{BATCH_ROWS, Batch, Job, ScoreFloor, Slot, in_batches};
use super::best::BestLeads;
use super::{Destination, ReceiveRows, Scoring, Tally};
use crate::report::{Detail as LeadDetail, LAST_ACTIVITY, OWNER, RankedLead, Report, html};
use crate::write::{RowLayout, Rows, render_csv, render_json};
use crate::{FileFormat, JsonForm, LeadReader, OutputFile, lead_title};

/// The best leads on a page and in a report, where the caller does not say how many.
const PAGE_LEADS: usize = 50;
const REPORT_LEADS: usize = 20;

/// Takes scored batches in the order of the input.
pub(super) enum Sink<'a> {
    /// Every lead is a row, in the order of the input.
    Rows(FileFormat, Rows<'a>),
    /// The same for a function that is given JSON lines.
    Lines(ReceiveRows<'a>),
    /// The best leads are written when all are scored.
    Ranking(BestLeads, Destination<'a>),
}

impl<'a> Sink<'a> {
    pub(super) fn open(
        destination: Destination<'a>,
        top: Option<usize>,
        pipeline: &Pipeline,
        layout: &RowLayout,
    ) -> Result<Sink<'a>, Error> {
        let default = match &destination {
            Destination::Write(FileFormat::Html, _) => Some(PAGE_LEADS),
            Destination::Report(_) => Some(REPORT_LEADS),
            Destination::Write(..) | Destination::Rows(_) => None,
        };
        Ok(match (top.or(default), destination) {
            (None, Destination::Write(format, output)) => {
                Sink::Rows(format, Rows::new(output, format, pipeline.classes(), layout)?)
            }
            (None, Destination::Rows(receive)) => Sink::Lines(receive),
            (limit, destination) => Sink::Ranking(BestLeads::new(limit.unwrap_or(REPORT_LEADS)), destination),
        })
    }

    /// How batches are scored for it. A ranking wants only the scores at first.
    pub(super) fn job<'p>(&self, pipeline: &'p Pipeline, scoring: &Scoring, leads: &LeadReader) -> Job<'p> {
        let (row_format, reasons) = match self {
            Sink::Rows(format, _) => (Some(*format), scoring.reasons),
            Sink::Lines(_) => (Some(FileFormat::Jsonl), scoring.reasons),
            Sink::Ranking(..) => (None, 0),
        };
        Job {
            pipeline,
            as_of: scoring.as_of.clone(),
            options: scoring.options(reasons),
            row_format,
            table: leads.table_plan(),
            floor: ScoreFloor::new(),
            layout: scoring.layout(leads),
        }
    }

    /// Takes in a scored batch.
    pub(super) fn take(&mut self, batch: &mut Batch, floor: &ScoreFloor) -> Result<(), Error> {
        match self {
            Sink::Rows(_, rows) => rows.append(&batch.rendered),
            Sink::Lines(receive) => receive(&batch.rendered),
            Sink::Ranking(best, _) => {
                batch.outcomes.iter_mut().for_each(|outcome| best.offer(outcome));
                if let Some(score) = best.floor() {
                    floor.set(score);
                }
                Ok(())
            }
        }
    }

    /// Whether it goes to a file, and not to a stream or a report.
    pub(super) fn is_file(&self) -> bool {
        match self {
            Sink::Rows(_, rows) => rows.is_file(),
            Sink::Ranking(_, Destination::Write(_, output)) => output.is_file(),
            Sink::Lines(_) | Sink::Ranking(_, Destination::Rows(_) | Destination::Report(_)) => false,
        }
    }

    /// Completes the rows, or explains and writes the best leads.
    pub(super) fn finish(
        self,
        pipeline: &Pipeline,
        scoring: &Scoring,
        leads: &LeadReader,
        tally: &Tally,
    ) -> Result<(), Error> {
        match self {
            Sink::Rows(_, rows) => rows.finish(&tally.worthless),
            Sink::Lines(_) => Ok(()),
            Sink::Ranking(best, destination) => {
                let best = explain(best, pipeline, scoring)?;
                publish(best, destination, pipeline, scoring, leads, tally)
            }
        }
    }
}

/// A lead of the ranking with its row in the input.
struct Best {
    row: u64,
    lead: Lead,
    carried: Vec<Attribute>,
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
                if let Some(taken) = batch.slots.last_mut() {
                    taken.carried = std::mem::take(&mut slot.carried);
                }
            }
            Ok(slots.peek().is_some())
        },
        |batch| {
            let leads = batch.slots.iter().map(|slot| &slot.lead);
            batch.predictions = pipeline.score_each(leads, &scoring.as_of, &options);
        },
        |batch| {
            for (slot, prediction) in batch.slots.drain(..).zip(batch.predictions.drain(..)) {
                let Slot { row, lead, carried, .. } = slot;
                explained.push(Best { row, lead, carried, prediction: prediction? });
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
    leads: &LeadReader,
    tally: &Tally,
) -> Result<(), Error> {
    match destination {
        Destination::Report(receive) => receive(&report(best, pipeline, scoring, leads, tally)),
        Destination::Rows(mut receive) => {
            let (layout, mut lines) = (scoring.layout(leads), Vec::new());
            for one in &best {
                let cells = one.carried.as_slice();
                render_json(&mut lines, JsonForm::Lines, (one.row, &one.prediction), (&layout, cells));
            }
            receive(&lines)
        }
        Destination::Write(FileFormat::Html, mut output) => {
            html::write(&mut output, &report(best, pipeline, scoring, leads, tally))?;
            output.finish()
        }
        Destination::Write(format, output) => {
            write_rows(&best, format, output, pipeline, &scoring.layout(leads), &tally.worthless)
        }
    }
}

fn write_rows(
    best: &[Best],
    format: FileFormat,
    output: OutputFile<'_>,
    pipeline: &Pipeline,
    layout: &RowLayout,
    worthless: &[String],
) -> Result<(), Error> {
    let mut rows = Rows::new(output, format, pipeline.classes(), layout)?;
    let mut rendered = Vec::new();
    for batch in best.chunks(BATCH_ROWS) {
        rendered.clear();
        if let Some(form) = format.json_form() {
            for best in batch {
                let cells = best.carried.as_slice();
                render_json(&mut rendered, form, (best.row, &best.prediction), (layout, cells));
            }
        } else {
            let scores: Vec<Score> = batch.iter().map(|best| Score::from(best.prediction.clone())).collect();
            let with_score = batch.iter().zip(&scores);
            let lines = with_score.map(|(best, score)| (best.row, score, best.carried.as_slice()));
            render_csv(&mut rendered, layout, lines);
        }
        rows.append(&rendered)?;
    }
    rows.finish(worthless)
}

fn report(
    best: Vec<Best>,
    pipeline: &Pipeline,
    scoring: &Scoring,
    leads: &LeadReader,
    tally: &Tally,
) -> Report {
    let input = leads.name();
    let headings: Vec<&str> = leads.carried().headings().collect();
    let ranked = (1..)
        .zip(best)
        .map(|(rank, best)| ranked_lead(rank, best, &headings, &scoring.as_of, pipeline.tiers()));
    Report {
        title: pipeline.name().to_owned(),
        // The file alone: a page is passed on to people who do not know our folders.
        source: std::path::Path::new(input)
            .file_name()
            .map_or_else(|| input.to_owned(), |name| name.to_string_lossy().into_owned()),
        as_of: scoring.shown_as_of(),
        scored_count: tally.scored_count,
        rejected_count: tally.rejected_count,
        tiers: tally.tiers.clone(),
        leads: ranked.collect(),
        notes: tally.notes.iter().cloned().chain(tally.value_warnings.sentences()).collect(),
        worthless: tally.worthless.clone(),
    }
}

fn ranked_lead(rank: u64, best: Best, headings: &[&str], as_of: &AsOf, tiers: &TierScheme) -> RankedLead {
    let Best { row, lead, carried, prediction } = best;
    let shown = [
        ("Company", "company"),
        ("Title", "title"),
        ("E-mail", "email"),
        ("Phone", "phone"),
        (OWNER, "owner"),
    ];
    let name = lead_title(&lead);
    let own = shown.iter().filter_map(|(label, attribute)| match lead.attributes.get(*attribute)? {
        Attribute::Text(text) if !text.trim().is_empty() && !name.contains(text.trim()) => {
            Some(LeadDetail { label: (*label).to_owned(), value: text.clone() })
        }
        _ => None,
    });
    let mut details: Vec<LeadDetail> = own.collect();
    let last = last_activity(&lead, as_of);
    details.extend(last.map(|value| LeadDetail { label: LAST_ACTIVITY.to_owned(), value }));
    for (heading, cell) in headings.iter().zip(&carried) {
        let value = cell.as_ref().to_text();
        let is_told = name.split(" · ").any(|part| part == value.trim())
            || details.iter().any(|detail| detail.value.trim() == value.trim());
        if !value.trim().is_empty() && !is_told {
            details.push(LeadDetail { label: (*heading).to_owned(), value: value.into_owned() });
        }
    }
    let score = tiers.shown_score(prediction.score);
    RankedLead { rank, row, name, score, details, prediction }
}

/// The day on which the lead was last active before the as-of time, and what it did where that is known.
fn last_activity(lead: &Lead, as_of: &AsOf) -> Option<String> {
    let day =
        |time| AsOf::new(time).in_zone(as_of.zone.clone()).to_local_minute().get(..10).map(str::to_owned);
    let latest = lead.activities.iter().filter(|one| one.at <= as_of.time).max_by_key(|one| one.at);
    let logged = latest.and_then(|one| Some((day(one.at)?, one.kind.replace('_', " "))));
    let stated = match lead.attributes.get("last_activity_at") {
        Some(attribute @ (Attribute::Text(_) | Attribute::Date(_))) => {
            let time = Timestamp::parse(&attribute.as_ref().to_text(), &as_of.zone).ok();
            time.filter(|time| *time <= as_of.time).and_then(day)
        }
        _ => None,
    };
    match (logged, stated) {
        (Some((logged, _)), Some(stated)) if stated > logged => Some(stated),
        (Some((logged, kind)), _) => Some(format!("{logged} ({kind})")),
        (None, stated) => stated,
    }
}
