//! Dates that lie behind the moment as of which a lead is judged.

use leadscore::Timestamp;

use super::schema::Draft;
use crate::wording::{count, counted};

/// Dates behind the moments as of which leads are judged, by column.
pub(super) struct LaterDates<'a> {
    /// The columns and their attributes, each with how many dates are later, and how many there are.
    columns: Vec<(&'a str, &'a str, u64, u64)>,
}

impl LaterDates<'_> {
    pub(super) fn new(draft: &Draft) -> LaterDates<'_> {
        let dates = draft.features.iter().filter(|own| own.is_date);
        LaterDates { columns: dates.map(|own| (own.column.as_str(), own.attribute.as_str(), 0, 0)).collect() }
    }

    pub(super) fn add(&mut self, as_of: Timestamp, date: impl Fn(&str) -> Option<Timestamp>) {
        for (_, attribute, later_count, date_count) in &mut self.columns {
            if let Some(at) = date(attribute) {
                *date_count += 1;
                *later_count += u64::from(at > as_of);
            }
        }
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = String> {
        self.columns.iter().filter(|(_, _, later_count, _)| *later_count > 0).map(|(column, _, later_count, date_count)| {
            format!(
                "column `{column}`: {} of {} after the moment as of which the lead is judged, and not known then (--as-of, \
                 --time)",
                count(*later_count),
                counted(*date_count, "date lies", "dates lie")
            )
        })
    }
}
