//! Runs the command as a user would.

#![allow(dead_code)] // each test file uses its part

pub(crate) mod model_server;
pub(crate) mod server;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the command gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `leadscore` in the repository's root.
pub(crate) fn leadscore(args: &[&str]) -> Run {
    with_input(args, b"")
}

/// Runs `leadscore` with something on standard input.
pub(crate) fn with_input(args: &[&str], input: &[u8]) -> Run {
    run(args, input, &[])
}

/// Runs `leadscore` with environment variables.
pub(crate) fn with_variables(args: &[&str], variables: &[(&str, &str)]) -> Run {
    run(args, b"", variables)
}

fn run(args: &[&str], input: &[u8], variables: &[(&str, &str)]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .args(args)
        .current_dir(root())
        .env_remove("COLUMNS")
        .env_remove("CLICOLOR_FORCE")
        .env("NO_PROXY", "127.0.0.1")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command may end before it has read everything: that is its good right.
    let mut stdin = child.stdin.take().unwrap();
    let owned = input.to_vec();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&owned)));
    let done = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Run {
        code: done.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder that is gone after the test, with files in it.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

pub(crate) fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

/// Records of a CSV text by the plain rules of RFC 4180: a second reading, apart from our own reader.
pub(crate) fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let record = records.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                record.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\n' if !quoted => records.push(vec![String::new()]),
            c => record.last_mut().unwrap().push(c),
        }
    }
    if records.last().is_some_and(|record| record.len() == 1 && record[0].is_empty()) {
        records.pop();
    }
    records
}
