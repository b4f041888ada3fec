//! Scores of rows of features with few reasons, for tables: buffers are reused, and nothing is allocated for a row.

use std::ops::Range;

use super::outcome::Outcome;
use super::scorer::{SumBuffers, SumDetail};
use super::{BLOCK, Pipeline};
use crate::explain::{PointSum, Wording};
use crate::feature::FeatureMatrix;
use crate::scorer::PartList;
use crate::{Error, Tier};

/// What [`Pipeline::score_rows`] computes in; reuse it from call to call and pipeline to pipeline, one for each thread.
#[derive(Debug, Clone, Default)]
pub struct ScoreWorkspace {
    sums: SumBuffers,
    reasons: ReasonBuffers,
}

#[derive(Debug, Clone, Default)]
pub(super) struct ReasonBuffers {
    strongest: Vec<u32>,
    /// Where each text lies in `texts`.
    spans: Vec<Range<usize>>,
    texts: String,
}

/// A row's score, tier and strongest reasons; lives until the next row.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RowScore<'a> {
    /// 0–100.
    pub score: f64,
    /// 0–1, where the pipeline has one.
    pub probability: Option<f64>,
    /// None only where tiers are read on a probability that is not there.
    pub tier: Option<&'a Tier>,
    /// The probability of every class, in the order of [`Pipeline::classes`]; empty where there are none.
    pub class_probabilities: &'a [f64],
    sum: &'a PointSum,
    parts: &'a PartList,
    reasons: &'a ReasonBuffers,
}

/// One of the strongest reasons for a row's score.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RowReason<'a> {
    /// The rule's or feature's code.
    pub code: &'a str,
    /// Points of score; negative when it is against the lead.
    pub points: f64,
    /// What a sales representative reads.
    pub text: &'a str,
}

impl Pipeline {
    /// Calls `visit` with the index and the score of every row of a matrix, in order, each with up to `reason_limit`
    /// reasons. Scores and reasons are those of [`Pipeline::score`] for the leads the matrix came from, to the bit; without
    /// reasons a model is much faster.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the schema's.
    ///
    /// ```
    /// use leadscore::pipeline::ScoreWorkspace;
    /// use leadscore::{AsOf, Lead, Mode, Pipeline, Zone};
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
    /// let leads = [Lead::new("l-1").with("title", "VP Sales")];
    /// let matrix = pipeline.feature_matrix(&leads, &as_of, Mode::Lenient)?;
    /// let mut lines = Vec::new();
    /// pipeline.score_rows(&matrix, 1, &mut ScoreWorkspace::default(), |_, row| {
    ///     let why = row.reasons().next().map_or("", |reason| reason.text);
    ///     lines.push(format!("{}: {why}", row.tier.map_or("", |tier| tier.name())));
    /// })?;
    /// assert_eq!(lines, ["COLD: Decides as a vice president"]);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn score_rows(
        &self,
        matrix: &FeatureMatrix,
        reason_limit: usize,
        workspace: &mut ScoreWorkspace,
        mut visit: impl FnMut(usize, &RowScore<'_>),
    ) -> Result<(), Error> {
        matrix.check(self.schema())?;
        let detail = if reason_limit == 0 { SumDetail::Score } else { SumDetail::Lines };
        let ScoreWorkspace { sums, reasons } = workspace;
        for from in (0..matrix.rows()).step_by(BLOCK) {
            let rows: Vec<&[f64]> =
                (from..matrix.rows().min(from + BLOCK)).map(|row| matrix.row(row)).collect();
            self.scorer().for_each_sum(&rows, self.scale(), detail, sums, |index, sum| {
                visit(from + index, &self.row_score(sum, rows[index], reason_limit, reasons));
            });
        }
        Ok(())
    }

    /// What a table shows of a sum.
    pub(super) fn row_score<'a>(
        &'a self,
        sum: &'a PointSum,
        row: &[f64],
        reason_limit: usize,
        reasons: &'a mut ReasonBuffers,
    ) -> RowScore<'a> {
        let parts = self.scorer().parts();
        reasons.fill(sum, &Wording { parts, schema: self.schema(), row }, reason_limit);
        let Outcome { probability, tier, .. } = self.outcome(sum);
        let class_probabilities = &sum.class_probabilities;
        RowScore { score: sum.score, probability, tier, class_probabilities, sum, parts, reasons }
    }
}

impl ReasonBuffers {
    fn fill(&mut self, sum: &PointSum, wording: &Wording<'_>, limit: usize) {
        self.spans.clear();
        self.texts.clear();
        sum.strongest(wording.parts, limit, &mut self.strongest);
        for &line in &self.strongest {
            let start = self.texts.len();
            wording.write(sum.lines[line as usize].part, &mut self.texts);
            self.spans.push(start..self.texts.len());
        }
    }
}

impl<'a> RowScore<'a> {
    /// The strongest reasons, the first one most.
    pub fn reasons(&self) -> impl ExactSizeIterator<Item = RowReason<'a>> + use<'a> {
        let RowScore { sum, parts, reasons, .. } = *self;
        reasons.strongest.iter().zip(&reasons.spans).map(move |(&line, span)| {
            let line = &sum.lines[line as usize];
            RowReason {
                code: &parts.get(line.part).code,
                points: line.capped_points,
                text: &reasons.texts[span.clone()],
            }
        })
    }
}
