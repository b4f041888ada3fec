//! `leadscore explain`: the whole sum behind one lead's score.

use std::io::Write;

use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::input::{Next, Work, title};
use crate::output::{Output, waterfall};
use crate::report::svg;
use crate::terminal::Look;

pub(crate) fn run(args: &ExplainArgs) -> Result<bool, Failure> {
    let mut work = Work::new(&args.input, &[("--svg", args.svg.as_deref())])?;
    let mut rejected = 0_u64;
    let mut seen = Vec::new();
    loop {
        match work.leads.next()? {
            Next::End => break,
            Next::Rejected(_) => rejected += 1,
            Next::Lead if work.leads.lead.id == args.lead => {
                let prediction = work.pipeline.score_with(&work.leads.lead, &work.as_of, &work.options)?;
                let mut out = Output::new(None)?;
                if args.json {
                    serde_json::to_writer_pretty(&mut out, &prediction).map_err(std::io::Error::from)?;
                    writeln!(out)?;
                    out.flush()?;
                } else {
                    waterfall::write(
                        &mut out,
                        &title(&work.leads.lead),
                        &prediction,
                        Look::of_stdout(false),
                    )?;
                }
                if let Some(path) = &args.svg {
                    let picture = svg::waterfall(&prediction, &title(&work.leads.lead));
                    let picture = picture.ok_or_else(|| {
                        Failure::said("--svg: the pipeline gives no reasons, so there is nothing to draw")
                    })?;
                    let mut out = Output::new(Some(path))?;
                    out.write_all(picture.as_bytes())?;
                    out.finish()?;
                }
                return Ok(true);
            }
            Next::Lead if seen.len() < 5 => seen.push(work.leads.lead.id.clone()),
            Next::Lead => {}
        }
    }
    let mut message = format!("{}: no lead with the id `{}`", work.name, args.lead);
    if !seen.is_empty() {
        message += &format!("; the first ids are {}", seen.join(", "));
    }
    if rejected > 0 {
        message += &format!("; {rejected} rows could not be read");
    }
    Err(Failure::Said(message))
}
