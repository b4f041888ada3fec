//! Cuts text into physical lines and records.
//!
//! csv-core cuts every record that is regular by RFC 4180. The quoting of a record is checked first, and what
//! csv-core would misread without a word is repaired here: blanks around quotes, quotes escaped by a backslash, a
//! byte order mark before a quote. A record spanning several lines is taken only if it is well-formed and none of
//! its lines looks like a row of its own; otherwise its first physical line alone is refused, so that one stray quote
//! never swallows the rows after it.

use csv_core::{ReadRecordResult, Reader};
use memchr::{memchr, memchr_iter};

use super::fields::Fields;
use super::line::{count_lines, is_blank, is_separator_row, line_end};
use super::{date, number};
use quoted::{Quoted, QuotedScan, Span};

mod quoted;

/// The longest record taken, in bytes.
pub(crate) const MAX_RECORD: usize = 32 << 20;
/// The most columns taken; what lies beyond is counted, not kept.
pub(crate) const MAX_COLUMNS: usize = 1 << 17;
/// Why a longer one is refused.
pub(crate) const TOO_LONG: &str = "the row is longer than 32 MiB";
/// How far a record with backslash-escaped quotes may reach over its first line.
const BACKSLASH_WINDOW: usize = 1 << 20;
/// Lines longer than this inside a quoted cell are taken for text.
const MAX_EMBEDDED_ROW: usize = 64 << 10;

/// Why a line of totals is refused.
const TOTALS_ROW: &str =
    "a line of totals, not a row: it starts with a word for it and at least half of its cells are empty";
/// Why a separator row is refused.
const SEPARATOR_ROW: &str = "a drawn line between rows, not a row";

/// What comes next in the text.
#[derive(Debug)]
pub(crate) enum Cut {
    NeedMore,
    End,
    BlankLine { next: usize },
    Record(Record),
    Refused { end: usize, next: usize, line_count: u64, reason: String },
}

/// A record found: offsets of its content's end and of the next record, its physical lines and its fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Record {
    pub(crate) end: usize,
    pub(crate) next: usize,
    pub(crate) line_count: u64,
    pub(crate) field_count: usize,
    /// Where the content of the first field ends.
    pub(crate) first_field_end: usize,
    /// Whether it was read with backslash escapes.
    pub(crate) backslash: bool,
}

/// Finds records one after the other.
#[derive(Debug)]
pub(crate) struct RecordCutter {
    delimiter: u8,
    /// The number of fields wanted, once known.
    width: Option<usize>,
    /// Whether a record with fewer fields has empty ones at its end.
    pads_short_rows: bool,
    /// How many bytes may still be scanned in vain; earned back by progress, so that the work stays linear.
    rescan_budget: usize,
    parser: Reader,
    spans: Vec<Span>,
}

impl RecordCutter {
    pub(crate) fn new(delimiter: u8, width: Option<usize>) -> RecordCutter {
        let parser = new_parser(delimiter);
        let rescan_budget = 2 * MAX_RECORD;
        RecordCutter { delimiter, width, pads_short_rows: false, rescan_budget, parser, spans: Vec::new() }
    }

