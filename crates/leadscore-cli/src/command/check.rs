//! `leadscore check`: whether a pipeline or a mapping can be used, all that is wrong with it, and what it holds.

mod other;

use std::io::Write;
use std::path::Path;

use leadscore::Pipeline;
use leadscore::pipeline::{PipelineCheck, PipelineProblem};
use leadscore_files::refuse_overwriting;
use leadscore_files::wording::counted;
use serde::Serialize;

use crate::args::{CheckArgs, Format};
use crate::command::pipelines::describe;
use crate::failure::Failure;
use crate::notes::say;
use crate::output::assist::json;
use crate::terminal::paint_warning;

pub(crate) fn run(args: &CheckArgs) -> Result<bool, Failure> {
    let format = args.output.settle(args.json.then_some(Format::Json))?;
    let writes: Vec<(&str, &Path)> = args.output.path().map(|path| ("--output", path)).into_iter().collect();
    refuse_overwriting(&[("the pipeline", &args.pipeline)], &writes)?;
    let name = args.pipeline.display().to_string();
    let bytes =
        std::fs::read(&args.pipeline).map_err(|error| Failure::message(format!("{name}: {error}")))?;
    if let Some(done) = other::check(&name, &bytes, (&args.output, format)) {
        return done;
    }
    let mut check = Pipeline::check(&bytes);
    check.errors.sort_by_key(|problem| (problem.line, problem.column));
    check.warnings.sort_by_key(|problem| (problem.line, problem.column));
    let count = counted(check.errors.len() as u64, "problem", "problems");
    if format == Format::Json {
        let mut out = args.output.open()?;
        json(&mut out, &Checked::new(&name, &check))?;
        out.finish()?;
        return match check.pipeline {
            Some(_) => Ok(true),
            None => Err(Failure::message(format!("{name}: {count}"))),
        };
    }
    for warning in &check.warnings {
        say(&format!("{} {name}: {warning}", paint_warning("warning:")));
    }
    let Some(pipeline) = &check.pipeline else {
        let problems: Vec<String> = check.errors.iter().map(|problem| format!("\n  {problem}")).collect();
        let more = if check.is_complete { "" } else { "\n  There may be more: mend these, and check again." };
        return Err(Failure::message(format!("{name}: {count}{}{more}", problems.concat())));
    };
    let mut out = args.output.open()?;
    let warned = match check.warnings.len() as u64 {
        0 => String::new(),
        count => format!(", with {}", counted(count, "warning", "warnings")),
    };
    writeln!(out, "{name}: good{warned}")?;
    describe(&mut out, pipeline, args.output.look())?;
    out.finish()?;
    Ok(true)
}

/// What `check --json` writes.
#[derive(Serialize)]
struct Checked<'a> {
    file: &'a str,
    /// The pipeline's, where it can be used.
    id: Option<&'a str>,
    content_hash: Option<&'a str>,
    problems: Vec<Problem<'a>>,
    /// Whether the whole file was looked at; else there may be more problems.
    is_complete: bool,
}

#[derive(Serialize)]
struct Problem<'a> {
    severity: Severity,
    #[serde(flatten)]
    problem: &'a PipelineProblem,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// The file cannot be used.
    Error,
    /// It can be used, but this is hardly meant.
    Warning,
}

impl<'a> Checked<'a> {
    fn new(file: &'a str, check: &'a PipelineCheck) -> Checked<'a> {
        let errors = check.errors.iter().map(|problem| Problem { severity: Severity::Error, problem });
        let warnings = check.warnings.iter().map(|problem| Problem { severity: Severity::Warning, problem });
        Checked {
            file,
            id: check.pipeline.as_ref().map(Pipeline::id),
            content_hash: check.pipeline.as_ref().map(Pipeline::content_hash),
            problems: errors.chain(warnings).collect(),
            is_complete: check.is_complete,
        }
    }
}
