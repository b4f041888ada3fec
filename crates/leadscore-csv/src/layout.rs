//! Finds the table in the sample: its delimiter, what stands above it, and its column names.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use leadscore::{Error, ErrorKind};

use super::encoding::Charset;
use super::fields::Fields;
use super::line::line_end;
use super::notes::WarningLog;
use super::options::CsvOptions;
use super::placeholder::is_placeholder;
use super::record::{Cut, MAX_RECORD, RecordCutter};
use super::shape::{Shape, is_column_name, shape};
use super::{trim, unreadable};

/// The records, and the bytes of text, that are cut with each candidate delimiter.
const SAMPLE_RECORDS: usize = 500;
const SAMPLE_BYTES: usize = 1 << 20;
/// The most records above the column names.
const MAX_PREAMBLE: usize = 50;
/// A byte that occurs in no text: the delimiter of a table with one column.
const NO_DELIMITER: u8 = 0x1F;
/// Why a file with an endless first line is refused.
const FIRST_LINE_TOO_LONG: &str = "the first line is longer than 32 MiB; check the line ends of the file";

/// Where the table is and how it is cut.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub(crate) delimiter: u8,
    /// The number of columns.
    pub(crate) width: usize,
    /// The header's cells as written, trimmed.
    pub(crate) header: Option<Vec<String>>,
    pub(crate) header_line: Option<u64>,
    /// Where the first data row starts, and on which line.
    pub(crate) data: usize,
    pub(crate) data_line: u64,
}

impl Layout {
    /// The delimiter as a character people know.
    pub(crate) fn shown_delimiter(&self) -> char {
        if self.delimiter == NO_DELIMITER { ',' } else { self.delimiter as char }
    }
}

/// Detects the table in the sample; `None` if the sample has to grow first.
pub(crate) fn detect(
    text: &[u8],
    eof: bool,
    charset: Charset,
    options: &CsvOptions,
    warnings: &mut WarningLog,
) -> Result<Option<Layout>, Error> {
    let (start, declared) = declared_delimiter(text, eof, warnings);
    let line = if start > 0 { 2 } else { 1 };
    let scan = |delimiter| Scan::new(text, start, line, eof, charset, delimiter);
    // A declared delimiter that cuts nothing is no help.
    let declared = declared.filter(|delimiter| {
        let Some((declared_score, _)) = scan(*delimiter).score() else { return false };
        let others = b",;\t|".iter().filter(|other| *other != delimiter);
        let fits =
            others.filter_map(|other| scan(*other).score()).all(|(score, _)| score <= declared_score * 2.5);
        if !fits {
            warnings.warn(
                Some(1),
                None,
                "the delimiter declared there does not cut the rows; another one does",
            );
        }
        fits
    });
    let given = options.delimiter.or(declared);
    let candidates: &[u8] = given.as_ref().map_or(b",;\t|", std::slice::from_ref);
    let mut best: Option<(f64, Scan, usize)> = None;
    for scan in candidates.iter().map(|delimiter| scan(*delimiter)) {
        if scan.records.is_empty() {
            if !eof && text.len() <= MAX_RECORD {
                return Ok(None);
            }
            let message = if eof {
                "the file holds no table; export it with a header and rows"
            } else {
                FIRST_LINE_TOO_LONG
            };
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
        (None, None) => (scan(NO_DELIMITER), 0),
    };
    let sample = &text[..text.len().min(64 << 10)];
    let first = &sample[..line_end(sample, true).map_or(0, |(end, _)| end)];
    let spaced = memchr::memmem::find(first.trim_ascii(), b"  ").is_some();
    if scan.delimiter == NO_DELIMITER && (spaced || sample.iter().any(|byte| b",;\t|^~".contains(byte))) {
        warnings.warn(
            None,
            None,
            "read as one column, since nothing cuts all rows alike; name the delimiter if there are more",
        );
    }
    scan.layout(header, options, warnings).map(Some)
}

/// The end of a first line such as `sep=;`, and its delimiter.
fn declared_delimiter(text: &[u8], eof: bool, warnings: &mut WarningLog) -> (usize, Option<u8>) {
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
            warnings.warn(Some(1), None, "the delimiter is declared on this line, which is skipped");
            (next, Some(*delimiter))
        }
        _ => (0, None),
    }
}

/// The first records as one delimiter cuts them.
struct Scan {
    charset: Charset,
    delimiter: u8,
    records: Vec<ScannedRecord>,
    /// The content of all fields, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct ScannedRecord {
    start: usize,
    next: usize,
    line: u64,
    next_line: u64,
    /// The index of its first field.
    first_field: usize,
    field_count: usize,
}

