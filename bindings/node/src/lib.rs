//! The native half of the Node package `leadscore`. Records go in and out as JSON text, matrices as typed arrays; what
//! users see is written in TypeScript on top of it.

#![expect(clippy::needless_pass_by_value, reason = "what JavaScript hands over belongs to the call")]
#![expect(missing_debug_implementations, reason = "values on their way to JavaScript have none")]
#![expect(
    clippy::missing_errors_doc,
    reason = "the documentation goes into the types, where errors are thrown"
)]

mod enter;
mod forest;
mod handle;
mod later;
mod matrix;
mod pipeline;
mod rows;
mod task;
mod train;

use std::ffi::OsString;

use leadscore::task::RankingTask;
use napi::Env;
use napi_derive::napi;

use crate::enter::enter;

/// The library's version.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Every code an error of the library can have.
#[napi]
pub fn error_codes() -> Vec<&'static str> {
    leadscore::ErrorKind::ALL.iter().map(|kind| kind.code()).collect()
}

/// Runs the command `leadscore`; the first argument is its own name. The exit status.
#[napi(catch_unwind)]
pub fn run_command(args: Vec<String>) -> u8 {
    leadscore_cli::run(args.into_iter().map(OsString::from))
}

/// Removes the files that are being written, and lets no other take its place: for a process that ends.
#[napi]
pub fn abandon_unfinished_files() {
    leadscore_files::abandon_unfinished_files();
}

/// Removes the files that are being written before the process ends by one of these signals, which it does not handle.
#[napi]
pub fn clean_up_before(signals: Vec<String>) {
    leadscore_cli::clean_up_before(&signals);
}

/// One ranking from a JSON list of rankings, each the output of one question.
#[napi]
pub fn merge_rankings_json(env: Env, rankings: String) -> napi::Result<String> {
    enter(env, || RankingTask::merge_json(&rankings))
}

/// Who of a list is within a capacity; request and ranking as JSON.
#[napi]
pub fn rank_capacity_json(env: Env, request: String) -> napi::Result<String> {
    enter(env, || leadscore::capacity::rank_json(&request))
}
