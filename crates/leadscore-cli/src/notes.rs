//! Remarks on standard error, and a progress bar where someone is looking.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
        if is_seen { StderrNotes::shown(leads.name(), leads.byte_count()) } else { StderrNotes::default() }
    }

    /// With a bar over so many bytes of a file, where someone is looking at standard error.
    #[cfg(feature = "serve")]
    pub(crate) fn with_bar_of(name: &str, byte_count: Option<u64>) -> StderrNotes {
        if is_watched() { StderrNotes::shown(name, byte_count) } else { StderrNotes::default() }
    }

    fn shown(name: &str, byte_count: Option<u64>) -> StderrNotes {
        let bar = match byte_count {
            Some(count) => ProgressBar::new(count),
            None => ProgressBar::new_spinner(),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        let template = match byte_count {
            Some(_) => "{msg}  {bar:30} {percent:>3} %  {bytes} of {total_bytes}  {eta} left",
            None => "{msg}  {spinner} {bytes}",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        StderrNotes { bar: Some(bar.with_style(style).with_message(format!("reading {}", file_name(name)))) }
    }
}

impl Notes for StderrNotes {
    fn note(&mut self, note: Note) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(&note.to_string())),
            None => say(&note.to_string()),
        }
    }

    fn reading(&mut self, what: &str, file: &str) {
        if !is_watched() {
            return;
        }
        let spinner = ProgressBar::new_spinner().with_message(format!("reading {what} {}", file_name(file)));
        spinner.set_draw_target(ProgressDrawTarget::stderr());
        spinner.enable_steady_tick(Duration::from_millis(100));
        self.bar = Some(spinner);
    }

    fn progress(&mut self, progress: Progress) {
        match &self.bar {
            Some(bar) if progress.is_done => bar.finish_and_clear(),
            Some(bar) => bar.set_position(progress.bytes_read),
            None => {}
        }
    }
}

impl Drop for StderrNotes {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// One line that says how far something is, where someone is looking at standard error.
#[derive(Default)]
pub(crate) struct TrainBar {
    bar: Option<ProgressBar>,
}

impl TrainBar {
    /// Shows a text in place of the last one.
    pub(crate) fn show(&mut self, text: &str) {
        if !is_watched() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(text.to_owned());
    }
}

impl Drop for TrainBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The name of a file without its folders.
fn file_name(path: &str) -> Cow<'_, str> {
    Path::new(path).file_name().map_or(Cow::Borrowed(path), |name| name.to_string_lossy())
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
