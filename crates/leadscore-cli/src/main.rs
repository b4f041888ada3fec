//! The `leadscore` command: which leads first, why, and what to do, from a file of leads.

mod args;
mod command;
mod failure;
mod input;
mod output;
mod report;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::failure::Failure;

/// Every row was used.
const ALL_GOOD: u8 = 0;
/// Some rows were rejected; the others were used.
const SOME_REJECTED: u8 = 1;
/// Nothing could be done.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Score(args) => command::score::run(&args),
        Command::Explain(args) => command::explain::run(&args),
        Command::Compare(args) => command::compare::run(&args),
        Command::Features(args) => command::features::run(&args),
        Command::Inspect(args) => command::inspect::run(&args),
        Command::Predict(args) => command::predict::run(&args),
        Command::Import(args) => command::import::run(&args),
        Command::Check(args) => command::check::run(&args),
        Command::Pipelines(args) => command::pipelines::run(&args),
    };
    match done {
        // Closed: the reader of our output went away, as in `leadscore … | head`.
        Ok(true) | Err(Failure::Closed) => ALL_GOOD.into(),
        Ok(false) => SOME_REJECTED.into(),
        Err(Failure::Said(message)) => {
            eprintln!("{} {message}", terminal::paint_error("error:"));
            UNUSABLE.into()
        }
    }
}
