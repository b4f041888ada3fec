//! Warnings, counted rather than repeated, so that their number is bounded.

use std::collections::BTreeMap;

use super::excerpt;
use super::fault::Setting;
use super::table::{Column, UnreadableColumn, Warning};

/// The most lines named in one warning.
const MAX_LINES: usize = 20;
/// The most warnings about the file and its columns as such.
const MAX_FILE_WARNINGS: usize = 1000;

/// What can happen to a cell or line again and again; the order is the order of the warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Note {
    OtherEncoding,
    Undecodable,
    Nul,
    BackslashQuote,
    RepeatedHeader,
    EmptyRow,
    SkippedRow,
    FirstCellOnly,
    /// A text that stands for a missing value, by its place in the list of them.
    Placeholder(u8),
    Percent,
    Multiple,
    AmbiguousNumber,
    ContraryNumber,
    NotANumber,
    AmbiguousDate,
    ContraryDate,
    ImpossibleDate,
    TwoDigitYear,
    NotADate,
    NotAFlag,
    LateText,
    RoundedId,
    SpreadsheetText,
}

impl Note {
    /// Whether it tells of a cell that means one of two things, and the file does not settle which.
    pub(crate) fn is_of_two_meanings(self) -> bool {
        matches!(
            self,
            Note::AmbiguousNumber | Note::ContraryNumber | Note::AmbiguousDate | Note::ContraryDate
        )
    }

    /// What would settle a cell that can be read in two ways.
    pub(crate) fn setting(self) -> Option<Setting> {
        match self {
            Note::AmbiguousDate => Some(Setting::DATE_ORDER),
            Note::AmbiguousNumber => Some(Setting::DECIMAL),
            _ => None,
        }
    }

    /// Whether it tells of a cell that holds something and was still read as missing.
    pub(crate) fn is_unread(self) -> bool {
        matches!(
            self,
            Note::AmbiguousNumber
                | Note::ContraryNumber
                | Note::NotANumber
                | Note::AmbiguousDate
                | Note::ContraryDate
                | Note::ImpossibleDate
                | Note::TwoDigitYear
                | Note::NotADate
                | Note::NotAFlag
        )
    }
}

/// What was noticed about cells while they were parsed, counted by column.
///
/// Each thread that parses rows has its own; [`CsvReader::merge`](super::CsvReader::merge) adds them up. The result
/// does not depend on the order, since each count keeps the cell of its lowest line.
#[derive(Debug, Clone, Default)]
pub struct CellNotes {
    /// By column, the few notes that occur in it.
    by_column: Vec<Vec<CellTally>>,
}

#[derive(Debug, Clone)]
struct CellTally {
    note: Note,
    count: u64,
    /// The lowest line, and the cell on it.
    line: u64,
    value: String,
}

impl CellNotes {
    /// Counts something about a cell.
    pub(crate) fn add(&mut self, column: usize, line: u64, note: Note, value: &str) {
        match self.tally(column, note) {
            Some(tally) if tally.line <= line => tally.count += 1,
            Some(tally) => *tally = CellTally { note, count: tally.count + 1, line, value: excerpt(value) },
            None => self.by_column[column].push(CellTally { note, count: 1, line, value: excerpt(value) }),
        }
    }

    /// Adds what was noticed elsewhere.
    pub fn merge(&mut self, other: CellNotes) {
        for (column, tallies) in other.by_column.into_iter().enumerate() {
            for theirs in tallies {
                match self.tally(column, theirs.note) {
                    Some(ours) if ours.line <= theirs.line => ours.count += theirs.count,
                    Some(ours) => *ours = CellTally { count: ours.count + theirs.count, ..theirs },
                    None => self.by_column[column].push(theirs),
                }
            }
        }
    }

    /// The columns with cells that hold something and could not be read.
    pub(crate) fn unreadable_columns(&self) -> Vec<UnreadableColumn> {
        let column = |(column, tallies): (usize, &Vec<CellTally>)| {
            let unread = || tallies.iter().filter(|tally| tally.note.is_unread());
            let first = unread().min_by_key(|tally| tally.line)?;
            Some(UnreadableColumn {
                column,
                cell_count: unread().map(|tally| tally.count).sum(),
                first_line: first.line,
                first_cell: first.value.clone(),
            })
        };
        self.by_column.iter().enumerate().filter_map(column).collect()
    }

