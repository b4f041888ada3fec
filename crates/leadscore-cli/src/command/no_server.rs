//! In place of `server` in a build without the reference server.

use crate::args::server::{DemoArgs, KeysCommand, ServeArgs, StoreCommand};
use crate::args::train::StoreArgs;
use crate::failure::Failure;
use crate::input::LabelledRows;

pub(crate) fn serve(_: &ServeArgs) -> Result<bool, Failure> {
    Err(absent())
}

pub(crate) fn demo(_: &DemoArgs) -> Result<bool, Failure> {
    Err(absent())
}

pub(crate) fn keys(_: &KeysCommand) -> Result<bool, Failure> {
    Err(absent())
}

pub(crate) fn store(_: &StoreCommand) -> Result<bool, Failure> {
    Err(absent())
}

pub(crate) fn labelled_rows(_: &str, _: &StoreArgs) -> Result<LabelledRows, Failure> {
    Err(absent())
}

fn absent() -> Failure {
    Failure::message(
        "this build of the command has no server in it; the whole command has:\n\
         cargo install --path crates/leadscore-cli",
    )
}
