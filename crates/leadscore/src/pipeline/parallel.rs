//! The same scoring with several threads: blocks of rows, whose results have the bits and the order of one thread.

use serde::Serialize;

use super::records::items_text;
use super::rows::ScoreWorkspace;
use super::score::check_count;
use super::{Context, Pipeline, Prediction, Score, ScoreColumns, ScoreOptions, ScoreResult, When};
use crate::feature::{FeatureMatrix, Mode};
use crate::parallel::{MatrixRows, Workers};
use crate::record::JsonRecord;
use crate::{Error, Record};

/// Rows of a block that is quickly scored.
pub(crate) const QUICK_BLOCK: usize = 1024;
/// Leads of a block where each takes its time: features are extracted, or reasons found and put into words.
pub(crate) const SLOW_BLOCK: usize = 128;

impl Pipeline {
    /// [`score_matrix`](Pipeline::score_matrix) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    ///
    /// ```
    /// use leadscore::{FeatureMatrix, Pipeline, parallel::Workers};
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// let width = pipeline.schema().columns().len();
    /// let matrix = FeatureMatrix::new(width, vec![f64::NAN; width * 5000])?;
    /// assert_eq!(pipeline.score_matrix_parallel(&matrix, &Workers::new())?.len(), 5000);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn score_matrix_parallel(
        &self,
        rows: &impl MatrixRows,
        workers: &Workers<'_>,
    ) -> Result<ScoreColumns, Error> {
        workers
            .run_blocks(rows.row_count(), QUICK_BLOCK, |block| {
                self.matrix_columns(&rows.block(block)?, 0, &mut ScoreWorkspace::default())
            })
            .map(|blocks| self.ranked(ScoreColumns::concat(blocks)))
    }

    /// [`score_columns`](Pipeline::score_columns) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn score_columns_parallel<'w>(
        &self,
        leads: &[impl Record + Sync],
        when: impl Into<When<'w>>,
        options: &ScoreOptions,
        workers: &Workers<'_>,
    ) -> Result<ScoreColumns, Error> {
        let when = when.into();
        check_count(leads.len(), when)?;
        workers
            .run_blocks(leads.len(), SLOW_BLOCK, |block| {
                self.columns(&leads[block.clone()], block.start, when.slice(block), options, None)
            })
            .map(|blocks| self.ranked(ScoreColumns::concat(blocks)))
    }

    /// [`score_many`](Pipeline::score_many) with several threads.
    ///
    /// # Errors
    /// `cancelled` and `internal`, `invalid_context` where there are more or fewer times than leads; those of a lead stand
    /// in its place.
    pub fn score_many_parallel<'w>(
        &self,
        leads: &[impl Record + Sync],
        when: impl Into<When<'w>>,
        options: &ScoreOptions,
        workers: &Workers<'_>,
    ) -> Result<Vec<Result<Prediction, Error>>, Error> {
        let when = when.into();
        check_count(leads.len(), when)?;
        let blocks = workers.run_blocks(leads.len(), SLOW_BLOCK, |block| {
            let first_index = block.start;
            let scored = self.results::<Prediction>(&leads[block.clone()], when.slice(block), options);
            Ok(super::score::in_list(scored, first_index))
        })?;
        let mut results: Vec<_> = blocks.into_iter().flatten().collect();
        self.rank_results(&mut results);
        Ok(results)
    }

    /// [`score_many_json`](Pipeline::score_many_json) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn score_many_json_parallel(
        &self,
        records: &str,
        first_index: usize,
        context: &Context,
        workers: &Workers<'_>,
    ) -> Result<String, Error> {
        self.check_whole_list(first_index)?;
        let leads = self.read_records(records, context)?;
        check_count(leads.len(), context.when())?;
        if self.has_ranks() {
            return if context.is_brief() {
                self.ranked_list::<Score>(&leads, context, workers)
            } else {
                self.ranked_list::<Prediction>(&leads, context, workers)
            };
        }
        let blocks = workers.run_blocks(leads.len(), SLOW_BLOCK, |block| {
            let when = context.when().slice(block.clone());
            Ok(self.items(&leads[block.clone()], first_index + block.start, when, context))
        })?;
        Ok(format!("[{}]", blocks.join(",")))
    }

    /// A whole list with tiers by rank, which are known when all leads are scored.
    fn ranked_list<R: ScoreResult + Serialize + Send>(
        &self,
        leads: &[Result<JsonRecord<'_>, Error>],
        context: &Context,
        workers: &Workers<'_>,
    ) -> Result<String, Error> {
        let blocks = workers.run_blocks(leads.len(), SLOW_BLOCK, |block| {
            let when = context.when().slice(block.clone());
            Ok(self.results_of::<R>(&leads[block.clone()], block.start, when, context.options()))
        })?;
        let mut results: Vec<_> = blocks.into_iter().flatten().collect();
        self.rank_results(&mut results);
        Ok(format!("[{}]", items_text(&results)))
    }

    /// [`feature_matrix`](Pipeline::feature_matrix) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn feature_matrix_parallel<'w>(
        &self,
        leads: &[impl Record + Sync],
        when: impl Into<When<'w>>,
        mode: Mode,
        workers: &Workers<'_>,
    ) -> Result<FeatureMatrix, Error> {
        let when = when.into();
        check_count(leads.len(), when)?;
        self.matrix_parallel(leads, 0, when, mode, workers)
    }

    /// [`feature_matrix_json`](Pipeline::feature_matrix_json) with several threads.
    ///
    /// # Errors
    /// As there; `cancelled` and `internal`.
    pub fn feature_matrix_json_parallel(
        &self,
        records: &str,
        first_index: usize,
        context: &Context,
        workers: &Workers<'_>,
    ) -> Result<FeatureMatrix, Error> {
        let leads = self.read_good_records(records, first_index, context)?;
        self.matrix_parallel(&leads, first_index, context.when(), context.options().mode, workers)
    }

    fn matrix_parallel(
        &self,
        leads: &[impl Record + Sync],
        first_index: usize,
        when: When<'_>,
        mode: Mode,
        workers: &Workers<'_>,
    ) -> Result<FeatureMatrix, Error> {
        let mut blocks = workers.run_blocks(leads.len(), SLOW_BLOCK, |block| {
            let (leads, first_index) = (&leads[block.clone()], first_index + block.start);
            self.matrix(leads, first_index, when.slice(block), mode)
        })?;
        if blocks.len() == 1 {
            return Ok(blocks.remove(0));
        }
        let mut values = Vec::with_capacity(leads.len() * self.schema().columns().len());
        for block in &blocks {
            values.extend_from_slice(block.values());
        }
        FeatureMatrix::of_schema(self.schema(), values)
    }
}
