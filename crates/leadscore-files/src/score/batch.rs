//! Work in batches: this thread reads and writes, others score; the order of the input is kept, and memory is that of a
//! few batches.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use leadscore::evaluate::ScoredLead;
use leadscore::pipeline::ScoreWorkspace;
use leadscore::{
    AsOf, Attribute, Error, ErrorKind, Lead, Pipeline, Prediction, Record, ScoreOptions, Tier, Warning, When,
};

use crate::read::{ActivityLog, CarriedColumn, TableBlock, TableBuffers, TablePlan, TableRow};
use crate::write::{CsvRows, Place, RowLayout, render_json};
use crate::{FileFormat, JsonForm, LeadReader, ReadLead, Rejection};

/// Leads per batch: enough that handing over costs nothing, few enough to stay small.
pub(super) const BATCH_ROWS: usize = 512;

/// Some rows of the input, and what came of them; its buffers are used again for later rows.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) slots: Vec<Slot>,
    /// Rows of a table, instead of slots.
    pub(super) block: TableBlock,
    pub(super) table: TableBuffers,
    /// What came of the good leads, in order.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) rejections: Vec<Rejection>,
    /// The good leads as rows of the output.
    pub(super) rendered: Vec<u8>,
    /// The predictions of the slots, where leads are explained.
    pub(super) predictions: Vec<Result<Prediction, Error>>,
    /// What came of the good leads, where they are judged.
    pub(super) judged: Vec<JudgedLead>,
    pub(super) workspace: ScoreWorkspace,
    /// Slots of an earlier use, kept for their buffers.
    spare: Vec<Slot>,
}

/// A lead with its row among the data rows and the line it starts on.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) lead: Lead,
    pub(super) row: u64,
    pub(super) line: u64,
    /// Its cells that go through to the output, where it is one of the best.
    pub(super) carried: Vec<Attribute>,
}

/// What came of a lead.
pub(super) struct Outcome {
    pub(super) row: u64,
    pub(super) line: u64,
    pub(super) score: f64,
    /// The position of the tier in the pipeline's list.
    pub(super) tier: Option<usize>,
    pub(super) warnings: Vec<Warning>,
    /// The score by which it ranks; NaN where it was ruled out and takes no place.
    pub(super) ranked_score: f64,
    /// The value of the column that a capacity is divided by, if it is.
    pub(super) group: Option<String>,
    /// The lead itself, where it may be one of the best.
    pub(super) lead: Option<Lead>,
    /// Its cells that go through to the output, with the lead.
    pub(super) carried: Vec<Attribute>,
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.slots.len() + self.rejections.len() >= BATCH_ROWS
    }

    /// Adds a slot, and hands out its lead to be filled.
    pub(super) fn push_slot(&mut self, row: u64, line: u64) -> &mut Lead {
        let mut slot = self.spare.pop().unwrap_or_default();
        (slot.row, slot.line) = (row, line);
        slot.carried.clear();
        self.slots.push(slot);
        let last = self.slots.len() - 1;
        &mut self.slots[last].lead
    }

    /// Reads the next leads; false at the end of the input.
    pub(super) fn fill(&mut self, leads: &mut LeadReader, is_table: bool) -> Result<bool, Error> {
        if is_table {
            return leads.next_block(&mut self.block, BATCH_ROWS);
        }
        while !self.is_full() {
            match leads.read_lead()? {
                ReadLead::End => return Ok(false),
                ReadLead::Rejected(rejection) => self.rejections.push(rejection),
                ReadLead::Lead => {
                    let (row, line) = (leads.row(), leads.line());
                    leads.swap_lead(self.push_slot(row, line));
                }
            }
        }
        Ok(true)
    }

    /// Hands on what was noticed when the rows were read.
    pub(super) fn merge_into(&mut self, leads: &mut LeadReader) {
        leads.merge(&mut self.block, &mut self.table);
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.rejections.is_empty() && self.block.is_empty()
    }

    fn recycle(&mut self) {
        self.spare.append(&mut self.slots);
        self.outcomes.clear();
    }
}

/// How every batch is scored.
pub(super) struct Job<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) as_of: AsOf,
    pub(super) options: ScoreOptions,
    /// The format of the rows that are rendered at once; without one the leads are kept for a ranking.
    pub(super) row_format: Option<FileFormat>,
    /// Where the input is a table.
    pub(super) table: Option<Arc<TablePlan>>,
    pub(super) floor: ScoreFloor,
    pub(super) layout: RowLayout,
    /// Where the column that the capacity is divided by stands among those that go through.
    pub(super) group: Option<usize>,
}

/// The score that a lead has to exceed to be worth keeping for a ranking; it only rises.
#[derive(Debug)]
pub(super) struct ScoreFloor(AtomicU64);

impl ScoreFloor {
    pub(super) fn new() -> ScoreFloor {
        ScoreFloor(AtomicU64::new(f64::NEG_INFINITY.to_bits()))
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, score: f64) {
        self.0.store(score.to_bits(), Ordering::Relaxed);
    }
}

