//! From one lead to its feature values, as of a moment.

mod activities;

use serde::Serialize;

use self::activities::Log;
use super::matching::email_domain;
use super::schema::{Feature, FeatureSchema, FeatureType};
use super::source::{AgeOf, As, Formula, Part, Source, Unit};
use crate::expression::{normalise, plain};
use crate::lead::{Attribute, Lead};
use crate::time::{MILLIS_PER_DAY, MILLIS_PER_HOUR, clip};
use crate::{Error, ErrorKind, Timestamp, Zone};

/// What to do with a lead whose features are not all good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Defaults stand in, what cannot be used counts as missing, and all of it is reported.
    #[default]
    Lenient,
    /// A missing required feature, or a value that cannot be used, is an error.
    Strict,
}

/// Why a feature has no value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The record does not say, or a formula rests on something it does not say.
    Absent,
    /// The value cannot be read as the feature's type.
    Unreadable,
    /// The value lies outside the feature's range.
    OutOfRange,
    /// The date lies after the as-of time.
    Future,
    /// The category has no such level.
    Unseen,
    /// A rule that rests on something missing, and so did not fire.
    Undecided,
}

/// A feature without a value of its own, and what stood in for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Missing {
    /// The feature's name.
    pub name: String,
    /// The name people read.
    pub label: String,
    /// Why.
    pub reason: Reason,
    /// What the record said, where it said something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The default that was used, if the feature has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<f64>,
}

impl Missing {
    /// What a person should know about it, where the record said something that could not be used.
    pub fn warning(&self) -> Option<String> {
        let found = self.found.as_deref().unwrap_or_default();
        let label = &self.label;
        Some(match self.reason {
            Reason::Absent | Reason::Undecided => return None,
            Reason::Unreadable => format!("{label}: cannot read `{found}`; taken as missing"),
            Reason::OutOfRange => format!("{label}: {found} lies outside the range; taken as missing"),
            Reason::Future => format!("{label}: {found} lies after the as-of time; taken as missing"),
            Reason::Unseen => format!("{label}: `{found}` is not a known level; taken as missing"),
        })
    }
}

/// The features of one lead.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Extraction {
    /// The columns in schema order, defaults filled in, NaN where still missing.
    pub(crate) columns: Vec<f64>,
    /// The features that are texts: place in the schema, value.
    pub(crate) texts: Vec<(usize, String)>,
    /// Features without a value of their own: place in the schema.
    pub(crate) gaps: Vec<Gap>,
    all: Vec<f64>,
}

/// A feature without a value of its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gap {
    pub(crate) feature: usize,
    pub(crate) reason: Reason,
    pub(crate) found: Option<String>,
}

impl Extraction {
    /// The share of columns that had a value before defaults, 0–1.
    pub(crate) fn completeness(&self, schema: &FeatureSchema) -> f64 {
        let columns = schema.columns().len();
        let gaps = self.gaps.iter().filter(|gap| schema.features()[gap.feature].is_column()).count();
        (columns - gaps) as f64 / columns as f64
    }
}

impl Gap {
    pub(crate) fn describe(&self, schema: &FeatureSchema) -> Missing {
        let feature = &schema.features()[self.feature];
        Missing {
            name: feature.name.clone(),
            label: feature.label.clone(),
            reason: self.reason,
            found: self.found.clone(),
            default: feature.default,
        }
    }
}

/// What a source gives: a value, a text, or the reason why there is none.
enum Found {
    Value(f64),
    Text(String),
    Nothing(Reason, Option<String>),
}

const ABSENT: Found = Found::Nothing(Reason::Absent, None);

impl FeatureSchema {
    /// Fills `out` with the features of a lead as of a moment. `out` is reused between leads to save allocations.
    pub(crate) fn extract(
        &self,
        lead: &Lead,
        as_of: Timestamp,
        zone: &Zone,
        mode: Mode,
        out: &mut Extraction,
    ) -> Result<(), Error> {
        out.all.clear();
        out.texts.clear();
        out.gaps.clear();
        out.columns.clear();
        out.all.reserve(self.features().len());
        out.columns.reserve(self.columns().len());
        let log = Log::new(self, lead, as_of);
        for (place, feature) in self.features().iter().enumerate() {
            let found = match checked(feature, read(feature, lead, &log, as_of, zone, &out.all)) {
                Found::Value(value) => value,
                Found::Text(text) => {
                    out.texts.push((place, text));
                    f64::NAN
                }
                Found::Nothing(reason, found) => {
                    if mode == Mode::Strict {
                        refuse(feature, reason, found.as_deref())?;
                    }
                    if feature.is_column() || reason != Reason::Absent {
                        out.gaps.push(Gap { feature: place, reason, found });
                    }
                    feature.default.unwrap_or(f64::NAN)
                }
            };
            out.all.push(found);
        }
        out.columns.extend(self.column_places().iter().map(|&place| out.all[place]));
        Ok(())
    }
}

