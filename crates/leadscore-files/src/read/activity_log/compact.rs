//! A log of which only kinds and times are held: 16 bytes for each activity.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;
use std::ops::Range;

use leadscore::FeatureSchema;
use leadscore::Timestamp;
use leadscore::feature::ActivityKinds;
use leadscore::record::{Activities, ActivityKind, CompactActivity};

use super::duplicates::Duplicates;

/// The activities of all leads, those of each lead together and in order.
#[derive(Debug)]
pub(super) struct CompactLog {
    kinds: Vec<ActivityKind>,
    /// The kinds by number, as they were written.
    kind_names: Vec<Box<str>>,
    activities: Vec<CompactActivity>,
    /// Where the activities of a lead start, by its number, and where the last ones end.
    starts: Vec<usize>,
    /// The numbers of leads with duplicates, which were removed.
    duplicates: Vec<(u32, Duplicates)>,
}

impl CompactLog {
    /// The activities of a lead, by its number.
    pub(super) fn activities(&self, lead: usize) -> Activities<'_> {
        Activities::compact(&self.kinds, &self.activities[self.range(lead)])
    }

    /// The same, as kinds and times.
    pub(super) fn kinds_and_times(&self, lead: usize) -> impl Iterator<Item = (&str, Timestamp)> {
        let activities = &self.activities[self.range(lead)];
        activities.iter().map(|activity| (&*self.kind_names[activity.kind as usize], activity.at))
    }

    fn range(&self, lead: usize) -> Range<usize> {
        self.starts[lead]..self.starts[lead + 1]
    }

    /// The leads with duplicates, by their numbers.
    pub(super) fn duplicates(&self) -> &[(u32, Duplicates)] {
        &self.duplicates
    }

    pub(super) fn activity_count(&self) -> usize {
        self.activities.len()
    }

    /// How much memory it takes.
    pub(super) fn byte_count(&self) -> usize {
        self.activities.capacity() * size_of::<CompactActivity>()
            + self.starts.capacity() * size_of::<usize>()
    }
}

/// A compact log while it is read.
#[derive(Debug)]
pub(super) struct CompactLogBuilder<'s> {
    kinds: ActivityKinds<'s>,
    kind_names: Vec<Box<str>>,
    events: Events,
}

/// The activities in the order of the file; with the hashes of their ids only where the log has ids.
#[derive(Debug)]
enum Events {
    WithoutIds(Vec<Event>),
    WithIds(Vec<EventWithId>),
}

/// An activity; the order of the fields is that of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    lead: u32,
    at: Timestamp,
    kind: u32,
}

#[derive(Debug, Clone, Copy)]
struct EventWithId {
    event: Event,
    id: Option<IdHash>,
}

/// 128 bits of an id: two ids of one lead with the same are not to be expected in all logs there will ever be. In two
/// halves, so that it is aligned like an activity, whose memory is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct IdHash {
    high: NonZeroU64,
    low: u64,
}

