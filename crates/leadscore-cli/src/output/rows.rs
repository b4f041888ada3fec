//! One line per lead: CSV, JSON lines, or a JSON list.

use std::io::Write;

use leadscore::Prediction;
use leadscore::csv::CsvWriter;
use serde::Serialize;

use crate::args::Format;
use crate::failure::Failure;
use crate::terminal::points;

/// A prediction with its place in the input.
#[derive(Serialize)]
struct Line<'a> {
    row: u64,
    #[serde(flatten)]
    prediction: &'a Prediction,
}

/// Writes predictions one after another.
pub(crate) enum Rows<W: Write> {
    Csv(CsvWriter<W>),
    Json { out: W, list: bool, first: bool },
}

impl<W: Write> Rows<W> {
    pub(crate) fn new(out: W, format: Format) -> Result<Rows<W>, Failure> {
        Ok(match format {
            Format::Csv => {
                let mut csv = CsvWriter::new(out);
                for name in ["lead_id", "row", "score", "probability", "tier", "action", "reasons"] {
                    csv.text(name)?;
                }
                csv.end_row()?;
                Rows::Csv(csv)
            }
            _ => Rows::Json { out, list: format == Format::Json, first: true },
        })
    }

    pub(crate) fn write(&mut self, row: u64, prediction: &Prediction) -> Result<(), Failure> {
        match self {
            Rows::Csv(csv) => {
                csv.text(&prediction.lead_id)?;
                csv.number(Some(row as f64))?;
                csv.number(Some(prediction.score))?;
                csv.number(prediction.probability)?;
                csv.text(prediction.tier.as_deref().unwrap_or_default())?;
                csv.text(prediction.action.as_deref().unwrap_or_default())?;
                csv.text(&reasons(prediction, "; "))?;
                csv.end_row()?;
            }
            Rows::Json { out, list, first } => {
                if *list {
                    out.write_all(if *first { b"[\n" } else { b",\n" })?;
                }
                *first = false;
                serde_json::to_writer(&mut *out, &Line { row, prediction }).map_err(std::io::Error::from)?;
                if !*list {
                    out.write_all(b"\n")?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Rows::Csv(csv) => csv.finish()?.flush()?,
            Rows::Json { mut out, list, first } => {
                if list {
                    out.write_all(if first { b"[]\n" } else { b"\n]\n" })?;
                }
                out.flush()?;
            }
        }
        Ok(())
    }
}

/// The top reasons with their points, in one text; a disqualification leads.
pub(crate) fn reasons(prediction: &Prediction, between: &str) -> String {
    let mut text =
        prediction.disqualified.as_ref().map_or_else(String::new, |why| format!("Ruled out: {why}"));
    for reason in &prediction.explanation.reasons {
        if !text.is_empty() {
            text.push_str(between);
        }
        text.push_str(&reason.text);
        text.push_str(" (");
        text.push_str(&points(reason.points));
        text.push(')');
    }
    text
}