impl Scan {
    fn new(text: &[u8], start: usize, line: u64, eof: bool, charset: Charset, delimiter: u8) -> Scan {
        let (bytes, ends, records) = (Vec::new(), Vec::new(), Vec::new());
        let mut scan = Scan { charset, delimiter, records, bytes, ends };
        let mut cutter = RecordCutter::new(delimiter, None);
        let (mut at, mut line, mut fields) = (start, line, Fields::default());
        while scan.records.len() < SAMPLE_RECORDS && (at < start + SAMPLE_BYTES || scan.records.len() < 2) {
            let (next, line_count) = match cutter.next(&text[at..], eof, line, &mut fields) {
                Cut::NeedMore | Cut::End => break,
                Cut::BlankLine { next } => (next, 1),
                Cut::Record(record) => {
                    scan.add(&fields, (at, at + record.next), (line, line + record.line_count));
                    (record.next, record.line_count)
                }
                Cut::Refused { next, line_count, .. } => {
                    fields.clear();
                    scan.add(&fields, (at, at + next), (line, line + line_count));
                    (next, line_count)
                }
            };
            at += next;
            line += line_count;
        }
        scan
    }

    fn add(&mut self, fields: &Fields, (start, next): (usize, usize), (line, next_line): (u64, u64)) {
        let (first_field, field_count, from) = (self.ends.len(), fields.len(), self.bytes.len());
        self.bytes.extend_from_slice(fields.bytes());
        self.ends.extend(fields.ends().iter().map(|end| from + end));
        self.records.push(ScannedRecord { start, next, line, next_line, first_field, field_count });
    }

