//! What became of the leads of a table: which texts of its target column mean won, which lost, and which say nothing.

use std::collections::HashMap;

use leadscore::{Error, ErrorKind, did_you_mean};
use leadscore_csv::is_unknown;

use super::{LeadReader, Source};
use crate::wording::{count, counted};

/// Values that mean won and lost without being asked, in lower case.
const PAIRS: [[&str; 2]; 7] = [
    ["1", "0"],
    ["yes", "no"],
    ["true", "false"],
    ["y", "n"],
    ["won", "lost"],
    ["closed won", "closed lost"],
    ["converted", "not converted"],
];
/// The most values that a message names.
const MAX_SHOWN: usize = 10;
/// A cell without a text.
const EMPTY: u32 = u32::MAX;

impl LeadReader {
    /// The attribute that the pipeline weighs and that is read from a column whose cells are wanted, by its place among
    /// those; none where the column is not weighed.
    pub(crate) fn weighed_attribute(&self, place: usize) -> Option<String> {
        let attribute = match (&self.source, self.carried().source(place)?) {
            (Source::Table(table), (column, _)) => table.attribute_of(column?)?,
            (Source::Records(records), (_, field)) => records.attribute_of(field),
        };
        self.worth.weighs(attribute).then(|| attribute.to_owned())
    }
}

/// The cells of a target column, taken in one by one.
///
/// ```
/// use leadscore_files::TargetCells;
/// let mut cells = TargetCells::new("Converted");
/// for (row, text) in [(1, "yes"), (2, "No"), (3, ""), (4, "n/a")] {
///     cells.add(row, text);
/// }
/// let target = cells.judge(&[])?;
/// assert_eq!(target.labels, [Some(1.0), Some(0.0), None, None]);
/// assert_eq!((target.won_count, target.lost_count, target.without_count), (1, 1, 2));
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TargetCells {
    column: String,
    values: Vec<Value>,
    places: HashMap<String, u32>,
    /// The place of each cell's value.
    cells: Vec<u32>,
    empty_count: u64,
    first_without: Option<u64>,
}

/// One value, however it is written.
#[derive(Debug, Clone)]
struct Value {
    /// As it was written first.
    text: String,
    key: String,
    count: u64,
    first_row: u64,
}

/// What became of every lead of a table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Target {
    /// The name of the column.
    pub column: String,
    /// For each cell, in their order: 1 for won, 0 for lost, none where nothing is said.
    pub labels: Vec<Option<f64>>,
    /// The values that mean won, as they are written.
    pub won_values: Vec<String>,
    /// The values that mean lost, the most frequent first.
    pub lost_values: Vec<String>,
    /// How many leads were won.
    pub won_count: u64,
    /// How many leads were lost.
    pub lost_count: u64,
    /// How many rows say nothing of what became of the lead: they are left out.
    pub without_count: u64,
    /// What a reader should know of how the column was read, in sentences.
    pub notes: Vec<String>,
}

impl TargetCells {
    /// No cells yet of the column of this name.
    pub fn new(column: impl Into<String>) -> TargetCells {
        TargetCells {
            column: column.into(),
            values: Vec::new(),
            places: HashMap::new(),
            cells: Vec::new(),
            empty_count: 0,
            first_without: None,
        }
    }

