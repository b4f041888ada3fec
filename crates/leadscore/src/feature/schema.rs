//! The features a pipeline scores, in order, as data.

mod known;
mod read;
pub(super) mod steps;

use self::steps::{PlannedSteps, Steps};
use super::activity_types::{self, ActivityTypes};
use super::feature_type::FeatureType;
use super::filter::{ActivityNeeds, Filter};
use super::levels::Levels;
use super::sources::SharedSource;
use crate::Error;
use crate::expression::{ColumnKind, Reading, Scope, normalise};
use crate::json::{Cursor, Document, Range};
use crate::record::AttributeNames;

/// One feature: its name, type and range, and how it is computed.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the file format")]
pub struct Feature {
    /// The name rules and models use.
    pub name: String,
    /// The name people read.
    pub label: String,
    /// The group it is shown in, if any.
    pub group: Option<String>,
    /// What kind of value it has.
    pub kind: FeatureType,
    /// The unit of a number, in words, if any.
    pub unit: Option<String>,
    /// The levels of a category; the position is the code.
    pub levels: Vec<String>,
    /// The inclusive range of valid values, if any.
    pub range: Option<Range>,
    /// Whether only whole numbers are valid.
    pub whole: bool,
    /// Whether strict mode refuses a lead without it.
    pub required: bool,
    /// What a missing value becomes, if anything; for a category, the code of the level.
    pub default: Option<f64>,
    /// Whether it is only an intermediate step: no column, not shown.
    pub helper: bool,
    /// The feature that counts the same in the activity log, for a count that the record states and that is not used where
    /// there is a log; a stated count that is larger is a warning.
    pub gives_way_to: Option<String>,
    own_label: bool,
    /// The levels where they are compared letter for letter, as a model has them.
    exact: Option<Levels>,
    level_labels: Vec<(String, String)>,
    unseen: Option<String>,
    default_level: Option<String>,
    pub(super) source: SharedSource,
    /// The number of the attribute that the source reads, if it reads one.
    pub(super) attribute: Option<usize>,
    /// Whether a number in the attribute is the value as it is, if valid.
    pub(super) is_plain_number: bool,
    /// Whether a flag of the attribute, or the number 0 or 1, is the value, if it is good.
    pub(super) is_plain_flag: bool,
}

impl Feature {
    /// Whether the feature is a column of a matrix.
    pub fn is_column(&self) -> bool {
        !self.helper && self.kind != FeatureType::Text
    }

    /// Whether it is the time since a date.
    #[cfg(feature = "learn")]
    pub(crate) fn is_age(&self) -> bool {
        self.source.wants_date()
    }

    /// The range its values lie in, as far as the schema tells; a count is never negative.
    pub(crate) fn bounds(&self) -> Range {
        match (self.kind, self.range) {
            (FeatureType::Flag, _) => Range { low: 0.0, high: 1.0 },
            (FeatureType::Category, _) => Range { low: 0.0, high: self.levels.len() as f64 },
            (_, Some(range)) => range,
            _ if self.source.is_never_negative() => Range { low: 0.0, high: f64::INFINITY },
            _ => Range { low: f64::NEG_INFINITY, high: f64::INFINITY },
        }
    }

    /// A level's name for people: its label where it has one, else itself.
    pub fn level_label(&self, code: usize) -> Option<&str> {
        let level = self.levels.get(code)?;
        Some(self.level_labels.iter().find(|(name, _)| name == level).map_or(level, |(_, label)| label))
    }

    fn column_kind(&self) -> ColumnKind {
        match self.kind {
            FeatureType::Flag => ColumnKind::Flag,
            FeatureType::Category => ColumnKind::Category {
                levels: self.levels.clone(),
                labels: (0..self.levels.len())
                    .filter_map(|code| self.level_label(code))
                    .map(|label| label.replace('_', " "))
                    .collect(),
            },
            FeatureType::Number | FeatureType::Text => ColumnKind::Number,
        }
    }
}

/// Ordered features, and the types and channels of activity kinds.
///
/// ```
/// use leadscore::{FeatureSchema, Lead, Mode, Timestamp, Zone};
/// let schema = FeatureSchema::from_json(
///     r#"{"features": [
///         {"name": "visits", "type": "number", "default": 0, "source": {"from": "attribute"}},
///         {"name": "meetings", "type": "number", "source": {"from": "count", "types": ["meeting"], "within_days": 30}}]}"#,
/// )?;
/// let (as_of, utc) = (Timestamp::parse("2026-11-22", &Zone::utc())?, Zone::utc());
/// let mut values = Vec::new();
/// schema.values(&Lead::new("l-1"), as_of, &utc, Mode::Lenient, &mut values)?;
/// assert_eq!(values, [0.0, 0.0]);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureSchema {
    activity_types: ActivityTypes,
    features: Vec<Feature>,
    columns: Vec<usize>,
    attributes: AttributeNames,
    activity_needs: ActivityNeeds,
    steps: PlannedSteps,
}

impl FeatureSchema {
    /// Reads a schema from its JSON, the `schema` object of a pipeline file.
    ///
    /// # Errors
    /// `invalid_json`, or `invalid_pipeline` with the path of what is wrong.
    pub fn from_json(text: &str) -> Result<FeatureSchema, Error> {
        let node = crate::json::parse_file(text)?;
        FeatureSchema::read(&Cursor::root(&node, "schema", Document::Pipeline), &Reading::new())
    }

