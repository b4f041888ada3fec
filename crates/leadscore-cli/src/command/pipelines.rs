//! `leadscore pipelines`: what ships with the library.

use leadscore::pipeline::ImportanceBy;
use leadscore::{FeatureMatrix, Pipeline, Scorer};

use crate::args::{InputArgs, Measure, PipelinesArgs};
use crate::failure::Failure;
use crate::input::{Next, Work, pipeline};
use crate::output::notes::Rejects;
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
        Some(name) if args.importance => importance(&pipeline(name)?, args, look)?,
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
    match pipeline.scorer() {
        Scorer::Scorecard(card) => {
            println!("\n{}", look.bold("Rules"));
            let (rules, groups) = (card.rules() as u64, card.groups().count() as u64);
            println!("  {} in {}:", counted(rules, "rule", "rules"), counted(groups, "group", "groups"));
            for (code, label, weight) in card.groups() {
                let weight = if weight == 1.0 { String::new() } else { format!(" × {weight}") };
                println!("  {}  {label}{weight}", fit(code, 16));
            }
        }
        Scorer::Forest(model) => describe_model(pipeline, model.forest(), model.has_reasons(), look),
        _ => {}
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

fn describe_model(pipeline: &Pipeline, forest: &leadscore::Forest, reasons: bool, look: Look) {
    println!("\n{}", look.bold("Model"));
    if let Some(card) = pipeline.model_card() {
        let parts = [Some(card.name.as_str()), card.version.as_deref(), card.training_date.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        println!("  {}", parts.join(", "));
        if card.is_stub {
            println!("  trained on made-up leads: a stand-in until there is one of your own");
        }
    }
    let (library, version) = forest.writer();
    let trees = counted(forest.trees() as u64, "tree", "trees");
    println!("  {trees} of {library} {version}, {}", forest.objective());
    if !pipeline.classes().is_empty() {
        println!("  classes {}", pipeline.classes().join(", "));
    }
    if !reasons {
        println!("  without reasons");
    }
}

/// Which features or rules matter, as shares of one.
fn importance(pipeline: &Pipeline, args: &PipelinesArgs, look: Look) -> Result<(), Failure> {
    let is_model = matches!(pipeline.scorer(), Scorer::Forest(_));
    let measure = match (args.by, &args.leads) {
        (Some(Measure::Leads), None) => {
            return Err(Failure::said("--by leads wants --leads, a file to average over"));
        }
        (Some(by), None) => by,
        (Some(Measure::Leads) | None, Some(_)) => Measure::Leads,
        (Some(_), Some(_)) => return Err(Failure::said("--leads goes with --by leads only")),
        (None, None) if is_model => Measure::Gain,
        (None, None) => Measure::Largest,
    };
    let matrix = args.leads.as_deref().map(|file| leads(file, args)).transpose()?;
    let (by, words) = match (measure, &matrix) {
        (Measure::Leads, Some(matrix)) => (ImportanceBy::Leads(matrix), "mean absolute contribution over the leads"),
        (Measure::TotalGain, _) => (ImportanceBy::TotalGain, "gain of all splits"),
        (Measure::Cover, _) => (ImportanceBy::Cover, "mean cover of the splits"),
        (Measure::TotalCover, _) => (ImportanceBy::TotalCover, "cover of all splits"),
        (Measure::Largest, _) => (ImportanceBy::Largest, "largest points a rule can give or take"),
        _ => (ImportanceBy::Gain, "mean gain of the splits"),
    };
    let all = pipeline.importance(by)?;
    if args.json {
        println!("{}", serde_json::to_string(&all).map_err(std::io::Error::from)?);
        return Ok(());
    }
    println!("{}  {}", look.bold(pipeline.name()), look.dim(&format!("by the {words}")));
    let most = all.first().map_or(1.0, |one| one.importance).max(f64::MIN_POSITIVE);
    let width = look.width.saturating_sub(70).clamp(8, 32);
    for one in &all {
        let bar = "█".repeat((one.importance / most * width as f64).round() as usize);
        println!(
            "  {} {:>6.2} %  {}  {}",
            fit(&one.label, 40),
            100.0 * one.importance,
            fit(one.group.as_deref().unwrap_or_default(), 14),
            bar
        );
    }
    Ok(())
}

/// The features of the leads of a file, as a matrix.
fn leads(file: &str, args: &PipelinesArgs) -> Result<FeatureMatrix, Failure> {
    let input = InputArgs {
        input: file.to_owned(),
        pipeline: args.name.clone().unwrap_or_default(),
        map: args.map.clone(),
        as_of: args.as_of.clone(),
        zone: "UTC".to_owned(),
        activities: args.activities.clone(),
        strict: false,
        rejects: None,
    };
    let mut work = Work::new(&input, &[])?;
    let mut rejects = Rejects::new(None)?;
    let (mut values, mut columns) = (Vec::new(), work.pipeline.schema().columns().len());
    loop {
        match work.leads.next()? {
            Next::End => break,
            Next::Rejected(rejection) => rejects.add(&rejection)?,
            Next::Lead => {
                let lead = std::slice::from_ref(&work.leads.lead);
                let matrix = work.pipeline.feature_matrix(lead, &work.context)?;
                columns = matrix.columns();
                values.extend_from_slice(matrix.values());
            }
        }
    }
    rejects.finish()?;
    Ok(FeatureMatrix::new(columns, values)?)
}
