//! The reader: opens a file, detects its layout from a sample, and streams its rows.

use std::io::Read;
use std::sync::Arc;

use leadscore::Error;
use memchr::{memchr, memchr2};

use super::block::{Row, RowBlock, RowParser, RowPlan};
use super::fields::Fields;
use super::footer::FooterFinder;
use super::layout::{self, Layout};
use super::line::line_end;
use super::notes::{CellNotes, Note, WarningLog};
use super::options::CsvOptions;
use super::placeholder::{self, TextPlaceholders, is_placeholder};
use super::plan::ColumnPlan;
use super::profile::{self, Profile, SampleFacts};
use super::record::{Cut, Record, RecordCutter, TOO_LONG};
use super::source::TextSource;
use super::table::{Column, ColumnKind, Dialect, Rejected, UnreadableColumn, Warning};
use super::{names, sample, trim};

/// How much of a rejected row is kept, in bytes.
const MAX_REJECTED_TEXT: usize = 64 << 10;
/// The most text in one block of rows, in bytes; a block ends with the row that goes beyond it.
const MAX_BLOCK_TEXT: usize = 1 << 20;

/// Streams the rows of a CSV file.
///
/// ```
/// use leadscore_csv::{Cell, CsvOptions, CsvReader, ReadRow, Row};
///
/// let file = "name;revenue;member\nAnn;1.250,50;yes\nBob;n/a;no\n";
/// let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default())?;
/// assert_eq!(reader.dialect().delimiter, ';');
/// let mut row = Row::default();
/// loop {
///     match reader.next_row(&mut row)? {
///         ReadRow::Row if row.line() == 2 => {
///             assert_eq!(row.value(1), Some(Cell::Number(1250.5)));
///             assert_eq!(row.value(2), Some(Cell::Flag(true)));
///         }
///         ReadRow::Row => assert_eq!(row.value(1), Some(Cell::Missing)),
///         ReadRow::Rejected(rejected) => eprintln!("line {}: {}", rejected.line, rejected.reason),
///         ReadRow::End => break,
///     }
/// }
/// assert_eq!(reader.warnings().len(), 1); // `n/a` read as missing
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug)]
pub struct CsvReader<R> {
    source: TextSource<R>,
    layout: Layout,
    columns: Vec<Column>,
    /// Whether at least half of a column's cells are dates.
    /// What the sample says of each column besides its kind.
    samples: Vec<SampleFacts>,
    plan: Arc<RowPlan>,
    dialect: Dialect,
    cutter: RecordCutter,
    warnings: WarningLog,
    fields: Fields,
    line: u64,
    /// The number of the data row cut last; rejected rows and those without a value count too.
    row_number: u64,
    /// How many rows could be read.
    row_count: u64,
    ended: bool,
    skips_empty_rows: bool,
    footer: FooterFinder,
    /// Whether what comes next stands below a blank line.
    is_apart: bool,
}

/// What [`CsvReader::next_row`] came upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadRow {
    /// A row; it is in the buffer handed in.
    Row,
    /// A row that was rejected; reading goes on after it.
    Rejected(Rejected),
    /// The end of the table.
    End,
}