fn refuse(feature: &Feature, reason: Reason, found: Option<&str>) -> Result<(), Error> {
    let path = match feature.source.attribute() {
        Some(name) => format!("attributes.{name}"),
        None => format!("features.{}", feature.name),
    };
    let found = found.unwrap_or_default();
    let message = match reason {
        Reason::Absent | Reason::Unseen | Reason::Undecided if !feature.required => return Ok(()),
        Reason::Absent | Reason::Undecided => {
            return Err(Error::new(
                ErrorKind::MissingFeature,
                path,
                format!("{} is required", feature.label),
            ));
        }
        Reason::Unreadable => format!("{}: cannot read `{found}`", feature.label),
        Reason::OutOfRange => format!("{}: {found} lies outside {}", feature.label, range_words(feature)),
        Reason::Future => format!("{}: {found} lies after the as-of time", feature.label),
        Reason::Unseen => {
            format!("{}: `{found}` is none of: {}", feature.label, feature.levels.join(", "))
        }
    };
    Err(Error::new(ErrorKind::InvalidFeature, path, message))
}

fn range_words(feature: &Feature) -> String {
    let whole = if feature.whole { "the whole numbers " } else { "" };
    match feature.range {
        Some(range) if range.high.is_infinite() => format!("{whole}from {} up", plain(range.low)),
        Some(range) if range.low.is_infinite() => format!("{whole}up to {}", plain(range.high)),
        Some(range) => format!("{whole}{} to {}", plain(range.low), plain(range.high)),
        None => "the whole numbers".to_owned(),
    }
}

fn checked(feature: &Feature, found: Found) -> Found {
    match found {
        Found::Value(value) if value.is_nan() => ABSENT,
        Found::Value(value) => {
            if is_good(feature, value) {
                found
            } else {
                Found::Nothing(Reason::OutOfRange, Some(format!("{value}")))
            }
        }
        other => other,
    }
}

/// Whether a value that is there can be used.
pub(super) fn is_good(feature: &Feature, value: f64) -> bool {
    let inside = feature.range.is_none_or(|range| range.contains(value));
    inside && (!feature.whole || value == value.floor()) && value.is_finite()
}

/// A feature's value by one attribute, absent or not, as [`FeatureSchema::extract`] fills it in: the default where there
/// is none, NaN without one and for a text.
pub(super) fn value_by_attribute(
    feature: &Feature,
    attribute: Option<&Attribute>,
    as_of: Timestamp,
    zone: &Zone,
) -> f64 {
    filled(feature, of_attribute(feature, attribute, as_of, zone))
}

/// The same for a feature that reads no attribute, of a lead without activities; `row` are the features before it.
pub(super) fn value_without_attribute(
    schema: &FeatureSchema,
    feature: &Feature,
    as_of: Timestamp,
    zone: &Zone,
    row: &[f64],
) -> f64 {
    let lead = Lead::default();
    filled(feature, read(feature, &lead, &Log::new(schema, &lead, as_of), as_of, zone, row))
}

fn filled(feature: &Feature, found: Found) -> f64 {
    match checked(feature, found) {
        Found::Value(value) => value,
        Found::Text(_) => f64::NAN,
        Found::Nothing(..) => feature.default.unwrap_or(f64::NAN),
    }
}

fn read(feature: &Feature, lead: &Lead, log: &Log<'_>, as_of: Timestamp, zone: &Zone, row: &[f64]) -> Found {
    match &feature.source {
        Source::Attribute { name, .. }
        | Source::Match { attribute: name, .. }
        | Source::Age { of: AgeOf::Attribute(name), .. } => {
            of_attribute(feature, lead.attributes.get(name), as_of, zone)
        }
        Source::Age { of: AgeOf::Activity { filter, last }, unit, floor } => {
            let hits = log.select(filter);
            let hit = if *last { hits.last() } else { hits.first() };
            hit.map_or(ABSENT, |event| Found::Value(age(event.at, as_of, *unit, *floor)))
        }
        Source::Count { filter, half_life_days } => Found::Value(log.count(filter, *half_life_days)),
        Source::Aggregate { filter, property, take, half_life_days } => {
            Found::Value(log.aggregate(filter, property, *take, *half_life_days))
        }
        Source::Distinct { filter, what } => Found::Value(log.distinct(filter, what)),
        Source::Burst { filter, hours } => Found::Value(log.burst(filter, *hours)),
        Source::Share { filter, hours, weekdays } => {
            Found::Value(log.share(filter, *hours, weekdays.as_deref(), zone))
        }
        Source::ResponseTime { after, reply } => Found::Value(log.response_time(after, reply)),
        Source::Formula(Formula::Value(value)) => Found::Value(value.of(row)),
        Source::Formula(Formula::When(when)) => {
            Found::Value(when.of(row).map_or(f64::NAN, |holds| f64::from(u8::from(holds))))
        }
        Source::Formula(Formula::Level { cases, otherwise }) => {
            let hit = cases.iter().find(|(when, _, _)| when.of(row) == Some(true));
            Found::Value(hit.map_or(otherwise.1, |(_, _, code)| *code))
        }
    }
}

