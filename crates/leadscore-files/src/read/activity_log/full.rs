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
