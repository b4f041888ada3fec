//! `leadscore train`: from past leads to a pipeline.

use std::io::Write;
use std::path::Path;

use leadscore::learn::Direction;
use leadscore::train::{TierGoal, TrainProgress, Trainer};
use leadscore::{AsOf, Zone};
use leadscore_files::wording::{count, counted};
use leadscore_files::{TrainJob, TrainedFile, day_of, never_stop, refuse_overwriting};

use crate::args::Format;
use crate::args::map::Map;
use crate::args::output::{check_ending, check_not_packed};
use crate::args::train::TrainArgs;
use crate::command::server::labelled_rows;
use crate::failure::{Failure, of_option};
use crate::input::now;
use crate::notes::{StderrNotes, TrainBar, note_line};
use crate::output::{assist, open_output};

/// How often outcomes are drawn to tell what chance makes of perfect probabilities.
const DRAWS: usize = 1000;

pub(crate) fn run(args: &TrainArgs) -> Result<bool, Failure> {
    let path = args.output.as_path();
    let leads = args.input.as_deref().map(|input| ("the input", Path::new(input)));
    let valid = args.valid.as_deref().map(|file| ("the file of --valid", Path::new(file)));
    let log = args.activities.as_deref().map(|log| ("the activity log", log));
    let map = Map::parse(&args.map)?;
    let mapping = map.file.as_deref().map(|file| ("the mapping", file));
    let inputs: Vec<(&str, &Path)> = leads.into_iter().chain(log).chain(valid).chain(mapping).collect();
    refuse_overwriting(&inputs, &[("--output", path)])?;
    check_ending("--output", Some(path), Format::Json)?;
    check_not_packed("--output", Some(path), "a pipeline file")?;
    let zone = Zone::named(&args.zone)?;
    let as_of = match &args.as_of {
        Some(text) => AsOf::parse(text, &zone).map_err(|error| Failure::about("--as-of", error))?,
        None => AsOf::new(now()?).in_zone(zone),
    };
    // The day as of which it knows the leads, so that the same command gives the same file tomorrow.
    let day = day_of(&as_of);
    // Kept until the end, and removed then.
    let stored = match &args.store.from_store {
        Some(store) => Some(labelled_rows(store, &args.store)?),
        None => None,
    };
    let mut job = job(args, &map, as_of);
    if let Some(rows) = &stored {
        let [id, outcome, as_of] = &rows.columns;
        job = job
            .input(rows.table.path().to_string_lossy())
            .id(id)
            .target(outcome)
            .positive(["converted"])
            .time(as_of);
        if let Some(log) = &rows.log {
            job = job.activities(log.path());
        }
    }
    let mut bar = TrainBar::default();
    let mut progress = |told: &TrainProgress| {
        bar.show(&format!(
            "fold {} of {}  {} trees  round {}  log loss {:.4}",
            told.fold,
            told.fold_count,
            told.size.name(),
            told.round,
            told.held_out_loss
        ));
    };
    let learned = job
        .run(&trainer(args, day)?, &mut StderrNotes::default(), &never_stop, &mut progress)
        .map_err(of_option)?;
    drop(bar);
    let mut file = open_output(Some(path))?;
    writeln!(file, "{}", learned.trained.pipeline.to_json())?;
    file.finish()?;
    let mut out = open_output(None)?;
    if args.json {
        assist::json(&mut out, &learned)?;
    } else {
        table(&mut out, args, &learned)?;
    }
    out.finish()?;
    // What must not go unseen where the report goes to a file.
    learned.warnings().iter().for_each(|warning| note_line(warning));
    Ok(learned.rejected_count == 0)
}

