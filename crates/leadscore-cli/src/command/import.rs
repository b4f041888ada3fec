//! `leadscore import`: from a model file to a pipeline file.

use std::io::Write;
use std::path::Path;

use leadscore::{ErrorKind, Forest, ImportOptions, Pipeline, Scorer};
use leadscore_files::refuse_overwriting;

use super::predict::{about, read_model, rounds_note};
use crate::args::output::{check_ending, check_not_packed};
use crate::args::{Format, ImportArgs};
use crate::failure::Failure;
use crate::notes::note_line;
use crate::output::open_output;

pub(crate) fn run(args: &ImportArgs) -> Result<bool, Failure> {
    let mut reads = vec![("the model", args.model.as_path())];
    reads.extend(args.schema.as_deref().map(|file| ("the schema", Path::new(file))));
    reads.extend(args.tiers.as_deref().map(|file| ("the tiers", Path::new(file))));
    let writes: Vec<(&str, &Path)> =
        args.output.as_deref().map(|path| ("--output", path)).into_iter().collect();
    refuse_overwriting(&reads, &writes)?;
    check_ending("--output", args.output.as_deref(), Format::Json)?;
    check_not_packed("--output", args.output.as_deref(), "a pipeline file")?;
    let stem = args.model.file_stem().map(|name| name.to_string_lossy().into_owned());
    let options = options(args, args.id.clone().or(stem).unwrap_or_default())?;
    let bytes = read_model(&args.model)?;
    let forest = Forest::from_bytes(&bytes).map_err(|error| about(&args.model, error))?;
    let rounds = rounds_note(&forest, args.iterations);
    let pipeline = Pipeline::from_forest(forest, &options).map_err(|error| match error.kind() {
        ErrorKind::CoverMissing | ErrorKind::ContributionsUnsupported => Failure::message(format!(
            "{}: {error}; with --no-reasons it scores without reasons",
            args.model.display()
        )),
        _ => about(&args.model, error),
    })?;
    let mut out = open_output(args.output.as_deref())?;
    writeln!(out, "{}", pipeline.to_json())?;
    out.finish()?;
    tell(&pipeline, args, rounds);
    Ok(true)
}

fn options(args: &ImportArgs, id: String) -> Result<ImportOptions, Failure> {
    let mut options = ImportOptions::new(id)
        .classes(args.classes.clone())
        .class_weights(args.weights.clone())
        .reasons(!args.no_reasons)
        .iterations(args.iterations);
    if let Some(name) = &args.name {
        options = options.name(name);
    }
    if let Some(missing) = args.missing {
        options = options.missing(missing);
    }
    for levels in &args.levels {
        options = options.levels(&levels.column, levels.names.clone());
    }
    let about = |error: leadscore::Error| about(&args.model, error);
    if let Some(schema) = &args.schema {
        options = options.schema_json(&name_or_file(schema)?).map_err(about)?;
    }
    if let Some(text) = &args.scale {
        options = options.scale_json(&scale(text)?).map_err(about)?;
    }
    if let Some(tiers) = &args.tiers {
        options = options.tiers_json(&name_or_file(tiers)?).map_err(about)?;
    }
    Ok(options)
}

/// What was made, and what was assumed.
fn tell(pipeline: &Pipeline, args: &ImportArgs, rounds: Option<String>) {
    let Scorer::Forest(model) = pipeline.scorer() else { return };
    let forest = model.forest();
    let (library, version) = (forest.source_library(), forest.library_version());
    let names = forest.feature_names();
    note_line(&format!(
        "{} {}: {} trees of {library} {version}, {}, {} features",
        if args.output.is_some() { "wrote" } else { "made" },
        pipeline.id(),
        forest.tree_count(),
        if forest.objective().is_empty() { "a custom objective" } else { forest.objective() },
        names.len()
    ));
    if !forest.has_feature_names() {
        note_line(&format!(
            "the model does not name its columns; they are {} …: --schema gives them meaning",
            names[0]
        ));
    }
    // A schema of one's own says itself what its columns are.
    if args.schema.is_none() {
        forest.notes().iter().for_each(|note| note_line(note));
    }
    let classes = pipeline.classes();
    if !classes.is_empty() && args.scale.is_none() && (args.classes.is_empty() || args.weights.is_empty()) {
        note_line(&format!(
            "the classes are {} with weights evenly from 0 to 1; --classes and --weights say otherwise",
            classes.join(", ")
        ));
    }
    if let Some(note) = rounds {
        note_line(&note);
    }
}

/// A name as it is, or the content of a file.
fn name_or_file(text: &str) -> Result<String, Failure> {
    match std::fs::read(text) {
        Ok(bytes) => leadscore::decode_json(&bytes).map_err(|error| Failure::about(text, error)),
        // A name of something built in has no dot and no slash.
        Err(_) if !text.contains(['.', '/', '\\']) => Ok(text.to_owned()),
        Err(error) => Err(Failure::message(format!("{text}: {error}"))),
    }
}

/// The short forms of a scale as JSON.
fn scale(text: &str) -> Result<String, Failure> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |text: &str| -> Result<f64, Failure> {
        text.parse().map_err(|_| Failure::message(format!("--scale: `{text}` is not a number")))
    };
    match parts.as_slice() {
        _ if text.trim_start().starts_with('{') => Ok(text.to_owned()),
        ["logistic" | "points"] => Ok(format!(r#"{{"kind":"{text}"}}"#)),
        ["linear", from, to] => {
            Ok(format!(r#"{{"kind":"linear","from":{},"to":{}}}"#, number(from)?, number(to)?))
        }
        ["logistic", a, b] => Ok(format!(
            r#"{{"kind":"logistic","calibration":{{"kind":"platt","a":{},"b":{}}}}}"#,
            number(a)?,
            number(b)?
        )),
        _ => match std::fs::read(text) {
            Ok(bytes) => leadscore::decode_json(&bytes).map_err(|error| Failure::about(text, error)),
            Err(_) => Err(Failure::message(format!(
                "--scale: `{text}` is neither logistic, logistic:A:B, linear:FROM:TO, points, JSON nor a file of it"
            ))),
        },
    }
}
