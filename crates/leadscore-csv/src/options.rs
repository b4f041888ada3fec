//! What the caller knows about a file.

use leadscore::Error;

use super::unreadable;

/// What the caller knows about a file; everything left out is detected from the file itself.
///
/// ```
/// use leadscore_csv::{CsvOptions, DateOrder};
///
/// let options = CsvOptions::new().delimiter(b';').decimal(',').date_order(DateOrder::DayFirst).text_column("zip");
/// assert_eq!(options.delimiter, Some(b';'));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CsvOptions {
    /// The byte between two cells.
    pub delimiter: Option<u8>,
    /// The encoding by its WHATWG label, such as `windows-1252`; a byte order mark wins over it.
    pub encoding: Option<String>,
    /// The decimal sign of every number column, `.` or `,`.
    pub decimal: Option<char>,
    /// The order of day and month in dates such as `05/06/2026`.
    pub date_order: Option<DateOrder>,
    /// Whether the first row of the table holds the column names.
    pub header: Option<bool>,
    /// The names of columns to be kept as text whatever they look like.
    pub text_columns: Vec<String>,
    /// Whether a row with fewer cells than the header lacks the last ones; it is rejected otherwise.
    pub short_rows_are_padded: bool,
    /// Whether rows without a value in any cell are skipped; they are rows without values otherwise.
    pub empty_rows_are_skipped: bool,
}

/// The order of day and month in a date such as `05/06/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// The 5th of June.
    DayFirst,
    /// The 6th of May.
    MonthFirst,
}

impl CsvOptions {
    /// Options that leave everything to detection.
    pub fn new() -> CsvOptions {
        CsvOptions::default()
    }

    /// Sets the byte between two cells.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> CsvOptions {
        self.delimiter = Some(delimiter);
        self
    }

    /// Sets the encoding by its WHATWG label.
    #[must_use]
    pub fn encoding(mut self, label: impl Into<String>) -> CsvOptions {
        self.encoding = Some(label.into());
        self
    }

    /// Sets the decimal sign, `.` or `,`.
    #[must_use]
    pub fn decimal(mut self, sign: char) -> CsvOptions {
        self.decimal = Some(sign);
        self
    }

    /// Sets the order of day and month.
    #[must_use]
    pub fn date_order(mut self, order: DateOrder) -> CsvOptions {
        self.date_order = Some(order);
        self
    }

    /// Says whether the first row of the table holds the column names.
    #[must_use]
    pub fn header(mut self, header: bool) -> CsvOptions {
        self.header = Some(header);
        self
    }

    /// Adds a column to be kept as text whatever it looks like.
    #[must_use]
    pub fn text_column(mut self, name: impl Into<String>) -> CsvOptions {
        self.text_columns.push(name.into());
        self
    }

    /// Takes a row with fewer cells than the header for one that lacks the last ones, instead of rejecting it.
    #[must_use]
    pub fn pad_short_rows(mut self) -> CsvOptions {
        self.short_rows_are_padded = true;
        self
    }

    /// Skips rows without a value in any cell; they keep their numbers.
    #[must_use]
    pub fn skip_empty_rows(mut self) -> CsvOptions {
        self.empty_rows_are_skipped = true;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(delimiter) = self.delimiter
            && (!delimiter.is_ascii() || matches!(delimiter, b'"' | b'\n' | b'\r' | 0))
        {
            return Err(unreadable("a delimiter is one ASCII character, no quote and no line end"));
        }
        match self.decimal {
            None | Some('.' | ',') => Ok(()),
            Some(other) => Err(unreadable(format!("the decimal sign is `.` or `,`, not `{other}`"))),
        }
    }
}
