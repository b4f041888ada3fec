//! Files that take their place only when they are complete.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use leadscore::error::Path as ErrorPath;
use leadscore::{Error, ErrorKind};

/// A file that takes its place only when it is complete, or a stream.
pub struct OutputFile<'a> {
    target: BufWriter<Box<dyn Write + 'a>>,
    /// The unfinished file and the place it goes to.
    unfinished: Option<(PathBuf, PathBuf)>,
}

const BUFFER_BYTES: usize = 1 << 16;

impl<'a> OutputFile<'a> {
    /// Creates a file. What is written goes to one beside it, `<name>.partial`, which takes its place in
    /// [`OutputFile::finish`] and is removed where that is not reached: nobody takes half a result for a whole one.
    /// Devices and pipes are written as they are.
    ///
    /// # Errors
    /// `not_found` and `io`.
    pub fn create(path: &Path) -> Result<OutputFile<'a>, Error> {
        let is_special = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let opened = if is_special { path } else { Path::new(&partial) };
        let file = File::create(opened).map_err(|error| cannot_write(path, error))?;
        let unfinished = (!is_special).then(|| (PathBuf::from(&partial), path.to_owned()));
        Ok(OutputFile { target: BufWriter::with_capacity(BUFFER_BYTES, Box::new(file)), unfinished })
    }

    /// Writes to a stream, such as standard output or a buffer in memory.
    pub fn stream(stream: impl Write + 'a) -> OutputFile<'a> {
        OutputFile { target: BufWriter::with_capacity(BUFFER_BYTES, Box::new(stream)), unfinished: None }
    }

    /// Whether it is a file that takes its place in the end.
    pub fn is_file(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Writes what is buffered, and puts a file in its place.
    ///
    /// # Errors
    /// `io`.
    pub fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        if let Some((partial, path)) = self.unfinished.take() {
            std::fs::rename(&partial, &path).map_err(|error| cannot_write(&path, error))?;
        }
        Ok(())
    }
}

impl Write for OutputFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.target.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.target.flush()
    }
}

impl Drop for OutputFile<'_> {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.unfinished {
            // Best effort: the error that brought us here is the one to tell.
            let _ = std::fs::remove_file(partial);
        }
    }
}

impl fmt::Debug for OutputFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputFile").field("unfinished", &self.unfinished).finish_non_exhaustive()
    }
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    let message = format!("cannot write {}: {error}", path.display());
    Error::new(Error::from(std::io::Error::from(error.kind())).kind(), "", message).with_source(error)
}

/// Refuses to write over anything that is read, or two things into one file. `reads` pairs what a file is called with
/// its path, `writes` the option that names a file with its path.
///
/// # Errors
/// `invalid_context` with the option as the path.
pub fn refuse_overwriting(reads: &[(&str, &Path)], writes: &[(&str, &Path)]) -> Result<(), Error> {
    for (index, (option, path)) in writes.iter().enumerate() {
        if let Some((what, _)) = reads.iter().find(|(_, read)| is_same_file(path, read)) {
            let message = format!("{} is {what} and would be overwritten; name another file", path.display());
            return Err(Error::new(ErrorKind::InvalidContext, ErrorPath::from_field(*option), message));
        }
        let earlier = writes[..index].iter();
        if let Some((other, _)) =
            earlier.into_iter().find(|(_, second)| path == second || is_same_file(path, second))
        {
            let message = format!("{other} and {option} name the same file");
            return Err(Error::new(ErrorKind::InvalidContext, "", message));
        }
    }
    Ok(())
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(a), Ok(b)) = (std::fs::metadata(a), std::fs::metadata(b)) {
            return a.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino());
        }
    }
    matches!((std::fs::canonicalize(a), std::fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}
