//! Rows that could not be used.

use std::path::Path;

use leadscore::Error;
use leadscore_csv::CsvWriter;

use super::{MAX_REMARKS, OutputFile};
use crate::wording::count;
use crate::{Note, Notes, Rejection};

/// Counts rejected rows, notes the first of them, and writes all to a file where one is named.
pub struct Rejects {
    count: u64,
    file: Option<CsvWriter<OutputFile<'static>>>,
}

impl Rejects {
    /// No rejected rows yet; with a path they are written there as CSV with line, reason and raw text.
    ///
    /// # Errors
    /// `not_found` and `io`.
    pub fn create(path: Option<&Path>) -> Result<Rejects, Error> {
        let mut file = path.map(|path| OutputFile::create(path).map(CsvWriter::new)).transpose()?;
        if let Some(csv) = &mut file {
            for name in ["line", "reason", "raw"] {
                csv.text(name)?;
            }
            csv.end_row()?;
        }
        Ok(Rejects { count: 0, file })
    }

    /// How many rows were rejected so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Takes one more.
    ///
    /// # Errors
    /// `io`.
    pub fn add(&mut self, rejection: &Rejection, notes: &mut dyn Notes) -> Result<(), Error> {
        self.count += 1;
        if self.count <= MAX_REMARKS as u64 {
            notes.note(Note::Rejected(format!("line {}: {}", rejection.line, rejection.reason)));
        }
        if let Some(csv) = &mut self.file {
            csv.number(Some(rejection.line as f64))?;
            csv.text(&rejection.reason)?;
            csv.text(&rejection.raw)?;
            csv.end_row()?;
        }
        Ok(())
    }

    /// Takes what [`LeadReader::take_log_rejections`](crate::LeadReader::take_log_rejections) gives.
    ///
    /// # Errors
    /// `io`.
    pub fn add_log(
        &mut self,
        (rows, count): (Vec<Rejection>, u64),
        notes: &mut dyn Notes,
    ) -> Result<(), Error> {
        for row in &rows {
            self.add(row, notes)?;
        }
        self.count += count - rows.len() as u64;
        Ok(())
    }

    /// Completes the file, and notes how many rejections were not spelled out.
    ///
    /// # Errors
    /// `io`.
    pub fn finish(self, notes: &mut dyn Notes) -> Result<(), Error> {
        let hidden = self.count.saturating_sub(MAX_REMARKS as u64);
        if hidden > 0 {
            let hint = if self.file.is_none() { "; --rejects FILE keeps them all" } else { "" };
            notes.note(Note::Rejected(format!("… and {} more rows{hint}", count(hidden))));
        }
        match self.file {
            Some(csv) => csv.finish()?.finish(),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Rejects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rejects").field("count", &self.count).finish_non_exhaustive()
    }
}
