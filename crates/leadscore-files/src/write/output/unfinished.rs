//! Files that are being written, and what becomes of them when the program is told to end.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A new file beside the one whose place it takes; removed when it is dropped unfinished.
#[derive(Debug)]
pub(super) struct UnfinishedFile {
    partial: PathBuf,
    path: PathBuf,
}

/// All unfinished files of this process.
struct Unfinished {
    partials: Vec<PathBuf>,
    /// How many there were so far: their names differ.
    count: u64,
    is_abandoned: bool,
}

static UNFINISHED: Mutex<Unfinished> =
    Mutex::new(Unfinished { partials: Vec::new(), count: 0, is_abandoned: false });

/// Removes the files that are being written, and lets no other begin or take its place from now on: for a program that
/// is told to end, right before it does.
pub fn abandon_unfinished_files() {
    let mut all = unfinished();
    all.is_abandoned = true;
    for partial in all.partials.drain(..) {
        // Best effort: the program ends.
        let _ = std::fs::remove_file(partial);
    }
}

impl UnfinishedFile {
    /// Creates a file that is to take the place of `path`.
    pub(super) fn create(path: &Path) -> Result<(File, UnfinishedFile)> {
        // A link stays one: what it leads to is replaced.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut all = unfinished();
        all.check()?;
        loop {
            all.count += 1;
            let name = format!(".leadscore-{}-{}.partial", std::process::id(), all.count);
            let partial = path.with_file_name(name);
            match File::create_new(&partial) {
                Ok(file) => {
                    all.partials.push(partial.clone());
                    return Ok((file, UnfinishedFile { partial, path }));
                }
                // Left behind by an earlier process with this number, or somebody's own: it stays.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Puts the file in its place; an error comes with that place.
    pub(super) fn finish(self) -> std::result::Result<(), (PathBuf, Error)> {
        let all = unfinished();
        let done = all.check().and_then(|()| {
            if let Ok(metadata) = std::fs::metadata(&self.path) {
                // Who may read the file does not change.
                std::fs::set_permissions(&self.partial, metadata.permissions())?;
            }
            std::fs::rename(&self.partial, &self.path)
        });
        drop(all);
        done.map_err(|error| (self.path.clone(), error))
    }
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        let mut all = unfinished();
        all.partials.retain(|partial| *partial != self.partial);
        // Where it took its place there is nothing to remove; and the error that brought us here is the one to tell.
        let _ = std::fs::remove_file(&self.partial);
    }
}

impl Unfinished {
    fn check(&self) -> Result<()> {
        if self.is_abandoned {
            Err(Error::new(ErrorKind::Interrupted, "the program is ending"))
        } else {
            Ok(())
        }
    }
}

fn unfinished() -> MutexGuard<'static, Unfinished> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}
