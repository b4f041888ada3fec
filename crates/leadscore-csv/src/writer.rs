//! Writes CSV that every spreadsheet opens without running anything in it.

use std::io::Write;

use csv_core::{QuoteStyle, WriteResult};
use leadscore::Error;

use super::is_invisible;

/// Writes RFC 4180 rows with `\n` as the line end.
///
/// ```
/// use leadscore_csv::CsvWriter;
///
/// let mut file = Vec::new();
/// let mut writer = CsvWriter::new(&mut file);
/// writer.text("Acme, Inc.")?;
/// writer.number(Some(0.5))?;
/// writer.text("=1+1")?;
/// writer.end_row()?;
/// assert_eq!(file, b"\"Acme, Inc.\",0.5,'=1+1\n");
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    output: W,
    /// Never quotes by itself: more cells are quoted here than RFC 4180 asks for.
    formatter: csv_core::Writer,
    /// The row so far, as long as its vector; see `byte_count`.
    line: Vec<u8>,
    byte_count: usize,
    cell_count: usize,
    /// The cell that is being formatted.
    cell: Vec<u8>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer onto `output`, which gets one write for each row.
    pub fn new(output: W) -> CsvWriter<W> {
        let formatter = csv_core::WriterBuilder::new().quote_style(QuoteStyle::Never).build();
        let (line, cell) = (Vec::new(), Vec::new());
        CsvWriter { output, formatter, line, byte_count: 0, cell_count: 0, cell }
    }

    /// Adds a text cell; one that a spreadsheet would run as a formula gets a `'` in front.
    ///
    /// # Errors
    /// None now; kept for writers that fill up.
    pub fn text(&mut self, text: &str) -> Result<(), Error> {
        let (guard, quotes) = (is_formula(text), needs_quotes(text));
        if !guard && !quotes {
            self.field(text.as_bytes());
            return Ok(());
        }
        let mut cell = std::mem::take(&mut self.cell);
        cell.clear();
        if quotes {
            cell.push(b'"');
        }
        if guard {
            cell.push(b'\'');
        }
        if quotes {
            quote(text.as_bytes(), &mut cell);
            cell.push(b'"');
        } else {
            cell.extend_from_slice(text.as_bytes());
        }
        self.field(&cell);
        self.cell = cell;
        Ok(())
    }

    /// Adds a number as short as it can be read back; empty for `None` and for what is not finite.
    ///
    /// # Errors
    /// None now; kept for writers that fill up.
    pub fn number(&mut self, number: Option<f64>) -> Result<(), Error> {
        let mut cell = std::mem::take(&mut self.cell);
        cell.clear();
        if let Some(number) = number.filter(|number| number.is_finite()) {
            format_number(number, &mut cell);
        }
        self.field(&cell);
        self.cell = cell;
        Ok(())
    }

    /// Ends the row and writes it out.
    ///
    /// # Errors
    /// `io` if writing fails.
    pub fn end_row(&mut self) -> Result<(), Error> {
        // An empty line would be no row: csv-core writes `""` instead.
        let room = self.room(3);
        let (result, written) = self.formatter.terminator(&mut self.line[self.byte_count..room]);
        debug_assert_eq!(result, WriteResult::InputEmpty);
        self.byte_count += written;
        self.output.write_all(&self.line[..self.byte_count])?;
        (self.byte_count, self.cell_count) = (0, 0);
        Ok(())
    }

    /// Hands back the output after flushing it.
    ///
    /// # Errors
    /// `io` if writing fails.
    pub fn finish(mut self) -> Result<W, Error> {
        self.output.flush()?;
        Ok(self.output)
    }

    /// Adds a cell whose content is formatted already.
    fn field(&mut self, content: &[u8]) {
        let room = self.room(content.len() + 1);
        if self.cell_count > 0 {
            let (result, written) = self.formatter.delimiter(&mut self.line[self.byte_count..room]);
            debug_assert_eq!(result, WriteResult::InputEmpty);
            self.byte_count += written;
        }
        let (result, _, written) = self.formatter.field(content, &mut self.line[self.byte_count..room]);
        debug_assert_eq!(result, WriteResult::InputEmpty);
        self.byte_count += written;
        self.cell_count += 1;
    }

    /// Makes room for so many bytes more; the end of that room.
    fn room(&mut self, length: usize) -> usize {
        let end = self.byte_count + length;
        if self.line.len() < end {
            self.line.resize(end.next_power_of_two(), 0);
        }
        end
    }
}

/// Appends a text with its quotes doubled.
fn quote(text: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + 2 * text.len(), 0);
    let (result, _, written) = csv_core::quote(text, &mut out[start..], b'"', b'"', true);
    debug_assert_eq!(result, WriteResult::InputEmpty);
    out.truncate(start + written);
}

