//! Scoring: one lead, many leads, a matrix; in full, in brief, or as columns.

use super::outcome::{RowBuffers, ScoreResult, ScoredRow};
use super::prediction::{Prediction, Score};
use super::rows::ReasonBuffers;
use super::scorer::{SumBuffers, SumDetail};
use super::{BLOCK, Pipeline, ScoreColumns, ScoreOptions, ScoreWorkspace, When};
use crate::error::Path;
use crate::explain::{FeatureValue, FeatureValues, NamedValue};
use crate::feature::{Extraction, ExtractionBuffers, FeatureMatrix, Gap, Mode, RecordRow, UnusableTally};
use crate::{AsOf, Error, ErrorKind, Record, Timestamp};

impl Pipeline {
    /// Scores one lead, with the default options: lenient, up to five reasons.
    ///
    /// # Errors
    /// None in lenient mode; see [`score_with`](Pipeline::score_with).
    pub fn score(&self, lead: &(impl Record + ?Sized), as_of: &AsOf) -> Result<Prediction, Error> {
        self.score_with(lead, as_of, &ScoreOptions::new())
    }

    /// Scores one lead.
    ///
    /// # Errors
    /// In strict mode `missing_feature` and `invalid_feature`, with the attribute's path.
    pub fn score_with(
        &self,
        lead: &(impl Record + ?Sized),
        as_of: &AsOf,
        options: &ScoreOptions,
    ) -> Result<Prediction, Error> {
        self.score_one(lead, as_of, options)
    }

    /// Scores one lead without the explanation, estimates and advice; the same score to the last bit.
    ///
    /// # Errors
    /// As [`score_with`](Pipeline::score_with).
    pub fn score_brief(
        &self,
        lead: &(impl Record + ?Sized),
        as_of: &AsOf,
        options: &ScoreOptions,
    ) -> Result<Score, Error> {
        self.score_one(lead, as_of, options)
    }

    fn score_one<R: ScoreResult>(
        &self,
        lead: &(impl Record + ?Sized),
        as_of: &AsOf,
        options: &ScoreOptions,
    ) -> Result<R, Error> {
        let mut extraction = Extraction::default();
        let (time, zone) = (as_of.time, &as_of.zone);
        let mut reading = ExtractionBuffers::default();
        self.schema().extract(lead, time, zone, options.mode, &mut reading, &mut extraction)?;
        let mut buffers = SumBuffers::default();
        let detail = R::sum_detail(options);
        let sum = self.scorer().row_sum(&extraction.columns, self.scale(), detail, &mut buffers);
        Ok(R::assemble(
            self,
            &ScoredRow { lead_id: lead.id().unwrap_or_default(), extraction: &extraction, sum, time, zone },
            options,
        ))
    }

