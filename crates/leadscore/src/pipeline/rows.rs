//! Scores of rows of features with few reasons, for tables: buffers are reused, and nothing is allocated for a row.

use std::ops::Range;

use super::outcome::{Outcome, RowBuffers};
use super::scorer::SumDetail;
use super::{BLOCK, Pipeline, ScoreOptions, Warning, When};
use crate::explain::{PointSum, Wording};
use crate::feature::{Extraction, FeatureMatrix, MissingFeature};
use crate::scorer::PartList;
use crate::{AsOf, Error, Record, Tier};

/// What [`Pipeline::score_rows`] and [`Pipeline::score_records`] compute in; reuse it from call to call and pipeline to pipeline, one for each thread.
#[derive(Debug, Clone, Default)]
pub struct ScoreWorkspace {
    rows: RowBuffers,
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
    /// None where tiers are read on a probability that is not there, or on the rank of a lead that comes alone.
    pub tier: Option<&'a Tier>,
    /// The probability of every class, in the order of [`Pipeline::classes`]; empty where there are none.
    pub class_probabilities: &'a [f64],
    sum: &'a PointSum,
    parts: &'a PartList,
    reasons: &'a ReasonBuffers,
}

/// A record's score, tier and strongest reasons, and what it said that could not be used; lives until the next record.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RecordScore<'a> {
    /// The record's id, empty where it has none.
    pub lead_id: &'a str,
    /// Score, tier and reasons.
    pub row: RowScore<'a>,
    pipeline: &'a Pipeline,
    extraction: &'a Extraction,
}

