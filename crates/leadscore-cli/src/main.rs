//! The `leadscore` command.

#[cfg_attr(not(test), allow(dead_code, reason = "the commands call it"))]
mod report;

fn main() {}
