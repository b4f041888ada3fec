//! Cuts text into physical lines, records and fields.
//!
//! A record spanning several lines is taken only if it is well-formed and none of its lines looks like a row of its
//! own; otherwise its first physical line alone is refused, so that one stray quote never swallows the rows after it.

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::line::{RULE, TOTAL, count_lines, is_blank, is_rule, is_total, line_end};
use super::{date, number};

/// The longest record taken, in bytes.
pub(super) const MAX_RECORD: usize = 32 << 20;
/// The most columns taken; what lies beyond is counted, not kept.
pub(super) const MAX_COLUMNS: usize = 1 << 17;
/// Why a longer one is refused.
pub(super) const TOO_LONG: &str = "the row is longer than 32 MiB";
/// How far a record with backslash-escaped quotes may reach over its first line.
const BACKSLASH_REACH: usize = 1 << 20;

/// Lines longer than this inside a quoted cell are taken for text.
const LINE: usize = 64 << 10;

/// Where a field's content stands, relative to the start of its record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) quoting: Quoting,
}

/// What has to be undone in a field's content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Quoting {
    Plain,
    Doubled,
    Backslash,
}

/// What stands next in the text.
#[derive(Debug)]
pub(super) enum Step {
    NeedMore,
    End,
    Blank { next: usize },
    Record(Record),
    Refused { end: usize, next: usize, lines: u64, reason: String },
}

/// A record found: its content's end, the start of the next one, its physical lines and its fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    pub(super) end: usize,
    pub(super) next: usize,
    pub(super) lines: u64,
    pub(super) fields: usize,
    pub(super) backslash: bool,
}

/// Finds records one after the other.
#[derive(Debug)]
pub(super) struct Splitter {
    pub(super) delimiter: u8,
    /// The number of fields wanted, once known.
    pub(super) width: Option<usize>,
    /// How many bytes may still be scanned in vain; earned back by progress, so that the work stays linear.
    allowance: usize,
}

enum Attempt {
    Done {
        end: usize,
        next: usize,
        fields: usize,
    },
    /// A quote is open where the text ends.
    Open,
    /// Text after a closing quote, at this offset.
    Malformed(usize),
}

impl Splitter {
    pub(super) fn new(delimiter: u8, width: Option<usize>) -> Splitter {
        Splitter { delimiter, width, allowance: 2 * MAX_RECORD }
    }

    /// Reads the record at the start of `text`, which begins on physical line `line`.
    pub(super) fn next(&mut self, text: &[u8], eof: bool, line: u64, spans: &mut Vec<Span>) -> Step {
        spans.clear();
        if text.is_empty() {
            return if eof { Step::End } else { Step::NeedMore };
        }
        let Some((end, next)) = line_end(text, eof) else { return Step::NeedMore };
        let first = &text[..end];
        if end > MAX_RECORD {
            return Step::Refused { end, next, lines: 1, reason: TOO_LONG.to_owned() };
        }
        if is_blank(first, self.delimiter) {
            return Step::Blank { next };
        }
        let step = if memchr(b'"', first).is_none() {
            let fields = split_plain(first, self.delimiter, spans);
            let record = Record { end, next, lines: 1, fields, backslash: false };
            self.judge(text, record, spans)
        } else {
            self.quoted(text, eof, line, (end, next), spans)
        };
        let step = match step {
            Step::Record(record) if self.width.is_some() && record.lines == 1 && is_total(first, spans) => {
                Step::Refused { end, next, lines: 1, reason: TOTAL.to_owned() }
            }
            Step::Record(record)
                if self.width.is_some() && record.lines == 1 && is_rule(first, self.delimiter) =>
            {
                Step::Refused { end, next, lines: 1, reason: RULE.to_owned() }
            }
            other => other,
        };
        if !matches!(step, Step::NeedMore) {
            self.allowance = (self.allowance + 2 * next).min(2 * MAX_RECORD);
        }
        step
    }