    /// All words for missing of a column in one sentence with the first line; `words` are what its values are called.
    pub(crate) fn placeholders(&self, column: usize, words: [&str; 2]) -> Option<(u64, String)> {
        let is_placeholder = |tally: &&CellTally| matches!(tally.note, Note::Placeholder(_));
        let tallies: Vec<&CellTally> = self.by_column.get(column)?.iter().filter(is_placeholder).collect();
        let line = tallies.iter().map(|tally| tally.line).min()?;
        Some((line, placeholder_message(&tallies, line, words)))
    }

    fn tally(&mut self, column: usize, note: Note) -> Option<&mut CellTally> {
        if self.by_column.len() <= column {
            self.by_column.resize_with(column + 1, Vec::new);
        }
        self.by_column[column].iter_mut().find(|tally| tally.note == note)
    }
}

#[derive(Debug, Clone, Default)]
struct LineTally {
    count: u64,
    lines: Vec<u64>,
}

/// The warnings of one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct WarningLog {
    file: Vec<Warning>,
    /// Warnings beyond the first [`MAX_FILE_WARNINGS`].
    suppressed_count: u64,
    lines: BTreeMap<Note, LineTally>,
    pub(crate) cells: CellNotes,
}

impl WarningLog {
    /// Warns once about the file, a line or a column.
    pub(crate) fn warn(&mut self, line: Option<u64>, column: Option<&str>, message: impl Into<String>) {
        if self.file.len() == MAX_FILE_WARNINGS {
            self.suppressed_count += 1;
            return;
        }
        let column = column.map(str::to_owned);
        self.file.push(Warning { line, column, message: message.into() });
    }

    /// Takes back what was said of a column as such.
    pub(crate) fn forget_column(&mut self, name: &str) {
        self.file.retain(|warning| warning.column.as_deref() != Some(name));
    }

    /// Counts something about a line.
    pub(crate) fn line(&mut self, line: u64, note: Note) {
        let tally = self.lines.entry(note).or_default();
        if tally.lines.last() == Some(&line) {
            return;
        }
        if tally.lines.len() < MAX_LINES {
            tally.lines.push(line);
        }
        tally.count += 1;
    }

    /// All warnings so far: those about the file first, then about lines, then by column.
    pub(crate) fn warnings(&self, columns: &[Column], encoding: &str) -> Vec<Warning> {
        let mut warnings = self.file.clone();
        if self.suppressed_count > 0 {
            let message = format!("{} more warnings of these kinds", self.suppressed_count);
            warnings.push(Warning { line: None, column: None, message });
        }
        for (note, tally) in &self.lines {
            let message = line_message(*note, tally, encoding);
            warnings.push(Warning { line: tally.lines.first().copied(), column: None, message });
        }
        for ((index, column), tallies) in columns.iter().enumerate().zip(&self.cells.by_column) {
            let is_other = |tally: &&CellTally| !matches!(tally.note, Note::Placeholder(_));
            let mut tallies: Vec<&CellTally> = tallies.iter().filter(is_other).collect();
            tallies.sort_by_key(|tally| tally.note);
            let mut warn = |line, message| {
                warnings.push(Warning { line: Some(line), column: Some(column.name.clone()), message });
            };
            if let Some((line, message)) = self.cells.placeholders(index, ["cell", "cells"]) {
                warn(line, message);
            }
            for tally in tallies {
                warn(tally.line, cell_message(tally));
            }
        }
        warnings
    }
}

