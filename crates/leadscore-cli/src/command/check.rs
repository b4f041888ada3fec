//! `leadscore check`: whether a pipeline file can be used, and what it holds.

use leadscore::Pipeline;

use crate::args::CheckArgs;
use crate::command::pipelines::describe;
use crate::failure::Failure;
use crate::terminal::Look;

pub(crate) fn run(args: &CheckArgs) -> Result<bool, Failure> {
    let name = args.pipeline.display().to_string();
    let text =
        std::fs::read_to_string(&args.pipeline).map_err(|error| Failure::said(format!("{name}: {error}")))?;
    let pipeline = Pipeline::from_json(&text)
        .map_err(|error| Failure::said(format!("{name}: {error} [{}]", error.code())))?;
    println!("{name}: good");
    describe(&pipeline, Look::of_stdout(false));
    Ok(true)
}
