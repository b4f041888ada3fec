//! From one record to its feature values, as of a point in time.

use super::activity_log::ActivityLog;
use super::gap::{Gap, issue};
use super::match_cache::MatchCaches;
use super::missing::MissingCause;
use super::schema::steps::{How, Plan, Step};
use super::schema::{Feature, FeatureSchema};
use super::sources::{ABSENT, Found, Input, SharedSource};
use crate::error::Issue;
use crate::expression::{FEW_ROWS, ROWS};
use crate::record::{Activities, AttributeRef, Record};
use crate::{Error, Timestamp, Zone};

/// What to do about missing and unusable feature values.
///
/// ```
/// use leadscore::{AsOf, Lead, Mode, Pipeline, ScoreOptions, Zone};
/// let (pipeline, as_of) = (Pipeline::builtin("heat")?, AsOf::parse("2026-11-22", &Zone::utc())?);
/// let score = |mode| pipeline.score_with(&Lead::new("l-1"), &as_of, &ScoreOptions::new().mode(mode));
/// assert!(score(Mode::Lenient)?.missing.len() > 2);
/// assert_eq!(score(Mode::Strict).unwrap_err().code(), "missing_feature");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode {
    /// Unusable values count as missing, missing values become the feature's default, and both are reported.
    #[default]
    Lenient,
    /// A missing required feature, or a value that cannot be used, is an error.
    Strict,
}

/// The features of one lead, in buffers that are reused for the next.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Extraction {
    /// The columns in schema order, defaults filled in, NaN where still missing.
    pub(crate) columns: Vec<f64>,
    /// The features that are texts.
    pub(crate) texts: Vec<TextFeature>,
    /// Features whose value is missing.
    pub(crate) gaps: Vec<Gap>,
    /// Whether texts are filled in; they are shown, and no score rests on them.
    wants_texts: bool,
    /// What strict mode refuses.
    issues: Vec<Issue>,
}

/// A record that is read with others, and what comes of it.
#[derive(Debug)]
pub(crate) struct RecordRow<'a, R: ?Sized> {
    /// The record's position in its list.
    pub(crate) index: usize,
    pub(crate) record: &'a R,
    pub(crate) as_of: Timestamp,
    pub(crate) extraction: &'a mut Extraction,
    /// Why the record is refused.
    pub(crate) error: Option<Error>,
}

/// What the features of records are computed in; reuse it for records of the same schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExtractionBuffers {
    /// Where it pays: a single record meets no text again.
    caches: Option<MatchCaches>,
    /// Every feature, helpers and texts (as NaN) included, of one record.
    single: Vec<[f64; 1]>,
    /// The same of many records, feature after feature.
    columns: Vec<[f64; ROWS]>,
}

/// A feature whose value is a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextFeature {
    /// The feature's position in the schema.
    pub(crate) feature: usize,
    pub(crate) text: String,
}

impl Extraction {
    /// An extraction that fills in texts too.
    pub(crate) fn with_texts() -> Extraction {
        Extraction { wants_texts: true, ..Extraction::default() }
    }

    fn clear(&mut self) {
        self.columns.clear();
        self.texts.clear();
        self.gaps.clear();
        self.issues.clear();
    }

    /// The share of columns that had a value before defaults, 0–1.
    pub(crate) fn completeness(&self, schema: &FeatureSchema) -> f64 {
        let columns = schema.columns().len();
        let gaps = self.gaps.iter().filter(|gap| schema.features()[gap.feature].is_column()).count();
        (columns - gaps) as f64 / columns as f64
    }
}

impl ExtractionBuffers {
    /// Buffers that remember what matches made of the texts of many records.
    pub(crate) fn with_caches() -> ExtractionBuffers {
        ExtractionBuffers { caches: Some(MatchCaches::default()), ..ExtractionBuffers::default() }
    }
}

impl<'a, R: Record + ?Sized> RecordRow<'a, R> {
    pub(crate) fn new(
        index: usize,
        record: &'a R,
        as_of: Timestamp,
        extraction: &'a mut Extraction,
    ) -> RecordRow<'a, R> {
        RecordRow { index, record, as_of, extraction, error: None }
    }
}

impl FeatureSchema {
    /// Appends the column values of a record as of a point in time, defaults filled in, NaN where missing.
    ///
    /// # Errors
    /// In strict mode `missing_feature` and `invalid_feature` with all [`issues`](Error::issues); `invalid_lead` for a
    /// record that was made for another schema.
    pub fn values<R: Record + ?Sized>(
        &self,
        record: &R,
        as_of: Timestamp,
        zone: &Zone,
        mode: Mode,
        values: &mut Vec<f64>,
    ) -> Result<(), Error> {
        let mut extraction = Extraction::default();
        self.extract(record, as_of, zone, mode, &mut ExtractionBuffers::default(), &mut extraction)?;
        values.extend_from_slice(&extraction.columns);
        Ok(())
    }

