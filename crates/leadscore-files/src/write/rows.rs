//! One line per lead: CSV, JSON lines, or a JSON list.

use std::io::Write;
use std::sync::Arc;

use leadscore::{Error, Prediction, Score};
use leadscore_csv::CsvWriter;
use serde::{Deserialize, Serialize};

use super::OutputFile;
use crate::wording::points;

/// How scored leads are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FileFormat {
    /// One line per lead: id, row, score, probability, tier, action, reasons.
    #[default]
    Csv,
    /// One JSON object per lead and line, with everything.
    Jsonl,
    /// A JSON list of the same.
    Json,
    /// One page for people, with the best leads.
    Html,
}

/// A prediction with its row in the input.
#[derive(Serialize)]
struct Line<'a> {
    row: u64,
    #[serde(flatten)]
    prediction: &'a Prediction,
}

/// The separator of the items of a JSON list.
const SEPARATOR: &[u8] = b",\n";

/// Appends one lead to rendered rows of JSON.
pub(crate) fn render_json(out: &mut Vec<u8>, format: FileFormat, row: u64, prediction: &Prediction) {
    if format == FileFormat::Json && !out.is_empty() {
        out.extend_from_slice(SEPARATOR);
    }
    serde_json::to_writer(&mut *out, &Line { row, prediction }).expect("a prediction is always JSON");
    if format == FileFormat::Jsonl {
        out.push(b'\n');
    }
}

/// Appends rows of CSV: the number of each lead's row in the input, and its score.
pub(crate) fn render_csv<'s>(out: &mut Vec<u8>, rows: impl Iterator<Item = (u64, &'s Score)>) {
    let mut csv = CsvWriter::new(out);
    for (row, score) in rows {
        write_csv(&mut csv, row, score).expect("writing to memory does not fail");
    }
}

fn write_csv(csv: &mut CsvWriter<&mut Vec<u8>>, row: u64, score: &Score) -> Result<(), Error> {
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

/// Rows written one batch after another.
pub(crate) struct Rows<'a> {
    out: OutputFile<'a>,
    format: FileFormat,
    is_empty: bool,
}

impl<'a> Rows<'a> {
    /// Begins the rows; `classes` are those of the pipeline.
    pub(crate) fn new(
        mut out: OutputFile<'a>,
        format: FileFormat,
        classes: &[Arc<str>],
    ) -> Result<Rows<'a>, Error> {
        match format {
            FileFormat::Csv => {
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
            FileFormat::Json => out.write_all(b"[\n")?,
            _ => {}
        }
        Ok(Rows { out, format, is_empty: true })
    }

    /// Appends rows that were rendered.
    pub(crate) fn append(&mut self, rendered: &[u8]) -> Result<(), Error> {
        if rendered.is_empty() {
            return Ok(());
        }
        if self.format == FileFormat::Json && !self.is_empty {
            self.out.write_all(SEPARATOR)?;
        }
        self.is_empty = false;
        Ok(self.out.write_all(rendered)?)
    }

    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if self.format == FileFormat::Json {
            self.out.write_all(if self.is_empty { b"]\n" } else { b"\n]\n" })?;
        }
        self.out.finish()
    }
}

/// The top reasons with their points, in one text; for a lead that was ruled out, why.
fn reasons(score: &Score) -> String {
    let mut text =
        score.disqualified.as_ref().map_or_else(String::new, |rule| format!("Ruled out: {}", rule.text));
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