fn line_message(note: Note, tally: &LineTally, encoding: &str) -> String {
    let what = match note {
        Note::OtherEncoding => {
            "in another encoding than the rest, UTF-8 and windows-1252 being mixed; each cell read as what it is"
        }
        Note::Undecodable => &format!("with bytes that are not {encoding}, shown as \u{FFFD}"),
        Note::Nul => "with NUL characters, which were left out",
        Note::BackslashQuote => "with quotes escaped by a backslash, read as quotes inside a cell",
        Note::EmptyRow => "without a value in any cell, kept as rows",
        Note::SkippedRow => "without a value in any cell, skipped",
        Note::FirstCellOnly => "with a value in the first cell only, kept as rows though they may be remarks",
        _ => "repeating the header, skipped",
    };
    let lines: Vec<String> = tally.lines.iter().map(u64::to_string).collect();
    let more = tally.count - tally.lines.len() as u64;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if tally.count == 1 { "line" } else { "lines" };
    format!("{} {noun} {what}: {noun} {}{more}", tally.count, lines.join(", "))
}

/// All words for missing of a column in one sentence, the most frequent first.
fn placeholder_message(tallies: &[&CellTally], line: u64, [one, many]: [&str; 2]) -> String {
    let count: u64 = tallies.iter().map(|tally| tally.count).sum();
    let mut tallies = tallies.to_vec();
    tallies.sort_by_key(|tally| (std::cmp::Reverse(tally.count), tally.line, tally.note));
    let words: Vec<String> = tallies.iter().map(|tally| format!("`{}`", tally.value)).collect();
    let words = match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    };
    let cells = if count == 1 { one } else { many };
    format!("{count} {cells} with {words} read as missing; first at line {line}")
}

fn cell_message(tally: &CellTally) -> String {
    let (cells, are) = if tally.count == 1 { ("cell", "is") } else { ("cells", "are") };
    let count = format!("{} {cells}", tally.count);
    let what = match tally.note {
        Note::Percent => "with %, read as fractions (45% is 0.45)".to_owned(),
        Note::Multiple => "with a letter or word that multiplies (1.5M is 1,500,000)".to_owned(),
        Note::AmbiguousNumber => {
            format!("{are} ambiguous (thousands or decimals?), read as missing{}", settling(tally.note))
        }
        Note::ContraryNumber => {
            format!("{are} written with another decimal sign than the rest, read as missing")
        }
        Note::AmbiguousDate => {
            format!("{are} ambiguous (day or month first?), read as missing{}", settling(tally.note))
        }
        Note::ContraryDate => format!("{are} written with day and month in the other order, read as missing"),
        Note::ImpossibleDate => format!("{are} no possible date, read as missing"),
        Note::TwoDigitYear => "with a two-digit year, read as missing".to_owned(),
        Note::NotADate => format!("{are} no date, read as missing"),
        Note::NotAFlag => format!("{are} neither yes nor no, read as missing"),
        Note::RoundedId => {
            format!("{are} rounded by a spreadsheet, the last digits are lost; kept as written")
        }
        Note::SpreadsheetText => {
            "written as a formula to keep a text (`=\"…\"`), read as that text".to_owned()
        }
        Note::LateText => "after an empty start, read as text".to_owned(),
        _ => format!("{are} no number, read as missing"),
    };
    format!("{count} {what}; first at line {}: `{}`", tally.line, tally.value)
}

/// How the reader is told what cells mean that can be read in two ways.
fn settling(note: Note) -> String {
    note.setting().map_or_else(String::new, |setting| format!("; {} reads them", setting.in_mapping(None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted, and the cell that is shown for it.
    fn counted(notes: &CellNotes) -> Vec<(u64, u64, &str)> {
        notes
            .by_column
            .iter()
            .flatten()
            .map(|tally| (tally.count, tally.line, tally.value.as_str()))
            .collect()
    }

    #[test]
    fn blocks_may_be_merged_in_any_order() {
        let (mut early, mut late) = (CellNotes::default(), CellNotes::default());
        for (line, text) in [(2, "two"), (3, "three")] {
            early.add(1, line, Note::NotANumber, text);
        }
        for (line, text) in [(9, "nine"), (8, "eight"), (10, "ten")] {
            late.add(1, line, Note::NotANumber, text);
        }
        assert_eq!(counted(&late), [(3, 8, "eight")]);
        for (first, second) in [(&early, &late), (&late, &early)] {
            let mut all = CellNotes::default();
            all.merge(first.clone());
            all.merge(second.clone());
            assert_eq!(counted(&all), [(5, 2, "two")]);
        }
    }
}
