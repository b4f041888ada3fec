//! `leadscore completions` and `leadscore man`: what shells and readers of manuals want to know of the command line.

use std::io::Write;
use std::path::Path;

use clap::{Command, CommandFactory};

use crate::args::{Args, CompletionsArgs, ManArgs};
use crate::failure::Failure;
use crate::output::open_output;

const NAME: &str = "leadscore";

/// Writes what completes the command in a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<bool, Failure> {
    let mut script = Vec::new();
    // Into memory: it panics where writing fails.
    clap_complete::generate(args.shell, &mut Args::command(), NAME, &mut script);
    write(args.output.as_deref(), &script)
}

/// Writes one manual page, or all.
pub(crate) fn pages(args: &ManArgs) -> Result<bool, Failure> {
    let mut root = Args::command();
    root.build();
    let Some(folder) = &args.output else {
        let mut command = &root;
        for name in &args.command {
            command = command.find_subcommand(name).ok_or_else(|| {
                Failure::message(format!(
                    "there is no command `{}`; leadscore help lists them",
                    args.command.join(" ")
                ))
            })?;
        }
        return write(None, &page(command, &page_name(&args.command))?);
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::message(format!("{}: {error}", folder.display())))?;
    write_all(folder, &root, &mut Vec::new())?;
    Ok(true)
}

/// Writes the pages of a command and of those below it.
fn write_all(folder: &Path, command: &Command, path: &mut Vec<String>) -> Result<(), Failure> {
    let name = page_name(path);
    write(Some(&folder.join(format!("{name}.1"))), &page(command, &name)?)?;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        path.push(below.get_name().to_owned());
        write_all(folder, below, path)?;
        path.pop();
    }
    Ok(())
}

/// `leadscore-store-export` for `store export`.
fn page_name(path: &[String]) -> String {
    [NAME].into_iter().chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-")
}

fn page(command: &Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(name.to_owned())).title(name).render(&mut page)?;
    Ok(page)
}

fn write(path: Option<&Path>, text: &[u8]) -> Result<bool, Failure> {
    let mut out = open_output(path)?;
    out.write_all(text)?;
    out.finish()?;
    Ok(true)
}
