//! `leadscore explain`: the whole sum behind one lead's score.

use std::io::Write;

use leadscore_files::lead_title;
use leadscore_files::report::svg;

use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::input::Work;
use crate::output::{open_output, waterfall};
use crate::terminal::Look;

pub(crate) fn run(args: &ExplainArgs) -> Result<bool, Failure> {
    let mut work = Work::new(&args.input, &[("--svg", args.svg.as_deref())])?;
    work.find_lead(&args.lead)?;
    let (lead, prediction) = (work.leads.lead(), work.score()?);
    let mut out = open_output(None)?;
    if args.json {
        serde_json::to_writer_pretty(&mut out, &prediction).map_err(std::io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
    } else {
        waterfall::write(
            &mut out,
            &lead_title(lead),
            &prediction,
            work.pipeline.tiers(),
            Look::of_stdout(false),
        )?;
    }
    if let Some(path) = &args.svg {
        let picture = svg::waterfall(&prediction, &lead_title(lead), work.pipeline.tiers());
        let picture = picture.ok_or_else(|| {
            Failure::message("--svg: the pipeline gives no reasons, so there is nothing to draw")
        })?;
        let mut out = open_output(Some(path))?;
        out.write_all(picture.as_bytes())?;
        out.finish()?;
    }
    Ok(true)
}