    /// Everything that strict mode would refuse in a record, in the order of the schema.
    ///
    /// ```
    /// use leadscore::{FeatureSchema, Lead, Timestamp, Zone};
    /// let schema = FeatureSchema::builtin("heat")?;
    /// let lead = Lead::new("l-1").with("recency_days", 3).with("page_views", "many");
    /// let issues = schema.check(&lead, Timestamp::parse("2026-11-22", &Zone::utc())?, &Zone::utc());
    /// let features: Vec<&str> = issues.iter().map(|issue| issue.feature()).collect();
    /// assert_eq!(features, ["page_views", "prior_course_interest"]);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn check<R: Record + ?Sized>(&self, record: &R, as_of: Timestamp, zone: &Zone) -> Vec<Issue> {
        let (mut buffers, mut extraction) = (ExtractionBuffers::default(), Extraction::default());
        match self.extract(record, as_of, zone, Mode::Strict, &mut buffers, &mut extraction) {
            Ok(()) => Vec::new(),
            Err(error) => error.issues().to_vec(),
        }
    }

    /// Fills `out` with the features of a record as of a point in time; it is reused between records to save allocations.
    pub(crate) fn extract<R: Record + ?Sized>(
        &self,
        record: &R,
        as_of: Timestamp,
        zone: &Zone,
        mode: Mode,
        buffers: &mut ExtractionBuffers,
        out: &mut Extraction,
    ) -> Result<(), Error> {
        let mut row = RecordRow::new(0, record, as_of, out);
        self.extract_all(std::slice::from_mut(&mut row), zone, mode, buffers);
        row.error.map_or(Ok(()), Err)
    }

    /// Fills the extractions of records, which may change their order, as [`FeatureSchema::extract`] does one by one.
    pub(crate) fn extract_all<R: Record + ?Sized>(
        &self,
        rows: &mut [RecordRow<'_, R>],
        zone: &Zone,
        mode: Mode,
        buffers: &mut ExtractionBuffers,
    ) {
        let ExtractionBuffers { caches, single, columns } = buffers;
        for row in &mut *rows {
            row.extraction.clear();
            row.error = row.record.check_names(self.attribute_names()).err();
        }
        // The plans differ, so those without activities are read together, and those with them.
        let has_activities = |row: &RecordRow<'_, R>| {
            self.reads_activities() && row.error.is_none() && !row.record.activities().is_empty()
        };
        if rows.len() > 1 {
            rows.sort_by_key(has_activities);
        }
        for rows in rows.chunk_by_mut(|a, b| has_activities(a) == has_activities(b)) {
            let steps = self.steps();
            let plan =
                if has_activities(&rows[0]) { &steps.with_activities } else { &steps.without_activities };
            let planned = PlannedExtraction { schema: self, plan, zone, mode };
            for rows in rows.chunks_mut(ROWS) {
                if rows.len() < FEW_ROWS {
                    for row in rows {
                        planned.run(std::slice::from_mut(row), caches.as_mut(), single);
                    }
                } else {
                    planned.run(rows, caches.as_mut(), columns);
                }
            }
        }
        for row in rows {
            if row.error.is_none() {
                row.error = Error::from_issues(std::mem::take(&mut row.extraction.issues));
            }
        }
    }
}

/// What is the same for all records that are read together.
struct PlannedExtraction<'a> {
    schema: &'a FeatureSchema,
    plan: &'a Plan,
    zone: &'a Zone,
    mode: Mode,
}

