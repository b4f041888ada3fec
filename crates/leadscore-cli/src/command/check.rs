//! `leadscore check`: whether a pipeline file can be used, all that is wrong with it, and what it holds.

use std::io::Write;

use leadscore::Pipeline;
use leadscore_files::wording::counted;

use crate::args::CheckArgs;
use crate::command::pipelines::describe;
use crate::failure::Failure;
use crate::notes::say;
use crate::output::open_output;
use crate::terminal::{Look, paint_warning};

pub(crate) fn run(args: &CheckArgs) -> Result<bool, Failure> {
    let name = args.pipeline.display().to_string();
    let bytes =
        std::fs::read(&args.pipeline).map_err(|error| Failure::message(format!("{name}: {error}")))?;
    let mut check = Pipeline::check(&bytes);
    check.errors.sort_by_key(|problem| (problem.line, problem.column));
    check.warnings.sort_by_key(|problem| (problem.line, problem.column));
    for warning in &check.warnings {
        say(&format!("{} {name}: {warning}", paint_warning("warning:")));
    }
    let Some(pipeline) = &check.pipeline else {
        let problems: Vec<String> = check.errors.iter().map(|problem| format!("\n  {problem}")).collect();
        let count = counted(problems.len() as u64, "problem", "problems");
        return Err(Failure::message(format!("{name}: {count}{}", problems.concat())));
    };
    let mut out = open_output(None)?;
    let warned = match check.warnings.len() as u64 {
        0 => String::new(),
        count => format!(", with {}", counted(count, "warning", "warnings")),
    };
    writeln!(out, "{name}: good{warned}")?;
    describe(&mut out, pipeline, Look::of_stdout(false))?;
    out.finish()?;
    Ok(true)
}
