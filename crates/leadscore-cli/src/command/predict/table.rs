//! What `leadscore predict` writes.

use std::collections::BTreeMap;
use std::path::Path;

use leadscore::forest::Iterations;
use leadscore::{FeatureMatrix, Forest};
use leadscore_csv::CsvWriter;
use leadscore_files::{CarriedColumns, FileFormat, JsonRows, OutputFile};
use serde::Serialize;

use crate::args::{Format, PredictArgs};
use crate::failure::Failure;
use crate::output::open_output;

/// The files that are written.
pub(super) struct Table<'a> {
    iterations: Iterations,
    predictions: Predictions,
    carried: &'a CarriedColumns,
    contributions: Option<CsvWriter<OutputFile<'static>>>,
    is_empty: bool,
    /// Whether the predictions go to a file.
    is_file: bool,
}

enum Predictions {
    Csv(Box<CsvWriter<OutputFile<'static>>>),
    Json(JsonRows<'static>),
}

/// Which row of the input a prediction is of.
pub(super) struct RowLabel {
    /// The id as it is written, empty where there is none.
    pub(super) id: String,
    /// The row among the data rows, from 1.
    pub(super) row: u64,
    /// Its cells that are carried through.
    pub(super) cells: Vec<String>,
}

/// One row as JSON.
#[derive(Serialize)]
struct JsonRow<'r> {
    #[serde(skip_serializing_if = "str::is_empty")]
    lead_id: &'r str,
    row: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<&'r str, &'r str>,
    margin: Numbers<'r>,
    pred: Numbers<'r>,
}

/// A number, or a list where a model has several outputs.
#[derive(Serialize)]
#[serde(untagged)]
enum Numbers<'r> {
    One(f64),
    Many(&'r [f64]),
}

impl<'r> From<&'r [f64]> for Numbers<'r> {
    fn from(values: &'r [f64]) -> Numbers<'r> {
        match values {
            [one] => Numbers::One(*one),
            many => Numbers::Many(many),
        }
    }
}

impl<'a> Table<'a> {
    /// Begins the files.
    pub(super) fn new(
        args: &PredictArgs,
        format: Format,
        forest: &Forest,
        names: &[String],
        carried: &'a CarriedColumns,
    ) -> Result<Table<'a>, Failure> {
        let out = args.output.open()?;
        let predictions = if let Some(form) = format.of_file().and_then(FileFormat::json_form) {
            Predictions::Json(JsonRows::new(out, form)?)
        } else {
            let mut csv = CsvWriter::new(out);
            let margins = numbered("margin", forest.output_count());
            let predictions = numbered("pred", forest.prediction_width());
            for name in ["lead_id", "row"].map(str::to_owned).iter().chain(&margins).chain(&predictions) {
                csv.text(name)?;
            }
            carried.headings().try_for_each(|name| csv.text(name))?;
            csv.end_row()?;
            Predictions::Csv(Box::new(csv))
        };
        let contributions =
            args.contributions.as_deref().map(|path| heading(path, forest, names)).transpose()?;
        let is_file = args.output.path().is_some();
        Ok(Table {
            iterations: args.iterations,
            predictions,
            carried,
            contributions,
            is_empty: true,
            is_file,
        })
    }

    /// Whether no row was added yet.
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Predicts rows.
    pub(super) fn add(
        &mut self,
        forest: &Forest,
        values: Vec<f64>,
        labels: &[RowLabel],
    ) -> Result<(), Failure> {
        if labels.is_empty() {
            return Ok(());
        }
        let matrix = FeatureMatrix::new(forest.feature_count(), values)?;
        // Nine digits give any f32 back, and are how XGBoost's own output is commonly written.
        let short = |value: f64| {
            if forest.is_f32() { format!("{value:.8e}").parse().unwrap_or(value) } else { value }
        };
        let margins: Vec<f64> = forest.margin(&matrix, self.iterations)?.into_iter().map(short).collect();
        let predictions: Vec<f64> =
            forest.predict(&matrix, self.iterations)?.into_iter().map(short).collect();
        let rows = margins
            .chunks_exact(forest.output_count())
            .zip(predictions.chunks_exact(forest.prediction_width()));
        for (label, (margin, prediction)) in labels.iter().zip(rows) {
            self.write(label, margin, prediction)?;
        }
        if let Some(csv) = &mut self.contributions {
            let shap = forest.shap(&matrix, self.iterations)?;
            let rows = shap.chunks_exact(shap.len() / matrix.row_count());
            for (label, row) in labels.iter().zip(rows) {
                csv.text(&label.id)?;
                csv.number(Some(label.row as f64))?;
                row.iter().try_for_each(|value| csv.number(Some(*value)))?;
                csv.end_row()?;
            }
        }
        Ok(())
    }

    fn write(&mut self, label: &RowLabel, margin: &[f64], prediction: &[f64]) -> Result<(), Failure> {
        match &mut self.predictions {
            Predictions::Csv(csv) => {
                csv.text(&label.id)?;
                csv.number(Some(label.row as f64))?;
                margin.iter().chain(prediction).try_for_each(|value| csv.number(Some(*value)))?;
                label.cells.iter().try_for_each(|cell| csv.text(cell))?;
                csv.end_row()?;
            }
            Predictions::Json(rows) => rows.add(&JsonRow {
                lead_id: &label.id,
                row: label.row,
                columns: self.carried.headings().zip(label.cells.iter().map(String::as_str)).collect(),
                margin: margin.into(),
                pred: prediction.into(),
            })?,
        }
        self.is_empty = false;
        Ok(())
    }

    /// Completes what is written. JSON ends with what makes the predictions worth nothing, if something does; where that
    /// is refused, no file is written.
    pub(super) fn finish(self, worthless: &[String], is_refused: bool) -> Result<(), Failure> {
        // Everything is written before either file takes its place.
        let contributions = self.contributions.map(CsvWriter::finish).transpose()?;
        match self.predictions {
            _ if is_refused && self.is_file => {}
            Predictions::Csv(csv) => csv.finish()?.finish()?,
            Predictions::Json(rows) => rows.finish(worthless)?,
        }
        match contributions.filter(|_| !is_refused) {
            Some(contributions) => Ok(contributions.finish()?),
            None => Ok(()),
        }
    }
}

/// `margin`, or `margin_0`, `margin_1` and so on where there are several.
fn numbered(name: &str, count: usize) -> Vec<String> {
    if count == 1 { vec![name.to_owned()] } else { (0..count).map(|k| format!("{name}_{k}")).collect() }
}

/// The table of contributions with its heading: id, row, and one column for each feature and the bias, of every output.
fn heading(
    path: &Path,
    forest: &Forest,
    names: &[String],
) -> Result<CsvWriter<OutputFile<'static>>, Failure> {
    let mut csv = CsvWriter::new(open_output(Some(path))?);
    csv.text("lead_id")?;
    csv.text("row")?;
    for output in 0..forest.output_count() {
        for name in names.iter().map(String::as_str).chain(["bias"]) {
            let several = format!("out{output}|{name}");
            csv.text(if forest.output_count() == 1 { name } else { &several })?;
        }
    }
    csv.end_row()?;
    Ok(csv)
}
