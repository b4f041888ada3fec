//! A program of others that says on standard output what it is asked and told.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::program::python_command;

/// How long a program may take until it is ready, and until it says the next line.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program. Its output is read line by line; what it writes to stderr is shown when a wait fails.
pub(crate) struct Reporter {
    child: Child,
    lines: Receiver<String>,
    stderr: Arc<Mutex<String>>,
}

impl Reporter {
    fn start(mut command: Command) -> Reporter {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let stderr = Arc::new(Mutex::new(String::new()));
        let (written, mut pipe) = (Arc::clone(&stderr), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut bytes) {
                written.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        Reporter { child, lines, stderr }
    }

    /// A Python script in the folder of these tests, with arguments.
    pub(crate) fn python(script: &str, arguments: &[&str]) -> Reporter {
        let mut command = python_command(script);
        command.args(arguments).env("PYTHONUNBUFFERED", "1");
        Reporter::start(command)
    }

    /// What follows a word at the beginning of a line, which must come in time.
    pub(crate) fn said(&self, word: &str) -> String {
        for _ in 0..10_000 {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    if let Some(rest) = line.strip_prefix(word) {
                        return rest.trim().to_owned();
                    }
                }
                Err(error) => {
                    panic!("no line with {word:?} ({error}); stderr:\n{}", self.stderr.lock().unwrap())
                }
            }
        }
        panic!("10 000 lines without {word:?}; stderr:\n{}", self.stderr.lock().unwrap());
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
