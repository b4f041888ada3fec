//! Who is within a capacity, in numbers and in words.

use leadscore::capacity::{Capacity, CapacityRanking};

use crate::wording::{count, counted, one_decimal};

/// At most so many rows of a tie are named on each side of the cut, and so many groups in a sentence.
const NAMED_ROWS: usize = 5;
const NAMED_GROUPS: usize = 12;
/// How many ties are told in a sentence each.
const TOLD_TIES: usize = 5;

/// What came of a capacity.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CapacityReport {
    /// The capacity as it is written: `40`, `10 %`, `40/owner`.
    pub capacity: String,
    /// The column that it is divided by, if it is.
    pub column: Option<String>,
    /// The groups by name, and last the leads without one; the whole list where there is no column.
    pub groups: Vec<CapacityGroup>,
    /// How many leads were ruled out and take no place.
    pub ruled_out_count: u64,
}

/// What came of a capacity in one group.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CapacityGroup {
    /// The value of the column; none for leads without one, and for the whole list.
    pub name: Option<String>,
    /// How many leads have a rank.
    pub lead_count: u64,
    /// How many of them are within the capacity.
    pub within_count: u64,
    /// Leads with one score on both sides of the cut, if there are.
    pub tie: Option<CapacityTie>,
}

/// Leads with one score of which some are within the capacity and others not.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CapacityTie {
    /// Their score, 0–100.
    pub score: f64,
    /// The rows in the input of those that are in.
    pub rows_within: Vec<u64>,
    /// The rows of those that are left out.
    pub rows_beyond: Vec<u64>,
}

impl CapacityReport {
    /// What came of ranking the leads in some rows.
    pub(crate) fn new(
        capacity: &Capacity,
        ranking: &CapacityRanking,
        rows: &[u64],
        ruled_out_count: u64,
    ) -> CapacityReport {
        let rows_of = |leads: &[usize]| leads.iter().map(|lead| rows[*lead]).collect();
        let groups = ranking.groups.iter().map(|own| CapacityGroup {
            name: own.group.clone(),
            lead_count: own.leads as u64,
            within_count: own.within as u64,
            tie: own.tie.as_ref().map(|tie| CapacityTie {
                score: tie.score,
                rows_within: rows_of(&tie.within),
                rows_beyond: rows_of(&tie.beyond),
            }),
        });
        CapacityReport {
            capacity: capacity.to_string(),
            column: capacity.column().map(str::to_owned),
            groups: groups.collect(),
            ruled_out_count,
        }
    }

    /// How many leads are within the capacity.
    pub fn within_count(&self) -> u64 {
        self.groups.iter().map(|own| own.within_count).sum()
    }

    /// How many leads are within the capacity, of how many that have a rank.
    pub fn headline(&self) -> String {
        let leads = counted(self.groups.iter().map(|own| own.lead_count).sum(), "lead", "leads");
        format!("within the capacity {}: {} of {leads}", self.capacity, count(self.within_count()))
    }

    /// What a group is called.
    pub fn group_name(&self, group: &CapacityGroup) -> String {
        match (&group.name, &self.column) {
            (Some(name), _) => name.clone(),
            (None, Some(column)) => format!("without {column}"),
            (None, None) => "all".to_owned(),
        }
    }

    /// All of it as sentences: how many are in, of each group, who takes no place, and equal scores at the cut.
    pub fn sentences(&self) -> Vec<String> {
        let mut first = self.headline();
        if self.column.is_some() {
            let group = |own: &CapacityGroup| {
                format!("{} {} of {}", self.group_name(own), count(own.within_count), count(own.lead_count))
            };
            let named: Vec<String> = self.groups.iter().take(NAMED_GROUPS).map(group).collect();
            first += &format!("; {}", named.join(", "));
            if let more @ 1.. = self.groups.len().saturating_sub(NAMED_GROUPS) {
                first += &format!(", and {} more", count(more as u64));
            }
        }
        let mut sentences = vec![first];
        if let (Some(column), Some(nameless)) =
            (&self.column, self.groups.iter().find(|own| own.name.is_none()))
        {
            let leads = counted(nameless.lead_count, "lead has", "leads have");
            let are =
                if nameless.lead_count == 1 { "is a group of its own" } else { "are a group of their own" };
            sentences.push(format!("{leads} no value of `{column}` and {are} in the capacity"));
        }
        if self.ruled_out_count > 0 {
            let leads = counted(self.ruled_out_count, "lead was", "leads were");
            let take = if self.ruled_out_count == 1 { "takes" } else { "take" };
            sentences.push(format!("{leads} ruled out and {take} no place in the capacity"));
        }
        let ties: Vec<String> = self.groups.iter().filter_map(|own| self.tie_sentence(own)).collect();
        sentences.extend(ties.iter().take(TOLD_TIES).cloned());
        if let more @ 1.. = ties.len().saturating_sub(TOLD_TIES) {
            sentences.push(format!(
                "in {} more groups leads with one score stand on both sides of the cut; `capacity_tied` tells which",
                count(more as u64)
            ));
        }
        sentences
    }

    fn tie_sentence(&self, group: &CapacityGroup) -> Option<String> {
        let tie = group.tie.as_ref()?;
        let of =
            if self.column.is_some() { format!(" of {}", self.group_name(group)) } else { String::new() };
        let leads = count((tie.rows_within.len() + tie.rows_beyond.len()) as u64);
        Some(format!(
            "{leads} leads{of} have the score {} at which the capacity ends: {} in, {} not; of equal scores the earlier \
             row is in",
            one_decimal(tie.score),
            rows(&tie.rows_within),
            rows(&tie.rows_beyond)
        ))
    }
}

/// `row 5 is`, `rows 9, 12 and 3 more are`.
fn rows(rows: &[u64]) -> String {
    let named: Vec<String> = rows.iter().take(NAMED_ROWS).map(u64::to_string).collect();
    let more = match rows.len().saturating_sub(NAMED_ROWS) {
        0 => String::new(),
        more => format!(" and {} more", count(more as u64)),
    };
    match rows.len() {
        1 => format!("row {} is", named.join("")),
        _ => format!("rows {}{more} are", named.join(", ")),
    }
}
