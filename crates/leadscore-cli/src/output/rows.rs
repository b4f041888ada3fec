//! One line per lead: CSV, JSON lines, or a JSON list.

use std::io::Write;
use std::sync::Arc;

use leadscore::{Prediction, Score};
use leadscore_csv::CsvWriter;
use serde::Serialize;

use crate::args::Format;
use crate::failure::Failure;
use crate::output::Output;
use crate::terminal::points;

/// A prediction with its place in the input.
#[derive(Serialize)]
struct Line<'a> {
    row: u64,
    #[serde(flatten)]
    prediction: &'a Prediction,
}

/// What stands between the items of a JSON list.
const BETWEEN: &[u8] = b",\n";

/// Adds one lead to a stretch of JSON rows.
pub(crate) fn render_json(out: &mut Vec<u8>, format: Format, row: u64, prediction: &Prediction) {
    if format == Format::Json && !out.is_empty() {
        out.extend_from_slice(BETWEEN);
    }
    serde_json::to_writer(&mut *out, &Line { row, prediction }).expect("writing to memory cannot fail");
    if format == Format::Jsonl {
        out.push(b'\n');
    }
}

/// Adds one lead to a stretch of CSV rows.
pub(crate) fn render_csv(out: &mut Vec<u8>, row: u64, score: &Score) {
    csv_row(out, row, score).expect("writing to memory cannot fail");
}

fn csv_row(out: &mut Vec<u8>, row: u64, score: &Score) -> Result<(), leadscore::Error> {
    let mut csv = CsvWriter::new(out);
    csv.text(&score.lead_id)?;
    csv.number(Some(row as f64))?;
    csv.number(Some(score.score))?;
    csv.number(score.probability)?;
    for class in &score.classes {
        csv.number(Some(class.probability))?;
    }
    csv.text(score.tier.as_deref().unwrap_or_default())?;
    csv.text(score.action.as_deref().unwrap_or_default())?;
    csv.text(&reasons(score))?;
    csv.end_row()
}

/// Rows written one stretch after another.
pub(crate) struct Rows {
    out: Output,
    format: Format,
    first: bool,
}

impl Rows {
    /// Begins the rows; `classes` are those of the pipeline.
    pub(crate) fn new(mut out: Output, format: Format, classes: &[Arc<str>]) -> Result<Rows, Failure> {
        match format {
            Format::Csv => {
                let mut heading = Vec::new();
                let mut csv = CsvWriter::new(&mut heading);
                for name in ["lead_id", "row", "score", "probability"] {
                    csv.text(name)?;
                }
                for class in classes {
                    csv.text(&format!("p_{class}"))?;
                }
                for name in ["tier", "action", "reasons"] {
                    csv.text(name)?;
                }
                csv.end_row()?;
                out.write_all(&heading)?;
            }
            Format::Json => out.write_all(b"[\n")?,
            _ => {}
        }
        Ok(Rows { out, format, first: true })
    }

    /// Adds a stretch of rendered rows.
    pub(crate) fn append(&mut self, rendered: &[u8]) -> Result<(), Failure> {
        if rendered.is_empty() {
            return Ok(());
        }
        if self.format == Format::Json && !self.first {
            self.out.write_all(BETWEEN)?;
        }
        self.first = false;
        Ok(self.out.write_all(rendered)?)
    }

    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if self.format == Format::Json {
            self.out.write_all(if self.first { b"]\n" } else { b"\n]\n" })?;
        }
        self.out.finish()
    }
}

/// The top reasons with their points, in one text; for a lead that was ruled out, why.
fn reasons(score: &Score) -> String {
    let mut text = score.disqualified.as_ref().map_or_else(String::new, |why| format!("Ruled out: {why}"));
    for reason in &score.reasons {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&reason.text);
        text.push_str(" (");
        text.push_str(&points(reason.points));
        text.push(')');
    }
    text
}
