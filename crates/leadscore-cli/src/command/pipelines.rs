//! `leadscore pipelines`: what ships with the library, and what a pipeline is made of.

mod importance;

use std::io::Write;

use leadscore::pipeline::ForestScorer;
use leadscore::{Pipeline, Scorer};
use leadscore_files::wording::counted;
use serde::Serialize;

use crate::args::{Format, PipelinesArgs};
use crate::failure::Failure;
use crate::input::pipeline;
use crate::output::assist::json;
use crate::terminal::{Look, fit};

pub(crate) fn run(args: &PipelinesArgs) -> Result<bool, Failure> {
    let format = args.output.settle(args.json.then_some(Format::Json))?;
    let look = args.output.look();
    let mut out = args.output.open()?;
    match &args.name {
        None if format == Format::Json => json(&mut out, &all()?)?,
        None => {
            for name in Pipeline::builtin_names() {
                let pipeline = Pipeline::builtin(name)?;
                let note = pipeline.note().unwrap_or_default();
                let first = note.split_once(". ").map_or(note, |(first, _)| first);
                writeln!(out, "{}  {}", look.bold(&fit(name, 18)), first.trim_end_matches('.'))?;
            }
        }
        Some(name) if args.importance => {
            importance::write(&mut out, &pipeline(name)?, args, (format, look))?;
        }
        Some(name) if format == Format::Json => writeln!(out, "{}", pipeline(name)?.to_indented_json())?,
        Some(name) => describe(&mut out, &pipeline(name)?, look)?,
    }
    out.finish()?;
    Ok(true)
}

/// A built-in pipeline in the list.
#[derive(Serialize)]
struct Included<'a> {
    id: &'a str,
    name: String,
    note: Option<String>,
}

fn all() -> Result<Vec<Included<'static>>, Failure> {
    let one = |id| {
        let pipeline = Pipeline::builtin(id)?;
        Ok(Included { id, name: pipeline.name().to_owned(), note: pipeline.note().map(str::to_owned) })
    };
    Pipeline::builtin_names().map(one).collect()
}

/// A pipeline in words: what it reads, its groups, its tiers.
pub(crate) fn describe(out: &mut dyn Write, pipeline: &Pipeline, look: Look) -> Result<(), Failure> {
    writeln!(out, "{}  {}", look.bold(pipeline.name()), pipeline.id())?;
    if let Some(note) = pipeline.note() {
        writeln!(out, "{note}")?;
    }
    match pipeline.scorer() {
        Scorer::Scorecard(card) => {
            writeln!(out, "\n{}", look.bold("Rules"))?;
            let (rules, groups) = (card.rule_count() as u64, card.groups().len() as u64);
            writeln!(
                out,
                "  {} in {}:",
                counted(rules, "rule", "rules"),
                counted(groups, "group", "groups")
            )?;
            for group in card.groups() {
                let weight = group.weight();
                let weight = if weight == 1.0 { String::new() } else { format!(" × {weight}") };
                writeln!(out, "  {}  {}{weight}", fit(group.code(), 16), group.label())?;
            }
        }
        Scorer::Forest(model) => describe_model(out, pipeline, model, look)?,
        _ => {}
    }
    writeln!(out, "\n{}", look.bold("Features"))?;
    for feature in pipeline.schema().features().iter().filter(|feature| !feature.helper) {
        let need = if feature.required { " (required)" } else { "" };
        writeln!(out, "  {}  {}{need}", fit(&feature.name, 34), feature.label)?;
    }
    writeln!(
        out,
        "  read from: {}",
        pipeline.schema().attribute_names().iter().collect::<Vec<_>>().join(", ")
    )?;
    writeln!(out, "\n{}", look.bold("Tiers"))?;
    for tier in pipeline.tiers().tiers() {
        writeln!(out, "  {}  {}", fit(tier.name(), 16), tier.action())?;
    }
    writeln!(out, "\ncontent hash {}", pipeline.content_hash())?;
    Ok(())
}

fn describe_model(
    out: &mut dyn Write,
    pipeline: &Pipeline,
    model: &ForestScorer,
    look: Look,
) -> Result<(), Failure> {
    let forest = model.forest();
    writeln!(out, "\n{}", look.bold("Model"))?;
    if let Some(card) = pipeline.model_card() {
        let parts = [Some(card.name.as_str()), card.version.as_deref(), card.training_date.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        writeln!(out, "  {}", parts.join(", "))?;
        if card.is_stub {
            writeln!(out, "  trained on made-up leads: a stand-in until there is one of your own")?;
        }
    }
    let (library, version) = (forest.source_library(), forest.library_version());
    let trees = counted(forest.tree_count() as u64, "tree", "trees");
    writeln!(out, "  {trees} of {library} {version}, {}", forest.objective())?;
    if !pipeline.classes().is_empty() {
        writeln!(out, "  classes {}", pipeline.classes().join(", "))?;
    }
    if !model.has_reasons() {
        writeln!(out, "  without reasons")?;
    }
    Ok(())
}