    /// Every feature in file order, helpers and texts included.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The features that are columns of a matrix, in its order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &Feature> {
        self.columns.iter().map(|&at| &self.features[at])
    }

    /// One of the columns, by its index in the matrix.
    pub(crate) fn column(&self, index: usize) -> Option<&Feature> {
        self.columns.get(index).map(|&at| &self.features[at])
    }

    /// The lead attributes the features read, each once, in order of first use; a record may answer by their numbers.
    pub fn attribute_names(&self) -> &AttributeNames {
        &self.attributes
    }

    /// Whether any feature reads the activity log.
    pub fn reads_activities(&self) -> bool {
        self.activity_needs > ActivityNeeds::None
    }

    /// Whether any feature reads a property of activities; otherwise [`CompactActivity`](crate::record::CompactActivity)
    /// says all that counts, where no event appears twice.
    pub fn reads_activity_properties(&self) -> bool {
        self.activity_needs == ActivityNeeds::Properties
    }

    /// Whether every feature that reads an attribute wants a date of it; false where none reads it.
    pub fn reads_only_dates(&self, attribute: &str) -> bool {
        let mut readers = self.features.iter().filter(|f| f.source.attribute() == Some(attribute)).peekable();
        readers.peek().is_some() && readers.all(|feature| feature.source.wants_date())
    }

    /// Whether a feature reads this attribute as an amount of US dollars: as a number with the unit `USD`.
    ///
    /// ```
    /// let pipeline = leadscore::Pipeline::builtin("qualify")?;
    /// assert!(pipeline.schema().reads_dollars("revenue_usd") && !pipeline.schema().reads_dollars("employees"));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn reads_dollars(&self, attribute: &str) -> bool {
        let mut readers = self.features.iter().filter(|f| f.source.attribute() == Some(attribute));
        readers.any(|feature| feature.unit.as_deref() == Some("USD"))
    }

    /// Whether a feature tells a text of an attribute from others: as a level, by a rule, or as a word for missing.
    ///
    /// Where a file has `none` in a column, it is a value to one schema and a missing value to another.
    ///
    /// ```
    /// let schema = leadscore::FeatureSchema::builtin("heat")?;
    /// assert!(schema.names_text("prior_course_interest", "None"));
    /// assert!(!schema.names_text("role", "None"));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn names_text(&self, attribute: &str, text: &str) -> bool {
        let normalised = normalise(text);
        let mut sources = self.features.iter().map(|feature| &feature.source);
        sources.any(|source| source.attribute() == Some(attribute) && source.names_text(&normalised))
    }

    /// Whether a rule or filter of the schema speaks of a kind of activity, or the schema tells no kinds apart; any other
    /// kind counts only where every activity does.
    ///
    /// ```
    /// let schema = leadscore::FeatureSchema::builtin("lead-ml")?;
    /// assert!(schema.names_activity("Meeting booked") && schema.names_activity("webinar"));
    /// assert!(!schema.names_activity("Sticker collected"));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn names_activity(&self, kind: &str) -> bool {
        let filters = || self.features.iter().flat_map(|feature| feature.source.filters());
        let mut named = filters().flat_map(Filter::named_types).peekable();
        if named.peek().is_none() && self.activity_types.is_empty() {
            return true;
        }
        let kind = self.activity_types.kind(kind);
        kind.rule_type.is_some()
            || self.activity_types.channel(&kind.normalised).is_some()
            || named.any(|name| name == kind.normalised)
    }

    /// Whether a feature reads this attribute letter for letter, as the record has it: `1.0` is not `1` to it.
    pub fn reads_as_written(&self, attribute: &str) -> bool {
        let mut readers = self.features.iter().filter(|f| f.source.attribute() == Some(attribute));
        readers.any(|feature| feature.source.wants_text_as_written())
    }

    pub(super) fn steps(&self) -> &Steps {
        self.steps.get(self)
    }

    pub(super) fn column_positions(&self) -> &[usize] {
        &self.columns
    }

    pub(super) fn activity_types(&self) -> &ActivityTypes {
        &self.activity_types
    }

    /// The names that rules may use: the columns.
    pub(crate) fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        self.columns().for_each(|feature| scope.push(&feature.name, feature.column_kind()));
        scope
    }

    pub(crate) fn read(cursor: &Cursor<'_>, reading: &Reading) -> Result<FeatureSchema, Error> {
        let fields = cursor.object(&[&activity_types::FIELDS[..], &["features"]].concat())?;
        let mut schema =
            FeatureSchema { activity_types: ActivityTypes::read(&fields)?, ..FeatureSchema::default() };
        let list = fields.required("features")?;
        let items = list.items()?;
        let names: Vec<String> =
            items.iter().filter_map(|item| item.entries().ok()?.text("name").ok()?).collect();
        let mut scope = Scope::default().with_later(names);
        for (at, item) in items.iter().enumerate() {
            let feature = read::read_feature(item, &scope, reading)?;
            if scope.contains(&feature.name) {
                return Err(item.error(format!("a second feature named `{}`", feature.name)));
            }
            scope.push(&feature.name, feature.column_kind());
            if feature.is_column() {
                schema.columns.push(at);
            }
            schema.features.push(feature);
        }
        schema.number_attributes();
        if schema.columns.is_empty() {
            return Err(list.error("wants at least one feature that is not a helper"));
        }
        Ok(schema)
    }

    /// Numbers the attributes that are read, once, so that no name is compared while records are.
    fn number_attributes(&mut self) {
        let names = self.features.iter().filter_map(|feature| feature.source.attribute());
        self.attributes = AttributeNames::new(names.map(str::to_owned));
        for feature in &mut self.features {
            feature.attribute = feature.source.attribute().and_then(|name| self.attributes.index(name));
        }
        let needs = self.features.iter().map(|feature| feature.source.activity_needs());
        self.activity_needs = needs.max().unwrap_or_default();
    }
}
