//! `leadscore check`: whether a pipeline file can be used, and what it holds.

use std::io::Write;

use leadscore::Pipeline;

use crate::args::CheckArgs;
use crate::command::pipelines::describe;
use crate::failure::Failure;
use crate::output::open_output;
use crate::terminal::Look;

pub(crate) fn run(args: &CheckArgs) -> Result<bool, Failure> {
    let name = args.pipeline.display().to_string();
    let text = std::fs::read_to_string(&args.pipeline)
        .map_err(|error| Failure::message(format!("{name}: {error}")))?;
    let pipeline = Pipeline::from_json(&text)
        .map_err(|error| Failure::message(format!("{name}: {error} [{}]", error.code())))?;
    let mut out = open_output(None)?;
    writeln!(out, "{name}: good")?;
    describe(&mut out, &pipeline, Look::of_stdout(false))?;
    out.finish()?;
    Ok(true)
}
