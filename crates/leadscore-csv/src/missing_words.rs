//! Words for missing in records that are no rows of a table.

use super::notes::CellNotes;
use super::placeholder::{Placeholder, TextPlaceholders};
use super::table::Warning;
use super::trim;

/// Words for missing, such as `n/a`, in a field of records that are no rows of a table; told as those of a column are.
///
/// ```
/// use leadscore_csv::MissingWords;
/// let mut words = MissingWords::default();
/// assert!(words.take(3, " N/A ", |_| false) && !words.take(4, "None", |word| word == "none"));
/// let warning = words.warning("company").unwrap();
/// assert_eq!(warning.message, "1 value with `N/A` read as missing; first at line 3");
/// ```
#[derive(Debug, Clone, Default)]
pub struct MissingWords {
    notes: CellNotes,
}

impl MissingWords {
    /// Whether a text is such a word, and none of those that are values of the field; it is counted.
    pub fn take(&mut self, line: u64, text: &str, is_value: impl Fn(&str) -> bool) -> bool {
        let text = trim(text);
        // Fast path: most texts are no such word.
        if Placeholder::find(text.as_bytes()).is_none() {
            return false;
        }
        let found = TextPlaceholders::all_but(is_value).find(text.as_bytes());
        if let Some(found) = found {
            self.notes.add(0, line, found.note(), text);
        }
        found.is_some()
    }

    /// What to say of them, if there were any.
    pub fn warning(&self, field: &str) -> Option<Warning> {
        let (line, message) = self.notes.placeholders(0, ["value", "values"])?;
        Some(Warning { line: Some(line), column: Some(field.to_owned()), message })
    }
}
