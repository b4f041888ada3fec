//! What a job says while it runs, and how it is stopped.

use std::fmt;

/// One remark about the work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Something was assumed, or could not be used.
    Assumed(String),
    /// A row was rejected, or how many more were.
    Rejected(String),
    /// The result is worth nothing, and was asked for all the same.
    Worthless(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Assumed(text) => write!(f, "note: {text}"),
            Note::Rejected(text) => write!(f, "rejected: {text}"),
            Note::Worthless(text) => write!(f, "the result is WORTHLESS: {text}"),
        }
    }
}

/// How far the reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes read of the input as it lies on the disk.
    pub bytes_read: u64,
    /// Its size, where known.
    pub byte_count: Option<u64>,
    /// Whether everything has been read and scored.
    pub is_done: bool,
}

impl Progress {
    /// So many bytes of so many.
    pub fn new(bytes_read: u64, byte_count: Option<u64>, is_done: bool) -> Progress {
        Progress { bytes_read, byte_count, is_done }
    }
}

/// Receives the remarks of a job, on the thread that runs it.
///
/// A `Vec<Note>` keeps them.
pub trait Notes {
    /// Receives one remark.
    fn note(&mut self, note: Note);

    /// Hears which file is read as a whole before the leads, such as an activity log; does nothing by default.
    fn reading(&mut self, what: &str, file: &str) {
        let _ = (what, file);
    }

    /// Hears how far the reading of the leads has come, after every batch of leads; does nothing by default.
    fn progress(&mut self, progress: Progress) {
        let _ = progress;
    }
}

impl Notes for Vec<Note> {
    fn note(&mut self, note: Note) {
        self.push(note);
    }
}

/// Passes on what it is told, and keeps what was assumed.
pub(crate) struct KeptNotes<'n> {
    pub(crate) inner: &'n mut dyn Notes,
    pub(crate) texts: Vec<String>,
}

impl Notes for KeptNotes<'_> {
    fn note(&mut self, note: Note) {
        if let Note::Assumed(text) = &note {
            self.texts.push(text.clone());
        }
        self.inner.note(note);
    }

    fn reading(&mut self, what: &str, file: &str) {
        self.inner.reading(what, file);
    }

    fn progress(&mut self, progress: Progress) {
        self.inner.progress(progress);
    }
}

impl dyn Notes + '_ {
    /// Passes on that something was assumed.
    pub fn assumed(&mut self, text: impl Into<String>) {
        self.note(Note::Assumed(text.into()));
    }
}