/// A lead that was scored to be judged.
pub(super) struct JudgedLead {
    pub(super) row: u64,
    pub(super) line: u64,
    pub(super) scored: ScoredLead,
    pub(super) warnings: Vec<Warning>,
    /// Its cells that are wanted beside the score.
    pub(super) cells: Vec<Attribute>,
}

/// What a row of the output needs to know of a record besides its features.
pub(super) trait InputRow: Record {
    fn row(&self) -> u64;
    fn line(&self) -> u64;
    fn to_lead(&self) -> Lead;
    /// Whether its id is written, and not made of the row's number.
    fn has_id(&self) -> bool;
    fn carried(&self, own: &CarriedColumn) -> Attribute;
}

impl InputRow for &Slot {
    fn row(&self) -> u64 {
        self.row
    }

    fn line(&self) -> u64 {
        self.line
    }

    fn to_lead(&self) -> Lead {
        self.lead.clone()
    }

    fn has_id(&self) -> bool {
        self.lead.id.is_some()
    }

    fn carried(&self, own: &CarriedColumn) -> Attribute {
        own.of_lead(&self.lead)
    }
}

impl Record for Slot {
    fn id(&self) -> Option<&str> {
        self.lead.id()
    }

    fn attribute(
        &self,
        key: leadscore::record::AttributeKey<'_>,
    ) -> Option<leadscore::record::AttributeRef<'_>> {
        self.lead.attribute(key)
    }

    fn activities(&self) -> leadscore::record::Activities<'_> {
        Record::activities(&self.lead)
    }
}

impl InputRow for TableRow<'_> {
    fn row(&self) -> u64 {
        self.number()
    }

    fn line(&self) -> u64 {
        TableRow::line(self)
    }

    fn to_lead(&self) -> Lead {
        TableRow::to_lead(self)
    }

    fn has_id(&self) -> bool {
        TableRow::has_id(self)
    }

    fn carried(&self, own: &CarriedColumn) -> Attribute {
        TableRow::carried(self, own)
    }
}

impl Job<'_> {
    /// Whether batches hold rows of a table.
    pub(super) fn is_table(&self) -> bool {
        self.table.is_some()
    }

    pub(super) fn score(&self, batch: &mut Batch) {
        let Batch { slots, block, table, outcomes, rejections, rendered, workspace, .. } = batch;
        rendered.clear();
        outcomes.clear();
        let log = block.log();
        let mut out = Scored { outcomes, rejections, rendered, workspace, log };
        match &self.table {
            Some(plan) => {
                let records = plan.read(block, table, out.rejections);
                self.score_records(&records, &mut out);
            }
            None => self.score_records(&slots.iter().collect::<Vec<_>>(), &mut out),
        }
    }

    fn score_records<R: InputRow>(&self, records: &[R], out: &mut Scored<'_>) {
        match self.row_format.and_then(FileFormat::json_form) {
            Some(form) => self.render_predictions(records, form, out),
            None => self.render_scores(records, self.row_format.is_some(), out),
        }
    }

    /// Complete predictions as JSON.
    fn render_predictions<R: InputRow>(&self, records: &[R], form: JsonForm, out: &mut Scored<'_>) {
        let predictions = self.pipeline.score_each::<Prediction>(records, &self.as_of, &self.options);
        for (record, prediction) in records.iter().zip(predictions) {
            match prediction {
                Err(error) => out.reject(record, &error),
                Ok(prediction) => {
                    let cells = self.cells(record);
                    let layout = (&self.layout, cells.as_slice());
                    render_json(out.rendered, form, (record.row(), &prediction), layout, Place::default());
                    let tiers = self.pipeline.tiers().tiers();
                    let tier = tiers.iter().position(|tier| Some(tier.name()) == prediction.tier.as_deref());
                    out.outcomes.push(Outcome {
                        row: record.row(),
                        line: record.line(),
                        score: prediction.score,
                        tier,
                        ranked_score: if prediction.disqualified.is_some() {
                            f64::NAN
                        } else {
                            prediction.score
                        },
                        group: self.group(&cells),
                        warnings: prediction.warnings,
                        lead: None,
                        carried: Vec::new(),
                    });
                }
            }
        }
    }

    /// Scores with their strongest reasons as CSV, or scores alone.
    fn render_scores<R: InputRow>(&self, records: &[R], renders: bool, out: &mut Scored<'_>) {
        let Scored { outcomes, rejections, rendered, workspace, log } = out;
        let mut csv = CsvRows::new(rendered, &self.layout);
        let (when, tiers) = (When::All(&self.as_of), self.pipeline.tiers().tiers());
        let position = |tier: &Tier| tiers.iter().position(|own| std::ptr::eq(own, tier));
        self.pipeline.score_records(records, when, &self.options, workspace, |index, scored| {
            let record = &records[index];
            match scored {
                Err(error) => rejections.push(rejection(record, &error)),
                Ok(scored) => {
                    let mut group = None;
                    if renders || self.group.is_some() {
                        let cells = self.cells(record);
                        group = self.group(&cells);
                        if renders {
                            csv.add(record.row(), &scored, &cells);
                        }
                    }
                    outcomes.push(Outcome {
                        row: record.row(),
                        line: record.line(),
                        score: scored.row.score,
                        tier: scored.row.tier.and_then(position),
                        ranked_score: scored.ranked_score(),
                        group,
                        warnings: scored.warnings(),
                        lead: None,
                        carried: Vec::new(),
                    });
                }
            }
        });
        if !renders {
            self.keep_leads(records, *log, outcomes);
        }
    }

    /// What goes through to the output of a row.
    fn cells(&self, record: &impl InputRow) -> Vec<Attribute> {
        self.layout.carried.iter().map(|own| record.carried(own)).collect()
    }

    /// The value of the column that the capacity is divided by, among the cells that go through.
    fn group(&self, cells: &[Attribute]) -> Option<String> {
        self.group.map(|at| cells[at].as_ref().to_text().into_owned())
    }

    /// Keeps the leads of a batch that may still be among the best.
    fn keep_leads<R: InputRow>(&self, records: &[R], log: Option<&ActivityLog>, outcomes: &mut [Outcome]) {
        let mut outcomes = outcomes.iter_mut().peekable();
        for record in records {
            if let Some(outcome) = outcomes.next_if(|outcome| outcome.row == record.row()) {
                if outcome.score <= self.floor.get() {
                    continue;
                }
                let mut lead = record.to_lead();
                if let Some(log) = log.filter(|_| record.has_id()) {
                    log.attach(&mut lead);
                }
                outcome.lead = Some(lead);
                outcome.carried = self.cells(record);
            }
        }
    }
}

