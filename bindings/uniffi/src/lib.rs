//! The native part of the packages for the JVM and for Swift: records as JSON text, matrices as bytes,
//! handles that never change. What a Kotlin or Java programmer sees is in `jvm/src/main/kotlin`.

#![expect(clippy::needless_pass_by_value, reason = "arguments come by value from the other side")]

mod capacity;
mod enter;
mod error;
mod forest;
mod matrix;
mod pipeline;
mod rows;
mod task;
mod train;

use std::ffi::OsString;

pub use capacity::rank_capacity_json;
pub use enter::Stop;
pub use error::{Issue, LeadscoreError};
pub use forest::Forest;
pub use matrix::Matrix;
pub use pipeline::{MatrixScores, Pipeline, builtin_names};
pub use rows::leadscore_rows;
pub use task::{Task, merge_rankings_json};
pub use train::train_file;

uniffi::setup_scaffolding!("leadscore_uniffi");

/// The library's version.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Every code an error can have.
#[uniffi::export]
pub fn error_codes() -> Vec<String> {
    leadscore::ErrorKind::ALL.iter().map(|kind| kind.code().to_owned()).collect()
}

/// Runs the command; the first argument is its own name. The exit status.
#[uniffi::export]
pub fn run_command(args: Vec<String>) -> i32 {
    leadscore_cli::run(args.into_iter().map(OsString::from)).into()
}
