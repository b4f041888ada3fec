//! From one record to its feature values, as of a point in time.

use super::activity_log::ActivityLog;
use super::match_cache::MatchCaches;
use super::missing::{Gap, MissingCause, issue};
use super::schema::{Feature, FeatureSchema, FeatureType};
use super::sources::{ABSENT, Found, Input, SharedSource, Step};
use crate::error::Issue;
use crate::expression::KnownColumns;
use crate::record::{Activities, AttributeRef, Record};
use crate::{Error, Timestamp, Zone};

/// What to do with a lead whose features are not all good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode {
    /// Defaults stand in, what cannot be used counts as missing, and all of it is reported.
    #[default]
    Lenient,
    /// A missing required feature, or a value that cannot be used, is an error.
    Strict,
}

/// The features of one lead, in buffers that are used again for the next.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Extraction {
    /// The columns in schema order, defaults filled in, NaN where still missing.
    pub(crate) columns: Vec<f64>,
    /// The features that are texts.
    pub(crate) texts: Vec<TextFeature>,
    /// Features without a value of their own.
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
        out.row.clear();
        out.texts.clear();
        out.gaps.clear();
        out.columns.clear();
        out.row.reserve(self.features().len());
        record.check_names(self.attribute_names())?;
        let activities = if self.reads_activities() { record.activities() } else { Activities::default() };
        let steps = activities.is_empty().then(|| self.steps_without_activities());
        let log = ActivityLog::new(self, activities, as_of);
        let mut issues = Vec::new();
        for (position, feature) in self.features().iter().enumerate() {
            // A text is shown, not scored, and is left out where nobody looks.
            if feature.kind == FeatureType::Text && !out.wants_texts && !feature.required {
                out.row.push(f64::NAN);
                continue;
            }
            let source = match steps.map(|steps| &steps[position]) {
                Some(Step::Constant(Found::Value(value))) => {
                    out.row.push(*value);
                    continue;
                }
                Some(Step::Constant(found)) => Err(found.clone()),
                Some(Step::Source(source)) => Ok(source),
                None => Ok(&feature.source),
            };
            let found = source.map_or_else(
                |constant| constant,
                |source| {
                    let key = feature.attribute.map(|index| self.attribute_names().key(index));
                    let attribute = key.and_then(|key| record.attribute(key));
                    let input = Input { attribute, log: &log, row: &out.row, as_of, zone };
                    let text = match attribute {
                        Some(AttributeRef::Text(text)) => source.deciding_text(text),
                        _ => None,
                    };
                    let (Some(text), Some(caches)) = (text, caches.as_deref_mut()) else {
                        return feature.find(source, &input);
                    };
                    let value = caches.of_feature(position).value(text, || match feature.find(source, &input) {
                        Found::Value(value) => value,
                        // A match gives a level or nothing.
                        Found::Text(_) | Found::Nothing(..) => f64::NAN,
                    });
                    if value.is_nan() { ABSENT } else { Found::Value(value) }
                },
            );
            let value = match found {
                Found::Value(value) => value,
                Found::Text(text) => {
                    out.texts.push(TextFeature { feature: position, text });
                    f64::NAN
                }
                Found::Nothing(cause, found) => {
                    if mode == Mode::Strict {
                        issues.extend(issue(feature, cause, found.as_deref()));
                    }
                    if feature.is_column() || cause != MissingCause::Absent {
                        out.gaps.push(Gap { feature: position, cause, found });
                    }
                    feature.default.unwrap_or(f64::NAN)
                }
            };
            out.row.push(value);
        }
        if let Some(error) = Error::from_issues(issues) {
            return Err(error);
        }
        out.columns.extend(self.column_positions().iter().map(|&position| out.row[position]));
        Ok(())
    }
}

impl Feature {
    /// What the feature's source finds, with what cannot be used turned into its cause.
    fn find(&self, source: &SharedSource, input: &Input<'_>) -> Found {
        if let (true, Some(AttributeRef::Number(number))) = (self.is_plain_number, input.attribute)
            && self.accepts(number)
        {
            return Found::Value(number);
        }
        self.usable(source.evaluate(self, input))
    }

    fn usable(&self, found: Found) -> Found {
        match found {
            Found::Value(value) if value.is_nan() => ABSENT,
            Found::Value(value) if !self.accepts(value) => {
                Found::Nothing(MissingCause::OutOfRange, Some(value.to_string()))
            }
            found => found,
        }
    }

    /// The value that stands in a row: the default where nothing is found, NaN without one and for a text.
    pub(super) fn value(&self, input: &Input<'_>) -> f64 {
        match self.find(&self.source, input) {
            Found::Value(value) => value,
            Found::Text(_) => f64::NAN,
            Found::Nothing(..) => self.default.unwrap_or(f64::NAN),
        }
    }

    /// Whether a value that is there can be used.
    pub(super) fn accepts(&self, value: f64) -> bool {
        let inside = self.range.is_none_or(|range| range.contains(value));
        inside && (!self.whole || value == value.floor()) && value.is_finite()
    }
}

/// What every feature needs of a record without activities: what is counted in them is the same for all, and so are
/// formulas that rest on it alone; other formulas are simplified.
pub(super) fn steps_without_activities(schema: &FeatureSchema) -> Vec<Step> {
    let (as_of, zone) = (Timestamp::default(), Zone::utc());
    let log = ActivityLog::new(schema, Activities::default(), as_of);
    let mut known = KnownColumns::default();
    let step = |feature: &Feature| {
        let constant =
            if feature.source.reads_activities() {
                Some(feature.find(
                    &feature.source,
                    &Input { attribute: None, log: &log, row: &[], as_of, zone: &zone },
                ))
            } else {
                feature.source.constant(&known).map(|value| feature.usable(Found::Value(value)))
            };
        let step = match constant {
            Some(found) => Step::Constant(found),
            None => Step::Source(feature.source.with_known(&known).unwrap_or_else(|| feature.source.clone())),
        };
        known.push(match &step {
            Step::Constant(Found::Value(value)) => Some(*value),
            Step::Constant(_) => Some(feature.default.unwrap_or(f64::NAN)),
            Step::Source(_) => None,
        });
        step
    };
    schema.features().iter().map(step).collect()
}