    /// Scores many leads, on this thread; one that is refused does not stop the others. The same bits as one by one,
    /// and faster where a model scores: its trees are gone through for many leads at once. Tiers by rank are those among
    /// the leads that are not refused.
    ///
    /// # Errors
    /// Of a lead as [`score_with`](Pipeline::score_with), with the lead in the path: `leads[3].attributes.title`. Of all of
    /// them `invalid_context`, where there are more or fewer times than leads.
    ///
    /// ```
    /// use leadscore::{AsOf, Lead, Pipeline, ScoreOptions, Zone};
    /// let pipeline = Pipeline::builtin("conversion")?;
    /// let leads = [Lead::new("a").with("title", "VP Sales"), Lead::new("b")];
    /// let as_of = AsOf::parse("2026-11-22", &Zone::utc())?;
    /// let scored = pipeline.score_many(&leads, &as_of, &ScoreOptions::new());
    /// let scored = scored.into_iter().collect::<Result<Vec<_>, _>>()?;
    /// assert!(scored[0].score > scored[1].score);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn score_many<'w>(
        &self,
        leads: impl IntoIterator<Item: Record>,
        when: impl Into<When<'w>>,
        options: &ScoreOptions,
    ) -> Vec<Result<Prediction, Error>> {
        in_list(self.score_each(leads, when, options), 0)
    }

    /// [`score_many`](Pipeline::score_many) without explanations, estimates and advice.
    ///
    /// # Errors
    /// As [`score_many`](Pipeline::score_many).
    pub fn score_many_brief<'w>(
        &self,
        leads: impl IntoIterator<Item: Record>,
        when: impl Into<When<'w>>,
        options: &ScoreOptions,
    ) -> Vec<Result<Score, Error>> {
        in_list(self.score_each(leads, when, options), 0)
    }

    /// Scores leads that are no list of the caller's, such as the rows of a file: as [`score_many`](Pipeline::score_many),
    /// with errors that name nothing but the place in the lead. Tiers by rank are those among these leads.
    ///
    /// # Errors
    /// As [`score_many`](Pipeline::score_many).
    pub fn score_each<'w, R: ScoreResult>(
        &self,
        leads: impl IntoIterator<Item: Record>,
        when: impl Into<When<'w>>,
        options: &ScoreOptions,
    ) -> Vec<Result<R, Error>> {
        let leads: Vec<_> = leads.into_iter().collect();
        let mut results = self.results(&leads, when.into(), options);
        self.rank_results(&mut results);
        results
    }

    /// What comes of leads that are a stretch of a list: without tiers by rank.
    pub(super) fn results<R: ScoreResult>(
        &self,
        leads: &[impl Record],
        when: When<'_>,
        options: &ScoreOptions,
    ) -> Vec<Result<R, Error>> {
        let mut results = Vec::with_capacity(leads.len());
        let buffers = &mut RowBuffers::default();
        self.each_row(leads, when, options.mode, R::sum_detail(options), buffers, |row| {
            results.push(row.map(|row| R::assemble(self, &row, options)));
        });
        results
    }

    /// Scores many leads into columns, the fastest form for tables; the same bits as one by one. It stops at the first
    /// lead that is refused.
    ///
    /// # Errors
    /// As [`score_many`](Pipeline::score_many).
    pub fn score_columns<'w>(
        &self,
        leads: impl IntoIterator<Item: Record>,
        when: impl Into<When<'w>>,
        options: &ScoreOptions,
    ) -> Result<ScoreColumns, Error> {
        let (leads, when) = (leads.into_iter().collect::<Vec<_>>(), when.into());
        check_count(leads.len(), when)?;
        Ok(self.ranked(self.columns(&leads, 0, when, options, None)?))
    }

    /// The columns of leads that are a stretch of a longer list: without tiers by rank. Where `refused` takes errors, with the
    /// position in the longer list, a lead that is refused has a row of nothing.
    pub(crate) fn columns(
        &self,
        leads: &[impl Record],
        first_index: usize,
        when: When<'_>,
        options: &ScoreOptions,
        mut refused: Option<&mut Vec<(usize, Error)>>,
    ) -> Result<ScoreColumns, Error> {
        let classes = self.classes().len();
        let mut columns = ScoreColumns::with_capacity(leads.len(), classes, options.reasons);
        let (mut first, mut index, mut tally) = (None, 0, UnusableTally::default());
        let detail = if options.reasons == 0 { self.score_detail() } else { SumDetail::Lines };
        let mut reasons = ReasonBuffers::default();
        self.each_row(leads, when, options.mode, detail, &mut RowBuffers::default(), |row| {
            match row {
                Ok(row) => {
                    for gap in &row.extraction.gaps {
                        tally.add(index, gap.feature, gap.cause, gap.found.as_deref());
                    }
                    let columns_of_row = &row.extraction.columns;
                    columns
                        .push(self, &self.row_score(row.sum, columns_of_row, options.reasons, &mut reasons));
                }
                Err(error) => {
                    let error = of_lead(error, first_index + index);
                    if let Some(refused) = &mut refused {
                        refused.push((first_index + index, error));
                        columns.push_nothing(classes, self.has_ranks());
                    } else if first.is_none() {
                        first = Some(error);
                    }
                }
            }
            index += 1;
        });
        columns.unusable = tally.describe(self.schema());
        first.map_or(Ok(columns), Err)
    }

    /// Scores the rows of a matrix into columns, without reasons; the same bits as [`score`](Pipeline::score) gives for
    /// the leads it came from.
    ///
    /// # Errors
    /// `invalid_matrix` when the width is not the schema's.
    pub fn score_matrix(&self, matrix: &FeatureMatrix) -> Result<ScoreColumns, Error> {
        Ok(self.ranked(self.matrix_columns(matrix, 0, &mut ScoreWorkspace::default())?))
    }

    /// The columns of rows that are a stretch of a longer list, with reasons: without tiers by rank.
    pub(crate) fn matrix_columns(
        &self,
        matrix: &FeatureMatrix,
        reasons: usize,
        workspace: &mut ScoreWorkspace,
    ) -> Result<ScoreColumns, Error> {
        let mut columns = ScoreColumns::with_capacity(matrix.row_count(), self.classes().len(), reasons);
        self.each_row_score(matrix, reasons, workspace, |_, row| columns.push(self, row))?;
        Ok(columns)
    }

    /// The features of one lead for people and programs: name and value, in schema order, helpers left out.
    ///
    /// # Errors
    /// In strict mode `missing_feature` and `invalid_feature`, with the attribute's path.
    pub fn features(
        &self,
        lead: &(impl Record + ?Sized),
        as_of: &AsOf,
        mode: Mode,
    ) -> Result<FeatureValues, Error> {
        let mut extraction = Extraction::with_texts();
        let mut buffers = ExtractionBuffers::default();
        self.schema().extract(lead, as_of.time, &as_of.zone, mode, &mut buffers, &mut extraction)?;
        let mut columns = extraction.columns.iter();
        let mut values = Vec::new();
        for (at, feature) in self.schema().features().iter().enumerate() {
            if feature.is_column() {
                let value = columns.next().copied().unwrap_or(f64::NAN);
                values.push(NamedValue::new(feature.name.as_str(), FeatureValue::new(feature, value)));
            } else if !feature.helper {
                let text = extraction.texts.iter().find(|text| text.feature == at);
                let value = text.map_or(FeatureValue::Missing, |text| FeatureValue::Text(text.text.clone()));
                values.push(NamedValue::new(feature.name.as_str(), value));
            }
        }
        Ok(values.into_iter().collect())
    }

    /// The features of many leads as a matrix: one row per lead, the schema's columns, NaN where missing.
    ///
    /// # Errors
    /// In strict mode `missing_feature` and `invalid_feature`, with the lead in the path; `invalid_context` where there are
    /// more or fewer times than leads.
    pub fn feature_matrix<'w>(
        &self,
        leads: impl IntoIterator<Item: Record>,
        when: impl Into<When<'w>>,
        mode: Mode,
    ) -> Result<FeatureMatrix, Error> {
        let (leads, when) = (leads.into_iter().collect::<Vec<_>>(), when.into());
        check_count(leads.len(), when)?;
        self.matrix(&leads, 0, when, mode)
    }

    /// The matrix of leads that are a stretch of a longer list.
    pub(crate) fn matrix(
        &self,
        leads: &[impl Record],
        first_index: usize,
        when: When<'_>,
        mode: Mode,
    ) -> Result<FeatureMatrix, Error> {
        self.matrix_noting(leads, first_index, when, mode, |_, _| {})
    }

    /// The same, which tells what every lead lacks.
    pub(crate) fn matrix_noting(
        &self,
        leads: &[impl Record],
        first_index: usize,
        when: When<'_>,
        mode: Mode,
        mut note: impl FnMut(usize, &Gap),
    ) -> Result<FeatureMatrix, Error> {
        let width = self.schema().columns().len();
        let mut values = Vec::with_capacity(leads.len() * width);
        let (mut extractions, mut buffers) = (Vec::new(), ExtractionBuffers::with_caches());
        for (number, block) in leads.chunks(BLOCK).enumerate() {
            let offset = number * BLOCK;
            let errors = self.extract_block(block, offset, when, mode, &mut extractions, &mut buffers);
            if let Some((at, error)) = (0..).zip(errors).find_map(|(at, error)| Some((at, error?))) {
                return Err(of_lead(error, first_index + offset + at));
            }
            for (at, extraction) in (offset..).zip(&extractions[..block.len()]) {
                extraction.gaps.iter().for_each(|gap| note(at, gap));
                values.extend_from_slice(&extraction.columns);
            }
        }
        FeatureMatrix::of_schema(self.schema(), values)
    }

    /// Extracts and scores leads block by block, and hands on every row in their order.
    pub(super) fn each_row(
        &self,
        leads: &[impl Record],
        when: When<'_>,
        mode: Mode,
        detail: SumDetail,
        buffers: &mut RowBuffers,
        mut take: impl FnMut(Result<ScoredRow<'_>, Error>),
    ) {
        if let Err(error) = check_count(leads.len(), when) {
            for _ in leads {
                take(Err(error.clone()));
            }
            return;
        }
        buffers.start(self);
        let RowBuffers { extractions, sums, extraction: reading, .. } = buffers;
        for (number, block) in leads.chunks(BLOCK).enumerate() {
            let offset = number * BLOCK;
            let errors = self.extract_block(block, offset, when, mode, extractions, reading);
            let good = extractions.iter().zip(&errors).filter(|(_, error)| error.is_none());
            let mut rows: Vec<&[f64]> = Vec::with_capacity(block.len());
            rows.extend(good.map(|(extraction, _)| &*extraction.columns));
            let mut all = (offset..).zip(block).zip(extractions.iter()).zip(errors);
            self.scorer().for_each_sum(&rows, self.scale(), detail, sums, |_, sum| {
                // Those refused before this row come first.
                for (((index, lead), extraction), error) in all.by_ref() {
                    if let Some(error) = error {
                        take(Err(error));
                        continue;
                    }
                    take(Ok(ScoredRow {
                        lead_id: lead.id().unwrap_or_default(),
                        extraction,
                        sum,
                        time: time_of(when, index),
                        zone: when.zone(),
                    }));
                    break;
                }
            });
            all.filter_map(|(_, error)| error).for_each(|error| take(Err(error)));
        }
    }

    /// Fills the first extractions with the features of leads of a list, whose number of times is checked; says for each
    /// whether it is refused.
    fn extract_block(
        &self,
        leads: &[impl Record],
        first_index: usize,
        when: When<'_>,
        mode: Mode,
        extractions: &mut Vec<Extraction>,
        buffers: &mut ExtractionBuffers,
    ) -> Vec<Option<Error>> {
        if extractions.len() < leads.len() {
            extractions.resize_with(leads.len(), Extraction::default);
        }
        let row = |((index, lead), extraction)| RecordRow::new(index, lead, time_of(when, index), extraction);
        let mut rows: Vec<_> = (first_index..).zip(leads).zip(extractions).map(row).collect();
        self.schema().extract_all(&mut rows, when.zone(), mode, buffers);
        let mut errors = vec![None; leads.len()];
        for row in rows {
            errors[row.index - first_index] = row.error;
        }
        errors
    }
}

/// The time of a lead of a list whose number of times is checked.
fn time_of(when: When<'_>, index: usize) -> Timestamp {
    when.time(index).expect("there are as many times as leads")
}

pub(crate) fn check_count(leads: usize, when: When<'_>) -> Result<(), Error> {
    match when.lead_count() {
        Some(count) if count != leads => {
            let message = format!("{count} times for {leads} leads; give one for each");
            Err(Error::new(ErrorKind::InvalidContext, "as_of", message))
        }
        _ => Ok(()),
    }
}

/// Errors with the lead's position before their path.
pub(super) fn in_list<R>(results: Vec<Result<R, Error>>, first_index: usize) -> Vec<Result<R, Error>> {
    let results = results.into_iter().enumerate();
    results.map(|(index, result)| result.map_err(|error| of_lead(error, first_index + index))).collect()
}

/// The error with the lead's position before its path.
pub(super) fn of_lead(error: Error, index: usize) -> Error {
    error.within(Path::from("leads").index(index))
}