/// Where the results of a batch go.
struct Scored<'b> {
    outcomes: &'b mut Vec<Outcome>,
    rejections: &'b mut Vec<Rejection>,
    rendered: &'b mut Vec<u8>,
    workspace: &'b mut ScoreWorkspace,
    /// The activities of the rows of a table, if there is a log; other leads have theirs.
    log: Option<&'b ActivityLog>,
}

impl Scored<'_> {
    fn reject(&mut self, record: &impl InputRow, error: &Error) {
        self.rejections.push(rejection(record, error));
    }
}

/// A lead that strict mode refuses, as a rejected row.
pub(super) fn rejection(record: &impl InputRow, error: &Error) -> Rejection {
    let raw = serde_json::to_string(&record.to_lead()).expect("a lead is always JSON");
    Rejection::new(record.line(), error.to_string(), raw)
}

/// Fills batches on this thread until `fill` answers false, has each worked on by one of some threads, and hands them to
/// `take` on this thread in the order they were filled.
pub(super) fn in_batches(
    threads: usize,
    mut fill: impl FnMut(&mut Batch) -> Result<bool, Error>,
    work: impl Fn(&mut Batch) + Sync,
    mut take: impl FnMut(&mut Batch) -> Result<(), Error>,
) -> Result<(), Error> {
    let (sender, receiver) = sync_channel::<(Batch, SyncSender<Batch>)>(threads);
    let todo = Mutex::new(receiver);
    std::thread::scope(|scope| {
        // Moved in here, so that it is dropped and the threads end whichever way this closure is left.
        let sender = sender;
        for _ in 0..threads {
            scope.spawn(|| work_on_batches(&todo, &work));
        }
        let mut waiting: VecDeque<Receiver<Batch>> = VecDeque::new();
        let mut idle: Vec<Batch> = Vec::new();
        let mut has_more = true;
        while has_more || !waiting.is_empty() {
            if has_more && waiting.len() < 2 * threads {
                let mut batch = idle.pop().unwrap_or_default();
                has_more = fill(&mut batch)?;
                if batch.is_empty() {
                    continue;
                }
                let (done, result) = sync_channel(1);
                sender.send((batch, done)).map_err(|_| worker_died())?;
                waiting.push_back(result);
            } else if let Some(result) = waiting.pop_front() {
                let mut batch = result.recv().map_err(|_| worker_died())?;
                take(&mut batch)?;
                batch.recycle();
                idle.push(batch);
            }
        }
        Ok(())
    })
}

/// Works on batches until there are no more.
fn work_on_batches(todo: &Mutex<Receiver<(Batch, SyncSender<Batch>)>>, work: &impl Fn(&mut Batch)) {
    loop {
        let next = todo.lock().map(|todo| todo.recv());
        let Ok(Ok((mut batch, done))) = next else { return };
        work(&mut batch);
        if done.send(batch).is_err() {
            return;
        }
    }
}

fn worker_died() -> Error {
    let message = "a scoring thread stopped; this is a defect of leadscore, please report it with the input";
    Error::new(ErrorKind::Internal, "", message)
}
