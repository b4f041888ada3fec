//! A lead's activities up to the as-of time, in a fixed order, and what can be counted in them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::schema::FeatureSchema;
use super::super::source::{Filter, Take, Wanted, What};
use super::number;
use crate::expression::normalise;
use crate::json::Node;
use crate::lead::{Activity, Attribute, Lead};
use crate::math;
use crate::time::{MILLIS_PER_DAY, MILLIS_PER_HOUR};
use crate::{Timestamp, Zone};

pub(super) struct Log<'a> {
    schema: &'a FeatureSchema,
    as_of: Timestamp,
    events: Vec<Event<'a>>,
}

pub(super) struct Event<'a> {
    pub(super) at: Timestamp,
    activity: &'a Activity,
    kind: Cow<'a, str>,
    /// Its place in the schema's list of types, if one of them is its.
    rule: Option<usize>,
}

impl<'a> Log<'a> {
    /// The activities that count: none after `as_of`, each id once, ordered by time, kind and properties, so that the
    /// order in which the caller gave them cannot matter.
    pub(super) fn new(schema: &'a FeatureSchema, lead: &'a Lead, as_of: Timestamp) -> Log<'a> {
        let mut events: Vec<Event<'a>> = lead
            .activities
            .iter()
            .filter(|activity| activity.at <= as_of)
            .map(|activity| {
                let kind = normalise(&activity.kind);
                let rule = schema.type_rule(&kind);
                Event { at: activity.at, activity, kind, rule }
            })
            .collect();
        events.sort_by(|a, b| {
            let (a, b) = (a.activity, b.activity);
            (a.at, &a.kind)
                .cmp(&(b.at, &b.kind))
                .then_with(|| canonical(a).cmp(&canonical(b)))
                .then_with(|| a.id.cmp(&b.id))
        });
        let mut ids = BTreeSet::new();
        events.retain(|event| event.activity.id.as_ref().is_none_or(|id| ids.insert(id)));
        Log { schema, as_of, events }
    }

    /// The activities a filter lets through, in order.
    pub(super) fn select(&self, filter: &Filter) -> Vec<&Event<'a>> {
        let mut hits: Vec<&Event<'a>> = self.passing(filter).collect();
        if let Some(latest) = filter.latest {
            hits.drain(..hits.len().saturating_sub(latest));
        }
        hits
    }

    /// The activities that pass, before `latest` cuts them.
    fn passing<'s, 'f>(
        &'s self,
        filter: &'f Filter,
    ) -> impl Iterator<Item = &'s Event<'a>> + use<'s, 'f, 'a> {
        let considered = filter.among_latest.map_or(0, |n| self.events.len().saturating_sub(n));
        self.events[considered..].iter().filter(|event| self.passes(event, filter))
    }

    fn passes(&self, event: &Event<'_>, filter: &Filter) -> bool {
        let recent = filter.within_days.is_none_or(|days| self.age_days(event) < days);
        let typed = filter.types.is_empty() || {
            let own = self.type_of(event);
            filter.types.iter().any(|wanted| wanted == own)
        };
        recent
            && typed
            && filter.property.as_ref().is_none_or(|(name, wanted)| {
                event.activity.properties.get(name).is_some_and(|found| is_wanted(found, wanted))
            })
    }

    fn type_of<'s>(&'s self, event: &'s Event<'_>) -> &'s str {
        event.rule.map_or(&*event.kind, |rule| self.schema.rule_type(rule))
    }

    fn age_days(&self, event: &Event<'_>) -> f64 {
        (self.as_of.as_millis() - event.at.as_millis()) as f64 / MILLIS_PER_DAY as f64
    }

    fn weight(&self, event: &Event<'_>, half_life_days: Option<f64>) -> f64 {
        half_life_days.map_or(1.0, |days| math::half_life(self.age_days(event), days))
    }

    pub(super) fn count(&self, filter: &Filter, half_life_days: Option<f64>) -> f64 {
        if self.events.is_empty() {
            return 0.0;
        }
        if filter.latest.is_none() && half_life_days.is_none() {
            return self.passing(filter).count() as f64;
        }
        self.select(filter).iter().fold(0.0, |sum, event| sum + self.weight(event, half_life_days))
    }

    pub(super) fn aggregate(
        &self,
        filter: &Filter,
        property: &str,
        take: Take,
        half_life_days: Option<f64>,
    ) -> f64 {
        let read = |event: &&Event<'_>| match event.activity.properties.get(property)? {
            Attribute::Number(number) => number.is_finite().then_some(*number),
            Attribute::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Attribute::Text(text) => number(text.trim()),
        };
        let hits = self.select(filter);
        let mut values = hits.iter().filter_map(|event| Some((event, read(event)?)));
        match take {
            Take::Sum => {
                values.fold(0.0, |sum, (event, value)| sum + value * self.weight(event, half_life_days))
            }
            Take::Mean => {
                let (sum, count) =
                    values.fold((0.0, 0.0), |(sum, count), (_, value)| (sum + value, count + 1.0));
                if count == 0.0 { f64::NAN } else { sum / count }
            }
            Take::Min => values.map(|(_, value)| value).fold(f64::NAN, f64::min),
            Take::Max => values.map(|(_, value)| value).fold(f64::NAN, f64::max),
            Take::Last => values.next_back().map_or(f64::NAN, |(_, value)| value),
        }
    }

    pub(super) fn distinct(&self, filter: &Filter, what: &What) -> f64 {
        let hits = self.select(filter);
        let seen: BTreeSet<Cow<'_, str>> = hits
            .iter()
            .filter_map(|event| match what {
                What::Kind => Some(Cow::Borrowed(&*event.kind)),
                What::Type => Some(Cow::Borrowed(self.type_of(event))),
                What::Channel => self.schema.channel(self.type_of(event)).map(Cow::Borrowed),
                What::Property(name) => event.activity.properties.get(name).map(|value| match value {
                    Attribute::Text(text) => normalise(text),
                    other => Cow::Owned(serde_json::to_string(other).unwrap_or_default()),
                }),
            })
            .collect();
        seen.len() as f64
    }

    /// The most activities in any closed window of so many hours.
    pub(super) fn burst(&self, filter: &Filter, hours: f64) -> f64 {
        let hits = self.select(filter);
        let length = hours * MILLIS_PER_HOUR as f64;
        let mut first = 0;
        let mut most = 0;
        for (last, event) in hits.iter().enumerate() {
            while (event.at.as_millis() - hits[first].at.as_millis()) as f64 > length {
                first += 1;
            }
            most = most.max(last - first + 1);
        }
        most as f64
    }

    /// The share of activities at some local hours and weekdays; missing when there is none at all.
    pub(super) fn share(
        &self,
        filter: &Filter,
        hours: Option<(u8, u8)>,
        weekdays: Option<&[u8]>,
        zone: &Zone,
    ) -> f64 {
        let hits = self.select(filter);
        let inside = hits.iter().filter(|event| {
            let (hour, weekday) = zone.hour_and_weekday(event.at);
            let in_hours = hours.is_none_or(|(from, to)| {
                if from <= to { (from..=to).contains(&hour) } else { hour >= from || hour <= to }
            });
            in_hours && weekdays.is_none_or(|days| days.contains(&weekday))
        });
        let inside = inside.count() as f64;
        if hits.is_empty() { f64::NAN } else { inside / hits.len() as f64 }
    }

    /// Mean seconds from each `after` activity to the next `reply`; missing when no pair exists.
    pub(super) fn response_time(&self, after: &Filter, reply: &Filter) -> f64 {
        let replies = self.select(reply);
        let waits: Vec<f64> = self
            .select(after)
            .iter()
            .filter_map(|sent| {
                let next = replies.partition_point(|reply| reply.at <= sent.at);
                let millis = replies.get(next)?.at.as_millis() - sent.at.as_millis();
                Some(millis as f64 / 1_000.0)
            })
            .collect();
        if waits.is_empty() {
            return f64::NAN;
        }
        waits.iter().fold(0.0, |sum, wait| sum + wait) / waits.len() as f64
    }
}

/// The properties as canonical JSON: names sorted, numbers as short as they go.
fn canonical(activity: &Activity) -> String {
    if activity.properties.is_empty() {
        return String::new();
    }
    serde_json::to_string(&activity.properties).unwrap_or_default()
}

fn is_wanted(found: &Attribute, wanted: &Wanted) -> bool {
    match (found, wanted) {
        (Attribute::Text(text), Wanted::Words(phrases)) => phrases.found_in(&normalise(text)),
        (Attribute::Text(text), Wanted::Is(Node::Text(own))) => normalise(text) == normalise(own),
        (Attribute::Number(number), Wanted::Is(Node::Integer(own))) => *number == *own as f64,
        (Attribute::Number(number), Wanted::Is(Node::Number(own))) => number == own,
        (Attribute::Flag(flag), Wanted::Is(Node::Flag(own))) => flag == own,
        _ => false,
    }
}