impl PlannedExtraction<'_> {
    /// Fills the extractions of up to `N` records, feature after feature.
    fn run<const N: usize, R: Record + ?Sized>(
        &self,
        rows: &mut [RecordRow<'_, R>],
        mut caches: Option<&mut MatchCaches>,
        columns: &mut Vec<[f64; N]>,
    ) {
        columns.clear();
        columns.extend(self.plan.template.iter().map(|value| [*value; N]));
        let logs: [Option<ActivityLog<'_>>; N] = std::array::from_fn(|at| {
            let (record, as_of) = rows.get(at).map(|row| (row.record, row.as_of))?;
            let reads = self.schema.reads_activities();
            let activities = if reads { record.activities() } else { Activities::default() };
            Some(ActivityLog::new(self.schema.activity_types(), activities, as_of))
        });
        for step in &self.plan.steps {
            let position = step.position as usize;
            let source = match &step.how {
                How::Formula(formula) => {
                    let values = formula.evaluate_rows(columns);
                    for ((row, value), own) in rows.iter_mut().zip(values).zip(&mut columns[position]) {
                        if step.accepted.contains(value) {
                            *own = value;
                        } else {
                            self.take(step, unusable(value), own, row.extraction);
                        }
                    }
                    continue;
                }
                How::ConstantlyMissing(found) => {
                    for (row, own) in rows.iter_mut().zip(&mut columns[position]) {
                        self.take(step, found.clone(), own, row.extraction);
                    }
                    continue;
                }
                How::OptionalText(_) if !rows.iter().any(|row| row.extraction.wants_texts) => continue,
                How::OptionalText(source)
                | How::PlainNumber(source)
                | How::PlainFlag(source)
                | How::Source(source) => source,
            };
            let own = rows.iter_mut().zip(&mut columns[position]);
            let key = step.attribute.map(|index| self.schema.attribute_names().key(index as usize));
            for ((row, own), log) in own.zip(logs.iter().flatten()) {
                let attribute = key.and_then(|key| row.record.attribute(key));
                if let Some(value) = step.how.plain_value(attribute)
                    && step.accepted.contains(value)
                {
                    *own = value;
                    continue;
                }
                let found = match &step.absent {
                    Some(absent) if attribute.is_none() => absent.clone(),
                    _ => {
                        let input = Input { attribute, log, as_of: row.as_of, zone: self.zone };
                        self.find(position, source, &input, caches.as_deref_mut())
                    }
                };
                self.take(step, found, own, row.extraction);
            }
        }
        let positions = self.schema.column_positions();
        for (at, row) in rows.iter_mut().enumerate() {
            row.extraction.columns.extend(positions.iter().map(|&position| columns[position][at]));
        }
    }

    /// What a source finds, or what its match made of the same text before.
    fn find(
        &self,
        position: usize,
        source: &SharedSource,
        input: &Input<'_>,
        caches: Option<&mut MatchCaches>,
    ) -> Found {
        let find = || self.schema.features()[position].usable(source.evaluate(input));
        let text = match input.attribute {
            Some(AttributeRef::Text(text)) => source.deciding_text(text),
            _ => None,
        };
        match (text, caches) {
            (Some(text), Some(caches)) => caches.of_feature(position).found(text, find),
            _ => find(),
        }
    }

    /// Takes what was found for a record; where that is nothing, the template's default stays in the row.
    fn take(&self, step: &Step, found: Found, own: &mut f64, extraction: &mut Extraction) {
        let feature = step.position as usize;
        match found {
            Found::Value(value) => *own = value,
            Found::Text(text) => extraction.texts.push(TextFeature { feature, text }),
            Found::Nothing(cause, found) => {
                if self.mode == Mode::Strict {
                    let issue = issue(&self.schema.features()[feature], cause, found.as_deref());
                    extraction.issues.extend(issue);
                }
                if step.is_column || cause != MissingCause::Absent {
                    extraction.gaps.push(Gap { feature, cause, found });
                }
            }
        }
    }
}

impl How {
    /// The value that an attribute is, where no text needs to be understood.
    #[inline]
    fn plain_value(&self, attribute: Option<AttributeRef<'_>>) -> Option<f64> {
        match (self, attribute?) {
            (How::PlainNumber(_), AttributeRef::Number(number)) => Some(number),
            (How::PlainFlag(_), AttributeRef::Flag(flag)) => Some(f64::from(u8::from(flag))),
            // −0 is no flag.
            (How::PlainFlag(_), AttributeRef::Number(number)) if number == 1.0 || number.to_bits() == 0 => {
                Some(number)
            }
            _ => None,
        }
    }
}

/// The cause why a value that is not accepted cannot be used.
fn unusable(value: f64) -> Found {
    if value.is_nan() { ABSENT } else { Found::Nothing(MissingCause::OutOfRange, Some(value.to_string())) }
}

impl Feature {
    /// The value from the feature's source; an unusable one becomes its cause.
    pub(super) fn find(&self, input: &Input<'_>) -> Found {
        self.usable(self.source.evaluate(input))
    }

    pub(super) fn usable(&self, found: Found) -> Found {
        match found {
            Found::Value(value) if !self.accepts(value) => unusable(value),
            found => found,
        }
    }

    /// The value in a row: the default where nothing is found, NaN without one and for a text.
    pub(super) fn value(&self, input: &Input<'_>) -> f64 {
        match self.find(input) {
            Found::Value(value) => value,
            Found::Text(_) => f64::NAN,
            Found::Nothing(..) => self.default.unwrap_or(f64::NAN),
        }
    }

    /// A formula's value in a row: the default where it cannot be used, NaN without one.
    pub(super) fn value_or_default(&self, value: f64) -> f64 {
        if self.accepts(value) { value } else { self.default.unwrap_or(f64::NAN) }
    }

    /// Whether a value is inside the range, whole where it must be, and finite.
    pub(super) fn accepts(&self, value: f64) -> bool {
        let inside = self.range.is_none_or(|range| range.contains(value));
        inside && (!self.whole || value == value.floor()) && value.is_finite()
    }
}
