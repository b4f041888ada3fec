//! A record's activities up to the as-of time, in a fixed order, and the statistics over them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::activity_types::ActivityTypes;
use super::filter::{Filter, NotWithin};
use super::number::parse_number;
use crate::Timestamp;
use crate::expression::normalise;
use crate::math;
use crate::record::{Activities, Activity, ActivityForm, Attribute};
use crate::time::{MILLIS_PER_DAY, MILLIS_PER_HOUR};

/// The activities that count, in order.
#[derive(Debug)]
pub(super) struct ActivityLog<'a> {
    types: &'a ActivityTypes,
    as_of: Timestamp,
    events: Vec<Event<'a>>,
}

#[derive(Debug)]
struct Event<'a> {
    at: Timestamp,
    kind: Cow<'a, str>,
    /// The type of the kind by a rule of the schema, if one matches.
    rule_type: Option<&'a str>,
    /// Where its properties are; a compact activity has none.
    activity: Option<&'a Activity>,
}

impl Event<'_> {
    /// The type of the activity: by rule, else its kind.
    fn activity_type(&self) -> &str {
        self.rule_type.unwrap_or(&self.kind)
    }
}

/// What `distinct` counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum DistinctBy {
    Kind,
    Type,
    Channel,
    Property(String),
}

impl<'a> ActivityLog<'a> {
    /// The activities that count: none after `as_of`, each id once, ordered by time, kind and properties, so that the
    /// order in which the caller gave them cannot matter.
    pub(super) fn new(
        types: &'a ActivityTypes,
        activities: Activities<'a>,
        as_of: Timestamp,
    ) -> ActivityLog<'a> {
        let events = match activities.0 {
            ActivityForm::Full(activities) => full_events(types, activities, as_of),
            ActivityForm::Compact { kinds, activities } => {
                let event = |activity: &crate::record::CompactActivity| {
                    let kind = kinds.get(activity.kind as usize)?;
                    let (at, rule_type) = (activity.at, kind.rule_type.as_deref());
                    Some(Event { at, kind: Cow::Borrowed(&*kind.normalised), rule_type, activity: None })
                };
                let counts = activities.iter().filter(|activity| activity.at <= as_of);
                let mut events: Vec<Event<'_>> = counts.filter_map(event).collect();
                events.sort_by(|a, b| (a.at, &a.kind).cmp(&(b.at, &b.kind)));
                events
            }
        };
        ActivityLog { types, as_of, events }
    }

    /// Whether no activity counts.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The activities that pass a filter, in order.
    fn select(&self, filter: &Filter) -> impl Iterator<Item = &Event<'a>> {
        let skipped = match filter.latest {
            Some(latest) => self.passing(filter).count().saturating_sub(latest),
            None => 0,
        };
        self.passing(filter).skip(skipped)
    }

    /// The activities that pass, before `latest` limits them.
    fn passing(&self, filter: &Filter) -> impl Iterator<Item = &Event<'a>> {
        let considered = filter.among_latest.map_or(0, |n| self.events.len().saturating_sub(n));
        let mut limit = filter.not_within.as_ref().map(|limit| Predecessors::new(&self.events, limit));
        let events = self.events.iter().enumerate().skip(considered);
        let passing = events.filter(move |(index, event)| {
            self.passes(event, filter) && !limit.as_mut().is_some_and(|limit| limit.precede(*index))
        });
        passing.map(|(_, event)| event)
    }

    fn passes(&self, event: &Event<'_>, filter: &Filter) -> bool {
        let recent = filter.within_days.is_none_or(|days| self.age_days(event.at) < days);
        let is_one_of = |types: &[String]| types.iter().any(|own| own == event.activity_type());
        recent
            && (filter.types.is_empty() || is_one_of(&filter.types))
            && !is_one_of(&filter.except)
            && filter.property.as_ref().is_none_or(|property| {
                let found = event.activity.and_then(|activity| activity.properties.get(&property.name));
                found.is_some_and(|found| property.wanted.accepts(found))
            })
    }

    fn age_days(&self, at: Timestamp) -> f64 {
        (self.as_of.as_millis() - at.as_millis()) as f64 / MILLIS_PER_DAY as f64
    }

    /// 1, or less by the age of an activity where there is a half-life.
    pub(super) fn weight(&self, at: Timestamp, half_life_days: Option<f64>) -> f64 {
        half_life_days.map_or(1.0, |days| math::half_life(self.age_days(at), days))
    }

    /// The times of the activities that pass, in order.
    pub(super) fn times(&self, filter: &Filter) -> impl Iterator<Item = Timestamp> {
        self.select(filter).map(|event| event.at)
    }

    pub(super) fn first(&self, filter: &Filter) -> Option<Timestamp> {
        self.times(filter).next()
    }

    pub(super) fn last(&self, filter: &Filter) -> Option<Timestamp> {
        self.times(filter).last()
    }

    pub(super) fn count(&self, filter: &Filter, half_life_days: Option<f64>) -> f64 {
        if half_life_days.is_none() {
            let count = self.passing(filter).count();
            return filter.latest.map_or(count, |latest| count.min(latest)) as f64;
        }
        self.times(filter).fold(0.0, |sum, at| sum + self.weight(at, half_life_days))
    }

    /// The times and the values of a property, where the activities that pass have it as a number.
    pub(super) fn property_values(
        &self,
        filter: &Filter,
        property: &str,
    ) -> impl Iterator<Item = (Timestamp, f64)> {
        let number = |found: &Attribute| match found {
            Attribute::Number(number) => number.is_finite().then_some(*number),
            Attribute::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Attribute::Text(text) => parse_number(text.trim()),
            Attribute::Date(_) => None,
        };
        self.select(filter)
            .filter_map(move |event| Some((event.at, number(event.activity?.properties.get(property)?)?)))
    }

    pub(super) fn distinct(&self, filter: &Filter, by: &DistinctBy) -> f64 {
        let seen: BTreeSet<Cow<'_, str>> = self
            .select(filter)
            .filter_map(|event| match by {
                DistinctBy::Kind => Some(Cow::Borrowed(&*event.kind)),
                DistinctBy::Type => Some(Cow::Borrowed(event.activity_type())),
                DistinctBy::Channel => self.types.channel(event.activity_type()).map(Cow::Borrowed),
                DistinctBy::Property(name) => match event.activity?.properties.get(name)? {
                    Attribute::Text(text) => Some(normalise(text)),
                    other => Some(Cow::Owned(canonical(other))),
                },
            })
            .collect();
        seen.len() as f64
    }

    /// The most activities in any closed window of a given number of hours.
    pub(super) fn burst(&self, filter: &Filter, hours: f64) -> f64 {
        let times: Vec<Timestamp> = self.times(filter).collect();
        let length = hours * MILLIS_PER_HOUR as f64;
        let (mut first, mut largest) = (0, 0);
        for (last, at) in times.iter().enumerate() {
            while (at.as_millis() - times[first].as_millis()) as f64 > length {
                first += 1;
            }
            largest = largest.max(last - first + 1);
        }
        largest as f64
    }
}

