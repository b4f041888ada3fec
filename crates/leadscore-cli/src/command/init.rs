//! `leadscore init`: a first mapping or pipeline for a CSV file, with comments on what to change.

mod skeleton;

use std::io::Write;
use std::path::Path;

use leadscore::{Pipeline, indent_json};
use leadscore_csv::{ColumnKind, Inspection};
use leadscore_files::{ReadColumn, refuse_overwriting};
use serde_json::{Map, Value, json};

use crate::args::output::{check_ending, check_not_packed};
use crate::args::{Format, InitCommand, InitMappingArgs, InitPipelineArgs};
use crate::command::inspect::{inspection, read_columns, without_column};
use crate::failure::Failure;
use crate::input::pipeline;
use crate::notes::note_line;
use crate::output::open_output;

pub(crate) fn run(command: &InitCommand) -> Result<bool, Failure> {
    match command {
        InitCommand::Mapping(args) => mapping(args),
        InitCommand::Pipeline(args) => first_pipeline(args),
    }
}

fn mapping(args: &InitMappingArgs) -> Result<bool, Failure> {
    let inspection = inspection(named(&args.input)?, None)?;
    let pipeline = pipeline(&args.pipeline)?;
    let read = read_columns(&args.input, None, &pipeline)?;
    let absent = without_column(&pipeline, &read);
    // What is only shown beside a lead is listed too; a first and a last name are no one column.
    let is_part = |own: &ReadColumn| read.iter().filter(|other| other.attribute == own.attribute).count() > 1;
    let (parts, whole): (Vec<&ReadColumn>, Vec<&ReadColumn>) =
        read.iter().filter(|own| own.attribute != "lead_id").partition(|own| is_part(own));
    let mut attributes = Map::new();
    for own in whole {
        attributes.insert(own.attribute.clone(), json!(own.column));
    }
    let mut comment = vec![
        format!(
            "Which column of {} is which attribute of the pipeline `{}`: \"attribute\": \"Column\".",
            args.input,
            pipeline.id()
        ),
        "The columns below were found by their names. Check them.".to_owned(),
    ];
    if let Some(first) = parts.first() {
        let columns: Vec<String> = parts.iter().map(|own| format!("`{}`", own.column)).collect();
        comment.push(format!("The {} is made of {}.", first.attribute, columns.join(" and ")));
    }
    if !absent.is_empty() {
        comment.push(format!("No column was found for: {}. Add those that the file has.", absent.join(", ")));
    }
    let free: Vec<String> = inspection
        .columns
        .iter()
        .filter(|column| !read.iter().any(|own| own.column == column.name))
        .map(|column| {
            format!("`{}` (such as {})", column.name, column.examples.first().map_or("nothing", |text| text))
        })
        .collect();
    if !free.is_empty() {
        comment.push(format!("Columns that are not read: {}.", free.join(", ")));
    }
    let mut file = Map::new();
    file.insert("$comment".to_owned(), json!(comment));
    file.insert("format".to_owned(), json!(1));
    match read.iter().find(|own| own.attribute == "lead_id") {
        Some(id) => drop(file.insert("lead_id".to_owned(), json!(id.column))),
        None => {
            note_line("no column is known to hold the lead's id; add \"lead_id\": \"Column\" if one does");
        }
    }
    file.insert("attributes".to_owned(), Value::Object(attributes));
    write(&args.input, args.output.as_deref(), &indented(&Value::Object(file)))?;
    Ok(true)
}

fn first_pipeline(args: &InitPipelineArgs) -> Result<bool, Failure> {
    let inspection = inspection(named(&args.input)?, None)?;
    let id = args.id.clone().unwrap_or_else(|| {
        let name = Path::new(&args.input).file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('.').next().filter(|name| !name.is_empty()).unwrap_or("leads").to_owned()
    });
    let levels = skeleton::levels(&args.input, &inspection)?;
    let file = skeleton::pipeline(&id, &args.input, &inspection, &levels);
    let text = indented(&file);
    let count = file["scorer"]["groups"][0]["rules"].as_array().map_or(0, Vec::len);
    if count == 0 {
        return Err(Failure::message(format!(
            "{}: no column to make a rule of: {}",
            args.input,
            kinds(&inspection)
        )));
    }
    // What is written is to be usable as it is.
    Pipeline::from_json(&text).map_err(|error| Failure::about(&args.input, error))?;
    write(&args.input, args.output.as_deref(), &text)?;
    let outcomes = skeleton::outcomes(&inspection, &file);
    if !outcomes.is_empty() {
        note_line(&format!(
            "by their names these may record what came of the lead: {}; take out their features and rules, since they tell the \
             score what it is to foresee",
            outcomes.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ));
    }
    note_line(
        "the points were not learned from anything: more is taken to be better; change them before the scores count",
    );
    Ok(true)
}

fn kinds(inspection: &Inspection) -> String {
    let count = |kind: ColumnKind| inspection.columns.iter().filter(|column| column.kind == kind).count();
    format!(
        "{} are ids, {} empty, the others texts of too many values",
        count(ColumnKind::Id),
        count(ColumnKind::Empty)
    )
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