/// Appends the shortest decimal that round-trips.
fn format_number(number: f64, out: &mut Vec<u8>) {
    let magnitude = number.abs();
    if magnitude < 1e15
        && magnitude as u64 as f64 == magnitude
        && !(number == 0.0 && number.is_sign_negative())
    {
        if number < 0.0 {
            out.push(b'-');
        }
        push_digits(magnitude as u64, 1, out);
    } else if (1e-5..1e9).contains(&magnitude) {
        // Here the digits are those of `{}`, which takes three times as long; from about 1e13 on the two can differ in
        // which of two equally near decimals they take.
        out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else {
        let is_plain = number == 0.0 || (1e-5..1e15).contains(&magnitude);
        // Writing to a vector cannot fail.
        let _ = if is_plain { write!(out, "{number}") } else { write!(out, "{number:e}") };
    }
}

/// Appends an integer with at least so many digits.
fn push_digits(mut integer: u64, least: usize, out: &mut Vec<u8>) {
    let (mut digits, mut start) = ([b'0'; 20], 20);
    while integer > 0 {
        start -= 1;
        digits[start] = b'0' + (integer % 10) as u8;
        integer /= 10;
    }
    out.extend_from_slice(&digits[start.min(20 - least)..]);
}

/// Whether a text is written in quotes: also where only some programs would misread it without.
fn needs_quotes(text: &str) -> bool {
    let outer = |c: char| c.is_whitespace() || is_invisible(c);
    let bytes = text.as_bytes();
    // Without an early end, so that many bytes are looked at together.
    let special = bytes
        .iter()
        .fold(false, |found, byte| found | matches!(byte, b',' | b'"' | b'\n' | b'\r' | b';' | b'\t'));
    special || text.starts_with(outer) || text.ends_with(outer)
}

/// Whether a spreadsheet would run the text: a formula sign at its start, blanks aside, and no mere number behind it.
fn is_formula(text: &str) -> bool {
    if text.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric) {
        return false;
    }
    if text.starts_with(['\t', '\r']) {
        return true;
    }
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
    // A number or a telephone number runs nothing.
    let is_number = |rest: &str| {
        let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'.' | b',' | b'(' | b')');
        rest.bytes().any(|byte| byte.is_ascii_digit()) && rest.bytes().all(is_plain)
    };
    if text.len() == start.len() && text.strip_prefix(['+', '-']).is_some_and(is_number) {
        return false;
    }
    start.starts_with(['=', '+', '-', '@', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_neutralised_and_numbers_short() {
        let mut writer = CsvWriter::new(Vec::new());
        for text in ["=1", " +1", "\t@x", "\u{FF1D}1", "a-b", ""] {
            writer.text(text).unwrap();
        }
        for number in [Some(0.1), Some(-3.0), Some(1e300), None] {
            writer.number(number).unwrap();
        }
        writer.end_row().unwrap();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(text, "'=1,\"' +1\",\"'\t@x\",'\u{FF1D}1,a-b,,0.1,-3,1e300,\n");
    }

    #[test]
    fn short_decimals_are_written_as_the_standard_library_does() {
        let mut value = 12_345_u64;
        for _ in 0..200_000 {
            // A linear congruential generator is enough to spread the digits.
            value = value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let power = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e9][(value >> 60) as usize % 7];
            let number = ((value >> 20) % 2_000_000_000) as f64 / power - 1_000.0;
            let mut out = Vec::new();
            format_number(number, &mut out);
            assert_eq!(std::str::from_utf8(&out), Ok(format!("{number}").as_str()));
        }
    }

    #[test]
    fn numbers_are_those_of_the_formatter() {
        // A walk through the floats by a large odd step of their bits, and the edges of each form.
        let edges =
            [0.0, -0.0, 1e-5, 1e15, 1e-6, 9.999_999e14, 0.1, 72.5, f64::MIN_POSITIVE, f64::MAX, 123_456.789];
        let walk = (0..200_000_u64).map(|n| f64::from_bits(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let scores = (0..200_000_u32).map(|n| f64::from(n) / 1_999.7);
        for number in walk.chain(scores).chain(edges).filter(|number| number.is_finite()) {
            let mut digits = Vec::new();
            format_number(number, &mut digits);
            let is_plain = number == 0.0 || (1e-5..1e15).contains(&number.abs());
            let wanted = if is_plain { format!("{number}") } else { format!("{number:e}") };
            assert_eq!(String::from_utf8(digits).unwrap(), wanted);
        }
    }

    #[test]
    fn a_row_without_content_is_no_empty_line() {
        let mut writer = CsvWriter::new(Vec::new());
        writer.end_row().unwrap();
        writer.text("").unwrap();
        writer.end_row().unwrap();
        writer.text("").unwrap();
        writer.number(None).unwrap();
        writer.end_row().unwrap();
        assert_eq!(writer.finish().unwrap(), b"\"\"\n\"\"\n,\n");
    }
}
