//! Scores the leads of an open input to be judged: scores, what moved some of them, and cells beside them.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Mutex;

use leadscore::evaluate::{PipelineScores, ScoredLead};
use leadscore::{AsOf, Attribute, Error, Mode, Pipeline, ScoreOptions, When};

use super::batch::{Batch, InputRow, JudgedLead, Slot, in_batches, rejection};
use crate::{LeadReader, Notes, Progress, Rejects, Stop, ValueWarnings, note_warnings};

/// How leads are scored to be judged.
pub(crate) struct Judging<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) as_of: &'a AsOf,
    pub(crate) mode: Mode,
    pub(crate) threads: usize,
    /// A CSV file of the rejected rows.
    pub(crate) rejects: Option<&'a Path>,
}

/// The scores of one pipeline.
pub(crate) struct Judged {
    pub(crate) scores: PipelineScores,
    /// How many rows were rejected, those of the activity log among them.
    pub(crate) rejected_count: u64,
    /// What a reader of the result should know besides, in sentences.
    pub(crate) notes: Vec<String>,
    /// Why the scores are worth nothing, if they are.
    pub(crate) worthless: Vec<String>,
}

impl Judging<'_> {
    /// Scores all leads; `take` is given the row of each, and its cells that were wanted beside it.
    pub(crate) fn run(
        &self,
        leads: &mut LeadReader,
        mut take: impl FnMut(u64, &[Attribute]),
        notes: &mut dyn Notes,
        stop: &dyn Stop,
    ) -> Result<Judged, Error> {
        let mut rejects = Rejects::create(self.rejects)?;
        let mut values = ValueWarnings::default();
        let mut scores = PipelineScores::new(self.pipeline);
        let (plan, carried) = (leads.table_plan(), leads.carried().clone());
        let sample = Mutex::new(scores.sample());
        let (byte_count, bytes_read) = (leads.byte_count(), leads.byte_counter());
        let score = |batch: &mut Batch| {
            let sample = sample.lock().map_or_else(|held| *held.into_inner(), |held| *held);
            let Batch { slots, block, table, rejections, judged, workspace, .. } = batch;
            judged.clear();
            let cells = |row: &dyn Fn(usize) -> Attribute| (0..carried.headings().count()).map(row).collect();
            let own: Vec<_> = carried.iter().collect();
            if let Some(plan) = &plan {
                let rows = plan.read(block, table, rejections);
                let cells_of = |at: usize| cells(&|column| rows[at].carried(own[column]));
                let mut all = Scored { judging: self, judged, rejections, workspace };
                all.score(&rows, |row| sample.holds(row), cells_of);
            } else {
                let rows: Vec<&Slot> = slots.iter().collect();
                let cells_of = |at: usize| cells(&|column| own[column].of_lead(&rows[at].lead));
                let mut all = Scored { judging: self, judged, rejections, workspace };
                all.score(&rows, |row| sample.holds(row), cells_of);
            }
        };
        // Filling and taking alternate on this thread.
        let reader = RefCell::new(&mut *leads);
        in_batches(
            self.threads,
            |batch| batch.fill(&mut reader.borrow_mut(), plan.is_some()),
            score,
            |batch| {
                stop.check()?;
                notes.progress(Progress::new(bytes_read.get(), byte_count, false));
                batch.merge_into(&mut reader.borrow_mut());
                for rejection in batch.rejections.drain(..) {
                    rejects.add(&rejection, notes)?;
                }
                for lead in batch.judged.drain(..) {
                    values.add(lead.line, &lead.warnings);
                    take(lead.row, &lead.cells);
                    scores.push(lead.row, lead.scored);
                }
                if let Ok(mut held) = sample.lock() {
                    *held = scores.sample();
                }
                Ok(())
            },
        )?;
        notes.progress(Progress::new(bytes_read.get(), byte_count, true));
        rejects.add_log(leads.take_log_rejections(), notes)?;
        let rejected_count = rejects.count();
        rejects.finish(notes)?;
        let mut said: Vec<String> = super::about_pipeline(self.pipeline).collect();
        said.extend(leads.opening_notes().iter().cloned());
        if let Some(text) = leads.thin() {
            notes.assumed(&text);
            said.push(text);
        }
        let warnings = leads.warnings();
        said.extend(warnings.iter().map(ToString::to_string));
        said.extend(values.sentences());
        note_warnings(&warnings, &values, notes);
        let worthless = leads.worthless(values.unusable());
        Ok(Judged { scores, rejected_count, notes: said, worthless })
    }
}

/// Where the leads of a batch go.
struct Scored<'b, 'j> {
    judging: &'j Judging<'j>,
    judged: &'b mut Vec<JudgedLead>,
    rejections: &'b mut Vec<crate::Rejection>,
    workspace: &'b mut leadscore::pipeline::ScoreWorkspace,
}

impl Scored<'_, '_> {
    /// Scores rows; those that are in the sample once more, with what moved their scores.
    fn score<R: InputRow>(
        &mut self,
        rows: &[R],
        is_explained: impl Fn(u64) -> bool,
        cells: impl Fn(usize) -> Vec<Attribute>,
    ) {
        let Judging { pipeline, as_of, mode, .. } = *self.judging;
        let options = ScoreOptions::new().mode(mode);
        let (explained, others): (Vec<usize>, Vec<usize>) =
            (0..rows.len()).partition(|at| is_explained(rows[*at].row()));
        for (places, reasons) in [(explained, 1), (others, 0)] {
            if places.is_empty() {
                continue;
            }
            let records: Vec<&R> = places.iter().map(|at| &rows[*at]).collect();
            let (judged, rejections) = (&mut *self.judged, &mut *self.rejections);
            let options = options.reasons(reasons);
            pipeline.score_records(&records, When::All(as_of), &options, self.workspace, |index, scored| {
                let (place, row) = (places[index], records[index]);
                match scored {
                    Err(error) => rejections.push(rejection(row, &error)),
                    Ok(scored) => judged.push(JudgedLead {
                        row: row.row(),
                        line: row.line(),
                        scored: ScoredLead::new(pipeline, &scored, reasons > 0),
                        warnings: scored.warnings(),
                        cells: cells(place),
                    }),
                }
            });
        }
        self.judged.sort_by_key(|lead| lead.row);
    }
}
