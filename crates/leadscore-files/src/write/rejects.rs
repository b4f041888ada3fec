//! Rows that could not be used.

use std::path::Path;

use leadscore::Error;
use leadscore_csv::CsvWriter;

use super::{MAX_REMARKS, OutputFile};
use crate::wording::{count, counted};
use crate::{Note, Notes, Rejection};

/// Counts rejected rows, notes the first of them, and writes all to a file where one is named.
pub struct Rejects {
    count: u64,
    /// The rows of a log that were rejected and are only counted.
    unlisted_count: u64,
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
        Ok(Rejects { count: 0, unlisted_count: 0, file })
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
        self.unlisted_count = count - rows.len() as u64;
        self.count += self.unlisted_count;
        if let (Some(csv), 1..) = (&mut self.file, self.unlisted_count) {
            csv.number(None)?;
            csv.text(&unlisted(self.unlisted_count))?;
            csv.text("")?;
            csv.end_row()?;
        }
        Ok(())
    }

    /// Completes the file, and notes how many rejections were not spelled out.
    ///
    /// # Errors
    /// `io`.
    pub fn finish(self, notes: &mut dyn Notes) -> Result<(), Error> {
        let hidden = self.count.saturating_sub(MAX_REMARKS as u64);
        if hidden > 0 {
            let hint = match (&self.file, self.unlisted_count) {
                (None, 0) => "; --rejects FILE keeps them all",
                (None, _) => "; --rejects FILE keeps most of them",
                (Some(_), _) => "",
            };
            notes.note(Note::Rejected(format!("… and {} more rows{hint}", count(hidden))));
        }
        if self.unlisted_count > 0 {
            notes.note(Note::Rejected(unlisted(self.unlisted_count)));
        }
        match self.file {
            Some(csv) => csv.finish()?.finish(),
            None => Ok(()),
        }
    }
}

/// What is said of rejected rows of a log that are not listed one by one.
fn unlisted(rows: u64) -> String {
    let rows = counted(rows, "further row was rejected", "further rows were rejected");
    format!("activity log: {rows}, which the file of --rejects does not list")
}

impl std::fmt::Debug for Rejects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rejects").field("count", &self.count).finish_non_exhaustive()
    }
}
