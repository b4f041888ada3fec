//! From records to their feature values, as of a point in time.

mod planned;

use self::planned::PlannedExtraction;
use super::gap::Gap;
use super::match_cache::MatchCaches;
use super::missing::MissingCause;
use super::schema::{Feature, FeatureSchema};
use super::sources::{ABSENT, Found, Input};
use crate::error::Issue;
use crate::expression::{FEW_ROWS, ROWS};
use crate::record::Record;
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
        let is_missing =
            |gap: &&Gap| schema.features()[gap.feature].is_column() && gap.cause != MissingCause::Outweighed;
        let gaps = self.gaps.iter().filter(is_missing).count();
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
        // The plans differ, so those without activities are read together, and those with them; none for a refused one.
        let has_activities = |row: &RecordRow<'_, R>| {
            let activities = || self.reads_activities() && !row.record.activities().is_empty();
            row.error.is_none().then(activities)
        };
        if rows.len() > 1 {
            rows.sort_by_key(has_activities);
        }
        for rows in rows.chunk_by_mut(|a, b| has_activities(a) == has_activities(b)) {
            let Some(has_activities) = has_activities(&rows[0]) else { continue };
            let steps = self.steps();
            let plan = if has_activities { &steps.with_activities } else { &steps.without_activities };
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

impl FeatureSchema {
    /// Adds the columns of a record without activities whose values stand for what is not known.
    fn add_unknowns<R: Record + ?Sized>(&self, row: &mut RecordRow<'_, R>) {
        let gaps = &mut row.extraction.gaps;
        let found = gaps.len();
        for feature in self.steps().unknowns.of(self, row.record) {
            if !gaps[..found].iter().any(|gap| gap.feature == feature) {
                gaps.push(Gap { feature, cause: MissingCause::Absent, found: None });
            }
        }
        gaps.sort_by_key(|gap| gap.feature);
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
