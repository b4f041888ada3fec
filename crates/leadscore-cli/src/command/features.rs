//! `leadscore features`: what a pipeline computes for every lead.

use std::io::Write;

use leadscore::{FeatureValue, FeatureValues};
use leadscore_csv::CsvWriter;
use leadscore_files::{OutputFile, ReadLead, Rejection, Rejects, ValueWarnings, note_warnings};

use crate::args::FeaturesArgs;
use crate::failure::Failure;
use crate::input::Work;
use crate::notes::StderrNotes;
use crate::output::open_output;

pub(crate) fn run(args: &FeaturesArgs) -> Result<bool, Failure> {
    let mut work = Work::new(&args.input, &[("--output", args.output.as_deref())])?;
    let mut rejects = Rejects::create(args.input.rejects.as_deref())?;
    let mut notes = StderrNotes::default();
    let mut out = Sink::new(open_output(args.output.as_deref())?, args.jsonl, &work)?;
    loop {
        match work.leads.read_lead()? {
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
    if args.output.is_none() || !work.refuses(&worthless) {
        out.finish()?;
    }
    rejects.add_log(work.leads.take_log_rejections(), &mut notes)?;
    let all_good = rejects.count() == 0;
    rejects.finish(&mut notes)?;
    note_warnings(&work.leads.warnings(), &ValueWarnings::default(), &mut notes);
    work.judge(&worthless)?;
    Ok(all_good)
}

enum Sink {
    Csv(Box<CsvWriter<OutputFile<'static>>>),
    Jsonl(Box<OutputFile<'static>>),
}

impl Sink {
    fn new(out: OutputFile<'static>, jsonl: bool, work: &Work) -> Result<Sink, Failure> {
        if jsonl {
            return Ok(Sink::Jsonl(Box::new(out)));
        }
        let mut csv = CsvWriter::new(out);
        csv.text("lead_id")?;
        csv.text("row")?;
        for feature in work.pipeline.schema().features().iter().filter(|feature| !feature.helper) {
            csv.text(&feature.name)?;
        }
        csv.end_row()?;
        Ok(Sink::Csv(Box::new(csv)))
    }

    fn write(&mut self, id: &str, row: u64, features: &FeatureValues) -> Result<(), Failure> {
        match self {
            Sink::Csv(csv) => {
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
            Sink::Jsonl(out) => {
                let line = serde_json::json!({ "lead_id": id, "row": row, "features": features });
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Sink::Csv(csv) => Ok(csv.finish()?.finish()?),
            Sink::Jsonl(out) => Ok(out.finish()?),
        }
    }
}
