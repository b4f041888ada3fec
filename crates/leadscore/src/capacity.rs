//! Who is in, where only so many leads can be worked on: the best of a list, or the best of each owner.

mod json;
mod order;
#[cfg(test)]
mod tests;
mod top;

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use crate::{Error, ErrorKind};
pub use json::rank_json;
pub(crate) use order::{by_score, tie_at};
pub use top::Top;

/// How many leads can be worked on: of all, or of each owner, territory or whatever a column says.
///
/// ```
/// use leadscore::capacity::Capacity;
/// let (scores, owners) = ([60.0, 80.0, 60.0, f64::NAN], [Some("ana"), Some("ben"), Some("ana"), Some("ana")]);
/// let ranking = Capacity::parse("1/owner")?.rank(&scores, &owners)?;
/// let within: Vec<bool> = ranking.leads.iter().map(|lead| lead.within).collect();
/// assert_eq!(within, [true, true, false, false]);
/// // Both leads of ana with 60 points are told: of equal scores the earlier lead is in.
/// assert!(ranking.leads[0].tied && ranking.leads[2].tied);
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    top: Top,
    column: Option<String>,
}

/// The leads of a list with their ranks, and what came of each group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CapacityRanking {
    /// Every lead, in the order of the list.
    pub leads: Vec<Standing>,
    /// The groups by name, and last the leads without one; where the capacity has no column, the whole list.
    pub groups: Vec<GroupStanding>,
}

/// Where one lead stands in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Standing {
    /// Its rank by score, from 1; none for a lead without a score, which takes no place.
    pub rank: Option<usize>,
    /// Whether it is within the capacity.
    pub within: bool,
    /// Whether it has the score at which the cut was made, with equal leads on both sides: the earlier ones are in.
    pub tied: bool,
}

/// What came of one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupStanding {
    /// Its name; none for leads without one, and for the whole list.
    pub group: Option<String>,
    /// How many leads have a rank.
    pub leads: usize,
    /// How many of them are within the capacity.
    pub within: usize,
    /// Equal leads on both sides of the cut, if there are.
    pub tie: Option<Tie>,
}

/// Leads with one score, of which some are within the capacity and others not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tie {
    /// Their score, 0–100.
    pub score: f64,
    /// The positions in the list of those that are in, from 0: the earlier ones.
    pub within: Vec<usize>,
    /// The positions of those that are left out.
    pub beyond: Vec<usize>,
}

impl Capacity {
    /// So many leads of the whole list.
    pub fn new(top: Top) -> Capacity {
        Capacity { top, column: None }
    }

    /// The same for each value of a column.
    #[must_use]
    pub fn per(mut self, column: impl Into<String>) -> Capacity {
        self.column = Some(column.into());
        self
    }

    /// Reads `40`, `10 %`, or with a column `40/owner`: so many for each of its values.
    ///
    /// # Errors
    /// `invalid_context` with the path `capacity`.
    pub fn parse(text: &str) -> Result<Capacity, Error> {
        let (top, column) = match text.split_once('/') {
            Some((top, column)) => (top, Some(column.trim())),
            None => (text, None),
        };
        if column == Some("") {
            return Err(invalid("capacity", "the name of the column is missing after `/`, as in 40/owner"));
        }
        let top = Top::parse(top).map_err(|error| error.within("capacity"))?;
        Ok(Capacity { top, column: column.map(str::to_owned) })
    }

    /// How many.
    pub fn top(&self) -> Top {
        self.top
    }

