//! The reader: opens a file, understands it from a sample, and streams its rows.

use std::io::Read;

use memchr::{memchr, memchr2};

use super::column::Plan;
use super::decode::Source;
use super::detect::{Charset, Rare};
use super::layout::{self, Layout, unquote};
use super::line::line_end;
use super::notes::{Note, Notes};
use super::record::{Quoting, Record, Span, Splitter, Step, TOO_LONG};
use super::row::{Row, Slot, SlotValue};
use super::shape::spreadsheet_text;
use super::{Column, CsvOptions, Dialect, Rejected, Warning, names, profile, sample, trim, unreadable};
use crate::Error;

/// How much of a rejected row is kept, in bytes.
const KEPT: usize = 64 << 10;

/// Streams the rows of a CSV file.
///
/// ```
/// use leadscore::csv::{Cell, CsvOptions, CsvReader, Outcome, Row};
///
/// let file = "name;revenue;since\nAnn;1.250,50;22.11.2026\nBob;n/a;1.2.2025\n";
/// let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default())?;
/// assert_eq!(reader.dialect().delimiter, ';');
/// let mut row = Row::default();
/// while let Some(outcome) = reader.next_row(&mut row)? {
///     assert!(matches!(outcome, Outcome::Row));
///     if row.line() == 2 {
///         assert_eq!(row.value(1), Some(Cell::Number(1250.5)));
///         assert_eq!(row.value(2), Some(Cell::Text("2026-11-22")));
///     } else {
///         assert_eq!(row.value(1), Some(Cell::Missing));
///     }
/// }
/// assert_eq!(reader.warnings().len(), 1); // `n/a` read as missing
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug)]
pub struct CsvReader<R> {
    source: Source<R>,
    layout: Layout,
    columns: Vec<Column>,
    plans: Vec<Plan>,
    dialect: Dialect,
    splitter: Splitter,
    notes: Notes,
    /// The columns whose cells are read.
    chosen: Vec<usize>,
    spans: Vec<Span>,
    line: u64,
    rows: u64,
    ended: bool,
}

/// What [`CsvReader::next_row`] came upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A row; it stands in the buffer handed in.
    Row,
    /// A row that was refused; reading goes on after it.
    Rejected(Rejected),
}

impl<R: Read> CsvReader<R> {
    /// Opens a file, already decompressed, and settles from a sample of 10,000 rows or 8 MiB how it is read.
    ///
    /// # Errors
    /// `unreadable_table` for what is no CSV or an option that makes no sense, `io` if reading fails.
    #[allow(clippy::needless_pass_by_value)] // the name is part of the public surface
    pub fn open(input: R, options: CsvOptions) -> Result<CsvReader<R>, Error> {
        check(&options)?;
        let mut source = Source::open(input, options.encoding.as_deref())?;
        let (layout, mut notes) = loop {
            let mut notes = Notes::default();
            if let Some(note) = &source.found().note {
                notes.say(None, None, note.clone());
            }
            match layout::find(source.pending(), source.eof(), source.charset(), &options, &mut notes)? {
                Some(layout) => break (layout, notes),
                None => source.fill()?,
            }
        };
        let (width, profiles) = sample::take(&mut source, &layout)?;
        let names = match &layout.header {
            Some(written) => names::name_columns(&written[..width], layout.header_line, &mut notes),
            None => (1..=width).map(|number| format!("column_{number}")).collect(),
        };
        let plans = profile::plans(&names, &profiles, &options, layout.delimiter, &mut notes);
        let kinds = plans.iter().map(|plan| plan.kind);
        let columns: Vec<Column> =
            names.into_iter().zip(kinds).map(|(name, kind)| Column { name, kind }).collect();
        let dialect = Dialect {
            encoding: source.found().name.clone(),
            delimiter: layout.shown_delimiter(),
            has_header: layout.header.is_some(),
            header_line: layout.header_line,
        };
        source.consume(layout.data);
        Ok(CsvReader {
            splitter: Splitter::new(layout.delimiter, Some(width)),
            chosen: (0..width).collect(),
            line: layout.data_line,
            rows: 0,
            ended: false,
            spans: Vec::new(),
            source,
            layout,
            columns,
            plans,
            dialect,
            notes,
        })
    }