impl<R: Read> CsvReader<R> {
    /// Opens a file, already decompressed, and decides from a sample of 10,000 rows or 8 MiB how it is read.
    ///
    /// # Errors
    /// `unreadable_table` for what is no CSV or an option that makes no sense, `io` if reading fails.
    #[expect(clippy::needless_pass_by_value, reason = "options are built for one file")]
    pub fn open(input: R, options: CsvOptions) -> Result<CsvReader<R>, Error> {
        options.check()?;
        let mut source = TextSource::open(input, options.encoding.as_deref())?;
        let (layout, mut warnings) = loop {
            let mut warnings = WarningLog::default();
            if let Some(note) = &source.encoding().note {
                warnings.warn(None, None, note.clone());
            }
            let (text, charset) = (source.pending(), source.charset());
            match layout::detect(text, source.eof(), charset, &options, &mut warnings)? {
                Some(layout) => break (layout, warnings),
                None => source.fill()?,
            }
        };
        let (width, profiles) = sample::take(&mut source, &layout)?;
        let names = match &layout.header {
            Some(written) => names::name_columns(&written[..width], layout.header_line, &mut warnings),
            None => (1..=width).map(|number| format!("column_{number}")).collect(),
        };
        let plans = profile::plan_columns(&names, &profiles, &options, layout.delimiter, &mut warnings);
        let column = |(name, (plan, profile)): (String, (&ColumnPlan, &Profile))| Column {
            name,
            kind: plan.kind,
            is_distinct: profile.is_distinct(),
        };
        let columns: Vec<Column> = names.into_iter().zip(plans.iter().zip(&profiles)).map(column).collect();
        let dialect = Dialect {
            encoding: source.encoding().name.clone(),
            delimiter: layout.shown_delimiter(),
            has_header: layout.header.is_some(),
            header_line: layout.header_line,
        };
        source.consume(layout.data);
        let samples = profiles.iter().map(Profile::facts).collect();
        Ok(CsvReader {
            samples,
            cutter: RecordCutter::new(layout.delimiter, Some(width))
                .pad_short_rows(options.short_rows_are_padded),
            plan: Arc::new(RowPlan { columns: plans, selected: vec![true; width] }),
            line: layout.data_line,
            row_number: 0,
            row_count: 0,
            ended: false,
            skips_empty_rows: options.empty_rows_are_skipped,
            footer: FooterFinder::new(layout.delimiter),
            is_apart: false,
            fields: Fields::default(),
            source,
            layout,
            columns,
            dialect,
            warnings,
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

    /// Reads every placeholder, such as `n/a` or `unknown`, as missing in a text column from now on, but for those that are
    /// values there. A column of which nothing is said keeps all but a few, such as `N/A`, as texts.
    ///
    /// ```
    /// use leadscore_csv::{Cell, CsvOptions, CsvReader, Row};
    ///
    /// let file = "company,interest\nUnknown,none\nAcme,high\n";
    /// let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default())?;
    /// reader.read_placeholders_as_missing(0, |_| false);
    /// reader.read_placeholders_as_missing(1, |text| text == "none");
    /// let mut row = Row::default();
    /// reader.next_row(&mut row)?;
    /// assert_eq!((row.value(0), row.value(1)), (Some(Cell::Missing), Some(Cell::Text("none"))));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn read_placeholders_as_missing(&mut self, column: usize, is_value: impl Fn(&str) -> bool) {
        let mut columns = self.plan.columns.clone();
        if let Some(plan) = columns.get_mut(column) {
            plan.placeholders = TextPlaceholders::all_but(is_value);
        }
        self.plan = Arc::new(RowPlan { columns, selected: self.plan.selected.clone() });
    }

    /// Whether at least half of a column's cells in the sample are dates, whatever its kind.
    pub fn is_mostly_dates(&self, column: usize) -> bool {
        self.samples.get(column).is_some_and(|facts| facts.is_mostly_dates)
    }

    /// Whether a column of the sample holds but one, two or three values, each on average twice or more: levels, and no names.
    pub fn has_few_values(&self, column: usize) -> bool {
        self.samples.get(column).is_some_and(|facts| facts.has_few_values)
    }

    /// The currency that is written with numbers of a column in the sample, such as `EUR`; none where there are several.
    pub fn currency(&self, column: usize) -> Option<&'static str> {
        self.samples.get(column)?.currency
    }

    /// Reads letters that multiply in a column of numbers from now on: `12.5M` is 12,500,000.
    ///
    /// ```
    /// use leadscore_csv::{Cell, CsvOptions, CsvReader, Row};
    /// let rows: String = (1..=40).map(|number| format!("{number}000000\n")).collect();
    /// let text = format!("revenue\n$4.5M\n{rows}");
    /// let mut reader = CsvReader::open(text.as_bytes(), CsvOptions::default())?;
    /// reader.read_multiples(0);
    /// let mut row = Row::default();
    /// reader.next_row(&mut row)?;
    /// assert_eq!(row.value(0), Some(Cell::Number(4_500_000.0)));
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn read_multiples(&mut self, column: usize) {
        let mut columns = self.plan.columns.clone();
        if let Some(plan) = columns.get_mut(column) {
            plan.reads_multiples = true;
        }
        self.plan = Arc::new(RowPlan { columns, selected: self.plan.selected.clone() });
    }

    /// Reads a column as dates from now on, although most of its cells may be something else.
    pub fn read_as_dates(&mut self, column: usize) {
        let mut columns = self.plan.columns.clone();
        if let (Some(plan), Some(own)) = (columns.get_mut(column), self.columns.get_mut(column)) {
            (plan.kind, own.kind) = (ColumnKind::Date, ColumnKind::Date);
            // It is no longer kept as what it was taken for.
            self.warnings.forget_column(&own.name);
            if let Some(order) = plan.date_order.in_words() {
                self.warnings.warn(None, Some(&own.name), format!("dates read with the {order} first"));
            }
        }
        self.plan = Arc::new(RowPlan { columns, selected: self.plan.selected.clone() });
    }

    /// Parses only these columns' cells from now on, counted from 0; the others yield nothing.
    pub fn select(&mut self, columns: &[usize]) {
        let selected = (0..self.columns.len()).map(|column| columns.contains(&column)).collect();
        self.plan = Arc::new(RowPlan { columns: self.plan.columns.clone(), selected });
    }

    /// How many bytes of the input have been read, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// The number of the data row read last, from 1; rejected rows and those without a value count too.
    pub fn row_number(&self) -> u64 {
        self.row_number
    }

    /// How many rows were read so far; those that were rejected or skipped are not among them.
    pub fn row_count(&self) -> u64 {
        self.row_count
    }

    /// The columns with cells that hold something and could still not be read, so far; complete once all rows have been
    /// read and parsed. Words for missing, such as `n/a`, are read.
    pub fn unreadable_columns(&self) -> Vec<UnreadableColumn> {
        self.warnings.cells.unreadable_columns()
    }

    /// What was assumed, skipped or read as missing so far; complete once all rows have been read and parsed.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.warnings(&self.columns, &self.dialect.encoding)
    }

