//! `leadscore explain`: the whole sum behind one lead's score.

use std::io::Write;

use leadscore_files::lead_title;
use leadscore_files::report::svg;

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
    work.find_lead(&args.lead)?;
    let (lead, prediction) = (work.leads.lead(), work.score()?);
    let title = lead_title(lead);
    let picture = || {
        let picture = svg::waterfall(&prediction, &title, work.pipeline.tiers());
        picture.ok_or_else(|| Failure::message("the pipeline gives no reasons, so there is nothing to draw"))
    };
    if let Some(path) = &args.svg {
        let mut out = open_output(Some(path))?;
        out.write_all(picture()?.as_bytes())?;
        out.finish()?;
    }
    let mut out = args.output.open()?;
    match format {
        Format::Json => json(&mut out, &prediction)?,
        Format::Svg => out.write_all(picture()?.as_bytes())?,
        _ => waterfall::write(&mut out, &title, &prediction, work.pipeline.tiers(), args.output.look())?,
    }
    out.finish()?;
    Ok(true)
}
