//! One line per lead: CSV, JSON lines, or a JSON list.

use std::io::Write;
use std::sync::Arc;

use leadscore::{Error, Prediction};
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

/// Appends rows to rendered ones: their numbers and predictions.
pub(crate) fn render<'p>(
    out: &mut Vec<u8>,
    format: FileFormat,
    rows: impl Iterator<Item = (u64, &'p Prediction)>,
) {
    match format {
        FileFormat::Csv => {
            let mut csv = CsvWriter::new(out);
            for (row, prediction) in rows {
                render_csv(&mut csv, row, prediction).expect("writing to memory does not fail");
            }
        }
        _ => rows.for_each(|(row, prediction)| render_json(out, format, row, prediction)),
    }
}

fn render_json(out: &mut Vec<u8>, format: FileFormat, row: u64, prediction: &Prediction) {
    if format == FileFormat::Json && !out.is_empty() {
        out.extend_from_slice(SEPARATOR);
    }
    serde_json::to_writer(&mut *out, &Line { row, prediction }).expect("a prediction is always JSON");
    if format == FileFormat::Jsonl {
        out.push(b'\n');
    }
}

fn render_csv(csv: &mut CsvWriter<&mut Vec<u8>>, row: u64, prediction: &Prediction) -> Result<(), Error> {
    csv.text(&prediction.lead_id)?;
    csv.number(Some(row as f64))?;
    csv.number(Some(prediction.score))?;
    csv.number(prediction.probability)?;
    for class in &prediction.classes {
        csv.number(Some(class.probability))?;
    }
    csv.text(prediction.tier.as_deref().unwrap_or_default())?;
    csv.text(prediction.action.as_deref().unwrap_or_default())?;
    csv.text(&reasons(prediction))?;
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

    /// Appends rows that [`render`] made.
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
fn reasons(prediction: &Prediction) -> String {
    let mut text =
        prediction.disqualified.as_ref().map_or_else(String::new, |why| format!("Ruled out: {why}"));
    for reason in &prediction.explanation.reasons {
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
