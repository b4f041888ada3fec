//! `leadscore explain`: the whole sum behind one lead's score.

use std::io::Write;

use leadscore::Prediction;
use leadscore_files::lead_title;
use leadscore_files::report::svg;
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::input::{Wanted, Work};
use crate::output::{open_output, waterfall};
use crate::terminal::Look;

pub(crate) fn run(args: &ExplainArgs) -> Result<bool, Failure> {
    let mut work = Work::new(&args.input, &[("--svg", args.svg.as_deref())])?;
    let wanted = match (&args.lead, args.row) {
        (_, Some(row)) => Wanted::Row(row),
        (id, None) => Wanted::Id(id.as_deref().unwrap_or_default()),
    };
    work.find_lead(wanted)?;
    let (lead, prediction, worthless) = (work.leads.lead(), work.score()?, work.worthless());
    let mut out = open_output(None)?;
    if args.json {
        let explained = Explained { prediction: &prediction, worthless: &worthless };
        serde_json::to_writer_pretty(&mut out, &explained).map_err(std::io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
    } else {
        waterfall::write(&mut out, &lead_title(lead), &prediction, Look::of_stdout(false))?;
        for reason in &worthless {
            writeln!(out, "WORTHLESS: {reason}")?;
        }
        out.flush()?;
    }
    drop(out);
    if let Some(path) = args.svg.as_deref().filter(|_| !work.refuses(&worthless)) {
        let picture = svg::waterfall(&prediction, &lead_title(lead));
        let picture = picture.ok_or_else(|| {
            Failure::message("--svg: the pipeline gives no reasons, so there is nothing to draw")
        })?;
        let mut out = open_output(Some(path))?;
        out.write_all(picture.as_bytes())?;
        out.finish()?;
    }
    work.judge(&worthless)?;
    Ok(true)
}

/// What `explain --json` writes.
#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    prediction: &'a Prediction,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    worthless: &'a [String],
}
