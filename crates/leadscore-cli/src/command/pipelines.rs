//! `leadscore pipelines`: what ships with the library.

use leadscore::Pipeline;

use crate::args::PipelinesArgs;
use crate::failure::Failure;
use crate::input::pipeline;
use crate::terminal::{Look, counted, fit};

pub(crate) fn run(args: &PipelinesArgs) -> Result<bool, Failure> {
    let look = Look::of_stdout(false);
    match &args.name {
        None => {
            for name in Pipeline::names() {
                let pipeline = Pipeline::builtin(name)?;
                let note = pipeline.note().unwrap_or_default();
                let first = note.split_once(". ").map_or(note, |(first, _)| first);
                println!("{}  {}", look.bold(&fit(name, 18)), first.trim_end_matches('.'));
            }
        }
        Some(name) if args.json => println!("{}", pipeline(name)?.to_json()),
        Some(name) => describe(&pipeline(name)?, look),
    }
    Ok(true)
}

/// A pipeline in words: what it reads, its groups, its tiers.
pub(crate) fn describe(pipeline: &Pipeline, look: Look) {
    println!("{}  {}", look.bold(pipeline.name()), pipeline.id());
    if let Some(note) = pipeline.note() {
        println!("{note}");
    }
    println!("\n{}", look.bold("Rules"));
    let scorecard = pipeline.scorecard();
    let (rules, groups) = (scorecard.rules() as u64, scorecard.groups().count() as u64);
    println!("  {} in {}:", counted(rules, "rule", "rules"), counted(groups, "group", "groups"));
    for (code, label, weight) in scorecard.groups() {
        let weight = if weight == 1.0 { String::new() } else { format!(" × {weight}") };
        println!("  {}  {label}{weight}", fit(code, 16));
    }
    println!("\n{}", look.bold("Features"));
    for feature in pipeline.schema().features().iter().filter(|feature| !feature.helper) {
        let need = if feature.required { " (required)" } else { "" };
        println!("  {}  {}{need}", fit(&feature.name, 34), feature.label);
    }
    println!("  read from: {}", pipeline.schema().attributes().join(", "));
    println!("\n{}", look.bold("Tiers"));
    for tier in pipeline.tiers().tiers() {
        println!("  {}  {}", fit(tier.name(), 16), tier.action());
    }
    println!("\ncontent hash {}", pipeline.content_hash());
}
