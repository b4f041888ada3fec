//! Writes CSV that every spreadsheet opens without running anything in it.

use std::fmt::Write as _;
use std::io::Write;

use crate::Error;

/// Writes RFC 4180 rows with `\n` as the line end.
///
/// ```
/// use leadscore::csv::CsvWriter;
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
    line: String,
    cells: usize,
}

impl<W: Write> CsvWriter<W> {
    /// A writer onto `output`, which gets one write for each row.
    pub fn new(output: W) -> CsvWriter<W> {
        CsvWriter { output, line: String::new(), cells: 0 }
    }

    /// Adds a text cell; one that a spreadsheet would run as a formula gets a `'` in front.
    ///
    /// # Errors
    /// None now; kept for writers that fill up.
    pub fn text(&mut self, text: &str) -> Result<(), Error> {
        self.next_cell();
        let guard = if is_formula(text) { "'" } else { "" };
        let outer = |c: char| c.is_whitespace() || super::is_invisible(c);
        if text.contains([',', '"', '\n', '\r', ';', '\t'])
            || text.starts_with(outer)
            || text.ends_with(outer)
        {
            self.line.push('"');
            self.line.push_str(guard);
            self.line.push_str(&text.replace('"', "\"\""));
            self.line.push('"');
        } else {
            self.line.push_str(guard);
            self.line.push_str(text);
        }
        Ok(())
    }

    /// Adds a number as short as it can be read back; empty for `None` and for what is not finite.
    ///
    /// # Errors
    /// None now; kept for writers that fill up.
    pub fn number(&mut self, number: Option<f64>) -> Result<(), Error> {
        self.next_cell();
        if let Some(number) = number.filter(|number| number.is_finite()) {
            let plain = number == 0.0 || (1e-5..1e15).contains(&number.abs());
            // Writing to a text cannot fail.
            let _ = if plain { write!(self.line, "{number}") } else { write!(self.line, "{number:e}") };
        }
        Ok(())
    }

    /// Ends the row and writes it out.
    ///
    /// # Errors
    /// `io` if writing fails.
    pub fn end_row(&mut self) -> Result<(), Error> {
        // An empty line would be no row.
        if self.line.is_empty() {
            self.line.push_str("\"\"");
        }
        self.line.push('\n');
        self.output.write_all(self.line.as_bytes())?;
        self.line.clear();
        self.cells = 0;
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

    fn next_cell(&mut self) {
        if self.cells > 0 {
            self.line.push(',');
        }
        self.cells += 1;
    }
}

/// Whether a spreadsheet would run the text: a formula sign at its start, blanks aside.
fn is_formula(text: &str) -> bool {
    if text.starts_with(['\t', '\r']) {
        return true;
    }
    let start =
        text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || super::is_invisible(c));
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
}
