//! `leadscore explain`: the whole sum behind one lead's score.

use std::io::Write;

use leadscore::Prediction;
use leadscore_files::lead_title;
use leadscore_files::report::svg;
use serde::Serialize;

use crate::args::output::check_ending;
use crate::args::{ExplainArgs, Format};
use crate::failure::Failure;
use crate::input::Work;
use crate::output::assist::json;
use crate::output::{open_output, waterfall};

pub(crate) fn run(args: &ExplainArgs) -> Result<bool, Failure> {
    let format = args.output.settle(args.json.then_some(Format::Json))?;
    let writes = [("--output", args.output.path()), ("--svg", args.svg.as_deref())];
    let mut work = Work::new(&args.input, &writes)?;
    check_ending("--svg", args.svg.as_deref(), Format::Svg)?;
    let all_read = work.find_lead(&args.lead)?;
    let (lead, prediction, worthless) = (work.leads.lead(), work.score()?, work.worthless());
    let title = lead_title(lead);
    let picture = || {
        let picture = svg::waterfall(&prediction, &title, work.pipeline.tiers());
        picture.ok_or_else(|| Failure::message("the pipeline gives no reasons, so there is nothing to draw"))
    };
    if let Some(path) = args.svg.as_deref().filter(|_| !work.refuses(&worthless)) {
        let mut out = open_output(Some(path))?;
        out.write_all(picture()?.as_bytes())?;
        out.finish()?;
    }
    let mut out = args.output.open()?;
    match format {
        Format::Json => json(&mut out, &Explained { prediction: &prediction, worthless: &worthless })?,
        Format::Svg => out.write_all(picture()?.as_bytes())?,
        _ => {
            waterfall::write(&mut out, &title, &prediction, work.pipeline.tiers(), args.output.look())?;
            for reason in &worthless {
                writeln!(out, "WORTHLESS: {reason}")?;
            }
        }
    }
    if args.output.path().is_none() || !work.refuses(&worthless) {
        out.finish()?;
    }
    work.judge(&worthless)?;
    Ok(all_read)
}

/// What `explain --json` writes.
#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    prediction: &'a Prediction,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    worthless: &'a [String],
}
