//! Files that are being written, and what becomes of them when the program is told to end.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A new file beside the one whose place it takes; removed when it is dropped unfinished.
#[derive(Debug)]
pub(super) struct UnfinishedFile {
    partial: PathBuf,
    path: PathBuf,
    /// Whether it took its place: whatever has its first name since then is somebody else's.
    is_finished: bool,
}

/// All unfinished files of this process.
struct Unfinished {
    partials: Vec<PathBuf>,
    is_abandoned: bool,
}

static UNFINISHED: Mutex<Unfinished> = Mutex::new(Unfinished { partials: Vec::new(), is_abandoned: false });

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
        UnfinishedFile::create_named(path, random_name)
    }

    fn create_named(path: &Path, name: impl Fn() -> String) -> Result<(File, UnfinishedFile)> {
        // A link stays one: what it leads to is replaced.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut all = unfinished();
        all.check()?;
        loop {
            let partial = path.with_file_name(name());
            match File::create_new(&partial) {
                Ok(file) => {
                    all.partials.push(partial.clone());
                    return Ok((file, UnfinishedFile { partial, path, is_finished: false }));
                }
                // Somebody else's: it stays.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it is until it is finished.
    pub(super) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Puts the file in its place; an error comes with that place.
    pub(super) fn finish(mut self) -> std::result::Result<(), (PathBuf, Error)> {
        let mut all = unfinished();
        let done = all.check().and_then(|()| {
            if let Ok(metadata) = std::fs::metadata(&self.path) {
                // Who may read the file does not change.
                std::fs::set_permissions(&self.partial, metadata.permissions())?;
            }
            std::fs::rename(&self.partial, &self.path)
        });
        self.is_finished = done.is_ok();
        if self.is_finished {
            all.partials.retain(|partial| *partial != self.partial);
        }
        drop(all);
        done.map_err(|error| (self.path.clone(), error))
    }
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        unfinished().partials.retain(|partial| *partial != self.partial);
        // The error that brought us here is the one to tell.
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

/// A name that nobody has and nobody can foresee.
fn random_name() -> String {
    // Its keys are random in every process and differ with each.
    let number = RandomState::new().hash_one(std::process::id());
    format!(".leadscore-{number:016x}.partial")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_that_is_there_already_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("0.partial");
        std::fs::write(&taken, "mine").unwrap();
        let tried = Cell::new(0);
        let name = || {
            tried.set(tried.get() + 1);
            format!("{}.partial", tried.get() - 1)
        };
        let (mut file, unfinished) =
            UnfinishedFile::create_named(&folder.path().join("out.csv"), name).unwrap();
        assert_eq!(tried.get(), 2);
        file.write_all(b"rows").unwrap();
        unfinished.finish().unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("out.csv")).unwrap(), "rows");
        assert_eq!(std::fs::read_to_string(&taken).unwrap(), "mine");
        assert!(!folder.path().join("1.partial").exists());
    }

    #[test]
    fn what_comes_under_its_name_once_it_is_finished_stays() {
        let folder = tempfile::tempdir().unwrap();
        let name = || "a.partial".to_owned();
        let (_, mut first) = UnfinishedFile::create_named(&folder.path().join("out.csv"), name).unwrap();
        std::fs::rename(&first.partial, &first.path).unwrap();
        first.is_finished = true;
        let (_, second) = UnfinishedFile::create_named(&folder.path().join("other.csv"), name).unwrap();
        drop(first);
        assert!(folder.path().join("a.partial").exists());
        drop(second);
        assert!(!folder.path().join("a.partial").exists());
        assert_ne!(random_name(), random_name());
    }
}