    /// The column for each of whose values these are, if not for the whole list.
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// Ranks the leads of a list by score, the best first, and of equal scores the earlier one first. A lead whose score is
    /// NaN takes no place: one that was refused, or ruled out. Groups are the values of the column, one for each lead; a
    /// blank one is none, and leads without one are a group of their own.
    ///
    /// # Errors
    /// `invalid_context` with `groups`, where there is not one for each score, or the capacity has no column.
    pub fn rank<S: AsRef<str>>(
        &self,
        scores: &[f64],
        groups: &[Option<S>],
    ) -> Result<CapacityRanking, Error> {
        if self.column.is_none() && !groups.is_empty() {
            let message =
                format!("the capacity {self} is for the whole list; for each owner it is {self}/owner");
            return Err(invalid("groups", message));
        }
        if self.column.is_some() && groups.len() != scores.len() {
            let message = format!(
                "{} groups for {} scores; the capacity {self} wants one for each",
                groups.len(),
                scores.len()
            );
            return Err(invalid("groups", message));
        }
        let mut list = CapacityList::new(self.clone());
        for (at, score) in scores.iter().enumerate() {
            list.push(*score, groups.get(at).and_then(|group| group.as_ref()).map(AsRef::as_ref));
        }
        Ok(list.rank())
    }
}

/// As it is read: `40`, `10 %`, `40/owner`.
impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.top)?;
        self.column.as_ref().map_or(Ok(()), |column| write!(f, "/{column}"))
    }
}

/// A list that leads are added to one by one, in memory of a few bytes for each.
#[derive(Debug, Clone)]
pub struct CapacityList {
    capacity: Capacity,
    scores: Vec<f64>,
    /// The group of every lead, where there are several.
    groups: Vec<u32>,
    names: Vec<Option<String>>,
    by_name: HashMap<String, u32>,
    nameless: Option<u32>,
}

impl CapacityList {
    /// A list without leads.
    pub fn new(capacity: Capacity) -> CapacityList {
        CapacityList {
            capacity,
            scores: Vec::new(),
            groups: Vec::new(),
            names: Vec::new(),
            by_name: HashMap::new(),
            nameless: None,
        }
    }

    /// Adds the next lead: its score, NaN for a lead that takes no place, and its group, where the capacity has a column.
    pub fn push(&mut self, score: f64, group: Option<&str>) {
        self.scores.push(score);
        if self.capacity.column.is_some() {
            let group = self.group(group.map(str::trim).filter(|name| !name.is_empty()));
            self.groups.push(group);
        }
    }

    fn group(&mut self, name: Option<&str>) -> u32 {
        let known = name.map_or(self.nameless, |name| self.by_name.get(name).copied());
        known.unwrap_or_else(|| {
            let number = self.names.len() as u32;
            match name {
                Some(name) => _ = self.by_name.insert(name.to_owned(), number),
                None => self.nameless = Some(number),
            }
            self.names.push(name.map(str::to_owned));
            number
        })
    }

    /// Ranks the leads that were added.
    pub fn rank(self) -> CapacityRanking {
        let CapacityList { capacity, scores, groups, mut names, .. } = self;
        if capacity.column.is_none() {
            names.push(None);
        }
        let mut by_group: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
        for lead in by_score(&scores) {
            by_group[groups.get(lead).map_or(0, |group| *group as usize)].push(lead);
        }
        let mut leads = vec![Standing { rank: None, within: false, tied: false }; scores.len()];
        let mut standings = Vec::with_capacity(names.len());
        for (group, ranked) in names.into_iter().zip(by_group) {
            let within = capacity.top.of(ranked.len());
            let ordered: Vec<f64> = ranked.iter().map(|lead| scores[*lead]).collect();
            let tie = tie_at(&ordered, within);
            for (at, lead) in ranked.iter().enumerate() {
                let tied = tie.as_ref().is_some_and(|tie| tie.contains(&at));
                leads[*lead] = Standing { rank: Some(at + 1), within: at < within, tied };
            }
            let tie = tie.map(|tie| Tie {
                score: ordered[tie.start],
                within: ranked[tie.start..within].to_vec(),
                beyond: ranked[within..tie.end].to_vec(),
            });
            standings.push(GroupStanding { group, leads: ranked.len(), within, tie });
        }
        standings.sort_by(|a, b| (a.group.is_none(), &a.group).cmp(&(b.group.is_none(), &b.group)));
        CapacityRanking { leads, groups: standings }
    }
}

fn invalid(path: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidContext, path, message)
}
