//! Where scored batches go: every lead as a row at once, or the best as a ranking at the end.

use leadscore::{
    AsOf, Attribute, Error, ErrorKind, Lead, Pipeline, Prediction, Score, TierScheme, Timestamp,
};

use super::batch::{BATCH_ROWS, Batch, Job, ScoreFloor, Slot, in_batches};
use super::best::BestLeads;
use super::ranks::Ranked;
use super::{Destination, Scoring, Tally};
use crate::report::{Detail as LeadDetail, LAST_ACTIVITY, OWNER, RankedLead, Report, html};
use crate::write::{PieceFile, RowLayout, Rows, render_csv, render_json, render_placed};
use crate::{FileFormat, LeadReader, lead_title};

/// The best leads on a page and in a report, where the caller does not say how many.
const PAGE_LEADS: usize = 50;
const REPORT_LEADS: usize = 20;

/// Takes scored batches in the order of the input.
pub(super) enum Sink<'a> {
    /// Every lead is a row, in the order of the input.
    Rows(FileFormat, Rows<'a>),
    /// The same where rows say their ranks, which are known when all are scored.
    Waiting(FileFormat, Rows<'a>, PieceFile),
    /// The best leads are written when all are scored.
    Ranking(Ranking<'a>),
}

/// The best leads, and where they go.
pub(super) struct Ranking<'a> {
    best: BestLeads,
    destination: Destination<'a>,
    /// The most leads to list of those within the capacity, where only those are wanted.
    within: Option<usize>,
}

impl<'a> Sink<'a> {
    pub(super) fn open(
        destination: Destination<'a>,
        scoring: &Scoring,
        pipeline: &Pipeline,
        leads: &LeadReader,
    ) -> Result<Sink<'a>, Error> {
        let default = match &destination {
            Destination::Write(FileFormat::Html, _) => Some(PAGE_LEADS),
            Destination::Report(_) => Some(REPORT_LEADS),
            Destination::Write(..) | Destination::Rows(_) => None,
        };
        let in_order = |format, rows| {
            Ok(if scoring.capacity.is_some() || pipeline.has_ranks() {
                Sink::Waiting(format, rows, PieceFile::create()?)
            } else {
                Sink::Rows(format, rows)
            })
        };
        Ok(match (scoring.top, default, destination) {
            (None, None, Destination::Write(format, output)) => {
                let rows = Rows::new(output, format, pipeline.classes(), &scoring.layout(leads))?;
                return in_order(format, rows);
            }
            (None, None, Destination::Rows(receive)) => {
                return in_order(FileFormat::Jsonl, Rows::Lines(receive));
            }
            (top, default, destination) => {
                let default = default.unwrap_or(REPORT_LEADS);
                let (best, within) = match &scoring.capacity {
                    // All who are in, where their number is known from the beginning.
                    Some(capacity) if top.is_none() => {
                        let limit = capacity.top().count().unwrap_or(default);
                        let is_grouped = capacity.column().is_some();
                        let most = if capacity.top().count().is_some() { usize::MAX } else { default };
                        (BestLeads::within(limit, is_grouped), Some(most))
                    }
                    _ => (BestLeads::new(top.unwrap_or(default)), None),
                };
                Sink::Ranking(Ranking { best, destination, within })
            }
        })
    }

    /// How batches are scored for it. A ranking wants only the scores at first.
    pub(super) fn job<'p>(
        &self,
        pipeline: &'p Pipeline,
        scoring: &Scoring,
        leads: &LeadReader,
    ) -> Result<Job<'p>, Error> {
        let (row_format, reasons) = match self {
            Sink::Rows(format, _) | Sink::Waiting(format, ..) => (Some(*format), scoring.reasons),
            Sink::Ranking(..) => (None, 0),
        };
        let mut layout = scoring.layout(leads);
        layout.waits = matches!(self, Sink::Waiting(..));
        let column = scoring.capacity.as_ref().and_then(|capacity| capacity.column());
        let missing = |column| {
            let message =
                format!("the input was opened without the column `{column}`; LeadInput::capacity names it");
            Error::new(ErrorKind::InvalidContext, "capacity", message)
        };
        let group = column.map(|column| layout.carried.position(column).ok_or_else(|| missing(column)));
        Ok(Job {
            pipeline,
            as_of: scoring.as_of.clone(),
            options: scoring.options(reasons),
            row_format,
            table: leads.table_plan(),
            floor: ScoreFloor::new(),
            group: group.transpose()?,
            layout,
        })
    }

    /// Takes in a scored batch.
    pub(super) fn take(&mut self, batch: &mut Batch, floor: &ScoreFloor) -> Result<(), Error> {
        match self {
            Sink::Rows(_, rows) => rows.append(&batch.rendered),
            Sink::Waiting(_, _, pieces) => pieces.append(&batch.rendered),
            Sink::Ranking(Ranking { best, .. }) => {
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
            Sink::Rows(_, rows) | Sink::Waiting(_, rows, _) => rows.is_file(),
            Sink::Ranking(Ranking { destination: Destination::Write(_, output), .. }) => output.is_file(),
            Sink::Ranking(Ranking { destination: Destination::Rows(_) | Destination::Report(_), .. }) => {
                false
            }
        }
    }

    /// Completes the rows, or explains and writes the best leads.
    pub(super) fn finish(
        self,
        pipeline: &Pipeline,
        scoring: &Scoring,
        leads: &LeadReader,
        (tally, ranked): (&Tally, &Ranked<'_>),
    ) -> Result<(), Error> {
        match self {
            Sink::Rows(_, rows) => rows.finish(&tally.worthless),
            Sink::Waiting(format, mut rows, pieces) => {
                write_placed(&mut rows, format, pieces, ranked, tally.scored_count)?;
                rows.finish(&tally.worthless)
            }
            Sink::Ranking(Ranking { best, destination, within }) => {
                let slots = best.into_sorted();
                let is_in = |slot: &Slot| {
                    let standing = ranked.place_of_row(slot.row).standing;
                    within.is_none() || standing.is_some_and(|standing| standing.within)
                };
                let slots = slots.filter(is_in).take(within.unwrap_or(usize::MAX));
                let best = explain(slots, pipeline, scoring, ranked)?;
                publish(best, destination, pipeline, scoring, leads, (tally, ranked))
            }
        }
    }
}

/// Writes rows that waited, each with its place.
fn write_placed(
    rows: &mut Rows<'_>,
    format: FileFormat,
    pieces: PieceFile,
    ranked: &Ranked<'_>,
    count: u64,
) -> Result<(), Error> {
    let (mut reader, mut rendered) = (pieces.read()?, Vec::new());
    for position in 0..count as usize {
        if position % BATCH_ROWS == 0 {
            rows.append(&rendered)?;
            rendered.clear();
        }
        render_placed(&mut rendered, format.json_form(), reader.next()?, ranked.place(position))?;
    }
    rows.append(&rendered)
}

/// A lead of the ranking with its row in the input.
struct Best {
    row: u64,
    lead: Lead,
    carried: Vec<Attribute>,
    prediction: Prediction,
}

/// Scores the best leads once more, now with their reasons, and on the same threads.
fn explain(
    slots: impl Iterator<Item = Slot>,
    pipeline: &Pipeline,
    scoring: &Scoring,
    ranked: &Ranked<'_>,
) -> Result<Vec<Best>, Error> {
    let options = scoring.options(scoring.reasons);
    let mut slots = slots.peekable();
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
                let mut prediction = prediction?;
                if let Some(tier) = ranked.place_of_row(row).tier {
                    prediction.set_rank_tier(tier);
                }
                explained.push(Best { row, lead, carried, prediction });
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
    known: (&Tally, &Ranked<'_>),
) -> Result<(), Error> {
    match destination {
        Destination::Report(receive) => receive(&report(best, pipeline, scoring, leads, known)),
        Destination::Rows(receive) => {
            write_rows(&best, FileFormat::Jsonl, Rows::Lines(receive), &scoring.layout(leads), known)
        }
        Destination::Write(FileFormat::Html, mut output) => {
            html::write(&mut output, &report(best, pipeline, scoring, leads, known))?;
            output.finish()
        }
        Destination::Write(format, output) => {
            let layout = scoring.layout(leads);
            let rows = Rows::new(output, format, pipeline.classes(), &layout)?;
            write_rows(&best, format, rows, &layout, known)
        }
    }
}

fn write_rows(
    best: &[Best],
    format: FileFormat,
    mut rows: Rows<'_>,
    layout: &RowLayout,
    (tally, ranked): (&Tally, &Ranked<'_>),
) -> Result<(), Error> {
    let mut rendered = Vec::new();
    for batch in best.chunks(BATCH_ROWS) {
        rendered.clear();
        if let Some(form) = format.json_form() {
            for best in batch {
                let layout = (layout, best.carried.as_slice());
                let place = ranked.place_of_row(best.row);
                render_json(&mut rendered, form, (best.row, &best.prediction), layout, place);
            }
        } else {
            let scores: Vec<Score> = batch.iter().map(|best| Score::from(best.prediction.clone())).collect();
            let lines = batch.iter().zip(&scores).map(|(best, score)| {
                (best.row, score, best.carried.as_slice(), ranked.place_of_row(best.row))
            });
            render_csv(&mut rendered, layout, lines);
        }
        rows.append(&rendered)?;
    }
    rows.finish(&tally.worthless)
}

fn report(
    best: Vec<Best>,
    pipeline: &Pipeline,
    scoring: &Scoring,
    leads: &LeadReader,
    (tally, ranked): (&Tally, &Ranked<'_>),
) -> Report {
    let input = leads.name();
    let headings: Vec<&str> = leads.carried().headings().collect();
    let column = scoring.capacity.as_ref().and_then(|capacity| leads.carried().position(capacity.column()?));
    let best = (1..).zip(best).map(|(rank, best)| {
        let standing = ranked.place_of_row(best.row).standing.copied();
        let group = column.map(|at| best.carried[at].as_ref().to_text().trim().to_owned());
        let group = group.filter(|group| !group.is_empty());
        let lead = ranked_lead(rank, best, &headings, &scoring.as_of, pipeline.tiers());
        RankedLead { standing, group, ..lead }
    });
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
        capacity: ranked.capacity.clone(),
        leads: best.collect(),
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
    RankedLead { rank, row, name, score, details, standing: None, group: None, prediction }
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