impl RecordScore<'_> {
    /// Tells why the lead was ruled out, if a rule did that.
    pub fn disqualification(&self, tell: impl FnOnce(&str)) {
        let Some(part) = self.row.sum.disqualified_by else { return };
        let wording =
            Wording { parts: self.row.parts, schema: self.pipeline.schema(), row: &self.extraction.columns };
        tell(&wording.text(part, &mut String::new()));
    }

    /// The features without a value of their own, in the order of the schema.
    pub fn missing(&self) -> Vec<MissingFeature> {
        self.pipeline.missing(self.extraction)
    }

    /// The score by which the lead ranks in a list; NaN for one that was ruled out and takes no place.
    pub fn ranked_score(&self) -> f64 {
        self.row.ranked_score()
    }

    /// The features, in the order of the schema's columns.
    #[cfg(feature = "learn")]
    pub(crate) fn columns(&self) -> &[f64] {
        &self.extraction.columns
    }

    /// The parts of the score and their points, after a rule's own range; complete where reasons were asked for.
    #[cfg(feature = "learn")]
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, f64)> {
        self.row.sum.lines.iter().map(|line| (line.part, line.capped_points))
    }

    /// What the record said that could not be used.
    pub fn warnings(&self) -> Vec<Warning> {
        self.pipeline.warnings(self.extraction)
    }
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
    /// reasons a model is much faster. Tiers by rank are those among the rows of the matrix, which is then gone through twice.
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
        if !self.has_ranks() {
            return self.each_row_score(matrix, reason_limit, workspace, visit);
        }
        // The ranks are known when all rows are scored.
        let mut scores = Vec::with_capacity(matrix.row_count());
        self.each_row_score(matrix, 0, workspace, |_, row| scores.push(row.ranked_score()))?;
        let tiers = self.tiers().by_rank(&scores).unwrap_or_default();
        self.each_row_score(matrix, reason_limit, workspace, |index, row| {
            visit(index, &RowScore { tier: Some(tiers[index].tier), ..*row });
        })
    }

    /// The scores of rows of a list that is not whole: without tiers by rank.
    pub(super) fn each_row_score(
        &self,
        matrix: &FeatureMatrix,
        reason_limit: usize,
        workspace: &mut ScoreWorkspace,
        mut visit: impl FnMut(usize, &RowScore<'_>),
    ) -> Result<(), Error> {
        matrix.check(self.schema())?;
        let detail = match reason_limit {
            0 => self.score_detail(),
            _ => SumDetail::Lines,
        };
        let ScoreWorkspace { rows: RowBuffers { sums, .. }, reasons } = workspace;
        for from in (0..matrix.row_count()).step_by(BLOCK) {
            let rows: Vec<&[f64]> =
                (from..matrix.row_count().min(from + BLOCK)).map(|row| matrix.row(row)).collect();
            self.scorer().for_each_sum(&rows, self.scale(), detail, sums, |index, sum| {
                visit(from + index, &self.row_score(sum, rows[index], reason_limit, reasons));
            });
        }
        Ok(())
    }

    /// What the score alone needs: by rank, who was ruled out takes no place.
    pub(super) fn score_detail(&self) -> SumDetail {
        if self.has_ranks() { SumDetail::RuleLines } else { SumDetail::Score }
    }

    /// Calls `visit` with the index and the score of every record, in order, each with the reasons that the options ask
    /// for; a record that is refused is its error, whose path begins in the record. Nothing is allocated for a record
    /// that is good. The scores and reasons are those of [`Pipeline::score_with`], to the bit. Records come one by one, so
    /// tiers by rank are none here: [`TierScheme::by_rank`](crate::TierScheme::by_rank) gives them when all are scored.
    ///
    /// ```
    /// use leadscore::pipeline::ScoreWorkspace;
    /// use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, When, Zone};
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
    /// let leads = [Lead::new("l-1").with("title", "VP Sales").with("sequence_step", "soon")];
    /// let (options, mut workspace) = (ScoreOptions::new().reasons(1), ScoreWorkspace::default());
    /// pipeline.score_records(&leads, When::All(&as_of), &options, &mut workspace, |_, scored| {
    ///     let scored = scored.unwrap();
    ///     assert_eq!((scored.lead_id, scored.row.reasons().len(), scored.warnings().len()), ("l-1", 1, 1));
    /// });
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn score_records<R: Record>(
        &self,
        records: &[R],
        when: When<'_>,
        options: &ScoreOptions,
        workspace: &mut ScoreWorkspace,
        mut visit: impl FnMut(usize, Result<RecordScore<'_>, Error>),
    ) {
        let ScoreWorkspace { rows, reasons } = workspace;
        let mut index = 0;
        self.each_row(records, when, options.mode, sum_detail(options), rows, |scored| {
            visit(
                index,
                scored.map(|scored| RecordScore {
                    lead_id: scored.lead_id,
                    row: self.row_score(scored.sum, &scored.extraction.columns, options.reasons, reasons),
                    pipeline: self,
                    extraction: scored.extraction,
                }),
            );
            index += 1;
        });
    }

    /// The score of one record, in buffers that are used again: that of [`Pipeline::score_with`], to the bit. Nothing is
    /// allocated for a record that is good.
    ///
    /// # Errors
    /// As [`Pipeline::score_with`].
    ///
    /// ```
    /// use leadscore::pipeline::ScoreWorkspace;
    /// use leadscore::record::JsonReader;
    /// use leadscore::{AsOf, Pipeline, ScoreOptions, Zone};
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// let (reader, names) = (JsonReader::new(Zone::utc()), pipeline.schema().attribute_names());
    /// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
    /// let (options, mut workspace) = (ScoreOptions::new().reasons(0), ScoreWorkspace::default());
    /// for body in [r#"{"id": "l-1", "title": "VP Sales"}"#, r#"{"id": "l-2"}"#] {
    ///     let record = reader.record(body, names)?;
    ///     let scored = pipeline.score_record(&record, &as_of, &options, &mut workspace)?;
    ///     assert_eq!(scored.row.tier.map(|tier| tier.name()), Some("COLD"));
    /// }
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn score_record<'a>(
        &'a self,
        record: &'a (impl Record + ?Sized),
        as_of: &AsOf,
        options: &ScoreOptions,
        workspace: &'a mut ScoreWorkspace,
    ) -> Result<RecordScore<'a>, Error> {
        let ScoreWorkspace { rows, reasons } = workspace;
        rows.start(self);
        let RowBuffers { extractions, sums, extraction: reading, .. } = rows;
        if extractions.is_empty() {
            extractions.push(Extraction::default());
        }
        let extraction = &mut extractions[0];
        self.schema().extract(record, as_of.time, &as_of.zone, options.mode, reading, extraction)?;
        let (extraction, detail) = (&*extraction, sum_detail(options));
        let sum = self.scorer().row_sum(&extraction.columns, self.scale(), detail, sums);
        let row = self.row_score(sum, &extraction.columns, options.reasons, reasons);
        Ok(RecordScore { lead_id: record.id().unwrap_or_default(), row, pipeline: self, extraction })
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

/// The lines of rules cost little, and tell which rule ruled a lead out.
fn sum_detail(options: &ScoreOptions) -> SumDetail {
    if options.reasons == 0 { SumDetail::RuleLines } else { SumDetail::Lines }
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
    pub(super) fn ranked_score(&self) -> f64 {
        if self.sum.disqualified_by.is_some() { f64::NAN } else { self.score }
    }

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
