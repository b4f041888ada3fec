//! `leadscore features`: what a pipeline computes for every lead.

use std::io::Write;

use leadscore::{FeatureValue, FeatureValues};
use leadscore_csv::CsvWriter;

use crate::args::FeaturesArgs;
use crate::failure::Failure;
use crate::input::{Next, Rejection, Work};
use crate::output::Output;
use crate::output::notes::{Rejects, ValueWarnings, tell};

pub(crate) fn run(args: &FeaturesArgs) -> Result<bool, Failure> {
    let mut work = Work::new(&args.input, &[("--output", args.output.as_deref())])?;
    let mut rejects = Rejects::new(args.input.rejects.as_deref())?;
    let mut out = Sink::new(Output::new(args.output.as_deref())?, args.jsonl, &work)?;
    loop {
        match work.leads.next()? {
            Next::End => break,
            Next::Rejected(rejection) => rejects.add(&rejection)?,
            Next::Lead => match work.pipeline.features(&work.leads.lead, &work.as_of, work.options.mode) {
                Ok(features) => out.write(&work.leads.lead.id, work.leads.row, &features)?,
                Err(error) => {
                    let raw = serde_json::to_string(&work.leads.lead).expect("a lead serializes");
                    rejects.add(&Rejection { line: work.leads.line, reason: error.to_string(), raw })?;
                }
            },
        }
    }
    out.finish()?;
    let all_good = rejects.count == 0;
    rejects.finish()?;
    tell(&work.leads.warnings(), &ValueWarnings::default());
    Ok(all_good)
}

enum Sink {
    Csv(Box<CsvWriter<Output>>),
    Jsonl(Box<Output>),
}

impl Sink {
    fn new(out: Output, jsonl: bool, work: &Work) -> Result<Sink, Failure> {
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
            Sink::Csv(csv) => csv.finish()?.finish(),
            Sink::Jsonl(out) => out.finish(),
        }
    }
}