    /// The columns, in the order of the file.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How the file is written.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Reads only these columns' cells from now on, counted from 0; the others yield nothing.
    pub fn select(&mut self, columns: &[usize]) {
        self.chosen = columns.iter().copied().filter(|column| *column < self.columns.len()).collect();
    }

    /// How many bytes of the input have been read, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// What was assumed, skipped or read as missing so far; complete once all rows have been read.
    pub fn warnings(&self) -> Vec<Warning> {
        self.notes.warnings(&self.columns, &self.dialect.encoding)
    }

    /// Reads the next row into `row`, or says why it was refused; `None` at the end.
    ///
    /// # Errors
    /// `io` if reading fails.
    pub fn next_row(&mut self, row: &mut Row) -> Result<Option<Outcome>, Error> {
        loop {
            let (text, eof) = (self.source.pending(), self.source.eof());
            match self.splitter.next(text, eof, self.line, &mut self.spans) {
                Step::End => {
                    if self.rows == 0 && !self.ended {
                        self.notes.say(None, None, "the table has no rows that could be read");
                    }
                    if self.source.ends_within_a_letter() && !self.ended {
                        let message = "the file ends within a letter, or with one in another encoding; it may be cut off";
                        self.notes.say(Some(self.line.max(2) - 1), None, message);
                    }
                    self.ended = true;
                    return Ok(None);
                }
                Step::NeedMore if self.source.may_grow() => self.source.fill()?,
                Step::NeedMore => {
                    let rejected = self.reject(KEPT, TOO_LONG.to_owned());
                    self.skip_line()?;
                    return Ok(Some(Outcome::Rejected(rejected)));
                }
                Step::Blank { next } => {
                    if memchr(0, &text[..next]).is_some() {
                        self.notes.line(self.line, Note::Nul);
                    }
                    self.source.consume(next);
                    self.line += 1;
                }
                Step::Refused { end, next, lines, reason } => {
                    let rejected = self.reject(end, reason);
                    self.source.consume(next);
                    self.line += lines;
                    return Ok(Some(Outcome::Rejected(rejected)));
                }
                Step::Record(record) => {
                    let repeated = self.is_header();
                    if repeated {
                        self.notes.line(self.line, Note::RepeatedHeader);
                    } else {
                        self.rows += 1;
                        (row.line, row.number) = (self.line, self.rows);
                        self.read(record, row);
                    }
                    self.source.consume(record.next);
                    self.line += record.lines;
                    if !repeated {
                        return Ok(Some(Outcome::Row));
                    }
                }
            }
        }
    }

    fn reject(&self, end: usize, reason: String) -> Rejected {
        let text = self.source.pending();
        let text = &text[..end.min(KEPT).min(text.len())];
        Rejected { line: self.line, reason, raw: self.source.charset().decode(text).0.into_owned() }
    }

    /// Skips a line too long to be held.
    fn skip_line(&mut self) -> Result<(), Error> {
        loop {
            let text = self.source.pending();
            if let Some((_, next)) = line_end(text, self.source.eof()) {
                self.source.consume(next);
                self.line += 1;
                return Ok(());
            }
            let keep_from = memchr2(b'\n', b'\r', text).unwrap_or(text.len());
            self.source.consume(keep_from);
            self.source.fill()?;
        }
    }

    /// Whether the record found is the header once more.
    fn is_header(&self) -> bool {
        let Some(header) = &self.layout.header else { return false };
        let text = self.source.pending();
        let alone = self.columns.len() == 1;
        self.spans.len() >= self.columns.len()
            && header.iter().zip(&self.spans).all(|(name, span)| {
                let cell = &text[span.start as usize..span.end as usize];
                let decoded = unquote(self.source.charset().decode(cell).0, span.quoting);
                names::same_name(trim(&decoded), name, alone)
            })
    }

