//! Finds the table in the sample: its delimiter, what stands above it, and its column names.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::detect::Charset;
use super::line::line_end;
use super::notes::Notes;
use super::record::{MAX_RECORD, Quoting, Span, Splitter, Step};
use super::shape::{Shape, is_column_name, marker, shape};
use super::{CsvOptions, trim, unreadable};
use crate::{Error, ErrorKind};

/// How many records, and how much text, are looked at for each delimiter.
const RECORDS: usize = 500;
const TEXT: usize = 1 << 20;
/// How far down the column names may stand.
const PREAMBLE: usize = 50;
/// Splits nothing: the delimiter of a table with one column.
const NONE: u8 = 0x1F;

/// Where the table is and how it is cut.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) delimiter: u8,
    pub(super) width: usize,
    /// The header's cells as written, without blanks around them.
    pub(super) header: Option<Vec<String>>,
    pub(super) header_line: Option<u64>,
    /// Where the first data row starts, and on which line.
    pub(super) data: usize,
    pub(super) data_line: u64,
}

impl Layout {
    /// The delimiter as a character people know.
    pub(super) fn shown_delimiter(&self) -> char {
        if self.delimiter == NONE { ',' } else { self.delimiter as char }
    }
}

/// Looks for the table in the sample; `None` if the sample has to grow first.
pub(super) fn find(
    text: &[u8],
    eof: bool,
    charset: Charset,
    options: &CsvOptions,
    notes: &mut Notes,
) -> Result<Option<Layout>, Error> {
    let (start, declared) = declared_delimiter(text, eof, notes);
    let line = if start > 0 { 2 } else { 1 };
    let scan = |delimiter| Scan::new(text, start, line, eof, charset, delimiter);
    // A declared delimiter that cuts nothing is no help.
    let declared = declared.filter(|delimiter| {
        let Some((own, _)) = scan(*delimiter).score() else { return false };
        let others = b",;\t|".iter().filter(|other| *other != delimiter);
        let fits = others.filter_map(|other| scan(*other).score()).all(|(score, _)| score <= own * 2.5);
        if !fits {
            notes.say(Some(1), None, "the delimiter declared there does not cut the rows; another one does");
        }
        fits
    });
    let given = options.delimiter.or(declared);
    let candidates: &[u8] = given.as_ref().map_or(b",;\t|", std::slice::from_ref);
    let mut best: Option<(f64, Scan<'_>, usize)> = None;
    for scan in candidates.iter().map(|delimiter| scan(*delimiter)) {
        if scan.records.is_empty() {
            if !eof && text.len() <= MAX_RECORD {
                return Ok(None);
            }
            let message =
                if eof { "the file holds no table; export it with a header and rows" } else { TOO_LONG };
            return Err(unreadable(message));
        }
        let Some((score, header)) = scan.score() else { continue };
        if best.as_ref().is_none_or(|(least, ..)| score > *least) {
            best = Some((score, scan, header));
        }
    }
    let (scan, header) = match (best, given) {
        (Some((_, scan, header)), _) => (scan, header),
        (None, Some(delimiter)) => (scan(delimiter), 0),
        (None, None) => (scan(NONE), 0),
    };
    let sample = &text[..text.len().min(64 << 10)];
    let first = &sample[..line_end(sample, true).map_or(0, |(end, _)| end)];
    let spaced = memchr::memmem::find(first.trim_ascii(), b"  ").is_some();
    if scan.delimiter == NONE && (spaced || sample.iter().any(|byte| b",;\t|^~".contains(byte))) {
        notes.say(
            None,
            None,
            "read as one column, since nothing cuts all rows alike; name the delimiter if there are more",
        );
    }
    scan.layout(header, options, notes).map(Some)
}

const TOO_LONG: &str = "the first line is longer than 32 MiB; check the line ends of the file";

/// The end of a first line such as `sep=;`, and its delimiter.
fn declared_delimiter(text: &[u8], eof: bool, notes: &mut Notes) -> (usize, Option<u8>) {
    let Some((end, next)) = line_end(&text[..text.len().min(64)], eof && text.len() <= 64) else {
        return (0, None);
    };
    let line: Vec<u8> = text[..end].iter().copied().filter(|byte| *byte != b'"').collect();
    let start = line.iter().take_while(|byte| **byte == b' ').count();
    match &line[start..] {
        [s, e, p, b'=', delimiter, rest @ ..]
            if [*s, *e, *p].eq_ignore_ascii_case(b"sep")
                && delimiter.is_ascii()
                && !delimiter.is_ascii_alphanumeric()
                && rest.iter().all(|byte| byte == delimiter || *byte == b' ') =>
        {
            notes.say(Some(1), None, "the delimiter is declared on this line, which is skipped");
            (next, Some(*delimiter))
        }
        _ => (0, None),
    }
}

/// The first records as one delimiter cuts them.
struct Scan<'a> {
    text: &'a [u8],
    charset: Charset,
    delimiter: u8,
    records: Vec<Seen>,
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    start: usize,
    next: usize,
    line: u64,
    next_line: u64,
    /// The first of its spans.
    first: usize,
    fields: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8], start: usize, line: u64, eof: bool, charset: Charset, delimiter: u8) -> Scan<'a> {
        let mut scan = Scan { text, charset, delimiter, records: Vec::new(), spans: Vec::new() };
        let mut splitter = Splitter::new(delimiter, None);
        let (mut at, mut line, mut spans) = (start, line, Vec::new());
        while scan.records.len() < RECORDS && (at < start + TEXT || scan.records.len() < 2) {
            let (next, lines, fields) = match splitter.next(&text[at..], eof, line, &mut spans) {
                Step::NeedMore | Step::End => break,
                Step::Blank { next } => (next, 1, None),
                Step::Record(record) => (record.next, record.lines, Some(record.fields.min(spans.len()))),
                Step::Refused { next, lines, .. } => {
                    spans.clear();
                    (next, lines, Some(0))
                }
            };
            if let Some(fields) = fields {
                let first = scan.spans.len();
                scan.spans.extend(&spans);
                let seen = Seen { start: at, next: at + next, line, next_line: line + lines, first, fields };
                scan.records.push(seen);
            }
            at += next;
            line += lines;
        }
        scan
    }

    fn cells(&self, record: &Seen) -> impl Iterator<Item = Cow<'a, str>> {
        let (text, charset, start) = (self.text, self.charset, record.start);
        self.spans[record.first..record.first + record.fields].iter().map(move |span| {
            let bytes = &text[start + span.start as usize..start + span.end as usize];
            unquote(charset.decode(bytes).0, span.quoting)
        })
    }

    /// The width most records have, and the share that has it.
    fn width(&self) -> (usize, f64) {
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        for record in &self.records {
            *widths.entry(record.fields).or_default() += 1;
        }
        let most =
            widths.iter().filter(|(width, _)| **width > 1).max_by_key(|(width, count)| (**count, **width));
        let (width, count) = most.map_or((0, 0), |(width, count)| (*width, *count));
        (width, count as f64 / self.records.len() as f64)
    }

    /// How well the delimiter fits, and which record holds the column names; `None` if it cuts nothing.
    fn score(&self) -> Option<(f64, usize)> {
        let (width, fit) = self.width();
        if width < 2 {
            return None;
        }
        let header = self.header(width)?;
        let mut filled = 0.0;
        let mut typed = 0.0;
        for record in self.records[header..].iter().filter(|record| record.fields == width).take(100).skip(1)
        {
            for cell in self.cells(record).take(200) {
                filled += 1.0;
                typed += f64::from(u8::from(shape(trim(&cell)).is_some()));
            }
        }
        let typed = if filled > 0.0 { typed / filled } else { 0.0 };
        // Records above the table are rare: a reading that needs none is the better one.
        let above = if header == 0 { 1.0 } else { 0.5 };
        let agreeing = if self.records[header].fields == width { 1.0 } else { 0.5 };
        let priority = if self.delimiter == b'|' { 0.98 } else { 1.0 };
        Some((fit * (1.0 + typed) * above * agreeing * priority, header))
    }

    /// The record with the column names; `None` if this cannot be a table.
    ///
    /// What stands above it must be unlike a header, so that a header over ragged rows is never skipped.
    fn header(&self, width: usize) -> Option<usize> {
        let filled = |record: &Seen| self.cells(record).filter(|cell| !trim(cell).is_empty()).count();
        let first = &self.records[0];
        let prose = self.is_prose(first);
        if first.fields == width && filled(first) == width && !prose {
            return Some(0);
        }
        for place in 1..self.records.len().min(PREAMBLE) {
            let above = &self.records[place - 1];
            let cells = filled(above);
            // Two lines and more that are narrower than the table may be titles with a value each.
            let full = above.fields >= width || (place == 1 && self.records[1].fields >= width);
            if cells * 2 > width && cells > 1 && full && !self.is_remark(above) {
                break;
            }
            let header = &self.records[place];
            if header.fields != width || !self.is_header_like(header) || (prose && self.is_prose(header)) {
                continue;
            }
            // Lines of one cell above it are titles; with more cells, values below must bear the header out.
            let titles = self.records[..place].iter().all(|r| filled(r) < 2 && (r.fields == 1 || width > 2));
            if (titles && !self.is_prose(header)) || self.evidence(place, width) {
                return Some(place);
            }
        }
        (first.fields != 1).then_some(0)
    }

    /// Whether a line above the table is a remark such as `Exported by Acme, Inc.` or `Date:,2026-11-22`.
    fn is_remark(&self, record: &Seen) -> bool {
        self.is_prose(record)
            || self.cells(record).any(|cell| shape(trim(&cell)).is_some() || trim(&cell).ends_with(':'))
    }

    /// Whether every comma is followed by a blank, as in `Berlin, Germany`.
    fn is_prose(&self, record: &Seen) -> bool {
        self.delimiter == b',' && self.cells(record).skip(1).all(|cell| cell.starts_with(' '))
    }

    /// Whether all cells are filled, different, and none is a value.
    fn is_header_like(&self, record: &Seen) -> bool {
        let mut seen = HashSet::new();
        self.cells(record).all(|cell| {
            let cell = trim(&cell);
            !cell.is_empty()
                // A column may be called `n` or `y`.
                && shape(cell).is_none_or(|shape| shape == Shape::Flag && cell.len() < 3)
                && marker(cell).is_none()
                && seen.insert(cell.to_owned())
        })
    }

    /// Whether some column below that record holds values of one shape.
    fn evidence(&self, place: usize, width: usize) -> bool {
        self.shapes(place, width).iter().any(Option::is_some)
    }

    /// The shape that nearly all cells below that record have, by column.
    fn shapes(&self, place: usize, width: usize) -> Vec<Option<Shape>> {
        let mut counts = vec![[0_u32; 5]; width];
        for record in self.records[place + 1..].iter().filter(|record| record.fields == width).take(100) {
            for (count, cell) in counts.iter_mut().zip(self.cells(record)) {
                let cell = trim(&cell);
                if cell.is_empty() || marker(cell).is_some() {
                    continue;
                }
                count[4] += 1;
                if let Some(shape) = shape(cell) {
                    count[shape as usize] += 1;
                }
            }
        }
        let shapes = [Shape::Number, Shape::Date, Shape::Flag, Shape::Email];
        let common = |count: &[u32; 5]| {
            shapes.into_iter().find(|shape| count[4] > 0 && count[*shape as usize] * 10 >= count[4] * 9)
        };
        counts.iter().map(common).collect()
    }

    /// Whether the record holds column names, judged by the rows below it.
    fn has_header(&self, place: usize, width: usize) -> bool {
        let below = self.shapes(place, width);
        let cells: Vec<String> =
            self.cells(&self.records[place]).map(|cell| trim(&cell).to_owned()).collect();
        let own: Vec<Option<Shape>> = cells.iter().map(|cell| shape(cell)).collect();
        let years =
            cells.iter().zip(&own).filter(|(_, shape)| **shape == Some(Shape::Number)).all(|(cell, _)| {
                cell.len() == 4 && cell.parse::<u16>().is_ok_and(|year| (1900..=2100).contains(&year))
            });
        let like = |(own, below): (&Option<Shape>, &Option<Shape>)| own.is_some() && own == below;
        let alike = own.iter().zip(&below).filter(|pair| like(*pair)).count();
        let unlike = cells.iter().zip(own.iter().zip(&below)).filter(|(cell, (own, below))| {
            below.is_some() && own.is_none() && !cell.is_empty() && marker(cell).is_none()
        });
        let unlike = unlike.count();
        if cells
            .iter()
            .any(|cell| cell.eq_ignore_ascii_case("id") || cell.to_ascii_lowercase().ends_with("_id"))
        {
            return true;
        }
        if self.records.len() == place + 1 {
            // One row only: an address or a date in it is a value.
            let value = |shape: &Option<Shape>| matches!(shape, Some(Shape::Email | Shape::Date));
            let typed = own.iter().flatten().count();
            return !(own.iter().any(value) || (typed * 2 >= own.len() && !years));
        }
        // A wide table of numbers under numbered columns still has one name that is no number.
        alike == 0 || unlike >= alike || (years && unlike + alike > 0 && self.years_differ(place, &cells))
    }

    /// Whether something shows that a record holds column names: values below it, or a usual name in it.
    fn is_borne_out(&self, place: usize, width: usize, header: &[String]) -> bool {
        self.records.len() == place + 1
            || self.evidence(place, width)
            || header.iter().any(|name| name.is_empty() || is_column_name(name))
    }

    /// Whether numbers that look like years are column names: consecutive ones, each once.
    fn years_differ(&self, place: usize, cells: &[String]) -> bool {
        let years: Vec<u16> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
        let steps = years.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair[0] == pair[1] + 1);
        years.len() > 1 && steps && place + 1 < self.records.len()
    }

    fn layout(&self, place: usize, options: &CsvOptions, notes: &mut Notes) -> Result<Layout, Error> {
        let record = self.records[place];
        if place > 0 {
            let (first, last) = (self.records[0].line, self.records[place - 1].next_line - 1);
            let lines =
                if first == last { format!("line {first}") } else { format!("lines {first} to {last}") };
            notes.say(Some(first), None, format!("{lines} above the header skipped"));
        }
        let width = self.width().0.max(1);
        let has_header = options.header.unwrap_or_else(|| self.has_header(place, width));
        if has_header && record.fields == 0 {
            let message = "the column names should stand here, but a quote is never closed or has text behind it, or \
                           there are more than 131,072 columns; mend this line";
            return Err(Error::new(ErrorKind::UnreadableTable, format!("line {}", record.line), message));
        }
        let header: Option<Vec<String>> =
            has_header.then(|| self.cells(&record).map(|cell| trim(&cell).to_owned()).collect());
        if !has_header && options.header.is_none() {
            let message =
                "no header: the first row holds values; the columns are named column_1, column_2 and so on";
            notes.say(Some(record.line), None, message);
        }
        if header.iter().flatten().any(|name| name.contains('\0')) {
            notes.say(Some(record.line), None, "NUL characters in the column names were left out");
        }
        if options.header.is_none()
            && let Some(header) = &header
            && !self.is_borne_out(place, width, header)
        {
            let message = "taken for the column names, though nothing in the rows below shows it";
            notes.say(Some(record.line), None, message);
        }
        let width = header.as_ref().map_or(width, Vec::len).max(1);
        let (data, data_line) =
            if has_header { (record.next, record.next_line) } else { (record.start, record.line) };
        let header_line = has_header.then_some(record.line);
        Ok(Layout { delimiter: self.delimiter, width, header, header_line, data, data_line })
    }
}

/// Undoes doubled and escaped quotes.
pub(super) fn unquote(text: Cow<'_, str>, quoting: Quoting) -> Cow<'_, str> {
    match quoting {
        Quoting::Plain => text,
        Quoting::Doubled => Cow::Owned(text.replace("\"\"", "\"")),
        Quoting::Backslash => {
            Cow::Owned(text.replace("\\\"", "\"").replace("\"\"", "\"").replace("\\\\", "\\"))
        }
    }
}
