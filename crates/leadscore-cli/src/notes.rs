//! Remarks on standard error, and a progress bar where someone is looking.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use leadscore_files::{LeadReader, Note, Notes, Progress};

/// Whether --quiet was given.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// From now on remarks and progress are shown, or are not.
pub(crate) fn set_quiet(is_quiet: bool) {
    IS_QUIET.store(is_quiet, Ordering::Relaxed);
}

fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// Prints remarks on standard error.
#[derive(Default)]
pub(crate) struct StderrNotes {
    bar: Option<ProgressBar>,
}

impl StderrNotes {
    /// With a bar over the file's bytes, where someone is looking at standard error and rows do not run through the
    /// terminal.
    pub(crate) fn with_bar(leads: &LeadReader, rows_on_stdout: bool) -> StderrNotes {
        let is_seen = is_watched() && !(rows_on_stdout && std::io::stdout().is_terminal());
        if is_seen { StderrNotes::shown(leads.byte_count()) } else { StderrNotes::default() }
    }

    /// With a bar over so many bytes, where someone is looking at standard error.
    #[cfg(feature = "serve")]
    pub(crate) fn with_bar_of(byte_count: Option<u64>) -> StderrNotes {
        if is_watched() { StderrNotes::shown(byte_count) } else { StderrNotes::default() }
    }

    fn shown(byte_count: Option<u64>) -> StderrNotes {
        let bar = match byte_count {
            Some(count) => ProgressBar::new(count),
            None => ProgressBar::new_spinner(),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        let template = "{bar:30} {percent:>3} %  {bytes} of {total_bytes}  {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        StderrNotes { bar: Some(bar.with_style(style)) }
    }
}

impl Notes for StderrNotes {
    fn note(&mut self, note: Note) {
        say(&note.to_string());
    }

    fn progress(&mut self, progress: Progress) {
        match &self.bar {
            Some(bar) if progress.is_done => bar.finish_and_clear(),
            Some(bar) => bar.set_position(progress.bytes_read),
            None => {}
        }
    }
}

/// A remark on standard error.
pub(crate) fn note_line(text: &str) {
    say(&Note::Assumed(text.to_owned()).to_string());
}

/// A line on standard error, unless --quiet was given.
pub(crate) fn say(text: &str) {
    if !is_quiet() {
        complain(text);
    }
}

/// A line on standard error in any case. Where it is closed, nobody reads it.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn is_watched() -> bool {
    std::io::stderr().is_terminal() && !is_quiet()
}
