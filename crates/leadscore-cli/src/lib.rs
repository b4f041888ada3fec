//! The `leadscore` command as a library, for the packages of other languages that bring it along: which leads first,
//! why, and what to do, from a file of leads.

mod args;
mod command;
mod ending;
mod failure;
mod input;
mod notes;
mod output;
mod terminal;

use std::ffi::OsString;

use clap::Parser;

pub use ending::clean_up_before;

use crate::args::{Args, Command};
use crate::failure::Failure;

/// Every row was used.
const ALL_GOOD: u8 = 0;
/// Some rows were rejected; the others were used.
const SOME_REJECTED: u8 = 1;
/// Nothing could be done.
const UNUSABLE: u8 = 2;
/// The result says nothing of the leads.
const WORTHLESS: u8 = 3;

/// Runs the command with its arguments, the first of which is its name, and returns the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors; where they cannot be printed, nobody reads them.
            let _ = error.print();
            return if error.use_stderr() { UNUSABLE } else { ALL_GOOD };
        }
    };
    notes::set_quiet(args.quiet);
    // The server ends in its own way.
    let is_server = matches!(args.command, Command::Serve(_) | Command::Demo(_));
    let _guard = (!is_server).then(ending::clean_up_when_told_to_end);
    let done = match args.command {
        Command::Score(args) => command::score::run(&args),
        Command::Explain(args) => command::explain::run(&args),
        Command::Compare(args) => command::compare::run(&args),
        Command::Evaluate(args) => command::evaluate::run(&args),
        Command::Features(args) => command::features::run(&args),
        Command::Inspect(args) => command::inspect::run(&args),
        Command::Init(command) => command::init::run(&command),
        Command::Predict(args) => command::predict::run(&args),
        Command::Import(args) => command::import::run(&args),
        Command::Export(args) => command::export::run(&args),
        Command::Train(args) => command::train::run(&args),
        Command::Assist(command) => command::assist::run(&command),
        Command::Check(args) => command::check::run(&args),
        Command::Pipelines(args) => command::pipelines::run(&args),
        Command::Completions(args) => command::manual::completions(&args),
        Command::Man(args) => command::manual::pages(&args),
        Command::Serve(args) => command::server::serve(&args),
        Command::Demo(args) => command::server::demo(&args),
        Command::Keys(command) => command::server::keys(&command),
        Command::Store(command) => command::server::store(&command),
    };
    match done {
        // Standard output was closed, as in `leadscore … | head`.
        Ok(true) | Err(Failure::Closed) => ALL_GOOD,
        Ok(false) => SOME_REJECTED,
        Err(failure) => {
            notes::complain(&format!("{} {failure}", terminal::paint_error("error:")));
            if failure.is_worthless() { WORTHLESS } else { UNUSABLE }
        }
    }
}