    /// The same where a record with fewer fields has empty ones at its end.
    pub(crate) fn pad_short_rows(mut self, pads: bool) -> RecordCutter {
        self.pads_short_rows = pads;
        self
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Cuts the record at the start of `text`, which begins on physical line `line`, into `fields`.
    pub(crate) fn next(&mut self, text: &[u8], eof: bool, line: u64, fields: &mut Fields) -> Cut {
        fields.clear();
        if text.is_empty() {
            return if eof { Cut::End } else { Cut::NeedMore };
        }
        let Some((end, next)) = line_end(text, eof) else { return Cut::NeedMore };
        let first = &text[..end];
        if end > MAX_RECORD {
            return Cut::Refused { end, next, line_count: 1, reason: TOO_LONG.to_owned() };
        }
        if is_blank(first, self.delimiter) {
            return Cut::BlankLine { next };
        }
        let cut = if memchr(b'"', first).is_none() {
            let field_count = self.cut_unquoted(text, end, fields);
            let first_field_end = fields.ends()[0];
            let record = Record { end, next, line_count: 1, field_count, first_field_end, backslash: false };
            self.check_width(record, fields)
        } else {
            self.cut_quoted(text, eof, line, (end, next), fields)
        };
        let cut = match cut {
            Cut::Record(record) if self.width.is_some() && record.line_count == 1 => {
                match not_a_row(first, self.delimiter, fields) {
                    Some(reason) => Cut::Refused { end, next, line_count: 1, reason: reason.to_owned() },
                    None => Cut::Record(record),
                }
            }
            other => other,
        };
        if !matches!(cut, Cut::NeedMore) {
            self.rescan_budget = (self.rescan_budget + 2 * next).min(2 * MAX_RECORD);
        }
        cut
    }

    /// Cuts a line without quotes; the number of its fields, of which at most [`MAX_COLUMNS`] and one are kept.
    fn cut_unquoted(&mut self, text: &[u8], end: usize, fields: &mut Fields) -> usize {
        if self.cut_regular(text, end, fields) {
            return fields.len();
        }
        fields.clear();
        let line = &text[..end];
        for field in line.split(|byte| *byte == self.delimiter).take(MAX_COLUMNS + 1) {
            fields.extend(field);
            fields.end_field();
        }
        memchr_iter(self.delimiter, line).count() + 1
    }

    /// Has csv-core cut a regular record whose content ends at `end`; false if it has too many fields to be kept, or
    /// starts with a byte order mark, which csv-core might strip.
    fn cut_regular(&mut self, text: &[u8], end: usize, fields: &mut Fields) -> bool {
        // With its terminator, so that csv-core is at the start of a record again.
        let input = &text[..text.len().min(end + 1)];
        let mut capacity = self.width.unwrap_or(64) + 8;
        let (mut input_count, mut byte_count, mut field_count) = (0, 0, 0);
        loop {
            let room = fields.room(input.len() + 1, capacity);
            let (output, ends) = (&mut room.bytes[byte_count..], &mut room.ends[field_count..]);
            let (result, read, written, ended) = self.parser.read_record(&input[input_count..], output, ends);
            input_count += read;
            byte_count += written;
            field_count += ended;
            match result {
                ReadRecordResult::Record if input_count == input.len() => {
                    fields.set_len(byte_count, field_count);
                    return true;
                }
                // The file's last record has no terminator; csv-core learns of its end by an empty input.
                ReadRecordResult::InputEmpty if end == text.len() => {}
                ReadRecordResult::OutputEndsFull if field_count <= MAX_COLUMNS => capacity *= 4,
                _ => {
                    self.parser = new_parser(self.delimiter);
                    return false;
                }
            }
        }
    }

    fn cut_quoted(
        &mut self,
        text: &[u8],
        eof: bool,
        line: u64,
        (end, next): (usize, usize),
        fields: &mut Fields,
    ) -> Cut {
        let reach = (next + self.rescan_budget).min(MAX_RECORD).max(next);
        let window = &text[..text.len().min(reach)];
        let whole = eof && window.len() == text.len();
        let escapes = memchr::memmem::find(&text[..end], b"\\\"").is_some();
        let (scanned_in_vain, refusal) = match self.scan(window, whole, false) {
            QuotedScan::Complete(quoted) if quoted.next == next => {
                let record = self.take(text, &quoted, 1, fields);
                match self.check_width(record, fields) {
                    Cut::Refused { reason, .. } => (0, Some(reason)),
                    fine => return fine,
                }
            }
            QuotedScan::Complete(quoted) => {
                if !self.contains_rows(&text[..quoted.end]) {
                    let line_count = count_lines(&text[..quoted.next]);
                    let record = self.take(text, &quoted, line_count, fields);
                    match self.check_width(record, fields) {
                        Cut::Refused { .. } if escapes => {}
                        other => return other,
                    }
                }
                (quoted.next, None)
            }
            QuotedScan::Unterminated => {
                // Backslash escapes are tried where the standard reading fails or needs more than one line.
                if escapes && let Some(record) = self.cut_escaped(&text[..next], true, fields) {
                    return Cut::Record(record);
                }
                if !eof && window.len() == text.len() {
                    return Cut::NeedMore;
                }
                (window.len(), None)
            }
            QuotedScan::TextAfterQuote(at) if at < end => {
                let reason = "there is text after a closing quote; a quote inside a cell is written twice";
                (0, Some(reason.to_owned()))
            }
            QuotedScan::TextAfterQuote(at) => (at, None),
        };
        if escapes {
            let window = &window[..window.len().min(next + BACKSLASH_WINDOW)];
            if let Some(record) = self.cut_escaped(window, whole, fields) {
                return Cut::Record(record);
            }
        }
        self.rescan_budget = self.rescan_budget.saturating_sub(scanned_in_vain);
        let reason = refusal.unwrap_or_else(|| format!("a quote opened on line {line} is never closed"));
        Cut::Refused { end, next, line_count: 1, reason }
    }

    /// The record read with `\"` as a quote inside a cell, if that gives a well-formed one.
    fn cut_escaped(&mut self, window: &[u8], whole: bool, fields: &mut Fields) -> Option<Record> {
        let QuotedScan::Complete(quoted) = self.scan(window, whole, true) else { return None };
        let line_count = count_lines(&window[..quoted.next]);
        let mut record = self.take(window, &quoted, line_count, fields);
        record.backslash = true;
        self.has_right_width(&record, fields).then_some(record)
    }

    fn scan(&mut self, text: &[u8], whole: bool, backslash: bool) -> QuotedScan {
        quoted::scan(text, whole, self.delimiter, backslash, &mut self.spans)
    }

    /// Takes the fields of the record that was scanned last.
    fn take(&mut self, text: &[u8], quoted: &Quoted, line_count: u64, fields: &mut Fields) -> Record {
        let Quoted { end, next, field_count, is_regular } = *quoted;
        let first_field_end = self.spans.first().map_or(0, |span| span.end as usize);
        if !(is_regular && self.cut_regular(text, end, fields)) {
            fields.clear();
            for span in &self.spans {
                span.unquote(text, fields);
                fields.end_field();
            }
        }
        Record { end, next, line_count, field_count, first_field_end, backslash: false }
    }

    fn check_width(&self, record: Record, fields: &mut Fields) -> Cut {
        if self.has_right_width(&record, fields) {
            return Cut::Record(record);
        }
        if let Some(width) = self.width.filter(|width| self.pads_short_rows && record.field_count < *width) {
            while fields.len() < width {
                fields.end_field();
            }
            return Cut::Record(Record { field_count: width, ..record });
        }
        let Record { end, next, line_count, field_count, .. } = record;
        let reason = match self.width {
            Some(width) => format!("{} where the header has {width}", with_noun(field_count, "field")),
            None => format!("{field_count} fields are more than {MAX_COLUMNS}"),
        };
        Cut::Refused { end, next, line_count, reason }
    }

    /// Whether the number of fields is right; empty fields at the end may be too many.
    fn has_right_width(&self, record: &Record, fields: &Fields) -> bool {
        let width = match self.width {
            None => return record.field_count <= MAX_COLUMNS,
            Some(width) if record.field_count == width => return true,
            Some(width) => width,
        };
        let blank = |field: &[u8]| field.iter().all(|byte| matches!(byte, b' ' | b'\t' | 0));
        record.field_count > width
            && record.field_count == fields.len()
            && (width..fields.len()).filter_map(|index| fields.get(index)).all(blank)
    }

    /// Whether the lines of a record look like rows of their own: then the quote was a stray one.
    fn contains_rows(&self, text: &[u8]) -> bool {
        let Some(width) = self.width.filter(|width| *width > 1) else { return false };
        let cell_count = |line: &[u8]| {
            if line.len() > MAX_EMBEDDED_ROW { 0 } else { memchr_iter(self.delimiter, line).count() + 1 }
        };
        let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
        let (first, last) = (lines.next().unwrap_or_default(), lines.next_back().unwrap_or_default());
        // A stray quote that happens to be closed is closed within a row; a cell of several lines ends with less.
        if cell_count(last) < width {
            return false;
        }
        if cell_count(first) == width && cell_count(last) == width {
            let mut before = last.split(|byte| *byte == b'"').next().unwrap_or_default();
            before = &before[..before.iter().rposition(|byte| *byte == self.delimiter).unwrap_or(0)];
            if self.has_value(before) {
                return true;
            }
        }
        // In prose a comma is followed by a blank; a row holds numbers, dates, or nothing but filled cells.
        let mut filled_line_count = 0;
        for line in lines.filter(|line| cell_count(line) == width && memchr(b'"', line).is_none()) {
            let filled = |cell: &[u8]| !cell.is_empty() && cell[0] != b' ';
            filled_line_count += usize::from(line.split(|byte| *byte == self.delimiter).all(filled));
            let prose = self.delimiter == b','
                && line.split(|byte| *byte == b',').skip(1).all(|c| c.starts_with(b" "));
            if filled_line_count > 1 || (!prose && self.has_value(line)) {
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
                number::parse(cell).is_some() || date::parse(cell).is_some() || cell.contains('@')
            })
        })
    }
}