    fn quoted(
        &mut self,
        text: &[u8],
        eof: bool,
        line: u64,
        (end, next): (usize, usize),
        spans: &mut Vec<Span>,
    ) -> Step {
        let reach = (next + self.allowance).min(MAX_RECORD).max(next);
        let window = &text[..text.len().min(reach)];
        let whole = eof && window.len() == text.len();
        let escapes = memchr::memmem::find(&text[..end], b"\\\"").is_some();
        // Backslash escapes are tried where the standard reading fails or needs more than one line.
        let single = |spans: &mut Vec<Span>, splitter: &Splitter| {
            escapes.then(|| splitter.escaped(&text[..next], true, spans)).flatten()
        };
        let (scanned, misfit) = match split_quoted(window, whole, self.delimiter, false, spans) {
            Attempt::Done { end, next: after, fields } if after == next => {
                let record = Record { end, next, lines: 1, fields, backslash: false };
                match self.judge(text, record, spans) {
                    Step::Refused { reason, .. } => (0, Some(reason)),
                    fine => return fine,
                }
            }
            Attempt::Done { end, next: after, fields } => {
                let lines = count_lines(&text[..after]);
                let record = Record { end, next: after, lines, fields, backslash: false };
                if !self.holds_rows(&text[..end]) {
                    match self.judge(text, record, spans) {
                        Step::Refused { .. } if escapes => {}
                        other => return other,
                    }
                }
                (after, None)
            }
            Attempt::Open => {
                if let Some(record) = single(spans, self) {
                    return Step::Record(record);
                }
                if !eof && window.len() == text.len() {
                    return Step::NeedMore;
                }
                (window.len(), None)
            }
            Attempt::Malformed(at) if at < end => (
                0,
                Some(
                    "there is text after a closing quote; a quote inside a cell is written twice".to_owned(),
                ),
            ),
            Attempt::Malformed(at) => (at, None),
        };
        if escapes {
            let window = &window[..window.len().min(next + BACKSLASH_REACH)];
            if let Some(record) = self.escaped(window, whole, spans) {
                return Step::Record(record);
            }
        }
        self.allowance = self.allowance.saturating_sub(scanned);
        let reason = misfit.unwrap_or_else(|| format!("a quote opened on line {line} is never closed"));
        Step::Refused { end, next, lines: 1, reason }
    }

    /// The record read with `\"` as a quote inside a cell, if that gives a well-formed one.
    fn escaped(&self, window: &[u8], whole: bool, spans: &mut Vec<Span>) -> Option<Record> {
        let Attempt::Done { end, next, fields } = split_quoted(window, whole, self.delimiter, true, spans)
        else {
            return None;
        };
        let record = Record { end, next, lines: count_lines(&window[..next]), fields, backslash: true };
        self.fits(window, &record, spans).then_some(record)
    }

    fn judge(&self, text: &[u8], record: Record, spans: &[Span]) -> Step {
        if self.fits(text, &record, spans) {
            return Step::Record(record);
        }
        let fields = record.fields;
        let reason = match self.width {
            Some(width) => format!("{} where the header has {width}", count(fields, "field")),
            None => format!("{fields} fields are more than {MAX_COLUMNS}"),
        };
        Step::Refused { end: record.end, next: record.next, lines: record.lines, reason }
    }

    /// Whether the number of fields is right; empty fields at the end may be too many.
    fn fits(&self, text: &[u8], record: &Record, spans: &[Span]) -> bool {
        let width = match self.width {
            None => return record.fields <= MAX_COLUMNS,
            Some(width) if record.fields == width => return true,
            Some(width) => width,
        };
        record.fields > width
            && record.fields == spans.len()
            && spans[width..].iter().all(|span| {
                text[span.start as usize..span.end as usize]
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b'\t' | 0))
            })
    }

    /// Whether the lines of a record look like rows of their own: then the quote was a stray one.
    fn holds_rows(&self, text: &[u8]) -> bool {
        let Some(width) = self.width.filter(|width| *width > 1) else { return false };
        let cells =
            |line: &[u8]| if line.len() > LINE { 0 } else { memchr_iter(self.delimiter, line).count() + 1 };
        let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
        let (first, last) = (lines.next().unwrap_or_default(), lines.next_back().unwrap_or_default());
        // A stray quote that happens to be closed is closed within a row; a cell of several lines ends with less.
        if cells(last) < width {
            return false;
        }
        if cells(first) == width && cells(last) == width {
            let mut before = last.split(|byte| *byte == b'"').next().unwrap_or_default();
            before = &before[..before.iter().rposition(|byte| *byte == self.delimiter).unwrap_or(0)];
            if self.has_value(before) {
                return true;
            }
        }
        // In prose a comma is followed by a blank; in a row stand numbers, dates, or one filled cell by the other.
        let mut alike = 0;
        for line in lines.filter(|line| cells(line) == width && memchr(b'"', line).is_none()) {
            let filled = |cell: &[u8]| !cell.is_empty() && cell[0] != b' ';
            alike += usize::from(line.split(|byte| *byte == self.delimiter).all(filled));
            let prose = self.delimiter == b','
                && line.split(|byte| *byte == b',').skip(1).all(|c| c.starts_with(b" "));
            if alike > 1 || (!prose && self.has_value(line)) {
                return true;
            }
        }
        false
    }

    /// Whether some cell of an unquoted line is a number, a date or an address.
    fn has_value(&self, line: &[u8]) -> bool {
        line.split(|byte| *byte == self.delimiter).any(|cell| {
            std::str::from_utf8(cell).is_ok_and(|cell| {
                let cell = super::trim(cell);
                number::read(cell).is_some() || date::read(cell).is_some() || cell.contains('@')
            })
        })
    }
}

