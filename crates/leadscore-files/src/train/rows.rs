//! The rows that a lead of the file becomes: one with its label, or one for each moment of its life.

use leadscore::Timestamp;
use leadscore::train::{Life, PointInTime};

/// What is learned of each lead of a file; asked for its leads in the order of the file.
pub(super) struct Rows {
    kind: Kind,
    at: usize,
    /// How many leads became rows.
    pub(super) lead_count: u64,
}

enum Kind {
    Labelled(Vec<(u64, f64)>),
    Lives(Vec<(u64, Life)>, PointInTime),
}

impl Rows {
    /// Leads with the label of their row; without one they are left out.
    pub(super) fn labelled(rows: &[u64], labels: &[Option<f64>]) -> Rows {
        let known = rows.iter().zip(labels).filter_map(|(row, label)| Some((*row, (*label)?)));
        Rows { kind: Kind::Labelled(known.collect()), at: 0, lead_count: 0 }
    }

    /// Leads as of moments of their lives.
    pub(super) fn lives(lives: Vec<(u64, Life)>, rule: PointInTime) -> Rows {
        Rows { kind: Kind::Lives(lives, rule), at: 0, lead_count: 0 }
    }

    /// The moments of the lead of a row, each with its label; none where the lead has a label and no time of its own.
    pub(super) fn of_lead(
        &mut self,
        row: u64,
        key: &str,
        own_time: impl FnOnce() -> Option<Timestamp>,
    ) -> Option<Vec<(Timestamp, f64)>> {
        let rows: Vec<(Timestamp, f64)> = match &self.kind {
            Kind::Labelled(labels) => match next(labels, &mut self.at, row) {
                Some(label) => vec![(own_time()?, *label)],
                None => Vec::new(),
            },
            Kind::Lives(lives, rule) => match next(lives, &mut self.at, row) {
                Some(life) => {
                    let moments = rule.moments(key, life).into_iter();
                    moments.map(|moment| (moment.at, if moment.is_won { 1.0 } else { 0.0 })).collect()
                }
                None => Vec::new(),
            },
        };
        self.lead_count += u64::from(!rows.is_empty());
        Some(rows)
    }
}

/// What is known of a row, in a list that is sorted by rows and read forward.
fn next<'a, T>(list: &'a [(u64, T)], at: &mut usize, row: u64) -> Option<&'a T> {
    while list.get(*at).is_some_and(|(own, _)| *own < row) {
        *at += 1;
    }
    list.get(*at).filter(|(own, _)| *own == row).map(|(_, value)| value)
}
