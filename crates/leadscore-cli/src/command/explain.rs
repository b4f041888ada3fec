//! `leadscore explain`: the whole sum behind one lead's score.

use std::io::Write;

use leadscore_files::report::svg;
use leadscore_files::{ReadLead, lead_title};

use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::input::Work;
use crate::output::{open_output, waterfall};
use crate::terminal::Look;

pub(crate) fn run(args: &ExplainArgs) -> Result<bool, Failure> {
    let mut work = Work::new(&args.input, &[("--svg", args.svg.as_deref())])?;
    let mut rejected = 0_u64;
    let mut seen = Vec::new();
    loop {
        match work.leads.read_lead()? {
            ReadLead::End => break,
            ReadLead::Rejected(_) => rejected += 1,
            ReadLead::Lead if work.leads.lead().id.as_deref() == Some(args.lead.as_str()) => {
                let prediction = work.pipeline.score_with(work.leads.lead(), &work.as_of, &work.options)?;
                let mut out = open_output(None)?;
                if args.json {
                    serde_json::to_writer_pretty(&mut out, &prediction).map_err(std::io::Error::from)?;
                    writeln!(out)?;
                    out.flush()?;
                } else {
                    waterfall::write(
                        &mut out,
                        &lead_title(work.leads.lead()),
                        &prediction,
                        Look::of_stdout(false),
                    )?;
                }
                if let Some(path) = &args.svg {
                    let picture = svg::waterfall(&prediction, &lead_title(work.leads.lead()));
                    let picture = picture.ok_or_else(|| {
                        Failure::message("--svg: the pipeline gives no reasons, so there is nothing to draw")
                    })?;
                    let mut out = open_output(Some(path))?;
                    out.write_all(picture.as_bytes())?;
                    out.finish()?;
                }
                return Ok(true);
            }
            ReadLead::Lead if seen.len() < 5 => seen.extend(work.leads.lead().id.clone()),
            ReadLead::Lead => {}
        }
    }
    let mut message = format!("{}: no lead with the id `{}`", work.leads.name(), args.lead);
    if !seen.is_empty() {
        message += &format!("; the first ids are {}", seen.join(", "));
    }
    if rejected > 0 {
        message += &format!("; {rejected} rows could not be read");
    }
    Err(Failure::Message(message))
}