    /// Takes in the cell of a row, which messages name by its number among the data rows, from 1.
    pub fn add(&mut self, row: u64, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            self.empty_count += 1;
            self.first_without.get_or_insert(row);
            self.cells.push(EMPTY);
            return;
        }
        let key = key(text);
        let place = *self.places.entry(key).or_insert_with_key(|key| {
            let value = Value { text: text.to_owned(), key: key.clone(), count: 0, first_row: row };
            self.values.push(value);
            (self.values.len() - 1) as u32
        });
        self.values[place as usize].count += 1;
        self.cells.push(place);
    }

    /// Says of every cell whether it means won: by the values that are given as such, all others being lost; or, where none
    /// is given and the column holds one of the pairs 1/0, yes/no, true/false, y/n, won/lost, closed won/closed lost and
    /// converted/not converted, by that, in any case of the letters. An empty cell, or a word for missing such as `n/a`,
    /// says nothing.
    ///
    /// # Errors
    /// `invalid_context` with the path `positive`, where the values are none of these pairs or a given one does not occur,
    /// and with `target`, where all leads have one outcome or none has any. The message names the column, its values with
    /// how often and where first they occur, and what to do.
    pub fn judge(&self, positive: &[String]) -> Result<Target, Error> {
        let given: Vec<String> = positive.iter().map(|text| key(text.trim())).collect();
        let says_nothing = |value: &Value| is_unknown(&value.text) && !given.contains(&value.key);
        let mut values: Vec<&Value> = self.values.iter().filter(|value| !says_nothing(value)).collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then(a.first_row.cmp(&b.first_row)));
        let words: Vec<&Value> = self.values.iter().filter(|value| says_nothing(value)).collect();
        let without_count = self.empty_count + words.iter().map(|value| value.count).sum::<u64>();
        if values.is_empty() {
            let rows = counted(self.cells.len() as u64, "row", "rows");
            return Err(self.wrong("target", format!("none of {rows} says what became of the lead")));
        }
        let won: Vec<String> = if given.is_empty() { self.known_pair(&values)? } else { given };
        if let Some(absent) = won.iter().position(|key| values.iter().all(|value| value.key != *key))
            && let Some(text) = positive.get(absent)
        {
            let meant = did_you_mean(text, values.iter().map(|value| value.text.as_str()));
            let message = format!("no row has `{text}`{meant}; its values are {}", listed(&values));
            return Err(self.wrong("positive", message));
        }
        let (won, lost): (Vec<&Value>, Vec<&Value>) =
            values.iter().copied().partition(|value| won.contains(&value.key));
        let sum = |values: &[&Value]| values.iter().map(|value| value.count).sum::<u64>();
        if won.is_empty() || lost.is_empty() {
            return Err(self.one_outcome(&values, won.is_empty(), without_count, &words));
        }
        let mut notes = Vec::new();
        if values.len() > 2 {
            let message =
                format!("column `{}`: won is {}; lost are {}", self.column, listed(&won), listed(&lost));
            notes.push(message);
        }
        notes.extend(self.without(without_count, &words));
        let mut labels_of = vec![None; self.values.len()];
        for (place, label) in labels_of.iter_mut().enumerate() {
            let is = |list: &[&Value]| list.iter().any(|value| value.key == self.values[place].key);
            *label = if is(&won) { Some(1.0) } else { is(&lost).then_some(0.0) };
        }
        let label = |place: &u32| labels_of.get(*place as usize).copied().flatten();
        let texts = |values: &[&Value]| values.iter().map(|value| value.text.clone()).collect();
        Ok(Target {
            column: self.column.clone(),
            labels: self.cells.iter().map(label).collect(),
            won_values: texts(&won),
            lost_values: texts(&lost),
            won_count: sum(&won),
            lost_count: sum(&lost),
            without_count,
            notes,
        })
    }

    /// The value that means won of the pair that holds all values.
    fn known_pair(&self, values: &[&Value]) -> Result<Vec<String>, Error> {
        let holds = |pair: &&[&str; 2]| values.iter().all(|value| pair.contains(&value.key.as_str()));
        let pair = PAIRS.iter().find(holds);
        pair.map(|[won, _]| vec![(*won).to_owned()]).ok_or_else(|| {
            let message = format!(
                "which of its values means won is not known: {}. Say it with `positive` (--positive VALUE)",
                listed(values)
            );
            self.wrong("positive", message)
        })
    }

    fn one_outcome(&self, values: &[&Value], are_lost: bool, without_count: u64, words: &[&Value]) -> Error {
        let outcome = if are_lost { "lost" } else { "won" };
        let mut message = format!(
            "all leads with an outcome are {outcome}: {}. Won and lost ones are needed to tell them apart",
            listed(values)
        );
        if without_count > 0 {
            let rows = counted(without_count, "row says", "rows say");
            message += &format!("; {rows} nothing ({}), which is not taken for lost", self.written(words));
        }
        self.wrong("target", message)
    }

    /// Says how many rows are left out.
    fn without(&self, without_count: u64, words: &[&Value]) -> Option<String> {
        let first = words.iter().map(|value| value.first_row).chain(self.first_without).min()?;
        Some(format!(
            "column `{}`: {} nothing of what became of the lead ({}) and {} left out; the first is row {first}",
            self.column,
            counted(without_count, "row says", "rows say"),
            self.written(words),
            if without_count == 1 { "is" } else { "are" },
        ))
    }

    /// How it is written that nothing is said.
    fn written(&self, words: &[&Value]) -> String {
        let empty = (self.empty_count > 0).then(|| "empty".to_owned());
        let words = words.iter().take(MAX_SHOWN).map(|value| format!("`{}`", value.text));
        empty.into_iter().chain(words).collect::<Vec<_>>().join(", ")
    }

    fn wrong(&self, option: &str, message: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::InvalidContext, option, format!("column `{}`: {message}", self.column))
    }
}

/// What values are compared by: their letters in lower case, or their number, so that `1.0` is `1`.
fn key(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    match text.parse::<f64>() {
        Ok(number) if is_plain => (number + 0.0).to_string(),
        _ => text.to_lowercase(),
    }
}

