//! A log of which everything is held.

use std::collections::HashMap;

use leadscore::{Activity, Attribute};

use super::duplicates::Duplicates;

/// Whole activities by the number of the lead.
#[derive(Debug, Default)]
pub(super) struct FullLog {
    by_lead: Vec<Vec<Activity>>,
    activity_count: usize,
    /// What the activities hold beside their own size.
    content_bytes: usize,
}

impl FullLog {
    /// Adds an activity of a lead.
    pub(super) fn add(&mut self, lead: usize, activity: Activity) {
        self.activity_count += 1;
        self.content_bytes += content_bytes(&activity);
        if lead >= self.by_lead.len() {
            self.by_lead.resize_with(lead + 1, Vec::new);
        }
        self.by_lead[lead].push(activity);
    }

    /// The leads with duplicates, by their numbers; a score finds the duplicates itself.
    pub(super) fn duplicates(&self) -> Vec<(u32, Duplicates)> {
        let of_lead = |activities: &[Activity]| {
            let (mut seen, mut duplicates) = (HashMap::new(), Duplicates::default());
            for activity in activities {
                let Some(id) = activity.id.as_deref() else { continue };
                let own = (activity.at, activity.kind.to_lowercase());
                match seen.get(id) {
                    Some(first) => duplicates.add(*first != own),
                    None => drop(seen.insert(id, own)),
                }
            }
            duplicates
        };
        let leads = (0..).zip(&self.by_lead).map(|(lead, activities)| (lead, of_lead(activities)));
        leads.filter(|(_, duplicates)| !duplicates.is_empty()).collect()
    }

    /// The activities of a lead, by its number.
    pub(super) fn activities(&self, lead: usize) -> &[Activity] {
        self.by_lead.get(lead).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn activity_count(&self) -> usize {
        self.activity_count
    }

    /// About how much memory it takes.
    pub(super) fn byte_count(&self) -> usize {
        let lists = self.by_lead.iter().map(|list| allocated_bytes(list.capacity() * size_of::<Activity>()));
        self.content_bytes + self.by_lead.capacity() * size_of::<Vec<Activity>>() + lists.sum::<usize>()
    }
}

/// About how much memory the texts and properties of an activity take.
fn content_bytes(activity: &Activity) -> usize {
    /// A node of a `BTreeMap` has room for so many entries.
    const NODE_ENTRIES: usize = 11;
    let node_bytes = allocated_bytes(NODE_ENTRIES * size_of::<(String, Attribute)>() + 16);
    let texts = activity.properties.iter().map(|(name, value)| {
        let text = if let Attribute::Text(text) = value { text.len() } else { 0 };
        allocated_bytes(name.len()) + allocated_bytes(text)
    });
    let nodes = activity.properties.len().div_ceil(NODE_ENTRIES) * node_bytes;
    let id = activity.id.as_ref().map_or(0, |id| allocated_bytes(id.len()));
    allocated_bytes(activity.kind.len()) + id + nodes + texts.sum::<usize>()
}

/// What an allocation of so many bytes takes with the allocator's own, in steps of 16 bytes.
fn allocated_bytes(len: usize) -> usize {
    if len == 0 { 0 } else { (len + 8).next_multiple_of(16).max(32) }
}

#[cfg(test)]
mod tests {
    use leadscore::Timestamp;

    use super::*;

    fn activity(properties: usize) -> Activity {
        let mut activity = Activity::new("page_view", Timestamp::default());
        for number in 0..properties {
            activity.properties.insert(format!("p{number}"), Attribute::Number(1.0));
        }
        activity
    }

    #[test]
    fn what_a_log_takes_is_what_its_allocations_take() {
        for (len, bytes) in [(0, 0), (1, 32), (24, 32), (25, 48), (40, 48), (41, 64)] {
            assert_eq!(allocated_bytes(len), bytes, "{len}");
        }
        // The kind alone; then a node of a tree for eleven properties each, and their names.
        let node = allocated_bytes(11 * size_of::<(String, Attribute)>() + 16);
        assert!(node > 11 * (size_of::<String>() + size_of::<Attribute>()));
        for (properties, nodes) in [(0, 0), (1, 1), (11, 1), (12, 2), (22, 2), (23, 3)] {
            assert_eq!(
                content_bytes(&activity(properties)),
                32 + nodes * node + properties * 32,
                "{properties}"
            );
        }
        let mut told = activity(1);
        told.id = Some("x".repeat(100));
        told.properties.insert("p0".to_owned(), Attribute::Text("y".repeat(200)));
        assert_eq!(content_bytes(&told), 32 + 112 + node + 32 + 208);
        // A log takes what its activities do, and lists of them for every lead.
        let mut log = FullLog::default();
        for lead in 0..100 {
            log.add(lead, activity(1));
            log.add(lead, activity(0));
        }
        let contents = 100 * (content_bytes(&activity(1)) + content_bytes(&activity(0)));
        let lists = 100 * (2 * size_of::<Activity>() + size_of::<Vec<Activity>>());
        assert!((contents + lists..2 * (contents + 2 * lists)).contains(&log.byte_count()));
        assert_eq!(log.activity_count(), 200);
    }
}
