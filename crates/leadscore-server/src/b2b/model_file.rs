//! The file a model comes from, and whether it changed.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::model::{B2bModel, ModelError};

/// A model's file, watched by looking at it now and then: its time of change, length and inode.
///
/// ```
/// use leadscore_server::b2b::model_file::ModelFile;
/// let mut file = ModelFile::new("no-such-model.ubj", None);
/// assert!(file.load_if_changed().is_err());
/// // Why was told; it is not told again until the file changes.
/// assert!(file.load_if_changed()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelFile {
    path: PathBuf,
    version: Option<String>,
    last: Option<Seen>,
}

/// How the file was last found.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    /// Nothing that can be read.
    Unreadable(io::ErrorKind),
    File(Stamp),
}

/// What changes when a file is written or replaced.
#[derive(Debug, Clone, PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl ModelFile {
    /// A file that nobody looked at yet. A version that is given is that of every model the file will hold; without
    /// one, each has its own.
    pub fn new(path: impl Into<PathBuf>, version: Option<String>) -> ModelFile {
        ModelFile { path: path.into(), version, last: None }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the next call load it whether it changed or not.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Whether the file is another one than when it was last loaded.
    pub fn has_changed(&self) -> bool {
        self.last.as_ref() != Some(&self.look())
    }

    /// The model, if the file changed since the last call, also if that call failed.
    ///
    /// # Errors
    /// Why the file cannot be used, once for each state of the file.
    pub fn load_if_changed(&mut self) -> Result<Option<B2bModel>, ModelError> {
        // Looked at before it is read: what is written in between makes it another file at the next call.
        let now = self.look();
        if self.last.as_ref() == Some(&now) {
            return Ok(None);
        }
        self.last = Some(now);
        B2bModel::from_file(&self.path, self.version.as_deref()).map(Some)
    }

    fn look(&self) -> Seen {
        match self.path.metadata() {
            Ok(metadata) => Seen::File(Stamp {
                modified: metadata.modified().ok(),
                length: metadata.len(),
                inode: inode(&metadata),
            }),
            Err(error) => Seen::Unreadable(error.kind()),
        }
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