/// What the source of a feature makes of one attribute, absent or not; absent where it reads none.
fn of_attribute(feature: &Feature, attribute: Option<&Attribute>, as_of: Timestamp, zone: &Zone) -> Found {
    match &feature.source {
        Source::Attribute { part, read, missing, .. } => of_value(feature, attribute, *part, *read, missing),
        Source::Match { part, rules, otherwise, blank, .. } => {
            let level =
                |level: &Option<(String, f64)>| Found::Value(level.as_ref().map_or(f64::NAN, |(_, c)| *c));
            let text = attribute.map(text_of);
            let text = text.as_deref().map_or("", |text| part_of(text, *part));
            let text = normalise(text);
            if text.is_empty() {
                return level(blank);
            }
            match rules.iter().find(|rule| rule.hits(&text)) {
                Some(rule) => Found::Value(rule.code),
                None => level(otherwise),
            }
        }
        Source::Age { unit, floor, .. } => {
            let Some(attribute) = attribute else { return ABSENT };
            let text = text_of(attribute);
            if text.trim().is_empty() {
                return ABSENT;
            }
            match (attribute, Timestamp::parse(&text, zone)) {
                (Attribute::Text(_), Ok(at)) if at > as_of => {
                    Found::Nothing(Reason::Future, Some(clip(&text)))
                }
                (Attribute::Text(_), Ok(at)) => Found::Value(age(at, as_of, *unit, *floor)),
                _ => Found::Nothing(Reason::Unreadable, Some(clip(&text))),
            }
        }
        _ => ABSENT,
    }
}

fn age(at: Timestamp, as_of: Timestamp, unit: Unit, floor: bool) -> f64 {
    let length = match unit {
        Unit::Hours => MILLIS_PER_HOUR,
        Unit::Days => MILLIS_PER_DAY,
        Unit::Weeks => 7 * MILLIS_PER_DAY,
    };
    let age = (as_of.as_millis() - at.as_millis()) as f64 / length as f64;
    if floor { age.floor() } else { age }
}

fn text_of(attribute: &Attribute) -> std::borrow::Cow<'_, str> {
    match attribute {
        Attribute::Text(text) => text.as_str().into(),
        Attribute::Number(number) if number.is_nan() => "".into(),
        Attribute::Number(number) => format!("{number}").into(),
        Attribute::Flag(flag) => if *flag { "true" } else { "false" }.into(),
    }
}

fn part_of(text: &str, part: Part) -> &str {
    match part {
        Part::Text => text,
        Part::EmailDomain => email_domain(text),
    }
}

fn of_value(feature: &Feature, found: Option<&Attribute>, part: Part, read: As, missing: &[String]) -> Found {
    // The number that is already one: the way of most features of most rows.
    if let (Some(Attribute::Number(number)), FeatureType::Number, As::Value) = (found, feature.kind, read)
        && missing.is_empty()
    {
        return Found::Value(*number);
    }
    let whole = found.map(text_of);
    let text = whole.as_deref().map_or("", |text| part_of(text, part)).trim();
    let blank = text.is_empty() || {
        let normal = normalise(text);
        missing.iter().any(|token| normalise(token) == normal)
    };
    match read {
        As::Present => return Found::Value(f64::from(u8::from(!blank))),
        As::WordCount if !blank => return Found::Value(text.split_whitespace().count() as f64),
        _ if blank => return ABSENT,
        As::Value | As::WordCount => {}
    }
    let unreadable = || Found::Nothing(Reason::Unreadable, Some(clip(text)));
    match feature.kind {
        FeatureType::Number => match (found, number(text)) {
            (Some(Attribute::Flag(flag)), _) => Found::Value(f64::from(u8::from(*flag))),
            (_, Some(number)) => Found::Value(number),
            (_, None) => unreadable(),
        },
        FeatureType::Flag => match (found, &*normalise(text)) {
            (_, "yes" | "true" | "y" | "t" | "1" | "1.0") => Found::Value(1.0),
            (_, "no" | "false" | "n" | "f" | "0" | "0.0") => Found::Value(0.0),
            _ => unreadable(),
        },
        FeatureType::Category => {
            let normal = normalise(text);
            match feature.normal_levels.iter().position(|level| *level == *normal) {
                Some(code) => Found::Value(code as f64),
                None if !feature.unseen_code.is_nan() => Found::Value(feature.unseen_code),
                None => Found::Nothing(Reason::Unseen, Some(clip(text))),
            }
        }
        FeatureType::Text => Found::Text(text.to_owned()),
    }
}

/// A finite number as a record writes it; no words such as `inf`.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}
