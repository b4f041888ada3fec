//! `leadscore features`: what a pipeline computes for every lead.

use leadscore::{FeatureValue, FeatureValues};
use leadscore_csv::CsvWriter;
use leadscore_files::{FileFormat, JsonRows, OutputFile, ReadLead, Rejection, Rejects, note_warnings};

use crate::args::{FeaturesArgs, Format};
use crate::failure::Failure;
use crate::input::Work;
use crate::notes::StderrNotes;

pub(crate) fn run(args: &FeaturesArgs) -> Result<bool, Failure> {
    let format = args.output.settle(args.jsonl.then_some(Format::Jsonl))?;
    let mut work = Work::new(&args.input, &[("--output", args.output.path())])?;
    let mut rejects = Rejects::create(args.input.rejects.as_deref())?;
    let mut notes = StderrNotes::default();
    let mut out = Sink::new(args.output.open()?, format, &work)?;
    loop {
        match work.read_lead()? {
            ReadLead::End => break,
            ReadLead::Rejected(rejection) => rejects.add(&rejection, &mut notes)?,
            ReadLead::Lead => match work.pipeline.features(work.leads.lead(), &work.as_of, work.options.mode)
            {
                Ok(features) => out.write(
                    work.leads.lead().id.as_deref().unwrap_or_default(),
                    work.leads.row(),
                    &features,
                )?,
                Err(error) => {
                    let raw = serde_json::to_string(work.leads.lead()).expect("a lead serializes");
                    rejects.add(&Rejection::new(work.leads.line(), error.to_string(), raw), &mut notes)?;
                }
            },
        }
    }
    let worthless = work.worthless();
    rejects.add_log(work.leads.take_log_rejections(), &mut notes)?;
    let all_good = rejects.count() == 0;
    rejects.finish(&mut notes)?;
    note_warnings(&work.leads.warnings(), &work.values, &mut notes);
    if out.is_empty() {
        return Err(nothing_read(work.leads.name(), all_good));
    }
    if args.output.path().is_none() || !work.refuses(&worthless) {
        out.finish(&worthless)?;
    }
    work.judge(&worthless)?;
    Ok(all_good)
}

/// Why there is no result: an earlier one stays.
pub(super) fn nothing_read(name: &str, none_rejected: bool) -> Failure {
    let why = if none_rejected { "there is no row below the header" } else { "every row was rejected" };
    Failure::message(format!("{name}: no row was read: {why}"))
}

/// Takes the features of lead after lead.
struct Sink {
    rows: Rows,
    is_empty: bool,
}

enum Rows {
    Csv(Box<CsvWriter<OutputFile<'static>>>),
    Json(JsonRows<'static>),
}

impl Sink {
    fn new(out: OutputFile<'static>, format: Format, work: &Work) -> Result<Sink, Failure> {
        let rows = if let Some(form) = format.of_file().and_then(FileFormat::json_form) {
            Rows::Json(JsonRows::new(out, form)?)
        } else {
            let mut csv = CsvWriter::new(out);
            csv.text("lead_id")?;
            csv.text("row")?;
            for feature in work.pipeline.schema().features().iter().filter(|feature| !feature.helper) {
                csv.text(&feature.name)?;
            }
            csv.end_row()?;
            Rows::Csv(Box::new(csv))
        };
        Ok(Sink { rows, is_empty: true })
    }

    fn is_empty(&self) -> bool {
        self.is_empty
    }

    fn write(&mut self, id: &str, row: u64, features: &FeatureValues) -> Result<(), Failure> {
        match &mut self.rows {
            Rows::Csv(csv) => {
                csv.text(id)?;
                csv.number(Some(row as f64))?;
                for feature in features {
                    match &feature.value {
                        FeatureValue::Number(number) => csv.number(Some(*number))?,
                        FeatureValue::Flag(flag) => csv.number(Some(f64::from(u8::from(*flag))))?,
                        FeatureValue::Text(text) => csv.text(text)?,
                        _ => csv.number(None)?,
                    }
                }
                csv.end_row()?;
            }
            Rows::Json(rows) => {
                rows.add(&serde_json::json!({ "lead_id": id, "row": row, "features": features }))?;
            }
        }
        self.is_empty = false;
        Ok(())
    }

    fn finish(self, worthless: &[String]) -> Result<(), Failure> {
        match self.rows {
            Rows::Csv(csv) => Ok(csv.finish()?.finish()?),
            Rows::Json(rows) => Ok(rows.finish(worthless)?),
        }
    }
}
