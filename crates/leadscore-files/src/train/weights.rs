//! How much each row counts.

use leadscore::{Error, ErrorKind};
use leadscore_csv::Cell;

use super::past_table::Cells;

/// The weights of the rows of a file.
#[derive(Debug, Default)]
pub(super) struct Weights {
    /// The column that has them.
    pub(super) column: String,
    /// The rows that were read, each with its weight, in their order; empty where all count the same.
    rows: Vec<(u64, f64)>,
    /// How many rows weigh nothing: they are left out.
    pub(super) zero_count: u64,
}

impl Weights {
    /// Those of a column; none are taken in yet.
    pub(super) fn new(column: &str) -> Weights {
        Weights { column: column.to_owned(), ..Weights::default() }
    }

    /// Takes in the weight of a row from its cell; whether the row counts at all.
    pub(super) fn add(&mut self, number: u64, row: Cells<'_>, at: usize) -> Result<bool, Error> {
        let written = row.raw(at).unwrap_or_default().trim();
        let weight = match row.value(at) {
            Some(Cell::Number(weight)) => Some(weight),
            // In a column that is no number in most rows.
            _ => written.parse().ok(),
        };
        let Some(weight) = weight.filter(|weight: &f64| weight.is_finite() && *weight >= 0.0) else {
            let found = if written.is_empty() { "nothing".to_owned() } else { format!("`{written}`") };
            let message =
                format!("column `{}`, row {number}: wants a number from 0 up, found {found}", self.column);
            return Err(Error::new(ErrorKind::InvalidContext, "weight", message));
        };
        self.rows.push((number, weight));
        self.zero_count += u64::from(weight == 0.0);
        Ok(weight > 0.0)
    }

    /// Refuses weights of which none is above 0.
    pub(super) fn check(&self) -> Result<(), Error> {
        if !self.rows.is_empty() && self.zero_count == self.rows.len() as u64 {
            let message =
                format!("column `{}`: every row weighs 0, so there is nothing to learn from", self.column);
            return Err(Error::new(ErrorKind::InvalidContext, "weight", message));
        }
        Ok(())
    }

    /// The weight of a row, 1 where none was read.
    pub(super) fn of_row(&self, number: u64) -> f64 {
        let place = self.rows.binary_search_by_key(&number, |(row, _)| *row);
        place.map_or(1.0, |place| self.rows[place].1)
    }
}
