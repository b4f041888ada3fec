//! Warnings, counted rather than repeated, so that their number is bounded.

use std::collections::BTreeMap;

use super::{Column, Warning, clip};

/// The most lines named in one warning.
const LINES: usize = 20;
/// The most warnings about the file and its columns as such.
const ONCE: usize = 1000;

/// What can happen to a cell or line again and again; the order is the order of the warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    OtherEncoding,
    Undecodable,
    Nul,
    BackslashQuote,
    RepeatedHeader,
    EmptyRow,
    FirstCellOnly,
    /// A missing marker, by its place in the list of markers.
    Marker(u8),
    Percent,
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

#[derive(Debug, Clone, Default)]
struct Tally {
    count: u64,
    lines: Vec<u64>,
    value: String,
}

/// The warnings of one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    once: Vec<Warning>,
    /// Warnings beyond the first [`ONCE`].
    unsaid: u64,
    tallies: BTreeMap<(Option<usize>, Note), Tally>,
}

impl Notes {
    /// Says something once about the file or a line.
    pub(super) fn say(&mut self, line: Option<u64>, column: Option<&str>, message: impl Into<String>) {
        if self.once.len() == ONCE {
            self.unsaid += 1;
            return;
        }
        let column = column.map(str::to_owned);
        self.once.push(Warning { line, column, message: message.into() });
    }

    /// Counts something about a line.
    pub(super) fn line(&mut self, line: u64, note: Note) {
        self.count(None, line, note, "");
    }

    /// Counts something about a cell.
    pub(super) fn cell(&mut self, column: usize, line: u64, note: Note, value: &str) {
        self.count(Some(column), line, note, value);
    }

    fn count(&mut self, column: Option<usize>, line: u64, note: Note, value: &str) {
        let tally = self.tallies.entry((column, note)).or_default();
        if tally.count == 0 {
            tally.value = clip(value);
        }
        let most = if column.is_none() { LINES } else { 1 };
        if tally.lines.len() < most && tally.lines.last() != Some(&line) {
            tally.lines.push(line);
        } else if column.is_none() && tally.lines.last() == Some(&line) {
            return;
        }
        tally.count += 1;
    }

    /// All warnings so far: those about the file first, then by column.
    pub(super) fn warnings(&self, columns: &[Column], encoding: &str) -> Vec<Warning> {
        let mut warnings = self.once.clone();
        if self.unsaid > 0 {
            let message = format!("{} more warnings of these kinds", self.unsaid);
            warnings.push(Warning { line: None, column: None, message });
        }
        for ((column, note), tally) in &self.tallies {
            let column = column.and_then(|index| columns.get(index)).map(|column| column.name.clone());
            let message = match &column {
                None => of_lines(*note, tally, encoding),
                Some(_) => of_cells(*note, tally),
            };
            warnings.push(Warning { line: tally.lines.first().copied(), column, message });
        }
        warnings
    }
}

fn of_lines(note: Note, tally: &Tally, encoding: &str) -> String {
    let what = match note {
        Note::OtherEncoding => {
            "in another encoding than the rest, UTF-8 and windows-1252 being mixed; each cell read as what it is"
        }
        Note::Undecodable => &format!("with bytes that are not {encoding}, shown as \u{FFFD}"),
        Note::Nul => "with NUL characters, which were left out",
        Note::BackslashQuote => "with quotes escaped by a backslash, read as quotes inside a cell",
        Note::EmptyRow => "without a value in any cell, kept as rows",
        Note::FirstCellOnly => "with a value in the first cell only, kept as rows though they may be remarks",
        _ => "repeating the header, skipped",
    };
    let lines: Vec<String> = tally.lines.iter().map(u64::to_string).collect();
    let more = tally.count - tally.lines.len() as u64;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if tally.count == 1 { "line" } else { "lines" };
    format!("{} {noun} {what}: {noun} {}{more}", tally.count, lines.join(", "))
}

fn of_cells(note: Note, tally: &Tally) -> String {
    let (cells, are) = if tally.count == 1 { ("cell", "is") } else { ("cells", "are") };
    let count = format!("{} {cells}", tally.count);
    let what = match note {
        Note::Marker(_) => {
            return format!("{count} with `{}` read as missing; first at line {}", tally.value, line(tally));
        }
        Note::Percent => "with %, read as fractions (45% is 0.45)".to_owned(),
        Note::AmbiguousNumber => {
            format!(
                "{are} ambiguous (thousands or decimals?), read as missing; name the decimal sign to read them"
            )
        }
        Note::ContraryNumber => {
            format!("{are} written with another decimal sign than the rest, read as missing")
        }
        Note::AmbiguousDate => {
            format!("{are} ambiguous (day or month first?), read as missing; name the order to read them")
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
    format!("{count} {what}; first at line {}: `{}`", line(tally), tally.value)
}

fn line(tally: &Tally) -> u64 {
    tally.lines.first().copied().unwrap_or_default()
}