/// A csv-core parser that strips no byte order mark any more: the file's own is gone already.
fn new_parser(delimiter: u8) -> Reader {
    let mut parser = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    parser.read_record(b"\n", &mut [0], &mut [0]);
    parser
}

/// Why a record of the right width is no row after all.
fn not_a_row(line: &[u8], delimiter: u8, fields: &Fields) -> Option<&'static str> {
    if is_totals_row(fields) {
        Some(TOTALS_ROW)
    } else if is_separator_row(line, delimiter) {
        Some(SEPARATOR_ROW)
    } else {
        None
    }
}

/// Whether a record is the sum below a table, such as `Total,,,12`.
pub(crate) fn is_totals_row(fields: &Fields) -> bool {
    // Fast path: there are too few cells.
    if fields.len() < 3 || !is_total(fields.get(0).unwrap_or_default()) {
        return false;
    }
    let rest = fields.len() - 1;
    fields.iter().skip(1).filter(|field| field.trim_ascii().is_empty()).count() * 2 >= rest
}

/// Whether a cell names the sum of what stands above it.
pub(crate) fn is_total(cell: &[u8]) -> bool {
    const LONGEST: usize = 24;
    const WORDS: [&[u8]; 22] = [
        b"total",
        b"totals",
        b"grand total",
        b"grand totals",
        b"subtotal",
        b"sum",
        b"count",
        b"average",
        b"anzahl",
        b"durchschnitt",
        b"summe",
        b"gesamt",
        b"gesamtsumme",
        b"zwischensumme",
        b"total general",
        b"total geral",
        b"total g\xC3\xA9n\xC3\xA9ral",
        b"somme",
        b"totale",
        b"suma",
        b"razem",
        "\u{5408}\u{8A08}".as_bytes(),
    ];
    let word = cell.trim_ascii();
    // Fast path: no word begins like this.
    if !matches!(word.first(), Some(b'A'..=b'z' | 0x80..)) {
        return false;
    }
    let word = word.strip_suffix(b":").unwrap_or(word);
    word.len() <= LONGEST && WORDS.iter().any(|total| total.eq_ignore_ascii_case(word))
}

/// A count with its noun.
fn with_noun(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