/// Values with how often they occur, and the first row of each.
fn listed(values: &[&Value]) -> String {
    let shown = values.iter().take(MAX_SHOWN).map(|value| {
        format!(
            "`{}` ({}, first in row {})",
            value.text,
            counted(value.count, "row", "rows"),
            value.first_row
        )
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if values.len() > MAX_SHOWN {
        text += &format!(" and {} more", count((values.len() - MAX_SHOWN) as u64));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(texts: &[&str], positive: &[&str]) -> Result<Target, Error> {
        let mut cells = TargetCells::new("Outcome");
        for (row, text) in (1..).zip(texts) {
            cells.add(row, text);
        }
        cells.judge(&positive.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn refused(texts: &[&str], positive: &[&str]) -> (String, String) {
        let error = judged(texts, positive).unwrap_err();
        assert_eq!(error.code(), "invalid_context");
        (error.path().to_string(), error.message().to_owned())
    }

    #[test]
    fn known_pairs_need_no_word() {
        for (texts, won) in [
            (["0", "1"], "1"),
            (["1.0", "0.0"], "1.0"),
            (["NO", "Yes"], "Yes"),
            (["TRUE", "False"], "TRUE"),
            (["n", "Y"], "Y"),
            (["Lost", "won"], "won"),
            (["Closed Won", "Closed Lost"], "Closed Won"),
            (["Not converted", "Converted"], "Converted"),
        ] {
            let target = judged(&texts, &[]).unwrap();
            assert_eq!(target.won_values, [won]);
            let wanted = texts.map(|text| Some(if text == won { 1.0 } else { 0.0 }));
            assert_eq!((target.labels.as_slice(), target.notes.len()), (wanted.as_slice(), 0));
        }
    }

    #[test]
    fn what_says_nothing_is_left_out_and_said() {
        let target = judged(&["yes", " ", "no", "N/A", "no", "unknown"], &[]).unwrap();
        assert_eq!(target.labels, [Some(1.0), None, Some(0.0), None, Some(0.0), None]);
        assert_eq!((target.won_count, target.lost_count, target.without_count), (1, 2, 3));
        let wanted = "column `Outcome`: 3 rows say nothing of what became of the lead (empty, `N/A`, `unknown`) and are left \
                      out; the first is row 2";
        assert_eq!(target.notes, [wanted]);
    }

    #[test]
    fn given_values_are_won_and_all_others_lost() {
        let texts = ["Purchase", "None", "Refund", "none", "unknown"];
        let target = judged(&texts, &["purchase", "unknown"]).unwrap();
        // A word for missing is a value where it is named; others still are none.
        assert_eq!(target.labels, [Some(1.0), None, Some(0.0), None, Some(1.0)]);
        let target = judged(&["a", "b", "c", "b"], &["a"]).unwrap();
        assert_eq!(target.lost_values, ["b", "c"]);
        let wanted = "column `Outcome`: won is `a` (1 row, first in row 1); lost are `b` (2 rows, first in row 2), `c` (1 \
                      row, first in row 3)";
        assert_eq!(target.notes, [wanted]);
        assert_eq!(judged(&["2", "1.0"], &["2.0"]).unwrap().labels, [Some(1.0), Some(0.0)]);
    }

    #[test]
    fn nothing_is_guessed() {
        let (path, message) = refused(&["yes", "no", "perhaps"], &[]);
        assert_eq!(path, "positive");
        let wanted = "column `Outcome`: which of its values means won is not known: `yes` (1 row, first in row 1), `no` (1 \
                      row, first in row 2), `perhaps` (1 row, first in row 3). Say it with `positive` (--positive VALUE)";
        assert_eq!(message, wanted);
        // One value of each of two pairs.
        assert_eq!(refused(&["1", "no"], &[]).0, "positive");
        let (path, message) = refused(&["won", "open"], &["wom"]);
        assert_eq!(path, "positive");
        assert!(message.starts_with("column `Outcome`: no row has `wom`"), "{message}");
        assert!(message.contains("`won`") && message.contains("first in row 2"), "{message}");
        let many: Vec<String> = (0..30).map(|value| format!("v{value}")).collect();
        let (_, message) = refused(&many.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        assert!(message.contains(" and 20 more"), "{message}");
    }

    #[test]
    fn one_outcome_is_none() {
        let (path, message) = refused(&["1", "", "1"], &[]);
        assert_eq!(path, "target");
        let wanted = "column `Outcome`: all leads with an outcome are won: `1` (2 rows, first in row 1). Won and lost ones are \
                      needed to tell them apart; 1 row says nothing (empty), which is not taken for lost";
        assert_eq!(message, wanted);
        assert!(refused(&["no", "no"], &[]).1.contains("are lost: `no`"));
        assert!(refused(&["a", "a"], &["a"]).1.contains("are won: `a`"));
        assert_eq!(
            refused(&["", "n/a"], &[]).1,
            "column `Outcome`: none of 2 rows says what became of the lead"
        );
        assert_eq!(refused(&[], &[]).0, "target");
    }
}