    fn cells(&self, record: &ScannedRecord) -> impl Iterator<Item = Cow<'_, str>> {
        let ScannedRecord { first_field, field_count, .. } = *record;
        (first_field..first_field + field_count).map(|field| {
            let start = if field == 0 { 0 } else { self.ends[field - 1] };
            self.charset.decode(&self.bytes[start..self.ends[field]]).0
        })
    }

    /// The width most records have, and the share that has it.
    fn width(&self) -> (usize, f64) {
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        for record in &self.records {
            *widths.entry(record.field_count).or_default() += 1;
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
        for record in
            self.records[header..].iter().filter(|record| record.field_count == width).take(100).skip(1)
        {
            for cell in self.cells(record).take(200) {
                filled += 1.0;
                typed += f64::from(u8::from(shape(trim(&cell)).is_some()));
            }
        }
        let typed = if filled > 0.0 { typed / filled } else { 0.0 };
        // Records above the table are rare: a reading that needs none is the better one.
        let above = if header == 0 { 1.0 } else { 0.5 };
        let agreeing = if self.records[header].field_count == width { 1.0 } else { 0.5 };
        let priority = if self.delimiter == b'|' { 0.98 } else { 1.0 };
        Some((fit * (1.0 + typed) * above * agreeing * priority, header))
    }

    /// The record with the column names; `None` if this cannot be a table.
    ///
    /// What stands above it must be unlike a header, so that a header over ragged rows is never skipped.
    fn header(&self, width: usize) -> Option<usize> {
        let filled =
            |record: &ScannedRecord| self.cells(record).filter(|cell| !trim(cell).is_empty()).count();
        let first = &self.records[0];
        let prose = self.is_prose(first);
        if first.field_count == width && filled(first) == width && !prose {
            return Some(0);
        }
        for index in 1..self.records.len().min(MAX_PREAMBLE) {
            let above = &self.records[index - 1];
            let cells = filled(above);
            // Two lines and more that are narrower than the table may be titles with a value each.
            let full = above.field_count >= width || (index == 1 && self.records[1].field_count >= width);
            if cells * 2 > width && cells > 1 && full && !self.is_remark(above) {
                break;
            }
            let header = &self.records[index];
            if header.field_count != width || !self.is_header_like(header) || (prose && self.is_prose(header))
            {
                continue;
            }
            // Lines of one cell above it are titles; with more cells, values below must support the header.
            let titles =
                self.records[..index].iter().all(|r| filled(r) < 2 && (r.field_count == 1 || width > 2));
            if (titles && !self.is_prose(header)) || self.has_typed_column(index, width) {
                return Some(index);
            }
        }
        (first.field_count != 1).then_some(0)
    }

    /// Whether a line above the table is a remark such as `Exported by Acme, Inc.` or `Date:,2026-11-22`.
    fn is_remark(&self, record: &ScannedRecord) -> bool {
        self.is_prose(record)
            || self.cells(record).any(|cell| shape(trim(&cell)).is_some() || trim(&cell).ends_with(':'))
    }

    /// Whether every comma is followed by a blank, as in `Berlin, Germany`.
    fn is_prose(&self, record: &ScannedRecord) -> bool {
        self.delimiter == b',' && self.cells(record).skip(1).all(|cell| cell.starts_with(' '))
    }

    /// Whether all cells are filled, different, and none is a value.
    fn is_header_like(&self, record: &ScannedRecord) -> bool {
        let mut seen = HashSet::new();
        self.cells(record).all(|cell| {
            let cell = trim(&cell);
            !cell.is_empty()
                // A column may be called `n` or `y`.
                && shape(cell).is_none_or(|shape| shape == Shape::Flag && cell.len() < 3)
                && !is_placeholder(cell)
                && seen.insert(cell.to_owned())
        })
    }

    /// Whether some column below that record holds values of one shape.
    fn has_typed_column(&self, index: usize, width: usize) -> bool {
        self.shapes(index, width).iter().any(Option::is_some)
    }

    /// The shape that nearly all cells below that record have, by column.
    fn shapes(&self, index: usize, width: usize) -> Vec<Option<Shape>> {
        let mut counts = vec![[0_u32; 5]; width];
        for record in self.records[index + 1..].iter().filter(|record| record.field_count == width).take(100)
        {
            for (count, cell) in counts.iter_mut().zip(self.cells(record)) {
                let cell = trim(&cell);
                if cell.is_empty() || is_placeholder(cell) {
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
    fn has_header(&self, index: usize, width: usize) -> bool {
        let below = self.shapes(index, width);
        let cells: Vec<String> =
            self.cells(&self.records[index]).map(|cell| trim(&cell).to_owned()).collect();
        let shapes: Vec<Option<Shape>> = cells.iter().map(|cell| shape(cell)).collect();
        let years =
            cells.iter().zip(&shapes).filter(|(_, shape)| **shape == Some(Shape::Number)).all(|(cell, _)| {
                cell.len() == 4 && cell.parse::<u16>().is_ok_and(|year| (1900..=2100).contains(&year))
            });
        let like = |(shape, below): (&Option<Shape>, &Option<Shape>)| shape.is_some() && shape == below;
        let alike = shapes.iter().zip(&below).filter(|pair| like(*pair)).count();
        let unlike = cells.iter().zip(shapes.iter().zip(&below)).filter(|(cell, (shape, below))| {
            below.is_some() && shape.is_none() && !cell.is_empty() && !is_placeholder(cell)
        });
        let unlike = unlike.count();
        if cells
            .iter()
            .any(|cell| cell.eq_ignore_ascii_case("id") || cell.to_ascii_lowercase().ends_with("_id"))
        {
            return true;
        }
        if self.records.len() == index + 1 {
            // One row only: an address or a date in it is a value.
            let value = |shape: &Option<Shape>| matches!(shape, Some(Shape::Email | Shape::Date));
            let typed = shapes.iter().flatten().count();
            return !(shapes.iter().any(value) || (typed * 2 >= shapes.len() && !years));
        }
        // A wide table of numbers under numbered columns still has one name that is no number.
        alike == 0
            || unlike >= alike
            || (years && unlike + alike > 0 && self.has_consecutive_years(index, &cells))
    }

    /// Whether there is evidence that a record holds column names: values below it, or a usual name in it.
    fn is_header_supported(&self, index: usize, width: usize, header: &[String]) -> bool {
        self.records.len() == index + 1
            || self.has_typed_column(index, width)
            || header.iter().any(|name| name.is_empty() || is_column_name(name))
    }

    /// Whether numbers that look like years are column names: consecutive ones, each once.
    fn has_consecutive_years(&self, index: usize, cells: &[String]) -> bool {
        let years: Vec<u16> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
        let steps = years.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair[0] == pair[1] + 1);
        years.len() > 1 && steps && index + 1 < self.records.len()
    }

    fn layout(&self, index: usize, options: &CsvOptions, warnings: &mut WarningLog) -> Result<Layout, Error> {
        let record = self.records[index];
        if index > 0 {
            let (first, last) = (self.records[0].line, self.records[index - 1].next_line - 1);
            let lines =
                if first == last { format!("line {first}") } else { format!("lines {first} to {last}") };
            warnings.warn(Some(first), None, format!("{lines} above the header skipped"));
        }
        let width = self.width().0.max(1);
        let has_header = options.header.unwrap_or_else(|| self.has_header(index, width));
        if has_header && record.field_count == 0 {
            let message = "the column names should stand here, but a quote is never closed or has text behind it, or \
                           there are more than 131,072 columns; mend this line";
            return Err(Error::new(ErrorKind::UnreadableTable, format!("line {}", record.line), message));
        }
        let header: Option<Vec<String>> =
            has_header.then(|| self.cells(&record).map(|cell| trim(&cell).to_owned()).collect());
        if !has_header && options.header.is_none() {
            let message =
                "no header: the first row holds values; the columns are named column_1, column_2 and so on";
            warnings.warn(Some(record.line), None, message);
        }
        if header.iter().flatten().any(|name| name.contains('\0')) {
            warnings.warn(Some(record.line), None, "NUL characters in the column names were left out");
        }
        if options.header.is_none()
            && let Some(header) = &header
            && !self.is_header_supported(index, width, header)
        {
            let message = "taken for the column names, though nothing in the rows below shows it";
            warnings.warn(Some(record.line), None, message);
        }
        let width = header.as_ref().map_or(width, Vec::len).max(1);
        let (data, data_line) =
            if has_header { (record.next, record.next_line) } else { (record.start, record.line) };
        let header_line = has_header.then_some(record.line);
        Ok(Layout { delimiter: self.delimiter, width, header, header_line, data, data_line })
    }
}