fn split_plain(line: &[u8], delimiter: u8, spans: &mut Vec<Span>) -> usize {
    let (mut start, mut fields) = (0, 0);
    for end in memchr_iter(delimiter, line).chain([line.len()]) {
        push(spans, start, end, Quoting::Plain);
        fields += 1;
        start = end + 1;
    }
    fields
}

/// Reads one record with quoted fields from the start of `text`.
fn split_quoted(text: &[u8], whole: bool, delimiter: u8, backslash: bool, spans: &mut Vec<Span>) -> Attempt {
    spans.clear();
    let (mut at, mut fields) = (0, 0);
    loop {
        // Files put together leave a byte order mark at the start of a line.
        if at == 0 && text.starts_with(b"\xEF\xBB\xBF\"") {
            at = 3;
        }
        let blanks = text[at..].iter().take_while(|byte| **byte == b' ' && delimiter != b' ').count();
        let mut end = at + blanks;
        if text.get(end) == Some(&b'"') {
            let start = end + 1;
            let Some((close, quoting)) = closing_quote(text, start, backslash) else { return Attempt::Open };
            if close + 1 == text.len() && !whole {
                return Attempt::Open;
            }
            push(spans, start, close, quoting);
            end = close + 1;
            while text.get(end).is_some_and(|byte| matches!(byte, b' ' | b'\t') && *byte != delimiter) {
                end += 1;
            }
            match text.get(end) {
                None if !whole => return Attempt::Open,
                None => {}
                Some(byte) if *byte == delimiter || matches!(byte, b'\n' | b'\r') => {}
                Some(_) => return Attempt::Malformed(end),
            }
        } else {
            end = match memchr3(delimiter, b'\n', b'\r', &text[end..]) {
                Some(found) => end + found,
                None if whole => text.len(),
                None => return Attempt::Open,
            };
            push(spans, at, end, Quoting::Plain);
        }
        fields += 1;
        if text.get(end) == Some(&delimiter) {
            at = end + 1;
            continue;
        }
        let Some((_, next)) = line_end(&text[end..], whole) else { return Attempt::Open };
        return Attempt::Done { end, next: end + next, fields };
    }
}

/// The offset of the quote that closes a field whose content starts at `from`.
fn closing_quote(text: &[u8], from: usize, backslash: bool) -> Option<(usize, Quoting)> {
    let (mut at, mut quoting) = (from, Quoting::Plain);
    loop {
        let found = if backslash { memchr2(b'"', b'\\', &text[at..]) } else { memchr(b'"', &text[at..]) };
        at += found?;
        if text[at] == b'\\' {
            quoting = Quoting::Backslash;
            at = (at + 2).min(text.len());
        } else if text.get(at + 1) == Some(&b'"') {
            quoting = if backslash { Quoting::Backslash } else { Quoting::Doubled };
            at += 2;
        } else {
            return Some((at, quoting));
        }
    }
}

fn push(spans: &mut Vec<Span>, start: usize, end: usize, quoting: Quoting) {
    if spans.len() <= MAX_COLUMNS {
        spans.push(Span { start: start as u32, end: end as u32, quoting });
    }
}

/// A count with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
