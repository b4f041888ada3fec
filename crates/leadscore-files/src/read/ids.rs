//! What is an id, and what only stands in the place of one.

use leadscore_csv::{Warning, is_unknown};

use super::row_id;
use crate::wording::{count, counted};

/// Whether a text is an id: it is not blank, and no word that says that there is none, such as `N/A`, `-`, `null` or
/// `unknown`.
///
/// ```
/// use leadscore_files::is_id;
/// assert!(is_id("L-7") && !is_id(" ") && !is_id("N/A") && !is_id("unknown"));
/// ```
pub fn is_id(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !is_unknown(text)
}

/// The leads without an id.
#[derive(Debug, Clone, Default)]
pub(super) struct MissingIds {
    count: u64,
    first_row: u64,
    first_line: u64,
    /// How many have a word for missing in its place, and the first of these words.
    word_count: u64,
    first_word: String,
}

impl MissingIds {
    /// Takes in a lead without an id, with what stands in its place.
    pub(super) fn add(&mut self, (row, line): (u64, u64), written: &str) {
        if self.count == 0 {
            (self.first_row, self.first_line) = (row, line);
        }
        self.count += 1;
        let word = written.trim();
        if !word.is_empty() {
            if self.word_count == 0 {
                word.clone_into(&mut self.first_word);
            }
            self.word_count += 1;
        }
    }

    /// Takes in those of later rows.
    pub(super) fn merge(&mut self, later: MissingIds) {
        if self.count == 0 {
            (self.first_row, self.first_line) = (later.first_row, later.first_line);
        }
        if self.word_count == 0 {
            self.first_word = later.first_word;
        }
        self.count += later.count;
        self.word_count += later.word_count;
    }

    /// What to say of them; `are_shown` where leads without an id are shown by their rows, and `column` is where ids stand.
    pub(super) fn warning(&self, are_shown: bool, column: Option<&str>) -> Option<Warning> {
        let MissingIds { count: leads, first_row, first_line, word_count, first_word } = self;
        let words = match *word_count {
            0 => None,
            1 => Some(format!("`{first_word}` is no id")),
            some => Some(format!("{} have a word such as `{first_word}`, which is no id", count(some))),
        };
        let message = if are_shown {
            let them = if *leads == 1 { "it" } else { "the first" };
            let leads = counted(*leads, "lead has", "leads have");
            let words = words.map(|words| format!(" ({words})")).unwrap_or_default();
            let shown = row_id(*first_row);
            format!("{leads} no id{words}, {them} is shown as `{shown}`; no activity of a log is theirs")
        } else {
            let words = words?;
            format!("{} no id: {words}", counted(*leads, "lead has", "leads have"))
        };
        (*leads > 0).then(|| Warning { line: Some(*first_line), column: column.map(str::to_owned), message })
    }
}