    /// Decodes and reads the chosen cells of a record.
    fn read(&mut self, record: Record, row: &mut Row) {
        let charset = self.source.charset();
        let text = &self.source.pending()[..record.end];
        row.buffer.clear();
        row.cells.clear();
        row.cells.resize(self.columns.len(), Slot { raw: (0, 0), value: SlotValue::Skipped });
        match text.iter().rposition(|byte| *byte != self.splitter.delimiter && *byte != b' ') {
            None => self.notes.line(row.line, Note::EmptyRow),
            // The closing quote of the first cell may stand there.
            Some(last)
                if self.columns.len() > 2 && self.spans.first().is_some_and(|s| last <= s.end as usize) =>
            {
                self.notes.line(row.line, Note::FirstCellOnly);
            }
            Some(_) => {}
        }
        if record.backslash {
            self.notes.line(row.line, Note::BackslashQuote);
        }
        // Most records can be taken over as they are; the others are decoded cell by cell.
        let whole = match charset {
            Charset::Utf8OrWestern { rare: Rare::Utf8 } | Charset::Single(_) if !text.is_ascii() => None,
            _ => std::str::from_utf8(text).ok(),
        };
        let whole = whole.filter(|text| memchr(0, text.as_bytes()).is_none());
        if let Some(text) = whole {
            row.buffer.push_str(text);
            let lossy = matches!(charset, Charset::Stream(_) | Charset::Utf32 { .. });
            if lossy && text.contains(char::REPLACEMENT_CHARACTER) {
                self.notes.line(row.line, Note::Undecodable);
            }
        }
        for &column in &self.chosen {
            let Some(span) = self.spans.get(column) else { continue };
            let (start, end) = (span.start as usize, span.end as usize);
            let raw = if whole.is_some() && span.quoting == Quoting::Plain {
                (span.start, span.end)
            } else {
                let (decoded, other) = charset.decode(&text[start..end]);
                let cell = unquote(decoded, span.quoting);
                if other {
                    self.notes.line(row.line, Note::OtherEncoding);
                }
                let from = row.buffer.len() as u32;
                if cell.contains('\0') {
                    self.notes.line(row.line, Note::Nul);
                    row.buffer.extend(cell.chars().filter(|c| *c != '\0'));
                } else {
                    row.buffer.push_str(&cell);
                }
                (from, row.buffer.len() as u32)
            };
            let raw = match unwrap(&row.buffer, raw) {
                Some(inner) => {
                    self.notes.cell(
                        column,
                        row.line,
                        Note::SpreadsheetText,
                        &row.buffer[raw.0 as usize..raw.1 as usize],
                    );
                    inner
                }
                None => raw,
            };
            let value = self.plans[column].value(column, row.line, raw, &mut row.buffer, &mut self.notes);
            row.cells[column] = Slot { raw, value };
        }
    }
}

/// Where the text in `="00123"` stands.
fn unwrap(buffer: &str, (start, end): (u32, u32)) -> Option<(u32, u32)> {
    let written = &buffer[start as usize..end as usize];
    if written.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric) {
        return None;
    }
    let inner = spreadsheet_text(trim(written))?;
    let from = start + (inner.as_ptr() as usize - written.as_ptr() as usize) as u32;
    Some((from, from + inner.len() as u32))
}

fn check(options: &CsvOptions) -> Result<(), Error> {
    if let Some(delimiter) = options.delimiter
        && (!delimiter.is_ascii() || matches!(delimiter, b'"' | b'\n' | b'\r' | 0))
    {
        return Err(unreadable("a delimiter is one ASCII character, no quote and no line end"));
    }
    match options.decimal {
        None | Some('.' | ',') => Ok(()),
        Some(other) => Err(unreadable(format!("the decimal sign is `.` or `,`, not `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn kinds_follow_the_cells() {
        let file = "a,b,c,d,lead_id,f\n1,yes,2026-01-02,x,7,\n2,no,2026-01-03,y,8,\n";
        let reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
        let kinds: Vec<Kind> = reader.columns().iter().map(|column| column.kind).collect();
        assert_eq!(kinds, [Kind::Number, Kind::Flag, Kind::Date, Kind::Text, Kind::Id, Kind::Empty]);
    }
}
