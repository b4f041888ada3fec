//! Scoring in batches: this thread reads and writes, others score; the order of the input is kept, and memory is that
//! of a few batches.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use leadscore::{AsOf, Error, Lead, Pipeline, Prediction, Score, ScoreOptions};

use crate::args::Format;
use crate::failure::Failure;
use crate::input::{LeadReader, Next, Rejection};
use crate::output::rows;

/// Leads per batch: enough that handing over costs nothing, few enough to stay small.
const SIZE: usize = 256;

/// What is to be done with every batch.
pub(super) struct Job<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) as_of: &'a AsOf,
    pub(super) options: &'a ScoreOptions,
    /// The form in which rows are written out, if they are.
    pub(super) rows: Option<Format>,
}

/// A stretch of the input, and what came of it.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) slots: Vec<Slot>,
    /// One result for each slot.
    pub(super) results: Vec<Result<Score, Error>>,
    pub(super) rejections: Vec<Rejection>,
    pub(super) rendered: Vec<u8>,
    /// Slots of an earlier use, kept for their buffers.
    spare: Vec<Slot>,
}

/// A lead and where it stands.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) lead: Lead,
    pub(super) row: u64,
    pub(super) line: u64,
}

/// Reads batches, has them scored by `threads` threads, and gives them to `take` in the order of the input.
pub(super) fn run(
    job: &Job<'_>,
    leads: &mut LeadReader,
    threads: usize,
    mut take: impl FnMut(&mut Batch) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (work, todo) = sync_channel::<(Batch, SyncSender<Batch>)>(threads);
    let todo = Mutex::new(todo);
    std::thread::scope(|scope| {
        // Moved in here, so that it is dropped and the threads end whichever way this closure is left.
        let work = work;
        for _ in 0..threads {
            scope.spawn(|| job.serve(&todo));
        }
        let mut waiting: VecDeque<Receiver<Batch>> = VecDeque::new();
        let mut idle: Vec<Batch> = Vec::new();
        let mut more = true;
        while more || !waiting.is_empty() {
            if more && waiting.len() < 2 * threads {
                let mut batch = idle.pop().unwrap_or_default();
                more = batch.fill(leads)?;
                let (done, result) = sync_channel(1);
                work.send((batch, done)).map_err(|_| stopped())?;
                waiting.push_back(result);
            } else if let Some(result) = waiting.pop_front() {
                let mut batch = result.recv().map_err(|_| stopped())?;
                take(&mut batch)?;
                batch.spare.append(&mut batch.slots);
                idle.push(batch);
            }
        }
        Ok(())
    })
}

fn stopped() -> Failure {
    Failure::said("a scoring thread stopped; this is a defect of leadscore, please report it with the input")
}

impl Job<'_> {
    /// Scores batches until there are no more.
    fn serve(&self, todo: &Mutex<Receiver<(Batch, SyncSender<Batch>)>>) {
        loop {
            let next = todo.lock().map(|todo| todo.recv());
            let Ok(Ok((mut batch, done))) = next else { return };
            self.score(&mut batch);
            if done.send(batch).is_err() {
                return;
            }
        }
    }

    fn score(&self, batch: &mut Batch) {
        batch.results.clear();
        batch.rendered.clear();
        let leads = batch.slots.iter().map(|slot| &slot.lead);
        if let Some(format @ (Format::Json | Format::Jsonl)) = self.rows {
            let results = self.pipeline.score_each::<Prediction>(leads, self.as_of, self.options);
            for (slot, result) in batch.slots.iter().zip(results) {
                if let Ok(prediction) = &result {
                    rows::render_json(&mut batch.rendered, format, slot.row, prediction);
                }
                batch.results.push(result.map(Score::from));
            }
            return;
        }
        batch.results.extend(self.pipeline.score_each::<Score>(leads, self.as_of, self.options));
        if self.rows.is_some() {
            for (slot, result) in batch.slots.iter().zip(&batch.results) {
                if let Ok(score) = result {
                    rows::render_csv(&mut batch.rendered, slot.row, score);
                }
            }
        }
    }
}

impl Batch {
    /// Reads the next stretch; false at the end of the input.
    fn fill(&mut self, leads: &mut LeadReader) -> Result<bool, Failure> {
        while self.slots.len() + self.rejections.len() < SIZE {
            match leads.next()? {
                Next::End => return Ok(false),
                Next::Rejected(rejection) => self.rejections.push(rejection),
                Next::Lead => {
                    let mut slot = self.spare.pop().unwrap_or_default();
                    std::mem::swap(&mut slot.lead, &mut leads.lead);
                    (slot.row, slot.line) = (leads.row, leads.line);
                    self.slots.push(slot);
                }
            }
        }
        Ok(true)
    }
}
