//! How the features of a schema are filled in, worked out once: what the loop over a record's features reads lies close
//! together, and what a record without activities cannot change is known beforehand.

use std::sync::OnceLock;

use super::known::Unknowns;
use super::{Feature, FeatureSchema};
use crate::expression::KnownColumns;
use crate::feature::activity_log::ActivityLog;
use crate::feature::activity_types::ActivityTypes;
use crate::feature::feature_type::FeatureType;
use crate::feature::filter::ActivityNeeds;
use crate::feature::sources::{Formula, Found, Input, SharedSource};
use crate::record::Activities;
use crate::{Timestamp, Zone};

/// How one feature is filled in.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::feature) struct Step {
    /// The feature's position in the schema.
    pub(in crate::feature) position: u32,
    pub(in crate::feature) how: How,
    /// The number of the attribute that is read, if one is.
    pub(in crate::feature) attribute: Option<u32>,
    /// What is found where a record does not have that attribute.
    pub(in crate::feature) absent: Option<Found>,
    pub(in crate::feature) accepted: Accepted,
    pub(in crate::feature) is_column: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::feature) enum How {
    /// Missing in every record, and reported.
    ConstantlyMissing(Found),
    /// The number of the attribute, if it is one and accepted; else as `Source`.
    PlainNumber(SharedSource),
    /// The flag of the attribute, or its number if that is 0 or 1, if it is accepted; else as `Source`.
    PlainFlag(SharedSource),
    Formula(Formula),
    Source(SharedSource),
    /// A text that is shown and not scored, and need not be there.
    OptionalText(SharedSource),
}

/// The values of a feature that can be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::feature) struct Accepted {
    low: f64,
    high: f64,
    whole: bool,
}

impl Accepted {
    fn new(feature: &Feature) -> Accepted {
        let (low, high) =
            feature.range.map_or((f64::NEG_INFINITY, f64::INFINITY), |range| (range.low, range.high));
        Accepted { low, high, whole: feature.whole }
    }

    /// Whether a value can be used; a missing one cannot.
    #[inline]
    pub(in crate::feature) fn contains(self, value: f64) -> bool {
        value >= self.low && value <= self.high && value.is_finite() && (!self.whole || is_whole(value))
    }
}

/// Whether a finite number has no fraction; without a call into the mathematics library.
#[inline]
fn is_whole(value: f64) -> bool {
    const ALL_WHOLE: f64 = (1_u64 << 52) as f64;
    value as i64 as f64 == value || value.abs() >= ALL_WHOLE
}

/// The steps of a schema, worked out when the first record is read.
#[derive(Debug, Clone, Default)]
pub(in crate::feature) struct PlannedSteps(OnceLock<Steps>);

/// The plans for records with activities, and for those without.
#[derive(Debug, Clone, Default)]
pub(in crate::feature) struct Steps {
    pub(in crate::feature) with_activities: Plan,
    pub(in crate::feature) without_activities: Plan,
    /// What is not known where there are no activities.
    pub(in crate::feature) unknowns: Unknowns,
}

/// How a row of all features is filled in.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::feature) struct Plan {
    /// The values that are the same for every record, and for all others what a missing value becomes.
    pub(in crate::feature) template: Vec<f64>,
    /// The features that have to be looked at, in the schema's order.
    pub(in crate::feature) steps: Vec<Step>,
    /// The counts that a record states and that give way to those of the log.
    pub(in crate::feature) giving_way: Vec<GivingWay>,
}

/// A count that a record states, and that of the log before which it gives way.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::feature) struct GivingWay {
    /// The position of the stated count.
    pub(in crate::feature) stated: usize,
    /// The position of the log's.
    pub(in crate::feature) logged: usize,
    /// What counts in the whole log, where the log's count only considers the latest activities.
    pub(in crate::feature) in_all: Option<SharedSource>,
}

impl PlannedSteps {
    pub(in crate::feature) fn get(&self, schema: &FeatureSchema) -> &Steps {
        self.0.get_or_init(|| Steps {
            with_activities: with_activities(schema),
            without_activities: without_activities(schema),
            unknowns: Unknowns::new(schema, found_in_empty_record),
        })
    }
}

impl PartialEq for PlannedSteps {
    /// They follow from the features, which are compared.
    fn eq(&self, _: &PlannedSteps) -> bool {
        true
    }
}

impl Plan {
    /// Adds a feature that is the same for every record.
    fn push_constant(&mut self, value: f64) {
        self.template.push(value);
    }

    /// Adds a feature that has to be looked at.
    fn push(&mut self, feature: &Feature, how: How) {
        self.steps.push(Step {
            position: self.template.len() as u32,
            how,
            attribute: feature.attribute.map(|index| index as u32),
            absent: feature.attribute.map(|_| found_in_empty_record(feature)),
            accepted: Accepted::new(feature),
            is_column: feature.is_column(),
        });
        self.template.push(default(feature));
    }
}

/// What is found in a record without any attribute or activity.
fn found_in_empty_record(feature: &Feature) -> Found {
    let (types, as_of, zone) = (ActivityTypes::default(), Timestamp::default(), Zone::utc());
    let log = ActivityLog::new(&types, Activities::default(), as_of);
    feature.find(&Input { attribute: None, log: &log, as_of, zone: &zone })
}

fn default(feature: &Feature) -> f64 {
    feature.default.unwrap_or(f64::NAN)
}

fn with_activities(schema: &FeatureSchema) -> Plan {
    let mut plan = Plan::default();
    schema.features().iter().for_each(|feature| plan.push(feature, own_way(feature)));
    let position = |name: &str| schema.features().iter().position(|feature| feature.name == name);
    let giving_way = |(stated, feature): (usize, &Feature)| {
        let logged = position(feature.gives_way_to.as_deref()?)?;
        Some(GivingWay { stated, logged, in_all: schema.features()[logged].source.of_all_activities() })
    };
    plan.giving_way = schema.features().iter().enumerate().filter_map(giving_way).collect();
    plan
}

fn own_way(feature: &Feature) -> How {
    let source = feature.source.clone();
    match source.formula() {
        Some(formula) => How::Formula(formula.clone()),
        None if feature.kind == FeatureType::Text && !feature.required => How::OptionalText(source),
        None if feature.is_plain_number => How::PlainNumber(source),
        None if feature.is_plain_flag => How::PlainFlag(source),
        None => How::Source(source),
    }
}

/// Without activities, what is counted in them is the same for all records, and so are formulas that rest on it alone;
/// other formulas are simplified.
fn without_activities(schema: &FeatureSchema) -> Plan {
    let (mut plan, mut known) = (Plan::default(), KnownColumns::default());
    for feature in schema.features() {
        let constant = if feature.source.activity_needs() > ActivityNeeds::None {
            Some(found_in_empty_record(feature))
        } else {
            let value = feature.source.formula().and_then(|formula| formula.constant(&known));
            value.map(|value| feature.usable(Found::Value(value)))
        };
        match constant {
            Some(Found::Value(value)) => {
                plan.push_constant(value);
                known.push(Some(value));
            }
            Some(missing) => {
                plan.push(feature, How::ConstantlyMissing(missing));
                known.push(Some(default(feature)));
            }
            None => {
                plan.push(
                    feature,
                    match own_way(feature) {
                        How::Formula(formula) => How::Formula(formula.with_known(&known)),
                        other => other,
                    },
                );
                known.push(None);
            }
        }
    }
    plan
}