/// The activities of some types that lie shortly before others, or at their time; one pass over all, however many share a
/// time.
struct Predecessors<'e, 'a, 'l> {
    events: &'e [Event<'a>],
    limit: &'l NotWithin,
    /// How many activities were looked at, and the last two of the types among them.
    seen: usize,
    latest: [Option<usize>; 2],
}

impl<'e, 'a, 'l> Predecessors<'e, 'a, 'l> {
    fn new(events: &'e [Event<'a>], limit: &'l NotWithin) -> Predecessors<'e, 'a, 'l> {
        Predecessors { events, limit, seen: 0, latest: [None; 2] }
    }

    /// Whether another activity of the types lies at most so many seconds before an activity, or at its time; asked in the
    /// order of the activities.
    fn precede(&mut self, index: usize) -> bool {
        let at = self.events[index].at;
        while let Some(event) = self.events.get(self.seen).filter(|event| event.at <= at) {
            if self.limit.after.iter().any(|own| own == event.activity_type()) {
                self.latest = [Some(self.seen), self.latest[0]];
            }
            self.seen += 1;
        }
        let nearest = self.latest.into_iter().flatten().find(|other| *other != index);
        nearest.is_some_and(|other| seconds_between(self.events[other].at, at) <= self.limit.seconds)
    }
}

fn seconds_between(earlier: Timestamp, later: Timestamp) -> f64 {
    (later.as_millis() - earlier.as_millis()) as f64 / 1_000.0
}

fn full_events<'a>(types: &'a ActivityTypes, activities: &'a [Activity], as_of: Timestamp) -> Vec<Event<'a>> {
    let event = |activity: &'a Activity| {
        let kind = normalise(&activity.kind);
        let rule_type = types.rule_type(&kind);
        Event { at: activity.at, kind, rule_type, activity: Some(activity) }
    };
    let mut events: Vec<Event<'a>> =
        activities.iter().filter(|activity| activity.at <= as_of).map(event).collect();
    let properties = |event: &Event<'_>| match event.activity {
        Some(activity) if !activity.properties.is_empty() => canonical(&activity.properties),
        _ => String::new(),
    };
    let id = |event: &Event<'a>| event.activity.and_then(|activity| activity.id.as_ref());
    events.sort_by(|a, b| {
        (a.at, &a.kind)
            .cmp(&(b.at, &b.kind))
            .then_with(|| properties(a).cmp(&properties(b)))
            .then_with(|| id(a).cmp(&id(b)))
    });
    let mut ids = BTreeSet::new();
    events.retain(|event| id(event).is_none_or(|id| ids.insert(id)));
    events
}

/// Canonical JSON: names sorted, the shortest numbers.
fn canonical(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("attributes serialize")
}
