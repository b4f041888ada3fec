//! `leadscore init`: a first mapping or pipeline for a CSV file, with comments on what to change.

mod mapping;
mod outcome;
mod skeleton;
mod values;

use std::io::Write;
use std::path::Path;

use leadscore::{Pipeline, indent_json};
use leadscore_files::refuse_overwriting;
use serde_json::Value;

use crate::args::output::{check_ending, check_not_packed};
use crate::args::{Format, InitCommand, InitMappingArgs, InitPipelineArgs};
use crate::command::inspect::inspection;
use crate::failure::Failure;
use crate::input::pipeline;
use crate::notes::note_line;
use crate::output::open_output;

pub(crate) fn run(command: &InitCommand) -> Result<bool, Failure> {
    match command {
        InitCommand::Mapping(args) => first_mapping(args),
        InitCommand::Pipeline(args) => first_pipeline(args),
    }
}

fn first_mapping(args: &InitMappingArgs) -> Result<bool, Failure> {
    let inspection = inspection(named(&args.input)?, None)?;
    let first = mapping::mapping(&args.input, &pipeline(&args.pipeline)?, &inspection)?;
    write(&args.input, args.output.as_deref(), &indented(&first.file))?;
    first.said.iter().for_each(|text| note_line(text));
    // An empty mapping is to be filled in before it is of use.
    Ok(first.has_columns)
}

fn first_pipeline(args: &InitPipelineArgs) -> Result<bool, Failure> {
    let inspection = inspection(named(&args.input)?, None)?;
    let id = args.id.clone().unwrap_or_else(|| {
        let name = Path::new(&args.input).file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('.').next().filter(|name| !name.is_empty()).unwrap_or("leads").to_owned()
    });
    let values = values::read(&args.input, &inspection)?;
    let first = skeleton::pipeline(&id, &args.input, &inspection, &values);
    if first.rule_count == 0 {
        return Err(Failure::message(format!(
            "{}: no column to make a rule of; {}",
            args.input,
            first.left_out.join("; ")
        )));
    }
    let text = indented(&first.file);
    // What is written is to be usable as it is.
    Pipeline::from_json(&text).map_err(|error| Failure::about(&args.input, error))?;
    write(&args.input, args.output.as_deref(), &text)?;
    first.left_out.iter().for_each(|line| note_line(&format!("left out: {line}")));
    if !first.without_points.is_empty() {
        note_line(&format!(
            "levels give no points until you say in the file which are good: {}",
            first.without_points.join(", ")
        ));
    }
    note_line(
        "the points were not learned from anything: more is taken to be better; change them before the scores count",
    );
    Ok(true)
}

/// Standard input can be read only once.
fn named(input: &str) -> Result<&str, Failure> {
    if input == "-" {
        Err(Failure::message("init reads the file more than once; name a file instead of -"))
    } else {
        Ok(input)
    }
}

fn write(input: &str, output: Option<&Path>, text: &str) -> Result<(), Failure> {
    check_ending("--output", output, Format::Json)?;
    check_not_packed("--output", output, "what init writes")?;
    if let Some(output) = output {
        refuse_overwriting(&[("the input", Path::new(input))], &[("--output", output)])?;
        if output.exists() {
            return Err(Failure::message(format!(
                "{}: is there already; init writes new files only",
                output.display()
            )));
        }
    }
    let mut out = open_output(output)?;
    out.write_all(text.as_bytes())?;
    out.finish()?;
    Ok(())
}

/// The file for people to change.
fn indented(file: &Value) -> String {
    let text = indent_json(&file.to_string()).expect("a value is always JSON");
    text + "\n"
}

/// The words of a name in lower case.
fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
