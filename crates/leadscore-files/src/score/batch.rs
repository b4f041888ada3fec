//! Work in batches: this thread reads and writes, others score; the order of the input is kept, and memory is that of a
//! few batches.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use leadscore::{AsOf, Error, ErrorKind, Lead, Pipeline, Prediction, Score, ScoreOptions};

use crate::write::{render_csv, render_json};
use crate::{FileFormat, Rejection};

/// Leads per batch: enough that handing over costs nothing, few enough to stay small.
pub(super) const BATCH_ROWS: usize = 256;

/// Some rows of the input, and what came of them.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) slots: Vec<Slot>,
    /// One result for each slot.
    pub(super) results: Vec<Result<Score, Error>>,
    /// One for each slot where leads are explained.
    pub(super) predictions: Vec<Result<Prediction, Error>>,
    pub(super) rejections: Vec<Rejection>,
    /// The good results as rows of the output.
    pub(super) rendered: Vec<u8>,
    /// Slots of an earlier use, kept for their buffers.
    spare: Vec<Slot>,
}

/// A lead with its row among the data rows and the line it starts on.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) lead: Lead,
    pub(super) row: u64,
    pub(super) line: u64,
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.slots.len() + self.rejections.len() >= BATCH_ROWS
    }

    /// Adds a slot, and hands out its lead to be filled.
    pub(super) fn push_slot(&mut self, row: u64, line: u64) -> &mut Lead {
        let mut slot = self.spare.pop().unwrap_or_default();
        (slot.row, slot.line) = (row, line);
        self.slots.push(slot);
        let last = self.slots.len() - 1;
        &mut self.slots[last].lead
    }

    fn recycle(&mut self) {
        self.spare.append(&mut self.slots);
    }
}

/// How every batch is scored.
pub(super) struct Job<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) as_of: AsOf,
    pub(super) options: ScoreOptions,
    /// The format of the rows that are rendered at once, if any are.
    pub(super) row_format: Option<FileFormat>,
}

impl Job<'_> {
    pub(super) fn score(&self, batch: &mut Batch) {
        batch.rendered.clear();
        let leads = batch.slots.iter().map(|slot| &slot.lead);
        match self.row_format {
            None | Some(FileFormat::Csv) => {
                batch.results = self.pipeline.score_each(leads, &self.as_of, &self.options);
                if self.row_format.is_none() {
                    return;
                }
                let rows = batch.slots.iter().zip(&batch.results);
                let good = rows.filter_map(|(slot, result)| Some((slot.row, result.as_ref().ok()?)));
                render_csv(&mut batch.rendered, good);
            }
            Some(format) => {
                let predictions = self.pipeline.score_each::<Prediction>(leads, &self.as_of, &self.options);
                batch.results.clear();
                for (slot, result) in batch.slots.iter().zip(predictions) {
                    batch.results.push(result.map(|prediction| {
                        render_json(&mut batch.rendered, format, slot.row, &prediction);
                        Score::from(prediction)
                    }));
                }
            }
        }
    }
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
