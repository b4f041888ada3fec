//! From one record to its feature values, as of a point in time.

use super::activity_log::ActivityLog;
use super::gap::{Gap, issue};
use super::match_cache::MatchCaches;
use super::missing::MissingCause;
use super::schema::steps::How;
use super::schema::{Feature, FeatureSchema};
use super::sources::{ABSENT, Found, Input};
use crate::error::Issue;
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
    /// Every feature, helpers and texts (as NaN) included.
    row: Vec<f64>,
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

    /// The share of columns that had a value before defaults, 0–1.
    pub(crate) fn completeness(&self, schema: &FeatureSchema) -> f64 {
        let columns = schema.columns().len();
        let gaps = self.gaps.iter().filter(|gap| schema.features()[gap.feature].is_column()).count();
        (columns - gaps) as f64 / columns as f64
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
        self.extract(record, as_of, zone, mode, None, &mut extraction)?;
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
        match self.extract(record, as_of, zone, Mode::Strict, None, &mut Extraction::default()) {
            Ok(()) => Vec::new(),
            Err(error) => error.issues().to_vec(),
        }
    }

    /// Fills `out` with the features of a record as of a point in time. `out` is reused between records to save
    /// allocations; `caches`, of this schema alone, remember what matches made of texts.
    pub(crate) fn extract<R: Record + ?Sized>(
        &self,
        record: &R,
        as_of: Timestamp,
        zone: &Zone,
        mode: Mode,
        mut caches: Option<&mut MatchCaches>,
        out: &mut Extraction,
    ) -> Result<(), Error> {
        out.texts.clear();
        out.gaps.clear();
        out.columns.clear();
        record.check_names(self.attribute_names())?;
        let activities = if self.reads_activities() { record.activities() } else { Activities::default() };
        let plan = if activities.is_empty() {
            &self.steps().without_activities
        } else {
            &self.steps().with_activities
        };
        let log = ActivityLog::new(self.activity_types(), activities, as_of);
        let mut issues = Vec::new();
        out.row.clear();
        out.row.extend_from_slice(&plan.template);
        for step in &plan.steps {
            let position = step.position as usize;
            let attribute = || {
                let index = step.attribute?;
                record.attribute(self.attribute_names().key(index as usize))
            };
            let found = match &step.how {
                How::ConstantlyMissing(found) => found.clone(),
                How::Formula(formula) => {
                    let value = formula.value(&out.row);
                    if step.accepted.contains(value) {
                        out.row[position] = value;
                        continue;
                    }
                    unusable(value)
                }
                How::OptionalText(_) if !out.wants_texts => continue,
                How::PlainNumber(source) | How::PlainFlag(source) => {
                    let attribute = attribute();
                    if let Some(value) = step.how.plain_value(attribute)
                        && step.accepted.contains(value)
                    {
                        out.row[position] = value;
                        continue;
                    }
                    let feature = &self.features()[position];
                    let input = Input { attribute, log: &log, row: &out.row, as_of, zone };
                    feature.usable(source.evaluate(&input))
                }
                How::Source(source) | How::OptionalText(source) => {
                    let attribute = attribute();
                    let feature = &self.features()[position];
                    let input = Input { attribute, log: &log, row: &out.row, as_of, zone };
                    let find = || feature.usable(source.evaluate(&input));
                    let text = match attribute {
                        Some(AttributeRef::Text(text)) => source.deciding_text(text),
                        _ => None,
                    };
                    match (text, caches.as_deref_mut()) {
                        (Some(text), Some(caches)) => caches.of_feature(position).found(text, find),
                        _ => find(),
                    }
                }
            };
            // Where nothing is found, the template's default stays.
            match found {
                Found::Value(value) => out.row[position] = value,
                Found::Text(text) => out.texts.push(TextFeature { feature: position, text }),
                Found::Nothing(cause, found) => {
                    if mode == Mode::Strict {
                        issues.extend(issue(&self.features()[position], cause, found.as_deref()));
                    }
                    if step.is_column || cause != MissingCause::Absent {
                        out.gaps.push(Gap { feature: position, cause, found });
                    }
                }
            }
        }
        if let Some(error) = Error::from_issues(issues) {
            return Err(error);
        }
        out.columns.extend(self.column_positions().iter().map(|&position| out.row[position]));
        Ok(())
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

    /// Whether a value is inside the range, whole where it must be, and finite.
    pub(super) fn accepts(&self, value: f64) -> bool {
        let inside = self.range.is_none_or(|range| range.contains(value));
        inside && (!self.whole || value == value.floor()) && value.is_finite()
    }
}