    /// Reads and parses the next row into `row`, or says why it was rejected.
    ///
    /// # Errors
    /// `io` if reading fails.
    pub fn next_row(&mut self, row: &mut Row) -> Result<ReadRow, Error> {
        row.clear(self.columns.len());
        let read = self.cut_row(&mut row.block)?;
        if read == ReadRow::Row {
            self.plan.parse(&row.block, 0, &mut row.cells, &mut self.warnings.cells);
        }
        Ok(read)
    }

    /// Cuts the next rows into `block`, at most `max_rows` and about 1 MiB of text, without parsing their cells;
    /// false at the end of the table, with an empty block.
    ///
    /// [`CsvReader::parser`] parses them, on any thread; its notes come back through [`CsvReader::merge`].
    ///
    /// # Errors
    /// `io` if reading fails.
    pub fn next_block(&mut self, block: &mut RowBlock, max_rows: usize) -> Result<bool, Error> {
        block.clear(self.columns.len());
        while block.row_count() < max_rows && block.text_len() < MAX_BLOCK_TEXT {
            match self.cut_row(block)? {
                ReadRow::Row => {}
                ReadRow::Rejected(rejected) => block.reject(rejected),
                ReadRow::End => break,
            }
        }
        Ok(block.row_count() + block.rejected().len() > 0)
    }

    /// The parser for the cells of [`RowBlock`]s of this file; it knows the columns selected so far.
    pub fn parser(&self) -> RowParser {
        RowParser { plan: Arc::clone(&self.plan) }
    }

    /// Takes in what a [`RowParser`] noticed, in any order.
    pub fn merge(&mut self, notes: CellNotes) {
        self.warnings.cells.merge(notes);
    }

    /// Cuts the next row and appends it to `block`.
    fn cut_row(&mut self, block: &mut RowBlock) -> Result<ReadRow, Error> {
        loop {
            if self.is_at_footer()? {
                let message = "from here on a report's footer, skipped";
                self.warnings.warn(Some(self.line), None, message);
                self.source.consume(self.source.pending().len());
            }
            let (text, eof) = (self.source.pending(), self.source.eof());
            match self.cutter.next(text, eof, self.line, &mut self.fields) {
                Cut::End => {
                    self.end();
                    return Ok(ReadRow::End);
                }
                Cut::NeedMore if self.source.may_grow() => self.source.fill()?,
                Cut::NeedMore => {
                    let rejected = self.reject(MAX_REJECTED_TEXT, TOO_LONG.to_owned());
                    self.row_number += 1;
                    self.skip_line()?;
                    return Ok(ReadRow::Rejected(rejected));
                }
                Cut::BlankLine { next } => {
                    if memchr(0, &text[..next]).is_some() {
                        self.warnings.line(self.line, Note::Nul);
                    }
                    self.source.consume(next);
                    self.line += 1;
                    self.is_apart = true;
                }
                Cut::Refused { end, next, line_count, reason } => {
                    let rejected = self.reject(end, reason);
                    self.row_number += 1;
                    self.is_apart = false;
                    self.source.consume(next);
                    self.line += line_count;
                    return Ok(ReadRow::Rejected(rejected));
                }
                Cut::Record(record) => {
                    let is_header = self.is_header();
                    self.is_apart = !is_header && self.is_empty_row();
                    let is_row = !(is_header || self.is_apart && self.skips_empty_rows);
                    self.row_number += u64::from(!is_header);
                    if is_header {
                        self.warnings.line(self.line, Note::RepeatedHeader);
                    } else if is_row {
                        self.row_count += 1;
                        self.note_record(&record);
                        let (position, charset) = ((self.line, self.row_number), self.source.charset());
                        block.push(&self.fields, position, charset, &self.plan, &mut self.warnings);
                    } else {
                        self.warnings.line(self.line, Note::SkippedRow);
                    }
                    self.source.consume(record.next);
                    self.line += record.line_count;
                    if is_row {
                        return Ok(ReadRow::Row);
                    }
                }
            }
        }
    }

    fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        if self.row_count == 0 {
            self.warnings.warn(None, None, "the table has no rows that could be read");
        }
        if self.source.ends_within_character() {
            let message = "the file ends within a letter, or with one in another encoding; it may be cut off";
            self.warnings.warn(Some(self.line.max(2) - 1), None, message);
        }
    }

    fn reject(&self, end: usize, reason: String) -> Rejected {
        let text = self.source.pending();
        let text = &text[..end.min(MAX_REJECTED_TEXT).min(text.len())];
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
        // Fast path: most rows differ from the header in the first cell's first or last character.
        let cell = self.fields.get(0).unwrap_or_default();
        if let (Some(name), [first, .., last]) = (header.first(), cell)
            && let [name_first, .., name_last] = name.as_bytes()
            && [first, last, name_first, name_last].into_iter().all(u8::is_ascii_alphanumeric)
            && !(first.eq_ignore_ascii_case(name_first) && last.eq_ignore_ascii_case(name_last))
        {
            return false;
        }
        let (charset, single_column) = (self.source.charset(), self.columns.len() == 1);
        self.fields.len() >= self.columns.len()
            && header
                .iter()
                .zip(self.fields.iter())
                .all(|(name, field)| names::same_name(trim(&charset.decode(field).0), name, single_column))
    }

    /// Whether the rest of the file is a report's footer.
    fn is_at_footer(&mut self) -> Result<bool, Error> {
        // Nearly all rows of a large file are too far from its end.
        if self.ended || !FooterFinder::may_start(self.source.pending()) {
            return Ok(false);
        }
        if !self.source.eof() {
            self.source.fill()?;
            if !FooterFinder::may_start(self.source.pending()) {
                return Ok(false);
            }
        }
        let (charset, width) = (self.source.charset(), self.columns.len());
        Ok(self.source.eof() && self.footer.starts(self.source.pending(), charset, width, self.is_apart))
    }

    /// Whether the record found has no value in any cell.
    fn is_empty_row(&self) -> bool {
        // Fast path: most rows have something in their first cell.
        if self.fields.get(0).and_then(<[u8]>::first).is_some_and(u8::is_ascii_alphanumeric)
            && self.fields.get(0).is_some_and(|cell| cell.len() > placeholder::MAX_LEN)
        {
            return false;
        }
        let charset = self.source.charset();
        let is_empty = |cell: &str| cell.is_empty() || (self.columns.len() > 1 && is_placeholder(cell));
        self.fields.iter().all(|field| is_empty(trim(&charset.decode(field).0)))
    }

    /// Notes what is unusual about a record as a whole.
    fn note_record(&mut self, record: &Record) {
        let text = &self.source.pending()[..record.end];
        let delimiter = self.cutter.delimiter();
        match text.iter().rposition(|byte| *byte != delimiter && *byte != b' ') {
            None => self.warnings.line(self.line, Note::EmptyRow),
            // The closing quote of the first cell may be there.
            Some(last) if self.columns.len() > 2 && last <= record.first_field_end => {
                self.warnings.line(self.line, Note::FirstCellOnly);
            }
            Some(_) => {}
        }
        if record.backslash {
            self.warnings.line(self.line, Note::BackslashQuote);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_cells() {
        let file = "a,b,c,d,lead_id,f\n1,yes,2026-01-02,x,7,\n2,no,2026-01-03,y,8,\n";
        let reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
        let kinds: Vec<ColumnKind> = reader.columns().iter().map(|column| column.kind).collect();
        assert_eq!(
            kinds,
            [
                ColumnKind::Number,
                ColumnKind::Flag,
                ColumnKind::Date,
                ColumnKind::Text,
                ColumnKind::Id,
                ColumnKind::Empty
            ]
        );
    }
}