impl<'s> CompactLogBuilder<'s> {
    pub(super) fn new(schema: &'s FeatureSchema, has_ids: bool) -> CompactLogBuilder<'s> {
        let events = if has_ids { Events::WithIds(Vec::new()) } else { Events::WithoutIds(Vec::new()) };
        CompactLogBuilder { kinds: ActivityKinds::new(schema), kind_names: Vec::new(), events }
    }

    /// Adds an activity; an id is an error of the caller where the log was said to have none.
    pub(super) fn add(&mut self, lead: u32, kind: &str, at: Timestamp, id: Option<&str>) {
        let number = self.kinds.number(kind);
        if number as usize == self.kind_names.len() {
            self.kind_names.push(kind.into());
        }
        let event = Event { lead, at, kind: number };
        match &mut self.events {
            Events::WithoutIds(events) => {
                assert!(id.is_none(), "a log without ids has none");
                events.push(event);
            }
            Events::WithIds(events) => {
                let id = id.map(IdHash::new);
                events.push(EventWithId { event, id });
            }
        }
    }

    /// The log of so many leads, with duplicates removed.
    pub(super) fn finish(self, lead_count: usize) -> CompactLog {
        let CompactLogBuilder { kinds, kind_names, events, .. } = self;
        let ranks = rank_kinds(kinds.kinds());
        let rank = |event: Event| Event { kind: ranks[event.kind as usize], ..event };
        let compact = |event: Event| CompactActivity { at: event.at, kind: event.kind };
        // Each `collect` below writes into the memory that it reads from, which has room for it.
        let mut duplicates = Vec::new();
        let (starts, mut activities): (Vec<usize>, Vec<CompactActivity>) = match events {
            Events::WithoutIds(mut events) => {
                for event in &mut *events {
                    *event = rank(*event);
                }
                events.sort_unstable();
                let starts = starts(events.iter(), lead_count);
                (starts, events.into_iter().map(compact).collect())
            }
            Events::WithIds(mut events) => {
                for identified in &mut *events {
                    identified.event = rank(identified.event);
                }
                events.sort_unstable_by_key(|identified| identified.event);
                duplicates = remove_duplicates(&mut events);
                let starts = starts(events.iter().map(|identified| &identified.event), lead_count);
                (starts, events.into_iter().map(|identified| compact(identified.event)).collect())
            }
        };
        activities.shrink_to_fit();
        CompactLog {
            kinds: ranked(kinds.into_kinds(), &ranks),
            kind_names: ranked(kind_names, &ranks),
            activities,
            starts,
            duplicates,
        }
    }
}

impl IdHash {
    fn new(id: &str) -> IdHash {
        let half = |seed: u8| {
            let mut hasher = DefaultHasher::new();
            (seed, id).hash(&mut hasher);
            hasher.finish()
        };
        IdHash { high: NonZeroU64::new(half(0)).unwrap_or(NonZeroU64::MIN), low: half(1) }
    }
}

/// The places of kinds in the order in which activities of one time are sorted, by number.
fn rank_kinds(kinds: &[ActivityKind]) -> Vec<u32> {
    let mut numbers: Vec<usize> = (0..kinds.len()).collect();
    numbers.sort_by_key(|&number| kinds[number].normalised());
    let mut ranks = vec![0; kinds.len()];
    for (rank, number) in numbers.into_iter().enumerate() {
        ranks[number] = rank as u32;
    }
    ranks
}

/// Items by rank instead of number.
fn ranked<T>(items: Vec<T>, ranks: &[u32]) -> Vec<T> {
    let mut items: Vec<(u32, T)> = ranks.iter().copied().zip(items).collect();
    items.sort_by_key(|(rank, _)| *rank);
    items.into_iter().map(|(_, item)| item).collect()
}

/// Keeps the first of the activities of a lead that have the same id; they are in order.
///
/// A score counts an id once, the first in order of those that are not after the as-of time. That is the first of all
/// or none, so the others can go before any as-of time is known. Activities of one time and kind may differ in
/// properties, which would make one of them the first; without properties they are alike.
fn remove_duplicates(events: &mut Vec<EventWithId>) -> Vec<(u32, Duplicates)> {
    let mut duplicates: Vec<usize> = Vec::new();
    let mut by_lead = Vec::new();
    let mut ids: Vec<(IdHash, usize)> = Vec::new();
    let mut start = 0;
    for stretch in events.chunk_by(|a, b| a.event.lead == b.event.lead) {
        ids.clear();
        ids.extend((start..).zip(stretch).filter_map(|(index, identified)| Some((identified.id?, index))));
        ids.sort_unstable();
        let mut of_lead = Duplicates::default();
        for same in ids.chunk_by(|a, b| a.0 == b.0) {
            let event = |index: usize| stretch[index - start].event;
            for (_, index) in &same[1..] {
                of_lead.add(event(*index) != event(same[0].1));
                duplicates.push(*index);
            }
        }
        if !of_lead.is_empty() {
            by_lead.push((stretch[0].event.lead, of_lead));
        }
        start += stretch.len();
    }
    duplicates.sort_unstable();
    let mut duplicates = duplicates.into_iter().peekable();
    let mut index = 0;
    events.retain(|_| {
        let is_duplicate = duplicates.next_if_eq(&index).is_some();
        index += 1;
        !is_duplicate
    });
    by_lead
}

/// Where the activities of each lead start, and where the last ones end.
fn starts<'e>(events: impl ExactSizeIterator<Item = &'e Event>, lead_count: usize) -> Vec<usize> {
    let event_count = events.len();
    let mut starts = Vec::with_capacity(lead_count + 1);
    for (index, event) in events.enumerate() {
        while starts.len() <= event.lead as usize {
            starts.push(index);
        }
    }
    starts.resize(lead_count + 1, event_count);
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadscore::{Pipeline, Zone};

    #[test]
    fn an_activity_takes_few_bytes() {
        assert_eq!(size_of::<CompactActivity>(), 16);
        assert_eq!((size_of::<Event>(), size_of::<EventWithId>()), (16, 32));
        let pipeline = Pipeline::builtin("conversion").unwrap();
        for has_ids in [false, true] {
            let mut builder = CompactLogBuilder::new(pipeline.schema(), has_ids);
            for index in 0_u32..10_000 {
                let (at, id) = (Timestamp::from_millis(i64::from(index)).unwrap(), index.to_string());
                builder.add(index % 400, "call", at, has_ids.then_some(&id));
            }
            let log = builder.finish(400);
            assert_eq!(log.activity_count(), 10_000);
            assert_eq!(log.byte_count(), 10_000 * 16 + 401 * 8);
        }
    }

    #[test]
    fn the_first_of_an_id_is_kept_for_each_lead() {
        let pipeline = Pipeline::builtin("conversion").unwrap();
        let mut builder = CompactLogBuilder::new(pipeline.schema(), true);
        let at = |text: &str| Timestamp::parse(text, &Zone::utc()).unwrap();
        builder.add(2, "Open", at("2026-11-03"), Some("x"));
        builder.add(0, "open", at("2026-11-02"), Some("x"));
        builder.add(0, "Call", at("2026-11-02"), Some("x"));
        builder.add(0, "open", at("2026-11-04"), None);
        builder.add(0, "open", at("2026-11-04"), None);
        builder.add(0, "open", at("2026-11-01"), Some("y"));
        let log = builder.finish(4);
        let days = |lead| -> Vec<String> {
            log.kinds_and_times(lead).map(|(kind, at)| format!("{kind} {}", &at.to_string()[8..10])).collect()
        };
        assert_eq!(days(0), ["open 01", "Call 02", "open 04", "open 04"]);
        assert_eq!((days(1), days(3)), (vec![], vec![]));
        assert_eq!(days(2), ["Open 03"]);
    }
}
