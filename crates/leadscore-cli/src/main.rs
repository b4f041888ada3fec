//! The `leadscore` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    leadscore_cli::run(std::env::args_os()).into()
}