fn job(args: &TrainArgs, map: &Map, as_of: AsOf) -> TrainJob {
    let mut job = TrainJob::new(args.input.as_deref().unwrap_or_default(), as_of)
        .won_by(args.won_by.iter().cloned())
        .lost_by(args.lost_by.iter().cloned())
        .positive(args.positive.iter().cloned())
        .drop(args.drop.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
    if let Some(file) = &map.file {
        job = job.mapping(file);
    }
    for (column, attribute) in &map.columns {
        job = job.column(column, attribute);
    }
    for (column, value) in &args.missing {
        job = job.missing(column, value);
    }
    if let Some(target) = &args.target {
        job = job.target(target);
    }
    if let Some(id) = &args.id {
        job = job.id(id);
    }
    if let Some(column) = &args.weight {
        job = job.weight(column);
    }
    if let Some(path) = &args.activities {
        job = job.activities(path);
    }
    if let Some(days) = args.horizon {
        job = job.horizon(days);
    }
    if let Some(days) = args.every {
        job = job.every(days);
    }
    if let Some(column) = &args.start {
        job = job.start(column);
    }
    if let Some(column) = &args.ended {
        job = job.ended(column);
    }
    if let Some(time) = &args.time {
        job = job.time(time);
    }
    if let Some(path) = &args.valid {
        job = job.valid(path);
    }
    if let Some(count) = args.threads {
        job = job.threads(count);
    }
    job
}

fn trainer(args: &TrainArgs, day: String) -> Result<Trainer, Failure> {
    let stem = args.output.file_stem().map(|name| name.to_string_lossy().into_owned());
    let mut trainer = Trainer::new(args.pipeline_id.clone().or(stem).unwrap_or_else(|| "trained".to_owned()))
        .training_date(day)
        .folds(args.folds)
        .rounds(args.rounds)
        .seed(args.seed)
        .learner(args.trainer.learner()?)
        .calibration(args.calibration.method());
    if let Some(name) = &args.name {
        trainer = trainer.name(name);
    }
    if args.synthetic {
        trainer = trainer.synthetic();
    }
    if !args.capture.is_empty() {
        trainer = trainer.tiers(TierGoal::Capture(args.capture.clone()));
    }
    if !args.precision.is_empty() {
        trainer = trainer.tiers(TierGoal::Precision(args.precision.clone()));
    }
    let monotone =
        |trainer: Trainer, (feature, direction): &(String, Direction)| trainer.monotone(feature, *direction);
    Ok(args.monotone.iter().fold(trainer, monotone))
}

/// What people want to know of it.
fn table(out: &mut dyn Write, args: &TrainArgs, learned: &TrainedFile) -> Result<(), Failure> {
    let report = &learned.trained.report;
    let outcomes = &report.out_of_fold;
    let rows = report.lead_count as u64;
    let (rows, won) = match &learned.moments {
        None => (counted(rows, "lead", "leads"), "won".to_owned()),
        Some(own) => (
            format!("{} of {}", counted(rows, "moment", "moments"), counted(own.lead_count, "lead", "leads")),
            format!("won within {} days", own.horizon_days),
        ),
    };
    writeln!(
        out,
        "{}: learned from {rows}, of which {} ({:.1} %) were {won}, in {}{}",
        args.output.file_name().unwrap_or_default().to_string_lossy(),
        count(report.won_count as u64),
        100.0 * report.won_count as f64 / report.lead_count as f64,
        counted(learned.columns.len() as u64, "feature", "features"),
        report.trees.as_ref().map_or(String::new(), |trees| format!(", by {} trees", trees.size.name()))
    )?;
    if let Some(own) = &learned.weights {
        writeln!(
            out,
            "Rows count by their `{}`: those won have {:.1} % of the weight, and so in all measures",
            own.column,
            100.0 * outcomes.base_rate()
        )?;
    }
    writeln!(out, "\nOn leads that its trees had not seen:")?;
    let error = outcomes.calibration_error(DRAWS, 0);
    for (value, text) in [
        (
            format!("{:.3}", outcomes.auc()),
            "AUC: how likely a won lead stands above a lost one (0.5 is chance)",
        ),
        (
            format!("{:.2}", outcomes.lift(0.1)),
            "lift: how much more the best tenth of leads is won than all are",
        ),
        (
            format!("{:.0} %", 100.0 * outcomes.capture(0.2)),
            "capture: the share of all won leads in the best fifth",
        ),
        (format!("{:.4}", outcomes.log_loss()), "log loss of the probabilities (less is better)"),
        (format!("{:.3}", error.expected), "calibration error: how far probabilities are from what happened"),
    ] {
        writeln!(out, "  {value:>8}  {text}")?;
    }
    writeln!(
        out,
        "            perfect probabilities would have up to {:.3} by chance (95 of 100 times)",
        error.perfect_95
    )?;
    let rows = if learned.moments.is_some() { "Moments" } else { "  Leads" };
    writeln!(out, "\n  Tier         {rows}       Won   Share won")?;
    for tier in &report.tiers {
        let share = tier.won_count as f64 / tier.lead_count.max(1) as f64;
        writeln!(
            out,
            "  {:<12} {:>7}   {:>7}   {:>7.1} %",
            tier.tier,
            count(tier.lead_count as u64),
            count(tier.won_count as u64),
            100.0 * share
        )?;
    }
    if let Some(own) = &report.time_order {
        writeln!(
            out,
            "\nThe last fifth by time, {} from {}:",
            counted(own.lead_count as u64, "row", "rows"),
            AsOf::new(own.from).to_local_minute()
        )?;
        writeln!(out, "  {:>8.3}  AUC by trees that knew leads of all times", own.random_auc)?;
        writeln!(
            out,
            "  {:>8.3}  AUC by trees of earlier leads alone: what to expect of new ones ({:+.3} to {:+.3} beside the other)",
            own.ordered_auc, own.difference.low, own.difference.high
        )?;
    }
    if !learned.left_out.is_empty() {
        writeln!(out, "\nNot learned from:")?;
        for (column, reason) in &learned.left_out {
            writeln!(out, "  {column}: {reason}")?;
        }
    }
    if !report.leaks.is_empty() {
        writeln!(out, "\nLooks like the answer (is it known before the outcome?):")?;
        for leak in &report.leaks {
            writeln!(out, "  {}: {}", learned.columns_of(leak).join(", "), leak.reason())?;
        }
    }
    Ok(())
}
